import re
import socket

import psutil
import pytest

from tests.serving.tree import STARTS_WITHIN, Tree, processes_of, start, wait_until

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("serving")]


def refused(data, **variables):
    """Start, wait for the end, and return exit code, stdout and stderr."""
    with start(data, **variables) as process:
        try:
            said, error = process.communicate(timeout=STARTS_WITHIN)
        finally:
            process.kill()
    return process.returncode, said, error


def one_line(error):
    return len(error.splitlines()) == 1 and "Traceback" not in error


def test_killing_the_supervisor_leaves_no_orphan_and_a_second_start_finds_the_same_data(tmp_path):
    first = Tree(tmp_path)
    everybody = psutil.Process(first.process.pid).children(recursive=True)
    assert len(everybody) == 5  # Valkey, granian and its server, Celery and its beat
    first.kill()
    wait_until(lambda: not processes_of(tmp_path), seconds=10)
    people = (tmp_path / "ecwi.sqlite").stat().st_ino
    second = Tree(tmp_path)
    assert "First start: making the demo." in first.lines
    assert "First start: making the demo." not in second.lines
    assert (tmp_path / "ecwi.sqlite").stat().st_ino == people
    assert set(second.links) == {"member", "host", "office"}
    assert (second.stop(), processes_of(tmp_path)) == (0, [])


def test_a_busy_port_is_one_line(tmp_path):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        code, said, error = refused(tmp_path, PORT=str(port))
    assert (code, said, one_line(error)) == (2, "", True)
    assert re.match(rf"Error: PORT: cannot listen on 127.0.0.1:{port} ", error)


def test_a_folder_that_cannot_be_written_is_one_line():
    code, said, error = refused("/dev/null/x")
    assert (code, said, one_line(error)) == (2, "", True)
    assert error.startswith("Error: ECWI_DATA_DIR: /dev/null/x cannot be written")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("ECWI_MAIL_URL", "pigeon://roof"),
        ("ECWI_REDIS_URL", "redis://127.0.0.1:1/0"),
        ("ECWI_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(tmp_path, name, value):
    code, _, error = refused(tmp_path, **{name: value})
    assert (code, one_line(error)) == (2, True), error
    assert error.startswith(f"Error: {name}: ")


def test_what_cannot_start_stops_what_has_started_and_is_one_line(tmp_path):
    (tmp_path / "log" / "web.log").mkdir(parents=True)  # a folder where the web server's log should be
    code, _, error = refused(tmp_path)
    assert (code, one_line(error), processes_of(tmp_path)) == (1, True, [])
    assert error.startswith("Error: The web server could not start: ")
