"""Every kind of mail in one table: what it says, how urgent it is, and whether a person may stop it.

A new kind needs a line here, a writer in the jobs door, three templates and sample facts (`ecwi_events.mail.samples`). A
kind without a line is sent, cannot be stopped and waits its turn in the middle.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Topic(StrEnum):
    """What people can stop and start again; a topic holds one kind of mail or several."""

    REMINDERS = "reminders"
    THANKS = "thanks"
    MESSAGES = "messages"
    NEWS = "news"


@dataclass(frozen=True)
class TopicWords:
    """How pages and mails speak of a topic."""

    name: str  # "Reminders"
    says: str  # what comes, as a sentence for the settings
    stop: str  # the link at the foot of a mail


TOPICS = {
    Topic.REMINDERS: TopicWords("Reminders", "Remind me before each session", "Stop reminders"),
    Topic.THANKS: TopicWords("Mails after a session", "Write to me after a session", "Stop mails after sessions"),
    Topic.MESSAGES: TopicWords(
        "Messages from organisers", "Send me what organisers write to participants", "Stop messages about this activity"
    ),
    Topic.NEWS: TopicWords("News", "Tell me about new activities", "Stop news"),
}

# Smaller goes first. Reasons: a person waits in front of the sign-in page; who was told "cancelled" too late has come.
AT_ONCE, CHANGES, PLACES, SOON, USUAL, BULK = 10, 15, 20, 40, 50, 80


@dataclass(frozen=True)
class Kind:
    """One kind of mail. Without a topic it always comes."""

    words: str
    priority: int = USUAL
    topic: Topic | None = None
    is_asked_for: bool = False  # by somebody a moment ago, to reach an address: so it goes to a suppressed one as well

    @property
    def may_be_stopped(self) -> bool:
        """Tell whether a person may stop it."""
        return self.topic is not None


KINDS: dict[str, Kind] = {
    "people.sign_in": Kind("Link and code to sign in", AT_ONCE, is_asked_for=True),
    "people.prove_address": Kind("Proof of a new address", AT_ONCE, is_asked_for=True),
    "people.account_changed": Kind("Something of your account has changed", CHANGES),
    "registration.prove": Kind("Confirm your sign-up", AT_ONCE, is_asked_for=True),
    "registration.confirmed": Kind("You have a place", PLACES),
    "registration.waiting": Kind("You are on the waiting list", PLACES),
    "registration.promoted": Kind("A place became free, and it is yours", PLACES),
    "registration.sessions": Kind("What you have in each session that you chose", PLACES),
    "registration.later_sessions": Kind("New sessions, to who asked for all of them", PLACES),
    "registration.pending": Kind("We have your sign-up, and the host decides", PLACES),
    "registration.offer": Kind("A place is offered to you", CHANGES),
    "registration.lapsed": Kind("An offer has ended without an answer", PLACES),
    "registration.approved": Kind("The host has approved your sign-up", PLACES),
    "registration.declined": Kind("The host has declined your sign-up", PLACES),
    "registration.withdrawn": Kind("You gave up your place", PLACES),
    "registration.person_moved": Kind("The host has moved you to another session", PLACES),
    "registration.passed_on": Kind("Your colleague has your place now", PLACES),
    "registration.already": Kind("You are signed up already", PLACES),
    "registration.moved": Kind("A session is moved", CHANGES),
    "registration.session_cancelled": Kind("A session is cancelled", CHANGES),
    "registration.cancelled": Kind("An activity is cancelled", CHANGES),
    "registration.postponed": Kind("An activity is postponed", CHANGES),
    "registration.planned_again": Kind("An activity takes place after all", CHANGES),
    "registration.sessions_added": Kind("Sessions are added to an activity", PLACES),
    "registration.session_restored": Kind("A session takes place after all", CHANGES),
    "proposals.approved": Kind("The office has approved your proposal"),
    "proposals.declined": Kind("The office has declined your proposal"),
    "overview.ask": Kind("For hosts: what is missing for the overview", USUAL),
    "message.activity": Kind("What organisers write to participants", BULK, Topic.MESSAGES),
    "reminder.week_before": Kind("One week before a session", BULK, Topic.REMINDERS),
    "reminder.day_before": Kind("One day before a session", USUAL, Topic.REMINDERS),
    "reminder.digest": Kind("One day before several sessions", USUAL, Topic.REMINDERS),
    "reminder.hour_before": Kind("One hour before a session, with the joining link", SOON, Topic.REMINDERS),
    "reminder.starting": Kind("A session starts now", AT_ONCE, Topic.REMINDERS),
    "reminder.own": Kind("At a time that the activity has chosen", USUAL, Topic.REMINDERS),
    "reminder.thanks": Kind("Thanks after a session", BULK, Topic.THANKS),
    "reminder.recording": Kind("The recording or the materials are there", BULK, Topic.THANKS),
    "reminder.host_roster": Kind("For hosts: who comes tomorrow", USUAL),
    "reminder.host_link": Kind("For hosts: the way to the meeting", SOON),
}
UNLISTED = Kind("")


def kind_of(name: str) -> Kind:
    """Return what we know about a kind of mail."""
    return KINDS.get(name, UNLISTED)


def topics_in_use() -> list[Topic]:
    """Return the topics of which there are mails, in the order of the settings."""
    used = {kind.topic for kind in KINDS.values()}
    return [topic for topic in Topic if topic in used]
