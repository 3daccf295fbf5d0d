"""What an amount of money may be, and how amounts add up. Pure functions of plain facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.kernel import currencies, numbers
from ecwi_events.kernel.currencies import NotAnAmount
from ecwi_events.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

# Who paid, in the words of the publication and in its order.
PAYERS = {"members": "ISSA Members", "secretariat": "ISSA Secretariat", "other": "Others"}

# Units for one euro. No currency is worth a hundred euros; only these have been far below a hundred-thousandth of one.
LOWEST_RATE, HIGHEST_RATE, HIGHEST_OF_WEAK = 10_000, 100_000 * currencies.MILLION, 10_000_000 * currencies.MILLION
WEAK = frozenset({"IRR", "LBP", "SYP", "VES"})
LONGEST_NOTE = 200


@dataclass(frozen=True)
class Amount:
    """An amount that was read from what was typed."""

    minor: int
    currency: str
    rate_millionths: int | None = None
    rate_on: date | None = None


@dataclass(frozen=True)
class Line:
    """A money line, as far as sums need it; no euros means that its rate is not known."""

    payer: str
    stage: str
    in_kind: bool
    euro_cents: int | None
    said: str  # the amount in its own currency


@dataclass(frozen=True)
class Share:
    """A part of a sum: its payer, its amount, its whole percent and how that is printed."""

    payer: str
    cents: int
    percent: int
    printed: str


@dataclass(frozen=True)
class Sum:
    """What the lines of one stage add up to; what has no rate is named and in no sum."""

    cents: int
    shares: tuple[Share, ...]
    unknown: tuple[str, ...]
    in_kind_cents: int
    in_kind_unknown: tuple[str, ...]


def read_amount(amount: str, currency: str, rate: str, rate_on: date | None, *, today: date) -> Amount:
    """Return a typed amount with its rate.

    Raises:
        Invalid: something cannot be taken; all of it is said at once.
    """
    faults: dict[str, str] = {}
    currency = currency.strip().upper()
    if currency not in currencies.DECIMALS:
        faults["currency"] = "Choose a currency from the list"
    minor = _or_fault(faults, "amount", lambda: currencies.amount_of(amount, currency)) if not faults else None
    is_euro, millionths = currency == currencies.EURO, None
    if rate.strip() and is_euro:
        faults["rate"] = "Euros need no rate. Leave it empty, or choose the currency of the amount"
    elif rate.strip():
        millionths = _or_fault(faults, "rate", lambda: currencies.rate_of(rate))
        if millionths and not LOWEST_RATE <= millionths <= (HIGHEST_OF_WEAK if currency in WEAK else HIGHEST_RATE):
            faults["rate"] = f"Look at this rate again: it says that 1 euro is {rate.strip()} {currency}"
        if rate_on is None:
            faults.setdefault("rate_on", "Enter the day of this rate")
        elif rate_on > today:
            faults.setdefault("rate_on", "Enter a day that is not to come: its rate is not known yet")
    if faults or minor is None:
        raise Invalid(faults)
    return Amount(minor, currency, millionths, rate_on if millionths else None)


def note_fault(note: str) -> str | None:
    """Return what is wrong with a note, or None."""
    if len(note) <= LONGEST_NOTE:
        return None
    return f"Use {LONGEST_NOTE} letters or fewer: this note has {len(note):,}. What is longer can be a file"


def summed(lines: Sequence[Line], stage: str) -> Sum:
    """Return what the lines of a stage add up to; in kind is beside the sum and never in it."""
    cash = [line for line in lines if line.stage == stage and not line.in_kind]
    gifts = [line for line in lines if line.stage == stage and line.in_kind]
    by_payer = {
        payer: sum(line.euro_cents or 0 for line in cash if line.payer == payer) for payer in PAYERS
    }  # fmt: skip
    return Sum(
        cents=sum(by_payer.values()),
        shares=shares(by_payer),
        unknown=tuple(line.said for line in cash if line.euro_cents is None),
        in_kind_cents=sum(line.euro_cents or 0 for line in gifts),
        in_kind_unknown=tuple(line.said for line in gifts if line.euro_cents is None),
    )


def shares(by_payer: Mapping[str, int]) -> tuple[Share, ...]:
    """Return who paid which part, in whole percents that add up to 100; nothing where there is nothing to share."""
    amounts, whole = list(by_payer.values()), sum(by_payer.values())
    if whole <= 0 or min(amounts) < 0:
        return ()
    percents = zip(by_payer.items(), numbers.largest_remainder(amounts), strict=True)
    return tuple(
        Share(payer, cents, percent, numbers.percent(cents, whole, percent))
        for (payer, cents), percent in percents
        if cents
    )


def _or_fault(faults: dict[str, str], field: str, read: Callable[[], int]) -> int | None:
    try:
        return read()
    except NotAnAmount as no:
        faults[field] = str(no)
        return None
