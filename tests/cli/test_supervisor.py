import signal
import socket
import sys
import time
from pathlib import Path

import pytest

import config
from ecwi_events.cli.serve import reserved_port
from ecwi_events.cli.supervisor import LONGEST_PAUSE_SECONDS, Part, Pulse, Signals, StartError, Supervisor
from ecwi_events.cli.tree import LOG_AT_MOST, Child
from tests.servers.postgres import free_port
from tests.serving.tree import wait_until


@pytest.fixture
def make_part(tmp_path):
    """Return a function that makes a part from a line of Python; what was started is ended."""
    made = []

    def make(code: str, *, is_healthy=lambda: True) -> Part:
        command = [sys.executable, "-c", code]
        log = tmp_path / f"{len(made)}.log"
        child = Child("web server", command, log=log, environment=config.python_environment(), cwd=tmp_path)
        made.append(Part(child, is_healthy, patience=5))
        return made[-1]

    yield make
    for part in made:
        part.child.stop(patience=0)


def supervise(*parts, say=print):
    return Supervisor(list(parts), Signals(), say)


def test_a_child_that_ends_at_the_start_is_named_with_its_last_words(make_part):
    part = make_part("print('the port is taken'); raise SystemExit(3)", is_healthy=lambda: False)
    with Signals() as signals, pytest.raises(StartError) as caught:
        Supervisor([part], signals, print).start()
    assert str(caught.value) == f"The web server could not start. See {part.child.log}: the port is taken"


def test_a_program_that_does_not_exist_is_one_sentence(tmp_path):
    child = Child("worker", ["/no/such/program"], log=tmp_path / "log", environment={}, cwd=tmp_path)
    with pytest.raises(StartError, match=r"The worker could not start: .*No such file"):
        supervise(Part(child, lambda: True, patience=1)).start()


def test_stopping_goes_backwards_and_ends_what_does_not_listen(make_part, tmp_path):
    order = tmp_path / "order"
    note = (
        "import signal, sys, time\n"
        "def stop(*_): open({0!r}, 'a').write({1!r}); sys.exit()\n"
        "signal.signal(signal.SIGTERM, stop); open({0!r} + {1!r}, 'w'); time.sleep(60)"
    )
    first, second = (make_part(note.format(str(order), name)) for name in "12")
    deaf = make_part(f"import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
                     f"open({str(order)!r} + '3', 'w'); time.sleep(60)")  # fmt: skip
    deaf.patience = 0.2
    for part, name in ((first, "1"), (second, "2"), (deaf, "3")):
        part.is_healthy = (tmp_path / f"order{name}").exists
    with Signals() as signals:
        supervisor = Supervisor([first, second, deaf], signals, print)
        supervisor.start()
        supervisor.stop()
    assert order.read_text() == "21"
    assert deaf.child.exit_code == -9


def test_a_child_ends_with_what_it_started(make_part, tmp_path):
    code = f"import subprocess, time; subprocess.Popen(['sh', '-c', 'echo $$ > {tmp_path}/pid; sleep 60'])"
    part = make_part(f"{code}; time.sleep(60)", is_healthy=lambda: bool((tmp_path / "pid").exists()))
    with Signals() as signals:
        Supervisor([part], signals, print).start()
    part.child.stop(patience=5)
    pid = (tmp_path / "pid").read_text().strip()
    status = Path(f"/proc/{pid}/status")
    wait_until(lambda: not status.exists() or "zombie" in status.read_text(), seconds=10)


def test_pauses_grow_while_a_child_ends_young_and_stay_bounded(make_part):
    part = make_part("pass")
    part.started_at = time.monotonic()
    assert [part.plan_again() for _ in range(7)] == [1, 2, 4, 8, 16, LONGEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS]


def test_a_child_that_ran_for_long_starts_again_at_once(make_part):
    part = make_part("pass")
    part.pause, part.started_at = 16.0, time.monotonic() - 3600
    assert part.plan_again() == 0


def test_a_pulse_is_silent_only_when_it_has_not_moved_for_too_long():
    values = iter([1, 2, 2, 2, 2])
    pulse = Pulse(lambda: next(values), limit=0)
    assert (pulse.is_silent(), pulse.is_silent()) == (False, False)  # it moved
    assert pulse.is_silent()
    pulse.forgive(60)
    assert not pulse.is_silent()


def test_a_large_log_makes_room(make_part):
    part = make_part("print('new')")
    part.child.log.write_bytes(b"x" * (LOG_AT_MOST + 1))
    part.child.start()
    part.child.stop(patience=5)
    assert part.child.log.stat().st_size < LOG_AT_MOST
    assert part.child.log.with_suffix(".1.log").stat().st_size == LOG_AT_MOST + 1


def bind(port, option):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, option, 1)
        other.bind(("127.0.0.1", port))


def test_a_reserved_port_is_for_our_web_server_only():
    port = free_port()
    with reserved_port("127.0.0.1", port):
        bind(port, socket.SO_REUSEPORT)  # as granian does
        with pytest.raises(OSError, match="in use"):
            bind(port, socket.SO_REUSEADDR)
    bind(port, socket.SO_REUSEADDR)


def test_nothing_is_started_any_more_when_asked_to_stop(make_part):
    part = make_part("raise SystemExit(3)")
    with Signals() as signals:
        signal.raise_signal(signal.SIGTERM)
        Supervisor([part], signals, print).start()
    assert part.child.exit_code is None
