"""Charts say in words what they draw, and never break a page."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from ecwi_events.overview import blocks, charts
from ecwi_events.overview.charts import Part

SVG = "{http://www.w3.org/2000/svg}"
TWO = [Part("ISSA Members", 20, "20%"), Part("ISSA Secretariat", 80, "80%")]
TWELVE = {code: (code, number) for number, code in enumerate(list(charts.TILES)[:12], 1)}


def drawn(svg: str) -> ET.Element:
    assert "style" not in svg.replace("font-style", "")
    assert "<script" not in svg
    return ET.fromstring(svg)  # noqa: S314 - our own drawing


def said(svg: str) -> str:
    root = drawn(svg)
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    return f"{title.text} {desc.text}"


def test_the_funding_bar_is_one_bar_of_two_labelled_shares():
    svg = charts.funding_bar(TWO, title="Who paid", ident="f")
    first, second = drawn(svg).findall(f"{SVG}rect")
    assert float(second.get("width")) > 3.9 * float(first.get("width"))
    assert float(second.get("x")) + float(second.get("width")) == pytest.approx(639, abs=0.2)
    assert [text.text for text in drawn(svg).findall(f"{SVG}text")] == ["ISSA Members 20%", "ISSA Secretariat 80%"]
    assert said(svg) == "Who paid One bar of 100%: ISSA Members 20%; ISSA Secretariat 80%."


@pytest.mark.parametrize("values", [(3, 97), (20, 30, 50)])
def test_labels_that_would_collide_move_into_a_key(values):
    parts = [Part(f"A payer with a name that needs room {value}", value, f"{value}%") for value in values]
    svg = charts.funding_bar(parts, title="Who paid", ident="f")
    assert len(drawn(svg).findall(f"{SVG}rect")) == 2 * len(values)


def test_a_share_of_nothing_is_not_drawn():
    parts = [*TWO, Part("Others", 0, "0%")]
    assert len(drawn(charts.funding_bar(parts, title="t", ident="f")).findall(f"{SVG}rect")) == 2


@pytest.mark.parametrize("parts", [[], [Part("a", 0, "0%")]])
def test_nothing_to_show_is_no_chart(parts):
    assert charts.funding_bar(parts, title="t", ident="f") == ""
    assert charts.bars(parts, title="t", ident="f") == ""
    assert charts.tile_map({}, title="t", ident="f") == ""


def test_bars_start_at_zero_stand_in_order_of_size_and_print_their_numbers():
    svg = charts.bars([Part("B", 10, "10"), Part("A", 423, "423")], title="People", ident="p")
    longest, shortest = drawn(svg).findall(f"{SVG}rect")
    assert (longest.get("x"), shortest.get("x")) == ("1", "1")
    assert float(shortest.get("width")) == pytest.approx(638 * 10 / 423, abs=0.1)
    assert [text.text for text in drawn(svg).findall(f"{SVG}text")] == ["A", "423", "B", "10"]


def test_a_map_needs_ten_countries_and_names_those_without_a_place():
    nine = dict(list(TWELVE.items())[:9])
    assert charts.tile_map(nine, title="t", ident="m") == ""
    svg = charts.tile_map({**TWELVE, "ZZ": ("Farland", 2)}, title="Hosts", ident="m")
    assert "Farland: 2" in said(svg)
    assert len(drawn(svg).findall(f".//{SVG}rect")) == len(charts.TILES)


def test_no_two_countries_share_a_tile():
    assert len(set(charts.TILES.values())) == len(charts.TILES)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><text>', "a & b", "&amp;", "ქართული 😀"])
def test_names_are_text_and_nothing_else(name):
    for svg in (
        charts.funding_bar([Part(name, 30, "30%"), Part("b", 70, "70%")], title=name, ident="x"),
        charts.bars([Part(name, 3, "3")], title=name, ident="x"),
        charts.tile_map({**TWELVE, "ZZ": (name, 2)}, title=name, ident="x"),
    ):
        assert name in said(svg)


def test_the_same_seed_is_the_same_picture_and_decoration_says_nothing():
    assert blocks.cover("overview 2022") == blocks.cover("overview 2022") != blocks.cover("overview 2023")
    assert blocks.skyline("a", rows=3) == blocks.skyline("a", rows=3)
    for svg in (blocks.cover("x"), blocks.skyline("x", rows=1), blocks.skyline("x", rows=6), blocks.mark(5)):
        assert drawn(svg).get("aria-hidden") == "true"
