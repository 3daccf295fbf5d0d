"""From facts to a snapshot: pure, step by step, telling how far it is."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from ecwi_events.kernel import countries
from ecwi_events.overview import editorial, wording
from ecwi_events.overview.profiles import paragraphs, profiles
from ecwi_events.overview.snapshot import SCHEMA
from ecwi_events.overview.statistics import DEFINITIONS, DEFINITIONS_VERSION, WEBINAR_FIGURES, Figure, Value, conclude
from ecwi_events.programme.models import ActivityStatus, OrganisationRole

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecwi_events.overview.facts import Facts

    Tell = Callable[[int, str], None]

COUNTING_FROM = 1  # step 0 reads the records
STEPS = COUNTING_FROM + len(DEFINITIONS) + 3  # then pages, checks, writing
HEADLINE = (
    "plas_supported", "members_involved", "countries_of_members_involved", "investment", "unique_people", "attendances",
)  # fmt: skip
TEXTS = ("about", "introduction", "join", "support", "how_we_count")
LANGUAGES = {"en": "English", "uk": "Ukrainian", "ru": "Russian", "fr": "French", "es": "Spanish", "nl": "Dutch"}


def compile_snapshot(facts: Facts, tell: Tell) -> dict[str, Any]:
    """Return the snapshot of a year, without the edition's number.

    Args:
        facts: what it is counted from.
        tell: called before each step with its number and what is being done, in words.
    """
    figures: dict[str, Figure] = {}
    for place, definition in enumerate(DEFINITIONS):
        tell(COUNTING_FROM + place, f"Counting: {place + 1} of {len(DEFINITIONS)}")
        if figure := conclude(definition, facts):
            figures[definition.id] = figure
    tell(STEPS - 3, f"Writing {len(facts.supported)} pages")
    texts, unresolved = _texts(facts, figures)
    content = _frame(facts) | {
        "texts": texts,
        "sentences": wording.sentences(figures, facts.year, _postponed(facts)),
        "figures": [_figure(figure, facts.year) for figure in figures.values()],
        "headline": [name for name in HEADLINE if name in figures],
        "profiles": profiles(facts, facts.supported),
        "continued": profiles(facts, [pla for pla in facts.active if pla.home_year < facts.year]),
        "webinars": _webinars(facts, figures),
        "hosts": _hosts(facts),
        "supporters": [{"name": name} for name in _supporters(facts)],
    }
    tell(STEPS - 2, "Checking the texts and figures")
    return content | {
        "warnings": [remark.as_entry() for remark in editorial.warnings(facts, figures)],
        "errors": [remark.as_entry() for remark in editorial.errors(facts, unresolved)],
    }


def _frame(facts: Facts) -> dict[str, Any]:
    texts = facts.texts
    return {
        "schema": SCHEMA,
        "year": facts.year,
        "language": "en",
        "as_of": facts.as_of.isoformat(),
        "software": version("ecwi-events"),
        "definitions_version": DEFINITIONS_VERSION,
        "title": texts.get("title") or f"ISSA Peer Learning Activities Overview {facts.year}",
        "series": texts.get("series") or "ISSA Peer Learning Activities",
        "publisher": texts.get("publisher") or "International Step by Step Association",
        "contact": {
            "email": texts.get("contact_email", ""),
            "web": texts.get("contact_web", ""),
            "address": texts.get("contact_address", "").splitlines(),
            "social": texts.get("contact_social", "").splitlines(),
        },
    }


def _texts(facts: Facts, figures: dict[str, Figure]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    filled: dict[str, str] = {}
    unresolved: list[tuple[str, str]] = []
    for block in TEXTS:
        if text := facts.texts.get(block):
            words, missing = wording.fill("\n\n".join(paragraphs(text)), figures)
            filled[block] = words
            unresolved += [(block, token) for token in missing]
    return filled, unresolved


def _postponed(facts: Facts) -> list[tuple[str, str | None]]:
    return [(pla.title, pla.replanned) for pla in facts.supported if pla.status is ActivityStatus.POSTPONED]


def _figure(figure: Figure, year: int) -> dict[str, Any]:
    definition, chosen = figure.definition, figure.chosen
    return {
        "id": definition.id,
        "label": definition.label_for(figure.value),
        "long_label": definition.long_label.format(year=year),
        "value": figure.value,
        "printed": figure.printed,
        "unit": definition.unit,
        "kind": chosen.kind,
        "qualifier": chosen.qualifier,
        "version": definition.version,
        "rule": definition.rule,
        "privacy": definition.privacy,
        "source": chosen.source,
        "note": chosen.note,
        "as_of": chosen.as_of.isoformat() if chosen.as_of else None,
        "basis": chosen.basis,
        "complete": chosen.complete,
        "parts": [{"label": part.label, "value": part.value, "printed": part.printed} for part in chosen.parts],
        "alternatives": [_alternative(figure, other) for other in figure.alternatives],
        "inputs": _inputs(chosen),
    }


def _alternative(figure: Figure, other: Value) -> dict[str, Any]:
    return {
        "kind": other.kind,
        "value": None if other.value is None else figure.definition.shown(other.value),
        "printed": figure.definition.printed(other),
        "source": other.source,
        "note": other.note,
        "inputs": _inputs(other),
    }


def _inputs(value: Value) -> list[dict[str, Any]]:
    return [
        {"kind": entry.kind, "id": entry.id} | ({"label": entry.label} if entry.label else {}) for entry in value.inputs
    ]


def _webinars(facts: Facts, figures: dict[str, Figure]) -> dict[str, Any]:
    rows = [
        {
            "activity_id": webinar.id,
            "date": session.day.isoformat(),
            "title": session.title,
            "language": LANGUAGES.get(session.language, session.language),
            "people": len(facts.present([session])) if facts.seen([session]) else None,
        }
        for webinar in facts.webinars
        for session in facts.held(webinar)
    ]
    return {
        "rows": sorted(rows, key=lambda row: (row["date"], row["title"])),
        "figures": [name for name in WEBINAR_FIGURES if name in figures],
    }


def _hosts(facts: Facts) -> list[dict[str, Any]]:
    return [
        {
            "organisation": role.organisation.name,
            "country_code": role.organisation.country,
            "country": countries.label(role.organisation.country),
            "role": role.role.value,
            "activity": pla.title,
        }
        for pla in facts.supported
        for role in pla.roles
        if role.role in {OrganisationRole.HOST, OrganisationRole.CO_HOST}
    ]


def _supporters(facts: Facts) -> list[str]:
    thanked = facts.texts.get("supporters", "").splitlines()
    funders = [
        role.organisation.name for pla in facts.supported for role in pla.roles if role.role is OrganisationRole.FUNDER
    ]
    return list(dict.fromkeys([*thanked, *funders]))
