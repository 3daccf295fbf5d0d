"""Investment, who paid it, and what was given in kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.kernel import currencies, numbers
from ecwi_events.kernel.currencies import EURO as CURRENCY
from ecwi_events.overview.statistics.definition import (
    COMPUTED,
    DECLARED,
    OVERRIDE,
    Definition,
    Input,
    Share,
    Value,
    declared_input,
)
from ecwi_events.programme import rules_money
from ecwi_events.programme.models import ActivityStatus, MoneyStage, Payer
from ecwi_events.programme.rules_money import PAYERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecwi_events.overview.facts import Facts, MoneyFact

_PROVISIONAL = "Provisional: for some PLAs only committed amounts are known."


def money_in_words(value: Value) -> str:
    """Return ``24,354 Eur``, with its qualifier."""
    amount = numbers.money(int(value.value or 0))
    return f"at least {amount}" if value.qualifier == "at_least" else amount


@dataclass(frozen=True)
class Counted:
    """The lines that count: those with an amount in euros, those without a rate, and whether some are only promised."""

    known: list[MoneyFact]
    unknown: list[MoneyFact]
    provisional: bool

    @property
    def note(self) -> str | None:
        """What has to be said beside their sum."""
        unknown = "; ".join(currencies.exactly(line.amount_minor, line.currency) for line in self.unknown)
        notes = [_PROVISIONAL] if self.provisional else []
        return (
            " ".join([*notes, f"Not in it, because their rate is not known: {unknown}."] if unknown else notes) or None
        )


def lines_that_count(facts: Facts, *, in_kind: bool) -> Counted:
    """Return the lines of the PLAs of this home year that count.

    For each PLA the actual amounts count; if there are none, the committed ones, and the sum is provisional. Amounts in
    another currency are turned into euros by the rate that is kept with them; without one they are unknown, and not zero.
    """
    chosen: list[MoneyFact] = []
    provisional = False
    for pla in facts.supported:
        lines = [line for line in facts.money if line.activity_id == pla.id and line.in_kind == in_kind]
        actual = [line for line in lines if line.stage is MoneyStage.ACTUAL]
        committed = [line for line in lines if line.stage is MoneyStage.COMMITTED]
        chosen += actual or committed
        provisional |= bool(committed and not actual)
    known = [line for line in chosen if line.euro_cents is not None]
    return Counted(known, [line for line in chosen if line.euro_cents is None], provisional)


def _sum(facts: Facts, *, in_kind: bool) -> Value | None:
    counted = lines_that_count(facts, in_kind=in_kind)
    if not counted.known:
        return None
    return Value(
        COMPUTED,
        sum(line.euro_cents or 0 for line in counted.known),
        _inputs(counted.known),
        complete=not counted.unknown and (in_kind or _covers_everything(facts, counted.known)),
        note=counted.note,
    )


def _covers_everything(facts: Facts, lines: Sequence[MoneyFact]) -> bool:
    paid = {line.activity_id for line in lines}
    return all(pla.id in paid or pla.status is ActivityStatus.POSTPONED for pla in facts.supported)


def _inputs(lines: Sequence[MoneyFact]) -> tuple[Input, ...]:
    return tuple(Input("money_line", line.id, f"{PAYERS[line.payer]}: {_amount(line)}") for line in lines)


def _amount(line: MoneyFact) -> str:
    euros = numbers.money(line.euro_cents or 0)
    return euros if line.currency == CURRENCY else f"{currencies.exactly(line.amount_minor, line.currency)}, {euros}"


def _shares(facts: Facts) -> Value | None:
    counted = lines_that_count(facts, in_kind=False)
    lines = counted.known
    parts = _parts({payer: sum(line.euro_cents or 0 for line in lines if line.payer == payer) for payer in PAYERS})
    if not parts or counted.unknown:  # shares of a part of the money would be wrong
        return None
    return Value(COMPUTED, None, _inputs(lines), complete=_covers_everything(facts, lines), parts=parts)


def _declared_shares(facts: Facts, override: bool) -> Value | None:  # noqa: FBT001 - the registry's signature
    rows = facts.figures("funding_shares", override=override)
    known = [row for row in rows if row.label in set(Payer)]
    if not known or sum(row.value for row in known) <= 0:
        return None
    return Value(
        kind=OVERRIDE if override else DECLARED,
        value=None,
        inputs=tuple(declared_input(row) for row in known),
        source=known[0].source,
        note=known[0].note,
        as_of=known[0].as_of,
        parts=_parts({row.label: row.value for row in known}),
    )


def _parts(by_payer: Mapping[str, int]) -> tuple[Share, ...]:
    return tuple(Share(PAYERS[one.payer], one.percent, one.printed) for one in rules_money.shares(by_payer))


def shares_in_words(value: Value) -> str:
    """Return ``20% ISSA Members, 80% ISSA Secretariat``."""
    return ", ".join(f"{part.printed} {part.label}" for part in value.parts)


DEFINITIONS = (
    Definition(
        "investment", "Investment", "Investment in PLAs of {year}", "Eur",
        "Money paid for the PLAs supported, also if it was paid later: actual amounts, or committed ones where no actual "
        "amount is known (then it is provisional). Other currencies are turned into Eur by the rate kept with each amount. "
        "Gifts in kind are not in it.",
        lambda facts: _sum(facts, in_kind=False),
        printed=money_in_words,
        shown=lambda minor: numbers.euros(int(minor)),
        is_money=True,
    ),
    Definition(
        "funding_shares", "Breakdown of funding", "Who paid for the PLAs of {year}", "%",
        "The investment by who paid it, in whole percents that add up to 100.",
        _shares,
        printed=shares_in_words,
        declared=_declared_shares,
    ),
    Definition(
        "in_kind", "In kind", "Contributions in kind to PLAs of {year}", "Eur",
        "What contributions in kind are worth, beside the investment and never in it.",
        lambda facts: _sum(facts, in_kind=True),
        printed=money_in_words,
        shown=lambda minor: numbers.euros(int(minor)),
        is_money=True,
    ),
)  # fmt: skip
