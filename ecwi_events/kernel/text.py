"""Cleaning, folding and naming of text.

Text is cleaned once, where it enters a model (see `ecwi_events.kernel.columns.Line` and `Prose`), so that no output format
has to: control characters, U+0085, U+2028 and U+2029 never reach a page, a mail, a calendar or a PDF.
"""

from __future__ import annotations

import re
import unicodedata

import idna

_LINE_BREAKS = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]|[\ud800-\udfff]"
)
_BLANKS = re.compile(r"[^\S\n]+")

# One Latin spelling for each Cyrillic letter, good enough to find people: "koval" finds "Коваль".
_CYRILLIC = dict(
    zip(
        "абвгґдеєжзиіїйклмнопрстуфхцчшщьюяёъыэђѓѕјљњћќўџ",
        ["a", "b", "v", "g", "g", "d", "e", "ie", "zh", "z", "i", "i", "i", "i", "k", "l", "m", "n", "o", "p", "r", "s",
         "t", "u", "f", "kh", "ts", "ch", "sh", "shch", "", "iu", "ia", "e", "", "y", "e", "d", "g", "dz", "j", "l", "n",
         "c", "k", "u", "dz"],
        strict=True,
    )
)  # fmt: skip
_LATIN = {"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"}
_FOLD = str.maketrans({**_CYRILLIC, **_LATIN})


def clean_line(text: str) -> str:
    """Return the text as one tidy line: NFC, no control or direction marks, blanks and line breaks as single spaces."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()  # nearly every address and name, many times for each sign-up
    return _BLANKS.sub(" ", _LINE_BREAKS.sub(" ", _without_controls(text))).strip()


def clean_prose(text: str) -> str:
    """Return the text with LF line ends, NFC, no control or direction marks, and no blanks at the ends of lines."""
    lines = _LINE_BREAKS.sub("\n", _without_controls(text)).split("\n")
    return "\n".join(_BLANKS.sub(" ", line).rstrip() for line in lines).strip("\n ")


def fold(text: str) -> str:
    """Return the text for searching: lower case, without accents, Cyrillic spelled in Latin letters."""
    if text.isascii():
        return clean_line(text.lower())
    lower = unicodedata.normalize("NFC", text).casefold().translate(_FOLD)
    plain = "".join(c for c in unicodedata.normalize("NFD", lower) if not unicodedata.combining(c))
    return clean_line(plain)


def slug(text: str, *, most: int = 60) -> str:
    """Return a short name for an address: Latin letters, digits and single hyphens; ``activity`` if nothing is left."""
    words = re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")
    return words[:most].rstrip("-") or "activity"


def normalise_address(address: str) -> str:
    """Return an email address as it is compared: trimmed, NFC, lower case (overview rule: case and spaces aside).

    ``faß.de`` and ``fass.de`` are two domains, of two owners, so a domain is not made plainer than the net makes it.
    """
    tidy = clean_line(address)
    if tidy.isascii():
        return tidy.lower()
    local, at, domain = tidy.rpartition("@")
    try:
        domain = idna.uts46_remap(domain, std3_rules=False, transitional=False)
    except idna.IDNAError:  # no domain at all
        domain = domain.casefold()
    return f"{local.casefold()}{at}{domain}"


def wire_domain(domain: str) -> str:
    """Return a domain as it travels: plain letters, a foreign one in its IDNA form (of 2008, as browsers have it).

    Raises:
        ValueError: it has no such form.
    """
    if domain.isascii():
        return domain.encode("idna").decode("ascii")  # only looks how long its parts are
    return idna.encode(domain, uts46=True, transitional=False).decode("ascii")


def _without_controls(text: str) -> str:
    return unicodedata.normalize("NFC", _CONTROLS.sub("", text))
