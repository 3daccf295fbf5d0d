"""The overview as a tagged PDF (PDF/UA-1), from the frozen snapshot and nothing else.

Typst gets the data as JSON, never as markup; it may read the folder of its own templates and nothing outside it, and it
has no network. The same snapshot always gives the same bytes: the creation time is the snapshot's as-of date.
"""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC, date, datetime
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import typst

from ecwi_events.overview import print_data

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "print"
FONTS = Path(str(resources.files("fontpkg_fira_sans"))) / "files"
ATTEMPTS = 8  # each one mends all texts that Typst complains about; nested surprises need a second round

_WITHOUT_LETTER = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-fA-F]+)\}")


def render_pdf(snapshot: dict[str, Any], *, draft: bool = False) -> bytes:
    """Return the PDF of an edition; ``draft`` prints "Draft, not published" on the cover and on each page.

    Raises:
        typst.TypstError: the template is wrong; no text in a snapshot can cause it.
    """
    data = json.dumps(print_data.document(snapshot, draft=draft), ensure_ascii=False)
    created = datetime.combine(date.fromisoformat(snapshot["as_of"]), datetime.min.time(), UTC)
    for _ in range(ATTEMPTS - 1):
        try:
            return _compile(data, created)
        except typst.TypstError as error:
            missing = _letters_without_glyph(error.diagnostic)
            if not missing:
                raise
            data = _in_words(data, missing)
    return _compile(data, created)


def _compile(data: str, created: datetime) -> bytes:
    compiler = typst.Compiler(
        str(TEMPLATES / "overview.typ"),
        root=str(TEMPLATES),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": data},
        package_path=str(TEMPLATES),  # there are none, and none may be fetched
        package_cache_path=str(TEMPLATES),
    )
    body = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=created)
    if not isinstance(body, bytes):
        raise TypeError("Typst gave no single document")
    return body


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """Fira Sans from its package, and what the Typst wheel brings, for letters (Georgian, Armenian) that Fira lacks."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(FONTS)])


def _letters_without_glyph(diagnostic: str) -> set[str]:
    """Return the letters that none of our fonts has, as PDF/UA-1 makes Typst report them."""
    reported = "".join(_WITHOUT_LETTER.findall(diagnostic))
    plain = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), reported)
    return {letter for letter in plain if not letter.isascii()}


def _in_words(data: str, missing: set[str]) -> str:
    """Write letters that cannot be printed by their names, so that nothing is lost and nothing breaks."""
    run = re.compile("[" + re.escape("".join(sorted(missing))) + "]+")
    return run.sub(lambda match: "[" + ", ".join(map(_name_of, match[0])) + "]", data)


def _name_of(letter: str) -> str:
    """Return ``grinning face`` or ``U+4E2D``; letters of a script are clearer by number than by their long names."""
    name = unicodedata.name(letter, "")
    if name and unicodedata.category(letter).startswith("S"):
        return name.lower()
    return f"U+{ord(letter):04X}"
