"""A machine that does anything in any order, beside a plain model of the rules in Python: both must always say the same."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ecwi_events.kernel import nights
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Refused
from ecwi_events.registration import proving, reconciling, service
from ecwi_events.registration.models import Place, Places, Registration
from ecwi_events.registration.models_terms import SignUpRequest
from ecwi_events.registration.rules import Terms
from ecwi_events.registration.service import SignUp
from tests.make import make_activity, make_organisation

START = datetime(2027, 1, 19, 13, 0, tzinfo=UTC)
PEOPLE = st.sampled_from([f"p{number}" for number in range(8)])
SEATS = ("confirmed", "offered")


@dataclass
class Model:
    """The rules of places and of the line, without any database."""

    capacity: int | None
    needs_approval: bool
    near: bool = False
    seq: int = 0
    overbooked: int = 0
    place: dict[str, str] = field(default_factory=dict)
    number: dict[str, int] = field(default_factory=dict)
    offers: dict[str, int] = field(default_factory=dict)
    offered_order: list[str] = field(default_factory=list)

    @property
    def taken(self):
        return sum(place in SEATS for place in self.place.values())

    @property
    def line(self):
        return sorted((who for who, place in self.place.items() if place == "waiting"), key=self.number.get)

    @property
    def has_room(self):
        return self.capacity is None or self.taken < self.capacity

    def holds(self, who):
        return self.place.get(who) in {*SEATS, "waiting", "pending"}

    def sign_up(self, who):
        if self.holds(who):
            return
        self.seq += 1
        self.number[who], self.offers[who] = self.seq, 0
        if self.needs_approval:
            self.place[who] = "pending"
        else:
            self.place[who] = "confirmed" if self.has_room and not self.line else "waiting"

    def leave(self, who, to):
        if not self.holds(who):
            return
        self.place[who] = to
        self.settle()

    def settle(self):
        """Shrink what was over-booked, and let the first in line in while there is room."""
        self.shrink()
        while self.line and self.has_room:
            first = self.line[0]
            self.place[first] = "offered" if self.near else "confirmed"
            if self.near:
                self.offers[first] += 1
                self.offered_order.append(first)

    def shrink(self):
        beyond = 0 if self.capacity is None else max(self.taken - self.capacity, 0)
        self.overbooked = min(self.overbooked, beyond)

    def lapse(self):
        due = [who for who in self.offered_order if self.place[who] == "offered"]
        self.offered_order = []
        for who in due:
            if self.offers[who] >= 2:
                self.place[who] = "declined"
            else:
                self.seq += 1
                self.place[who], self.number[who] = "waiting", self.seq
            self.settle()


class Machine(RuleBasedStateMachine):
    """The house beside the model."""

    @initialize(capacity=st.sampled_from([None, 1, 2, 3]), needs_approval=st.booleans())
    def open(self, capacity, needs_approval):
        self.activity_id = make_activity(capacity=capacity, now=START - timedelta(days=50))
        self.now = START - timedelta(days=20)
        self.model = Model(capacity, needs_approval)
        self.ids = {}
        self.links, self.spent = {}, set()
        with transaction():
            service.set_terms(self.activity_id, Terms(needs_approval=needs_approval), now=self.now)

    def act(self, function, *args, **facts):
        self.now += timedelta(seconds=1)
        with transaction():
            return function(*args, **facts, now=self.now)

    def typed(self, who):
        return SignUp(self.activity_id, who, f"{who}@{self.activity_id}.example", organisation="Ours")

    @rule(who=PEOPLE)
    def sign_up(self, who):
        before = self.model.holds(who)
        self.model.sign_up(who)
        got = self.act(service.sign_up, self.typed(who))
        self.ids[who] = got.registration_id
        assert got.is_repeat is before
        if not before:
            assert got.place == self.model.place[who]
            assert got.number_in_line == (len(self.model.line) if got.place is Place.WAITING else None)

    @rule(who=PEOPLE)
    def ask(self, who):
        """Type the form where a mail asks first: nothing changes; beyond a few mails there is no new link."""
        self.act(proving.ask, self.typed(who), {})
        latest = db.session.scalar(sa.select(SignUpRequest).order_by(SignUpRequest.id.desc()).limit(1))
        if latest and latest.created_at == self.now:
            self.links.setdefault(who, []).append((proving.token_of(latest), self.now + timedelta(days=1)))
        db.session.rollback()

    @rule(who=PEOPLE, which=st.integers(0, 2))
    def press(self, who, which):
        if who not in self.links:
            return
        token, until = self.links[who][which % len(self.links[who])]
        if self.now + timedelta(seconds=1) >= until:
            with pytest.raises(Refused):
                self.act(proving.prove, token)
            return
        got = self.act(proving.prove, token)
        if token not in self.spent:
            self.model.sign_up(who)
            self.ids[who] = got
            self.spent |= {one for one, _ in self.links[who]}
        assert self.ids[who] == got

    @rule(who=PEOPLE)
    def withdraw(self, who):
        if who in self.ids:
            assert self.act(service.withdraw, self.ids[who]) is self.model.holds(who)
            self.model.leave(who, "withdrawn")

    @rule(who=PEOPLE)
    def decline(self, who):
        if who in self.ids:
            assert self.act(service.decline, self.ids[who]) is self.model.holds(who)
            self.model.leave(who, "declined")

    @rule(who=PEOPLE)
    def approve(self, who):
        if who in self.ids:
            if self.model.place[who] == "pending":
                at_once = self.model.has_room and not self.model.line
                self.model.place[who] = "confirmed" if at_once else "waiting"
                self.model.settle()
            assert self.act(service.approve, self.ids[who]) == self.model.place[who]

    @rule(who=PEOPLE)
    def accept(self, who):
        if who not in self.ids:
            return
        if self.model.place[who] in SEATS:
            self.model.place[who] = "confirmed"
            self.act(service.accept_offer, self.ids[who])
        else:
            with pytest.raises(Refused):
                self.act(service.accept_offer, self.ids[who])

    @rule(who=PEOPLE)
    def say_no(self, who):
        if who in self.ids:
            had = self.model.place[who] == "offered"
            assert self.act(service.decline_offer, self.ids[who]) is had
            if had:
                self.model.leave(who, "declined")

    @rule(capacity=st.sampled_from([None, 1, 2, 4]), keep=st.booleans())
    def change_capacity(self, capacity, keep):
        if capacity is not None and self.model.taken > capacity and not keep:
            with pytest.raises(Refused):
                self.act(service.change_capacity, self.activity_id, capacity)
            return
        self.model.capacity = capacity
        self.model.overbooked = 0 if capacity is None else max(self.model.taken - capacity, 0)
        self.model.settle()
        self.act(service.change_capacity, self.activity_id, capacity, keep_overbooked=keep)

    @rule(who=PEOPLE)
    def add_beyond(self, who):
        got = self.act(service.add_person, self.typed(who), beyond_capacity=True, by_person_id=None)
        self.ids[who] = got.registration_id
        if self.model.place.get(who) not in SEATS:
            self.model.place[who] = "confirmed"
            self.model.offers[who] = 0
            beyond = 0 if self.model.capacity is None else self.model.taken - self.model.capacity
            self.model.overbooked = max(self.model.overbooked, beyond)

    @rule(who=PEOPLE, to=PEOPLE)
    def pass_on(self, who, to):
        if who not in self.ids:
            return
        can = who != to and self.model.place[who] == "confirmed" and self.model.place.get(to) not in SEATS
        if not can:
            with pytest.raises(Refused):
                self.act(service.pass_place_on, self.ids[who], to, self.typed(to).address)
            return
        self.model.place[who], self.model.place[to] = "withdrawn", "confirmed"
        self.model.offers[to] = 0
        self.ids[to] = self.act(service.pass_place_on, self.ids[who], to, self.typed(to).address)

    @precondition(lambda self: not self.model.near)
    @rule()
    def come_near(self):
        """From now on free places are offered."""
        self.now, self.model.near = START - timedelta(hours=23), True

    @precondition(lambda self: self.model.near and self.now < START - timedelta(hours=4))
    @rule()
    def let_offers_lapse(self):
        self.now = nights.awake_after(self.now, timedelta(hours=2), "UTC")
        with transaction():
            service.lapse_due(now=self.now)
        self.model.lapse()

    @invariant()
    def both_say_the_same(self):
        if not hasattr(self, "model"):
            return
        db.session.rollback()
        rows = db.session.execute(
            sa.select(Registration.id, Registration.place, Registration.queue_place).where(
                Registration.activity_id == self.activity_id
            )
        ).all()
        places = {row.id: row.place.value for row in rows}
        assert {who: places[number] for who, number in self.ids.items()} == self.model.place
        waiting = sorted((row for row in rows if row.place is Place.WAITING), key=lambda row: row.queue_place)
        assert [row.id for row in waiting] == [self.ids[who] for who in self.model.line]
        counted = db.session.execute(
            sa.select(Places.capacity, Places.taken, Places.waiting, Places.overbooked).where(
                Places.activity_id == self.activity_id
            )
        ).one()
        assert tuple(counted) == (
            self.model.capacity, self.model.taken, len(self.model.line), self.model.overbooked,
        )  # fmt: skip
        assert not (self.model.line and self.model.has_room), "a place is free while somebody waits"
        assert reconciling.drifts() == []


def run(*, examples, steps):
    make_organisation("Ours")
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=examples < 100,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.usefixtures("app")
def test_whatever_happens_the_house_keeps_to_the_rules():
    run(examples=12, steps=30)


@pytest.mark.soak
@pytest.mark.usefixtures("app")
def test_whatever_happens_for_long_the_house_keeps_to_the_rules():
    run(examples=400, steps=60)
