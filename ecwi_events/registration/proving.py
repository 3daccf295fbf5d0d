"""Signing up where what is typed is not enough: a mail goes to the address, and its button takes the place.

Whoever asks learns nothing: page, rows and mail row are the same for an address on the list and for any other; what is not
wanted is found when the mail should go out. Until the button is pressed there is no place and no number in the line, so that
nobody can fill an activity by typing. Each mail has its own link, and none ends another one: so nobody can make another's
link void by typing their address. The first button that is pressed takes the place and ends them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel import tokens
from ecwi_events.kernel.dates import canonical_zone
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, Refused
from ecwi_events.kernel.text import clean_line, normalise_address
from ecwi_events.mail import service as mail
from ecwi_events.people import addresses, vouching
from ecwi_events.people import queries as people
from ecwi_events.people.models import EmailAddress
from ecwi_events.registration import (
    answers,
    applicants,
    mine,
    queries,
    questions,
    rows,
    rules,
    rules_groups,
    rules_proving,
    signing_up,
)
from ecwi_events.registration.models_terms import Invitation, SignUpRequest, SignUpWho
from ecwi_events.registration.rules_questions import answer_faults
from ecwi_events.registration.signing_up import SignUp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from ecwi_events.registration.rules_questions import Asked

PURPOSE = "sign-up request"
MAIL_KIND = "registration.prove"
OLD_LINK = "This link no longer works. Sign up again: then we send you a new one."
NO_SESSION = (
    "The sessions that you chose do not take place any more, or are over. Choose others on the page of the activity."
)
AT_MOST = 500  # one transaction stays short; the next one goes on
KEPT_AFTER = timedelta(days=1)  # so that a link that is a little too old says so

_lives = [
    timedelta(hours=24)
]  # set once per process by the application factory, because rooms do not know the settings


@dataclass(frozen=True)
class Request:
    """A sign-up that waits for its button, as the page behind the link and the mail about it show it.

    Only who reads the mail of the address sees it; so a person whom we know is shown as we know them, not as typed.
    """

    id: int
    activity_id: int
    name: str
    address: str
    organisation: str
    zone: str | None
    session_ids: tuple[int, ...]
    expires_at: datetime
    later_too: bool
    asked: Sequence[Asked]  # what the form asks now
    answers: Mapping[str, str]  # without what people agree to: that is asked beside the button
    known_organisation: str | None = None  # in the record of whoever has the address; None if that is nobody
    own_link: str | None = None  # the personal link of whoever has signed up already with this address


def configure(*, lives: timedelta) -> None:
    """Set for how long the link of a mail works, for this process."""
    _lives[:] = [lives]


def link_lives() -> timedelta:
    """Return for how long the link of a mail works."""
    return _lives[0]


def ask(new: SignUp, typed: Mapping[str, str], *, now: datetime) -> None:
    """Keep a sign-up until its address is proved, and mail a link there; the answer is the same whoever has the address.

    Raises:
        Invalid: a field or an answer cannot be taken.
        NotFound: there is no such activity.
        Refused: sign-up is not open, or not for what was typed as the organisation.
    """
    asked = questions.asked(new.activity_id)
    if wrong := answer_faults(asked, typed):
        raise Invalid(wrong)
    signing_up.check_fields(new)
    facts = rows.facts_of(new.activity_id)
    rows.refuse_if(rules.refusal(facts, now=now))
    signing_up.seats(facts, new.session_ids, now=now)
    applicants.check_said(facts, new.organisation, now=now)
    if not rules_proving.may_mail(_asked_before(new, now=now), now=now):
        return
    has_link = facts.link_hash is not None and facts.link_hash in new.invitations
    given = {question.field: typed.get(question.field, "") for question in rules_groups.answerable(asked)}
    _mail(_new_request(new, given, facts.link_hash if has_link else None, now=now), now=now)


def token_of(row: SignUpRequest) -> str:
    """Return the token of a request's link: derived, so that the mail can carry it and the table need not.

    An id alone would not do: it could come again after rows were deleted.
    """
    return tokens.derived(PURPOSE, f"{row.id} {row.created_at.isoformat()}")


def find_request(token: str, *, now: datetime) -> Request | None:
    """Return what the link would do, or None if it is unknown or too old. Reading spends nothing."""
    row = db.session.scalar(
        sa.select(SignUpRequest)
        .where(SignUpRequest.token_hash == tokens.digest(token), SignUpRequest.expires_at > now)
        .execution_options(populate_existing=True)
    )
    return _seen(row) if row else None


def find_for_mail(request_id: int, *, now: datetime) -> tuple[Request, str] | str:
    """Return a request with the token of its link for the mail, or why that mail is not wanted."""
    row = db.session.get(SignUpRequest, request_id)
    if row is None or row.spent_at is not None or row.expires_at <= now:
        return "late"
    facts = rows.facts_of(row.activity_id)
    if rules.refusal(facts, now=now):
        return "late"
    has_link = row.link_hash is not None and row.link_hash == facts.link_hash
    if facts.terms.who == SignUpWho.INVITED and not has_link and not _is_listed(row):
        return "not_invited"
    return _seen(row), token_of(row)


def prove(token: str, typed: Mapping[str, str] | None = None, *, now: datetime) -> int:
    """Press the button: the address is proved, and its person gets a place, a number in the line, or waits for the host.

    Anybody can have typed the sign-up. So what people agree to counts only if it was agreed to beside the button.

    Returns the id of their sign-up; pressed twice, it is the same one.

    Args:
        token: of the link.
        typed: the answers beside the button, by the fields of the questions; they go before the kept ones.
        now: the door's instant.

    Raises:
        Invalid: an answer cannot be taken, or is missing.
        Refused: the link is unknown or too old; sign-up is closed; no session that was chosen is to come; or the address
            is not on the list any more.
    """
    pressed, all_of_address = _locked(token, now=now)
    if pressed.registration_id is not None:
        return pressed.registration_id
    asked = questions.asked(pressed.activity_id)
    given = {**_kept(pressed, asked), **(typed or {})}
    got = answers.sign_up(_sign_up_of(pressed, now=now), given, asked=asked, now=now)
    for row in all_of_address:
        row.spent_at, row.registration_id, row.answers = now, got.registration_id, {}
        mail.belongs_to(_mail_key(row), rows.where(got.registration_id).person_id)
    db.session.flush()
    addresses.note_proved(pressed.address, now=now)
    return got.registration_id


def empty_expired(*, now: datetime, at_most: int = AT_MOST) -> int:
    """Take out of requests what was typed as soon as their links are too old; the rest goes by `forget_old`."""
    old = sa.select(SignUpRequest.id).where(SignUpRequest.expires_at <= now, SignUpRequest.name != "").limit(at_most)
    emptied = db.session.scalars(old).all()
    db.session.execute(
        sa.update(SignUpRequest)
        .where(SignUpRequest.id.in_(emptied))
        .values(name="", organisation="", answers={})
        .execution_options(synchronize_session=False)
    )
    return len(emptied)


def forget_old(*, now: datetime, at_most: int = AT_MOST) -> int:
    """Delete requests that are over, with their addresses, and the addresses of their mails to nobody that we know."""
    old = sa.select(SignUpRequest.id).where(SignUpRequest.expires_at < now - KEPT_AFTER).limit(at_most)
    gone = db.session.scalars(old).all()
    db.session.execute(
        sa.delete(SignUpRequest).where(SignUpRequest.id.in_(gone)).execution_options(synchronize_session=False)
    )
    mail.forget_strangers(MAIL_KIND, before=now - _lives[0] - KEPT_AFTER)
    return len(gone)


def _asked_before(new: SignUp, *, now: datetime) -> list[datetime]:
    """Return when this address was asked before, whatever the activity: it is one mailbox that fills."""
    sent = sa.select(SignUpRequest.created_at).where(
        SignUpRequest.normalised == normalise_address(new.address),
        SignUpRequest.created_at > now - rules_proving.A_DAY,
    )
    return list(db.session.scalars(sent))


def _new_request(new: SignUp, given: Mapping[str, str], link_hash: str | None, *, now: datetime) -> SignUpRequest:
    row = SignUpRequest(
        activity_id=new.activity_id,
        address=new.address,
        normalised=normalise_address(new.address),
        name=new.name,
        organisation=clean_line(new.organisation),
        zone=canonical_zone(new.zone),
        session_ids=list(new.session_ids),
        later_too=new.later_too,
        answers=dict(given),
        link_hash=link_hash,
        token_hash=tokens.digest(tokens.fresh()),  # until the row has the id that its token is derived from
        created_at=now,
        expires_at=now + _lives[0],
    )
    db.session.add(row)
    db.session.flush()
    row.token_hash = tokens.digest(token_of(row))
    db.session.flush()
    return row


def _mail(row: SignUpRequest, *, now: datetime) -> None:
    known = db.session.scalar(sa.select(EmailAddress.person_id).where(EmailAddress.normalised == row.normalised))
    mail.queue(
        mail.NewMail(
            MAIL_KIND,
            person_id=known,
            address=row.address,
            subject_id=row.id,
            dedup_key=_mail_key(row),
            not_after=row.expires_at,
        ),
        now=now,
    )


def _mail_key(row: SignUpRequest) -> str:
    return f"prove:{row.id}:{row.token_hash[:16]}"


def _locked(token: str, *, now: datetime) -> tuple[SignUpRequest, list[SignUpRequest]]:
    """Take the locks of all requests of one address for an activity, always in one order; return the one that is pressed.

    Raises:
        Refused: the link is unknown or too old.
    """
    of_link = sa.select(SignUpRequest.activity_id, SignUpRequest.normalised).where(
        SignUpRequest.token_hash == tokens.digest(token), SignUpRequest.expires_at > now
    )
    found = db.session.execute(of_link).one_or_none()
    if found is None:
        raise Refused("link_too_old", OLD_LINK)
    same = sa.select(SignUpRequest).where(
        SignUpRequest.activity_id == found.activity_id, SignUpRequest.normalised == found.normalised
    )
    locked = same.order_by(SignUpRequest.id).with_for_update().execution_options(populate_existing=True)
    all_of_address = list(db.session.scalars(locked))
    pressed = [row for row in all_of_address if row.token_hash == tokens.digest(token)]
    if not pressed:  # the person was erased a moment ago
        raise Refused("link_too_old", OLD_LINK)
    return pressed[0], all_of_address


def _sign_up_of(row: SignUpRequest, *, now: datetime) -> SignUp:
    """Return the sign-up, for the chosen sessions that are still to come.

    Raises:
        Refused: there are none.
    """
    facts = rows.facts_of(row.activity_id)
    to_come = {session.session_id for session in facts.to_come(now=now)}
    session_ids = [one for one in row.session_ids if one in to_come]
    if facts.terms.is_per_session and row.session_ids and not session_ids:
        raise Refused(rules.Closed.OVER, NO_SESSION)
    return SignUp(
        activity_id=row.activity_id,
        name=row.name,
        address=row.address,
        organisation=row.organisation,
        zone=row.zone,
        session_ids=session_ids,
        later_too=row.later_too,
        invitations=frozenset({row.link_hash} if row.link_hash else ()),
        is_proved=True,
    )


def _kept(row: SignUpRequest, asked: Sequence[Asked]) -> dict[str, str]:
    """Return the answers that were typed into the form, without what only the reader of the mail can agree to."""
    return {one.field: row.answers[one.field] for one in rules_groups.answerable(asked) if one.field in row.answers}


def _is_listed(row: SignUpRequest) -> bool:
    listed = sa.select(Invitation.id).where(
        Invitation.activity_id == row.activity_id, Invitation.normalised == row.normalised
    )
    return db.session.scalar(listed) is not None


def _seen(row: SignUpRequest) -> Request:
    person_id = db.session.scalar(sa.select(EmailAddress.person_id).where(EmailAddress.normalised == row.normalised))
    own = mine.find_own_link(row.activity_id, person_id) if person_id else None
    if own is None and row.registration_id and (made := queries.find_sign_up(row.registration_id)):
        own = made.token
    known = people.names_of([person_id]).get(person_id) if person_id else None
    asked = questions.asked(row.activity_id)
    return Request(
        row.id, row.activity_id, known or row.name, row.address, row.organisation, row.zone, tuple(row.session_ids),
        row.expires_at, row.later_too, asked, _kept(row, asked),
        vouching.own_organisation(person_id) if person_id else None, own,
    )  # fmt: skip
