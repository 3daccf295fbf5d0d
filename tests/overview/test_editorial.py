"""Each check says something, and is silent where all is well."""

from dataclasses import replace
from datetime import date

import pytest

from ecwi_events.overview import editorial, profiles
from ecwi_events.overview.compiling import compile_snapshot
from ecwi_events.overview.facts import ComponentFact
from ecwi_events.overview.models import Basis
from ecwi_events.overview.snapshot import canonical, public
from ecwi_events.overview.unnamed import SOURCE, unnamed, unnamed_figures
from ecwi_events.programme.models import ActivityStatus as Status
from ecwi_events.programme.models import Format, OutcomeKind, Visibility
from tests.overview.conftest import quiet
from tests.overview.facts_by_hand import activity, body, declared, facts, figures, money

TEXTS = {"about": "A", "introduction": "{plas_supported} PLAs", "join": "J", "contact_email": "a@b.example"}
HOST = body("A host")


def good(**values):
    plain = {
        "strapline": f"A strapline {values.get('title', '')}", "description": "Text.", "structure_note": "weekly",
        "outcomes": ((OutcomeKind.ACHIEVED, "Something"),), "period_start": date(2024, 1, 1),
        "period_end": date(2024, 2, 1), "status": Status.COMPLETED,
    }  # fmt: skip
    return activity(values.pop("host", HOST), **(plain | values))


def remarks(known):
    snapshot = compile_snapshot(replace(known, texts=TEXTS | known.texts), quiet)
    return [entry["code"] for entry in snapshot["errors"]], [entry["code"] for entry in snapshot["warnings"]]


def test_a_good_year_has_nothing_to_say():
    assert remarks(facts(good())) == ([], [])


@pytest.mark.parametrize(
    ("known", "code"),
    [
        (facts(good(period_end=None)), "period_error"),
        (facts(good(host=None)), "missing_host"),
        (facts(good(), texts={"join": "See {nothing}"}), "unresolved_token"),
    ],
)
def test_errors_stop(known, code):
    assert remarks(known)[0] == [code]


@pytest.mark.parametrize(
    ("known", "code"),
    [
        (facts(good(strapline="Same"), good(strapline="same", title="B")), "duplicate_strapline"),
        (facts(good(title="One", strapline="a"), good(title="one", strapline="b")), "duplicate_title"),
        (facts(good(), texts={"about": ""}), "missing_section"),
        (facts(good(outcomes=())), "missing_on_page"),
        (facts(good(description="2 sessions, 2 hours of each")), "typing"),
        (facts(good(), texts={"about": "31ISSA Members"}), "typing"),
        (facts(good(), texts={"about": "They organised it."}), "typing"),
        (facts(good(), texts={"join": "Same"}, texts_before={"join": "Same"}), "stale_text"),
        (facts(good(status=Status.POSTPONED, period_start=None, period_end=None)), "postponed_without_date"),
        (facts(good(), declared=(declared("plas_supported", 7),)), "declared_beside_computed"),
    ],
)
def test_warnings_ask_for_a_look(known, code):
    assert remarks(known)[1] == [code]


def test_what_is_not_for_everybody_is_pointed_at_and_by_invitation_it_loses_its_words():
    members = good(title="Only us", visibility=Visibility.MEMBERS)
    invited = good(title="A quiet circle", visibility=Visibility.INVITED, replanned="in May in Ljubljana")
    once_more = good(title="Another", visibility=Visibility.INVITED)
    known = facts(*unnamed((members, invited, once_more)))
    snapshot = compile_snapshot(replace(known, texts=TEXTS), quiet)
    assert [entry["code"] for entry in snapshot["warnings"]] == ["members_only", "by_invitation", "by_invitation"]
    assert "“A quiet circle” is by invitation." in snapshot["warnings"][1]["message"]
    shown = public(snapshot)
    assert [page["title"] for page in shown["profiles"]] == [
        "Only us", "An activity by invitation", "An activity by invitation (2)",
    ]  # fmt: skip
    printed = canonical(shown)
    assert "A strapline Only us" in printed
    for words in ("quiet circle", "Another", "Ljubljana"):
        assert words not in printed
    assert shown["profiles"][1]["outcomes"] == shown["profiles"][1]["paragraphs"] == []
    assert figures(known)["plas_supported"].value == 3


def test_the_reported_numbers_of_an_activity_by_invitation_lose_their_words_too():
    (pla,) = unnamed([good(visibility=Visibility.INVITED)])
    open_one = good()
    rows = [
        declared("participants", 8, activity_id=one.id, label="Roma mediators", source="their report", note="Secret")
        for one in (pla, open_one)
    ]
    hidden, told = unnamed_figures(rows, [pla, open_one])
    assert (hidden.value, hidden.label, hidden.source, hidden.note) == (8, "", SOURCE, None)
    assert told == rows[1]


def test_an_unknown_basis_is_a_warning_and_a_known_one_is_not():
    pla = good(records_complete=False)
    unknown = facts(pla, declared=(declared("participants", 8, activity_id=pla.id),))
    known = facts(pla, declared=(declared("participants", 8, activity_id=pla.id, basis=Basis.PEOPLE),))
    assert "unknown_basis" in remarks(unknown)[1]
    assert "unknown_basis" not in remarks(known)[1]


def test_amounts_without_a_rate_are_pointed_at():
    pla = good()
    known = money(pla.id, 100, currency="MDL", rate_millionths=20_000_000)
    assert remarks(facts(pla, money=(known,)))[1] == []
    assert remarks(facts(pla, money=(money(pla.id, 100, currency="MDL"),)))[1] == ["mixed_currencies"]


def test_an_end_that_lies_ahead_is_no_error():
    pla = good(status=Status.RUNNING, period_end=date(2030, 1, 1))
    assert remarks(facts(pla))[0] == []


def test_a_declared_figure_that_agrees_is_no_news():
    known = facts(good(), declared=(declared("plas_supported", 1),))
    assert editorial.warnings(replace(known, texts=TEXTS), figures(known)) == []


def test_an_own_wording_is_printed_marked_and_compared_with_the_data():
    own = {"structure_wording": "4 webinars and a visit", "period_wording": "Spring 2024"}
    pla = good(components=(ComponentFact(Format.WEBINAR, 5, 60, None),), **own)
    (page,) = profiles.profiles(facts(pla), [pla])
    assert page["period"] == "Spring 2024"
    assert {fact["label"]: (fact["value"], fact["kind"]) for fact in page["facts"]}["Structure"] == (
        "4 webinars and a visit", "override",
    )  # fmt: skip
    said = [
        entry.message for entry in editorial.warnings(facts(pla), figures(facts(pla))) if entry.code == "own_wording"
    ]
    assert said == [f"“{pla.title}”: The own wording says 4 webinars, and there are 5."]
