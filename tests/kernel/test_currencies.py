from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecwi_events.kernel import currencies
from ecwi_events.kernel.currencies import NotAnAmount, amount_of, rate_of


@pytest.mark.parametrize(
    ("typed", "currency", "minor"),
    [
        ("1234", "EUR", 123_400),
        ("1234.5", "EUR", 123_450),
        ("1234,56", "EUR", 123_456),
        ("1 234,56", "EUR", 123_456),
        ("1\u00a0234,56", "EUR", 123_456),
        ("1.234,56", "EUR", 123_456),
        ("1,234.56", "EUR", 123_456),
        ("1,234,567", "EUR", 123_456_700),
        ("1.234.567,89", "EUR", 123_456_789),
        ("1'234.50", "EUR", 123_450),
        ("0.05", "EUR", 5),
        (" 12 345 ", "EUR", 1_234_500),
        ("999999999999", "EUR", 99_999_999_999_900),
        ("1500", "JPY", 1_500),
        ("1,234.567", "KWD", 1_234_567),
        ("1.2340", "KWD", 1_234),
        ("0.234", "KWD", 234),
    ],
)
def test_amounts_are_read_exactly(typed, currency, minor):
    assert amount_of(typed, currency) == minor


@pytest.mark.parametrize(
    ("typed", "currency", "said"),
    [
        ("1.234", "EUR", "can be read in two ways. Enter 1234 or 1234.00"),
        ("1,234", "EUR", "can be read in two ways. Enter 1234 or 1234.00"),
        ("1.234", "KWD", "can be read in two ways. Enter 1234, or 1.2340 with a decimal point"),
        ("1.234", "JPY", "can be read in two ways. Enter 1234"),
        ("1234.567", "EUR", "two decimals or fewer"),
        ("0.234", "EUR", "two decimals or fewer"),
        ("1.234,567", "EUR", "two decimals or fewer"),
        ("1.23456", "KWD", "three decimals or fewer"),
        ("10.5", "JPY", "JPY has no decimals"),
        ("-5", "EUR", "not below zero"),
        ("\u22125", "EUR", "not below zero"),
        ("0", "EUR", "above zero"),
        ("0.00", "EUR", "above zero"),
        ("", "EUR", "Enter an amount"),
        ("   ", "EUR", "Enter an amount"),
        ("5.", "EUR", "digits only"),
        (".5", "EUR", "digits only"),
        ("+5", "EUR", "digits only"),
        ("NaN", "EUR", "digits only"),
        ("inf", "EUR", "digits only"),
        ("1e5", "EUR", "digits only"),
        ("0x10", "EUR", "digits only"),
        ("1_000", "EUR", "digits only"),
        ("\u0661\u0662", "EUR", "digits only"),
        ("\uff11\uff12", "EUR", "digits only"),
        ("€ 5", "EUR", "digits only"),
        ("five", "EUR", "digits only"),
        ("1..2", "EUR", "digits only"),
        ("1,23,456.00", "EUR", "between the thousands"),
        ("1.23.45", "EUR", "between the thousands"),
        ("12 34", "EUR", "between the thousands"),
        ("1,234 567", "EUR", "between the thousands"),
        ("1,234.5,6", "EUR", "between the thousands"),
        ("1000000000000", "EUR", "12 digits or fewer"),
        ("9" * 5000, "EUR", "12 digits or fewer"),
    ],
)
def test_what_is_no_clear_amount_is_refused_with_the_way_out(typed, currency, said):
    with pytest.raises(NotAnAmount, match=said):
        amount_of(typed, currency)


@given(st.integers(1, 10**14), st.sampled_from(["EUR", "JPY", "KWD", "UAH"]))
def test_what_is_shown_for_typing_is_read_back(minor, currency):
    whole = minor // 10 ** currencies.DECIMALS[currency]
    if whole < 10**currencies.MOST_DIGITS and not (currency == "KWD" and 1 <= whole <= 999):
        assert amount_of(currencies.plain(minor, currency), currency) == minor


@given(st.text(max_size=30), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_any_text_is_an_amount_or_a_clear_no(text, currency):
    with suppress(NotAnAmount):
        assert amount_of(text, currency) > 0


@pytest.mark.parametrize(
    ("typed", "millionths"),
    [("1.0823", 1_082_300), ("25,25", 25_250_000), ("17050.25", 17_050_250_000), ("0.333333", 333_333)],
)
def test_rates_are_read_exactly(typed, millionths):
    assert rate_of(typed) == millionths


@pytest.mark.parametrize("typed", ["1.082", "0", "-1", "1.08234567", "", "one"])
def test_what_is_no_clear_rate_is_refused(typed):
    with pytest.raises(NotAnAmount):
        rate_of(typed)


@pytest.mark.parametrize(
    ("minor", "currency", "rate", "cents"),
    [
        (12_345, "EUR", None, 12_345),
        (100_000, "USD", 1_082_300, 92_396),
        (16_253, "JPY", 162_530_000, 10_000),
        (1_000, "KWD", 333_333, 300),
        (1, "USD", 2_000_000, 1),  # half a cent is a cent
        (100_000, "USD", None, None),
    ],
)
def test_amounts_are_turned_into_euros_by_the_rate_that_is_kept_with_them(minor, currency, rate, cents):
    assert currencies.in_euro_cents(minor, currency, rate) == cents


def test_amounts_are_said_with_the_decimals_of_their_currency():
    assert currencies.exactly(123_450, "EUR") == "1,234.50 Eur"
    assert currencies.exactly(1_234, "JPY") == "1,234 JPY"
    assert currencies.exactly(1_234_567, "KWD") == "1,234.567 KWD"
    assert currencies.plain_rate(25_250_000) == "25.2500"
    assert currencies.codes()[0] == "EUR" and len(currencies.codes()) == len(set(currencies.codes()))
