"""An edition as HTML: the body of its page, or one file that stands alone. From the snapshot and nothing else."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from ecwi_events.overview import blocks, charts
from ecwi_events.overview import presentation as shown_as
from ecwi_events.overview.presentation import KINDS, MARKS, METHOD, ROLES, SHARES, day, paragraphs
from ecwi_events.overview.snapshot import fingerprint

if TYPE_CHECKING:
    from ecwi_events.overview.presentation import Json

PROJECT = Path(__file__).resolve().parents[2]
STYLES = PROJECT / "ecwi_events" / "web" / "static"
HEADER_BLOCKS, HEADER_ROWS = 20, 3


def render_edition(snapshot: Json, *, standalone: bool = True, draft: bool = False) -> str:
    """Return an edition as HTML.

    Args:
        snapshot: the frozen snapshot; records of people in it appear as numbers only.
        standalone: a whole document with its styles inside, to keep as one file; else the body for a page of the site.
        draft: say that this is not published.
    """
    pages = _environment()
    view = _view(snapshot, draft=draft)
    if not standalone:
        return pages.get_template("overview/edition.html").render(view)
    styles = [(STYLES / name).read_text(encoding="utf-8") for name in ("app.css", "overview.css")]
    return pages.get_template("overview/standalone.html").render(view, styles=Markup("\n".join(styles)))  # noqa: S704 - ours


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(PROJECT / "templates"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )  # fmt: skip


def _view(snapshot: Json, *, draft: bool) -> Json:
    shown = shown_as.completed(snapshot)
    figures = {figure["id"]: figure for figure in shown["figures"]}
    texts = shown["texts"]
    return {
        "e": shown,
        "draft": draft,
        "picture": Markup(blocks.skyline(f"overview {shown['year']}", columns=HEADER_BLOCKS, rows=HEADER_ROWS)),  # noqa: S704
        "network": shown_as.capitalised(shown["sentences"]["network"]),
        "network_kind": shown_as.kind_of(figures, "network_members", "network_countries"),
        "cumulative_kind": shown_as.kind_of(figures, "cumulative_plas", "cumulative_professionals"),
        "publisher": shown_as.short_name(shown["publisher"]),
        "notes": [shown_as.full_stop(s) for n in ("organized", "postponed") if (s := shown["sentences"][n])],
        "headline": [(figure, Markup(blocks.mark(at))) for at, figure in enumerate(shown_as.headline(shown))],  # noqa: S704
        "funding": _funding(figures.get(SHARES)),
        "charts": [_bars(figure) for figure in shown_as.charted(shown)],
        "further": shown_as.further(shown),
        "map": _map(shown),
        "countries": sorted(shown_as.countries(shown).values(), key=lambda entry: (-entry[1], entry[0])),
        "webinar_figures": [figures[name] for name in shown["webinars"]["figures"] if name in figures],
        "texts": {name: paragraphs(text) for name, text in texts.items()} | {
            "how_we_count": paragraphs(texts.get("how_we_count") or METHOD)
        },
        "contact": shown_as.contact_lines(shown["contact"]),
        "imprint": shown_as.imprint(shown, fingerprint(snapshot), draft=draft),
        "roles": ROLES,
        "kinds": KINDS,
        "marks": MARKS,
        "day": day,
        "records_line": shown_as.records_line,
        "full_stop": shown_as.full_stop,
    }  # fmt: skip


def _funding(figure: Json | None) -> Json | None:
    if figure is None or not figure["parts"]:
        return None
    svg = charts.funding_bar(
        shown_as.parts_of(figure), title=figure["long_label"], ident="funding-bar", width=charts.NARROW
    )
    return {**_drawn(figure, svg), "heading": shown_as.funding_heading(figure)} if svg else None


def _bars(figure: Json) -> Json:
    parts, title = shown_as.parts_of(figure), figure["long_label"]
    return _drawn(figure, charts.bars(parts, title=title, ident=f"bars-{figure['id']}", width=charts.NARROW))


def _drawn(figure: Json, svg: str) -> Json:
    return {
        "figure": figure,
        "heading": figure["long_label"],
        "svg": Markup(svg),  # noqa: S704 - our own drawing, names escaped
        "source": shown_as.source_line(figure),
    }


def _map(shown: Json) -> Markup | None:
    title = f"PLAs of {shown['year']} by country of host and co-hosts"
    svg = charts.tile_map(shown_as.countries(shown), title=title, ident="country-map")
    return Markup(svg) if svg else None  # noqa: S704 - our own drawing, names escaped
