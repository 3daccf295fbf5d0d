"""What hosts and representatives do: adding people, groups, passing places on, changing the number of places."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.registration import queries, reconciling, service
from ecwi_events.registration.models import Places
from ecwi_events.registration.passed_on import was_passed_on
from ecwi_events.registration.service import SignUp
from tests.make import NOW, make_activity, make_organisation, make_person, sign_up
from tests.registration.ground import (
    CONFIRMED,
    PENDING,
    WAITING,
    WITHDRAWN,
    act,
    counted,
    kinds,
    make_series,
    place_of,
    set_terms,
)

pytestmark = pytest.mark.usefixtures("app")


class TestCapacity:
    def test_raising_it_lets_the_line_in_first_come_first_served(self):
        activity_id = make_activity(capacity=1)
        _, *line = (sign_up(activity_id).registration_id for _ in range(5))
        assert act(service.change_capacity, activity_id, 3) == 2
        assert [place_of(one) for one in line] == [CONFIRMED, CONFIRMED, WAITING, WAITING]
        assert act(service.change_capacity, activity_id, None) == 2
        assert (counted(activity_id), kinds().count("promoted")) == ((5, 0, 0), 4)

    def test_lowering_it_below_what_is_taken_is_refused_or_kept_visibly(self):
        activity_id = make_activity(capacity=3)
        people = [sign_up(activity_id).registration_id for _ in range(3)]
        with pytest.raises(Refused) as refused:
            act(service.change_capacity, activity_id, 1)
        assert (refused.value.code, counted(activity_id)) == ("overbooked", (3, 0, 0))
        act(service.change_capacity, activity_id, 1, keep_overbooked=True)
        assert counted(activity_id) == (3, 0, 2)
        waits = sign_up(activity_id).registration_id
        for one, left in zip(people, [(2, 1, 1), (1, 1, 0), (1, 0, 0)], strict=True):
            act(service.withdraw, one)
            assert counted(activity_id) == left
        assert place_of(waits) is CONFIRMED

    def test_per_session(self):
        series, (one, two, _) = make_series(capacity=1)
        for who in ("ana", "boris"):
            act(service.sign_up, SignUp(series, who, f"{who}@people.example", session_ids=[one, two]))
        assert act(service.change_capacity, series, 2, session_id=one) == 1
        assert (counted(series, one), counted(series, two)) == ((2, 0, 0), (1, 1, 0))

    @pytest.mark.parametrize("capacity", [0, -1])
    def test_it_is_a_number_of_places(self, capacity):
        with pytest.raises(Invalid):
            act(service.change_capacity, make_activity(), capacity)

    def test_of_what_is_not_there(self):
        activity_id, (session_id, *_) = make_series()
        for wrong in ((4711, None), (4711, session_id), (activity_id, 4711)):
            with pytest.raises(NotFound):
                act(service.change_capacity, wrong[0], 5, session_id=wrong[1])


class TestAdding:
    def add(self, activity_id, who="ana", **facts):
        new = SignUp(activity_id, who.capitalize(), f"{who}@people.example")
        return act(service.add_person, new, by_person_id=None, **facts)

    def test_terms_and_times_do_not_bind_the_host(self):
        activity_id = make_activity(closes_at=NOW - timedelta(hours=1))
        set_terms(activity_id, who="members", needs_approval=True)
        assert self.add(activity_id).place is CONFIRMED

    def test_the_number_of_places_does_if_nothing_else_is_said(self):
        activity_id = make_activity(capacity=1)
        sign_up(activity_id)
        assert self.add(activity_id).place is WAITING
        assert self.add(activity_id, "boris", beyond_capacity=True).place is CONFIRMED
        assert counted(activity_id) == (2, 1, 1)

    def test_who_waits_or_is_pending_gets_a_place_if_it_is_said(self):
        activity_id = make_activity(capacity=1)
        sign_up(activity_id)
        waits = self.add(activity_id)
        assert self.add(activity_id).place is WAITING
        assert self.add(activity_id, beyond_capacity=True).registration_id == waits.registration_id
        assert (place_of(waits.registration_id), counted(activity_id)) == (CONFIRMED, (2, 0, 1))
        assert self.add(activity_id, beyond_capacity=True).is_repeat

    def test_a_pending_person_is_approved_by_being_added(self):
        activity_id = make_activity(capacity=2)
        set_terms(activity_id, needs_approval=True)
        pending = sign_up(activity_id, "Ana", "ana@people.example")
        assert pending.place is PENDING
        assert self.add(activity_id).place is CONFIRMED
        assert counted(activity_id) == (1, 0, 0)

    def test_not_to_what_is_over(self):
        with pytest.raises(Refused) as refused:
            self.add(make_activity(), now=NOW + timedelta(days=100))
        assert refused.value.code == "over"


class TestPassingOn:
    @pytest.fixture
    def place(self):
        make_organisation("Ours")
        self.activity_id = make_activity(capacity=1)
        return sign_up(self.activity_id, "Ana", organisation="Ours").registration_id

    def test_a_colleague_gets_the_place_and_nobody_is_overtaken(self, place):
        waits = sign_up(self.activity_id).registration_id
        new = act(service.pass_place_on, place, "Boris", "boris@people.example")
        assert [place_of(one) for one in (place, waits, new)] == [WITHDRAWN, WAITING, CONFIRMED]
        assert counted(self.activity_id) == (1, 1, 0)
        assert queries.find_sign_up(new).signed_up_by == "Ana"
        assert kinds()[-2:] == ["passed_on", "confirmed"]
        assert (was_passed_on(place), was_passed_on(new), was_passed_on(waits)) == (True, False, False)

    def test_a_colleague_who_waits_leaves_the_line(self, place):
        waits = sign_up(self.activity_id, "Boris", "boris@people.example", organisation="ours").registration_id
        assert act(service.pass_place_on, place, "Boris", "boris@people.example") == waits
        assert (place_of(waits), counted(self.activity_id)) == (CONFIRMED, (1, 0, 0))

    def test_not_to_others_and_not_to_oneself(self, place):
        make_person("Carla", "carla@people.example", organisation="Theirs")
        own = queries.find_sign_up(place).address
        for address in ("carla@people.example", own):
            with pytest.raises(Refused) as refused:
                act(service.pass_place_on, place, "Carla", address)
            assert refused.value.code == "colleague"
        assert place_of(place) is CONFIRMED

    def test_not_to_a_colleague_who_has_a_place(self):
        make_organisation("Ours")
        activity_id = make_activity()
        ana, _ = (
            sign_up(activity_id, name, f"{name}@people.example", organisation="Ours").registration_id
            for name in ("Ana", "Boris")
        )
        with pytest.raises(Refused):
            act(service.pass_place_on, ana, "Boris", "boris@people.example")
        assert counted(activity_id) == (2, 0, 0)

    def test_not_without_an_organisation_nor_without_a_place(self, place):
        alone = sign_up(make_activity()).registration_id
        act(service.withdraw, place)
        for one, code in ((alone, "no_organisation"), (place, "no_place")):
            with pytest.raises(Refused) as refused:
                act(service.pass_place_on, one, "Boris", "boris@people.example")
            assert refused.value.code == code


class TestGroups:
    def group(self, activity_id, *names, **facts):
        people = [SignUp(activity_id, name, f"{name}@people.example", **facts) for name in names]
        return act(service.sign_up_group, activity_id, people, by_person_id=None)

    def test_each_has_an_own_result_in_the_order_of_the_list(self):
        activity_id = make_activity(capacity=2)
        got = self.group(activity_id, "zoe", "ana", "1", "mia")
        assert [one.signed_up.place if one.signed_up else one.refusal for one in got] == [
            CONFIRMED, CONFIRMED, "Enter your full name", WAITING,
        ]  # fmt: skip
        assert counted(activity_id) == (2, 1, 0)

    def test_the_same_address_twice_is_one_person(self):
        activity_id = make_activity()
        got = self.group(activity_id, "ana", "ANA")
        assert [one.signed_up.is_repeat for one in got] == [False, True]
        assert counted(activity_id) == (1, 0, 0)

    def test_who_is_refused_does_not_keep_the_others(self):
        activity_id = make_activity()
        set_terms(activity_id, most_per_organisation=2)
        got = self.group(activity_id, "ana", "boris", "carla", organisation="Ours")
        assert [bool(one.signed_up) for one in got] == [True, True, False]
        assert (counted(activity_id), reconciling.drifts()) == ((2, 0, 0), [])

    def test_not_nobody_and_not_everybody(self):
        activity_id = make_activity()
        for number in (0, 101):
            with pytest.raises(Invalid):
                self.group(activity_id, *(f"p{n}" for n in range(number)))


class TestRecounting:
    def test_what_does_not_add_up_is_said_and_not_repaired(self, app):
        activity_id = make_activity(capacity=5)
        sign_up(activity_id)
        assert act(reconciling.recount) == 0
        assert reconciling.last_recount().wrong == 0
        act(lambda now: db.session.execute(sa.update(Places).values(taken=3, waiting=1)))
        assert act(reconciling.recount) == 1
        last = reconciling.last_recount()
        assert last.words == f"activity {activity_id}: counted 3 places taken and 1 waiting, but there are 1 and 0"
        assert db.session.scalar(sa.select(Places.taken)) == 3
