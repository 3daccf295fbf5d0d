"""Signing up by a button behind a mail: nothing before it, a place or the line after it, and no word about the list."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel import tokens
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, Refused
from ecwi_events.mail.models import Mail
from ecwi_events.people import addresses, vouching
from ecwi_events.people import queries as people
from ecwi_events.people.models import EmailAddress, Person
from ecwi_events.programme.models import Activity
from ecwi_events.registration import answers, choosing, erasing, proving, queries, questions, service, terms
from ecwi_events.registration.models import Registration
from ecwi_events.registration.models_questions import QuestionKind
from ecwi_events.registration.models_terms import SignUpRequest
from ecwi_events.reminders import merging
from tests.make import NOW, make_activity, make_host, make_organisation, make_person, make_session, sign_up
from tests.registration.ground import CONFIRMED, DECLINED, PENDING, WAITING, act, counted, kinds, place_of, set_terms

pytestmark = pytest.mark.usefixtures("app")
ANA = "ana@people.example"
HOUR = timedelta(hours=1)


def invited(*addresses_of, capacity=None, **facts):
    activity_id = make_activity(capacity=capacity)
    set_terms(activity_id, who="invited", **facts)
    act(service.invite, activity_id, list(addresses_of or [ANA]))
    return activity_id


def members(**facts):
    make_organisation("A Member")
    activity_id = make_activity(**facts)
    set_terms(activity_id, who="members", asks_for_proof=True)
    return activity_id


def ask(activity_id, address=ANA, name="Ana Horvat", *, typed=None, now=NOW, **facts):
    act(proving.ask, service.SignUp(activity_id, name, address, **facts), typed or {}, now=now)
    return db.session.scalar(sa.select(sa.func.max(SignUpRequest.id)))


def link_of(request_id):
    row = db.session.get_one(SignUpRequest, request_id)
    return proving.token_of(row)


def press(request_id, *, now=NOW):
    return act(proving.prove, link_of(request_id), now=now)


def number_of(table):
    return db.session.scalar(sa.select(sa.func.count()).select_from(table))


def test_who_types_an_invited_address_has_nothing_until_the_button_is_pressed():
    activity_id = invited(capacity=1)
    request = ask(activity_id)
    assert (counted(activity_id), number_of(Registration), number_of(Person), kinds()) == ((0, 0, 0), 0, 0, ["prove"])
    assert proving.find_request(link_of(request), now=NOW).name == "Ana Horvat"
    assert counted(activity_id) == (0, 0, 0), "looking takes nothing"
    got = press(request)
    assert (place_of(got), counted(activity_id), kinds()) == (CONFIRMED, (1, 0, 0), ["prove", "confirmed"])
    assert db.session.scalars(sa.select(EmailAddress.proved_at)).all() == [NOW]


def test_what_was_typed_is_what_is_signed_up():
    sessions = [make_session(f"Session {n}", starts_local=f"2027-01-{n}9 14:00") for n in (1, 2)]
    activity_id = make_activity(sessions=sessions)
    set_terms(activity_id, by="session", who="invited")
    act(service.invite, activity_id, [ANA])
    question = questions.NewQuestion(QuestionKind.TEXT, "What do you hope for?", "To plan", is_required=True)
    act(questions.add_question, activity_id, question)
    (asked,) = questions.asked(activity_id)
    second = queries.sign_up_facts(activity_id).sessions[1].session_id
    with pytest.raises(Invalid):
        ask(activity_id, session_ids=[second])
    request = ask(
        activity_id, session_ids=[second], typed={asked.field: "A friend"}, organisation="School 5", zone="Asia/Tokyo"
    )
    mine = queries.find_sign_up(press(request))
    assert (mine.session_id, mine.zone, mine.name) == (second, "Asia/Tokyo", "Ana Horvat")
    assert [one.text for one in answers.of_person(activity_id, mine.person_id)] == ["A friend"]
    assert db.session.get_one(SignUpRequest, request, populate_existing=True).answers == {}, (
        "kept once, with the sign-up"
    )


def test_what_people_agree_to_counts_only_beside_the_button():
    activity_id = invited()
    photo = questions.NewQuestion(QuestionKind.CONSENT, "My photo is published.", "For the report", is_required=True)
    act(questions.add_question, activity_id, photo)
    (asked,) = questions.asked(activity_id)
    request = ask(activity_id, typed={asked.field: "yes"})
    row = db.session.get_one(SignUpRequest, request)
    assert row.answers == {}, "whoever typed this may be anybody"
    act(lambda now: db.session.execute(sa.update(SignUpRequest).values(answers={asked.field: "yes"})))  # an older row
    with pytest.raises(Invalid) as missing:
        press(request)
    assert (list(missing.value.fields), number_of(Registration)) == ([asked.field], 0)
    got = act(proving.prove, link_of(request), {asked.field: "yes"})
    assert [one.text for one in answers.of_person(activity_id, queries.find_sign_up(got).person_id)] == ["yes"]


def test_an_address_that_is_not_on_the_list_is_asked_in_the_same_way_and_gets_no_mail():
    activity_id = invited()
    listed, other = ask(activity_id), ask(activity_id, "boris@people.example", "Boris")
    assert kinds() == ["prove", "prove"]
    assert proving.find_for_mail(listed, now=NOW)[1] == link_of(listed)
    assert proving.find_for_mail(other, now=NOW) == "not_invited"
    with pytest.raises(Refused) as refused:  # who would guess the link gets no further
        press(other)
    assert (refused.value.code, number_of(Registration), number_of(Person)) == ("invited", 0, 0)


def test_who_is_taken_off_the_list_before_the_button_gets_no_place():
    activity_id = invited()
    request = ask(activity_id)
    ((number, _),) = terms.invited(activity_id)
    act(service.uninvite, activity_id, number)
    with pytest.raises(Refused) as refused:
        press(request)
    assert (refused.value.code, counted(activity_id)) == ("invited", (0, 0, 0))


def test_full_by_then_is_the_line_and_the_order_is_that_of_the_buttons():
    activity_id = invited(ANA, "boris@people.example", "carla@people.example", capacity=1)
    requests = [ask(activity_id, f"{who}@people.example", who) for who in ("ana", "boris", "carla")]
    carla, ana, boris = (press(requests[at]) for at in (2, 0, 1))
    assert [place_of(one) for one in (carla, ana, boris)] == [CONFIRMED, WAITING, WAITING]
    assert [queries.find_sign_up(one).number_in_line for one in (ana, boris)] == [1, 2]


def test_pressed_twice_it_is_one_sign_up_and_one_mail():
    activity_id = invited()
    request = ask(activity_id)
    assert press(request) == press(request, now=NOW + HOUR)
    assert (counted(activity_id), kinds()) == ((1, 0, 0), ["prove", "confirmed"])


def test_each_link_works_and_the_first_one_ends_the_others():
    activity_id = invited()
    first, second = ask(activity_id, name="Ana Horvat"), ask(activity_id, name="Somebody Else", now=NOW + HOUR / 6)
    got = press(first, now=NOW + HOUR)
    assert queries.find_sign_up(got).name == "Ana Horvat"
    assert press(second, now=NOW + HOUR) == got
    assert (counted(activity_id), queries.find_sign_up(got).name) == ((1, 0, 0), "Ana Horvat")


def test_after_a_withdrawal_an_old_link_brings_nothing_back_and_a_new_one_does():
    activity_id = invited()
    request = ask(activity_id)
    got = press(request)
    act(service.withdraw, got, now=NOW + HOUR)
    assert press(request, now=NOW + HOUR) == got
    assert counted(activity_id) == (0, 0, 0)
    assert press(ask(activity_id, now=NOW + 2 * HOUR), now=NOW + 2 * HOUR) == got
    assert place_of(got) is CONFIRMED


def test_a_link_works_for_a_day_and_no_longer():
    activity_id = invited()
    request = ask(activity_id)
    token = link_of(request)
    late = NOW + timedelta(hours=24)
    assert proving.find_request(token, now=late - timedelta(seconds=1))
    assert proving.find_request(token, now=late) is None
    with pytest.raises(Refused) as refused:
        act(proving.prove, token, now=late)
    assert (refused.value.code, proving.find_for_mail(request, now=late)) == ("link_too_old", "late")
    assert act(proving.empty_expired, now=late - timedelta(seconds=1)) == 0
    assert act(proving.empty_expired, now=late) == 1
    row = db.session.get_one(SignUpRequest, request, populate_existing=True)
    assert (row.name, row.organisation, row.answers) == ("", "", {})
    assert (act(proving.empty_expired, now=late), act(proving.forget_old, now=late)) == (0, 0)
    assert act(proving.forget_old, now=late + timedelta(days=2)) == 1
    assert (number_of(SignUpRequest), db.session.scalars(sa.select(Mail.address)).all()) == (0, ["erased"])


def test_another_links_token_opens_nothing_here():
    got = sign_up(make_activity())
    for token in (queries.find_sign_up(got.registration_id).token, tokens.fresh(), "", "x" * 300):
        assert proving.find_request(token, now=NOW) is None
        with pytest.raises(Refused):
            act(proving.prove, token)


def test_a_link_is_of_its_activity_alone():
    first, second = invited(), invited()
    got = press(ask(first))
    assert queries.find_sign_up(got).activity.id == first
    assert (counted(first), counted(second)) == ((1, 0, 0), (0, 0, 0))


def test_one_address_is_written_to_a_few_times_and_nobody_sees_that():
    activity_id = invited()
    for minute in range(6):
        ask(activity_id, now=NOW + timedelta(minutes=minute))
    assert kinds() == ["prove"] * 3
    ask(activity_id, now=NOW + timedelta(minutes=61))
    assert kinds() == ["prove"] * 4


def test_one_address_is_written_to_a_few_times_whatever_the_activity():
    for minute in range(5):
        ask(invited(), now=NOW + timedelta(minutes=minute))
    assert kinds() == ["prove"] * 3
    ask(invited(), "boris@people.example", now=NOW + timedelta(minutes=6))
    assert kinds() == ["prove"] * 4


def test_closed_in_between_is_closed():
    activity_id = invited()
    request = ask(activity_id)
    act(lambda now: db.session.execute(sa.update(Activity).values(sign_up_closes_at=now + HOUR)))
    with pytest.raises(Refused) as refused:
        press(request, now=NOW + HOUR)
    assert (refused.value.code, proving.find_for_mail(request, now=NOW + HOUR)) == ("closed", "late")
    with pytest.raises(Refused):
        ask(activity_id, now=NOW + HOUR)


def test_who_is_signed_up_already_is_led_to_the_own_page():
    activity_id = invited()
    got = press(ask(activity_id))
    again = ask(activity_id, now=NOW + HOUR)
    request, _ = proving.find_for_mail(again, now=NOW + HOUR)
    assert request.own_link == queries.find_sign_up(got).token
    assert press(again, now=NOW + HOUR) == got
    assert counted(activity_id) == (1, 0, 0)


def test_a_known_person_keeps_name_and_organisation_whatever_was_typed():
    person_id = make_person("Ana Horvat", ANA, organisation="School 5")
    request = ask(invited(), name="Mallory", organisation="Other")
    shown = proving.find_request(link_of(request), now=NOW)
    assert (shown.name, shown.known_organisation) == ("Ana Horvat", "School 5")
    got = queries.find_sign_up(press(request))
    assert (got.person_id, got.name) == (person_id, "Ana Horvat")


def test_with_the_hosts_word_the_button_asks_for_it():
    activity_id = invited(needs_approval=True)
    got = press(ask(activity_id))
    assert (place_of(got), counted(activity_id), kinds()[-1]) == (PENDING, (0, 0, 0), "pending")


def test_the_invitation_link_needs_no_mail():
    activity_id = invited()
    act(lambda now: db.session.execute(sa.update(Activity).values(link_hash=tokens.digest("secret"))))
    new = service.SignUp(activity_id, "Boris", "boris@people.example", invitations=frozenset({tokens.digest("secret")}))
    assert act(service.sign_up, new).place is CONFIRMED


def test_erasing_takes_the_request_away():
    activity_id = invited()
    person_id = make_person("Ana Horvat", ANA)
    waits = link_of(ask(activity_id))
    act(erasing.erase_person, person_id)
    assert (number_of(SignUpRequest), proving.find_request(waits, now=NOW)) == (0, None)
    with pytest.raises(Refused):
        act(proving.prove, waits)
    assert db.session.scalars(sa.select(Mail.address)).all() == ["erased"]


def test_erasing_after_the_button_takes_what_it_left():
    activity_id = invited()
    request = ask(activity_id)
    person_id = queries.find_sign_up(press(request)).person_id
    act(erasing.erase_person, person_id)
    assert number_of(SignUpRequest) == 0
    assert set(db.session.scalars(sa.select(Mail.address))) == {"erased"}, "the mail of a stranger was theirs after all"


def test_after_a_merge_the_button_signs_up_who_is_left():
    activity_id = invited()
    kept, merged = make_person("Ana Horvat", "ana@home.example"), make_person("A. Horvat", ANA)
    request = ask(activity_id)
    act(merging.merge_people, kept, merged, by_person_id=None, by_administrator=False)
    assert queries.find_sign_up(press(request)).person_id == kept


def test_a_press_that_is_cut_off_can_be_made_again():
    activity_id = invited()
    request = ask(activity_id)
    with pytest.raises(RuntimeError), transaction():
        proving.prove(link_of(request), now=NOW)
        raise RuntimeError("killed before the commit")
    assert (counted(activity_id), number_of(Registration)) == ((0, 0, 0), 0)
    assert place_of(press(request)) is CONFIRMED


def test_two_at_once_are_one(app):
    activity_id = invited(capacity=1)
    links = [link_of(ask(activity_id)), link_of(ask(activity_id, now=NOW + HOUR / 60))] * 3
    db.session.rollback()
    got, faults = [], []

    def run(link):
        with app.app_context():
            try:
                got.append(act(proving.prove, link))
            except Exception as fault:  # noqa: BLE001 - said below
                faults.append(fault)

    threads = [threading.Thread(target=run, args=(link,)) for link in links]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (faults, len(set(got)), counted(activity_id)) == ([], 1, (1, 0, 0))
    assert kinds().count("confirmed") == 1


# Where the organisation decides.


def test_who_only_says_where_they_work_proves_the_address_and_waits_for_the_host():
    activity_id = members(capacity=1)
    with pytest.raises(Refused) as refused:
        sign_up(activity_id, organisation="A Member")
    assert refused.value.code == "to_prove"
    with pytest.raises(Refused) as refused:
        ask(activity_id, organisation="No Member")
    assert refused.value.code == "members"
    got = press(ask(activity_id, organisation="a member"))
    mine = queries.find_sign_up(got)
    assert (mine.place, mine.claimed_organisation, counted(activity_id)) == (PENDING, "a member", (0, 0, 0))
    assert act(service.approve, got) is CONFIRMED
    assert queries.find_sign_up(got).claimed_organisation is None
    assert vouching.is_known(mine.person_id, "A Member")


def test_who_is_known_to_work_there_has_a_place_at_once():
    activity_id = members()
    person_id = make_person("Ana Horvat", ANA, organisation="A Member")
    act(vouching.vouch, person_id, "A Member")
    got = press(ask(activity_id, organisation="A Member"))
    assert (place_of(got), queries.find_sign_up(got).claimed_organisation) == (CONFIRMED, None)


@pytest.mark.parametrize("by", ["group", "host", "approval", "role"])
def test_who_may_say_where_somebody_works(by):
    activity_id, earlier = members(), make_activity()
    new = service.SignUp(earlier, "Ana Horvat", ANA, "A Member")
    bringer = make_person("Rita")
    if by == "group":
        act(service.sign_up_group, earlier, [new], by_person_id=bringer)
    elif by == "host":
        act(service.add_person, new, by_person_id=bringer)
    elif by == "approval":
        act(service.approve, press(ask(activity_id, organisation="A Member")))
    else:
        organisation_id = people.find_organisation_id("A Member")
        make_host(organisation_id, "Hanna")
        person_id = db.session.scalar(sa.select(Person.id).where(Person.name == "Hanna"))
        with transaction():
            db.session.execute(sa.update(Person).where(Person.id == person_id).values(organisation_id=organisation_id))
            db.session.execute(
                sa.update(EmailAddress).where(EmailAddress.person_id == person_id).values(normalised=ANA)
            )
    assert vouching.is_known(people.find_person_by_address(ANA).id, "A Member")


def test_a_representative_speaks_for_the_own_organisation_and_no_other():
    activity_id = members()
    make_organisation("Another Member")
    bringer, known_elsewhere = make_person("Rita"), make_person("Boris", organisation="Another Member")
    boris = people.primary_address(known_elsewhere)
    new = [service.SignUp(activity_id, who, address, "A Member") for who, address in (("Ana", ANA), ("Boris", boris))]
    ana, boris = act(service.sign_up_group, activity_id, new, by_person_id=bringer)
    assert (ana.signed_up.place, boris.signed_up.place) == (CONFIRMED, PENDING)
    assert queries.find_sign_up(boris.signed_up.registration_id).claimed_organisation == "Another Member"


def test_what_a_person_typed_elsewhere_is_still_only_said():
    sign_up(make_activity(), "Ana Horvat", ANA, organisation="A Member")
    got = press(ask(members(), organisation="A Member"))
    assert place_of(got) is PENDING


def test_who_waits_for_the_host_keeps_no_colleague_out():
    activity_id = make_activity()
    set_terms(activity_id, most_per_organisation=1, asks_for_proof=True)
    blockers = [press(ask(activity_id, f"b{n}@people.example", organisation="School 5")) for n in range(3)]
    assert {place_of(one) for one in blockers} == {PENDING}
    person_id = make_person("Ana Horvat", ANA, organisation="School 5")
    act(vouching.vouch, person_id, "School 5")
    assert place_of(press(ask(activity_id, organisation="School 5"))) is CONFIRMED
    act(service.decline, blockers[0])
    assert place_of(blockers[0]) is DECLINED


def test_taking_a_withdrawal_back_goes_round_no_host():
    got = press(ask(members(), organisation="A Member"))
    act(service.withdraw, got)
    assert act(service.undo_withdrawal, got) is PENDING


def test_other_sessions_and_later_ones_go_round_no_host():
    make_organisation("A Member")
    sessions = [make_session(f"Session {n}", starts_local=f"2027-01-{n}9 14:00") for n in (1, 2)]
    activity_id = make_activity(sessions=sessions)
    set_terms(activity_id, by="session", who="members", asks_for_proof=True)
    first, second = (one.session_id for one in queries.sign_up_facts(activity_id).sessions)
    got = press(ask(activity_id, organisation="A Member", session_ids=[first], later_too=True))
    act(choosing.change_sessions, got, [first, second], later_too=True)
    assert {one.place for one in queries.all_of(queries.find_sign_up(got))} == {PENDING}


def test_where_the_organisation_is_believed_the_host_sees_that_it_is_only_said():
    make_organisation("A Member")
    activity_id = make_activity()
    set_terms(activity_id, who="members")
    got = sign_up(activity_id, organisation="A Member")
    (one,) = queries.participants(activity_id)
    assert (got.place, one.claimed_organisation) == (CONFIRMED, "A Member")
    elsewhere = sign_up(make_activity(), organisation="A Member")
    assert queries.find_sign_up(elsewhere.registration_id).claimed_organisation is None, "it does not matter there"


def test_an_address_is_ones_own_by_proof_only():
    person_id = make_person("Ana Horvat", ANA)
    assert not addresses.is_proved(person_id, ANA)
    act(addresses.note_proved, " ANA@people.example")
    assert addresses.is_proved(person_id, ANA)
    assert not addresses.is_proved(make_person("Boris"), ANA)
