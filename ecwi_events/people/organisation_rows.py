"""Organisations as rows of a table: the columns of our files, what a row says, and all organisations as rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel import countries
from ecwi_events.kernel.db import db
from ecwi_events.kernel.text import fold
from ecwi_events.people import organisations, rules
from ecwi_events.people.models import (
    MembershipClass,
    MembershipSpell,
    Organisation,
    OrganisationAlias,
    OrganisationKind,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLUMNS = ("key", "name", "short name", "country", "kind", "other names", "member class", "member from", "member to")
MOST_OTHER_NAMES = 20


class BadRowError(Exception):
    """A row that cannot be taken over; the sentence says why."""


@dataclass(frozen=True)
class Row:
    """A row that can be read."""

    key: str
    values: dict[str, object]
    other_names: tuple[str, ...]
    spell: tuple[MembershipClass, date | None, date | None] | None


def parsed(cells: Mapping[str, str]) -> Row:
    """Return what a row says.

    Raises:
        BadRowError: it cannot be taken over.
    """
    new = organisations.Facts(
        cells.get("name", ""), cells.get("short name", ""), cells.get("kind", "").casefold() or OrganisationKind.BODY.value,
        _country(cells.get("country", "")),
    )  # fmt: skip
    if wrong := organisations.faults(new):
        raise BadRowError(". ".join(wrong.values()) + ".")
    values: dict[str, object] = {"name": new.name}
    values |= {"short_name": new.short_name} if new.short_name else {}
    values |= {"country": new.country} if new.country else {}
    values |= {"kind": OrganisationKind(new.kind)} if cells.get("kind") else {}
    others = tuple(name for part in cells.get("other names", "").split(";") if (name := part.strip()))
    if len(others) > MOST_OTHER_NAMES or any(rules.organisation_fault(name) for name in others):
        raise BadRowError("The other names are too many or too long.")
    return Row(cells.get("key", "")[:80], values, others, _spell(cells))


def _country(text: str) -> str:
    """Return the code of a country that is given by its code or its English name."""
    if not text or countries.is_country(text.upper()):
        return text.upper()
    wanted = fold(text).removeprefix("the ")
    for code, name in countries.NAMES.items():
        if fold(name).removeprefix("the ") == wanted:
            return code
    raise BadRowError(f"“{text}” is no country that we know. Use its English name or its two letters.")


def _spell(cells: Mapping[str, str]) -> tuple[MembershipClass, date | None, date | None] | None:
    wanted = cells.get("member class", "").casefold()
    days = [_day(cells.get(column, "")) for column in ("member from", "member to")]
    if not wanted:
        if any(days):
            raise BadRowError("A membership needs its class: full or affiliate.")
        return None
    if wanted not in {one.value for one in MembershipClass}:
        raise BadRowError("The class of a membership is full or affiliate.")
    return MembershipClass(wanted), days[0], days[1]


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise BadRowError(f"“{text}” is no day. Write it as 2022-12-31.") from error


def export_rows() -> list[list[str]]:
    """Return all organisations as rows of `COLUMNS`, one row for each membership."""
    rows: list[list[str]] = []
    names: dict[int, list[str]] = {}
    for alias in db.session.execute(
        sa.select(OrganisationAlias.organisation_id, OrganisationAlias.name).order_by(OrganisationAlias.name)
    ):
        names.setdefault(alias.organisation_id, []).append(alias.name)
    spells: dict[int, list[MembershipSpell]] = {}
    for spell in db.session.scalars(sa.select(MembershipSpell).order_by(MembershipSpell.from_on, MembershipSpell.id)):
        spells.setdefault(spell.organisation_id, []).append(spell)
    bodies = sa.select(Organisation).where(Organisation.merged_into_id.is_(None))
    for body in db.session.scalars(bodies.order_by(Organisation.name, Organisation.id)):
        others = "; ".join(name for name in names.get(body.id, []) if name != body.name and ";" not in name)
        facts = [body.key, body.name, body.short_name or "", body.country or "", body.kind.value, others]
        known: Sequence[MembershipSpell | None] = spells.get(body.id) or [None]
        rows.extend([*facts, *_spell_cells(one)] for one in known)
    return rows


def _spell_cells(spell: MembershipSpell | None) -> list[str]:
    if spell is None:
        return ["", "", ""]
    days = [day.isoformat() if day else "" for day in (spell.from_on, spell.to_on)]
    return [spell.membership_class.value, *days]
