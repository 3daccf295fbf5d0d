"""Tables of signing in: mailed links and codes, signed-in browsers, second factors."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.columns import Line, UtcDateTime
from ecwi_events.kernel.db import Model


class SignInToken(Model):
    """A mailed or printed way in: one purpose, a short life; its link and its code are each spent once.

    Rows are written for unknown addresses too (``person_id`` is empty), so that nothing tells them apart from known ones.
    The code is derived like the link, and the browser that may type it is known by the hash of a nonce in its cookie.
    """

    __tablename__ = "sign_in_token"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    account: Mapped[str] = mapped_column(
        sa.String(64), index=True, default=""
    )  # keyed hash of the address that was typed
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    browser_hash: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    spent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    code_spent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(sa.Integer, default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WrongTry(Model):
    """A wrong code, so that tries can be counted for one account; ``account`` is a keyed hash."""

    __tablename__ = "wrong_try"
    __table_args__ = (sa.Index("ix_wrong_try_account", "account", "tried_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(sa.String(64))
    tried_at: Mapped[datetime] = mapped_column(UtcDateTime)


class BrowserSession(Model):
    """A signed-in browser. Ending the row ends the sign-in, whatever cookie is replayed.

    ``fresh_at``: when this person last proved who they are. ``strong_at``: when they last gave their second factor.
    ``rested``: it was not used for so long that the office pages ask again.
    """

    __tablename__ = "browser_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    device: Mapped[str] = mapped_column(Line(80), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    fresh_at: Mapped[datetime] = mapped_column(UtcDateTime)
    strong_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rested: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    challenge: Mapped[str | None] = mapped_column(sa.String(120))  # "<purpose>:<random>", spent by the first answer
    challenge_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OneTimeCodes(Model):
    """An app that shows one-time codes (TOTP). The secret is encrypted; ``last_step`` keeps a code from working twice."""

    __tablename__ = "one_time_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), unique=True)
    secret: Mapped[str] = mapped_column(sa.String(255))
    last_step: Mapped[int | None] = mapped_column(sa.BigInteger)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RecoveryCode(Model):
    """One of the printed codes for the day when the phone is lost; kept as a keyed hash."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    code_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Passkey(Model):
    """A passkey: the public half of a key that stays in a device."""

    __tablename__ = "passkey"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    credential_id: Mapped[str] = mapped_column(sa.String(1400), unique=True)
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sign_count: Mapped[int] = mapped_column(sa.BigInteger, default=0)
    name: Mapped[str] = mapped_column(Line(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
