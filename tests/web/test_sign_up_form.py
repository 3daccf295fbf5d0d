"""The form itself: choosing sessions, questions, terms in plain words, one click for known people, and nothing lost."""

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.people.models import Organisation
from ecwi_events.programme.models import ActivitySession
from ecwi_events.registration import answers, questions, service
from ecwi_events.registration.models import Place, Places, Registration
from ecwi_events.registration.models_questions import QuestionKind
from ecwi_events.registration.models_terms import StandingSignUp
from ecwi_events.registration.questions import NewQuestion
from ecwi_events.registration.rules import Terms
from tests import make
from tests.web.conftest import words

PAGE = "/a/learning-communities-that-last"
THREE = [
    make.make_session("Begin"),
    make.make_session("Go on", starts_local="2027-02-16 14:00"),
    make.make_session("End", starts_local="2027-03-30 14:00"),
]
OLENA = {"name": "Olena Koval", "email": "olena@people.example", "organisation": "", "zone": "Europe/Kyiv"}


def make_series(*, capacity=None, **terms) -> list[int]:
    activity = make.make_activity(sessions=THREE, capacity=capacity)
    with transaction():
        service.set_terms(activity, Terms(by="session", **terms), now=make.NOW)
    return db.session.scalars(sa.select(ActivitySession.id).order_by(ActivitySession.starts_at)).all()


def places_of() -> list[tuple[int | None, Place]]:
    rows = db.session.execute(
        sa.select(Registration.session_id, Registration.place).order_by(Registration.session_id)
    ).all()
    db.session.rollback()
    return [(row.session_id, row.place) for row in rows]


def typed(*sessions, **more):
    return {**OLENA, "chose": "1", **{f"session-{number}": "1" for number in sessions}, **more}


class TestChoosingSessions:
    def test_all_are_chosen_at_first_and_each_says_how_full_it_is(self, client):
        first, second, _ = make_series(capacity=5)
        with transaction() as session:
            session.execute(sa.update(Places).where(Places.session_id == second).values(taken=5))
            session.execute(sa.update(Places).where(Places.session_id == first).values(taken=4))
        page = words(client.get(PAGE))
        assert page.count('type="checkbox" name="session-') == page.count('value="1" checked') == 3
        assert "1 place is left." in page and "5 places are left." in page
        assert "All places are taken. You join the waiting list as number 1." in page
        assert "Sign up for the chosen sessions" in page

    def test_only_what_is_ticked_is_signed_up(self, client):
        first, _, third = make_series()
        answer = client.post(f"{PAGE}/sign-up", data=typed(first, third))
        assert answer.status_code == 303
        assert places_of() == [(first, Place.CONFIRMED), (third, Place.CONFIRMED)]
        page = words(client.get(answer.location))
        assert "You are signed up, Olena" in page and "2 sessions of" in page and "Go on" not in page

    def test_nothing_ticked_is_said_and_nothing_is_lost(self, client):
        make_series()
        answer = client.post(f"{PAGE}/sign-up", data=typed())
        page = words(answer)
        assert answer.status_code == 422 and places_of() == []
        assert '<a href="#sessions">Choose one session or more</a>' in page and 'id="sessions"' in page
        assert "checked" not in page and 'value="Olena Koval"' in page

    def test_one_full_session_among_others_is_a_number_in_its_line(self, client):
        first, second, _ = make_series(capacity=1)
        with transaction() as session:
            session.execute(sa.update(Places).where(Places.session_id == second).values(taken=1, waiting=2, seq=2))
        answer = client.post(f"{PAGE}/sign-up", data=typed(first, second, saw=f"{first}"))
        assert places_of() == [(first, Place.CONFIRMED), (second, Place.WAITING)]
        page = words(client.get(answer.location))
        assert "You are signed up, Olena" in page and "Go on: you are <b>number 3</b> on the waiting list." in page

    def test_the_last_place_of_one_session_goes_while_somebody_types(self, client):
        first, second, _ = make_series(capacity=1)
        with transaction() as session:
            session.execute(sa.update(Places).where(Places.session_id == second).values(taken=1))
        answer = client.post(f"{PAGE}/sign-up", data=typed(first, second, saw=f"{first},{second}"))
        page = words(answer)
        assert answer.status_code == 409 and places_of() == []
        assert "The last place has just been taken. Nothing is lost" in page
        assert f'name="session-{second}" value="1" checked' in page and 'value="Olena Koval"' in page
        again = client.post(f"{PAGE}/sign-up", data=typed(first, second, saw=f"{first}"))
        assert again.status_code == 303

    def test_later_sessions_too(self, client):
        first, *_ = make_series()
        client.post(f"{PAGE}/sign-up", data=typed(first, later="1"))
        assert db.session.scalar(sa.select(sa.func.count()).select_from(StandingSignUp)) == 1

    @pytest.mark.parametrize("field", ["session-999999", "session-x", "session-", "session-٣", "session-" + "9" * 20])
    def test_a_session_that_is_not_there(self, client, field):
        make_series()
        answer = client.post(f"{PAGE}/sign-up", data={**OLENA, "chose": "1", field: "1"})
        assert answer.status_code == 422 and places_of() == []

    def test_in_the_middle_of_a_series_the_form_speaks_of_what_comes(self, client, the_clock):
        make.make_activity(sessions=THREE)
        the_clock.now += make.days(80)
        page = words(client.get(PAGE))
        assert "This activity has begun. Your next session is “Go on” on Tue 16 February" in page
        assert "Sign up for 2 sessions</button>" in page


class TestTermsInPlainWords:
    @pytest.mark.parametrize(
        ("terms", "sentence"),
        [
            (Terms(who="members"), "This activity is for people of Member organisations."),
            (Terms(who="invited"), "This activity is by invitation. Use the email address that was invited."),
            (Terms(needs_approval=True), "The host reads each sign-up and says yes or no."),
            (Terms(most_per_organisation=2), "At most 2 people of one organisation can come."),
        ],
    )
    def test_the_form_says_who_may_come(self, client, terms, sentence):
        activity = make.make_activity()
        with transaction():
            service.set_terms(activity, terms, now=make.NOW)
        assert sentence in words(client.get(PAGE))

    def test_a_guest_of_no_member_is_refused_in_words_and_keeps_the_form(self, client):
        activity = make.make_activity()
        with transaction():
            service.set_terms(activity, Terms(who="members"), now=make.NOW)
        answer = client.post(f"{PAGE}/sign-up", data=OLENA)
        assert answer.status_code == 409 and places_of() == []
        assert "Choose your organisation, or write to the office." in words(answer)
        assert 'value="Olena Koval"' in answer.text
        name = db.session.scalar(sa.select(Organisation.name))
        assert client.post(f"{PAGE}/sign-up", data={**OLENA, "organisation": name}).status_code in {303, 409}

    def test_who_asks_for_a_place_is_not_told_that_they_have_one(self, client):
        activity = make.make_activity()
        with transaction():
            service.set_terms(activity, Terms(needs_approval=True), now=make.NOW)
        assert "Ask for a place</button>" in words(client.get(PAGE))
        page = words(client.get(client.post(f"{PAGE}/sign-up", data=OLENA).location))
        assert "You have asked for a place, Olena" in page and "You are signed up" not in page
        (mine,) = db.session.scalars(sa.select(Registration.id)).all()
        from ecwi_events.registration import queries

        page = words(client.get(f"/m/{queries.find_sign_up(mine).token}"))
        assert "The host has not answered yet" in page and "to my calendar" not in page

    def test_before_it_opens_the_page_says_when(self, client):
        activity = make.make_activity()
        with transaction():
            service.set_terms(activity, Terms(opens_at=make.NOW + make.days(3)), now=make.NOW)
        assert "Sign-up opens on Tue 24 November, 10:00 (Amsterdam)." in words(client.get(PAGE))
        assert client.post(f"{PAGE}/sign-up", data=OLENA).status_code == 409


class TestQuestions:
    def ask(self, kind=QuestionKind.CHOICE, wording="Which language?", choices="English\nRussian", required=True):
        activity = db.session.scalar(sa.text("SELECT max(id) FROM activity"))
        with transaction():
            return questions.add_question(
                activity, NewQuestion(kind, wording, "For small groups", choices, is_required=required), now=make.NOW
            )

    def test_the_form_asks_with_its_purpose_and_keeps_the_answers(self, client):
        activity = make.make_activity()
        language = self.ask()
        agree = self.ask(QuestionKind.CONSENT, "I agree to be in photos", "", required=False)
        page = words(client.get(PAGE))
        for sentence in ("Which language?", "For small groups", "I agree to be in photos (you can say no)"):
            assert sentence in page
        answer = client.post(
            f"{PAGE}/sign-up", data={**OLENA, f"answer-{language}": "Russian", f"answer-{agree}": "yes"}
        )
        assert answer.status_code == 303
        (given,) = answers.of_activity(activity).values()
        assert [one.words for one in given] == ["Russian", "Agreed"]

    def test_what_is_missing_is_said_at_its_field_with_everything_else(self, client):
        make.make_activity()
        field = f"answer-{self.ask()}"
        yes_no = f"answer-{self.ask(QuestionKind.YES_NO, 'Do you teach now?', '')}"
        answer = client.post(f"{PAGE}/sign-up", data={**OLENA, "email": "olena@", field: "Klingon"})
        page = words(answer)
        assert answer.status_code == 422 and places_of() == []
        assert f'<a href="#{field}">Choose one of the answers</a>' in page
        assert f'<a href="#{yes_no}">Choose yes or no</a>' in page
        assert '<a href="#email">' in page

    def test_a_long_answer_is_refused_in_words(self, client):
        make.make_activity()
        field = f"answer-{self.ask(QuestionKind.TEXT, 'Why?', '')}"
        answer = client.post(f"{PAGE}/sign-up", data={**OLENA, field: "x" * 501})
        assert answer.status_code == 422 and "Use 500 letters or fewer" in words(answer)


class TestKnownPeople:
    def test_one_click_for_who_is_signed_in(self, client):
        make.make_activity()
        person = make.make_person("Ani Known", "ani@people.example", organisation="Kindergarten 5")
        make.signed_in_by_row(client, person)
        page = words(client.get(PAGE))
        assert "You sign up as <b>Ani Known</b>, ani@people.example." in page
        assert 'value="Kindergarten 5"' in page
        data = {
            "name": "Ani Known",
            "email": "ani@people.example",
            "organisation": "Kindergarten 5",
            "zone": "Asia/Yerevan",
        }
        assert client.post(f"{PAGE}/sign-up", data=data).status_code == 303
        page = words(client.get(PAGE))
        assert "You have signed up" in page and "Open my page" in page and 'name="email"' not in page

    def test_nobody_else_learns_who_has_signed_up(self, client):
        make.sign_up(make.make_activity(), "Ani Known", "ani@people.example")
        assert "You have signed up" not in words(client.get(PAGE))


def test_a_form_that_was_open_for_hours_keeps_what_was_typed(client, with_csrf):
    first, second, _ = make_series()
    answer = client.post(f"{PAGE}/sign-up", data={**typed(second), "csrf_token": "too old"})
    page = words(answer)
    assert answer.status_code == 400 and places_of() == []
    assert "Your answers are still here: press the button once more." in page
    assert 'value="Olena Koval"' in page and 'value="olena@people.example"' in page
    assert f'name="session-{second}" value="1" checked' in page and f'name="session-{first}" value="1">' in page
