"""Membership over time: from when to when an organisation was a Member, without two memberships on one day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, NotFound
from ecwi_events.people import rules
from ecwi_events.people.models import MembershipSpell, Organisation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from ecwi_events.people.models import MembershipClass


@dataclass(frozen=True)
class Spell:
    """A membership: its class, its first and its last day as far as they are known."""

    id: int
    membership_class: MembershipClass
    from_on: date | None
    to_on: date | None
    source: str


def spells_of(organisation_id: int) -> Sequence[Spell]:
    """Return the memberships of an organisation, the latest first."""
    rows = db.session.execute(
        sa.select(
            MembershipSpell.id, MembershipSpell.membership_class, MembershipSpell.from_on, MembershipSpell.to_on,
            MembershipSpell.source,
        )
        .where(MembershipSpell.organisation_id == organisation_id)
        .order_by(MembershipSpell.from_on.is_(None), MembershipSpell.from_on.desc(), MembershipSpell.id)
    )  # fmt: skip
    return [Spell(*row) for row in rows]


def add_spell(
    organisation_id: int, membership_class: MembershipClass, *, from_on: date | None, to_on: date | None, source: str,
    now: datetime,
) -> int:  # fmt: skip
    """Write down a membership and return its id.

    Raises:
        Invalid: it ends before it begins, or overlaps with another one.
        NotFound: there is no such organisation.
    """
    _hold(organisation_id)
    _check(organisation_id, from_on, to_on)
    spell = MembershipSpell(
        organisation_id=organisation_id, membership_class=membership_class, from_on=from_on, to_on=to_on, source=source
    )
    db.session.add(spell)
    db.session.flush()
    _note("add_spell", organisation_id, None, spell, now=now)
    return spell.id


def change_spell(
    organisation_id: int, spell_id: int, membership_class: MembershipClass, *, from_on: date | None, to_on: date | None,
    now: datetime,
) -> None:  # fmt: skip
    """Change the class or the days of a membership.

    Raises:
        Invalid: it ends before it begins, or overlaps with another one.
        NotFound: the organisation has no such membership.
    """
    _hold(organisation_id)
    spell = _get(organisation_id, spell_id)
    before = _facts(spell)
    _check(organisation_id, from_on, to_on, besides=spell_id)
    spell.membership_class, spell.from_on, spell.to_on = membership_class, from_on, to_on
    db.session.flush()
    _note("change_spell", organisation_id, before, spell, now=now)


def remove_spell(organisation_id: int, spell_id: int, *, now: datetime) -> None:
    """Take a membership out that never was.

    Raises:
        NotFound: the organisation has no such membership.
    """
    _hold(organisation_id)
    spell = _get(organisation_id, spell_id)
    before = _facts(spell)
    db.session.delete(spell)
    db.session.flush()
    _note("remove_spell", organisation_id, before, None, now=now)


def _hold(organisation_id: int) -> None:
    """Let two offices that write at once see each other's memberships."""
    held = sa.select(Organisation.id).where(Organisation.id == organisation_id).with_for_update()
    if db.session.scalar(held) is None:
        raise NotFound("We cannot find this organisation.")


def _check(organisation_id: int, from_on: date | None, to_on: date | None, *, besides: int | None = None) -> None:
    others = [(spell.from_on, spell.to_on) for spell in spells_of(organisation_id) if spell.id != besides]
    if fault := rules.spell_fault((from_on, to_on), others):
        raise Invalid({fault[0]: fault[1]})


def _get(organisation_id: int, spell_id: int) -> MembershipSpell:
    found = db.session.scalar(
        sa.select(MembershipSpell).where(
            MembershipSpell.id == spell_id, MembershipSpell.organisation_id == organisation_id
        )
    )
    if found is None:
        raise NotFound("We cannot find this membership.")
    return found


def _facts(spell: MembershipSpell) -> dict[str, object]:
    return {name: getattr(spell, name) for name in ("membership_class", "from_on", "to_on")} | {"spell_id": spell.id}


def _note(
    act: str, organisation_id: int, before: dict[str, object] | None, spell: MembershipSpell | None, *, now: datetime
) -> None:
    after = _facts(spell) if spell else None
    journal.note(act, "organisation", organisation_id, before=before, after=after, now=now)
