"""What an activity still lacks for the overview, and who owes it. Pure functions of plain facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from ecwi_events.programme import record_rules
from ecwi_events.programme.models import ActivityKind, ActivityStatus
from ecwi_events.programme.record_rules import Lack, RecordFacts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date


class Owner(StrEnum):
    """Who owes it."""

    HOST = "host"
    OFFICE = "office"


@dataclass(frozen=True)
class HeldSession:
    """A session that is over: how many of those who had a place are marked."""

    day: date
    marked: int
    expected: int


@dataclass(frozen=True)
class ActivityState:
    """What decides what an activity lacks."""

    id: int
    title: str
    kind: ActivityKind
    status: ActivityStatus
    host_id: int | None
    host: str | None
    known_since: date
    last_day: date | None  # on which its last session or its period ends
    has_period: bool
    has_sessions: bool
    has_structure: bool
    is_recorded: bool  # person by person; otherwise numbers are declared
    has_number: bool  # of participants: declared, or said in words
    is_answered: bool  # the host sent something in through the link
    strapline: str | None
    text: str | None
    replanned: str | None
    achieved: int = 0
    planned: int = 0
    resources: int = 0
    says_no_resources: bool = False  # somebody who may say so said that there are none
    sent_outcomes: int = 0  # through the link, and nobody has looked at them
    sent_links: int = 0
    money: int = 0
    held: tuple[HeldSession, ...] = field(default_factory=tuple)
    home_year: int | None = None  # where all but its sessions of this year is asked, if that is another year


@dataclass(frozen=True)
class Gap:
    """One thing that is missing."""

    code: str
    words: str
    owner: Owner
    since: date


def gaps(state: ActivityState, *, today: date) -> list[Gap]:
    """Return what an activity lacks on a day, in the order of its page in the overview."""
    if state.home_year is not None:
        return [*_about_its_sessions(state)]
    found = [*_about_itself(state)]
    if state.status is ActivityStatus.POSTPONED:
        return [*found, *_about_being_postponed(state)]
    found += _about_marks(state)
    if is_over(state, today=today):
        found += _about_what_came_of_it(state, since=state.last_day or state.known_since)
    return found


def is_over(state: ActivityState, *, today: date) -> bool:
    """Tell whether it has happened, so that its outcomes, numbers and money can be known."""
    if state.status is ActivityStatus.COMPLETED:
        return True
    return state.status is not ActivityStatus.ONGOING and state.last_day is not None and state.last_day < today


def sendable(state: ActivityState, *, today: date) -> frozenset[str]:
    """Return what a host may add through its link, which needs no account: only what is not there at all."""
    if (
        state.kind is not ActivityKind.PLA
        or state.home_year is not None
        or state.status is ActivityStatus.POSTPONED
        or not is_over(state, today=today)
    ):
        return frozenset()
    known = {
        "outcomes": state.achieved or state.sent_outcomes,
        "links": state.resources or state.sent_links or state.says_no_resources,
    }
    return frozenset(name for name, is_known in known.items() if not is_known)


def _about_itself(state: ActivityState) -> Iterator[Gap]:
    since, is_pla = state.known_since, state.kind is ActivityKind.PLA
    lacks = record_rules.missing_in_record(_record(state))
    if Lack.HOST in lacks:
        yield Gap("host", "a host organisation", Owner.OFFICE, since)
    if not state.has_period and not state.has_sessions and state.status is not ActivityStatus.POSTPONED:
        yield Gap("period", "a period", Owner.OFFICE, since)
    if is_pla and Lack.SESSIONS in lacks:
        yield Gap("structure", "a structure: sessions or components", Owner.OFFICE, since)
    if is_pla and not state.strapline:
        yield Gap("strapline", "a strapline", Owner.OFFICE, since)
    if is_pla and Lack.SUMMARY in lacks:
        yield Gap("text", "a text about what it is", Owner.HOST, since)


def _record(state: ActivityState) -> RecordFacts:
    """Return the facts for the one rule about records; the overview prints a structure of older activities too."""
    return RecordFacts(
        has_title=bool(state.title),
        has_host=state.host_id is not None,
        sessions=int(state.has_sessions),
        components=int(state.has_structure),
        is_recorded=True,
        has_theme=True,  # the office sees that in its list
        has_text=bool(state.text),
    )


def _about_being_postponed(state: ActivityState) -> Iterator[Gap]:
    if not state.replanned:
        yield Gap("replanned", "a new date, or words for it", Owner.OFFICE, state.known_since)
    if state.kind is ActivityKind.PLA and not state.planned and not state.achieved:
        yield Gap("planned", "planned outcomes", Owner.HOST, state.known_since)


def _about_marks(state: ActivityState) -> Iterator[Gap]:
    if not state.is_recorded:
        return
    open_ones = [session for session in state.held if session.marked < session.expected]
    if open_ones:
        number = "1 session" if len(open_ones) == 1 else f"{len(open_ones)} sessions"
        yield Gap("marks", f"marks of who was there in {number}", Owner.HOST, min(one.day for one in open_ones))


def _about_its_sessions(state: ActivityState) -> Iterator[Gap]:
    """Give what the figures of a year need of an activity whose home is another year: who was there."""
    yield from _about_marks(state)
    if state.held and not state.has_number and not any(session.marked for session in state.held):
        words = "the number of participants of these sessions"
        yield Gap("participants", words, Owner.HOST, max(session.day for session in state.held))


def _about_what_came_of_it(state: ActivityState, *, since: date) -> Iterator[Gap]:
    if not state.has_number and not any(session.marked for session in state.held):
        yield Gap("participants", "the number of participants", Owner.HOST, since)
    if state.kind is not ActivityKind.PLA:
        return
    if not state.achieved and state.sent_outcomes:
        yield Gap("outcomes", "a look at the outcomes that were sent in", Owner.OFFICE, since)
    elif not state.achieved:
        yield Gap("outcomes", "outcomes that were achieved", Owner.HOST, since)
    if not state.resources and state.sent_links:
        yield Gap("resources", "a look at the resources that were sent in", Owner.OFFICE, since)
    elif not state.resources and not state.is_answered and not state.says_no_resources:
        yield Gap("resources", "resources that others can use", Owner.HOST, since)
    if not state.money:
        yield Gap("money", "what was paid, and by whom", Owner.OFFICE, since)
