"""A group that somebody else signs up: who may answer what, and what the page may tell. Pure functions of plain facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.registration import rules_questions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecwi_events.registration.rules import Terms
    from ecwi_events.registration.rules_questions import Asked

BY_INVITATION = (
    "This activity is by invitation. Each person signs up alone, with the email address that was invited. "
    "Only its hosts and the office can sign up a group."
)


def headings(asked: Sequence[Asked], *, with_organisation: bool) -> list[str]:
    """Return the first row of a file for a group: one column for each question that somebody else can answer."""
    of_person = ["Name", "Email", *(["Organisation"] if with_organisation else []), "Country"]
    return [*of_person, *(question.wording for question in answerable(asked))]


def answerable(asked: Sequence[Asked]) -> list[Asked]:
    """Return what somebody else may answer for a person: all but what the person agrees to."""
    return [question for question in asked if question.kind != "consent"]


def left_open(asked: Sequence[Asked], answers: Mapping[str, str]) -> list[Asked]:
    """Return what the person is asked by the own link, because nobody else has answered it or may."""
    return [question for question in asked if question.is_required and not answers.get(question.field)]


def shared_faults(asked: Sequence[Asked], typed: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with answers that count for all who have no own one; none has to be there."""
    faults = {one.field: rules_questions.given_fault(one, typed.get(one.field, "")) for one in answerable(asked)}
    return {name: fault for name, fault in faults.items() if fault}


def representative_refusal(terms: Terms) -> str | None:
    """Return why somebody who is no host of the activity cannot bring a group: results would tell who is on a list."""
    return BY_INVITATION if terms.who == "invited" else None


def is_told_by_mail(terms: Terms) -> bool:
    """Tell whether only the mail says what each person of a representative's group got.

    Who is known to work elsewhere waits for the host, and anybody else has a place: the page may not tell them apart.
    """
    return terms.asks_for_organisation and terms.asks_for_proof


def conditions(terms: Terms) -> list[str]:
    """Return on what terms a group is signed up: its people press no button, so this is not what they read themselves."""
    said = []
    if terms.who == "members":
        said.append("This activity is for people of Member organisations.")
    if terms.who == "invited":
        said.append("This activity is by invitation. Only people on the list can be signed up.")
    if terms.most_per_organisation:
        most = terms.most_per_organisation
        said.append(f"At most {most} {'person' if most == 1 else 'people'} of one organisation can come.")
    if terms.needs_approval:
        said.append("The host reads each sign-up and says yes or no. Each person gets an email then.")
    elif terms.asks_for_proof and terms.asks_for_organisation:
        said.append("The host says yes or no first to people of whom we know another organisation.")
    return said
