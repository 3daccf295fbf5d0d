"""Pictures of building blocks: quarter, circle, arch, square, after Froebel's gifts.

Decoration only, drawn from a seed, so that the same year always has the same cover. No photos, no uploads.
"""

from __future__ import annotations

import random

STRONG = ("#0B5F56", "#D8532E", "#F0B03A", "#2C6C9C", "#75478A", "#7DBDB0")
PALETTE = (*STRONG, "#CFE6DF", "#F6D9CC")
GROUNDS = ("#F4EDE1", "#E0F0EC", "#FDEAE2", "#FDF1D4", "#E3EEF7", "#F1E8F4")
CELL = 100


def cover(seed: str, *, columns: int = 8, rows: int = 8) -> str:
    """Return a wall of blocks for a cover, full of shapes."""
    chance = random.Random(seed)  # noqa: S311 - decoration; the same seed must give the same picture
    cells = [_block(chance, column, row, ground=True) for row in range(rows) for column in range(columns)]
    return _picture(columns, rows, cells)


def skyline(seed: str, *, columns: int = 11, rows: int = 3) -> str:
    """Return blocks that stand on the ground, none higher than ``rows``: what fills the foot of a page."""
    chance = random.Random(f"{seed}/{rows}")  # noqa: S311 - decoration
    cells, height = [], chance.randint(1, rows)
    for column in range(columns):
        height = min(rows, max(1, height + chance.choice((-2, -1, -1, 0, 1, 1, 2))))
        if column == columns // 2:
            height = rows  # one tower always shows the full height
        cells += [_block(chance, column, row, ground=False) for row in range(rows - height, rows)]
    return _picture(columns, rows, cells)


def mark(place: int) -> str:
    """Return a single block: quarter, circle, arch, square, and round again."""
    shape, colour = (("quarter", STRONG[0]), ("circle", STRONG[1]), ("arch", STRONG[2]), ("square", STRONG[3]))[
        place % 4
    ]
    return _picture(1, 1, [_shape(shape, colour, GROUNDS[0])])


def _block(chance: random.Random, column: int, row: int, *, ground: bool) -> str:
    colour, back = chance.choice(PALETTE if ground else STRONG), chance.choice(GROUNDS)
    shape = chance.choice(("quarter", "quarter", "circle", "arch", "square", "half", "small"))
    turn = chance.randrange(4) * 90
    place = f'transform="translate({column * CELL} {row * CELL}) rotate({turn} 50 50)"'
    backing = f'<path fill="{back}" d="M0 0h100v100H0z"/>' if ground or shape != "square" else ""
    return f"<g {place}>{backing}{_shape(shape, colour, back)}</g>"


def _shape(shape: str, colour: str, back: str) -> str:
    if shape == "circle":
        return f'<circle cx="50" cy="50" r="42" fill="{colour}"/>'
    if shape == "small":
        return f'<path fill="{colour}" d="M0 0h100v100H0z"/><circle cx="50" cy="50" r="22" fill="{back}"/>'
    outline = {
        "quarter": "M0 0h100a100 100 0 0 1-100 100z",
        "arch": "M0 100V50a50 50 0 0 1 100 0v50H68V50a18 18 0 0 0-36 0v50z",
        "square": "M0 0h100v100H0z",
        "half": "M0 50a50 50 0 0 1 100 0zM0 100a50 50 0 0 1 100 0z",
    }[shape]
    return f'<path fill="{colour}" d="{outline}"/>'


def _picture(columns: int, rows: int, cells: list[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="blocks" aria-hidden="true" focusable="false"'
        f' viewBox="0 0 {columns * CELL} {rows * CELL}">{"".join(cells)}</svg>'
    )
