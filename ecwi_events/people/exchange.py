"""Organisations from a file: first a plan that changes nothing, then all of it or nothing; and the same table back.

A row is known by its key, else by any of its names. Empty cells say nothing and change nothing. A row whose name is close to
that of an organisation, but not the same, is unclear: the office says what it means.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa
from rapidfuzz import fuzz, process, utils

from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Refused
from ecwi_events.kernel.text import fold, slug
from ecwi_events.people import matching, membership, organisations, rules
from ecwi_events.people import service as people
from ecwi_events.people.models import (
    MembershipClass,
    MembershipSpell,
    Organisation,
    OrganisationAlias,
    OrganisationKind,
)
from ecwi_events.people.organisation_rows import BadRowError, Row, parsed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from ecwi_events.people.rules import Period
    from ecwi_events.people.spreadsheets import Table

SOURCE = "imported"
CLOSE_ENOUGH_TO_ASK = 88
NEW, LEAVE_OUT = "new", ""


class Verdict(StrEnum):
    """What a row would do."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    UNCLEAR = "unclear"
    REFUSED = "refused"
    LEFT_OUT = "left_out"


@dataclass(frozen=True)
class PlannedRow:
    """A row of the file: its line, what it would do, and why or to what."""

    line: int
    name: str
    verdict: Verdict
    words: str = ""
    choices: Sequence[tuple[int, str]] = ()


@dataclass
class _Known:
    """An organisation as it is, or as the rows above would make it."""

    id: int | None
    values: dict[str, object]
    names: set[str] = field(default_factory=set)
    spells: list[tuple[MembershipClass, date | None, date | None]] = field(default_factory=list)
    is_new: bool = False


class Plan:
    """What a table would do to the organisations that there are. Nothing is written before `take_over`."""

    def __init__(self, table: Table, choices: Mapping[int, str] | None = None) -> None:
        """Read what there is, and look at each row.

        Args:
            table: the rows.
            choices: what the office said about unclear rows, by line: the id of an organisation, ``new``, or nothing.
        """
        if "name" not in table.columns:
            raise Refused("no_names", "We found no column called “name”. Name the columns as in our export.")
        self._choices = choices or {}
        self._read_what_there_is()
        self._changed: dict[int, tuple[_Known, list[Row]]] = {}
        self.rows = [self._look_at(line, cells) for line, cells in table.rows]

    def count(self, verdict: Verdict) -> int:
        """Return how many rows have this verdict."""
        return sum(row.verdict is verdict for row in self.rows)

    @property
    def can_be_taken_over(self) -> bool:
        """Tell whether the file can be taken over: no row is refused, and something would change."""
        return not self.count(Verdict.REFUSED) and bool(self._changed)

    def take_over(self, *, now: datetime) -> dict[str, int]:
        """Write all of it, and return how many rows did what.

        Raises:
            Refused: a row is refused.
        """
        if self.count(Verdict.REFUSED):
            raise Refused("refused_rows", "Some rows cannot be taken over. Correct the file and choose it again.")
        for known, rows in self._changed.values():
            _write(known, rows, now=now)
        return {verdict.value: self.count(verdict) for verdict in Verdict}

    def _read_what_there_is(self) -> None:
        self._by_id: dict[int, _Known] = {}
        self._by_key: dict[str, _Known] = {}
        for row in db.session.scalars(sa.select(Organisation).where(Organisation.merged_into_id.is_(None))):
            values = {name: getattr(row, name) for name in ("name", "short_name", "country", "kind")}
            self._by_id[row.id] = self._by_key[row.key] = _Known(row.id, values)
        self._by_name: dict[str, _Known] = {}
        for alias in db.session.execute(sa.select(OrganisationAlias.organisation_id, OrganisationAlias.folded)):
            if known := self._by_id.get(alias.organisation_id):
                known.names.add(alias.folded)
                self._by_name[alias.folded] = known
        for spell in db.session.scalars(sa.select(MembershipSpell)):
            if known := self._by_id.get(spell.organisation_id):
                known.spells.append((spell.membership_class, spell.from_on, spell.to_on))

    def _look_at(self, line: int, cells: Mapping[str, str]) -> PlannedRow:
        name = cells.get("name", "")
        try:
            row = parsed(cells)
            known = self._known(row)
            if known is None and (near := self._near(fold(name)[:200])):
                chosen = self._choices.get(line)
                if chosen is None:
                    words = "Close to an organisation that is here already. Say what it is."
                    return PlannedRow(line, name, Verdict.UNCLEAR, words, near)
                if chosen == LEAVE_OUT:
                    return PlannedRow(line, name, Verdict.LEFT_OUT, "Left out, as you said.", near)
                return self._place(line, row, self._chosen(chosen), was_chosen=True)
            return self._place(line, row, known)
        except BadRowError as fault:
            return PlannedRow(line, name, Verdict.REFUSED, str(fault))

    def _known(self, row: Row) -> _Known | None:
        by_key = self._by_key.get(row.key) if row.key else None
        by_name = self._by_name.get(fold(str(row.values["name"]))[:200])
        if by_key and by_name and by_key is not by_name:
            raise BadRowError("The key is that of one organisation, and the name that of another.")
        return by_key or by_name

    def _near(self, folded: str) -> list[tuple[int, str]]:
        names = {name: name for name, known in self._by_name.items() if known.id}
        found = process.extract(
            folded,
            names,
            scorer=fuzz.token_sort_ratio,
            processor=utils.default_process,
            limit=5,
            score_cutoff=CLOSE_ENOUGH_TO_ASK,
        )
        near = {known.id: str(known.values["name"]) for name, _, _ in found if (known := self._by_name[name]).id}
        return [(row_id, name) for row_id, name in near.items() if row_id]

    def _chosen(self, chosen: str) -> _Known | None:
        if chosen == NEW:
            return None
        known = self._by_id.get(int(chosen)) if chosen.isascii() and chosen.isdigit() else None
        if known is None:
            raise BadRowError("The organisation that you chose is not here any more.")
        return known

    def _facts_for(self, row: Row, known: _Known, *, was_chosen: bool) -> Mapping[str, object]:
        """Return what a row may say about a record.

        Who is known by another name keeps its own; only a key says that it is called otherwise now. And where another name
        is all that they share, such as that of a record that was merged, the row only fills in what is not known.
        """
        if self._by_key.get(row.key) is known:
            return row.values
        facts = {name: value for name, value in row.values.items() if name != "name"}
        if was_chosen or fold(str(row.values["name"])) == fold(str(known.values["name"])):
            return facts
        return {name: value for name, value in facts.items() if not known.values.get(name)}

    def _place(self, line: int, row: Row, known: _Known | None, *, was_chosen: bool = False) -> PlannedRow:
        target = known or _Known(None, {"name": row.values["name"], "kind": OrganisationKind.BODY}, is_new=True)
        names = {fold(name)[:200]: name for name in (str(row.values["name"]), *row.other_names)}
        for folded, name in names.items():
            if self._by_name.get(folded, target) is not target:
                raise BadRowError(f"“{name}” is the name of another organisation.")
        new_spell = row.spell is not None and row.spell not in target.spells
        if row.spell and new_spell:
            others: list[Period] = [spell[1:] for spell in target.spells]
            if fault := rules.spell_fault(row.spell[1:], others):
                raise BadRowError(f"{fault[1]}.")
        values = row.values if known is None else self._facts_for(row, known, was_chosen=was_chosen)
        different = {name: value for name, value in values.items() if target.values.get(name) != value}
        changes = bool(different) or new_spell or not set(names) <= target.names
        target.values |= different
        target.names |= set(names)
        self._by_name |= dict.fromkeys(names, target)
        if row.key and known is None:
            self._by_key[row.key] = target
        if row.spell and new_spell:
            target.spells.append(row.spell)
        if known is not None and not changes:
            return PlannedRow(line, str(row.values["name"]), Verdict.SAME)
        self._changed.setdefault(id(target), (target, []))[1].append(row)
        verdict = Verdict.NEW if known is None else Verdict.CHANGED
        told = [name.replace("_", " ") for name in different] if known else []
        return PlannedRow(
            line, str(row.values["name"]), verdict, _told(told, names, new_spell=bool(new_spell and known))
        )


def _told(different: Sequence[str], names: Mapping[str, str], *, new_spell: bool) -> str:
    told = [*different, *(["a membership"] if new_spell else [])]
    return "Changes: " + ", ".join(told) + "." if told else ("" if len(names) == 1 else "Other names are added.")


def _write(known: _Known, rows: Sequence[Row], *, now: datetime) -> None:
    organisation_id = known.id
    for row in rows:
        values = {name: known.values.get(name) or "" for name in ("name", "short_name", "kind", "country")}
        if organisation_id is None:
            key = row.key or matching.free_key(slug(str(values["name"]), most=70))
            organisation_id = people.create_organisation(str(values["name"]), country=None, key=key, now=now)
        facts = {name: str(value) for name, value in values.items()}
        organisations.change_facts(organisation_id, organisations.Facts(**facts), now=now)
        for name in (str(row.values["name"]), *row.other_names):
            organisations.put_name(organisation_id, name)
        if row.spell and row.spell not in {
            (spell.membership_class, spell.from_on, spell.to_on) for spell in membership.spells_of(organisation_id)
        }:
            membership.add_spell(
                organisation_id, row.spell[0], from_on=row.spell[1], to_on=row.spell[2], source=SOURCE, now=now
            )
