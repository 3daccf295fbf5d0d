import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.overview import declaring
from ecwi_events.people.models import Role
from ecwi_events.programme import service as programme
from ecwi_events.programme.models import Activity, ActivityStatus
from tests import make
from tests.make import NOW

TYPED = {
    "past": "yes", "period_start": "2022-05", "period_end": "2023-01", "value-0": "19", "label-0": "education",
    "value-1": "9", "label-1": "supervision", "source": "Overview 2022, page 9",
}  # fmt: skip


@pytest.fixture
def activity_id(app):
    return make.make_activity(status=ActivityStatus.DRAFT, sessions=[])


@pytest.fixture
def office(client):
    make.signed_in(client, make.make_office())
    return client


def address(activity_id):
    return f"/office/activities/{activity_id}/declared"


def told(activity_id):
    return [(row.label, row.value, row.year) for row in declaring.declared_of(activity_id)]


def test_what_no_records_hold_is_typed_in_and_can_be_taken_back(office, activity_id):
    assert office.post(address(activity_id), data=TYPED).status_code == 303
    db.session.expire_all()
    activity = db.session.get(Activity, activity_id)
    assert (f"{activity.period_start} {activity.period_end}", activity.records_complete) == (
        "2022-05-01 2023-01-01",
        False,
    )
    assert told(activity_id) == [("education", 19, 2026), ("supervision", 9, 2026)]
    shown = office.get(address(activity_id)).text
    assert 'value="2022-05"' in shown and 'value="supervision"' in shown and "checked" in shown
    office.post(address(activity_id), data={"past": "yes", "value-0": "31", "source": "A letter"})
    assert told(activity_id) == [("", 31, 2026)]
    office.post(address(activity_id), data={})
    db.session.expire_all()
    assert told(activity_id) == [] and db.session.get(Activity, activity_id).records_complete


def test_an_activity_from_before_our_records_is_published_without_sessions(office, activity_id):
    office.post(address(activity_id), data=TYPED)
    with transaction():
        programme.move_to_status(activity_id, ActivityStatus.PLANNED, by_person_id=None, now=NOW)
    assert db.session.scalar(sa.select(Activity.status).where(Activity.id == activity_id)) is ActivityStatus.PLANNED


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"period_start": "May"}, "Enter a month like 2022-05"),
        ({"period_end": "2022-04"}, "The period ends before it begins"),
        ({"period_start": ""}, "has an end and no beginning"),
        ({"open_end": "yes"}, "is said to have none"),
        ({"source": ""}, "Say where this is known from"),
        ({"label-1": ""}, "Give each group a name"),
        ({"label-1": "education"}, "a name of its own"),
        ({"value-1": "-9"}, "Enter a whole number"),
        ({"value-1": "٩"}, "Enter a whole number"),
        ({"value-1": "99999999999"}, "Enter a whole number"),
        ({"value-1": ""}, "Enter a whole number"),
        ({"value-1": "99999999"}, "whole numbers of people"),
        ({"basis": "guess"}, "Choose one from the list"),
        ({"as_of": "yesterday"}, "Enter a day like"),
        ({"label-0": "x" * 81}, "80 letters or fewer"),
        ({"resources_heading": "x" * 61}, "60 letters or fewer"),
        ({"note": "x" * 501}, "500 letters or fewer"),
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_is_changed(office, activity_id, change, said):
    answer = office.post(address(activity_id), data=TYPED | change)
    assert answer.status_code == 422 and said in answer.text and 'value="19"' in answer.text
    db.session.expire_all()
    assert told(activity_id) == [] and db.session.get(Activity, activity_id).records_complete


def test_auditors_read_and_hosts_do_not_come_in(client, activity_id):
    make.signed_in(client, make.make_staff(Role.AUDITOR))
    assert client.get(address(activity_id)).status_code == 200
    assert client.post(address(activity_id), data=TYPED).status_code == 403
    make.signed_in(client, make.make_host(make.make_organisation()))
    assert client.get(address(activity_id)).status_code == 403


def test_an_activity_that_is_not_there_is_not_found(office):
    assert office.get(address(10**6)).status_code == 404
    assert office.post(address(10**6), data=TYPED).status_code == 404
