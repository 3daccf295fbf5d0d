"""Feedback: one question through a personal link, kept without a name, shown when nobody can be guessed."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.feedback import queries, rules, service
from ecwi_events.feedback.models import Feedback
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.programme.models import ActivitySession
from ecwi_events.registration.models import Registration
from ecwi_events.registration.queries import find_sign_up
from tests import make
from tests.mail.showing import make_webinar

START = datetime(2027, 1, 19, 13, 0, tzinfo=UTC)
AFTER = START + timedelta(hours=2)


@pytest.mark.parametrize(
    ("minutes", "has_place", "takes_place", "is_open"),
    [(-1, True, True, False), (0, True, True, True), (100, True, True, True), (100, False, True, False),
     (100, True, False, False), (60 * 24 * 60 + 89, True, True, True), (60 * 24 * 60 + 90, True, True, False)],
)  # fmt: skip
def test_when_one_may_answer(minutes, has_place, takes_place, is_open):
    now = START + timedelta(minutes=minutes)
    ends_at = START + timedelta(minutes=90)
    assert rules.is_open(START, ends_at, has_place=has_place, takes_place=takes_place, now=now) is is_open


@pytest.mark.parametrize(
    ("score", "comment", "wrong"),
    [
        (5, "", set()),
        (1, "x" * 1000, set()),
        (None, "", {"score"}),
        (0, "", {"score"}),
        (6, "x" * 1001, {"score", "comment"}),
    ],
)
def test_what_may_be_answered(score, comment, wrong):
    assert set(rules.faults(score, comment)) == wrong


@pytest.fixture
def activity_id(app):
    return make_webinar(host_id=make.make_organisation("Hosting House"))


def sign_up(activity_id, name="Olena Koval") -> str:
    """Sign somebody up, and return the token of the link that asks them."""
    mine = find_sign_up(make.sign_up(activity_id, name).registration_id)
    return service.token_of(mine, mine.activity.sessions[0].id)


def give(token, score=5, comment="", now=AFTER):
    with transaction():
        service.give(token, score, comment, now=now)


def answers(activity_id):
    return queries.answers_of(activity_id)[db.session.scalar(sa.select(ActivitySession.id))]


def test_a_second_answer_replaces_the_first_and_the_row_names_nobody(activity_id):
    token = sign_up(activity_id)
    give(token, 2, "Too fast")
    give(token, 4, "Better than I thought")
    rows = db.session.scalars(sa.select(Feedback)).all()
    assert [(row.score, row.comment) for row in rows] == [(4, "Better than I thought")]
    assert rows[0].given_on == AFTER.replace(hour=0)
    assert {column.name for column in Feedback.__table__.c} == {
        "id",
        "session_id",
        "key",
        "score",
        "comment",
        "given_on",
    }
    asked = service.find_asked(token)
    assert (asked.score, asked.comment) == (4, "Better than I thought")


def test_answers_are_shown_when_there_are_three(activity_id):
    for number, score in enumerate((5, 4), start=1):
        give(sign_up(activity_id, f"Person {number}"), score, f"Words {number}")
    two = answers(activity_id)
    assert (two.number, two.mean, two.comments, set(two.scores.values())) == (2, None, [], {0})
    give(sign_up(activity_id, "Person 3"), 3)
    three = answers(activity_id)
    assert (three.number, three.mean, sorted(three.comments)) == (3, 4.0, ["Words 1", "Words 2"])
    assert three.scores == {1: 0, 2: 0, 3: 1, 4: 1, 5: 1}


@pytest.mark.parametrize("change", ["another session", "another seal", "no numbers", "long", "empty", "other script"])
def test_a_link_that_is_not_ours_asks_nobody(activity_id, change):
    registration, session, seal = sign_up(activity_id).split(".")
    token = {
        "another session": f"{registration}.{int(session) + 1}.{seal}",
        "another seal": f"{registration}.{session}.{'A' * 24}",
        "no numbers": f"x.y.{seal}", "long": f"{'9' * 30}.{session}.{seal}", "empty": "",
        "other script": f"{registration}.{session}.é{seal}",
    }[change]  # fmt: skip
    assert service.find_asked(token) is None
    with pytest.raises(NotFound):
        give(token)


def test_not_before_the_session_nor_without_a_place_nor_nonsense(activity_id):
    token = sign_up(activity_id)
    with pytest.raises(Refused):
        give(token, now=START - timedelta(minutes=1))
    with pytest.raises(Invalid):
        give(token, 6)
    make.withdraw(db.session.scalar(sa.select(Registration.id)))
    with pytest.raises(Refused):
        give(token)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Feedback)) == 0


class TestPages:
    @pytest.fixture
    def after(self, monkeypatch):
        from ecwi_events.kernel import clock

        monkeypatch.setattr(clock, "utc_now", lambda: AFTER)

    def test_the_link_asks_and_a_get_changes_nothing(self, client, activity_id, after):
        path = f"/f/{sign_up(activity_id)}"
        assert "How useful was this session for your work?" in client.get(path).text
        assert client.head(path).status_code == 200
        answer = client.post(path, data={"score": "", "comment": "Kept"})
        assert (answer.status_code, "Choose one of the five answers" in answer.text, "Kept" in answer.text) == (
            422,
            True,
            True,
        )
        assert "Your answer is saved." in client.post(path, data={"score": "4"}, follow_redirects=True).text
        assert "Change my answer" in client.get(path).text

    def test_before_the_session_the_page_says_when(self, client, activity_id):
        path = f"/f/{sign_up(activity_id)}"
        assert "from the start of the session" in client.get(path).text
        assert client.post(path, data={"score": "4"}).status_code == 409

    def test_hosts_read_answers_without_names(self, client, activity_id, after):
        for name in ("Olena Koval", "Rosa Quispe", "Lee Ann"):
            give(sign_up(activity_id, name), 4, "Good <b>work</b>")
        make.signed_in(client, make.make_office(), now=AFTER)
        page = client.get(f"/host/activities/{activity_id}/feedback").text
        assert "4.0 of 5" in page
        assert "Good &lt;b&gt;work" in page
        assert "Koval" not in page
