"""Finding people: case, accents, script and the parts of a word do not matter."""

import pytest

from ecwi_events.kernel.db import transaction
from ecwi_events.people import organisations, searching
from ecwi_events.people.searching import search_people
from tests import make
from tests.make import NOW


def found(query, **more):
    return [person.name for person in search_people(query, **more).people]


@pytest.fixture
def crowd(app):
    body = make.make_organisation("Фундація «Крок за кроком»")
    with transaction():
        organisations.add_name(body, "Step by Step Foundation", "en", now=NOW)
    make.make_person("Олена Коваль", "olena@people.example", organisation="Фундація «Крок за кроком»")
    make.make_person("José Núñez", "jose@zażółć.example", organisation="Élan 100%")
    make.make_person("Ștefan Žižek", "ivan@people.example")
    return body


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("koval", ["Олена Коваль"]),
        ("КОВ ОЛЕ", ["Олена Коваль"]),  # noqa: RUF001 - Cyrillic on purpose
        ("nunez", ["José Núñez"]),
        ("stefan ZIZ", ["Ștefan Žižek"]),
        ("step by", ["Олена Коваль"]),
        ("krok", ["Олена Коваль"]),
        ("Елан", ["José Núñez"]),
        ("olena@people", ["Олена Коваль"]),
        ("zazolc", ["José Núñez"]),
        ("100%", ["José Núñez"]),
        ("_", []),
        ("%", ["José Núñez"]),
        ("koval nunez", []),
        ("'; DROP TABLE person; --", []),
        ("\x00\u202e", ["José Núñez", "Олена Коваль", "Ștefan Žižek"]),
        ("", ["José Núñez", "Олена Коваль", "Ștefan Žižek"]),
    ],
)
def test_people_are_found_by_parts_of_name_organisation_and_address(crowd, query, names):
    assert found(query) == names


def test_a_new_name_of_an_organisation_is_found_at_once(crowd):
    with transaction():
        organisations.change_facts(crowd, organisations.Facts("Kroku Centre"), now=NOW)
    assert found("kroku") == found("krok za") == ["Олена Коваль"]


def test_a_page_holds_twenty_and_says_how_many_there_are(app):
    for number in range(23):
        make.make_person(f"Person {number:02}")
    first, second = search_people("person"), search_people("person", page=2)
    assert (len(first.people), first.total, first.pages) == (20, 23, 2)
    assert [person.name for person in second.people] == ["Person 20", "Person 21", "Person 22"]
    assert search_people("person", page=9).page == 1


def test_one_person_costs_as_many_queries_as_three(crowd, asked):
    asked.clear()
    search_people("koval")
    one = len(asked)
    asked.clear()
    search_people("")
    assert len(asked) == one == 2
    assert searching.find_person(999_999) is None
