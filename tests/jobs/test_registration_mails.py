"""The mails that belong to acts on places: offer, approval, refusal, several sessions; what they say and to whom."""

from datetime import UTC, datetime, timedelta

import pytest

from ecwi_events.mail import stopping
from ecwi_events.mail.kinds import Topic
from ecwi_events.registration import answers, changes, queries, questions, service
from ecwi_events.registration.models import Place
from ecwi_events.registration.models_questions import QuestionKind
from tests.jobs.reading import both_parts, kinds_of, last_to, link_of, says, says_not
from tests.make import NOW, make_activity, make_organisation, make_person, make_session, sign_up
from tests.registration.ground import act, choose, make_series, set_terms

START = datetime(2027, 1, 19, 13, 0, tzinfo=UTC)
TITLE = "Learning communities that last"


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
    says(mail, "Answer before Tue 19 January, 14:00 (Tokyo)", "you are first in the line", "leave the list")
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
    says(refused, "the host cannot give you a place", "Do you want to know why", "Answer this mail.")
    says_not(refused, "write to the host")


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


def test_who_waits_in_all_sessions_is_not_called_signed_up(post):
    series, (one, two, _) = make_series(capacity=1)
    choose(series, [one, two], "ana")
    choose(series, [one, two], "boris")
    mail = last_to(post, "boris", "sessions")
    assert mail["Subject"] == "You are on the waiting list: A series, 2 sessions"
    says_not(mail, "You are signed up", "You have a place.")


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


def test_a_colleague_reads_in_their_own_zone_if_we_know_it(post):
    make_organisation("Ours")
    make_person("Boris", "boris@people.example", organisation="Ours", zone="America/New_York")
    activity_id = make_activity(TITLE)
    for who, zone, times in (("boris", "Asia/Tokyo", "08:00"), ("carla", "Asia/Tokyo", "22:00")):
        ana = sign_up(activity_id, "Ana", f"for-{who}@people.example", organisation="Ours", zone=zone)
        act(service.pass_place_on, ana.registration_id, who.capitalize(), f"{who}@people.example")
        says(last_to(post, f"{who}@", "confirmed"), times)


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


class TestSigningUpOnceMore:
    def again(self, post, activity_id, who="Boris"):
        post.clock.move_to(post.now + timedelta(minutes=10))
        sign_up(activity_id, who, f"{who.lower()}@people.example", zone="Asia/Tokyo", now=post.now)
        return last_to(post, who.lower(), "already")

    def test_with_an_open_offer_names_its_end(self, post, offered):
        mail = self.again(post, queries.find_sign_up(offered).activity.id)
        assert mail["Subject"] == f"A place is offered to you: {TITLE}. Answer before Tue 19 January, 14:00 (Tokyo)"
        says(mail, "Answer before Tue 19 January, 14:00 (Tokyo)", "After that it goes to the next person")
        says_not(mail, "waiting list")

    def test_while_the_host_decides(self, post):
        activity_id = make_activity(TITLE)
        set_terms(activity_id, needs_approval=True)
        sign_up(activity_id, "Boris", "boris@people.example")
        mail = self.again(post, activity_id)
        assert mail["Subject"] == f"We already have your sign-up: {TITLE}"
        says(mail, "You have no place yet", "take your sign-up back")
        says_not(mail, "waiting list")

    def test_in_the_line(self, post):
        activity_id = make_activity(TITLE, capacity=1)
        sign_up(activity_id)
        sign_up(activity_id, "Boris", "boris@people.example")
        mail = self.again(post, activity_id)
        assert mail["Subject"] == f"You are already on the waiting list: {TITLE}"
        says(mail, "ou are number 1")

    def test_of_several_sessions_says_what_one_has_in_each(self, post):
        series, (one, two, _) = make_series(capacity=1)
        choose(series, [two], "ana")
        choose(series, [one, two], "boris")
        post.clock.move_to(post.now + timedelta(minutes=10))
        choose(series, [one], "boris", now=post.now)
        mail = last_to(post, "boris", "already")
        assert mail["Subject"] == "You are already signed up: A series"
        says(mail, "You have a place.", "Session 2", "You are number 1 on the waiting list.")


class TestTheLine:
    def waiting(self, post, at, **terms):
        activity_id = make_activity(TITLE, capacity=1)
        set_terms(activity_id, **terms)
        sign_up(activity_id)
        post.clock.move_to(at)
        sign_up(activity_id, "Boris", "boris@people.example", now=post.now)
        return last_to(post, "boris", "waiting")

    def test_far_ahead_a_place_is_given_and_near_the_start_asked_for(self, post):
        mail = self.waiting(post, NOW)
        says(mail, "you get it at once", "In the last 24 hours before the start we ask you first")

    def test_near_the_start_one_has_to_accept(self, post):
        mail = self.waiting(post, START - timedelta(hours=20))
        says(mail, "You get it only if you accept it in time", "usually you have 2 hours")
        says_not(mail, "at once", "do not need to do anything")

    def test_the_activitys_own_spans_count(self, post):
        mail = self.waiting(post, START - timedelta(hours=5), offers_within_hours=3, offers_last_minutes=30)
        says(mail, "you get it at once", "In the last 3 hours before the start")
        says_not(self.waiting(post, START - timedelta(hours=4), offers_within_hours=0), "ask you first", "accept it")

    def test_once_it_has_begun_nothing_is_promised(self, post):
        mail = self.waiting(post, START + timedelta(minutes=5))
        says(mail, "nobody gets a place any more, because it has begun")
        says_not(mail, "your turn")

    def test_a_place_in_one_session_leaves_the_other_lines_as_they_are(self, post):
        series, (one, two, _) = make_series(capacity=1)
        ana = choose(series, [one, two], "ana")
        choose(series, [one, two], "boris")
        act(service.withdraw, ana.registration_id)
        mail = last_to(post, "boris", "promoted")
        says(mail, "in this session of", "You are no longer on its waiting list.")
        says(mail, "Session 2", "You are number 1 on the waiting list.")

    def test_an_offer_that_ended_names_its_session(self, post):
        series, (one, two, _) = make_series(capacity=1)
        ana = choose(series, [one, two], "ana")
        choose(series, [one, two], "boris")
        choose(series, [one], "carla")
        post.clock.move_to(START - timedelta(hours=6))
        act(service.withdraw, ana.registration_id, now=post.now)
        post.clock.move_to(START - timedelta(hours=3))
        act(service.lapse_due, now=post.now)
        mail = last_to(post, "boris", "lapsed")
        assert mail["Subject"] == 'The place went to the next person: A series, session "Session 1"'
        says(mail, "a place in this session of", "You are still on its waiting list", "Session 2")


def test_who_stopped_reminders_is_promised_none(post):
    activity_id = make_activity(TITLE)
    ana = sign_up(activity_id, "Ana", "ana@people.example")
    says(last_to(post, "ana", "confirmed"), "We write to you again one day before the session.")
    person_id = queries.find_sign_up(ana.registration_id).person_id
    act(stopping.stop, stopping.Stop(person_id, Topic.REMINDERS))
    sign_up(make_activity("Another"), "Ana", "ana@people.example")
    says_not(last_to(post, "ana", "confirmed"), "We write to you again")


def test_who_signs_up_while_it_runs_does_not_read_of_a_next_session(post):
    activity_id = make_activity(TITLE)
    post.clock.move_to(START + timedelta(minutes=15))
    sign_up(activity_id, "Ana", "ana@people.example", zone="Europe/Kyiv", now=post.now)
    subject = last_to(post, "ana", "confirmed")["Subject"]
    assert subject == f"You are signed up: {TITLE}, running now, until Tue 19 January, 16:30 (Kyiv)"


class TestSessionsAddedLater:
    def add(self, post, series, *days):
        post.send()
        post.clock.move_to(post.now + timedelta(hours=1))
        new = [make_session(f"Session {number}", starts_local=day) for number, day in enumerate(days, start=4)]
        act(changes.add_sessions, series, new, by_person_id=None, now=post.now)

    def test_say_which_is_new_and_why_the_mail_comes(self, post):
        series, sessions = make_series(capacity=1)
        choose(series, sessions[:1], "ana", later_too=True)
        choose(series, sessions[:1], "boris", later_too=True)
        self.add(post, series, "2027-04-20 14:00")
        mail = last_to(post, "ana", "later_sessions")
        assert mail["Subject"].startswith("New session: A series, starts Tue 20 April 2027")
        says(mail, "You asked for all sessions that are added later, so we signed you up for it.", "Session 4")
        says(mail, "You have a place.", "Session 1")
        says_not(mail, "2 sessions", "You signed up for")
        assert [part for part in mail.walk() if part.get_filename() == "invite.ics"]
        waits = last_to(post, "boris", "later_sessions")
        says(waits, "Session 4", "You are number 1 on the waiting list.")
        assert kinds_of(post).count("registration.later_sessions") == 2

    def test_two_at_once_are_one_mail(self, post):
        series, sessions = make_series()
        choose(series, sessions[:1], "ana", later_too=True)
        self.add(post, series, "2027-04-20 14:00", "2027-05-18 14:00")
        mail = last_to(post, "ana", "later_sessions")
        assert mail["Subject"].startswith("2 new sessions: A series, starts Tue 20 April 2027")
        says(mail, "are 2 new sessions", "Session 4", "Session 5", "signed you up for them")
        (file,) = [part for part in mail.walk() if part.get_filename() == "sessions.ics"]
        assert str(file.get_content()).count("BEGIN:VEVENT") == 2

    def test_who_has_withdrawn_from_all_of_them_is_not_told(self, post):
        series, sessions = make_series()
        got = choose(series, sessions[:1], "ana", later_too=True)
        self.add(post, series, "2027-04-20 14:00")
        act(service.withdraw_all, got.registration_id, now=post.now)
        assert "registration.later_sessions" not in kinds_of(post)
