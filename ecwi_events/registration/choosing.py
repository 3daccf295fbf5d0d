"""What the holder of a personal link changes about all of their sign-ups for one activity at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, Refused
from ecwi_events.people.service import Found
from ecwi_events.registration import places, queries, rows, rules, signing_up, standing, withdrawing
from ecwi_events.registration.models import Place, Registration
from ecwi_events.registration.signing_up import SignUp

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from ecwi_events.registration.queries import MySignUp
    from ecwi_events.registration.rules import SignUpFacts


def change_sessions(
    registration_id: int,
    session_ids: Collection[int],
    *,
    later_too: bool = False,
    invitations: frozenset[str] = frozenset(),
    now: datetime,
) -> None:
    """Come to these sessions from now on, and to no other that is still to come.

    Raises:
        Invalid: nothing was chosen, or what is not there.
        NotFound: there is no such sign-up.
        Refused: people do not choose sessions here; or a new one cannot be had: then nothing changes at all.
    """
    mine = _mine(registration_id)
    facts = rows.facts_of(mine.activity.id)
    if not facts.terms.is_per_session:
        raise Refused("whole", "People sign up for the whole activity here.")
    if not session_ids:
        raise Invalid({"sessions": "Choose one session or more, or withdraw from all of them"})
    theirs = {one.session_id: one for one in queries.all_of(mine) if one.place in rows.HELD}
    to_come = {session.session_id for session in facts.to_come(now=now)}
    new = sorted(set(session_ids) - set(theirs))
    gone = [one for number, one in theirs.items() if number in to_come and number not in session_ids]
    _give_up_and_take(mine, facts, gone, new, invitations, now=now)
    if later_too:
        standing.keep(mine.activity.id, mine.person_id, zone=mine.zone, now=now)
    else:
        standing.give_up(mine.activity.id, mine.person_id)


def undo_all(registration_id: int, *, now: datetime) -> int:
    """Take back whatever can be taken back of what the person withdrew from; return how much that was.

    Raises:
        NotFound: there is no such sign-up.
        Refused: nothing can be taken back any more, with the last reason.
    """
    _, activity_id, _, person_id = rows.where(registration_id)
    withdrawn = db.session.scalars(
        sa.select(Registration.id)
        .where(
            Registration.activity_id == activity_id,
            Registration.person_id == person_id,
            Registration.place == Place.WITHDRAWN,
            Registration.withdrawn_at > now - rules.UNDO_FOR,
        )
        .order_by(Registration.places_id)
    ).all()
    done, to_tell, refusal = 0, [], Refused("too_late", "It is too late to undo this. You can sign up again.")
    for one in withdrawn:
        try:
            with db.session.begin_nested():
                is_news = withdrawing.take_back(one, now=now)
            done += 1
            to_tell += [one] if is_news else []
        except Refused as refused:
            refusal = refused
    withdrawing.tell_of_return(to_tell, now=now)
    if withdrawn and done:
        return done
    if rows.state(registration_id).place is not Place.WITHDRAWN:
        return 0
    raise refusal


def _give_up_and_take(
    mine: MySignUp,
    facts: SignUpFacts,
    gone: Sequence[MySignUp],
    new: Sequence[int],
    invitations: frozenset[str],
    *,
    now: datetime,
) -> None:
    """Lock all counted rows in their order first, so that two people who swap sessions never wait for each other."""
    seats = []
    if new:
        rows.refuse_if(rules.refusal(facts, now=now))
        seats = signing_up.seats(facts, new, now=now)
    for places_id in sorted({rows.where(one.registration_id).places_id for one in gone} | {s.places_id for s in seats}):
        places.lock(places_id)
    withdrawing.withdraw_several([one.registration_id for one in gone], now=now)
    if seats:
        person = SignUp(mine.activity.id, mine.name, mine.address or "", zone=mine.zone, invitations=invitations)
        who = Found(mine.person_id, mine.address, is_new=False)
        signing_up.take_all(person, facts, seats, who, by_person_id=None, now=now)


def _mine(registration_id: int) -> MySignUp:
    rows.where(registration_id)  # says so if there is none
    mine = queries.find_sign_up(registration_id)
    assert mine is not None  # noqa: S101 - it was there a line above, and sign-ups are never deleted
    return mine
