"""Stopping kinds of mail and starting them again, in the settings or by the link in a mail.

The link's token is the authority: it names person, topic and activity, and a signature that only we can make. So it works in
a browser without cookies, from a mail program without a page, and as long as the mail is kept.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel import links, tokens
from ecwi_events.kernel.db import db, insert_unless_there, run
from ecwi_events.mail import stop_requests
from ecwi_events.mail.kinds import TOPICS, Topic, kind_of, topics_in_use
from ecwi_events.mail.letters import WayOut
from ecwi_events.mail.models_delivery import EVERYTHING, MailStop

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from ecwi_events.mail.letters import Letter
    from ecwi_events.mail.queries import Outgoing

PURPOSE = "unsubscribe"
PARTS = 4
LONGEST_NUMBER = len("2147483647") - 1
_S = MailStop.metadata.tables["mail_stop"]
_THIS_STOP = sa.and_(
    _S.c.person_id == sa.bindparam("person", type_=sa.Integer),
    _S.c.topic == sa.bindparam("topic", type_=_S.c.topic.type),
    sa.or_(_S.c.activity_id == EVERYTHING, _S.c.activity_id == sa.bindparam("activity", type_=sa.Integer)),
)
_STOPPED = sa.select(_S.c.id).where(_THIS_STOP)
IS_STOPPED = sa.exists().where(_THIS_STOP)  # for statements about one mail; the parameters are those of `asked_of`


@dataclass(frozen=True)
class Stop:
    """What a link in a mail would stop; ``activity_id`` is 0 for all activities."""

    person_id: int
    topic: Topic
    activity_id: int = EVERYTHING


def token_of(stop: Stop) -> str:
    """Return the token of a link that stops these mails; the same each time."""
    named = f"{stop.person_id}.{stop.topic.value}.{stop.activity_id}"
    return f"{named}.{tokens.derived(PURPOSE, named)}"


def find(token: str) -> Stop | None:
    """Return what a link would stop, or None if it was not made by us. Reading changes nothing."""
    named, _, signature = token.rpartition(".")
    parts = named.split(".")
    if len(parts) != PARTS - 1 or not token.isascii() or not _is_number(parts[0]) or not _is_number(parts[2]):
        return None
    if not hmac.compare_digest(tokens.derived(PURPOSE, named), signature) or parts[1] not in set(Topic):
        return None
    return Stop(int(parts[0]), Topic(parts[1]), int(parts[2]))


def of_mail(mail: Outgoing, letter: Letter) -> Stop | None:
    """Return what the reader of a mail can stop, or None if it always comes."""
    topic = kind_of(mail.kind).topic
    return Stop(mail.person_id, topic, letter.activity_id) if topic and mail.person_id else None


def asked_of(what: Stop | None) -> dict[str, object]:
    """Return the parameters that ask in a statement whether this is stopped; None is never stopped."""
    if what is None:
        return {"person": None, "topic": None, "activity": None}
    return {"person": what.person_id, "topic": what.topic, "activity": what.activity_id}


def way_out(what: Stop | None, *, write_to: str = "") -> WayOut | None:
    """Return how the reader of a mail stops mails like it, or None if it always comes.

    Args:
        what: they are.
        write_to: the address of the mailbox that is read for what comes back; without one, there is the link alone.
    """
    if what is None:
        return None
    token = token_of(what)
    by_mail = stop_requests.address_of(token, write_to) if write_to else ""
    return WayOut(what.topic.value, TOPICS[what.topic].stop, links.absolute(f"/u/{token}"), by_mail)


def is_stopped(person_id: int, topic: Topic, activity_id: int = EVERYTHING) -> bool:
    """Tell whether a person does not want the mails of a topic, at all or about this activity."""
    return run(_STOPPED, asked_of(Stop(person_id, topic, activity_id))).first() is not None


def stopped_by(
    person: sa.ColumnElement[int] | sa.orm.InstrumentedAttribute[int], topic: Topic, activity_id: int = EVERYTHING
) -> sa.Exists:
    """Return the same question for SQL: whether this person stopped a topic as a whole, or about this activity."""
    about = MailStop.activity_id.in_([EVERYTHING, activity_id])
    return sa.exists().where(MailStop.person_id == person, MailStop.topic == topic, about)


def stopped_topics(person_id: int) -> frozenset[Topic]:
    """Return the topics that a person has stopped as a whole."""
    rows = sa.select(MailStop.topic).where(MailStop.person_id == person_id, MailStop.activity_id == EVERYTHING)
    return frozenset(db.session.scalars(rows))


def stopped_activities(person_id: int, topic: Topic = Topic.MESSAGES) -> list[int]:
    """Return the activities about which a person does not want the mails of a topic."""
    rows = (
        sa.select(MailStop.activity_id)
        .where(MailStop.person_id == person_id, MailStop.topic == topic, MailStop.activity_id != EVERYTHING)
        .order_by(MailStop.activity_id)
    )
    return list(db.session.scalars(rows))


def stop(what: Stop, *, now: datetime) -> bool:
    """Stop these mails; return False if they were stopped before."""
    row = {
        "person_id": what.person_id, "topic": what.topic, "activity_id": what.activity_id, "stopped_at": now,
    }  # fmt: skip
    if not insert_unless_there(MailStop, [row], key=["person_id", "topic", "activity_id"]):
        return False
    _note("stop_mails", what, now=now)
    return True


def start_again(what: Stop, *, now: datetime) -> bool:
    """Let these mails come again; return False if they were not stopped."""
    gone = db.session.execute(
        sa.delete(MailStop).where(
            MailStop.person_id == what.person_id, MailStop.topic == what.topic, MailStop.activity_id == what.activity_id
        )
    )
    if gone.rowcount == 0:  # type: ignore[attr-defined]  # a DELETE has a row count
        return False
    _note("start_mails", what, now=now)
    return True


def choose(person_id: int, stopped: Collection[Topic], *, now: datetime) -> None:
    """Stop these topics as a whole and start all others, as the settings say."""
    before = stopped_topics(person_id)
    for topic in topics_in_use():
        if topic in stopped and topic not in before:
            stop(Stop(person_id, topic), now=now)
        elif topic not in stopped and topic in before:
            start_again(Stop(person_id, topic), now=now)


def _note(act: str, what: Stop, *, now: datetime) -> None:
    about = {"activity_id": what.activity_id} if what.activity_id else {}
    journal.note(act, "person", what.person_id, after={"topic": what.topic, **about}, now=now)


def _is_number(text: str) -> bool:
    return text.isdigit() and 0 < len(text) <= LONGEST_NUMBER and str(int(text)) == text
