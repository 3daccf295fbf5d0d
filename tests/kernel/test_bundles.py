"""Reads that are asked as one give what they give alone, with every type of column, on both engines."""

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.bundles import Bundle
from ecwi_events.kernel.db import db, run, transaction
from ecwi_events.programme.models import Activity, ActivitySession
from ecwi_events.programme.queries import PAGE_PARTS, WANTED
from ecwi_events.registration import questions
from ecwi_events.registration.models_questions import QuestionKind
from tests import make

IS_WANTED = WANTED.c.id == sa.bindparam("wanted")


@pytest.fixture
def activity_id(app):
    """Words that JSON has to escape, in a script of its own; three sessions that were not made in their order."""
    titles = {"2027-03-30 14:00": "Last", "2027-01-19 14:00": 'First, "quoted" \\ Ünï', "2027-02-16 14:00": "Між"}
    sessions = [make.make_session(title, starts_local=at) for at, title in titles.items()]
    made = make.make_activity("Before", capacity=3, sessions=sessions)
    with transaction():
        db.session.execute(sa.update(Activity).values(languages=("uk", "fr"), sign_up_closes_at=make.NOW))
        question = questions.NewQuestion(
            QuestionKind.CHOICE, "Which group?", "For the rooms", "Red\nGrün", is_required=True
        )
        questions.add_question(made, question, now=make.NOW)
    return made


@pytest.mark.parametrize("name", [*PAGE_PARTS, "asked"])
def test_a_part_gives_what_its_statement_gives_alone(activity_id, name):
    part = (PAGE_PARTS | {"asked": questions.ASKED_PART})[name]
    bundle = Bundle(IS_WANTED, WANTED, **{name: part})
    alone = run(part.where(IS_WANTED), {"wanted": activity_id}).all()
    found = bundle.rows(name, getattr(bundle.find({"wanted": activity_id}), name))
    assert [tuple(row) for row in found] == [tuple(row) for row in alone]
    assert [row._fields for row in found] == [row._fields for row in alone]


def test_a_part_without_rows_is_empty(activity_id):
    bundle = Bundle(IS_WANTED, WANTED, **PAGE_PARTS)
    assert bundle.rows("outcomes", bundle.find({"wanted": activity_id}).outcomes) == []


def test_a_record_that_is_not_there_is_not_found(app):
    assert Bundle(IS_WANTED, WANTED, **PAGE_PARTS).find({"wanted": 987}) is None


def test_a_type_that_nobody_has_spelled_out_is_an_error_at_once():
    table = sa.inspect(ActivitySession).local_table
    with pytest.raises(TypeError, match="comes back from JSON"):
        Bundle(IS_WANTED, WANTED, sums=sa.select(sa.cast(table.c.id, sa.Numeric).label("sum")))
