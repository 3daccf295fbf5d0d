"""A year whose figures come from records: sign-up, attendance, count; each figure opens to exactly those records."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.attendance import service as attendance
from ecwi_events.attendance.models import Evidence, Presence, Source, Verdict
from ecwi_events.attendance.service import Who
from ecwi_events.kernel.db import db, transaction
from ecwi_events.overview.reading import read_facts
from ecwi_events.overview.snapshot import canonical, public
from ecwi_events.programme import resources
from ecwi_events.programme.models import (
    Activity,
    ActivityKind,
    ActivitySession,
    ActivityStatus,
    MoneyLine,
    MoneyStage,
    Payer,
    Visibility,
)
from ecwi_events.programme.models_files import Audience, ResourceKind
from ecwi_events.programme.resources import TypedResource
from ecwi_events.registration.models import Registration
from tests import make
from tests.overview.conftest import ZONE, by_id, snapshot_of

LATER = date(2027, 12, 31)


def sessions_of(activity_id):
    return list(
        db.session.scalars(
            sa.select(ActivitySession.id)
            .where(ActivitySession.activity_id == activity_id)
            .order_by(ActivitySession.starts_at)
        )
    )


def mark(session_id, verdicts, now):
    with transaction():
        attendance.mark(
            session_id, {Who(person): verdict for person, verdict in verdicts.items()}, by_person_id=None, now=now
        )


@pytest.fixture
def pla(app, now):
    """A PLA with two sessions; three people of two Members and of a body outside signed up; two were there."""
    host = make.make_organisation("Open Kindergarten", country="HR")
    make.make_organisation("Early Years Moldova", country="MD")
    make.make_organisation("A guest body", country="GE", member=False)
    activity = make.make_activity(
        "Reading together",
        host_id=host,
        home_year=2027,
        sessions=[make.make_session("One"), make.make_session("Two", starts_local="2027-02-19 14:00")],
    )
    bodies = ("Early Years Moldova", "A guest body", "")
    for name, body in zip(("Ana", "Boris", "Carla"), bodies, strict=True):
        make.sign_up(activity, name, f"{name}@people.example", organisation=body)
    people = list(db.session.scalars(sa.select(Registration.person_id).order_by(Registration.id)))
    first, second = sessions_of(activity)
    ana, boris, carla = people
    mark(first, {ana: Verdict.PRESENT, boris: Verdict.PRESENT, carla: Verdict.ABSENT}, now)
    mark(second, {ana: Verdict.PRESENT, boris: Verdict.EXCUSED, carla: Verdict.ABSENT}, now)
    return activity, (first, second), people


def test_the_figures_follow_from_the_records(pla):
    figures = by_id(snapshot_of(2027, LATER))
    printed = {name: figure["printed"] for name, figure in figures.items()}
    assert printed == {
        "plas_supported": "1",
        "plas_active": "1",
        "plas_finished": "0",
        "plas_postponed": "0",
        "plas_organized_by_members": "1",
        "members_involved": "2",
        "organising_members": "1",
        "participating_members": "1",
        "countries_of_members_involved": "2",
        "host_countries": "1",
        "participations": "2",
        "unique_people": "2",
        "attendances": "3",
        "sessions_held": "2",
        "network_members": "at least 2",
        "network_countries": "at least 2",
    }
    assert {figure["kind"] for figure in figures.values()} == {"computed"}


def test_sessions_count_in_their_year_whatever_the_home_of_their_activity(pla):
    with transaction():
        db.session.execute(sa.update(Activity).values(home_year=2028))
    earlier = {name: figure["printed"] for name, figure in by_id(snapshot_of(2027, LATER)).items()}
    assert {name: earlier[name] for name in ("plas_supported", "plas_active", "participations", "sessions_held")} == {
        "plas_supported": "0", "plas_active": "1", "participations": "2", "sessions_held": "2",
    }  # fmt: skip
    home = {name: figure["printed"] for name, figure in by_id(snapshot_of(2028, date(2028, 12, 31))).items()}
    assert (home["plas_supported"], home["plas_active"]) == ("1", "0") and "participations" not in home
    assert by_id(snapshot_of(2026, date(2026, 12, 31))).get("plas_active", {}).get("printed") in {None, "0"}


def test_each_figure_has_exactly_its_records(pla):
    activity, sessions, people = pla
    figures = by_id(snapshot_of(2027, LATER))
    present = db.session.scalars(sa.select(Presence.id).where(Presence.verdict == Verdict.PRESENT)).all()
    inputs = {name: [(entry["kind"], entry["id"]) for entry in figure["inputs"]] for name, figure in figures.items()}
    assert inputs["plas_supported"] == [("activity", activity)]
    assert inputs["sessions_held"] == [("session", session) for session in sessions]
    assert sorted(inputs["attendances"]) == sorted(("presence", row) for row in present)
    assert sorted(inputs["participations"]) == sorted(("presence", row) for row in present)
    assert sorted(inputs["unique_people"]) == sorted(("person", person) for person in people[:2])
    assert [entry["label"] for entry in figures["members_involved"]["inputs"]] == [
        "Early Years Moldova",
        "Open Kindergarten",
    ]
    assert all("label" not in entry for entry in figures["unique_people"]["inputs"] + figures["attendances"]["inputs"])


def test_the_profile_and_the_key_sentence_say_the_same(pla):
    snapshot = snapshot_of(2027, LATER)
    (profile,) = snapshot["profiles"]
    box = {fact["label"]: fact["value"] for fact in profile["facts"]}
    assert (box["Participants"], box["Attendances"]) == ("2", "3")
    assert box["Structure"] == "2 online sessions of 1.5 hours each"
    assert profile["period"] == "January–February 2027"
    assert snapshot["sentences"]["key"] == "one PLA involving two ISSA Members from two countries"
    assert snapshot["sentences"]["organized"] == "The PLA was organized by a Member"


def test_of_resources_only_what_a_stranger_could_open_before_the_day_is_printed(pla, now):
    activity, _, _ = pla
    day = datetime(2027, 12, 30, 23, tzinfo=UTC)  # midnight in Amsterdam
    with transaction():
        for title, values in {
            "Open": {}, "Since long": {"available_at": now}, "Just now": {"available_at": day},
            "Too late": {"available_at": day + timedelta(seconds=1)}, "Members": {"audience": Audience.MEMBERS},
            "Signed up": {"audience": Audience.SIGNED_UP},
        }.items():  # fmt: skip
            typed = TypedResource(ResourceKind.LINK, title, f"https://x.example/{len(title)}", **values)
            resources.add_resource(activity, typed, now=now)
    (profile,) = snapshot_of(2027, LATER)["profiles"]
    assert [entry["title"] for entry in profile["resources"]] == ["Open", "Since long", "Just now"]


def test_an_activity_by_invitation_is_counted_and_not_named(pla):
    with transaction():
        db.session.execute(sa.update(Activity).values(visibility=Visibility.INVITED))
    shown = public(snapshot_of(2027, LATER))
    assert by_id(shown)["attendances"]["value"] == 3
    assert shown["hosts"][0]["activity"] == "An activity by invitation"
    labels = [entry["label"] for entry in by_id(shown)["sessions_held"]["inputs"]]
    assert labels[0].startswith("An activity by invitation (2027-")
    assert "Reading together" not in canonical(shown) and '"One' not in canonical(shown)


def test_before_the_sessions_nothing_is_counted_and_nothing_is_zero(pla):
    snapshot = snapshot_of(2027, date(2026, 11, 21))
    figures = by_id(snapshot)
    assert figures["plas_active"]["value"] == 0
    assert figures["sessions_held"]["value"] == 0
    assert not {"unique_people", "attendances", "participations"} & set(figures)
    assert snapshot["profiles"][0]["period"] == "Planned for January–February 2027"
    assert snapshot["profiles"][0]["facts"][0]["value"] == "The activity is still to take place."


def test_between_the_sessions_people_are_counted_to_date(pla):
    snapshot = snapshot_of(2027, date(2027, 2, 1))
    assert by_id(snapshot)["attendances"]["value"] == 2
    assert snapshot["profiles"][0]["facts"][0]["value"] == "2 (to 1 February 2027)"


def test_a_visitor_is_an_attendance_and_no_person(pla, now):
    _, (first, _), _ = pla
    with transaction():
        attendance.add_visitor(first, "Visitor from the city", by_person_id=None, now=now)
    figures = by_id(snapshot_of(2027, LATER))
    assert (figures["attendances"]["value"], figures["unique_people"]["value"]) == (4, 2)
    assert figures["participations"]["value"] == 2


def test_unknown_is_not_absent_and_makes_the_count_a_lower_bound(app, now):
    activity = make.make_activity(
        home_year=2027, sessions=[make.make_session("One"), make.make_session("Two", starts_local="2027-02-19 14:00")]
    )
    make.sign_up(activity, address="ana@people.example")
    (person,) = db.session.scalars(sa.select(Registration.person_id))
    mark(sessions_of(activity)[0], {person: Verdict.PRESENT}, now)
    snapshot = snapshot_of(2027, LATER)
    figures = by_id(snapshot)
    assert (figures["attendances"]["printed"], figures["attendances"]["complete"]) == ("at least 1", False)
    assert figures["members_involved"]["printed"] == "at least 1"
    (remark,) = [warning["message"] for warning in snapshot["warnings"] if warning["code"] == "no_attendance"]
    assert remark.endswith("nobody marked who was there in 1 of 2 sessions (1 signed up).")


def test_a_sign_up_alone_involves_no_member(app, now):
    make.make_organisation("Early Years Moldova", country="MD")
    activity = make.make_activity(home_year=2027)
    make.sign_up(activity, organisation="Early Years Moldova")
    (person,) = db.session.scalars(sa.select(Registration.person_id))
    mark(sessions_of(activity)[0], {person: Verdict.ABSENT}, now)
    figures = by_id(snapshot_of(2027, LATER))
    assert figures["members_involved"]["value"] == 1  # the host alone
    assert (figures["participating_members"]["value"], figures["unique_people"]["value"]) == (0, 0)


def test_drafts_and_cancelled_activities_count_nowhere(app):
    make.make_activity("A draft", home_year=2027, status=ActivityStatus.DRAFT)
    snapshot = snapshot_of(2027, LATER)
    assert by_id(snapshot)["plas_supported"]["value"] == 0
    assert snapshot["profiles"] == []
    assert snapshot["sentences"]["key"] == "No PLAs were supported in 2027"


def test_webinars_have_their_own_counts(app, now):
    activity = make.make_activity("A webinar", kind=ActivityKind.WEBINAR, home_year=2027)
    make.make_activity("A PLA", home_year=2027)
    make.sign_up(activity, address="ana@people.example")
    (person,) = db.session.scalars(sa.select(Registration.person_id))
    mark(sessions_of(activity)[0], {person: Verdict.PRESENT}, now)
    snapshot = snapshot_of(2027, LATER)
    figures = by_id(snapshot)
    assert figures["plas_supported"]["value"] == 1
    assert (figures["webinars_held"]["value"], figures["webinar_participations"]["value"]) == (1, 1)
    assert "attendances" not in figures
    assert snapshot["webinars"]["figures"] == ["webinars_held", "webinar_participations", "webinar_attendances"]
    assert [(row["date"], row["people"], row["language"]) for row in snapshot["webinars"]["rows"]] == [
        ("2027-01-19", 1, "English")
    ]


def test_contact_hours_need_minutes(pla, now):
    _, (first, _), (ana, *_) = pla
    assert "contact_hours" not in by_id(snapshot_of(2027, LATER))
    session = db.session.get(ActivitySession, first)
    with transaction() as open_session:
        for begins, ends in ((0, 40), (30, 61)):
            open_session.add(
                Evidence(
                    session_id=first, person_id=ana, source=Source.IMPORT, recorded_at=now,
                    joined_at=session.starts_at + make.days(0) + begins * (session.ends_at - session.starts_at) / 90,
                    left_at=session.starts_at + ends * (session.ends_at - session.starts_at) / 90,
                )
            )  # fmt: skip
    assert by_id(snapshot_of(2027, LATER))["contact_hours"]["printed"] == "at least 1.0"


def test_money_is_counted_by_actual_lines_first(pla, now):
    activity, _, _ = pla
    with transaction() as session:
        for payer, stage, amount in (
            (Payer.MEMBERS, MoneyStage.ACTUAL, 100_050),
            (Payer.SECRETARIAT, MoneyStage.ACTUAL, 299_950),
            (Payer.SECRETARIAT, MoneyStage.COMMITTED, 999_999),
        ):
            session.add(MoneyLine(activity_id=activity, payer=payer, stage=stage, amount_minor=amount, currency="EUR",
                                  in_kind=False, created_at=now))  # fmt: skip
    figures = by_id(snapshot_of(2027, LATER))
    assert (figures["investment"]["printed"], figures["investment"]["value"]) == ("4,000 Eur", 4000)
    assert figures["funding_shares"]["printed"] == "25% ISSA Members, 75% ISSA Secretariat"
    assert len(figures["investment"]["inputs"]) == 2


def queries_of_reading():
    statements = []

    def note(_connection, _cursor, statement, *_):
        statements.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        read_facts(2027, LATER, zone=ZONE)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    return sum(statement.lstrip().upper().startswith("SELECT") for statement in statements)


def test_the_number_of_queries_does_not_grow_with_the_activities(app):
    make.make_activity(home_year=2027)
    one = queries_of_reading()
    for _ in range(2):
        make.make_activity(home_year=2027)
    assert queries_of_reading() == one <= 15
