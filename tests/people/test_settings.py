"""What people say about themselves, and what follows from it."""

from datetime import date

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound
from ecwi_events.mail import stopping
from ecwi_events.mail.kinds import Topic
from ecwi_events.people import settings
from ecwi_events.people.models import Affiliation, Person
from ecwi_events.people.settings import EarlierWork, Settings
from tests import make
from tests.make import NOW

TODAY = date(2026, 11, 21)


def change(person, *, today=TODAY, **fields):
    with transaction():
        settings.change_settings(person, Settings(**{"name": "Olena Koval", **fields}), today=today, now=NOW)


def test_a_change_of_work_keeps_where_somebody_worked_before(app):
    make.make_organisation("Example Network")
    person = make.make_person(organisation="Example Network")
    change(person, organisation="Elsewhere")
    change(person, organisation="example NETWORK", today=date(2027, 1, 1))
    assert settings.earlier_work(person) == [
        EarlierWork("Elsewhere", date(2026, 11, 21), date(2026, 12, 31)),
        EarlierWork("Example Network", None, date(2026, 11, 20)),
    ]
    assert settings.get_profile(person).organisation == "Example Network"


def test_a_correction_a_first_word_and_a_second_thought_are_no_change_of_work(app):
    person = make.make_person()
    change(person, organisation="Elswhere")
    assert settings.earlier_work(person) == []
    change(person, organisation="Elsewhere", is_correction=True)
    change(person, organisation="Elsewhere")
    assert settings.earlier_work(person) == []
    change(person, organisation="Other")
    change(person, organisation="Another")
    assert [work.organisation for work in settings.earlier_work(person)] == ["Elsewhere"]
    change(person, organisation="")
    assert settings.get_profile(person).organisation == ""


def test_old_zone_names_are_kept_as_new_ones_and_what_is_searched_follows_the_name(app):
    person = make.make_person()
    change(
        person,
        name="Іван Франко",
        organisation="Ліцей",
        zone="Europe/Kiev",
        country="UA",
        language="uk",
        stopped=frozenset({Topic.REMINDERS}),
    )
    row = db.session.get(Person, person)
    assert (row.zone, row.country, row.language) == ("Europe/Kyiv", "UA", "uk")
    assert stopping.stopped_topics(person) == {Topic.REMINDERS}
    assert (row.folded, row.organisation_folded) == ("ivan franko", "litsei")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "x" * 201), ("name", "http://spam.example buy"), ("name", "123"), ("country", "ZZ"),
        ("language", "klingon"), ("zone", "Mars/Olympus"), ("organisation", "x" * 201),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_at_its_field_and_nothing_is_saved(app, field, value):
    person = make.make_person()
    with pytest.raises(Invalid) as caught:
        change(person, **{"country": "UA", field: value})
    assert list(caught.value.fields) == [field]
    assert db.session.get(Person, person).country is None


@pytest.mark.parametrize(
    "name", ["Я", "x" * 200, "שרה כהן", "<b>Ana</b> O'Neil", "Ana\x00\u202e Kovač\u0085", "Ng", "李"]
)
def test_unusual_names_are_names(app, name):
    person = make.make_person()
    change(person, name=name)
    kept = settings.get_profile(person).name
    assert kept
    assert not any(c in kept for c in "\x00\u202e\u0085")


def test_nobody_has_no_settings(app):
    with pytest.raises(NotFound):
        settings.get_profile(999_999)
    with pytest.raises(NotFound):
        change(999_999)


def test_the_database_refuses_work_that_ends_before_it_begins(app):
    person = make.make_person()
    with pytest.raises(sa.exc.IntegrityError), transaction():
        db.session.add(Affiliation(person_id=person, from_on=date(2020, 1, 2), to_on=date(2020, 1, 1)))
