"""What the printed overview shows: plain data for the Typst template, and the pictures that build its pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.overview import blocks, charts
from ecwi_events.overview import presentation as shown_as
from ecwi_events.overview.presentation import METHOD, ROLES, SHARES, day, full_stop, paragraphs
from ecwi_events.overview.snapshot import fingerprint

if TYPE_CHECKING:
    from ecwi_events.overview.presentation import Json

ROWS_OF_BLOCKS = 6
# Figures that a sentence prints large already; the annex has all of them.
SAID = {
    "network": ("network_members", "network_countries"),
    "cumulative": ("cumulative_plas", "cumulative_professionals", "window_years"),
}


def document(snapshot: Json, *, draft: bool) -> Json:
    """Return all that the template needs; missing parts of the snapshot become empty ones."""
    shown = shown_as.completed(snapshot)
    figures = {figure["id"]: figure for figure in shown["figures"]}
    texts, sentences = shown["texts"], shown["sentences"]
    said = {name for sentence, names in SAID.items() if sentences[sentence] for name in names}
    further = [figure for figure in shown_as.further(shown) if figure["id"] not in said]
    cover_title, cover_subtitle = _cover_lines(shown)
    return {
        "snapshot": shown,
        "draft": draft,
        "cover": blocks.cover(f"overview {shown['year']}"),
        "cover_title": cover_title,
        "cover_subtitle": cover_subtitle,
        "pictures": _pictures(shown),
        "short_publisher": shown_as.short_name(shown["publisher"]),
        "about": paragraphs(texts.get("about")),
        "network": shown_as.capitalised(sentences["network"]),
        "network_kind": shown_as.kind_of(figures, "network_members", "network_countries"),
        "introduction": paragraphs(texts.get("introduction")),
        "sentences": [full_stop(sentences[name]) for name in ("organized", "postponed") if sentences[name]],
        "cumulative_kind": shown_as.kind_of(figures, "cumulative_plas", "cumulative_professionals"),
        "join": paragraphs(texts.get("join")),
        "contact": shown_as.contact_lines(shown["contact"]),
        "headline": [{**figure, "shape": blocks.mark(at)} for at, figure in enumerate(shown_as.headline(shown))],
        "funding": _funding(figures.get(SHARES)),
        "charts": [_chart(figure) for figure in shown_as.charted(shown)],
        "further": further,
        "sources": shown_as.sources_of([*shown_as.headline(shown), *further]),
        "map": _map(shown),
        "roles": ROLES,
        "webinar_figures": [figures[name] for name in shown["webinars"]["figures"] if name in figures],
        "webinars": [
            {**row, "date": day(row["date"]), "people": "–" if row.get("people") is None else f"{row['people']:,}"}
            for row in shown["webinars"]["rows"]
        ],
        "support": paragraphs(texts.get("support")),
        "method": paragraphs(texts.get("how_we_count") or METHOD),
        "definitions": [figure for figure in shown["figures"] if figure["rule"]],
        "annex": [_annex(figure, shown["as_of"]) for figure in shown["figures"]],
        "imprint": shown_as.imprint(shown, fingerprint(snapshot), draft=draft),
    }  # fmt: skip


def _cover_lines(shown: Json) -> tuple[str, str]:
    """Split "<series> Overview 2022" into two lines; the year is set apart by the template."""
    title = shown["title"].strip().removesuffix(str(shown["year"])).rstrip(" ,:–-")
    series = shown["series"]
    if series and title.startswith(series):
        return series, title.removeprefix(series).lstrip(" ,:–-")
    return title, ""


def _pictures(shown: Json) -> Json:
    def rows(seed: str) -> list[str]:
        return [blocks.skyline(f"{shown['year']} {seed}", rows=n) for n in range(1, ROWS_OF_BLOCKS + 1)]

    names = ("contents", "about", "introduction", "figures", "hosts", "webinars", "imprint")
    return {name: rows(name) for name in names} | {
        "profiles": [rows(f"profile {profile['number']}") for profile in shown["profiles"]]
    }


def _funding(figure: Json | None) -> Json | None:
    if figure is None or not figure["parts"]:
        return None
    svg = charts.funding_bar(shown_as.parts_of(figure), title=figure["long_label"], ident="funding")
    return (
        {**_drawn(figure, svg), "heading": shown_as.funding_heading(figure), "caption": figure["long_label"]}
        if svg
        else None
    )


def _chart(figure: Json) -> Json:
    return {**_drawn(figure, charts.bars(shown_as.parts_of(figure), title=figure["long_label"], ident=figure["id"])),
            "heading": figure["long_label"]}  # fmt: skip


def _drawn(figure: Json, svg: str) -> Json:
    said = "; ".join(f"{part['label']}: {part['printed']}" for part in figure["parts"])
    return {
        "svg": svg,
        "rows": figure["parts"],
        "alt": f"{figure['long_label']}. {said}.",
        "source": shown_as.source_line(figure),
    }


def _map(shown: Json) -> Json | None:
    counts = shown_as.countries(shown)
    title = f"PLAs of {shown['year']} by country of host and co-hosts"
    svg = charts.tile_map(counts, title=title, ident="map")
    said = "; ".join(f"{name}: {number}" for name, number in counts.values())
    return {"svg": svg, "alt": f"{title}. {said}."} if svg else None


def _annex(figure: Json, as_of: str) -> Json:
    story = [full_stop(shown_as.capitalised(part)) for part in (figure.get("source"), figure.get("note")) if part]
    if figure["kind"] == "computed" and not figure.get("source"):
        story.insert(0, shown_as.records_line(figure))
    others = "; ".join(
        f"{'counted' if other['kind'] == 'computed' else other['kind']}: {other['printed']}"
        for other in figure["alternatives"]
        if other["printed"] != figure["printed"]
    )
    return {
        **{name: figure[name] for name in ("id", "long_label", "printed", "kind", "version")},
        "story": " ".join(story),
        "others": others,
        "as_of": day(figure.get("as_of") or as_of, short=True),
    }
