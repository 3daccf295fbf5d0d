"""Messages of hosts and the office to the people of an activity: writing, counting, stopping, and putting the mails."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.attendance import rules_messages as rules
from ecwi_events.attendance.models import Presence, Verdict
from ecwi_events.attendance.models_messages import ActivityMessage, Audience
from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db, insert_unless_there
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.kernel.text import clean_line, clean_prose
from ecwi_events.mail import service as mail
from ecwi_events.mail import stopping
from ecwi_events.mail.kinds import BULK, Topic
from ecwi_events.mail.models import Mail, MailState
from ecwi_events.people.models import EmailAddress, Person
from ecwi_events.registration import queries as registrations
from ecwi_events.registration.models import Place, Registration
from ecwi_events.work import service as work

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.programme.queries import ActivityPage

MAIL_KIND = "message.activity"
WORK_KIND = "attendance.put_message"
BATCH = 200
A_DAY = timedelta(days=1)
PLACE_OF = {Audience.CONFIRMED: Place.CONFIRMED, Audience.WAITING: Place.WAITING, Audience.PENDING: Place.PENDING}
WORTH = {Place.CONFIRMED: 0, Place.OFFERED: 1, Place.WAITING: 2, Place.PENDING: 3}  # of several sign-ups, the smaller
VERDICTS_OF = {Audience.PRESENT: (Verdict.PRESENT, Verdict.BRIEF), Audience.ABSENT: (Verdict.ABSENT,)}


@dataclass(frozen=True)
class Draft:
    """A message as it is typed."""

    audience: Audience
    subject: str
    text: str
    session_id: int | None = None
    reply_to: str | None = None


@dataclass(frozen=True)
class Recipient:
    """Somebody who would get it."""

    person_id: int
    name: str
    address: str


@dataclass(frozen=True)
class Written:
    """A message in the list of those that were written, and what became of its mails."""

    id: int
    audience: Audience
    session_id: int | None
    subject: str
    by: str | None
    created_at: datetime
    begins_at: datetime
    cancelled_at: datetime | None
    done_at: datetime | None
    text: str
    counts: Counter[MailState]

    @property
    def may_be_stopped(self) -> bool:
        """Tell whether some of it has not gone out yet."""
        waiting = self.counts[MailState.QUEUED] + self.counts[MailState.RETRY]
        return self.cancelled_at is None and (self.done_at is None or waiting > 0)


def faults(activity: ActivityPage, draft: Draft, *, now: datetime) -> dict[str, str]:
    """Return what is wrong with a message, by field."""
    session_ids = {session.id for session in activity.sessions}
    found = rules.faults(
        clean_line(draft.subject), clean_prose(draft.text), draft.audience.value,
        has_session=draft.session_id is not None, has_next_session=activity.next_session(now=now) is not None,
    )  # fmt: skip
    if draft.session_id is not None and draft.session_id not in session_ids:
        found["session"] = "Choose a session of this activity"
    return found


def check(activity: ActivityPage, draft: Draft, *, now: datetime) -> None:
    """Look whether a message can be sent as it is.

    Raises:
        Invalid: a field cannot be taken.
    """
    if wrong := faults(activity, draft, now=now):
        raise Invalid(wrong)


def recipients(
    activity_id: int, audience: Audience, session_id: int | None = None, *, after: int = 0, limit: int | None = None
) -> Sequence[Recipient]:
    """Return who would get a message, each once, in the order of their numbers.

    Who has stopped such messages and whose account is closed would not; the mail asks again when it goes out.
    """
    rows = db.session.execute(
        sa.select(Person.id, Person.name, EmailAddress.address)
        .join(EmailAddress, sa.and_(EmailAddress.person_id == Person.id, EmailAddress.is_primary))
        .where(Person.id > after, *_get_it(activity_id, audience, session_id))
        .order_by(Person.id)
        .limit(limit)
    )
    return [Recipient(*row) for row in rows]


def count(activity_id: int, audience: Audience, session_id: int | None = None) -> int:
    """Count who would get a message."""
    question = (
        sa.select(sa.func.count(sa.distinct(Person.id)))
        .join(EmailAddress, sa.and_(EmailAddress.person_id == Person.id, EmailAddress.is_primary))
        .where(*_get_it(activity_id, audience, session_id))
    )
    return db.session.scalar(question) or 0


def unwanted(message: ActivityMessage, person_id: int) -> str | None:
    """Say why a message is no longer for somebody to whom it was written, or None if it is."""
    who = _who(message.activity_id, message.audience, message.session_id)
    there = db.session.execute(
        sa.select(Person.disabled_at, Person.id.in_(who).label("belongs")).where(Person.id == person_id)
    ).one_or_none()
    if there is None:
        return "erased"
    if there.disabled_at:
        return "closed"
    return None if there.belongs else "not_theirs"


def write_message(
    activity: ActivityPage, draft: Draft, *, key: str, by_person_id: int, is_office: bool, now: datetime
) -> int:
    """Write a message down; its mails are put after a minute. The same key is the same message.

    Raises:
        Invalid: a field cannot be taken.
        Refused: there is nobody to write to, or a host has written too often today.
    """
    check(activity, draft, now=now)
    if known := db.session.scalar(sa.select(ActivityMessage.id).where(ActivityMessage.key == key)):
        return known
    if not count(activity.id, draft.audience, draft.session_id):
        raise Refused("nobody", "There is nobody to write to. Choose other people.")
    if not rules.may_write(_written_since(activity.id, now - A_DAY), is_office=is_office):
        raise Refused(
            "too_many", f"{rules.MOST_A_DAY} messages in one day are enough. Write again tomorrow, or ask the office."
        )
    row = {
        "key": key, "activity_id": activity.id, "session_id": draft.session_id, "audience": draft.audience,
        "subject": draft.subject, "text": draft.text, "reply_to": draft.reply_to, "by_person_id": by_person_id,
        "created_at": now, "begins_at": now + rules.TIME_TO_STOP, "put_up_to": 0, "put": 0,
    }  # fmt: skip
    (message_id,) = insert_unless_there(ActivityMessage, [row], key=["key"])
    work.put(
        WORK_KIND,
        message_id,
        dedup_key=f"message:{message_id}",
        due_at=now + rules.TIME_TO_STOP,
        priority=BULK,
        now=now,
    )
    journal.note("write_message", "activity", activity.id, after={"audience": draft.audience}, now=now)
    return message_id


def stop_message(activity_id: int, message_id: int, *, now: datetime) -> None:
    """Send no more of a message; what has gone out has gone out.

    Raises:
        NotFound: this activity has no such message.
        Refused: all of it has gone out, or it was stopped already.
    """
    found = next((one for one in history(activity_id) if one.id == message_id), None)
    if found is None:
        raise NotFound("We cannot find this message.")
    if not found.may_be_stopped:
        raise Refused("too_late", "This message is on its way already, or it was stopped before.")
    call_off(message_id, now=now)
    journal.note("stop_message", "activity", activity_id, after={"audience": found.audience}, now=now)


def call_off(message_id: int, *, now: datetime) -> None:
    """Note that no more of a message is wanted."""
    db.session.execute(
        sa.update(ActivityMessage)
        .where(ActivityMessage.id == message_id, ActivityMessage.cancelled_at.is_(None))
        .values(cancelled_at=now)
        .execution_options(synchronize_session=False)
    )


def put_some(message_id: int, *, now: datetime) -> int:
    """Put the mails of the next people; return how many, fewer than `BATCH` when all have theirs."""
    message = db.session.scalar(
        sa.select(ActivityMessage)
        .where(ActivityMessage.id == message_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if message is None or message.cancelled_at or message.done_at:
        return 0
    people = recipients(message.activity_id, message.audience, message.session_id, after=message.put_up_to, limit=BATCH)
    mail.queue_all(
        [
            mail.NewMail(
                MAIL_KIND,
                person_id=person.person_id,
                address=person.address,
                subject_id=message.id,
                session_id=message.session_id,
                dedup_key=f"message:{message.id}:{person.person_id}",
            )
            for person in people
        ],
        now=now,
    )
    message.put += len(people)
    if people:
        message.put_up_to = people[-1].person_id
    if len(people) < BATCH:
        message.done_at = now
    db.session.flush()
    return len(people)


def find(message_id: int) -> ActivityMessage | None:
    """Return a message, or None."""
    return db.session.scalar(
        sa.select(ActivityMessage).where(ActivityMessage.id == message_id).execution_options(populate_existing=True)
    )


def history(activity_id: int) -> Sequence[Written]:
    """Return what was written about an activity, the latest first, with what became of the mails."""
    rows = db.session.execute(
        sa.select(
            ActivityMessage.id, ActivityMessage.audience, ActivityMessage.session_id, ActivityMessage.subject,
            Person.name.label("by"),
            ActivityMessage.created_at, ActivityMessage.begins_at, ActivityMessage.cancelled_at, ActivityMessage.done_at,
            ActivityMessage.text,
        )
        .outerjoin(Person, Person.id == ActivityMessage.by_person_id)
        .where(ActivityMessage.activity_id == activity_id)
        .order_by(ActivityMessage.id.desc())
    ).all()  # fmt: skip
    counted: dict[int, Counter[MailState]] = {row.id: Counter() for row in rows}
    states = sa.select(Mail.subject_id, Mail.state, sa.func.count()).where(
        Mail.kind == MAIL_KIND, Mail.subject_id.in_(counted)
    )
    for message_id, state, number in db.session.execute(states.group_by(Mail.subject_id, Mail.state)):
        counted[message_id][state] = number
    return [Written(**row._asdict(), counts=counted[row.id]) for row in rows]


def sign_up_of(activity_id: int, person_id: int, session_id: int | None = None) -> int | None:
    """Return the sign-up by which somebody belongs to an activity: the best they have, of this session if one is named."""
    mine = sa.select(Registration.id).where(
        Registration.activity_id == activity_id, Registration.person_id == person_id
    )
    if session_id is not None:
        mine = mine.where(registrations.of_session(session_id))
    return db.session.scalar(mine.order_by(sa.case(WORTH, value=Registration.place, else_=4), Registration.id).limit(1))


def _get_it(activity_id: int, audience: Audience, session_id: int | None) -> list[sa.ColumnElement[bool]]:
    return [
        Person.id.in_(_who(activity_id, audience, session_id)),
        Person.disabled_at.is_(None),
        sa.not_(stopping.stopped_by(Person.id, Topic.MESSAGES, activity_id)),
    ]


def _who(activity_id: int, audience: Audience, session_id: int | None) -> sa.Select[Any]:
    if audience in PLACE_OF:
        found = sa.select(Registration.person_id).where(
            Registration.activity_id == activity_id, Registration.place == PLACE_OF[audience]
        )
        return found if session_id is None else found.where(registrations.of_session(session_id))
    return sa.select(Presence.person_id).where(  # visitors without an address are left out
        Presence.session_id == session_id, Presence.verdict.in_(VERDICTS_OF[audience]), Presence.person_id.is_not(None)
    )


def _written_since(activity_id: int, since: datetime) -> int:
    question = sa.select(sa.func.count()).where(
        ActivityMessage.activity_id == activity_id, ActivityMessage.created_at > since
    )
    return db.session.scalar(question) or 0
