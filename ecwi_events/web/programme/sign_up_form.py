"""The form to sign up: what it shows, and what was typed into it. The page and the act ask the same rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import dates
from ecwi_events.kernel.errors import Invalid
from ecwi_events.people import queries as people
from ecwi_events.people import settings
from ecwi_events.registration import mine, rules, rules_proving, rules_questions
from ecwi_events.registration.service import SignUp
from ecwi_events.web import identity
from ecwi_events.web.forms import Form, typed, typed_whole
from ecwi_events.web.programme.seeing import INVITATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ecwi_events.registration.rules import SessionPlaces, SignUpFacts, Terms
    from ecwi_events.registration.service import SignedUp
    from ecwi_events.registration.shown import Shown
    from ecwi_events.web.times import Step

FIELDS = ("name", "email", "organisation", "zone", "saw", "later", "chose")
PREFIX = "session-"
MOST_CHOSEN = 200
FEW = 10  # from so few places on we say how many are left


@dataclass(frozen=True)
class Choice:
    """One session that can be chosen, and how full it is."""

    step: Step
    field: str
    words: str
    is_full: bool
    is_checked: bool


def read_form() -> Form:
    """Return what was typed: the fields of a person, the chosen sessions, and the answers."""
    return typed(*FIELDS, *_came(PREFIX), *_came(rules_questions.FIELD))


def typed_answers() -> Form:
    """Return the answers that came with a form, however long; which questions are asked is known to the act."""
    return typed_whole(*_came(rules_questions.FIELD))


def _came(prefix: str) -> list[str]:
    return [name for name in flask.request.form if name.startswith(prefix)][:MOST_CHOSEN]


def sign_up_of(form: Form, activity_id: int, zone: str) -> SignUp:
    """Return the sign-up that a form asks for.

    Raises:
        Invalid: there was a choice of sessions, and nothing was chosen.
    """
    chosen = session_ids(form.values)
    if form.value("chose") and not chosen:
        raise Invalid({"sessions": "Choose one session or more"})
    return SignUp(
        activity_id=activity_id,
        name=form.value("name"),
        address=form.value("email"),
        organisation=form.value("organisation"),
        zone=zone,
        session_ids=chosen,
        later_too=bool(form.value("later")),
        invitations=frozenset(flask.session.get(INVITATIONS, [])),
    )


def session_ids(values: Mapping[str, str]) -> list[int]:
    """Return the sessions that were ticked."""
    numbers = [name.removeprefix(PREFIX) for name, value in values.items() if name.startswith(PREFIX) and value]
    return [
        int(number) for number in numbers if number.isascii() and number.isdigit() and len(number) < len("2147483647")
    ]


def lost_places(got: SignedUp, saw: str) -> bool:
    """Tell whether somebody waits for what the page had still promised them."""
    promised = set(saw.split(","))
    return any(
        one.place == "waiting" and ("places" if one.session_id is None else str(one.session_id)) in promised
        for one in (got.each or (got,))
    )


def context(what: Shown, form: Form, steps: Sequence[Step], zone: str, *, now: datetime) -> dict[str, object]:
    """Return what the form and the sentences around it need."""
    found, facts = what.activity, what.facts
    closed = rules.refusal(facts, now=now)
    to_come = facts.to_come(now=now)
    chosen = choices(facts, form, steps, now=now) if facts.terms.is_per_session and not closed else []
    who = identity.present()
    return {
        "facts": facts,
        "closed": _closed_words(facts, closed, zone, now=now) if closed else "",
        "closes": dates.moment(found.sign_up_closes_at, zone, now=now) if found.sign_up_closes_at else "",
        "asked": what.asked if not closed else [],
        "choices": chosen,
        "saw": ",".join(one.field.removeprefix(PREFIX) for one in chosen if not one.is_full) or "places",
        "number_to_come": len(to_come),
        "begun": len(facts.sessions) > len(to_come) and bool(to_come),
        "next_step": next((step for step in steps if to_come and step.session.id == to_come[0].session_id), None),
        "conditions": conditions(facts.terms, has_link=facts.link_hash in flask.session.get(INVITATIONS, [])),
        "own_link": mine.find_own_link(found.id, who.person_id) if who else None,
    }


def empty_form() -> Form:
    """An empty form, or one filled in for somebody who is signed in: nothing is asked twice."""
    who = identity.present()
    if who is None:
        return Form()
    organisation = settings.get_profile(who.person_id).organisation
    return Form({"name": who.name, "email": people.primary_address(who.person_id) or "", "organisation": organisation})


def conditions(terms: Terms, *, has_link: bool = False) -> list[str]:
    """Say in plain words on what terms people sign up, where these are not the usual ones.

    Args:
        terms: of the activity.
        has_link: the reader has opened the invitation link.
    """
    said = []
    if terms.who == "members":
        said.append("This activity is for people of Member organisations. Choose your organisation from the list.")
    if terms.who == "invited" and not has_link:
        said.append("This activity is by invitation. Use the email address that was invited.")
    if terms.most_per_organisation:
        most = terms.most_per_organisation
        said.append(f"At most {most} {'person' if most == 1 else 'people'} of one organisation can come.")
    if rules_proving.must_prove(terms, has_link=has_link):
        said.append("We send you a mail. You are signed up when you have pressed the button in it.")
    if terms.asks_for_proof and terms.asks_for_organisation and not terms.needs_approval:
        said.append("If nobody has told us yet that you work for your organisation, the host says yes or no first.")
    if terms.needs_approval:
        said.append("The host reads each sign-up and says yes or no. You get an email then.")
    return said


def _closed_words(facts: SignUpFacts, closed: rules.Closed, zone: str, *, now: datetime) -> str:
    if closed is rules.Closed.NOT_YET and facts.terms.opens_at:
        return f"Sign-up opens on {dates.moment(facts.terms.opens_at, zone, now=now)}."
    return rules.SENTENCES[closed]


def choices(facts: SignUpFacts, form: Form, steps: Sequence[Step], *, now: datetime) -> list[Choice]:
    """Return the sessions that can be chosen; all are ticked unless somebody has chosen already."""
    by_id = {step.session.id: step for step in steps}
    return [
        Choice(
            step=by_id[session.session_id],
            field=f"{PREFIX}{session.session_id}",
            words=_places_words(session),
            is_full=session.is_full,
            is_checked=bool(form.value(f"{PREFIX}{session.session_id}")) if form.value("chose") else True,
        )
        for session in facts.to_come(now=now)
        if session.session_id in by_id
    ]


def _places_words(session: SessionPlaces) -> str:
    if session.is_full:
        return f"All places are taken. You join the waiting list as number {session.waiting + 1}."
    if session.left is None:
        return ""
    if session.left > FEW:
        return f"{session.taken} of {session.capacity} places are taken."
    return "1 place is left." if session.left == 1 else f"{session.left} places are left."
