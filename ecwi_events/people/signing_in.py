"""Signing in without a password: one mail with a link that a button spends, and a code for the browser that asked.

The link works in any browser; the code works only where it was asked for, so that the mail may be read on a phone and the
code typed on a computer. Each is spent once. Using the code ends the link, and so does the link end the code if it is used
in the browser that asked; a mail scanner that presses buttons in a browser of its own leaves the code alone.

Known and unknown addresses cost the same statements and get the same words: a row is written for both, and a mail is queued
for both; the one for nobody has no address and is dropped when it should go out.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel import tokens
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, Refused
from ecwi_events.kernel.text import normalise_address
from ecwi_events.mail import service as mail
from ecwi_events.mail.models import Mail
from ecwi_events.people import browser_sessions, queries, rules, tries
from ecwi_events.people.models import EmailAddress, Person
from ecwi_events.people.models_signing_in import SignInToken

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

PURPOSE = "sign-in"
CODE = "sign-in code"
MAIL_KIND = "people.sign_in"
OLD_LINK = "This link no longer works. Ask for a new one."


@dataclass(frozen=True)
class PendingSignIn:
    """Whom a link would sign in."""

    person_id: int
    name: str


@dataclass(frozen=True)
class SignInMail:
    """What one sign-in mail says."""

    name: str
    link: str
    code: str


@dataclass(frozen=True)
class CodeAnswer:
    """What came of a typed code: a new browser's token, or how many tries are left."""

    browser: str | None = None
    tries_left: int = 0
    must_wait: bool = False


def request_sign_in(address: str, *, browser: str, now: datetime) -> None:
    """Mail a link and a code if the address is known; tell nobody whether it is.

    Args:
        address: as it was typed.
        browser: the secret of the browser that asks; only there will the code work.
        now: the door's instant.
    """
    account = tries.account_of(normalise_address(address))
    person_id, primary = _find_known(address)
    if not rules.may_mail_sign_in(_mailed(account, now=now), now=now):
        return
    row = _new_token(person_id, account=account, browser=browser, now=now)
    mail.queue(
        mail.NewMail(
            MAIL_KIND,
            person_id=person_id,
            address=primary or "",
            subject_id=row.id,
            dedup_key=f"sign-in:{row.id}:{int(now.timestamp())}",
            not_after=row.expires_at,
        ),
        now=now,
    )


def issue_sign_in_token(person_id: int, *, now: datetime) -> str:
    """Return a token that signs this person in once, for the operator's command and the first start."""
    return _token(_new_token(person_id, account="", browser=None, now=now))


def token_of(row_id: int) -> str:
    """Return the token of a sign-in row: it is derived, so that the mail can carry it and the table need not."""
    row = db.session.get_one(SignInToken, row_id)
    return _token(row)


def find_mail(row_id: int, *, now: datetime) -> SignInMail | None:
    """Return what the mail of this row says, or None if it is for nobody, spent, or too late."""
    found = db.session.execute(
        sa.select(SignInToken, Person.name)
        .join(Person, Person.id == SignInToken.person_id)
        .where(SignInToken.id == row_id, *_live(now), queries.MAY_SIGN_IN)
    ).one_or_none()
    return SignInMail(found[1], _token(found[0]), _code(found[0])) if found else None


def find_sign_in(token: str, *, now: datetime) -> PendingSignIn | None:
    """Return whom the link would sign in, or None if it is unknown, spent or too old. Reading spends nothing."""
    row = db.session.execute(
        sa.select(SignInToken.person_id, Person.name)
        .join(Person, Person.id == SignInToken.person_id)
        .where(SignInToken.token_hash == tokens.digest(token), *_live(now), queries.MAY_SIGN_IN)
    ).one_or_none()
    return PendingSignIn(row.person_id, row.name) if row else None


def sign_in(token: str, *, browser: str | None = None, device: str = "", now: datetime) -> str:
    """Spend the link and return the token of a new browser session.

    Args:
        token: the link's.
        browser: the secret of this browser, if it asked for a link; then the code is spent too.
        device: words for the list of one's devices.
        now: the door's instant.

    Raises:
        Refused: the link is unknown, spent or too old, or the person may not sign in.
    """
    pending = find_sign_in(token, now=now)
    spent = pending and db.session.execute(
        sa.update(SignInToken)
        .where(SignInToken.token_hash == tokens.digest(token), SignInToken.spent_at.is_(None))
        .values(spent_at=now)
    )
    if not pending or not spent or spent.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE has a row count
        raise Refused("link_too_old", OLD_LINK)
    if browser:
        _spend_all_of(browser, now=now)
    _note_proved(pending.person_id, SignInToken.token_hash == tokens.digest(token), now=now)
    return _signed_in(pending.person_id, device=device, now=now)


def try_code(code: str, *, browser: str, address: str, device: str = "", now: datetime) -> CodeAnswer:
    """Look at a code that was typed in the browser that asked; a right one signs in and spends code and link.

    A wrong one costs a try, of the code (5) and of the account (10 within 15 minutes, links go on to work). The caller
    commits in any case.

    Raises:
        Invalid: this is not a whole code; it costs no try.
    """
    typed = rules.code_digits(code)
    if fault := rules.code_fault(typed):
        raise Invalid({"code": fault})
    account = tries.account_of(normalise_address(address))
    if tries.must_wait(account, now=now):
        return CodeAnswer(must_wait=True)
    rows = _take_a_try(browser, account, now=now)
    right = [row for row in rows if hmac.compare_digest(_code(row), typed)]
    person_id = right[0].person_id if right else None
    person = db.session.get(Person, person_id) if person_id else None
    if person is None or not queries.may_sign_in(person):
        tries.note_wrong(account, now=now)
        return CodeAnswer(tries_left=max((rules.CODE_TRIES - row.tries for row in rows), default=0))
    _spend_all_of(browser, now=now)
    _note_proved(person.id, SignInToken.id == right[0].id, now=now)
    return CodeAnswer(_signed_in(person.id, device=device, now=now))


def forget_old(*, now: datetime) -> None:
    """Delete links, codes and wrong tries that are of no more use, and browsers that signed out long ago."""
    db.session.execute(sa.delete(SignInToken).where(SignInToken.expires_at < now - timedelta(days=1)))
    tries.forget_old(now=now)
    browser_sessions.forget_old(now=now)


def _signed_in(person_id: int, *, device: str, now: datetime) -> str:
    journal.note("sign_in", "person", person_id, now=now)
    return browser_sessions.start(person_id, device=device, now=now)


def _note_proved(person_id: int, used: sa.ColumnElement[bool], *, now: datetime) -> None:
    """Keep that the address is the person's to which the mail with this link and code went.

    An operator's link went to none.
    """
    mailed = (
        sa.select(Mail.address)
        .join(SignInToken, sa.and_(Mail.subject_id == SignInToken.id, Mail.created_at == SignInToken.created_at))
        .where(Mail.kind == MAIL_KIND, Mail.person_id == person_id, used)
    )
    own = (EmailAddress.person_id == person_id, EmailAddress.proved_at.is_(None), EmailAddress.address.in_(mailed))
    db.session.execute(
        sa.update(EmailAddress).where(*own).values(proved_at=now).execution_options(synchronize_session=False)
    )


def _find_known(address: str) -> tuple[int | None, str | None]:
    """Return who has this address and where to write to, in one statement for everybody.

    A proved address gets the mail itself, so that a second one helps when the first is lost; else the primary one does.
    """
    typed, primary = sa.orm.aliased(EmailAddress), sa.orm.aliased(EmailAddress)
    row = db.session.execute(
        sa.select(Person.id, sa.case((typed.proved_at.is_not(None), typed.address), else_=primary.address))
        .join(typed, typed.person_id == Person.id)
        .join(primary, primary.person_id == Person.id)
        .where(typed.normalised == normalise_address(address), queries.MAY_SIGN_IN)
        .order_by(primary.is_primary.desc(), primary.id)
        .limit(1)
    ).one_or_none()
    return (row[0], row[1]) if row else (None, None)


def _mailed(account: str, *, now: datetime) -> Sequence[datetime]:
    return db.session.scalars(
        sa.select(SignInToken.created_at).where(
            SignInToken.account == account, SignInToken.created_at > now - timedelta(hours=1)
        )
    ).all()


def _take_a_try(browser: str, account: str, *, now: datetime) -> Sequence[SignInToken]:
    """Take one try from each code that this browser may still type, before any of them is compared."""
    return db.session.scalars(
        sa.update(SignInToken)
        .where(
            SignInToken.browser_hash == tokens.digest(browser),
            SignInToken.account == account,
            SignInToken.code_spent_at.is_(None),
            SignInToken.expires_at > now,
            SignInToken.tries < rules.CODE_TRIES,
        )
        .values(tries=SignInToken.tries + 1)
        .returning(SignInToken)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).all()


def _spend_all_of(browser: str, *, now: datetime) -> None:
    """Spend every link and code that this browser asked for: it is signed in now."""
    db.session.execute(
        sa.update(SignInToken)
        .where(SignInToken.browser_hash == tokens.digest(browser), SignInToken.expires_at > now)
        .values(
            spent_at=sa.func.coalesce(SignInToken.spent_at, sa.bindparam("at", now, type_=SignInToken.spent_at.type)),
            code_spent_at=sa.func.coalesce(
                SignInToken.code_spent_at, sa.bindparam("at", now, type_=SignInToken.spent_at.type)
            ),
        )
        .execution_options(synchronize_session=False)
    )


def _new_token(person_id: int | None, *, account: str, browser: str | None, now: datetime) -> SignInToken:
    row = SignInToken(
        person_id=person_id,
        account=account,
        token_hash=tokens.digest(tokens.fresh()),  # until the row has the id that its token is derived from
        browser_hash=tokens.digest(browser) if browser else None,
        expires_at=now + rules.SIGN_IN_LINK_LIVES,
        created_at=now,
    )
    db.session.add(row)
    db.session.flush()
    row.token_hash = tokens.digest(_token(row))
    db.session.flush()
    return row


def _token(row: SignInToken) -> str:
    return tokens.derived(PURPOSE, _subject(row))


def _code(row: SignInToken) -> str:
    return tokens.six_digits(CODE, _subject(row))


def _subject(row: SignInToken) -> str:
    """Name a row for ever: an id alone could come again after rows were deleted."""
    return f"{row.id} {row.created_at.isoformat()}"


def _live(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return SignInToken.spent_at.is_(None), SignInToken.expires_at > now
