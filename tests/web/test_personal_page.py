"""What people do behind their personal link besides withdrawing: sessions, offers, answers, colleagues."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.programme.models import Activity, ActivitySession
from ecwi_events.registration import answers, queries, questions, service
from ecwi_events.registration.models import Place, Registration
from ecwi_events.registration.models_questions import QuestionKind
from ecwi_events.registration.questions import NewQuestion
from ecwi_events.registration.rules import Terms
from ecwi_events.registration.service import SignUp
from tests import make
from tests.web.conftest import words

THREE = [
    make.make_session("Begin"),
    make.make_session("Go on", starts_local="2027-02-16 14:00"),
    make.make_session("End", starts_local="2027-03-30 14:00"),
]

TOKEN = re.compile(r'name="csrf_token" value="[^"]*"')  # it holds the second


def link_of(registration_id) -> str:
    token = queries.find_sign_up(registration_id).token
    db.session.rollback()
    return f"/m/{token}"


def place_of(registration_id) -> Place:
    place = db.session.scalar(sa.select(Registration.place).where(Registration.id == registration_id))
    db.session.rollback()
    return place


@pytest.fixture
def series(app):
    """A series of three sessions, one place each; Olena comes to the first two, and her link."""
    activity = make.make_activity(sessions=THREE, capacity=1)
    sessions = db.session.scalars(sa.select(ActivitySession.id).order_by(ActivitySession.starts_at)).all()
    with transaction():
        service.set_terms(activity, Terms(by="session"), now=make.NOW)
    return activity, sessions, link_of(sign_up(activity, sessions[:2]))


def sign_up(activity, sessions, name="Olena Koval", address="olena@people.example", organisation="School 5") -> int:
    with transaction():
        new = SignUp(activity, name, address, organisation, "Europe/Kyiv", session_ids=sessions)
        return service.sign_up(new, now=make.NOW).registration_id


def mine_now() -> dict[int, Place]:
    rows = db.session.execute(
        sa.select(Registration.session_id, Registration.place)
        .join(Registration.person)
        .where(sa.text("person.name = 'Olena Koval'"))
    ).all()
    db.session.rollback()
    return dict(rows)


def test_the_link_of_one_session_shows_all_of_them(client, series):
    page = words(client.get(series[2]))
    assert "Your sessions, Olena" in page
    assert page.count("You have a place</span>") == 2
    assert "Withdraw from all sessions" in page and "Change my sessions" in page


def test_sessions_are_changed_in_one_go(client, series):
    _, (first, second, third), link = series
    answer = client.post(f"{link}/sessions", data={"chose": "1", f"session-{second}": "1", f"session-{third}": "1"})
    assert answer.status_code == 303
    assert mine_now() == {first: Place.WITHDRAWN, second: Place.CONFIRMED, third: Place.CONFIRMED}
    assert "Your sessions are saved." in words(client.get(link))


def test_a_full_session_is_a_number_in_its_line(client, series):
    activity, (first, second, third), link = series
    sign_up(activity, [third], "Faster Person", "faster@people.example")
    client.post(f"{link}/sessions", data={f"session-{one}": "1" for one in (first, second, third)})
    assert mine_now()[third] is Place.WAITING
    assert "Number 1 in the line" in words(client.get(link))


def test_no_session_at_all_is_no_choice(client, series):
    answer = client.post(f"{series[2]}/sessions", data={"chose": "1"})
    assert answer.status_code == 422
    assert "Choose one session or more, or withdraw from all of them" in words(answer)
    assert set(mine_now().values()) == {Place.CONFIRMED}


def test_a_choice_that_cannot_be_leaves_the_answers_on_the_page_as_they_are_kept(client, series):
    activity, _, link = series
    with transaction():
        asked = NewQuestion(QuestionKind.NUMBER, "Years?", "To know")
        field = f"answer-{questions.add_question(activity, asked, now=make.NOW)}"
    client.post(f"{link}/answers", data={field: "7"})
    answer = client.post(f"{link}/sessions", data={"chose": "1"})
    assert answer.status_code == 422 and 'value="7"' in answer.text


def test_when_sign_up_is_closed_nobody_adds_a_session_and_nothing_is_lost(client, series):
    _activity, (first, _, third), link = series
    with transaction() as session:
        session.execute(sa.text("UPDATE activity SET sign_up_closes_at = :at"), {"at": "2026-11-20 00:00:00.000000"})
    answer = client.post(f"{link}/sessions", data={f"session-{first}": "1", f"session-{third}": "1"})
    assert answer.status_code == 409
    assert len(mine_now()) == 2 and set(mine_now().values()) == {Place.CONFIRMED}


def test_where_people_sign_up_for_the_whole_nobody_chooses(client):
    link = link_of(make.sign_up(make.make_activity(sessions=THREE)).registration_id)
    assert "Change my sessions" not in words(client.get(link))
    one = db.session.scalar(sa.select(ActivitySession.id))
    assert client.post(f"{link}/sessions", data={f"session-{one}": "1"}).status_code == 409


def test_withdrawing_from_one_and_from_all_and_back(client, series, the_clock):
    _, (first, second, _), link = series
    one = db.session.scalar(sa.select(Registration.id).where(Registration.session_id == first))
    client.post(f"{link}/withdraw", data={"which": str(one)})
    assert mine_now() == {first: Place.WITHDRAWN, second: Place.CONFIRMED}
    client.post(f"{link}/withdraw")
    assert set(mine_now().values()) == {Place.WITHDRAWN}
    assert "You no longer have a place" in words(client.get(link))
    assert client.post(f"{link}/undo").status_code == 303
    assert set(mine_now().values()) == {Place.CONFIRMED}
    client.post(f"{link}/withdraw")
    the_clock.now += timedelta(minutes=10)
    assert client.post(f"{link}/undo").status_code == 409


def test_a_button_for_somebody_else_s_sign_up_is_not_found(client, series):
    other = make.sign_up(make.make_activity("Other")).registration_id
    for act in ("withdraw", "offer", "pass"):
        assert client.post(f"{series[2]}/{act}", data={"which": str(other)}).status_code == 404
    assert place_of(other) is Place.CONFIRMED


class TestOffers:
    @pytest.fixture
    def offered(self, app, the_clock):
        """Wanda waits, and a place is freed five hours before the start."""
        activity = make.make_activity(capacity=1)
        first, wanda = make.sign_up(activity), make.sign_up(activity, "Wanda Waits").registration_id
        the_clock.now = db.session.scalar(sa.select(ActivitySession.starts_at)) - timedelta(hours=5)
        make.withdraw(first.registration_id, now=the_clock.now)
        assert place_of(wanda) is Place.OFFERED
        return wanda

    def test_it_says_until_when_and_is_accepted_by_a_button(self, client, offered):
        link = link_of(offered)
        page = words(client.get(link))
        assert "A place is free for you" in page and "take it before <b>Tue 19 January, 12:00 (Kyiv)</b>" in page
        assert place_of(offered) is Place.OFFERED, "looking takes nothing"
        assert client.post(f"{link}/offer", data={"act": "accept"}).status_code == 303
        assert place_of(offered) is Place.CONFIRMED

    def test_no_thank_you(self, client, offered):
        link = link_of(offered)
        assert client.post(f"{link}/offer", data={"act": "decline"}).status_code == 303
        assert place_of(offered) is Place.DECLINED
        assert "You do not have a place" in words(client.get(link))

    @pytest.mark.parametrize("others", [0, 2])
    def test_after_the_second_offer_it_says_how_to_come_back(self, client, offered, the_clock, others):
        activity_id = db.session.scalar(sa.select(Activity.id))
        for _ in range(2):
            the_clock.now += timedelta(hours=2)
            with transaction():
                service.lapse_due(now=the_clock.now)
        for _ in range(others):
            make.sign_up(activity_id, now=the_clock.now)
        page = words(client.get(link_of(offered)))
        assert "You did not answer two offers of a place" in page and "You can sign up again." in page
        assert ("Then you are at the end of the line." in page) == bool(others)

    def test_too_late(self, client, offered, the_clock):
        the_clock.now += timedelta(hours=2)
        answer = client.post(f"{link_of(offered)}/offer", data={"act": "accept"})
        assert answer.status_code == 409
        assert "This place went to the next person." in words(answer)


class TestPassingOn:
    def test_to_a_colleague_of_the_same_organisation(self, client):
        mine = make.sign_up(make.make_activity(capacity=1), organisation="School 5").registration_id
        link = link_of(mine)
        answer = client.post(f"{link}/pass", data={"name": "Ivan Colleague", "email": "ivan@people.example"})
        assert answer.status_code == 303
        assert place_of(mine) is Place.WITHDRAWN
        page = words(client.get(link))
        assert "Your place is with Ivan Colleague now." in page
        assert "Your colleague has your place in" in page and "You withdrew from" not in page
        assert f"{link}/undo" not in page and "went to the next person" not in page
        other = db.session.scalar(sa.select(sa.func.max(Registration.id)))
        assert place_of(other) is Place.CONFIRMED
        assert "Olena Koval signed you up." in words(client.get(link_of(other)))

    def test_to_nobody_else_and_in_the_same_words(self, client):
        activity = make.make_activity()
        mine = make.sign_up(activity, organisation="School 5").registration_id
        make.sign_up(activity, "Has Place", "has@people.example", organisation="School 5")
        make.make_person("Of Another", "another@people.example", organisation="School 6")
        said = set()
        for address in ("has@people.example", "another@people.example"):
            answer = client.post(f"{link_of(mine)}/pass", data={"name": "Some Body", "email": address})
            assert answer.status_code == 409
            said.add(TOKEN.sub("", words(answer)).replace(address, ""))
        assert len(said) == 1 and place_of(mine) is Place.CONFIRMED

    def test_what_is_typed_wrongly_comes_back(self, client):
        mine = make.sign_up(make.make_activity(), organisation="School 5").registration_id
        answer = client.post(f"{link_of(mine)}/pass", data={"name": "Ivan", "email": "ivan@"})
        assert answer.status_code == 422 and 'value="ivan@"' in answer.text


def test_answers_are_shown_and_changed(client):
    activity = make.make_activity()
    with transaction():
        asked = NewQuestion(QuestionKind.NUMBER, "Years?", "To know")
        field = f"answer-{questions.add_question(activity, asked, now=make.NOW)}"
        mine = answers.sign_up(SignUp(activity, "Olena Koval", "o@people.example"), {field: "7"}, now=make.NOW)
    link = link_of(mine.registration_id)
    assert 'value="7"' in client.get(link).text
    assert client.post(f"{link}/answers", data={field: "8"}).status_code == 303
    assert 'value="8"' in client.get(link).text
    answer = client.post(f"{link}/answers", data={field: "many"})
    assert answer.status_code == 422 and 'value="many"' in answer.text


def test_who_waits_can_leave_the_line(client):
    activity = make.make_activity(capacity=1)
    make.sign_up(activity)
    waits = make.sign_up(activity, "Wanda Waits").registration_id
    link = link_of(waits)
    assert "Leave the waiting list</button>" in words(client.get(link))
    client.post(f"{link}/withdraw")
    assert place_of(waits) is Place.WITHDRAWN


def test_the_page_costs_the_same_for_one_session_and_for_three(client, count_queries):
    costs = []
    for number in (1, 3):
        activity = make.make_activity(f"Series {number}", sessions=THREE[:number])
        with transaction():
            service.set_terms(activity, Terms(by="session"), now=make.NOW)
        link = link_of(sign_up(activity, [], address=f"olena{number}@people.example"))
        client.get(link)
        with count_queries() as seen:
            assert client.get(link).status_code == 200
        costs.append(len(seen))
    assert costs[0] == costs[1]


def test_a_page_that_was_open_for_hours_keeps_what_was_typed(client, with_csrf):
    mine = make.sign_up(make.make_activity(), organisation="School 5").registration_id
    link = link_of(mine)
    data = {"name": "Ivan Colleague", "email": "ivan@people.example", "csrf_token": "too old"}
    answer = client.post(f"{link}/pass", data=data)
    assert answer.status_code == 400 and place_of(mine) is Place.CONFIRMED
    assert "press the button once more" in words(answer) and 'value="ivan@people.example"' in answer.text
    assert client.post("/m/nothing/pass", data=data).status_code == 400


class TestWithdrawingInWords:
    def test_who_has_nobody_behind_them_can_undo(self, client):
        link = link_of(make.sign_up(make.make_activity(capacity=1)).registration_id)
        page = words(client.get(link))
        assert "Withdraw (give up your place). Then somebody else can come. You can undo this for ten minutes." in page
        client.post(f"{link}/withdraw")
        assert "Undo</button>" in words(client.get(link))

    def test_a_place_that_others_wait_for_goes_on_at_once(self, client):
        activity = make.make_activity(capacity=1)
        link = link_of(make.sign_up(activity).registration_id)
        for name in ("Wanda Waits", "Second Waits"):
            make.sign_up(activity, name)
        page = words(client.get(link))
        assert "2 people wait: your place goes to the next person at once." in page
        assert "ten minutes" not in page
        client.post(f"{link}/withdraw")
        page = words(client.get(link))
        assert "Undo</button>" not in page and "Your place went to the next person" in page

    def test_when_sign_up_is_closed_nothing_is_promised(self, client):
        link = link_of(make.sign_up(make.make_activity()).registration_id)
        with transaction() as session:
            session.execute(
                sa.text("UPDATE activity SET sign_up_closes_at = :at"), {"at": "2026-11-20 00:00:00.000000"}
            )
        assert "You cannot undo this." in words(client.get(link))
        client.post(f"{link}/withdraw")
        assert "Undo</button>" not in words(client.get(link))

    def test_each_state_has_its_own_words(self, client):
        activity = make.make_activity(capacity=1)
        make.sign_up(activity)
        waits = link_of(make.sign_up(activity, "Wanda Waits").registration_id)
        assert "Withdraw (give up your place in the line)." in words(client.get(waits))
        activity = make.make_activity("With approval")
        with transaction():
            service.set_terms(activity, Terms(needs_approval=True), now=make.NOW)
        pending = link_of(make.sign_up(activity).registration_id)
        assert "Withdraw (take back your question for a place)." in words(client.get(pending))

    def test_of_several_sessions_each_says_its_own(self, client, series):
        activity, (first, _, _), link = series
        sign_up(activity, [first], "Faster Person", "faster@people.example")
        page = words(client.get(link))
        assert "1 person waits: your place goes to the next person at once." in page
        assert "Where people wait, your place goes to the next person at once." in page

    def test_what_is_over_has_no_button_and_is_refused(self, client, the_clock):
        mine = make.sign_up(make.make_activity()).registration_id
        link = link_of(mine)
        the_clock.now += timedelta(days=400)
        page = words(client.get(link))
        assert "Your plans changed?" not in page and "Withdraw" not in page
        answer = client.post(f"{link}/withdraw")
        assert answer.status_code == 409 and "This is over" in words(answer)
        assert place_of(mine) is Place.CONFIRMED

    def test_a_needed_agreement_is_taken_back_by_withdrawing(self, client):
        activity = make.make_activity()
        with transaction():
            asked = NewQuestion(QuestionKind.CONSENT, "I agree to photos", "To report", is_required=True)
            field = f"answer-{questions.add_question(activity, asked, now=make.NOW)}"
            mine = answers.sign_up(SignUp(activity, "Olena Koval", "o@people.example"), {field: "yes"}, now=make.NOW)
        link = link_of(mine.registration_id)
        assert "To take back what you agreed to, withdraw below." in words(client.get(link))
        answer = client.post(f"{link}/answers", data={})
        assert answer.status_code == 422
        assert "If you no longer agree, withdraw below" in words(answer)
        assert "sign up only if you agree" not in words(answer)
