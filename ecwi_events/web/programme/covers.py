"""The block cover of an activity: drawn from its key alone, so that there are no uploads and no photos of children.

One SVG serves all widths: narrow screens cut it off on the right. All blocks of one colour are one path, in units of a
quarter block, because whoever pays for each byte should still get the picture (about 1 KB compressed).
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

from markupsafe import Markup

COLOURS = 6  # classes k0 to k5 of the stylesheet
BLOCK = 4
EMPTY = 1  # of SHAPES, this many stay empty

# Froebel's gifts, more or less. Each starts at a corner of its block (dx, dy) and is drawn with relative commands.
SHAPES: tuple[tuple[int, int, str], ...] = (
    (0, 0, "h4a4 4 0 0 1-4 4z"), (4, 0, "v4a4 4 0 0 1-4-4z"), (4, 4, "h-4a4 4 0 0 1 4-4z"), (0, 4, "v-4a4 4 0 0 1 4 4z"),
    (0, 2, "a2 2 0 0 1 4 0z"), (0, 2, "a2 2 0 0 0 4 0z"), (2, 0, "a2 2 0 0 0 0 4z"), (2, 0, "a2 2 0 0 1 0 4z"),
    (0, 4, "v-2a2 2 0 0 1 4 0v2h-1.2v-2a.8.8 0 0 0-1.6 0v2z"), (4, 0, "h-2a2 2 0 0 0 0 4h2v-1.2h-2a.8.8 0 0 1 0-1.6h2z"),
    (0, 0, "v2a2 2 0 0 0 4 0v-2h-1.2v2a.8.8 0 0 1-1.6 0v-2z"), (0, 0, "h2a2 2 0 0 1 0 4h-2v-1.2h2a.8.8 0 0 0 0-1.6h-2z"),
    (0, 0, "a4 4 0 0 1 4 4a4 4 0 0 1-4-4z"), (4, 0, "a4 4 0 0 1-4 4a4 4 0 0 1 4-4z"),
    (1, 2, "a1 1 0 0 1 2 0a1 1 0 0 1-2 0z"), (1, 1, "h2v2h-2z"),
)  # fmt: skip


@lru_cache(maxsize=512)
def cover(key: str, columns: int = 20, rows: int = 3) -> Markup:
    """Return the cover as inline SVG without any style of its own; the same key always gives the same picture."""
    chance = hashlib.shake_128(f"cover {key}".encode()).digest(columns * rows * 3)
    shapes: list[list[str]] = [[] for _ in range(COLOURS)]
    grounds: list[list[str]] = [[] for _ in range(COLOURS)]
    for place in range(columns * rows):
        shape, colour, ground = chance[place * 3 : place * 3 + 3]
        x, y = place % columns * BLOCK, place // columns * BLOCK
        colour %= COLOURS
        grounds[(colour + 1 + ground % (COLOURS - 1)) % COLOURS].append(f"M{x} {y}h4v4h-4z")
        if (choice := shape % (len(SHAPES) + EMPTY)) < len(SHAPES):
            dx, dy, path = SHAPES[choice]
            shapes[colour].append(f"M{x + dx} {y + dy}{path}")
    drawn = "".join(f'<path class="k{i} kt" d="{"".join(d)}"/>' for i, d in enumerate(grounds) if d)
    drawn += "".join(f'<path class="k{i}" d="{"".join(d)}"/>' for i, d in enumerate(shapes) if d)
    box = f"0 0 {columns * BLOCK} {rows * BLOCK}"
    return Markup(  # noqa: S704 - made of numbers and our own paths only
        f'<svg class="cover" viewBox="{box}" preserveAspectRatio="xMinYMid slice" aria-hidden="true">{drawn}</svg>'
    )
