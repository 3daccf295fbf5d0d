"""Statements that are built once, straight to the driver: the same rows, the same errors as on SQLAlchemy's way."""

import pytest
import sqlalchemy as sa

from ecwi_events.kernel import prepared
from ecwi_events.kernel.db import db, insert_row, insert_unless_there, run, transaction
from ecwi_events.kernel.errors import Invalid
from ecwi_events.people.models import EmailAddress, Person
from ecwi_events.registration.models import Place, Places, Registration
from tests.make import NOW, make_activity, sign_up

_P = sa.inspect(Person).local_table
_R = sa.inspect(Registration).local_table
_PLACES = sa.inspect(Places).local_table
_ALL = sa.select(_R).where(_R.c.place == sa.bindparam("place"), _R.c.created_at <= sa.bindparam("now"))
_HALTED = sa.select(_PLACES.c.id, _PLACES.c.is_halted, sa.literal("x").label("mark")).order_by(_PLACES.c.id)
_RENAME = sa.update(_P).where(_P.c.id == sa.bindparam("person")).values(name=sa.bindparam("new_name"))
_SOME = sa.select(_P.c.name).where(_P.c.id.in_(sa.bindparam("people", expanding=True)))


def usual(statement, parameters=None):
    return db.session.connection().execute(statement, parameters).all()


def test_rows_are_those_of_the_usual_way(app):
    activity_id = make_activity(capacity=1)
    sign_up(activity_id, "Ana Ábel", "ana@prepared.example")
    sign_up(activity_id, "Boris", "boris@prepared.example")
    for parameters in ({"place": Place.CONFIRMED, "now": NOW}, {"place": Place.WAITING, "now": NOW}):
        ours, theirs = run(_ALL, parameters).all(), usual(_ALL, parameters)
        assert [row._asdict() for row in ours] == [row._asdict() for row in theirs]
        assert [[type(value) for value in row] for row in ours] == [[type(value) for value in row] for row in theirs]
        assert len(ours) == 1
    assert run(_ALL, {"place": Place.OFFERED, "now": NOW}).all() == []
    assert [tuple(row) for row in run(_HALTED)] == [tuple(row) for row in usual(_HALTED)]


def test_a_row_is_asked_for_as_usual(app):
    make_activity(), make_activity("Another")
    with pytest.raises(sa.exc.MultipleResultsFound):
        run(_HALTED).one()
    with pytest.raises(sa.exc.MultipleResultsFound):
        run(_HALTED).one_or_none()
    nobody = {"place": Place.CONFIRMED, "now": NOW}
    with pytest.raises(sa.exc.NoResultFound):
        run(_ALL, nobody).one()
    assert (run(_ALL, nobody).first(), run(_ALL, nobody).one_or_none(), run(_ALL, nobody).scalar()) == (
        None,
        None,
        None,
    )
    assert len(run(_HALTED).scalars()) == 2
    assert run(_HALTED).first().mark == "x"


def test_defaults_and_types_of_columns_hold(app):
    with transaction():
        person_id = insert_row(Person, name=" Олена  Коваль\u200f ", created_at=NOW)
    person = db.session.get(Person, person_id)
    assert (person.name, person.language, person.folded) == ("Олена Коваль", "en", "olena koval")
    assert person.created_at == NOW
    with pytest.raises(Invalid), transaction():
        insert_row(Person, name="x" * 201, created_at=NOW)


def test_an_update_says_how_many_rows_it_changed(app):
    with transaction():
        person_id = insert_row(Person, name="Ana", created_at=NOW)
        assert run(_RENAME, {"person": person_id, "new_name": "Anna"}).rowcount == 1
        assert run(_RENAME, {"person": 0, "new_name": "Anna"}).rowcount == 0
    assert db.session.get(Person, person_id).name == "Anna"


def test_a_value_that_is_forgotten_is_no_null(app):
    with pytest.raises(sa.exc.InvalidRequestError, match="new_name"), transaction():
        run(_RENAME, {"person": 1})


def test_a_list_of_values_goes_the_usual_way(app):
    with transaction():
        people = [insert_row(Person, name=name, created_at=NOW) for name in ("Ana", "Boris", "Carla")]
    assert sorted(run(_SOME, {"people": people[:2]}).scalars()) == ["Ana", "Boris"]
    assert run(_SOME, {"people": []}).all() == []


def test_what_the_database_refuses_has_its_usual_name_and_undoes_everything(app):
    with transaction():
        person_id = insert_row(Person, name="Ana", created_at=NOW)
        row = {"person_id": person_id, "address": "ana@prepared.example", "normalised": "ana@prepared.example"}
        assert insert_unless_there(EmailAddress, [row], key=["normalised"])
        assert not insert_unless_there(EmailAddress, [row], key=["normalised"])
    with pytest.raises(sa.exc.IntegrityError) as caught, transaction():
        insert_row(Person, name="Boris", created_at=NOW)
        insert_row(EmailAddress, person_id=-1, address="boris@prepared.example", normalised="boris@prepared.example")
    assert caught.value.params is None  # what is logged of it names no value of ours
    assert db.session.scalars(sa.select(Person.name)).all() == ["Ana"]


def test_nothing_is_changed_outside_of_a_transaction(app):
    with transaction():
        person_id = insert_row(Person, name="Ana", created_at=NOW)
    with pytest.raises(RuntimeError, match="outside"):
        run(_RENAME, {"person": person_id, "new_name": "Anna"})
    db.session.rollback()
    with pytest.raises(RuntimeError, match="outside"):
        insert_row(Person, name="Boris", created_at=NOW)


def test_who_listens_hears_every_statement(app, asked):
    run(_HALTED).all()
    assert len(asked) == 1


def test_a_connection_that_is_lost_costs_one_error_and_leaves_the_pool(app):
    if db.engine.dialect.name == "sqlite":
        return  # nothing between us and the file can be lost
    with pytest.raises(sa.exc.OperationalError) as caught, transaction():
        number = db.session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with db.engine.connect() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({number})")
        run(_HALTED)
    assert caught.value.connection_invalidated
    with transaction():
        assert run(_HALTED).all() == []


def test_statements_are_compiled_once(app):
    run(_HALTED)
    before = prepared._ready.cache_info()
    run(_HALTED), run(_HALTED)
    after = prepared._ready.cache_info()
    assert (after.misses, after.hits) == (before.misses, before.hits + 2)
