"""What may be said about a session. Pure functions of plain facts."""

from __future__ import annotations

from ecwi_events.kernel.text import clean_line
from ecwi_events.programme.rules_resources import url_fault

LONGEST_PLACE = 200
LONGEST_REASON = 300
SHORTEST_CODE, LONGEST_CODE = 2, 8  # of languages: en, zh-Hans


def language_fault(language: str) -> str | None:
    """Return what is wrong with the code of a language, or None."""
    plain = language.replace("-", "")
    good = plain.isascii() and plain.isalpha() and SHORTEST_CODE <= len(language) <= LONGEST_CODE
    return None if good else "Choose a language from the list"


def place_fault(place: str) -> str | None:
    """Return what is wrong with the place of a session, or None; nothing typed is fine."""
    fits = len(clean_line(place)) <= LONGEST_PLACE
    return None if fits else f"Enter a place of {LONGEST_PLACE} letters or fewer"


def meeting_url_fault(address: str) -> str | None:
    """Return what is wrong with the address of a meeting, or None; nothing typed is fine."""
    address = clean_line(address)
    if not address:
        return None
    if not address.startswith("https://"):
        return "Enter an address that starts with https://"
    return url_fault(address)


def reason_fault(reason: str) -> str | None:
    """Return what is wrong with a reason, or None; nothing typed is fine."""
    fits = len(clean_line(reason)) <= LONGEST_REASON
    return None if fits else f"Enter a reason of {LONGEST_REASON} letters or fewer"


def is_older_release(stored: str, present: str) -> bool:
    """Tell whether time zone data of one release ("2026e") came before those of another ("2026f")."""
    return stored < present
