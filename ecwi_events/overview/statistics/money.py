"""Investment, who paid it, and what was given in kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.kernel import numbers
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
from ecwi_events.programme.models import ActivityStatus, MoneyStage, Payer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecwi_events.overview.facts import Facts, MoneyFact

CURRENCY = "EUR"
PAYERS = {
    Payer.MEMBERS: "ISSA Members",
    Payer.SECRETARIAT: "ISSA Secretariat",
    Payer.OTHER: "Others",
}
_PROVISIONAL = "Provisional: for some PLAs only committed amounts are known."


def money_in_words(value: Value) -> str:
    """Return ``24,354 Eur``, with its qualifier."""
    amount = numbers.money(int(value.value or 0))
    return f"at least {amount}" if value.qualifier == "at_least" else amount


def lines_that_count(facts: Facts, *, in_kind: bool) -> tuple[list[MoneyFact], bool]:
    """Return the lines of the PLAs of this home year, and whether they are provisional.

    For each PLA the actual amounts count; if there are none, the committed ones, and the sum is provisional. Amounts in
    another currency than ours cannot be summed: then nothing is counted.
    """
    chosen: list[MoneyFact] = []
    provisional = False
    for pla in facts.supported:
        lines = [line for line in facts.money if line.activity_id == pla.id and line.in_kind == in_kind]
        actual = [line for line in lines if line.stage is MoneyStage.ACTUAL]
        committed = [line for line in lines if line.stage is MoneyStage.COMMITTED]
        chosen += actual or committed
        provisional |= bool(committed and not actual)
    if any(line.currency != CURRENCY for line in chosen):
        return [], False
    return chosen, provisional


def _sum(facts: Facts, *, in_kind: bool) -> Value | None:
    lines, provisional = lines_that_count(facts, in_kind=in_kind)
    if not lines:
        return None
    return Value(
        COMPUTED,
        sum(line.amount_minor for line in lines),
        _inputs(lines),
        complete=in_kind or _covers_everything(facts, lines),
        note=_PROVISIONAL if provisional else None,
    )


def _covers_everything(facts: Facts, lines: Sequence[MoneyFact]) -> bool:
    paid = {line.activity_id for line in lines}
    return all(pla.id in paid or pla.status is ActivityStatus.POSTPONED for pla in facts.supported)


def _inputs(lines: Sequence[MoneyFact]) -> tuple[Input, ...]:
    return tuple(
        Input("money_line", line.id, f"{PAYERS[line.payer]}: {numbers.money(line.amount_minor, line.currency)}")
        for line in lines
    )  # fmt: skip


def _shares(facts: Facts) -> Value | None:
    lines, _ = lines_that_count(facts, in_kind=False)
    amounts = [sum(line.amount_minor for line in lines if line.payer is payer) for payer in PAYERS]
    if sum(amounts) <= 0 or min(amounts) < 0:
        return None
    return Value(
        COMPUTED, None, _inputs(lines), complete=_covers_everything(facts, lines), parts=_parts(list(PAYERS), amounts)
    )  # fmt: skip


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
        parts=_parts([Payer(row.label) for row in known], [row.value for row in known]),
    )


def _parts(payers: Sequence[Payer], amounts: Sequence[int]) -> tuple[Share, ...]:
    whole = sum(amounts)
    shares = zip(payers, amounts, numbers.largest_remainder(amounts), strict=True)
    return tuple(
        Share(PAYERS[payer], share, numbers.percent(amount, whole, share)) for payer, amount, share in shares if amount
    )


def shares_in_words(value: Value) -> str:
    """Return ``20% ISSA Members, 80% ISSA Secretariat``."""
    return ", ".join(f"{part.printed} {part.label}" for part in value.parts)


DEFINITIONS = (
    Definition(
        "investment", "Investment", "Investment in PLAs of {year}", "Eur",
        "Money paid for the PLAs supported, also if it was paid later: actual amounts, or committed ones where no actual "
        "amount is known (then it is provisional). Gifts in kind are not in it.",
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
