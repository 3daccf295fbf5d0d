"""Writing in the journal: who, what changed, and nothing that people would not want to be kept."""

import json

import pytest
import sqlalchemy as sa

from ecwi_events.journal import acting, service
from ecwi_events.journal.models import JournalEntry, JournalKey
from ecwi_events.kernel.db import db, transaction
from tests import make


def entries():
    return db.session.scalars(sa.select(JournalEntry).order_by(JournalEntry.id)).all()


def test_an_entry_says_who_did_what_through_which_door(app, now):
    person_id = make.make_person()
    with acting.through("cli", person_id), transaction():
        service.note("move_to_status", "activity", 7, before={"status": "draft"}, after={"status": "planned"}, now=now)
    (entry,) = [one for one in entries() if one.act == "move_to_status"]
    key = db.session.scalar(sa.select(JournalKey.key).where(JournalKey.person_id == person_id))
    assert (entry.actor, entry.door, entry.at, entry.subject_id) == (key, "cli", now, 7)
    assert (entry.before, entry.after) == ('{"status":"draft"}', '{"status":"planned"}')


def test_a_person_has_one_pseudonym_that_survives_the_person(app, now):
    person_id = make.make_person()
    for _ in range(2):
        with acting.through("web", person_id), transaction():
            service.note("act", "activity", 1, now=now)
    with transaction():
        service.forget(person_id)
    keys = {one.actor for one in entries() if one.act == "act"}
    assert len(keys) == 1 and None not in keys
    assert db.session.scalar(sa.select(JournalKey.id).where(JournalKey.person_id == person_id)) is None


def test_names_addresses_and_free_text_are_never_written(app, now):
    with transaction():
        service.note(
            "change_person", "person", 1, before={"name": "Olena Koval", "role": "host"},
            after={"name": "Olena Shevchenko", "role": "office"}, now=now,
        )  # fmt: skip
    (entry,) = [one for one in entries() if one.act == "change_person"]
    assert json.loads(entry.before) == {"role": "host"}
    assert json.loads(entry.after) == {"name": "changed", "role": "office"}


def test_a_kind_of_record_that_is_not_listed_shows_no_value(app, now):
    with transaction():
        service.note("act", "letter", 1, after={"status": "secret"}, now=now)
    assert json.loads(entries()[-1].after) == {"status": "changed"}


def test_an_act_that_changed_nothing_leaves_no_entry(app, now):
    with transaction():
        service.note("act", "activity", 1, before={"status": "draft"}, after={"status": "draft"}, now=now)
    assert not entries()


def test_what_is_rolled_back_leaves_no_entry(app, now):
    with pytest.raises(ZeroDivisionError), transaction():
        service.note("act", "activity", 1, now=now)
        raise ZeroDivisionError
    assert not entries()


def test_outside_of_tests_an_act_needs_a_door(app, now, monkeypatch):
    monkeypatch.setattr(acting, "_unknown_is_fine", [])
    with pytest.raises(RuntimeError, match="who acts"), transaction():
        service.note("act", "activity", 1, now=now)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_entry SET act = 'other'",
        "DELETE FROM journal_entry",
        "UPDATE journal_entry SET actor = NULL WHERE id = (SELECT max(id) FROM journal_entry)",
    ],
)
def test_the_database_refuses_to_change_or_delete_an_entry(app, now, statement):
    with transaction():
        service.note("act", "activity", 1, now=now)
    with pytest.raises(sa.exc.DBAPIError, match="only grows"), transaction():
        db.session.execute(sa.text(statement))
    assert [one.act for one in entries()] == ["act"]


def test_an_entry_cannot_be_replaced_or_the_table_emptied_in_one_go(app, now):
    with transaction():
        service.note("act", "activity", 1, now=now)
    entry = entries()[0]
    sqlite = db.engine.dialect.name == "sqlite"
    trick = (
        "INSERT OR REPLACE INTO journal_entry (id, at, door, act, subject, subject_id) "
        "VALUES (:id, '2026-01-01', 'web', 'other', 'activity', 1)"
    )
    with pytest.raises(sa.exc.DBAPIError, match="only grows"), transaction():
        db.session.execute(sa.text(trick if sqlite else "TRUNCATE journal_entry"), {"id": entry.id} if sqlite else {})
    assert [one.act for one in entries()] == ["act"]
