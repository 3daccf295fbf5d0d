"""Two records of one person become one, and two again."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.attendance import merging as undoing
from ecwi_events.attendance import service as attendance
from ecwi_events.attendance.models import Evidence, Presence, Verdict
from ecwi_events.attendance.service import Who
from ecwi_events.kernel.db import Model, db, transaction
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.people import merging as people_merging
from ecwi_events.people import queries, rules, searching, signing_in
from ecwi_events.people import service as people
from ecwi_events.people.models import Affiliation, EmailAddress, Person, Role, RoleGrant
from ecwi_events.people.models_signing_in import BrowserSession
from ecwi_events.programme.models import ActivitySession
from ecwi_events.registration.models import Place, Places, Registration
from ecwi_events.reminders import merging
from tests import make
from tests.make import NOW

COMPARED = ("person", "email_address", "role_grant", "affiliation", "evidence", "presence", "places", "mail")


def merge(kept, merged, *, now=NOW, administrator=False):
    with transaction():
        return merging.merge_people(kept, merged, by_person_id=None, by_administrator=administrator, now=now)


def undo(merge_id, *, now=NOW):
    with transaction():
        return undoing.undo_merge(merge_id, now=now)


def everything():
    """All rows that a merge may touch, without the revision of sign-ups, which only ever grows."""
    tables = Model.metadata.tables
    rows = {
        name: [tuple(row) for row in db.session.execute(sa.select(tables[name]).order_by(tables[name].c.id))]
        for name in COMPARED
    }
    sign_ups = tables["registration"]
    columns = [column for column in sign_ups.c if column.name != "revision"]
    rows["registration"] = [tuple(row) for row in db.session.execute(sa.select(*columns).order_by(sign_ups.c.id))]
    db.session.rollback()
    return rows


def places_of(activity_id):
    rows = db.session.execute(
        sa.select(Registration.person_id, Registration.place).where(Registration.activity_id == activity_id)
    )
    return {row.person_id: row.place for row in rows}


def counted(activity_id):
    return tuple(
        db.session.execute(sa.select(Places.taken, Places.waiting).where(Places.activity_id == activity_id)).one()
    )


def person_of(signed_up):
    return db.session.scalar(sa.select(Registration.person_id).where(Registration.id == signed_up.registration_id))


def session_of(activity_id):
    return db.session.scalar(sa.select(ActivitySession.id).where(ActivitySession.activity_id == activity_id))


@pytest.fixture
def two(app):
    """The same person twice, with work before, roles, addresses and a sign-up each of their own."""
    body = make.make_organisation("Example Network")
    kept = make.make_person("Olena Koval", "olena@people.example", zone="Europe/Kyiv")
    merged = make.make_person("Olena  Koval", "o.koval@work.example", organisation="Example Network")
    with transaction():
        people.grant_role(merged, Role.HOST, organisation_id=body, now=NOW)
        db.session.add(Affiliation(person_id=merged, organisation_id=body, to_on=date(2020, 1, 1)))
    return kept, merged


def test_what_belongs_to_one_record_belongs_to_the_other_afterwards(two):
    kept, merged = two
    first = make.make_activity("First")
    make.sign_up(first, address="o.koval@work.example")
    merge(kept, merged)
    assert queries.find_person_by_address("o.koval@work.example").id == kept
    assert queries.find_person_by_address("olena@people.example").id == kept
    assert queries.primary_address(kept) == "olena@people.example"
    assert places_of(first) == {kept: Place.CONFIRMED}
    assert db.session.scalar(sa.select(RoleGrant.person_id)) == kept
    assert db.session.scalar(sa.select(Affiliation.person_id)) == kept
    assert db.session.get(Person, kept).organisation_id is not None, "what was not known is filled in"
    assert db.session.get(Person, merged).merged_into_id == kept
    assert people_merging.left_person_id(merged) == kept
    assert [one.id for one in searching.search_people("koval").people] == [kept]


def test_undoing_gives_back_the_same_rows(two):
    kept, merged = two
    activity, other = make.make_activity("Both", capacity=5), make.make_activity("One")
    make.sign_up(activity, address="olena@people.example")
    make.sign_up(activity, address="o.koval@work.example")
    make.sign_up(other, address="o.koval@work.example")
    host = make.make_person("Hanna Host")
    for person, verdict in ((kept, Verdict.ABSENT), (merged, Verdict.PRESENT)):
        with transaction():
            attendance.mark(session_of(activity), {Who(person_id=person): verdict}, by_person_id=host, now=NOW)
    with transaction():
        attendance.mark(session_of(other), {Who(person_id=merged): Verdict.PRESENT}, by_person_id=host, now=NOW)
    before = everything()
    merge_id = merge(kept, merged, now=NOW + make.days(1))
    assert everything() != before
    undone = undo(merge_id, now=NOW + make.days(2))
    assert undone.left_alone == 0
    assert everything() == before


def test_who_was_seen_under_both_records_was_there_once(two):
    kept, merged = two
    activity = make.make_activity()
    make.sign_up(activity, address="olena@people.example")
    make.sign_up(activity, address="o.koval@work.example")
    session, host = session_of(activity), make.make_person("Hanna Host")
    for person, verdict, minutes in ((kept, Verdict.ABSENT, 0), (merged, Verdict.PRESENT, 1)):
        with transaction():
            attendance.mark(
                session, {Who(person_id=person): verdict}, by_person_id=host, now=NOW + timedelta(minutes=minutes)
            )
    merge(kept, merged, now=NOW + make.days(1))
    rows = db.session.execute(sa.select(Presence.person_id, Presence.verdict)).all()
    assert [tuple(row) for row in rows] == [(kept, Verdict.PRESENT)]
    assert set(db.session.scalars(sa.select(Evidence.person_id))) == {kept}


def test_a_place_that_both_held_becomes_free_for_the_first_in_line(two):
    kept, merged = two
    activity = make.make_activity(capacity=2)
    make.sign_up(activity, address="olena@people.example")
    make.sign_up(activity, address="o.koval@work.example")
    third = person_of(make.sign_up(activity, "Third Person"))
    merge_id = merge(kept, merged)
    assert places_of(activity) == {kept: Place.CONFIRMED, merged: Place.WITHDRAWN, third: Place.CONFIRMED}
    assert counted(activity) == (2, 0)
    undo(merge_id)
    assert places_of(activity) == {kept: Place.CONFIRMED, merged: Place.WAITING, third: Place.CONFIRMED}, (
        "never oversold"
    )
    assert counted(activity) == (2, 1)


def test_who_waited_under_one_record_keeps_the_place_of_the_other(two):
    kept, merged = two
    activity = make.make_activity(capacity=1)
    make.sign_up(activity, address="o.koval@work.example")
    make.sign_up(activity, address="olena@people.example")
    merge_id = merge(kept, merged)
    assert places_of(activity) == {kept: Place.CONFIRMED, merged: Place.WITHDRAWN}
    assert counted(activity) == (1, 0)
    undo(merge_id)
    assert places_of(activity) == {kept: Place.WAITING, merged: Place.CONFIRMED}
    assert counted(activity) == (1, 1)


def test_of_two_numbers_in_the_line_the_smaller_one_is_kept(two):
    kept, merged = two
    activity = make.make_activity(capacity=1)
    make.sign_up(activity, "First Person")
    make.sign_up(activity, address="o.koval@work.example")
    between = make.sign_up(activity, "Between")
    make.sign_up(activity, address="olena@people.example")
    merge_id = merge(kept, merged)
    assert counted(activity) == (1, 2)
    line = (
        sa.select(Registration.person_id).where(Registration.place == Place.WAITING).order_by(Registration.queue_place)
    )
    assert list(db.session.scalars(line)) == [kept, person_of(between)]
    undo(merge_id)
    assert list(db.session.scalars(line)) == [merged, person_of(between), kept]
    assert counted(activity) == (1, 3)


def test_a_place_that_was_given_up_since_is_left_alone(two):
    kept, merged = two
    activity = make.make_activity(capacity=3)
    make.sign_up(activity, address="olena@people.example")
    make.sign_up(activity, address="o.koval@work.example")
    merge_id = merge(kept, merged)
    mine = db.session.scalar(sa.select(Registration.id).where(Registration.person_id == kept))
    make.withdraw(mine)
    assert undo(merge_id).left_alone == 1
    assert set(places_of(activity).values()) == {Place.WITHDRAWN}
    assert counted(activity) == (0, 0)


def test_the_record_that_goes_cannot_sign_in_any_more(two, client):
    kept, merged = two
    make.signed_in(client, merged)
    merge(kept, merged)
    open_ones = sa.select(BrowserSession.id).where(
        BrowserSession.person_id == merged, BrowserSession.ended_at.is_(None)
    )
    assert db.session.scalar(open_ones) is None


def test_only_an_administrator_merges_an_administrator(two):
    kept, merged = two
    with transaction():
        people.grant_role(kept, Role.ADMINISTRATOR, now=NOW)
    with pytest.raises(Refused, match="Only an administrator"):
        merge(kept, merged)
    merge(kept, merged, administrator=True)


def test_nobody_is_merged_with_themselves_with_nobody_or_twice(two):
    kept, merged = two
    third = make.make_person("Third Person")
    with pytest.raises(Refused):
        merge(kept, kept)
    with pytest.raises(NotFound):
        merge(kept, 999_999)
    merge(kept, merged)
    with pytest.raises(Refused, match="merged already"):
        merge(third, merged)


def test_a_merge_is_undone_once_within_thirty_days_and_the_last_one_first(two):
    kept, merged = two
    third = make.make_person("Third Person")
    first = merge(kept, merged)
    second = merge(third, kept)
    with pytest.raises(Refused, match="Undo that merge first"):
        undo(first)
    undo(second)
    with pytest.raises(Refused, match="cannot be undone"):
        undo(first, now=NOW + rules.MERGE_CAN_BE_UNDONE_FOR)
    undo(first)
    with pytest.raises(Refused, match="cannot be undone"):
        undo(first)
    with pytest.raises(NotFound):
        undo(999_999)


def test_an_address_that_moved_on_since_stays_where_it_is(two):
    kept, merged = two
    merge_id = merge(kept, merged)
    with transaction():
        db.session.execute(sa.delete(EmailAddress).where(EmailAddress.normalised == "o.koval@work.example"))
    assert undo(merge_id).left_alone == 1
    assert db.session.get(Person, merged).merged_into_id is None


def test_records_with_the_same_name_and_organisation_are_suggested_and_no_others(app):
    make.make_organisation("Example Network")
    one = make.make_person("Олена Коваль", organisation="Example Network")
    other = make.make_person("olena koval", organisation="EXAMPLE network")
    make.make_person("Olena Koval", organisation="Elsewhere")
    make.make_person("Olena Kovalenko", organisation="Example Network")
    assert [(pair.kept.id, pair.merged.id) for pair in searching.possible_duplicates()] == [(one, other)]
    merge(one, other)
    assert searching.possible_duplicates() == []


# What becomes of every column that points to a person when that person is merged into another one.
MOVES = {
    "email_address.person_id", "role_grant.person_id", "affiliation.person_id", "registration.person_id",
    "evidence.person_id", "presence.person_id", "mail_stop.person_id", "standing_sign_up.person_id",
    "reminder.person_id",
}  # fmt: skip
ENDS = {"sign_in_token.person_id", "browser_session.person_id", "address_proof.person_id"}
STAYS = {  # who did something did it; second factors of the stub open nothing, because it cannot sign in
    "person.merged_into_id", "merge.by_person_id", "left_as_text.by_person_id", "organisation_import.by_person_id",
    "activity_message.by_person_id", "proposal.by_person_id", "proposal.decided_by_person_id", "sign_up_note.by_person_id",
    "announcement.by_person_id", "overview_question.asked_by_id",
    "status_change.by_person_id", "evidence.recorded_by_id", "compile_run.requested_by_id", "edition.published_by_id",
    "journal_key.person_id", "one_time_codes.person_id", "passkey.person_id", "recovery_code.person_id",
    "activity_session.changed_by_id", "registration.signed_up_by_id",
}  # fmt: skip


def test_every_column_that_points_to_a_person_says_what_a_merge_does_with_it():
    pointing = {
        f"{table.name}.{key.parent.name}"
        for table in Model.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "person"
    }
    assert pointing == MOVES | ENDS | STAYS


@pytest.mark.parametrize("role", [Role.OFFICE, Role.AUDITOR, Role.ADMINISTRATOR])
def test_the_office_cannot_hand_a_role_of_the_house_to_somebody_by_merging(two, role):
    kept, merged = two
    with transaction():
        people.grant_role(merged, role, now=NOW)
    with pytest.raises(Refused, match="a role of the house"):
        merge(kept, merged)


def test_rights_that_come_by_merging_do_not_reach_a_browser_that_is_open(two):
    kept, merged = two
    with transaction():
        people.grant_role(merged, Role.OFFICE, now=NOW)
        browser = signing_in.sign_in(signing_in.issue_sign_in_token(kept, now=NOW), now=NOW)
    assert queries.find_identity(browser, now=NOW) is not None
    merge(kept, merged, administrator=True)
    assert queries.find_identity(browser, now=NOW) is None
