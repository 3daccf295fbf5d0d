"""Passkeys: registered and asked for by the base URL's name alone; every challenge is kept here and answered once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
import webauthn
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from ecwi_events.kernel import links, product, tokens
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.people import second_factor
from ecwi_events.people.models_signing_in import BrowserSession, Passkey

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

ANSWER_WITHIN = timedelta(minutes=5)
MOST_PASSKEYS = 10
REGISTER, CONFIRM = "register", "confirm"
NOT_TAKEN = "This passkey was not accepted. Try again, or use another way."


@dataclass(frozen=True)
class Owner:
    """Whose passkey it is, and in which browser."""

    person_id: int
    browser_id: int
    name: str


def options_to_register(owner: Owner, *, now: datetime) -> str:
    """Return, as JSON, what the browser needs to make a passkey.

    Raises:
        Refused: there are ten passkeys already.
    """
    there = _passkeys(owner.person_id)
    if len(there) >= MOST_PASSKEYS:
        raise Refused("many_passkeys", f"You have {MOST_PASSKEYS} passkeys already. Remove one first.")
    options = webauthn.generate_registration_options(
        rp_id=links.host(),
        rp_name=product.NAME,
        user_name=owner.name,
        user_display_name=owner.name,
        user_id=tokens.derived("passkey", str(owner.person_id)).encode(),
        challenge=_new_challenge(owner, REGISTER, now=now),
        exclude_credentials=_descriptors(there),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
    )
    return webauthn.options_to_json(options)


def register(owner: Owner, answer: str, *, name: str, now: datetime) -> None:
    """Keep the passkey that a browser made.

    Raises:
        Refused: the answer does not fit the question, or the passkey is known already.
    """
    challenge = _spend_challenge(owner, REGISTER, now=now)
    try:
        made = webauthn.verify_registration_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=links.host(), expected_origin=links.origin()
        )
    except (WebAuthnException, ValueError) as error:
        raise Refused("passkey", NOT_TAKEN) from error
    credential_id = bytes_to_base64url(made.credential_id)
    if db.session.scalar(sa.select(Passkey.id).where(Passkey.credential_id == credential_id)):
        raise Refused("passkey", NOT_TAKEN)
    db.session.add(
        Passkey(
            person_id=owner.person_id,
            credential_id=credential_id,
            public_key=made.credential_public_key,
            sign_count=made.sign_count,
            name=name[:80] or "Passkey",
            created_at=now,
            last_used_at=now,
        )
    )
    db.session.flush()
    second_factor.note_added(owner.person_id, "passkey", now=now)


def options_to_confirm(owner: Owner, *, now: datetime) -> str:
    """Return, as JSON, what the browser needs to answer with one of this person's passkeys."""
    options = webauthn.generate_authentication_options(
        rp_id=links.host(),
        challenge=_new_challenge(owner, CONFIRM, now=now),
        allow_credentials=_descriptors(_passkeys(owner.person_id)),
    )
    return webauthn.options_to_json(options)


def confirm(owner: Owner, answer: str, *, now: datetime) -> None:
    """Take a passkey's answer as the second factor.

    Raises:
        Refused: it is not one of this person's, or does not fit the question, or its counter went back (a copy).
    """
    challenge = _spend_challenge(owner, CONFIRM, now=now)
    try:
        used = bytes_to_base64url(parse_authentication_credential_json(answer).raw_id)
        passkey = next((p for p in _passkeys(owner.person_id) if p.credential_id == used), None)
        if passkey is None:
            raise Refused("passkey", NOT_TAKEN)
        seen = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=links.host(),
            expected_origin=links.origin(),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
        )
    except (WebAuthnException, ValueError) as error:
        raise Refused("passkey", NOT_TAKEN) from error
    passkey.sign_count = seen.new_sign_count
    passkey.last_used_at = now
    db.session.flush()


def remove(person_id: int, passkey_id: int, *, now: datetime) -> None:
    """Take one of a person's passkeys away.

    Raises:
        NotFound: there is none, or it is another person's.
    """
    gone = db.session.execute(
        sa.delete(Passkey).where(Passkey.id == passkey_id, Passkey.person_id == person_id)
    )  # fmt: skip
    if gone.rowcount != 1:  # type: ignore[attr-defined]  # a DELETE has a row count
        raise NotFound("We cannot find this passkey.")
    second_factor.note_removed(person_id, "passkey", now=now)


def _passkeys(person_id: int) -> Sequence[Passkey]:
    return db.session.scalars(sa.select(Passkey).where(Passkey.person_id == person_id).with_for_update()).all()


def _descriptors(passkeys: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(p.credential_id)) for p in passkeys]


def _new_challenge(owner: Owner, purpose: str, *, now: datetime) -> bytes:
    challenge = tokens.fresh()
    db.session.execute(
        sa.update(BrowserSession)
        .where(BrowserSession.id == owner.browser_id)
        .values(challenge=f"{purpose}:{challenge}", challenge_until=now + ANSWER_WITHIN)
    )
    return challenge.encode()


def _spend_challenge(owner: Owner, purpose: str, *, now: datetime) -> bytes:
    """Return the question that this browser was asked, and forget it: one answer only, right or wrong.

    A wrong answer rolls the transaction back, so the caller spends it again with `drop_challenge`.
    """
    row = db.session.execute(
        sa.select(BrowserSession.challenge).where(
            BrowserSession.id == owner.browser_id, BrowserSession.challenge_until > now
        )
    ).scalar_one_or_none()
    kind, _, challenge = (row or "").partition(":")
    if kind != purpose or not challenge:
        raise Refused("passkey", NOT_TAKEN)
    spent = db.session.execute(
        sa.update(BrowserSession)
        .where(BrowserSession.id == owner.browser_id, BrowserSession.challenge == row)
        .values(challenge=None)
    )
    if spent.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE has a row count
        raise Refused("passkey", NOT_TAKEN)
    return challenge.encode()


def drop_challenge(browser_id: int) -> None:
    """Forget what a browser was asked."""
    db.session.execute(sa.update(BrowserSession).where(BrowserSession.id == browser_id).values(challenge=None))
