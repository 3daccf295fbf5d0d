"""One tree, started as an operator does, that must carry on whatever happens to its parts."""

import os
import re
import signal
import subprocess
import time

import psutil
import pytest

from tests.serving.tree import STARTS_WITHIN, Tree, processes_of, start, wait_until, without_settings
from tests.visitor import HIDDEN, Visitor

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("serving")]


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    tree = Tree(tmp_path_factory.mktemp("tree"))
    yield tree
    tree.kill() if tree.process.poll() is None else None


def mails(tree):
    return len(list((tree.data / "mail").rglob("*.eml")))


def test_it_says_where_it_runs_and_gives_one_link_for_each_role(tree):
    assert f"http://localhost:{tree.port}" in "\n".join(tree.lines)
    assert set(tree.links) == {"member", "host", "office"}
    assert all(link.startswith(f"http://localhost:{tree.port}/sign-in/") for link in tree.links.values())


def test_the_command_for_a_new_link_works_as_it_stands(tree, tmp_path):
    (command,) = [line for line in tree.lines if "sign-in-link" in line]
    answer = subprocess.run(command, shell=True, cwd=tmp_path, env=without_settings(), capture_output=True, text=True)  # noqa: S602
    assert f"http://localhost:{tree.port}/sign-in/" in answer.stdout, answer.stderr


def test_the_programme_shows_the_demo(tree):
    status, page = tree.get("/")
    assert (status, "Mentors who listen" in page) == (200, True)


def test_a_link_signs_in_once_and_no_log_keeps_its_token(tree):
    path = tree.links["office"].removeprefix(f"http://localhost:{tree.port}")
    with Visitor(tree.port) as visitor:
        _, page, _ = visitor.get(path)
        status, _, answer = visitor.post(path, {"csrf_token": HIDDEN.search(page)[1]})
        assert (status, visitor.get("/office")[0]) == (303, 200), answer
    token = path.rsplit("/", 1)[1]
    assert not [log for log in (tree.data / "log").iterdir() if token in log.read_text()]


def test_the_worker_did_the_work_that_the_demo_put(tree):
    wait_until(lambda: tree.ready()["work"]["due"] == 0)
    assert (tree.ready()["work"]["dead"], mails(tree) > 40) == (0, True)


def test_valkey_listens_on_no_port_and_only_our_user_may_open_its_socket(tree):
    valkey = psutil.Process(tree.pids("valkey-server")[0])
    assert not [c for c in valkey.net_connections() if c.status == psutil.CONN_LISTEN]
    assert (tree.data / "run" / "valkey.sock").stat().st_mode & 0o077 == 0


def test_there_is_one_web_process_and_a_second_tree_is_refused(tree):
    assert len(tree.pids("granian")) == 2  # its own supervisor and one server
    with start(tree.data, PORT=str(tree.port + 1)) as second:
        _, words = second.communicate(timeout=STARTS_WITHIN)
    assert second.returncode == 2
    assert re.fullmatch(
        rf"Error: ECWI_DATA_DIR: ecwi-events already runs on .* \(process {tree.process.pid}\).*\n", words
    )


def test_a_killed_valkey_comes_back_and_work_goes_on(tree):
    (killed,) = tree.pids("valkey-server")
    os.kill(killed, signal.SIGKILL)
    before = mails(tree)
    with Visitor(tree.port) as visitor:  # sign-up needs no Valkey
        visitor.sign_up("mentors-who-listen", 1)
    wait_until(lambda: mails(tree) > before)
    wait_until(lambda: tree.pids("valkey-server") not in ([], [killed]))


def test_a_killed_worker_comes_back_and_work_goes_on(tree):
    killed = tree.pids("celery")
    os.kill(killed[0], signal.SIGKILL)
    before = mails(tree)
    with Visitor(tree.port) as visitor:
        visitor.sign_up("mentors-who-listen", 2)
    wait_until(lambda: mails(tree) > before)
    assert not set(killed) & set(tree.pids("celery"))  # its beat went with it


def test_a_worker_that_lives_but_does_nothing_is_started_again(tree):
    wait_until(lambda: len(tree.pids("celery")) == 2)
    time.sleep(1)
    stuck = tree.pids("celery")
    for pid in stuck:
        os.kill(pid, signal.SIGSTOP)
    wait_until(lambda: tree.pids("celery") and not set(stuck) & set(tree.pids("celery")), seconds=90)
    before = tree.ready()["last_beat"]
    wait_until(lambda: tree.ready()["last_beat"] != before)


def test_a_killed_web_process_comes_back(tree):
    for pid in tree.pids("granian")[1:]:
        os.kill(pid, signal.SIGKILL)

    def answers():
        try:
            return tree.get("/healthz")[0] == 200
        except OSError:
            return False

    wait_until(answers)


def test_it_stops_cleanly_when_asked_and_leaves_nothing(tree):
    wait_until(lambda: len(processes_of(tree.data)) == 6)  # the supervisor, and five that live again
    assert (tree.stop(), processes_of(tree.data)) == (0, [])
