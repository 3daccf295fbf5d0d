"""What the fault tests stand on: a service on servers of its own, a slow mail server that keeps a ledger, patience."""

from __future__ import annotations

import asyncio
import email
import email.policy
import os
import signal
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager

import flask_migrate
import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller

from ecwi_events.app import create_app
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import db, transaction, when_work_is_committed
from ecwi_events.mail import service as mail
from ecwi_events.mail.models import Mail, MailState
from ecwi_events.registration.models import Registration
from ecwi_events.work.models import Work, WorkState
from tests.make import make_activity, sign_up
from tests.servers import postgres, processes, valkey

Answers = dict[str, list[str]]  # of a mail server to its tries, by recipient
SOAK = bool(os.environ.get("SOAK"))
PATIENCE = 3600.0 if SOAK else 180.0  # a machine may be busy; waiting for a fact costs nothing


class Sink:
    """An SMTP receiver that keeps what it got (the ledger), takes its time, and answers as ``faults`` say.

    ``faults`` maps a recipient to the answers of its first tries: an SMTP answer to the text, ``cut`` to end the
    connection after the text was taken, ``cut before`` to end it before, ``slow`` to take `SLOW_SECONDS` for it.
    ``named`` maps a recipient to the answers of the first tries to name it.
    """

    SLOW_SECONDS = 6.0  # three leases of the worker under test

    def __init__(self, seconds: float = 0.0, faults: Answers | None = None, named: Answers | None = None) -> None:
        self.seconds, self.messages, self.lock = seconds, [], threading.Lock()
        self.recipients = []  # who got mail, in order, as often as they got it
        self.faults, self.named = faults or {}, named or {}

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if answers := self.named.get(address):
            return answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        await asyncio.sleep(self.seconds)
        answers = self.faults.get(envelope.rcpt_tos[0])
        answer = answers.pop(0) if answers else "250 OK"
        if answer == "cut before":
            server.transport.abort()
        if answer in {"250 OK", "cut", "slow"}:
            with self.lock:
                self.recipients.append(envelope.rcpt_tos[0])
                self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        if answer == "cut":
            server.transport.abort()
        if answer == "slow":
            await asyncio.sleep(self.SLOW_SECONDS)
        return answer if answer[0].isdigit() else "250 OK"


@contextmanager
def mail_server(sink, port=None):
    """Run a sink for the length of a block; give its address as a setting."""
    controller = Controller(sink, hostname="127.0.0.1", port=port or postgres.free_port())
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{controller.port}"
    finally:
        controller.stop()


def queue_mails(count, *, priority=50, start=0):
    """Put so many mails to different people about one sign-up; return their addresses."""
    number = db.session.scalar(sa.select(sa.func.min(Registration.id)))
    if number is None:
        number = sign_up(make_activity(), "Ana", "ana@crowd.example").registration_id
        db.session.rollback()
        with transaction():
            db.session.execute(sa.update(Mail).values(state="skipped"))
            db.session.execute(sa.update(Work).values(state="done"))
    addresses = [f"p{start + place}@crowd.example" for place in range(count)]
    for some in range(0, count, 500):
        with transaction():
            news = [
                mail.NewMail("registration.already", person_id=None, address=address, subject_id=number, priority=priority,
                             dedup_key=f"ground:{address}")
                for address in addresses[some : some + 500]
            ]  # fmt: skip
            mail.queue_all(news, now=clock.utc_now())
    return addresses


@contextmanager
def service(engine, make_settings, make_database, **variables):
    """An application on a database of its own, and the environment that its processes need."""
    broker = None
    if "REDIS_URL" not in variables:  # one of its own, or the worker of another test would take our ticks
        broker = valkey.start()
        variables["REDIS_URL"] = broker.url
    if engine == "postgresql":
        variables["DATABASE_URL"] = make_database("faults")
    settings = make_settings(TICK_SECONDS="1", LEASE_SECONDS="2", **variables)
    environment = {
        "ECWI_DATABASE_URL": settings.database_url,
        "ECWI_DATA_DIR": str(settings.data_dir),
        "ECWI_SECRET_KEY": settings.secret_key,
        "ECWI_BASE_URL": settings.base_url,
        "ECWI_TICK_SECONDS": "1",
        "ECWI_LEASE_SECONDS": "2",
        "PYTHONTZPATH": "",
    } | {f"ECWI_{name}": value for name, value in variables.items()}
    app = create_app(settings, durable=False)
    when_work_is_committed(lambda _queues: None)
    with app.app_context():
        flask_migrate.upgrade()
        yield environment
        db.session.remove()
        db.engine.dispose()
    if broker:
        broker.stop()


def until(question, *, seconds=60.0, alive=None):
    """Ask again and again; fail when the answer stays no, or when a process on which it depends ends by itself."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        db.session.rollback()
        if answer := question():
            return answer
        if alive is not None and alive.poll() is not None:
            pytest.fail(f"the process ended by itself, with exit code {alive.returncode}")
        time.sleep(0.05)
    pytest.fail("waited in vain")


def count(table, *conditions):
    return db.session.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions))


def kill_and_wait(process):
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def batch_service(sink, make_settings, make_database, engine="sqlite", **variables):
    """A service with a mail server and a broker; gives the environment of its processes, and the broker."""
    with ExitStack() as stack:
        broker = valkey.start()
        stack.callback(broker.stop)
        address = stack.enter_context(mail_server(sink))
        variables = {"MAIL_URL": address, "REDIS_URL": broker.url, **variables}
        yield stack.enter_context(service(engine, make_settings, make_database, **variables)), broker


@contextmanager
def worker(environment, *, target=processes.TARGET, **options):
    """A worker that is killed at the end, if it still lives."""
    command = processes.worker_command(**{"beat": True, "concurrency": 1, **options}, target=target)
    process = processes.start(command, environment)
    try:
        yield process
    finally:
        processes.end_tree(process)


@contextmanager
def kept_worker(environment, **options):
    """A worker that is started again when it ends by itself, as every service manager does; gives the list of its ends."""
    ends, over = [], threading.Event()

    def keep():
        while not over.is_set():
            with worker(environment, **options) as process:
                while process.poll() is None and not over.wait(0.1):
                    pass
                if process.poll() is not None:
                    ends.append(process.returncode)

    keeper = threading.Thread(target=keep)
    keeper.start()
    try:
        yield ends
    finally:
        over.set()
        keeper.join()


def try_at_once():
    """Let what is to be tried again later be tried now: minutes of waiting prove nothing more."""
    with transaction():
        later = sa.and_(Work.state == WorkState.DUE, Work.due_at > clock.utc_now())
        db.session.execute(sa.update(Work).where(later).values(due_at=clock.utc_now()))


def all_sent(number, *, alive=None):
    """Wait until so many are sent in the end; what is to be tried again is tried at once."""

    def is_done():
        if count(Mail, Mail.state == MailState.SENT) == number:
            return True
        try_at_once()
        return False

    until(is_done, seconds=PATIENCE, alive=alive)


def check(sink, addresses, *, doubled_at_most):
    """Compare the ledger with what was asked for; `make soak` shows what is printed."""
    got = Counter(sink.recipients)
    doubled = sum(got.values()) - len(got)
    print(f"{len(addresses)} mails asked for, {len(set(addresses) - set(got))} missing, {doubled} doubled")  # noqa: T201
    assert set(got) == set(addresses), "nothing is missing, nothing came to somebody else"
    assert doubled <= doubled_at_most
    assert len({message["Message-ID"] for message in sink.messages}) == len(addresses)
