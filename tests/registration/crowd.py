"""A crowd at the door: many callers at once sign up and withdraw, and afterwards the books are checked.

Used by the tests (small), by the benchmarks (timed) and by ``make soak`` (100,000). Every answer that a caller got is kept
in a ledger outside the database, so that a lost acknowledged sign-up would show.
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field

import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.registration import service
from ecwi_events.registration.models import Place, Places, Registration
from ecwi_events.registration.service import SignUp
from tests.make import NOW


@dataclass
class Ledger:
    """What the callers were told."""

    signed_up: dict[int, Place] = field(default_factory=dict)
    withdrawn: set[int] = field(default_factory=set)
    seconds: list[float] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)


def run(app, activity_ids, *, people: int, callers: int = 32, withdrawing: float = 0.25, seed: int = 1) -> Ledger:
    """Let ``people`` sign up through ``callers`` threads; a share of them withdraws at once."""
    ledger = Ledger()
    lock = threading.Lock()
    queue = iter(range(people))

    def call(number: int) -> None:
        chance = random.Random(seed * 1000 + number)
        while (person := _next(queue, lock)) is not None:
            started = time.perf_counter()
            try:
                _sign_up_and_maybe_withdraw(app, chance, activity_ids, person, withdrawing, ledger, lock)
            except Exception as fault:  # noqa: BLE001 - every fault is counted
                with lock:
                    ledger.faults.append(fault)
            with lock:
                ledger.seconds.append(time.perf_counter() - started)

    threads = [threading.Thread(target=call, args=(number,)) for number in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ledger


def faults_at_rest(activity_ids, ledger: Ledger) -> list[str]:
    """Return everything that is wrong with the books; empty when all is right."""
    wrong = []
    db.session.rollback()  # what was read before is old
    for activity_id in activity_ids:
        counted = db.session.execute(
            sa.select(Places.id, Places.capacity, Places.taken, Places.waiting).where(Places.activity_id == activity_id)
        ).one()
        rows = dict(
            db.session.execute(
                sa.select(Registration.place, sa.func.count())
                .where(Registration.places_id == counted.id)
                .group_by(Registration.place)
            ).all()
        )
        confirmed, waiting = rows.get(Place.CONFIRMED, 0), rows.get(Place.WAITING, 0)
        if counted.capacity is not None and confirmed > counted.capacity:
            wrong.append(f"oversold: {confirmed} of {counted.capacity}")
        if waiting and (counted.capacity is None or confirmed < counted.capacity):
            wrong.append(f"stranded: {confirmed} of {counted.capacity} while {waiting} wait")
        if (counted.taken, counted.waiting) != (confirmed, waiting):
            wrong.append(f"drift: counted {counted.taken}/{counted.waiting}, rows {confirmed}/{waiting}")
        numbers = db.session.scalars(
            sa.select(Registration.queue_place).where(
                Registration.places_id == counted.id, Registration.place == Place.WAITING
            )
        ).all()
        if len(set(numbers)) != len(numbers):
            wrong.append("two people have the same place in the line")
        if _overtaken(counted.id):
            wrong.append("overtaken: somebody waits with a smaller number than somebody who was promoted")
    stored = dict(db.session.execute(sa.select(Registration.id, Registration.place)).all())
    lost = [number for number in ledger.signed_up if number not in stored]
    undone = [number for number in ledger.withdrawn if stored.get(number) is not Place.WITHDRAWN]
    told_ok_but_waits = [
        number
        for number, place in ledger.signed_up.items()
        if place is Place.CONFIRMED and stored.get(number) is Place.WAITING
    ]
    wrong += [f"lost: {lost}"] if lost else []
    wrong += [f"withdrawal lost: {undone}"] if undone else []
    wrong += [f"told of a place, but waits: {told_ok_but_waits}"] if told_ok_but_waits else []
    return wrong


def _overtaken(places_id: int) -> bool:
    first_waiting = sa.select(sa.func.min(Registration.queue_place)).where(
        Registration.places_id == places_id, Registration.place == Place.WAITING
    )
    last_promoted = sa.select(sa.func.max(Registration.queue_place)).where(
        Registration.places_id == places_id, Registration.place == Place.CONFIRMED
    )
    waiting, promoted = db.session.scalar(first_waiting), db.session.scalar(last_promoted)
    return waiting is not None and promoted is not None and promoted > waiting


def _next(queue, lock):
    with lock:
        return next(queue, None)


def _sign_up_and_maybe_withdraw(app, chance, activity_ids, person, withdrawing, ledger, lock) -> None:
    with app.app_context():
        with transaction():
            got = service.sign_up(
                SignUp(chance.choice(activity_ids), f"Person {person}", f"p{person}@crowd.example"), now=NOW
            )
        with lock:
            ledger.signed_up[got.registration_id] = got.place
        if chance.random() < withdrawing:
            with transaction():
                service.withdraw(got.registration_id, now=NOW)
            with lock:
                ledger.withdrawn.add(got.registration_id)
