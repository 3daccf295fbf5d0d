"""What may be said about a session. Pure functions of plain facts."""

from __future__ import annotations

import re

from ecwi_events.kernel.text import clean_line
from ecwi_events.programme.rules_resources import url_fault

LONGEST_PLACE = 200
LONGEST_REASON = 300
TELLS_ADDRESS = "Put the link into the field for the meeting link. Everybody reads the place"
IN_PERSON_ONLY = ("in_person_session", "study_visit")
HELD = {"in_person_session": "In person", "hybrid_session": "In person and online", "study_visit": "Study visit"}
SHORTEST_CODE, LONGEST_CODE = 2, 8  # of languages: en, zh-Hans

# Any address of the web, and those of meetings as people write them without its begin.
_ADDRESS = re.compile(
    r"\w://|\b(?:zoom\.us|zoomgov\.com|teams\.microsoft\.com|teams\.live\.com|meet\.google\.com|webex\.com|"
    r"gotomeet\.me|gotomeeting\.com|meet\.goto\.com|meet\.jit\.si|whereby\.com|bluejeans\.com|skype\.com)\b",
    re.IGNORECASE,
)


def language_fault(language: str) -> str | None:
    """Return what is wrong with the code of a language, or None."""
    plain = language.replace("-", "")
    good = plain.isascii() and plain.isalpha() and SHORTEST_CODE <= len(language) <= LONGEST_CODE
    return None if good else "Choose a language from the list"


def place_fault(place: str) -> str | None:
    """Return what is wrong with the place of a session, or None; nothing typed is fine."""
    if len(clean_line(place)) > LONGEST_PLACE:
        return f"Enter a place of {LONGEST_PLACE} letters or fewer"
    return TELLS_ADDRESS if tells_address(place) else None


def tells_address(place: str) -> bool:
    """Tell whether there is an address of the web in the place of a session: it could be the one of the meeting."""
    return _ADDRESS.search(clean_line(place)) is not None


def shown_place(place: str | None) -> str | None:
    """Return the place as everybody may read it: nothing where it tells an address, as older ones may.

    Who may see the address of a meeting is asked of `people.rules.may_see_meeting`; the place is shown to all.
    """
    return None if place is None or tells_address(place) else place


def has_meeting(held: str, meeting_url: str | None) -> bool:
    """Tell whether one can join from afar: all but what is in person only, unless it has the address of a meeting too."""
    return held not in IN_PERSON_ONLY or bool(meeting_url)


def where(held: str, place: str | None, meeting_url: str | None) -> str:
    """Return how and where a session is held, as far as it is not simply online: ``In person: Kindergarten 7, Lviv``."""
    how = HELD.get(held, "")
    if place:
        return f"{how}: {place}" if how else place
    return how if has_meeting(held, meeting_url) else f"{how}. The place is not named yet."


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
