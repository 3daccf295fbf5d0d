"""The wording of numbers: words up to ten, thousands commas, qualified totals, shares that add up to 100."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
WORDS_UP_TO = 10

_QUALIFIERS = {"exact": "", "more_than": "more than ", "over": "over ", "at_least": "at least ", "about": "about "}
_STRICT = frozenset({"more_than", "over"})


def figure(value: int) -> str:
    """Return a whole number with commas between thousands: ``24,354``."""
    return f"{value:,}"


def in_words(value: int, *, up_to: int = WORDS_UP_TO) -> str:
    """Return ``six`` for 6 and ``31`` for 31: words from one to ``up_to`` (ten at most), figures for everything else."""
    return WORDS[value] if 1 <= value <= min(up_to, WORDS_UP_TO) else figure(value)


def capital(text: str) -> str:
    """Return the text with a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]


def plural(value: int, one: str, many: str) -> str:
    """Return the word that goes with a count."""
    return one if value == 1 else many


def is_strict(qualifier: str) -> bool:
    """Tell whether a qualifier says that the true value is larger."""
    return qualifier in _STRICT


def qualified(value: int, qualifier: str) -> str:
    """Return a figure with its qualifier in words: ``more than 13,000``, ``at least 484``, ``31``."""
    return f"{_QUALIFIERS[qualifier]}{figure(value)}"


def rounded_down(value: int) -> int:
    """Return the value on the step below it: 5 under a hundred, 50 under a thousand, else 500; small values stay."""
    step = 5 if value < 100 else 50 if value < 1000 else 500  # noqa: PLR2004 - the house's steps
    return value // step * step or value


def qualified_total(value: int, *, strict: bool, word: str) -> str:
    """Return a total that is safe to print: ``over 85``, ``more than 13,500``; an exact multiple has no qualifier.

    Args:
        value: what is known.
        strict: the value is itself a strict lower bound ("more than 13,000"), so that the word stays on a multiple.
        word: ``over`` for bodies, ``more than`` for people.
    """
    base = rounded_down(value)
    return figure(base) if base == value and not strict else f"{word} {figure(base)}"


def largest_remainder(amounts: Sequence[int], total: int = 100) -> list[int]:
    """Return whole shares that add up to ``total``, in the order given; equal remainders go to the earlier amount.

    Raises:
        ValueError: an amount is below zero, or there is nothing to share.
    """
    whole = sum(amounts)
    if whole <= 0 or min(amounts) < 0:
        raise ValueError("shares need amounts that are not below zero, and one above it")
    shares = [amount * total // whole for amount in amounts]
    remainders = [amount * total % whole for amount in amounts]
    order = sorted(range(len(amounts)), key=lambda place: (-remainders[place], place))
    for place in order[: total - sum(shares)]:
        shares[place] += 1
    return shares


def percent(amount: int, whole: int, share: int) -> str:
    """Return ``20%`` for a whole share, ``less than 1%`` below half a percent, ``more than 99%`` above 99.5 percent.

    Args:
        amount: the part.
        whole: what it is a part of.
        share: the whole percent that it was given.
    """
    if 0 < amount * 200 < whole:
        return "less than 1%"
    if whole > amount and amount * 200 > whole * 199:
        return "more than 99%"
    return f"{share}%"


def euros(minor: int) -> int:
    """Return whole euros for cents, half up (away from zero for debts)."""
    whole = (abs(minor) + 50) // 100
    return whole if minor >= 0 else -whole


def money(minor: int, currency: str = "EUR") -> str:
    """Return ``24,354 Eur``: the house's form for an amount in minor units, in whole units."""
    return f"{figure(euros(minor))} {currency.capitalize()}"


def one_decimal(tenths: int) -> str:
    """Return a number given in tenths with one decimal: 34 -> ``3.4``."""
    return f"{tenths // 10:,}.{tenths % 10}"
