"""The transaction that a door opens, and the types that keep promises."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from ecwi_events.kernel import db as kernel_db
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, Refused
from ecwi_events.kernel.integrity import explain
from ecwi_events.people.models import Person
from ecwi_events.work import service as work
from tests.make import NOW, make_person

pytestmark = pytest.mark.usefixtures("app")


def names():
    return db.session.scalars(sa.select(Person.name)).all()


def person(name="Ana", at=NOW):
    return Person(name=name, created_at=at)


def test_it_commits_on_success_and_rolls_back_on_error():
    with transaction() as session:
        session.add(person("Ana"))
    with pytest.raises(ZeroDivisionError), transaction() as session:
        session.add(person("Bo"))
        session.flush()
        raise ZeroDivisionError
    assert names() == ["Ana"]


def test_it_refuses_to_nest():
    with pytest.raises(RuntimeError, match="does not nest"), transaction(), transaction():
        pass


def test_it_refuses_rows_that_were_changed_outside():
    db.session.add(person())
    with pytest.raises(RuntimeError, match="outside"), transaction():
        pass
    db.session.rollback()


def test_statements_that_change_rows_are_refused_outside():
    make_person("Olena")
    with pytest.raises(RuntimeError, match="outside"):
        db.session.execute(sa.update(Person).values(name="Nobody"))
    db.session.rollback()
    assert db.session.scalar(sa.select(Person.name)) == "Olena"


def test_it_works_after_a_read():
    make_person("Ana")
    assert names() == ["Ana"]
    with transaction() as session:
        session.add(person("Bo"))
    assert sorted(names()) == ["Ana", "Bo"]


def test_the_bell_rings_after_the_commit_and_only_for_work():
    rung = []
    before = list(kernel_db._after_commit)
    kernel_db.when_work_is_committed(lambda _queues: rung.append(names()))
    try:
        with transaction() as session:
            session.add(person("Ana"))
        assert rung == []
        with transaction() as session:
            session.add(person("Bo"))
            work.put("sing", 1, dedup_key="a", now=NOW)
            assert rung == []
        assert [sorted(seen) for seen in rung] == [["Ana", "Bo"]]
        with pytest.raises(ZeroDivisionError), transaction():
            work.put("sing", 1, dedup_key="b", now=NOW)
            raise ZeroDivisionError
        assert len(rung) == 1
    finally:
        kernel_db._after_commit[:] = before


def test_instants_come_back_aware_and_in_utc():
    at = datetime(2026, 7, 1, 12, 0, 0, 5, tzinfo=timezone(timedelta(hours=3)))
    with transaction() as session:
        session.add(person(at=at))
    db.session.expire_all()
    back = db.session.scalars(sa.select(Person.created_at)).one()
    assert back == at
    assert back.tzinfo is UTC


def test_a_naive_datetime_is_refused():
    with pytest.raises(sa.exc.StatementError, match="naive"), transaction() as session:
        session.add(person(at=datetime(2026, 7, 1)))  # noqa: DTZ001 - that is the point
        session.flush()


def test_text_is_clean_when_it_is_stored():
    make_person("A\u0085na \x00\u202eMaria\u2028  K\x0b")
    db.session.expire_all()
    assert names() == ["A na Maria K"]


def test_a_broken_rule_is_translated_once_by_its_constraint():
    explain("uq_email_address_normalised", columns="email_address.normalised", code="address_taken", message="Taken.")
    first, second = make_person("Ana", "ana@a.example"), make_person("Bo", "bo@a.example")
    with pytest.raises(Refused) as refused, transaction() as session:
        session.execute(
            sa.text("UPDATE email_address SET normalised = 'ana@a.example' WHERE person_id = :id"), {"id": second}
        )
    assert (refused.value.code, refused.value.message, first) == ("address_taken", "Taken.", first)


def test_a_line_that_is_too_long_is_refused_alike_on_both_engines():
    with pytest.raises(Invalid, match="Use 200 letters or fewer"), transaction() as session:
        session.add(person("x" * 201))
        session.flush()
    assert names() == []


def test_a_commit_that_need_not_wait_for_the_disk_makes_no_later_one_hasty(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'own.sqlite'}")
    kernel_db.prepare_engine(engine)
    waits = []
    for options in ({}, {"waiting": False}, {"waiting": True}, {"waiting": False}, {}):
        with engine.connect().execution_options(writing=True, **options) as connection, connection.begin():
            waits.append(connection.exec_driver_sql("PRAGMA synchronous").scalar())
    engine.dispose()
    assert waits == [2, 1, 2, 1, 2]  # FULL, NORMAL, ...
