"""What a message may say, and how its placeholders are filled. Pure functions of plain facts.

There is no template language: a placeholder is one of five names in braces, and it is replaced once. What is put in is not
read again, so that a name that looks like a placeholder stays a name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PLACEHOLDERS = {
    "name": "the name of the person",
    "activity": "the title of the activity",
    "next session": "when the person's next session is, in their time zone",
    "joining link": "the person's own way to the meeting",
    "my link": "the person's own page, to see or give up the place",
}
LINKS = frozenset({"joining link", "my link"})
WITHOUT_PLACE = frozenset({"waiting", "pending"})
ABOUT_A_SESSION = frozenset({"present", "absent"})
LONGEST_SUBJECT, LONGEST_TEXT = 150, 5000
LONGEST_FILLED = 250  # letters of a subject, with its placeholders filled
TIME_TO_STOP = timedelta(seconds=60)  # between the button and the first mail
MOST_A_DAY = 5  # messages of hosts about one activity; the office knows what it does
_BRACES = re.compile(r"\{([^{}\n]{0,60})\}")


@dataclass(frozen=True)
class Piece:
    """A part of a line: words, or the address of a link."""

    words: str
    is_link: bool = False


def unknown_placeholders(text: str) -> list[str]:
    """Return what stands in braces and is none of the placeholders."""
    return [name for name in dict.fromkeys(_BRACES.findall(text)) if name not in PLACEHOLDERS]


def faults(subject: str, text: str, audience: str, *, has_session: bool, has_next_session: bool) -> dict[str, str]:
    """Return what is wrong with a message, by field.

    Args:
        subject: as it was typed.
        text: as it was typed.
        audience: one of `Audience`.
        has_session: whether a session was chosen.
        has_next_session: whether a session of the activity is to come.
    """
    found = {
        "subject": _subject_fault(subject) or _placeholder_fault(subject, audience, has_next_session=has_next_session),
        "text": _text_fault(text) or _placeholder_fault(text, audience, has_next_session=has_next_session),
        "session": "Choose the session" if audience in ABOUT_A_SESSION and not has_session else None,
    }
    return {field: fault for field, fault in found.items() if fault}


def fill(text: str, facts: Mapping[str, str]) -> list[list[Piece]]:
    """Return a text as lines of pieces, each placeholder replaced once."""
    return [_fill_line(line, facts) for line in text.split("\n")]


def as_text(lines: Sequence[Sequence[Piece]]) -> str:
    """Return filled lines as plain text."""
    return "\n".join("".join(piece.words for piece in line) for line in lines)


def as_subject(lines: Sequence[Sequence[Piece]]) -> str:
    """Return a filled subject, of a length that readers can still see."""
    text = as_text(lines)
    return text if len(text) <= LONGEST_FILLED else f"{text[: LONGEST_FILLED - 1].rstrip()}…"


def paragraphs(lines: Sequence[list[Piece]]) -> list[list[list[Piece]]]:
    """Return filled lines as paragraphs: an empty line ends one."""
    found: list[list[list[Piece]]] = [[]]
    for line in lines:
        if any(piece.words.strip() for piece in line):
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [paragraph for paragraph in found if paragraph]


def may_write(written_today: int, *, is_office: bool) -> bool:
    """Tell whether one more message about this activity may go out today."""
    return is_office or written_today < MOST_A_DAY


def _subject_fault(subject: str) -> str | None:
    if not subject:
        return "Enter a subject"
    if len(subject) > LONGEST_SUBJECT:
        return f"Use {LONGEST_SUBJECT} letters or fewer for the subject"
    if any(name in LINKS for name in _BRACES.findall(subject)):
        return "Put links into the text, not into the subject"
    return None


def _text_fault(text: str) -> str | None:
    if not text:
        return "Enter the message"
    return f"Use {LONGEST_TEXT} letters or fewer" if len(text) > LONGEST_TEXT else None


def _placeholder_fault(text: str, audience: str, *, has_next_session: bool) -> str | None:
    if wrong := unknown_placeholders(text):
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        return f"{{{wrong[0]}}} is no placeholder. You can use {known}"
    used = set(_BRACES.findall(text))
    if "joining link" in used and audience in WITHOUT_PLACE:
        return "These people have no place, so they have no joining link. Take {joining link} out"
    if "next session" in used and not has_next_session:
        return "There is no session to come. Take {next session} out"
    return None


def _fill_line(line: str, facts: Mapping[str, str]) -> list[Piece]:
    pieces, at = [], 0
    for found in _BRACES.finditer(line):
        if found[1] not in facts:
            continue
        pieces += [Piece(line[at : found.start()]), Piece(facts[found[1]], is_link=found[1] in LINKS)]
        at = found.end()
    return [piece for piece in (*pieces, Piece(line[at:])) if piece.words]
