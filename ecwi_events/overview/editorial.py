"""Checks before publishing: errors stop a publication, warnings ask for a look."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.overview.models import Basis
from ecwi_events.overview.profiles import parts_of, period_of, structure_of
from ecwi_events.overview.statistics.definition import COMPUTED, DECLARED
from ecwi_events.overview.statistics.people import declared_participants
from ecwi_events.programme import wording
from ecwi_events.programme.models import ActivityStatus, Visibility

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ecwi_events.overview.facts import ActivityFact, Facts
    from ecwi_events.overview.statistics import Figure

SECTIONS = {
    "about": "About", "introduction": "Introduction", "join": "How to join", "contact_email": "Contact",
}  # fmt: skip
_TYPING = (
    (re.compile(r"\b(?:hours?|minutes) of each\b"), "“of each” should be “each”"),
    (re.compile(r"\b\d+(?:ISSA|PLAs?)\b"), "a blank is missing after a number"),
    (re.compile(r"\b\w*(?:rganis|ontextualis|ecognis)(?:e|ed|es|ing|ation|ations)\b"), "the house writes -ize"),
)


@dataclass(frozen=True)
class Remark:
    """Something that an editor should know; ``code`` names the check."""

    code: str
    message: str

    def as_entry(self) -> dict[str, str]:
        """Return it as it stands in a snapshot."""
        return {"code": self.code, "message": self.message}


def errors(facts: Facts, unresolved: Sequence[tuple[str, str]]) -> list[Remark]:
    """Return what stops a publication; ``unresolved`` holds blocks and the tokens that could not be filled in."""
    found = [
        Remark("unresolved_token", f"In the text “{block}” there is no figure for {token}.")
        for block, token in unresolved
    ]
    for pla in _pages(facts):
        start, end = period_of(pla)
        if fault := wording.period_fault(pla.status, start, end, open_end=pla.open_end):
            found.append(Remark("period_error", f"“{pla.office_title}”: {fault}"))
        if pla.host is None:
            found.append(Remark("missing_host", f"“{pla.office_title}” has no host."))
    return found


def warnings(facts: Facts, figures: Mapping[str, Figure]) -> list[Remark]:
    """Return what needs a look, check by check."""
    checks: tuple[Callable[[Facts], Iterator[Remark]], ...] = (
        _not_public, _duplicates, _unknown_basis, _missing_sections, _missing_on_pages, _own_wordings, _typing,
        _stale_texts, _unmarked_sessions,
        _silent_ongoing, _currencies, _postponed_without_date,
    )  # fmt: skip
    return [remark for check in checks for remark in check(facts)] + list(_differences(figures))


def _pages(facts: Facts) -> list[ActivityFact]:
    return [*facts.supported, *(pla for pla in facts.active if pla.home_year < facts.year)]


def _not_public(facts: Facts) -> Iterator[Remark]:
    """What not everybody may see on its own page, and everybody reads in an edition."""
    for activity in [*_pages(facts), *(webinar for webinar in facts.webinars if facts.was_active(webinar))]:
        if activity.is_unnamed:
            message = (
                f"“{activity.office_title}” is by invitation. It is counted and printed as “{activity.title}”, with its "
                "host, period and numbers, without its title and texts. To print them, let everybody see it."
            )
            yield Remark("by_invitation", message)
        elif activity.visibility is Visibility.MEMBERS:
            message = (
                f"“{activity.title}” is for Members only. Publishing makes its title and texts public. To leave them "
                "out, change who may see it to “By invitation”."
            )
            yield Remark("members_only", message)


def _duplicates(facts: Facts) -> Iterator[Remark]:
    for field, code in (("strapline", "duplicate_strapline"), ("title", "duplicate_title")):
        titles: dict[str, list[str]] = defaultdict(list)
        for pla in _pages(facts):
            if text := getattr(pla, field):
                titles[text.casefold()].append(pla.office_title)
        for same in titles.values():
            if len(same) > 1:
                yield Remark(code, f"The same {field} stands on {len(same)} pages: {'; '.join(same)}.")


def _unknown_basis(facts: Facts) -> Iterator[Remark]:
    for pla in _pages(facts):
        rows = declared_participants(facts, pla)
        if any(row.basis is Basis.UNSPECIFIED for row in rows):
            message = f"“{pla.office_title}”: whether the declared participants are people or attendances is not known."
            yield Remark("unknown_basis", message)


def _missing_sections(facts: Facts) -> Iterator[Remark]:
    for block, name in SECTIONS.items():
        if not facts.texts.get(block):
            yield Remark("missing_section", f"The section “{name}” has no text.")


def _missing_on_pages(facts: Facts) -> Iterator[Remark]:
    for pla in _pages(facts):
        there = {
            "description": pla.description or pla.summary, "strapline": pla.strapline, "outcomes": pla.outcomes,
            "structure": structure_of(pla),
        }  # fmt: skip
        missing = [name for name, content in there.items() if not content]
        if missing and not pla.is_unnamed:
            yield Remark("missing_on_page", f"“{pla.office_title}” has no {', no '.join(missing)}.")


def _own_wordings(facts: Facts) -> Iterator[Remark]:
    """What somebody wrote instead of the generated lines, or as components, against the sessions."""
    for pla in _pages(facts):
        components = [wording.Part(part.format, part.count) for part in pla.components]
        sessions = [(session.format, session.minutes) for session in pla.sessions]
        faults = [
            *wording.own_period_faults(pla.period_wording or "", *period_of(pla)),
            *wording.structure_faults(pla.structure_wording or "", parts_of(pla)),
            *wording.component_faults(components, sessions),
        ]
        for words in faults:
            yield Remark("own_wording", f"“{pla.office_title}”: {words}")


def _typing(facts: Facts) -> Iterator[Remark]:
    texts = dict(facts.texts)
    for pla in _pages(facts):
        texts[pla.office_title] = "\n".join(filter(None, (pla.description, pla.strapline, pla.structure_note)))
    for place, text in texts.items():
        for pattern, reason in _TYPING:
            if found := pattern.search(text):
                yield Remark("typing", f"“{place}”, at “{found[0]}”: {reason}.")


def _stale_texts(facts: Facts) -> Iterator[Remark]:
    for block in ("introduction", "join", "support"):
        text = facts.texts.get(block)
        if text and "{" not in text and text == facts.texts_before.get(block):
            yield Remark("stale_text", f"The text “{block}” is the same as last year's.")


def _unmarked_sessions(facts: Facts) -> Iterator[Remark]:
    for pla in facts.active:
        silent = [session for session in facts.held(pla) if not facts.seen([session])]
        if silent and pla.records_complete:
            number = f"{len(silent)} of {len(facts.held(pla))} sessions"
            expected = f" ({facts.registrations[pla.id]} signed up)" if pla.id in facts.registrations else ""
            yield Remark("no_attendance", f"“{pla.office_title}”: nobody marked who was there in {number}{expected}.")


def _silent_ongoing(facts: Facts) -> Iterator[Remark]:
    for pla in facts.plas:
        if pla.status is ActivityStatus.ONGOING and pla.home_year < facts.year and not facts.was_active(pla):
            message = (
                f"“{pla.office_title}” is said to be ongoing, and nothing of {facts.year} is on record, so it is left "
                "out."
            )
            yield Remark("silent_ongoing", message)


def _currencies(facts: Facts) -> Iterator[Remark]:
    homes = {pla.id for pla in facts.supported}
    others = sorted({line.currency for line in facts.money if line.activity_id in homes and line.euro_cents is None})
    if others:
        message = f"Amounts in {', '.join(others)} have no rate, so they are in no sum. Enter the rates."
        yield Remark("mixed_currencies", message)


def _postponed_without_date(facts: Facts) -> Iterator[Remark]:
    for pla in facts.supported:
        if pla.status is ActivityStatus.POSTPONED and not pla.replanned and not pla.is_unnamed:
            yield Remark("postponed_without_date", f"“{pla.office_title}” is postponed, and no new date is given.")


def _differences(figures: Mapping[str, Figure]) -> Iterator[Remark]:
    for figure in figures.values():
        printed = figure.definition.printed
        for other in figure.alternatives:
            kinds = {figure.chosen.kind, other.kind}
            if kinds >= {COMPUTED, DECLARED} and other.value != figure.chosen.value:
                message = (
                    f"{figure.definition.label}: {figure.chosen.kind} is {figure.printed}, "
                    f"{other.kind} is {printed(other)}."
                )
                yield Remark("declared_beside_computed", message)
