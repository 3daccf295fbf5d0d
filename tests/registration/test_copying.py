"""Last year's activity, once more."""

from datetime import datetime

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound
from ecwi_events.programme import invitations, queries, record, texts
from ecwi_events.programme.models import (
    Activity,
    ActivitySession,
    ActivityStatus,
    Component,
    ComponentKind,
    MoneyLine,
    MoneyStage,
    OrganisationRole,
    Payer,
    SessionStatus,
    Visibility,
)
from ecwi_events.programme.models_record import ContributorRole
from ecwi_events.registration import capacity, copying, questions, service
from ecwi_events.registration import queries as registrations
from ecwi_events.registration.models_questions import QuestionKind
from ecwi_events.registration.queries_places import Counted, places_taken
from ecwi_events.registration.questions import NewQuestion
from ecwi_events.registration.rules import Terms
from tests import make
from tests.make import NOW


def duplicate(activity):
    with transaction():
        return copying.duplicate_activity(activity, by_person_id=None, now=NOW)


def sessions_of(activity):
    found = sa.select(ActivitySession).where(ActivitySession.activity_id == activity).order_by(ActivitySession.id)
    return list(db.session.scalars(found))


def test_sessions_are_on_the_same_weekday_a_year_on_and_the_rest_of_the_promise_stays(app):
    activity = make.make_activity(
        sessions=[make.make_session("One", starts_local="2027-01-19 14:00", zone="Europe/Kyiv", minutes=60)],
        home_year=2027,
        capacity=25,
    )
    copy = duplicate(activity)
    (session,) = sessions_of(copy)
    assert session.starts_local == datetime(2028, 1, 18, 14)  # noqa: DTZ001 - a wall time
    assert session.starts_local.weekday() == datetime(2027, 1, 19).weekday()  # noqa: DTZ001
    assert (session.zone, session.duration_minutes, session.title) == ("Europe/Kyiv", 60, "One")
    page = queries.find_activity(copy)
    assert (page.status, page.home_year, page.slug) == ("draft", 2028, "learning-communities-that-last-2")
    assert places_taken([copy])[copy] == Counted(25, 0, 0)


def test_hosts_texts_and_components_come_along_people_and_money_do_not(app):
    partner, fund = make.make_organisation("Partner"), make.make_organisation("Fund")
    activity = make.make_activity(status=ActivityStatus.COMPLETED)
    make_richer(activity, partner, fund)
    copy = duplicate(activity)
    old, new = (record.get_record(one)[0] for one in (activity, copy))
    same = ("kind", "title", "theme", "language", "languages", "interpretation", "audience", "target_region", "host_id",
            "co_host_ids", "visibility")  # fmt: skip
    assert [getattr(old, name) for name in same] == [getattr(new, name) for name in same]
    assert (new.funder_ids, new.contributors) == ((), ())
    assert db.session.scalars(sa.select(MoneyLine).where(MoneyLine.activity_id == copy)).all() == []
    components = db.session.scalars(sa.select(Component).where(Component.activity_id == copy)).all()
    assert [(one.format, one.count) for one in components] == [(ComponentKind.STUDY_VISIT, 2)]
    assert queries.find_activity(copy).translations == ("uk",)
    assert not texts.find_translation(copy, "uk", text_revision=1).is_stale
    assert invitations.find_token(copy) != invitations.find_token(activity)
    assert queries.find_invitation(invitations.find_token(activity)) == "learning-communities-that-last"


def make_richer(activity, partner, fund):
    found, _ = record.get_record(activity)
    with transaction():
        texts.save_texts(activity, "uk", texts.Texts("Назва"), of_revision=1, seen_at=None, now=NOW)
    revision = record.get_record(activity)[1]
    with transaction():
        more = {
            "languages": ("uk",), "interpretation": ("ru",), "audience": "Trainers", "target_region": "Balkans",
            "visibility": Visibility.INVITED, "co_host_ids": (partner,), "funder_ids": (fund,),
            "contributors": (record.Contributor(ContributorRole.TRAINER, "Ana", partner),),
        }  # fmt: skip
        record.edit_activity(activity, record.Record(**{**vars(found), **more}), revision=revision, now=NOW)
        db.session.add(Component(activity_id=activity, position=1, format=ComponentKind.STUDY_VISIT, count=2))
        db.session.add(
            MoneyLine(
                activity_id=activity, payer=Payer.SECRETARIAT, stage=MoneyStage.ACTUAL, amount_minor=1, created_at=NOW
            )
        )


def test_who_signed_up_stays_where_they_are(app):
    activity = make.make_activity()
    make.sign_up(activity)
    assert registrations.participants(duplicate(activity)) == []


def test_cancelled_sessions_and_joining_addresses_stay_behind(app):
    activity = make.make_activity(sessions=[make.make_session("On"), make.make_session("Off")])
    with transaction():
        first, second = sessions_of(activity)
        first.meeting_url, second.status = "https://meet.example/x", SessionStatus.CANCELLED
    (session,) = sessions_of(duplicate(activity))
    assert (session.title, session.meeting_url) == ("On", None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2026-03-30 02:30", "2027-03-29 02:30"),
        ("2026-11-01 02:30", "2027-10-31 02:30"),  # clocks show it twice: the first of both
        ("2023-04-02 02:30", "2024-03-31 03:30"),  # clocks skip it: one hour later
    ],
)
def test_times_that_clocks_skip_or_show_twice(app, old, new):
    activity = make.make_activity(sessions=[make.make_session(starts_local=old)])
    (session,) = sessions_of(duplicate(activity))
    assert (session.starts_local, session.fold) == (datetime.fromisoformat(new), 0)


def test_what_is_not_there_and_what_is_too_far(app):
    with pytest.raises(NotFound):
        duplicate(987654)
    far = make.make_activity(home_year=2100)
    with pytest.raises(Invalid, match="Enter a year from 1990 to 2100"):
        duplicate(far)
    assert len(db.session.scalars(sa.select(Activity)).all()) == 1


def test_the_roles_of_the_copy_are_its_own(app):
    activity = make.make_activity()
    copy = duplicate(activity)
    roles = db.session.execute(sa.text("SELECT activity_id, role FROM activity_organisation ORDER BY 1")).all()
    assert [tuple(row) for row in roles] == [(activity, OrganisationRole.HOST), (copy, OrganisationRole.HOST)]


def test_terms_and_questions_come_along(app):
    activity = make.make_activity()
    question = NewQuestion(
        QuestionKind.CHOICE, "Which language?", "For small groups", "English\nRussian", is_required=True
    )
    with transaction():
        service.set_terms(activity, Terms(by="session", who="members", opens_at=make.NOW), now=make.NOW)
        questions.add_question(activity, question, now=make.NOW)
    copy = duplicate(activity)
    terms = registrations.sign_up_facts(copy).terms
    assert (terms.by, terms.who, terms.opens_at) == ("session", "members", None)
    (asked,) = questions.asked(copy)
    assert (asked.wording, list(asked.choices), asked.is_required) == ("Which language?", ["English", "Russian"], True)


def test_sessions_with_places_of_their_own_keep_their_number_and_cancelled_ones_leave_no_gap(app):
    names = ("One", "Called off", "Two", "Three")
    sessions = [make.make_session(name, starts_local=f"2027-0{at}-19 14:00") for at, name in enumerate(names, start=1)]
    activity = make.make_activity(sessions=sessions, capacity=25)
    one, called_off, two, _ = (session.id for session in sessions_of(activity))
    with transaction() as session:
        service.set_terms(activity, Terms(by="session"), now=NOW)
        capacity.change_capacity(activity, 8, session_id=one, now=NOW)
        capacity.change_capacity(activity, None, session_id=two, now=NOW)
        off = sa.update(ActivitySession).where(ActivitySession.id == called_off)
        session.execute(off.values(status=SessionStatus.CANCELLED))
    copy = duplicate(activity)
    places = {place.session_id: place.capacity for place in registrations.sign_up_facts(copy).sessions}
    assert [(session.title, places[session.id]) for session in sessions_of(copy)] == [
        ("One", 8),
        ("Two", None),
        ("Three", 25),
    ]


def test_an_address_in_an_older_place_is_not_copied_and_the_name_of_a_place_is(app):
    activity = make.make_activity(sessions=[make.make_session("One"), make.make_session("Two")])
    with transaction():
        for title, place in (("One", "Online: https://meet.example/room"), ("Two", "Lviv")):
            named = sa.update(ActivitySession).where(ActivitySession.title == title)
            db.session.execute(named.values(place=place))
    assert {one.title: one.place for one in sessions_of(duplicate(activity))} == {"One": None, "Two": "Lviv"}
