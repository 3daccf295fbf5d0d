"""Who may sign up, from when, how many of one organisation, and the word of the host."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel import tokens
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.people import service as people
from ecwi_events.people.models import MembershipClass
from ecwi_events.programme.models import Activity
from ecwi_events.registration import applicants, queries, rows, service, terms
from ecwi_events.registration.models import Registration
from tests.make import NOW, make_activity, make_organisation, sign_up
from tests.registration.ground import (
    CONFIRMED,
    DECLINED,
    PENDING,
    WAITING,
    WITHDRAWN,
    act,
    counted,
    kinds,
    place_of,
    set_terms,
)

pytestmark = pytest.mark.usefixtures("app")


def refused(activity_id, **facts):
    with pytest.raises(Refused) as error:
        sign_up(activity_id, **facts)
    return error.value.code


def test_only_people_of_members_sign_up_where_only_they_may():
    make_organisation("A Member")
    make_organisation("No Member", member=False)
    former = make_organisation("Former Member", member=False)
    with transaction():
        people.record_membership(former, MembershipClass.FULL, from_on=None, to_on=date(2026, 11, 20), source="test")
    activity_id = make_activity()
    set_terms(activity_id, who="members")
    assert sign_up(activity_id, organisation="a member").place is CONFIRMED
    assert [refused(activity_id, organisation=name) for name in ("No Member", "Former Member", "Unknown", "")] == (
        ["members"] * 4
    )
    assert sign_up(activity_id, organisation="Former Member", now=NOW - timedelta(days=1)).place is CONFIRMED
    assert counted(activity_id) == (2, 0, 0)


def test_who_is_refused_leaves_no_trace():
    activity_id = make_activity()
    set_terms(activity_id, who="members")
    refused(activity_id, address="stranger@people.example")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Registration)) == 0
    with pytest.raises(NotFound):
        people.get_person_id("stranger@people.example")


def test_by_invitation_the_list_and_the_link_open_the_door():
    activity_id = make_activity()
    set_terms(activity_id, who="invited")
    with transaction():
        db.session.execute(sa.update(Activity).values(link_hash=tokens.digest("secret")))
        assert service.invite(activity_id, ["Ana@People.example", "ana@people.example "], now=NOW) == 1
    for address in ("boris@people.example", " ANA@people.example"):
        assert refused(activity_id, address=address) == "to_prove", "who types is told nothing of the list"
    with pytest.raises(Refused) as error:
        act(service.sign_up, service.SignUp(activity_id, "Boris", "boris@people.example", is_proved=True))
    assert error.value.code == "invited"
    ana = service.SignUp(activity_id, "Ana", " ANA@people.example", is_proved=True)
    assert act(service.sign_up, ana).place is CONFIRMED
    for link, place in (("wrong", None), ("secret", CONFIRMED)):
        new = service.SignUp(activity_id, "Boris", "boris@people.example", invitations=frozenset({tokens.digest(link)}))
        if place is None:
            with pytest.raises(Refused):
                act(service.sign_up, new)
        else:
            assert act(service.sign_up, new).place is place


def test_an_address_is_taken_off_the_list():
    activity_id = make_activity()
    set_terms(activity_id, who="invited")
    act(service.invite, activity_id, ["ana@people.example"])
    ((number, address),) = terms.invited(activity_id)
    assert address == "ana@people.example"
    assert act(service.uninvite, activity_id, number)
    assert not act(service.uninvite, activity_id, number)
    with pytest.raises(Refused) as error:
        act(service.sign_up, service.SignUp(activity_id, "Ana", "ana@people.example", is_proved=True))
    assert error.value.code == "invited"


def test_a_wrong_address_on_the_list_names_its_line():
    activity_id = make_activity()
    with pytest.raises(Invalid) as invalid:
        act(service.invite, activity_id, ["ana@people.example", "nonsense"])
    assert list(invalid.value.fields) == ["addresses-1"]


def test_an_organisation_has_so_many_places_and_no_more():
    make_organisation("A Member")
    activity_id = make_activity(capacity=3)
    set_terms(activity_id, most_per_organisation=2)
    first, _ = sign_up(activity_id, organisation="A Member"), sign_up(activity_id, organisation="a member")
    assert refused(activity_id, organisation="A Member") == "organisation_full"
    assert refused(activity_id, organisation="") == "organisation_missing"
    typed = [sign_up(activity_id, organisation=name) for name in ("Typed Only", "typed only")]
    assert [got.place for got in typed] == [CONFIRMED, WAITING]  # who waits counts as well
    assert refused(activity_id, organisation="TYPED ONLY") == "organisation_full"
    act(service.withdraw, first.registration_id)
    assert sign_up(activity_id, organisation="A Member").place is WAITING
    assert counted(activity_id) == (3, 1, 0)


def test_sign_up_opens_at_its_time():
    activity_id = make_activity()
    set_terms(activity_id, opens_at=NOW + timedelta(hours=1))
    assert refused(activity_id) == "not_yet"
    assert sign_up(activity_id, now=NOW + timedelta(hours=1)).place is CONFIRMED


def test_the_page_asks_the_same_question_as_the_act():
    make_organisation("A Member")
    activity_id = make_activity()
    set_terms(activity_id, who="members")
    got = sign_up(activity_id, organisation="A Member")
    person_id = queries.find_sign_up(got.registration_id).person_id
    assert applicants.applicant(rows.facts_of(activity_id), person_id, now=NOW).is_member


def test_pending_people_take_no_place_and_stand_in_no_line():
    activity_id = make_activity(capacity=1)
    set_terms(activity_id, needs_approval=True)
    got = sign_up(activity_id)
    assert (got.place, got.number_in_line, counted(activity_id), kinds()) == (PENDING, None, (0, 0, 0), ["pending"])
    again = sign_up(activity_id, address=queries.find_sign_up(got.registration_id).address)
    assert (again.place, again.is_repeat) == (PENDING, True)


def test_approved_people_get_a_place_or_the_line_by_the_time_of_signing_up():
    activity_id = make_activity(capacity=1)
    set_terms(activity_id, needs_approval=True)
    ana, boris, carla = (sign_up(activity_id).registration_id for _ in range(3))
    assert act(service.approve, boris) is CONFIRMED
    assert act(service.approve, carla) is WAITING
    assert act(service.approve, ana) is WAITING
    assert act(service.approve, ana) is WAITING  # a second press
    assert [queries.find_sign_up(one).number_in_line for one in (ana, carla)] == [1, 2]
    act(service.withdraw, boris)
    assert (place_of(ana), counted(activity_id)) == (CONFIRMED, (1, 1, 0))
    assert kinds()[3:6] == ["approved", "approved", "approved"]


def test_a_declined_person_is_told_and_what_they_had_passes_on():
    activity_id = make_activity(capacity=1)
    set_terms(activity_id, needs_approval=True)
    ana, boris = (sign_up(activity_id).registration_id for _ in range(2))
    act(service.approve, ana)
    act(service.approve, boris)
    assert act(service.decline, ana)
    assert not act(service.decline, ana)
    assert (place_of(ana), place_of(boris), counted(activity_id)) == (DECLINED, CONFIRMED, (1, 0, 0))
    assert "declined" in kinds()


def test_a_pending_sign_up_is_withdrawn_and_brought_back_as_pending():
    activity_id = make_activity(capacity=1)
    set_terms(activity_id, needs_approval=True)
    ana = sign_up(activity_id).registration_id
    assert act(service.withdraw, ana)
    assert (place_of(ana), act(service.approve, ana)) == (WITHDRAWN, WITHDRAWN)
    assert (act(service.undo_withdrawal, ana), counted(activity_id)) == (PENDING, (0, 0, 0))


def test_nobody_is_approved_into_what_is_over():
    activity_id = make_activity()
    set_terms(activity_id, needs_approval=True)
    ana = sign_up(activity_id).registration_id
    with pytest.raises(Refused) as error:
        act(service.approve, ana, now=NOW + timedelta(days=100))
    assert (error.value.code, place_of(ana)) == ("over", PENDING)


def answer(activity_id, address, organisation, *, now):
    """What the page says to whoever types this."""
    with pytest.raises(Refused) as error, transaction():  # taken back in any case, so that each asks the same books
        got = service.sign_up(service.SignUp(activity_id, "Some Body", address, organisation), now=now)
        raise Refused(got.place.value, str(got.number_in_line))
    return error.value.code, error.value.message


@pytest.mark.parametrize("terms", [{"who": "members"}, {"most_per_organisation": 1}, {"most_per_organisation": 2}])
@pytest.mark.parametrize("organisation", ["A Member", "No Member", "Typed Only", ""])
def test_a_known_and_an_unknown_address_get_the_same_answer(terms, organisation):
    make_organisation("A Member")
    make_organisation("No Member", member=False)
    activity_id = make_activity(capacity=5)
    set_terms(activity_id, **terms)
    signed_up = sign_up(activity_id, address="known@people.example", organisation="A Member")
    known = act(people.create_person, "Known", "not-here@people.example", organisation="A Member")
    later = NOW + timedelta(hours=1)
    addresses = ("known@people.example", "not-here@people.example", "unknown@people.example")
    assert known
    assert len({answer(activity_id, address, organisation, now=later) for address in addresses}) == 1
    assert place_of(signed_up.registration_id) is CONFIRMED


def test_a_second_click_is_no_second_person_of_the_organisation():
    activity_id = make_activity()
    set_terms(activity_id, most_per_organisation=1)
    first = sign_up(activity_id, address="known@people.example", organisation="School 5")
    again = sign_up(activity_id, address="known@people.example", organisation="School 5")
    assert (again.registration_id, again.place, again.is_repeat) == (first.registration_id, CONFIRMED, True)


def test_who_has_signed_up_is_told_by_mail_where_there_is_room_for_one_more():
    activity_id = make_activity()
    set_terms(activity_id, most_per_organisation=2)
    first = sign_up(activity_id, address="known@people.example", organisation="School 5")
    again = sign_up(activity_id, address="known@people.example", organisation="School 5", now=NOW + timedelta(hours=1))
    assert (again.registration_id, again.place, kinds()[-1]) == (first.registration_id, CONFIRMED, "already")
