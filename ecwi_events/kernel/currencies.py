"""Amounts of money: reading what somebody typed, exactly, and saying amounts in every currency.

An amount is a whole number of the smallest unit of its currency: cents for euros, yen for yen, fils for dinars.
"""

from __future__ import annotations

import re
from functools import cache

EURO = "EUR"
MILLION = 1_000_000
MOST_DIGITS = 12

# ISO 4217, by the number of decimals; all other currencies of the list have two.
_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
_TWO = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC "
    "CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES "
    "KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR "
    "NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT "
    "TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD YER ZAR ZMW"
)
DECIMALS: dict[str, int] = {
    **dict.fromkeys(_TWO.split(), 2),
    **{code: number for number, codes in _DECIMALS.items() for code in codes.split()},
}

_BLANKS = re.compile("[ \u00a0\u2009\u202f]")
_DIGITS = re.compile("[0-9]+")
_NUMBER = re.compile("[0-9]+(?:[.,'’ ][0-9]+)*")


class NotAnAmount(ValueError):  # noqa: N818 - it says what the text is
    """The text is not taken as an amount; the message says what to type instead."""


def amount_of(text: str, currency: str) -> int:
    """Return what was typed as a whole number of the currency's smallest unit.

    A point or a comma may divide the decimals, and blanks, points, commas or apostrophes the thousands. What can be read in
    two ways is asked again: "1.234" may be one and a bit, or more than a thousand.

    Raises:
        NotAnAmount: it is not clear, or not an amount of this currency above zero.
    """
    places = DECIMALS[currency]
    instead = {0: "{0}{1}", 3: "{0}{1}, or {0}.{1}0 with a decimal point"}.get(places, "{0}{1} or {0}{1}.00")
    whole, decimals = _split(text, example="1234.50" if places else "1234", instead=instead)
    if len(decimals) == places + 1 == 4:  # noqa: PLR2004 - "1.2340" is how thousandths are told from thousands
        decimals = decimals.removesuffix("0")
    if len(decimals) > places:
        raise NotAnAmount(_too_many(currency, places))
    amount = int(whole + decimals.ljust(places, "0"))
    if not amount:
        raise NotAnAmount("Enter an amount above zero")
    return amount


def rate_of(text: str) -> int:
    """Return a typed rate, units of a currency for one euro, in millionths.

    Raises:
        NotAnAmount: it is not clear, or has more than six decimals, or is zero.
    """
    whole, decimals = _split(text, example="1.0823", instead="{0}{1}, or {0}.{1}0 with a decimal point")
    if len(decimals) > len(str(MILLION)) - 1:
        raise NotAnAmount("Enter the rate with six decimals or fewer")
    rate = int(whole + decimals.ljust(6, "0"))
    if not rate:
        raise NotAnAmount("Enter a rate above zero")
    return rate


def in_euro_cents(amount_minor: int, currency: str, rate_millionths: int | None) -> int | None:
    """Return an amount in euro cents, half up, by the rate that is kept with it; None without a rate."""
    if currency == EURO:
        return amount_minor
    if not rate_millionths:
        return None
    divisor: int = 10 ** DECIMALS[currency] * rate_millionths
    return (2 * amount_minor * 100 * MILLION + divisor) // (2 * divisor)


def exactly(amount_minor: int, currency: str) -> str:
    """Return an amount with all its decimals: ``1,234.50 Eur`` as the house prints euros, ``1,234 JPY`` by the code."""
    return f"{plain(amount_minor, currency, thousands=',')} {'Eur' if currency == EURO else currency}"


def plain(amount_minor: int, currency: str, *, thousands: str = "") -> str:
    """Return an amount as it is typed: ``1234.50``."""
    places = DECIMALS[currency]
    whole, rest = divmod(amount_minor, 10**places)
    figure = f"{whole:,}".replace(",", thousands)
    return f"{figure}.{rest:0{places}}" if places else figure


def plain_rate(rate_millionths: int) -> str:
    """Return a rate as it is typed, with four decimals or as many as it has: ``1.0823``, ``25.2500``."""
    whole, rest = divmod(rate_millionths, MILLION)
    decimals = f"{rest:06}".rstrip("0").ljust(4, "0")
    return f"{whole}.{decimals}"


@cache
def codes() -> tuple[str, ...]:
    """Return all currencies, the euro first."""
    return (EURO, *sorted(set(DECIMALS) - {EURO}))


def _split(text: str, *, example: str, instead: str) -> tuple[str, str]:
    """Return the digits before and after the decimal sign; digits are those of ASCII only.

    Args:
        text: what was typed.
        example: what to type, in a sentence.
        instead: what to type instead of a group and three digits that can be read in two ways.
    """
    text = _BLANKS.sub(" ", text.strip())
    if not text:
        raise NotAnAmount("Enter an amount")
    if text.startswith(("-", "\u2212")):
        raise NotAnAmount("Enter an amount that is not below zero")
    if not _NUMBER.fullmatch(text):
        raise NotAnAmount(f"Enter digits only, like {example}")
    groups, signs = _DIGITS.findall(text), [sign for sign in text if not sign.isdigit()]
    if signs in ([","], ["."]) and _are_thousands(groups):
        raise NotAnAmount(f"“{text}” can be read in two ways. Enter {instead.format(*groups)}")
    whole, decimals = _by_signs(groups, signs, example)
    if len(whole.lstrip("0")) > MOST_DIGITS:
        raise NotAnAmount(f"Enter {MOST_DIGITS} digits or fewer")
    return whole, decimals


def _by_signs(groups: list[str], signs: list[str], example: str) -> tuple[str, str]:
    """Divide at the last sign if it can be the decimal one: a point or a comma that stands once."""
    last = signs[-1] if signs else ""
    if last and last in ".," and signs.count(last) == 1:
        return _joined(groups[:-1], signs[:-1], example), groups[-1]
    return _joined(groups, signs, example), ""


def _joined(groups: list[str], signs: list[str], example: str) -> str:
    if len(set(signs)) > 1 or (signs and not _are_thousands(groups)):
        raise NotAnAmount(f"Enter the amount without signs between the thousands, like {example}")
    return "".join(groups)


def _are_thousands(groups: list[str]) -> bool:
    return 1 <= len(groups[0]) <= 3 and groups[0] != "0" and all(len(group) == 3 for group in groups[1:])  # noqa: PLR2004


def _too_many(currency: str, places: int) -> str:
    if not places:
        return f"Enter a whole number: {currency} has no decimals"
    return f"Enter {'two' if places == 2 else 'three'} decimals or fewer: {currency} has no more"  # noqa: PLR2004
