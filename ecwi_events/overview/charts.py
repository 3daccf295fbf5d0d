"""Charts as SVG: the same drawing for pages and for print.

Every chart has a ``<title>`` and a ``<desc>`` that says in words what it shows. Looks are SVG attributes only (our content
policy allows no inline style); the classes let a page's stylesheet change colours, for dark mode. Decorative pictures are
in `ecwi_events.overview.blocks`.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

INK, SUNK = "#1D2A2C", "#F4EDE1"
TONE, QUIET = ("ink", INK), ("ink2", "#4B5A5C")  # class and colour of a text
SLICES = (("s1", "#0B5F56"), ("s2", "#F0B03A"), ("s3", "#2C6C9C"), ("s4", "#75478A"))
SHADES = (
    ("t1", "#CFE6DF", "#12312D"),
    ("t2", "#7DBDB0", "#06231F"),
    ("t3", "#0B5F56", "#FFFFFF"),
    ("t4", "#062F2B", "#FFFFFF"),
)
FONT = 'font-family="Fira Sans, system-ui, sans-serif"'
BAR, GAP, STEP = 46, 3, 52
DIRECT_PARTS = 2
WIDE, NARROW = 640, 400  # units: for print, and for pages, which phones show too
LETTER = 9  # about the width of a letter
MAP_FROM = 10  # fewer countries read better as a list (overview.md 4.3)

# A rough geographic place for each country, column and row; no borders are drawn, so no side is taken.
TILES: dict[str, tuple[int, int]] = {
    "IS": (1, 1), "NO": (5, 1), "SE": (6, 1), "FI": (7, 1), "IE": (1, 2), "GB": (2, 2), "DK": (5, 2), "LV": (7, 2),
    "EE": (8, 2), "NL": (4, 3), "DE": (5, 3), "PL": (6, 3), "LT": (7, 3), "BY": (8, 3), "BE": (3, 4), "LU": (4, 4),
    "CZ": (5, 4), "SK": (6, 4), "UA": (7, 4), "KZ": (10, 4), "MN": (12, 4), "FR": (2, 5), "CH": (3, 5), "AT": (4, 5),
    "HU": (5, 5), "RO": (6, 5), "MD": (7, 5), "GE": (9, 5), "AZ": (10, 5), "UZ": (11, 5), "KG": (12, 5), "PT": (1, 6),
    "ES": (2, 6), "IT": (3, 6), "SI": (4, 6), "HR": (5, 6), "RS": (6, 6), "BG": (7, 6), "AM": (9, 6), "TM": (10, 6),
    "TJ": (11, 6), "BA": (5, 7), "XK": (6, 7), "MK": (7, 7), "TR": (9, 7), "ME": (5, 8), "AL": (6, 8), "GR": (7, 8),
    "CY": (9, 8), "MT": (3, 8),
}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One bar or one share: its name, its size and its printed number."""

    label: str
    value: float
    printed: str


def funding_bar(parts: Sequence[Part], *, title: str, ident: str, width: int = WIDE) -> str:
    """Return one 100 % bar with its shares labelled; an empty text if there is nothing to show.

    Two shares are labelled above the bar, if both labels fit beside each other; otherwise there is a key below it.
    """
    parts = [part for part in parts if part.value > 0]
    total = sum(part.value for part in parts)
    if not total:
        return ""
    labels = [f"{part.label} {part.printed}" for part in parts]
    direct = len(parts) <= DIRECT_PARTS and LETTER * len("".join(labels)) < width - LETTER
    top = 26 if direct else 1
    marks, x = [], 1.0
    for index, part in enumerate(parts):
        share, last = (width - 2) * part.value / total, index == len(parts) - 1
        room = max(share - (0 if last else GAP), 1)
        marks.append(_slice(index, f'x="{x:.1f}" y="{top}" width="{room:.1f}" height="{BAR}" rx="5"'))
        if direct:
            marks.append(_text(width - 1, 17, labels[index], bold=True, anchor="end") if last and index else
                         _text(1, 17, labels[index], bold=True))  # fmt: skip
        else:
            marks.append(_key(index, part, BAR + 26 + 26 * index, width))
        x += share
    height = top + BAR + 2 + (0 if direct else 12 + 26 * len(parts))
    described = f"One bar of 100%: {'; '.join(labels)}."
    return _svg(width, height, marks, title=title, desc=described, ident=ident)


def _slice(index: int, shape: str) -> str:
    name, colour = SLICES[index % len(SLICES)]
    return f'<rect class="{name}" {shape} fill="{colour}" stroke="{INK}" stroke-width="1"/>'


def _key(index: int, part: Part, y: float, width: int) -> str:
    swatch = _slice(index, f'x="1" y="{y - 13:.0f}" width="15" height="15" rx="3"')
    return f"{swatch}{_text(26, y, part.label)}{_text(width - 1, y, part.printed, bold=True, anchor='end')}"


def bars(parts: Sequence[Part], *, title: str, ident: str, width: int = WIDE) -> str:
    """Return horizontal bars from zero, longest first, each with its printed number; empty if there is nothing to show."""
    ranked = sorted((part for part in parts if part.value >= 0), key=lambda part: -part.value)
    most = max((part.value for part in ranked), default=0)
    if not most:
        return ""
    marks = []
    for row, part in enumerate(ranked):
        y, room = 18 + row * 44, int(width / LETTER) - len(part.printed) - 2
        length = max((width - 2) * part.value / most, 2)
        marks.append(
            _text(1, y, _shortened(part.label, room)) + _text(width - 1, y, part.printed, bold=True, anchor="end")
        )
        marks.append(
            f'<rect class="s1" x="1" y="{y + 7}" width="{length:.1f}" height="12" rx="4" fill="{SLICES[0][1]}"/>'
        )  # fmt: skip
    described = "; ".join(f"{part.label}: {part.printed}" for part in ranked)
    return _svg(width, 44 * len(ranked), marks, title=title, desc=f"Bars, longest first. {described}.", ident=ident)


def tile_map(counts: dict[str, tuple[str, int]], *, title: str, ident: str) -> str:
    """Return a map of one tile per country, from ``{code: (name, number)}``; empty below `MAP_FROM` countries.

    A country without a place on the map is named in the description and in the table that stands beside the map.
    """
    if len(counts) < MAP_FROM:
        return ""
    most = max(number for _, number in counts.values())
    marks = [_empty_tile(code) for code in TILES if code not in counts]
    marks += [_filled_tile(code, number, most) for code, (_, number) in counts.items() if code in TILES]
    ranked = sorted(counts.values(), key=lambda entry: (-entry[1], entry[0]))
    described = "; ".join(f"{name}: {number}" for name, number in ranked)
    return _svg(
        12 * STEP, 8 * STEP, marks, title=title, desc=f"A stronger colour means more. {described}.", ident=ident
    )


def _empty_tile(code: str) -> str:
    column, row = TILES[code]
    text = _text(_middle(column), row * STEP - 20, code, anchor="middle", tone=QUIET)
    return f"<g>{_tile(column, row, 't0', SUNK)}{text}</g>"


def _filled_tile(code: str, number: int, most: int) -> str:
    column, row = TILES[code]
    name, fill, ink = SHADES[min(len(SHADES) - 1, (number - 1) * len(SHADES) // max(most, 1))]
    middle, y, tone = _middle(column), row * STEP, (name + "x", ink)
    return (
        f"<g>{_tile(column, row, name, fill)}{_text(middle, y - 28, code, anchor='middle', tone=tone)}"
        f"{_text(middle, y - 11, str(number), anchor='middle', tone=tone, bold=True)}</g>"
    )


def _tile(column: int, row: int, name: str, fill: str) -> str:
    x, y = (column - 1) * STEP + 2, (row - 1) * STEP + 2
    return f'<rect class="{name}" x="{x}" y="{y}" width="{STEP - 4}" height="{STEP - 4}" rx="9" fill="{fill}"/>'


def _middle(column: int) -> float:
    return (column - 0.5) * STEP


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", bold: bool = False, tone: tuple[str, str] = TONE
) -> str:
    name, colour = tone
    weight = ' font-weight="700"' if bold else ""
    return (
        f'<text class="{name}" x="{x:g}" y="{y:g}" {FONT} font-size="16" text-anchor="{anchor}" fill="{colour}"{weight}>'
        f"{escape(text)}</text>"
    )


def _shortened(text: str, limit: int) -> str:
    """Keep a label on its line; the table beside the chart has all of it."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _svg(width: float, height: float, marks: Iterable[str], *, title: str, desc: str, ident: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" viewBox="0 0 {width:g} {height:g}"'
        f' aria-labelledby="{ident}-title {ident}-desc"><title id="{ident}-title">{escape(title)}</title>'
        f'<desc id="{ident}-desc">{escape(desc)}</desc>{"".join(marks)}</svg>'
    )
