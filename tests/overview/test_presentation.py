"""How the parts of a snapshot are worded, in page and print alike."""

from __future__ import annotations

import pytest

from ecwi_events.overview import presentation


@pytest.mark.parametrize(
    ("printed", "words", "number"),
    [
        ("6", "", "6"),
        ("at least 21", "at least", "21"), ("more than 13,000", "more than", "13,000"), ("over 85", "over", "85"),
        ("24,354 Eur", "", "24,354 Eur"), ("overdue", "", "overdue"), ("", "", ""),
    ],
)  # fmt: skip
def test_only_the_number_of_a_qualified_total_is_large(printed, words, number):
    assert presentation.split_qualifier(printed) == {"qualifier_words": words, "number": number}


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://www.issa.nl/a", True),
        ("http://issa.nl", True), ("mailto:a@issa.nl", True), ("javascript:alert(1)", False),
        (" https://issa.nl", False), ("//issa.nl", False), ("file:///etc/passwd", False), ("", False), (None, False),
    ],
)  # fmt: skip
def test_only_web_and_mail_addresses_are_links(url, kept):
    assert presentation.safe_link(url) == (url if kept else None)


def test_days_are_written_out():
    assert presentation.day("2022-12-31") == "31 December 2022"
    assert presentation.day("2022-12-31", short=True) == "31 Dec 2022"
    assert presentation.day(None) == ""


def test_sources_are_gathered_and_counted_figures_have_none():
    declared = {"kind": "declared", "source": "The Overview", "label": "PLAs"}
    one = presentation.sources_of(
        [declared, {**declared, "label": "Members"}, {"kind": "computed", "source": None, "label": "x"}]
    )
    assert [entry["text"] for entry in one] == ["Source: The Overview."]
    two = presentation.sources_of(
        [declared, {**declared, "label": "Members", "source": "A letter", "long_label": "All Members"}]
    )
    assert [entry["text"] for entry in two] == ["PLAs: The Overview.", "All Members: A letter."]
    assert presentation.sources_of([{"label": "Host", "value": "Somebody", "kind": "recorded", "source": "ours"}]) == []


def test_records_are_counted_with_or_without_their_list():
    assert presentation.records_line({"inputs": [{}]}) == "Counted from 1 record."
    assert (
        presentation.records_line({"inputs": [], "input_counts": {"presence": 1200, "session": 3}})
        == "Counted from 1,203 records."
    )


def test_a_country_counts_each_activity_once():
    host = {"country_code": "NL", "country": "The Netherlands", "activity": "A"}
    assert presentation.countries({"hosts": [host, host, {**host, "activity": "B"}]}) == {"NL": ("The Netherlands", 2)}
    assert presentation.countries({"hosts": [{**host, "country_code": None}]}) == {}


def test_an_unknown_kind_is_shown_as_it_is():
    assert presentation.source_line({"kind": "guessed", "source": None}) == "Source: our records. guessed."
