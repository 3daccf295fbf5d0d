"""What a move will do to the people who signed up, in plain words, said before the button is pressed. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecwi_events.registration.news import Audience

STOOD_STILL = frozenset({"postponed", "cancelled"})


def consequences(status: str, to: str, told: Audience, *, sessions_to_come: int) -> list[str]:
    """Return what follows when an activity moves from one status to another, sentence by sentence.

    Args:
        status: where it stands.
        to: where it is to go.
        told: who has a place or waits.
        sessions_to_come: how many sessions are neither over nor cancelled.
    """
    if to in STOOD_STILL:
        return _stands_still(to, told)
    if to == "planned":
        return _is_planned(status, told, sessions_to_come)
    if to == "completed":
        return _is_over(sessions_to_come)
    return {
        "draft": [
            "Only the office sees it from now on.",
            "Its page and its entries in the programme's calendar go away.",
        ],
        "approved": ["The office has said yes to it. Nobody else sees it before it is published."],
        "running": ["Its pages say that it is running. Sign-up stays as it is.", "Nobody gets a mail."],
        "ongoing": [
            "It has no planned end: the overview prints “Ongoing since” and the first month.",
            "Sign-up stays as it is.",
            "Nobody gets a mail.",
        ],
    }[to]


def told_words(told: Audience) -> str:
    """Return ``23 people with a place and 4 people who wait``; empty if there is nobody."""
    parts = []
    if told.with_place:
        parts.append(f"{_people(told.with_place)} with a place")
    if told.waiting:
        parts.append(f"{_people(told.waiting)} who wait{'' if told.waiting > 1 else 's'}")
    return " and ".join(parts)


def mail_words(told: Audience) -> str:
    """Say who gets a mail, or that nobody does."""
    words = told_words(told)
    if not words:
        return "Nobody has signed up, so nobody gets a mail."
    return f"{words} {'get' if told.people > 1 else 'gets'} a mail."


def _stands_still(to: str, told: Audience) -> list[str]:
    if to == "cancelled":
        ends = "The sessions to come are cancelled in their calendars. Reminders stop."
        last = "You can take this back for one day. After that it stays cancelled."
        return ["Sign-up closes at once.", mail_words(told), *([ends] if told.people else []), last]
    ends = "The sessions are cancelled in their calendars until you plan them again. Reminders stop."
    keeps = "Everybody keeps their place, or their number in the line."
    more = [ends, keeps] if told.people else []
    return ["Sign-up closes until it is planned again.", mail_words(told), *more]


def _is_planned(status: str, told: Audience, sessions_to_come: int) -> list[str]:
    if status in STOOD_STILL:
        dates = f"with the time of the {'session' if sessions_to_come == 1 else f'{sessions_to_come} sessions'} to come"
        mail = mail_words(told)
        back = ["The sessions come back into their calendars, and reminders begin anew."] if told.people else []
        return ["Sign-up opens again.", mail.replace("a mail.", f"a mail {dates}.") if told.people else mail, *back]
    if status == "running":
        return ["Its pages say that it is still to come.", "Nobody gets a mail."]
    return ["Everybody sees it in the programme, and people can sign up."]


def _is_over(sessions_to_come: int) -> list[str]:
    words = ["Sign-up closes. Its page says that it is over.", "Nobody gets a mail."]
    if sessions_to_come:
        are = "1 session is" if sessions_to_come == 1 else f"{sessions_to_come} sessions are"
        words.append(f"{are} still to come and would stay in calendars. If they do not take place, cancel them first.")
    return words


def _people(number: int) -> str:
    return f"{number} {'person' if number == 1 else 'people'}"
