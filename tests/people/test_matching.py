"""Typed organisations wait for the office, with suggestions; nothing is matched by itself."""

import pytest

from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.people import matching, queries, settings
from tests import make
from tests.make import NOW


@pytest.fixture
def typed(app):
    body = make.make_organisation("Ukrainian Step by Step Foundation")
    make.make_organisation("Centre of Early Childhood Intervention Voinicel")
    people = [
        make.make_person(f"Person {spelling}", organisation=spelling)
        for spelling in ("Ukrainian Step-by-Step Foundaton", "UKRAINIAN step-by-step foundaton", "Dom")
    ]
    return body, people


def test_typed_names_are_grouped_whatever_their_case_and_the_nearest_organisation_is_suggested(typed):
    names, total = matching.names_to_match()
    assert total == matching.number_to_match() == 2
    assert [(one.folded, one.people) for one in names] == [("ukrainian step-by-step foundaton", 2), ("dom", 1)]
    assert [(one.name, one.likeness) for one in names[0].suggestions[:1]] == [
        ("Ukrainian Step by Step Foundation", "almost the same")
    ]
    assert names[1].suggestions == []


def test_another_script_is_near_too(app):
    make.make_organisation("Fundatsiia Krok za krokom")
    make.make_person("Olena", organisation="Фундація Крок за кроком, Київ")
    assert matching.names_to_match()[0][0].suggestions[0].name == "Fundatsiia Krok za krokom"


def test_it_is_this_one_gives_everybody_their_organisation_and_the_name_is_known_from_now_on(typed):
    body, people = typed
    with transaction():
        assert matching.take_as("ukrainian step-by-step foundaton", body, now=NOW) == 2
    assert [settings.get_profile(person).organisation_id for person in people] == [body, body, None]
    assert queries.find_organisation_id("Ukrainian Step-by-step Foundaton") == body
    assert settings.earlier_work(people[0]) == []
    with pytest.raises(NotFound), transaction():
        matching.take_as("ukrainian step-by-step foundaton", body, now=NOW)


def test_a_new_organisation_is_made_of_the_typed_name(typed):
    _, people = typed
    with transaction():
        made = matching.make_new("dom", country=None, now=NOW)
    assert settings.get_profile(people[2]).organisation_id == made
    assert matching.number_to_match() == 1


def test_left_as_text_nobody_is_asked_again(typed):
    _, people = typed
    with transaction():
        matching.leave_as_text("dom", by_person_id=None, now=NOW)
    make.make_person("Another", organisation="DOM")
    assert [one.folded for one in matching.names_to_match()[0]] == ["ukrainian step-by-step foundaton"]
    assert settings.get_profile(people[2]).organisation == "Dom"


def test_names_that_nobody_typed_and_organisations_that_are_none_are_refused(typed):
    body, _ = typed
    for act in (
        lambda: matching.take_as("nobody typed this", body, now=NOW),
        lambda: matching.take_as("", body, now=NOW),
        lambda: matching.take_as("dom", 999_999, now=NOW),
        lambda: matching.make_new("nobody typed this", country=None, now=NOW),
        lambda: matching.leave_as_text("nobody typed this", by_person_id=None, now=NOW),
    ):
        with pytest.raises((NotFound, Refused)), transaction():
            act()
    assert matching.number_to_match() == 2


def test_one_name_costs_as_many_queries_as_three(typed, asked):
    asked.clear()
    matching.names_to_match()
    before = len(asked)
    for number in range(3):
        make.make_person(f"More {number}", organisation=f"More {number}")
    asked.clear()
    matching.names_to_match()
    assert len(asked) == before
