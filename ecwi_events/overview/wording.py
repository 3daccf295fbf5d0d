"""The sentences of an overview, and the figure tokens in its texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ecwi_events.kernel.numbers import capital, in_words, plural, qualified

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecwi_events.overview.statistics import Figure

    Figures = Mapping[str, Figure]

_TOKEN = re.compile(r"\{([^{}\n]{1,80})\}")


def sentences(figures: Figures, year: int, postponed: Sequence[tuple[str, str | None]]) -> dict[str, str | None]:
    """Return the finished sentences; one that cannot be said is None.

    Args:
        figures: the concluded figures by id.
        year: the year of the overview.
        postponed: title and new date of each postponed PLA.
    """
    return {
        "key": key_sentence(figures, year),
        "organized": organized_sentence(figures),
        "cumulative": cumulative_sentence(figures),
        "network": network_sentence(figures),
        "postponed": postponed_sentence(postponed),
    }


def key_sentence(figures: Figures, year: int) -> str | None:
    """Return ``six PLAs involving 31 ISSA Members from 18 countries``."""
    supported = figures.get("plas_supported")
    if supported is None:
        return None
    if supported.whole == 0:
        return f"No PLAs were supported in {year}"
    sentence = _count(supported, "PLA", "PLAs")
    members, countries = figures.get("members_involved"), figures.get("countries_of_members_involved")
    if members and members.whole:
        sentence += f" involving {_count(members, 'ISSA Member', 'ISSA Members')}"
        if countries and countries.whole:
            sentence += f" from {_count(countries, 'country', 'countries')}"
    return sentence


def organized_sentence(figures: Figures) -> str | None:
    """Return ``Five of the PLAs were organized by Members``, and its forms for all, one, none, and of one PLA."""
    supported, by_members = figures.get("plas_supported"), figures.get("plas_organized_by_members")
    if supported is None or by_members is None or supported.whole == 0 or by_members.chosen.qualifier != "exact":
        return None
    return organized(by_members.whole, supported.whole)


def organized(by_members: int, supported: int) -> str:
    """Return the sentence for how many of the PLAs Members organized."""
    if supported == 1:
        return "The PLA was organized by a Member" if by_members else "The PLA was not organized by a Member"
    if by_members == 0:
        return "None of the PLAs was organized by a Member"
    if by_members == supported:
        return f"All {in_words(supported)} PLAs were organized by Members"
    if by_members == 1:
        return "One of the PLAs was organized by a Member"
    if in_words(by_members).isalpha():
        return f"{capital(in_words(by_members))} of the PLAs were organized by Members"
    return f"Of the {in_words(supported)} PLAs, {in_words(by_members)} were organized by Members"


def cumulative_sentence(figures: Figures) -> str | None:
    """Return ``62 PLAs and more than 13,000 professionals in the past 12 years``."""
    plas, people, years = (
        figures.get(f"{name}") for name in ("cumulative_plas", "cumulative_professionals", "window_years")
    )
    if plas is None or people is None or years is None:
        return None
    return (
        f"{_count(plas, 'PLA', 'PLAs')} and {people.printed} professionals in the past {_count(years, 'year', 'years')}"
    )


def network_sentence(figures: Figures) -> str | None:
    """Return ``over 85 organizations from 41 countries``."""
    members, countries = figures.get("network_members"), figures.get("network_countries")
    if members is None or members.whole == 0:
        return None
    sentence = _count(members, "organization", "organizations")
    return f"{sentence} from {_count(countries, 'country', 'countries')}" if countries and countries.whole else sentence


def postponed_sentence(postponed: Sequence[tuple[str, str | None]]) -> str | None:
    """Return who was postponed, with the new dates as far as they are known."""
    if not postponed:
        return None
    named = [f"“{title}”" + (f" (new date: {when})" if when else "") for title, when in postponed]
    if len(named) == 1:
        return f"One PLA was postponed: {named[0]}"
    words = in_words(len(named))
    return f"{capital(words) if words.isalpha() else 'Several'} PLAs were postponed: {'; '.join(named)}"


def fill(text: str, figures: Figures) -> tuple[str, list[str]]:
    """Return a text with its figure tokens filled in, and the tokens that could not be.

    ``{id}`` gives the printed figure, ``{id|words}`` small numbers in words, ``{id|Words}`` the same with a capital.
    """
    unresolved: list[str] = []

    def replace(found: re.Match[str]) -> str:
        name, _, form = found[1].partition("|")
        figure = figures.get(name.strip())
        words = _in_form(figure, form.strip()) if figure else None
        if words is None:
            unresolved.append(found[0])
            return found[0]
        return words

    return _TOKEN.sub(replace, text), unresolved


def _in_form(figure: Figure, form: str) -> str | None:
    if form == "":
        return figure.printed
    if form not in {"words", "Words"} or figure.chosen.value is None:
        return None
    words = (
        in_words(figure.whole)
        if figure.chosen.qualifier == "exact" and not figure.definition.is_money
        else figure.printed
    )
    return capital(words) if form == "Words" else words


def _count(figure: Figure, one: str, many: str) -> str:
    """Return ``six PLAs``, ``31 ISSA Members``, ``over 85 organizations``: small exact numbers in words."""
    if figure.chosen.qualifier != "exact":
        return f"{qualified(figure.whole, figure.chosen.qualifier)} {plural(figure.whole, one, many)}"
    return f"{in_words(figure.whole)} {plural(figure.whole, one, many)}"
