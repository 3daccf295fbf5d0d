"""The mails to somebody who has a place no more: one for each act, of which sessions, and what is still theirs."""

from datetime import timedelta

from ecwi_events.registration import choosing, service
from tests.jobs.reading import both_parts, kinds_of, last_to, link_of, says, says_not
from tests.make import NOW, make_activity, make_organisation, sign_up
from tests.registration.ground import act, choose, make_series, set_terms

LATER = NOW + timedelta(hours=1)


def calendar_files(mail):
    return {part.get_filename() for part in mail.walk() if part.get_filename()}


class TestWithdrawing:
    def test_from_all_sessions_is_one_mail_that_names_them(self, post):
        series, sessions = make_series()
        got = choose(series, sessions)
        assert act(service.withdraw_all, got.registration_id, now=LATER) == 3
        assert kinds_of(post).count("registration.withdrawn") == 1
        mail = last_to(post, "olena", "withdrawn")
        assert mail["Subject"] == "You no longer have a place: A series, 3 sessions"
        says(mail, "gave up your places in these sessions", "Session 1", "Session 2", "Session 3")
        says_not(mail, "stays as it is", "stay as they are")
        assert calendar_files(mail) == {"sessions.ics"}
        (file,) = [part for part in mail.walk() if part.get_filename() == "sessions.ics"]
        assert str(file.get_content()).count("STATUS:CANCELLED") == 3

    def test_from_one_of_three_says_which_and_what_stays(self, post):
        series, (one, two, three) = make_series(capacity=1)
        choose(series, [three], "boris")
        got = choose(series, [one, two, three])
        act(service.withdraw, got.registration_id, now=LATER)
        mail = last_to(post, "olena", "withdrawn")
        assert mail["Subject"] == 'You no longer have a place: A series, session "Session 1"'
        says(mail, "gave up your place in this session of", "Session 1")
        says(mail, "Session 2", "You have a place.", "Session 3", "You are number 1 on the waiting list.")
        assert calendar_files(mail) == {"invite.ics"}

    def test_from_different_things_says_of_each_what_it_was(self, post):
        series, (one, two, _) = make_series(capacity=1)
        choose(series, [two], "boris")
        got = choose(series, [one, two])
        act(service.withdraw_all, got.registration_id, now=LATER)
        mail = last_to(post, "olena", "withdrawn")
        assert mail["Subject"] == "You withdrew: A series, 2 sessions"
        says(mail, "You gave up your place.", "You left the waiting list.")

    def test_by_changing_ones_choice_is_one_mail_too(self, post):
        series, (one, two, three) = make_series()
        got = choose(series, [one, two])
        act(choosing.change_sessions, got.registration_id, [three], now=LATER)
        assert kinds_of(post)[1:] == ["registration.withdrawn", "registration.confirmed"]
        says(last_to(post, "olena", "withdrawn"), "Session 1", "Session 2", "Session 3", "You have a place.")

    def test_and_taking_it_all_back_is_one_mail_each(self, post):
        series, (one, two, three) = make_series(capacity=1)
        choose(series, [three], "boris")
        got = choose(series, [one, two, three])
        act(service.withdraw_all, got.registration_id, now=LATER)
        post.send()
        before = len(post.mails())
        assert act(choosing.undo_all, got.registration_id, now=LATER + timedelta(minutes=1)) == 3
        assert kinds_of(post)[before:] == ["registration.sessions"]
        mail = last_to(post, "olena", "sessions")
        says(mail, "Session 2", "You have a place.", "Session 3", "You are number 1 on the waiting list.")

    def test_while_the_host_decides_is_taking_the_sign_up_back(self, post):
        activity_id = make_activity("Learning")
        set_terms(activity_id, needs_approval=True)
        ana = sign_up(activity_id, "Ana", "ana@people.example")
        act(service.withdraw, ana.registration_id, now=LATER)
        mail = last_to(post, "ana", "withdrawn")
        assert mail["Subject"] == "You took your sign-up back: Learning"
        says(mail, "took back your sign-up for", "undo it on your page")
        says_not(mail, "waiting list", "Thank you")

    def test_promises_no_way_back_where_there_is_none(self, post):
        activity_id = make_activity("Learning", capacity=1, closes_at=LATER)
        ana = sign_up(activity_id, "Ana", "ana@people.example")
        boris = sign_up(activity_id, "Boris", "boris@people.example")
        act(service.withdraw, ana.registration_id)
        mail = last_to(post, "ana", "withdrawn")
        says(mail, "Your place went to the next person, so you cannot undo this.", "Sign up again")
        says_not(mail, "ten minutes")
        post.clock.move_to(LATER + timedelta(minutes=1))
        act(service.withdraw, boris.registration_id, now=post.now)
        mail = last_to(post, "boris", "withdrawn")
        says_not(mail, "ten minutes", "ign up again")
        assert link_of(boris.registration_id) in both_parts(mail)[0]


class TestPassingOn:
    def test_says_which_session(self, post):
        make_organisation("Ours")
        series, (one, two, _) = make_series()
        got = choose(series, [one, two], organisation="Ours")
        act(service.pass_place_on, got.registration_id, "Boris", "boris@people.example", now=LATER)
        mail = last_to(post, "olena", "passed_on")
        assert mail["Subject"] == 'Your colleague has your place now: A series, session "Session 1"'
        says(mail, "your place in this session of", "Session 1", "Session 2", "You have a place.")


class TestTakenOff:
    def declined(self, post, *, before, **terms):
        activity_id = make_activity("Learning", capacity=1)
        set_terms(activity_id, **terms)
        first, second = (sign_up(activity_id, who, f"{who}@people.example").registration_id for who in ("ana", "boris"))
        act(service.decline, first if before == "place" else second, now=LATER)
        return last_to(post, "ana" if before == "place" else "boris", "declined")

    def test_after_having_a_place(self, post):
        mail = self.declined(post, before="place")
        assert mail["Subject"] == "You no longer have a place: Learning"
        says(mail, "the host has taken you off the list", "no longer have a place in", "Answer this mail.")
        says_not(mail, "cannot give you a place", "write to the host")
        assert calendar_files(mail) == {"invite.ics"}

    def test_from_the_waiting_list(self, post):
        mail = self.declined(post, before="line")
        assert mail["Subject"] == "You are no longer on the waiting list: Learning"
        says(mail, "the host has taken you off the waiting list of")

    def test_while_the_host_decides(self, post):
        mail = self.declined(post, before="pending", needs_approval=True)
        assert mail["Subject"] == "You have no place: Learning"
        says(mail, "the host cannot give you a place in")

    def test_of_one_session_says_which(self, post):
        series, (one, two, _) = make_series()
        got = choose(series, [one, two])
        act(service.decline, got.registration_id, now=LATER)
        mail = last_to(post, "olena", "declined")
        assert mail["Subject"] == 'You no longer have a place: A series, session "Session 1"'
        says(mail, "no longer have a place in this session of", "Session 2", "You have a place.")


class TestMovedByTheHost:
    def test_is_one_mail_that_says_from_where_to_where(self, post):
        series, (one, two, three) = make_series()
        got = choose(series, [one, three], zone="Europe/Kyiv")
        before = len(kinds_of(post))
        act(service.move_person, got.registration_id, two, now=LATER)
        assert kinds_of(post)[before:] == ["registration.person_moved"]
        mail = last_to(post, "olena", "person_moved")
        assert mail["Subject"].startswith("The host has moved you to another session: A series, starts Tue 16 February")
        says(mail, "You did not do this yourself.", "Session 2", "You have a place.", "Session 1")
        says(mail, "Answer this mail", "Session 3")
        says_not(mail, "gave up", "Thank you", "ten minutes")
        (file,) = [part for part in mail.walk() if part.get_filename() == "sessions.ics"]
        content = str(file.get_content())
        assert (content.count("STATUS:CANCELLED"), content.count("STATUS:CONFIRMED")) == (1, 1)

    def test_who_only_waits_waits_there_and_gets_no_entries(self, post):
        series, (one, two, _) = make_series(capacity=1)
        choose(series, [one, two], "ana")
        got = choose(series, [one])
        act(service.move_person, got.registration_id, two, now=LATER)
        mail = last_to(post, "olena", "person_moved")
        says(mail, "You are number 1 on the waiting list.")
        says_not(mail, "You have a place.")
        assert calendar_files(mail) == set()

    def test_who_has_left_meanwhile_is_not_told(self, post):
        series, (one, two, _) = make_series()
        got = choose(series, [one])
        moved = act(service.move_person, got.registration_id, two, now=LATER)
        act(service.withdraw, moved.registration_id, now=LATER)
        assert "registration.person_moved" not in kinds_of(post)
        assert ("skipped", "withdrawn") in post.states()


def test_a_host_who_adds_somebody_once_more_sends_no_second_mail(post):
    activity_id = make_activity("Learning")
    for _ in range(2):
        new = service.SignUp(activity_id, "Ana", "ana@people.example")
        act(service.add_person, new, by_person_id=None)
    assert kinds_of(post) == ["registration.confirmed"]
