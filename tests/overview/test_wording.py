import pytest

from ecwi_events.overview import wording
from ecwi_events.overview.models import Qualifier
from tests.overview.facts_by_hand import activity, body, declared, facts, figures

MEMBER = body("A Member")


def figures_of(plas=6, members=31, countries=18, *, qualifier=Qualifier.EXACT):
    rows = [
        declared("members_involved", members, qualifier=qualifier),
        declared("countries_of_members_involved", countries),
    ]
    known = facts(*(activity(body(spells=()), records_complete=False) for _ in range(plas)), declared=tuple(rows))
    return figures(known)


@pytest.mark.parametrize(
    ("plas", "members", "countries", "sentence"),
    [
        (6, 31, 18, "six PLAs involving 31 ISSA Members from 18 countries"),
        (11, 9, 1, "11 PLAs involving nine ISSA Members from one country"),
        (1, 1, 1, "one PLA involving one ISSA Member from one country"),
        (10, 10, 10, "ten PLAs involving ten ISSA Members from ten countries"),
    ],
)
def test_key_sentence(plas, members, countries, sentence):
    assert wording.key_sentence(figures_of(plas, members, countries), 2024) == sentence


def test_a_lower_bound_is_said_in_the_key_sentence():
    sentence = wording.key_sentence(figures_of(qualifier=Qualifier.MORE_THAN), 2024)
    assert sentence == "six PLAs involving more than 31 ISSA Members from 18 countries"


def test_without_members_known_the_key_sentence_is_short():
    known = figures_of()
    del known["members_involved"]
    assert wording.key_sentence(known, 2024) == "six PLAs"


def test_without_plas_there_is_a_sentence_and_without_knowledge_none():
    known = figures(facts(activity(MEMBER, home_year=2019), year=2020))
    assert wording.key_sentence(known, 2020) == "No PLAs were supported in 2020"
    assert wording.organized_sentence(known) is None
    assert wording.key_sentence({}, 2020) is None
    assert wording.cumulative_sentence({}) is None
    assert wording.network_sentence({}) is None


@pytest.mark.parametrize(
    ("by_members", "plas", "sentence"),
    [
        (5, 6, "Five of the PLAs were organized by Members"),
        (6, 6, "All six PLAs were organized by Members"),
        (14, 14, "All 14 PLAs were organized by Members"),
        (1, 6, "One of the PLAs was organized by a Member"),
        (0, 6, "None of the PLAs was organized by a Member"),
        (1, 1, "The PLA was organized by a Member"),
        (0, 1, "The PLA was not organized by a Member"),
        (12, 14, "Of the 14 PLAs, 12 were organized by Members"),
    ],
)
def test_organized_by_members(by_members, plas, sentence):
    assert wording.organized(by_members, plas) == sentence
    assert not sentence[0].isdigit()


@pytest.mark.parametrize(
    ("postponed", "sentence"),
    [
        ([], None),
        ([("A", None)], "One PLA was postponed: “A”"),
        ([("A", "Autumn 2023")], "One PLA was postponed: “A” (new date: Autumn 2023)"),
        ([("A", None), ("B", "May 2025")], "Two PLAs were postponed: “A”; “B” (new date: May 2025)"),
    ],
)
def test_postponed(postponed, sentence):
    assert wording.postponed_sentence(postponed) == sentence


@pytest.mark.parametrize(
    ("text", "filled", "unresolved"),
    [
        ("{plas_supported|words} PLAs", "six PLAs", []),
        ("{plas_supported|Words} PLAs", "Six PLAs", []),
        ("{ members_involved } Members", "31 Members", []),
        ("{members_involved|words}", "31", []),
        ("{no_such_figure}", "{no_such_figure}", ["{no_such_figure}"]),
        ("{plas_supported|shouted}", "{plas_supported|shouted}", ["{plas_supported|shouted}"]),
        ("{investment}", "{investment}", ["{investment}"]),
        ("a {brace", "a {brace", []),
        ("{plas_supported}{plas_supported}", "66", []),
    ],
)
def test_tokens(text, filled, unresolved):
    assert wording.fill(text, figures_of()) == (filled, unresolved)
