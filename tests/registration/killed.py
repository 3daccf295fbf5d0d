"""A crowd that signs up and withdraws over HTTP while the web process is killed again and again.

Who gets no answer tries again, as people do. Every answer that somebody did get is kept in a ledger outside the database.
"""

from __future__ import annotations

import http.client
import random
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.people.models import EmailAddress
from ecwi_events.registration import queries
from ecwi_events.registration.models import Place, Registration
from tests.servers import processes
from tests.servers.postgres import free_port
from tests.visitor import HIDDEN, Visitor

NO_ANSWER = (OSError, http.client.HTTPException)
TRIES, PATIENCE = 200, 300.0


@dataclass
class Ledger:
    """What people were told: the addresses whose sign-up, and whose withdrawal, was acknowledged."""

    signed_up: set[str] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    seconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    kills: int = 0


class MortalWeb:
    """A web process that can be killed and comes back at the same port."""

    def __init__(self, environment) -> None:
        self.port, self.environment, self.process = free_port(), environment, None
        self.is_up = threading.Event()

    def start(self) -> None:
        command = [
            str(processes.BIN / "granian"), "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port),
            "--workers", "1", "--blocking-threads", "8", "--no-ws", "--no-access-log",
            f"{processes.TARGET}:flask_app",
        ]  # fmt: skip
        self.process = processes.start(command, self.environment)
        processes.wait_for(self.port)
        self.is_up.set()

    def kill(self) -> None:
        """SIGKILL to the process and everything below it: nobody can say good-bye."""
        self.is_up.clear()
        processes.end_tree(self.process)


@contextmanager
def mortal_web(environment):
    web = MortalWeb(environment)
    web.start()
    try:
        yield web
    finally:
        web.kill()


@dataclass
class Crowd:
    """People who sign up one after the other through several threads; each has a seed of chance of its own."""

    app: object
    web: MortalWeb
    slug: str
    people: int
    withdrawing: float
    seed: int
    ledger: Ledger = field(default_factory=Ledger)

    def __post_init__(self):
        self.lock, self.left = threading.Lock(), iter(range(self.people))

    def call(self, number: int) -> None:
        chance = random.Random(self.seed * 1000 + number)
        while (person := self.next()) is not None:
            address = f"p{person}@crowd.example"
            try:
                self.come(address, withdraws=chance.random() < self.withdrawing)
            except Exception as fault:  # noqa: BLE001 - every fault is counted
                with self.lock:
                    self.ledger.faults.append(f"{address}: {fault!r}")

    def next(self) -> int | None:
        with self.lock:
            return next(self.left, None)

    def come(self, address: str, *, withdraws: bool) -> None:
        started = time.perf_counter()
        _until_answered(self.web, lambda: _sign_up(self.web.port, self.slug, address))
        with self.lock:
            self.ledger.signed_up.add(address)
            self.ledger.seconds.append(time.perf_counter() - started)
        if withdraws:
            token = _token(self.app, address)
            _until_answered(self.web, lambda: _withdraw(self.web.port, token))
            with self.lock:
                self.ledger.withdrawn.add(address)


def run(app, web, slug, *, people, kills, callers=16, withdrawing=0.25, seed=1) -> Ledger:
    """Let people sign up through threads; kill the web process so many times at random moments meanwhile."""
    crowd, chance = Crowd(app, web, slug, people, withdrawing, seed), random.Random(seed)
    threads = [threading.Thread(target=crowd.call, args=(number,)) for number in range(callers)]
    for thread in threads:
        thread.start()
    for number in sorted(chance.sample(range(1, max(people - callers, kills + 2)), kills)):
        while len(crowd.ledger.signed_up) < number and any(thread.is_alive() for thread in threads):
            time.sleep(0.002)
        time.sleep(chance.random() * 0.05)  # in the middle of whatever is going on
        web.kill()
        crowd.ledger.kills += 1
        web.start()
    for thread in threads:
        thread.join()
    return crowd.ledger


def lost(ledger: Ledger) -> list[str]:
    """Return whose acknowledged sign-up or withdrawal is not in the books."""
    db.session.rollback()  # what was read before is old
    places = dict(
        db.session.execute(
            sa.select(EmailAddress.normalised, Registration.place).join(
                Registration, Registration.person_id == EmailAddress.person_id
            )
        ).all()
    )
    wrong = [address for address in ledger.signed_up if address not in places]
    wrong += [address for address in ledger.withdrawn if places.get(address) is not Place.WITHDRAWN]
    staying = ledger.signed_up - ledger.withdrawn
    return wrong + [address for address in staying if places.get(address) is Place.WITHDRAWN]


def _until_answered(web: MortalWeb, ask) -> None:
    """Try again when the web process is back, however long that takes on a busy machine."""
    for _ in range(TRIES):
        try:
            return ask()
        except NO_ANSWER:
            time.sleep(0.05)
            web.is_up.wait(PATIENCE)
    raise RuntimeError("nobody answered for long")


def _sign_up(port: int, slug: str, address: str) -> None:
    with Visitor(port) as visitor:
        _, page, _ = visitor.get(f"/a/{slug}")
        token = HIDDEN.search(page)
        fields = {"csrf_token": token[1], "name": "A Visitor", "email": address, "organisation": "", "zone": "UTC"}
        status, text, answer = visitor.post(f"/a/{slug}/sign-up", fields)
        assert status == 303, (status, text[:300])
        assert urlsplit(answer["location"]).path == f"/a/{slug}/done"


def _withdraw(port: int, link: str) -> None:
    with Visitor(port) as visitor:
        _, page, _ = visitor.get(f"/m/{link}")
        token = HIDDEN.search(page)
        status, text, _ = visitor.post(f"/m/{link}/withdraw", {"csrf_token": token[1]})
        assert status == 303, (status, text[:300])


def _token(app, address: str) -> str:
    with app.app_context():
        number = db.session.scalars(
            sa.select(Registration.id)
            .join(EmailAddress, EmailAddress.person_id == Registration.person_id)
            .where(EmailAddress.normalised == address)
        ).one()
        return queries.find_sign_up(number).token
