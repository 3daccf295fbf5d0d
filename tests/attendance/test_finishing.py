"""One button for the rest: who was not marked was absent, but for those who opened the joining link; and undo."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.attendance import finishing, queries, service
from ecwi_events.attendance.finishing import Finished
from ecwi_events.attendance.models import Evidence, Source, Verdict
from ecwi_events.attendance.service import Who
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.people.models import Person
from ecwi_events.programme.models import ActivitySession
from tests import make
from tests.mail.showing import make_webinar

OVER = datetime(2027, 1, 19, 14, 30, tzinfo=UTC)


@pytest.fixture
def room(app):
    """A session with four people, one of them marked, one who only opened the joining link."""
    house = make.make_organisation("Hosting House")
    activity_id = make_webinar(host_id=house)
    for name in ("Ana Novak", "Bo Berg", "Cy Cole", "Di Dahl"):
        make.sign_up(activity_id, name)
    session_id = db.session.scalar(sa.select(ActivitySession.id))
    host = make.make_host(house)
    with transaction() as session:
        service.mark(session_id, {Who(person("Ana Novak")): Verdict.PRESENT}, by_person_id=host, now=OVER)
        session.add(
            Evidence(session_id=session_id, person_id=person("Bo Berg"), source=Source.JOINING_LINK, recorded_at=OVER)
        )
    return session_id, host


def person(name) -> int:
    return db.session.scalar(sa.select(Person.id).where(Person.name == name))


def verdicts(session_id) -> dict[str, str]:
    return {row.name.partition(" ")[0]: row.verdict.value for row in queries.find_roster(session_id).rows}


def finish(session_id, host, now=OVER):
    with transaction():
        return finishing.finish(session_id, by_person_id=host, now=now)


def test_the_rest_is_absent_but_not_who_opened_the_joining_link(room):
    session_id, host = room
    assert finish(session_id, host) == Finished(absent=2, left_open=1)
    assert verdicts(session_id) == {"Ana": "present", "Bo": "unknown", "Cy": "absent", "Di": "absent"}
    assert finish(session_id, host) == Finished(absent=0, left_open=1)


def test_undo_opens_them_again_but_for_marks_that_came_later(room):
    session_id, host = room
    finish(session_id, host, now=OVER)
    later = OVER + timedelta(minutes=1)
    with transaction():
        service.mark(session_id, {Who(person("Cy Cole")): Verdict.EXCUSED}, by_person_id=host, now=later)
    with transaction():
        assert finishing.undo_finish(session_id, OVER, by_person_id=host, now=later) == 1
    assert verdicts(session_id) == {"Ana": "present", "Bo": "unknown", "Cy": "excused", "Di": "unknown"}


def test_nobody_undoes_what_another_pressed_or_at_another_time(room):
    session_id, host = room
    finish(session_id, host)
    other = make.make_office()
    with transaction():
        assert finishing.undo_finish(session_id, OVER, by_person_id=other, now=OVER) == 0
        assert finishing.undo_finish(session_id, OVER - timedelta(hours=1), by_person_id=host, now=OVER) == 0
    assert verdicts(session_id)["Di"] == "absent"


def test_not_before_the_end_and_not_without_a_session(room):
    session_id, host = room
    with pytest.raises(Refused):
        finish(session_id, host, now=OVER - timedelta(seconds=1))
    with pytest.raises(NotFound):
        finish(404, host)


def test_the_button_and_its_undo(room, client, monkeypatch):
    session_id, host = room
    page = f"/host/sessions/{session_id}/attendance"
    make.signed_in(client, host)
    assert "Finish: the others were absent" not in client.get(page).text
    assert client.post(f"{page}/finish").status_code == 409
    monkeypatch.setattr(clock, "utc_now", lambda: OVER)
    make.signed_in(client, host, now=OVER)
    assert "Finish: the others were absent" in client.get(page).text
    answer = client.post(f"{page}/finish", follow_redirects=True).text
    assert "2 marked absent. 1 opened the joining link and stay open." in answer
    at = answer.partition('name="at" value="')[2].partition('"')[0]
    assert "Undone: 2 open again." in client.post(f"{page}/finish/undo", data={"at": at}, follow_redirects=True).text
    assert client.post(f"{page}/finish/undo", data={"at": "yesterday"}).status_code == 422
