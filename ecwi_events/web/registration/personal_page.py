"""What the page behind a personal link shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import dates
from ecwi_events.programme.rules import is_for_everybody
from ecwi_events.programme.session_rules import has_meeting
from ecwi_events.registration import answers, joining, passed_on, queries, questions, rules, rules_groups, standing
from ecwi_events.registration.models import Place
from ecwi_events.web import times
from ecwi_events.web.forms import Form
from ecwi_events.web.programme import sign_up_form

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.registration.queries import MySignUp
    from ecwi_events.registration.rules import SignUpFacts
    from ecwi_events.registration.rules_questions import Asked
    from ecwi_events.web.times import Step

UNDO, NO_UNDO = "You can undo this for ten minutes.", "You cannot undo this."
MIXED = "Where people wait, your place goes to the next person at once. The rest you can undo for ten minutes."
HELD = (Place.CONFIRMED, Place.OFFERED, Place.WAITING, Place.PENDING)


@dataclass(frozen=True)
class Line:
    """One session as its person sees it, with what they have in it."""

    step: Step
    sign_up: MySignUp
    place: str
    joins: bool  # there is a meeting that one joins from afar
    can_join: bool
    until: str  # of an offer
    may_withdraw: bool
    after: str  # what becomes of the place, in a sentence


def render(mine: MySignUp, form: Form | None = None, *, now: datetime, more: str = "") -> str:
    """Render the page; ``form`` brings back what was typed, ``more`` says what is wrong."""
    activity, theirs = mine.activity, queries.all_of(mine)
    steps = times.steps(activity.sessions, mine.zone, now=now)
    facts = queries.sign_up_facts(activity.id)
    held = [one for one in theirs if one.place in HELD]
    undo = _undo(facts, theirs, now=now)
    main = held[0] if held else mine
    given = answers.of_person(activity.id, mine.person_id)
    asked = questions.asked(activity.id) if held else []
    return flask.render_template(
        "registration/my_sign_up.html",
        nav="my",
        mine=mine,
        main=main,
        place=main.place.value,
        held=held,
        activity=activity,
        lines=[line for step in steps for line in _lines(step, theirs, facts, now=now)],
        form=_form(form, given),
        given=given,
        asked=asked,
        left_open=_left_open(main, asked, given),
        offers=[(one, _until(one, now=now)) for one in held if one.place is Place.OFFERED],
        passed_on=not held and passed_on.was_passed_on(mine.registration_id),
        lapsed=_lapsed(main, now=now),
        is_last_offer=rules.is_last_offer(main.offers),
        may_undo=None in undo and not more,
        place_gone="place_gone" in undo,
        may_withdraw=facts is not None and _may_withdraw_from_any(facts, held, mine, now=now),
        after=_after_all(facts, held, now=now),
        is_public=is_for_everybody(activity.status, activity.visibility),
        is_open=facts is not None and rules.refusal(facts, now=now) is None,
        is_full=facts is None or facts.is_full_for(main.session_id),
        is_to_come=any(not step.is_over and not step.session.is_cancelled for step in steps),
        join_token=joining.token_of(mine.registration_id, mine.uid, mine.link_version),
        more=more,
        **_choice(facts, form, steps, held, mine, now=now),
    )


def _lines(step: Step, theirs: Sequence[MySignUp], facts: SignUpFacts | None, *, now: datetime) -> list[Line]:
    """Return the line of a session, if the person has or had something in it."""
    own = next((one for one in theirs if one.session_id == step.session.id), None)
    sign_up = own or next((one for one in theirs if one.session_id is None), None)
    if sign_up is None:
        return []
    session, activity = step.session, sign_up.activity
    joins = has_meeting(session.format, session.meeting_url)
    can_join = joins and rules.joining_is_open(
        session.starts_at,
        session.ends_at,
        has_place=sign_up.place is Place.CONFIRMED,
        is_cancelled=session.is_cancelled or activity.status == "postponed",
        now=now,
    )
    may_withdraw = facts is not None and not rules.is_over(facts, sign_up.session_id, now=now)
    after = _after(facts, sign_up, now=now)
    return [Line(step, sign_up, sign_up.place.value, joins, can_join, _until(sign_up, now=now), may_withdraw, after)]


def _undo(facts: SignUpFacts | None, theirs: Sequence[MySignUp], *, now: datetime) -> list[str | None]:
    """Return for each withdrawal why it cannot be taken back, or None if it can."""
    if facts is None:
        return []
    return [
        rules.undo_refusal(facts, one.session_id, one.withdrawn_at, had_place=one.confirmed_at is not None, now=now)
        for one in theirs
        if one.place is Place.WITHDRAWN
    ]


def _may_withdraw_from_any(facts: SignUpFacts, held: Sequence[MySignUp], mine: MySignUp, *, now: datetime) -> bool:
    to_come = any(not rules.is_over(facts, one.session_id, now=now) for one in held)
    return to_come or standing.is_kept(mine.activity.id, mine.person_id)


def _after(facts: SignUpFacts | None, one: MySignUp, *, now: datetime) -> str:
    """Say what becomes of what somebody gives up, before they press the button."""
    after = rules.after_withdrawal(facts, one.session_id, one.place.value, now=now) if facts else rules.After.GONE
    if facts and after is rules.After.NEXT:
        number = facts.waiting_for(one.session_id)
        people = "1 person waits" if number == 1 else f"{number} people wait"
        return f"{people}: your place goes to the next person at once."
    return UNDO if after is rules.After.UNDO else NO_UNDO


def _after_all(facts: SignUpFacts | None, held: Sequence[MySignUp], *, now: datetime) -> str:
    to_come = [one for one in held if facts and not rules.is_over(facts, one.session_id, now=now)]
    said = {_after(facts, one, now=now) for one in to_come}
    return said.pop() if len(said) == 1 and (len(to_come) == 1 or said <= {UNDO, NO_UNDO}) else MIXED if said else ""


def _until(one: MySignUp, *, now: datetime) -> str:
    return dates.moment(one.offer_expires_at, one.zone, now=now) if one.offer_expires_at else ""


def _lapsed(one: MySignUp, *, now: datetime) -> str:
    """Say when an offer ended that nobody answered; empty if that is not what the person has now."""
    is_so = one.lapsed_at is not None and one.place in {Place.WAITING, Place.DECLINED}
    return dates.moment(one.lapsed_at, one.zone, now=now) if is_so and one.lapsed_at else ""


def _choice(
    facts: SignUpFacts | None, form: Form | None, steps: Sequence[Step], held: Sequence[MySignUp], mine: MySignUp,
    *, now: datetime,
) -> dict[str, object]:  # fmt: skip
    """The sessions to choose from, where people choose; ticked is what they have, or what they ticked just now."""
    if facts is None or not facts.terms.is_per_session or not held or rules.refusal(facts, now=now):
        return {"choices": []}
    ticked = {f"{sign_up_form.PREFIX}{one.session_id}": "1" for one in held} | {"chose": "1"}
    seen = form if form and form.value("chose") else Form(ticked)
    mine_too = {one.session_id for one in held}
    choices = sign_up_form.choices(facts, seen, steps, now=now)
    return {
        "choices": [(one, one.step.session.id in mine_too) for one in choices],
        "later": bool(form.value("later")) if form and form.value("chose") else standing.is_kept(
            mine.activity.id, mine.person_id
        ),
    }  # fmt: skip


def _left_open(main: MySignUp, asked: Sequence[Asked], given: Sequence[answers.Answered]) -> Sequence[Asked]:
    """Return what somebody who was signed up by another person has still to answer."""
    if main.signed_up_by is None:
        return []
    return rules_groups.left_open(asked, {f"answer-{one.question_id}": one.text for one in given})


def _form(form: Form | None, given: Sequence[answers.Answered]) -> Form:
    """What was typed just now, on top of the answers that we know."""
    known = {f"answer-{one.question_id}": one.text for one in given if one.is_asked}
    return Form({**known, **form.values}, form.faults) if form else Form(known)
