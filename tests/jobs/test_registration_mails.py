"""The mails that belong to acts on places: offer, approval, refusal, several sessions; what they say and to whom."""

from datetime import UTC, datetime, timedelta

import pytest

from ecwi_events.mail.rendering import as_text
from ecwi_events.registration import answers, queries, questions, service
from ecwi_events.registration.models import Place
from ecwi_events.registration.models_questions import QuestionKind
from tests.make import NOW, make_activity, make_organisation, sign_up
from tests.registration.ground import act, choose, make_series, set_terms

START = datetime(2027, 1, 19, 13, 0, tzinfo=UTC)
TITLE = "Learning communities that last"


def last_to(post, who, kind):
    post.send()
    return next(m for m in reversed(post.mails()) if who in str(m["To"]) and m["X-Mail-Kind"] == f"registration.{kind}")


def both_parts(mail):
    """The words of both parts, which must hold the same things."""
    text = mail.get_body(("plain",)).get_content()
    return " ".join(text.split()), as_text(mail.get_body(("html",)).get_content())


def says(mail, *words):
    for part in both_parts(mail):
        for word in words:
            assert word in part, (word, part)


def says_not(mail, *words):
    for part in both_parts(mail):
        for word in words:
            assert word not in part, (word, part)


def kinds_of(post):
    post.send()
    return [mail["X-Mail-Kind"] for mail in post.mails()]


def link_of(registration_id):
    return f"http://events.test/m/{queries.find_sign_up(registration_id).token}"


@pytest.fixture
def offered(post):
    activity_id = make_activity(TITLE, capacity=1)
    first = sign_up(activity_id, "Ana", "ana@people.example")
    waits = sign_up(activity_id, "Boris", "boris@people.example", zone="Asia/Tokyo")
    post.send()
    post.clock.move_to(START - timedelta(hours=10))
    act(service.withdraw, first.registration_id, now=post.now)
    return waits.registration_id


def test_an_offer_names_its_end_in_the_readers_zone_and_a_way_off_the_list(post, offered):
    mail = last_to(post, "boris", "offer")
    assert mail["Subject"].startswith(f"A place is free: {TITLE}. Answer before ")
    assert "14:00" in mail["Subject"]  # 05:00 UTC
    says(mail, "14:00", "time in Tokyo", "you are first in the line", "leave the list")
    assert link_of(offered) in both_parts(mail)[0]
    assert [part for part in mail.walk() if part.get_content_type() == "text/calendar"] == []


def test_an_offer_that_is_over_is_not_mailed_any_more(post, offered):
    post.clock.move_to(START - timedelta(hours=8))
    assert "registration.offer" not in kinds_of(post)
    assert ("skipped", "late") in post.states()
    assert offered


def test_who_did_not_answer_reads_that_the_offer_has_ended_and_where_they_are(post, offered):
    third = sign_up(queries.find_sign_up(offered).activity.id, "Carla", "carla@people.example", now=post.now)
    says(last_to(post, "boris", "offer"), "you go to the end of the line")
    post.clock.move_to(post.now + timedelta(hours=2))
    act(service.lapse_due, now=post.now)
    mail = last_to(post, "boris", "lapsed")
    assert mail["Subject"] == f"The place went to the next person: {TITLE}"
    says(mail, "before Tue 19 January, 14:00 (Tokyo)", "you are number 1", "you leave the list")
    says(mail, "The place is for the next person now.")
    assert link_of(offered) in both_parts(mail)[0]
    act(service.decline_offer, third.registration_id, now=post.now)
    says(last_to(post, "boris", "offer"), "because it is the second time")
    fourth = sign_up(queries.find_sign_up(offered).activity.id, "Dana", "dana@people.example", now=post.now)
    post.clock.move_to(post.now + timedelta(hours=2))
    act(service.lapse_due, now=post.now)
    mail = last_to(post, "boris", "lapsed")
    says(mail, "you are no longer on the waiting list", "The place is for the next person now.")
    says(mail, "Sign up again. Then you are at the end of the line")
    assert queries.find_sign_up(fourth.registration_id).place is Place.OFFERED
    assert [part for part in mail.walk() if part.get_content_type() == "text/calendar"] == []
    assert mail["List-Unsubscribe"] is None


def test_who_is_told_after_the_close_of_sign_up_is_promised_nothing(post, offered):
    post.clock.move_to(START - timedelta(hours=8))
    act(service.lapse_due, now=post.now)
    post.clock.move_to(START + timedelta(minutes=5))
    assert "registration.lapsed" not in kinds_of(post)  # alone in the line: the second offer speaks
    act(service.lapse_due, now=post.now)
    mail = last_to(post, "boris", "lapsed")
    says(mail, "you are no longer on the waiting list", "because it has begun")
    says_not(mail, "Sign up again", "next person")


def test_who_waits_when_it_begins_is_not_told_that_somebody_else_comes(post, offered):
    sign_up(queries.find_sign_up(offered).activity.id, "Carla", "carla@people.example", now=post.now)
    post.clock.move_to(START + timedelta(minutes=5))
    act(service.lapse_due, now=post.now)
    mail = last_to(post, "boris", "lapsed")
    assert mail["Subject"] == f"The offer has ended: {TITLE}"
    says(mail, "You are still on the waiting list, but nobody gets a place any more", "because it has begun")
    says_not(mail, "next person")


def test_who_was_alone_in_the_line_reads_that_a_place_is_free(post, offered):
    for _ in range(2):
        post.clock.move_to(post.now + timedelta(hours=2, seconds=50))
        act(service.lapse_due, now=post.now)
    mail = last_to(post, "boris", "lapsed")
    says(mail, "before Tue 19 January, 16:00 (Tokyo)", "you are no longer on the waiting list")
    says(mail, "A place is free now, so sign up again soon")
    says_not(mail, "next person", "end of the line")
    assert sign_up(queries.find_sign_up(offered).activity.id, "Boris", "boris@people.example", now=post.now).place is (
        Place.CONFIRMED
    )


def test_who_accepts_is_confirmed_with_the_calendar_entry(post, offered):
    act(service.accept_offer, offered, now=post.now)
    mail = last_to(post, "boris", "confirmed")
    assert [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    assert "registration.offer" not in kinds_of(post)  # it has lost its point


def test_pending_approved_and_declined(post):
    activity_id = make_activity(TITLE, capacity=1)
    set_terms(activity_id, needs_approval=True)
    ana, boris, carla = (
        sign_up(activity_id, name, f"{name.lower()}@people.example").registration_id
        for name in ("Ana", "Boris", "Carla")
    )
    says(last_to(post, "ana", "pending"), "You have no place yet", "take your sign-up back")
    act(service.approve, ana)
    act(service.approve, boris)
    act(service.decline, carla)
    got = last_to(post, "ana", "approved")
    assert got["Subject"].startswith(f"You have a place: {TITLE}")
    says(got, "approved your sign-up", "withdraw")
    assert [part for part in got.walk() if part.get_content_type() == "text/calendar"]
    waits = last_to(post, "boris", "approved")
    assert waits["Subject"] == f"You are number 1 on the waiting list: {TITLE}"
    says(waits, "All places are taken", "leave the list")
    refused = last_to(post, "carla", "declined")
    assert refused["Subject"] == f"You have no place: {TITLE}"
    says(refused, "the host cannot give you a place", "write to the host")


def test_a_mail_about_several_sessions_says_what_one_has_in_each(post):
    series, (one, two, _) = make_series(capacity=1)
    choose(series, [two], "ana")
    got = choose(series, [one, two], "boris", zone="Asia/Tokyo")
    mail = last_to(post, "boris", "sessions")
    assert mail["Subject"] == "You are signed up: A series, 2 sessions"
    says(mail, "You have a place.", "You are number 1 on the waiting list.", "22:00", "leave a waiting list")
    (file,) = [part for part in mail.walk() if part.get_filename() == "sessions.ics"]
    assert str(file.get_content()).count("BEGIN:VEVENT") == 1
    assert link_of(got.registration_id) in both_parts(mail)[0]


def test_one_chosen_session_is_an_invitation_to_that_session(post):
    series, (_, two, _) = make_series()
    choose(series, [two], "boris")
    mail = last_to(post, "boris", "confirmed")
    says(mail, "Session 2")
    assert "Session 1" not in both_parts(mail)[0]
    (file,) = [part for part in mail.walk() if part.get_filename() == "invite.ics"]
    assert "METHOD:REQUEST" in str(file.get_content())


def test_a_person_who_was_signed_up_reads_by_whom(post):
    make_organisation("Ours")
    activity_id = make_activity(TITLE)
    ana = sign_up(activity_id, "Ana Horvat", "ana@people.example", organisation="Ours")
    act(service.pass_place_on, ana.registration_id, "Boris", "boris@people.example")
    says(last_to(post, "boris", "confirmed"), "Ana Horvat signed you up.")


def test_who_was_signed_up_is_asked_what_nobody_else_could_answer(post):
    activity_id = make_activity(TITLE)
    agree = questions.NewQuestion(QuestionKind.CONSENT, "The session is recorded.", "For others", is_required=True)
    act(questions.add_question, activity_id, agree)
    rita = sign_up(activity_id, "Rita", "rita@people.example")
    assert "Please answer" not in both_parts(last_to(post, "rita", "confirmed"))[1]
    rita_id = queries.find_sign_up(rita.registration_id).person_id
    bo = service.SignUp(activity_id, "Bo Ng", "bo@people.example")
    act(answers.sign_up_group, activity_id, [(bo, {})], by_person_id=rita_id)
    says(
        last_to(post, "bo@", "confirmed"),
        "Rita signed you up.",
        "Please answer on your page",
        "The session is recorded.",
    )


def test_pending_people_are_never_reminded(post):
    from ecwi_events.jobs.tick import derive

    activity_id = make_activity(TITLE)
    set_terms(activity_id, needs_approval=True)
    sign_up(activity_id, "Ana", "ana@people.example", now=NOW)
    post.clock.move_to(START - timedelta(hours=23))
    derive()
    assert [kind for kind in kinds_of(post) if kind.startswith("reminder")] == []
