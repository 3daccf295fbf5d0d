from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecwi_events.kernel import countries, numbers


@pytest.mark.parametrize(
    ("value", "words"),
    [(1, "one"), (6, "six"), (10, "ten"), (11, "11"), (31, "31"), (0, "0"), (1200, "1,200")],
)
def test_numbers_up_to_ten_are_words(value, words):
    assert numbers.in_words(value) == words


def test_the_limit_of_words_is_an_option():
    assert numbers.in_words(10, up_to=9) == "10"


@pytest.mark.parametrize(
    ("value", "strict", "word", "printed"),
    [
        (85, True, "over", "over 85"),
        (85, False, "over", "85"),
        (87, False, "over", "over 85"),
        (13_000, True, "more than", "more than 13,000"),
        (13_000, False, "more than", "13,000"),
        (13_423, True, "more than", "more than 13,000"),
        (13_507, False, "more than", "more than 13,500"),
        (999, False, "more than", "more than 950"),
        (1_001, False, "more than", "more than 1,000"),
        (3, False, "over", "3"),
        (0, False, "over", "0"),
    ],
)
def test_totals_are_rounded_down_to_the_step_and_qualified(value, strict, word, printed):
    assert numbers.qualified_total(value, strict=strict, word=word) == printed


@given(st.integers(0, 10**7), st.booleans())
def test_a_qualified_total_never_says_more_than_is_known(value, strict):
    printed = numbers.qualified_total(value, strict=strict, word="over")
    said = int(printed.removeprefix("over ").replace(",", ""))
    assert said < value if printed.startswith("over") and not strict else said <= value


@pytest.mark.parametrize(
    ("amounts", "shares"),
    [([20, 80], [20, 80]), ([1, 1, 1], [34, 33, 33]), ([0, 5], [0, 100]), ([487_080, 1_948_320], [20, 80])],
)
def test_shares_by_largest_remainder_with_ties_in_order(amounts, shares):
    assert numbers.largest_remainder(amounts) == shares


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=12).filter(sum))
def test_shares_add_up_and_stay_within_one_of_the_exact_share(amounts):
    shares = numbers.largest_remainder(amounts)
    assert sum(shares) == 100
    assert all(
        abs(share * sum(amounts) - amount * 100) < sum(amounts) for share, amount in zip(shares, amounts, strict=True)
    )


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=8).filter(sum))
def test_a_larger_amount_never_has_a_smaller_share(amounts):
    shares = numbers.largest_remainder(amounts)
    pairs = sorted(zip(amounts, shares, strict=True))
    assert all(b[1] >= a[1] for a, b in pairwise(pairs) if b[0] > a[0])


@pytest.mark.parametrize("amounts", [[], [0, 0], [-1, 5]])
def test_nothing_cannot_be_shared(amounts):
    with pytest.raises(ValueError):
        numbers.largest_remainder(amounts)


@pytest.mark.parametrize(
    ("amount", "whole", "share", "printed"),
    [
        (20, 100, 20, "20%"),
        (4, 1000, 0, "less than 1%"),
        (5, 1000, 1, "1%"),
        (996, 1000, 100, "more than 99%"),
        (995, 1000, 99, "99%"),
        (1000, 1000, 100, "100%"),
        (0, 1000, 0, "0%"),
    ],
)
def test_percents_are_whole_and_honest_at_the_ends(amount, whole, share, printed):
    assert numbers.percent(amount, whole, share) == printed


@pytest.mark.parametrize(
    ("minor", "printed"),
    [(2_435_400, "24,354 Eur"), (2_435_450, "24,355 Eur"), (2_435_449, "24,354 Eur"), (50, "1 Eur"), (0, "0 Eur")],
)
def test_money_is_whole_half_up(minor, printed):
    assert numbers.money(minor) == printed


@pytest.mark.parametrize(
    ("value", "qualifier", "printed"),
    [(13_000, "more_than", "more than 13,000"), (85, "over", "over 85"), (484, "at_least", "at least 484"),
     (31, "exact", "31"), (40, "about", "about 40")],
)  # fmt: skip
def test_qualifiers_in_words(value, qualifier, printed):
    assert numbers.qualified(value, qualifier) == printed


def test_hours_in_sums_have_one_decimal():
    assert numbers.one_decimal(34) == "3.4"


def test_countries_have_a_label_and_a_form_inside_a_sentence():
    assert (countries.label("NL"), countries.in_sentence("NL")) == ("The Netherlands", "the Netherlands")
    assert (countries.label("KG"), countries.in_sentence("KG")) == ("Kyrgyzstan", "Kyrgyzstan")
    assert countries.label("BA") == "Bosnia and Herzegovina"
    assert countries.label("XK") == "Kosovo"
    assert countries.label(None) == ""
    assert not countries.is_country("ZZ")
    assert len(countries.NAMES) == 250


def test_every_country_is_a_code_and_a_name():
    assert all(
        len(code) == 2 and code.isupper() and name.strip() == name and name for code, name in countries.NAMES.items()
    )
