"""Signing in without a password: a link that a button spends, and a server-side record that a cookie points to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel import tokens
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Refused
from ecwi_events.mail import service as mail
from ecwi_events.people import queries, rules
from ecwi_events.people.models import BrowserSession, Person, SignInToken

if TYPE_CHECKING:
    from datetime import datetime

PURPOSE = "sign-in"
OLD_LINK = "This link no longer works. Ask for a new one."
FIRST_OF_ALL = 10


@dataclass(frozen=True)
class PendingSignIn:
    """Whom a link would sign in."""

    person_id: int
    name: str


def request_sign_in(address: str, *, now: datetime) -> None:
    """Mail a sign-in link if the address is known; tell nobody whether it is."""
    person = queries.find_person_by_address(address)
    if person is None or not queries.may_sign_in(person):
        return
    row = _new_token(person.id, now=now)
    mail.queue(
        "people.sign_in",
        person_id=person.id,
        address=queries.primary_address(person.id) or address,
        subject_id=row.id,
        dedup_key=f"sign-in:{row.id}",
        not_after=row.expires_at,
        priority=FIRST_OF_ALL,
        now=now,
    )


def issue_sign_in_token(person_id: int, *, now: datetime) -> str:
    """Return a token that signs this person in once, for the operator's command and the first start."""
    return token_of(_new_token(person_id, now=now).id)


def token_of(row_id: int) -> str:
    """Return the token of a sign-in row: it is derived, so that the mail can carry it and the table need not."""
    return tokens.derived(PURPOSE, str(row_id))


def find_sign_in(token: str, *, now: datetime) -> PendingSignIn | None:
    """Return whom the link would sign in, or None if it is unknown, spent or too old. Reading spends nothing."""
    row = _usable(token, now=now)
    return PendingSignIn(row.person_id, row.name) if row else None


def sign_in(token: str, *, now: datetime) -> str:
    """Spend the link and return the token of a new browser session.

    Raises:
        Refused: the link is unknown, spent or too old, or the person may not sign in.
    """
    row = _usable(token, now=now)
    spent = row and db.session.execute(
        sa.update(SignInToken)
        .where(SignInToken.token_hash == tokens.digest(token), SignInToken.spent_at.is_(None))
        .values(spent_at=now)
    )
    if not row or not spent or spent.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE has a row count
        raise Refused("link_too_old", OLD_LINK)
    browser = tokens.fresh()
    db.session.add(
        BrowserSession(
            person_id=row.person_id,
            token_hash=tokens.digest(browser),
            created_at=now,
            expires_at=now + rules.SIGNED_IN_FOR,
        )
    )
    db.session.flush()
    return browser


def sign_out(browser_token: str, *, now: datetime) -> None:
    """End the browser session for good: the cookie, replayed, finds nothing."""
    db.session.execute(
        sa.update(BrowserSession)
        .where(BrowserSession.token_hash == tokens.digest(browser_token), BrowserSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def _new_token(person_id: int, *, now: datetime) -> SignInToken:
    row = SignInToken(
        person_id=person_id,
        token_hash=tokens.digest(tokens.fresh()),  # until the row has the id that its token is derived from
        expires_at=now + rules.SIGN_IN_LINK_LIVES,
        created_at=now,
    )
    db.session.add(row)
    db.session.flush()
    row.token_hash = tokens.digest(token_of(row.id))
    db.session.flush()
    return row


def _usable(token: str, *, now: datetime) -> sa.Row[int, str] | None:
    return db.session.execute(
        sa.select(SignInToken.person_id, Person.name)
        .join(Person, Person.id == SignInToken.person_id)
        .where(
            SignInToken.token_hash == tokens.digest(token),
            SignInToken.spent_at.is_(None),
            SignInToken.expires_at > now,
            Person.disabled_at.is_(None),
        )
    ).one_or_none()
