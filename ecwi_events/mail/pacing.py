"""The pace of mail to one domain: so many a minute, and so many at the same moment, over all workers together.

A mail takes its turn in the moment in which it starts, so one that is not wanted any more takes none. When the minute is
full, or more urgent mails wait for it, a mail is put off, which costs it no try. Each priority has its line over the coming
minutes, no more in each than can go out: so thousands of mails do not all ask in every minute, and a line of digests never
stands before what is more urgent. Who asks in vain once more stands in a second line of the same width, which is short.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db, insert_unless_there
from ecwi_events.mail import rules_pace as rules
from ecwi_events.mail.models import Mail, MailState
from ecwi_events.mail.models_delivery import ALL_PRIORITIES, MailPace
from ecwi_events.work.models import Work, WorkState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.mail.queries import Outgoing

A_MINUTE = rules.A_MINUTE


def domain_of(address: str) -> str:
    """Return the domain of an address, as it is compared."""
    return address.rpartition("@")[2].casefold()


def put_off(mail: Outgoing, priority: int, *, per_minute: int, now: datetime) -> datetime | None:
    """Return when a mail is to ask again whose domain has no room for it in this minute; None if it may go on."""
    lines, minute = _lines(domain_of(mail.address), priority, now=now)
    if _may_go(lines, mail, priority, per_minute=per_minute, minute=minute):
        return None
    line = next(line for line in lines if line.priority == priority)
    most = rules.room(priority, per_minute=per_minute)
    if mail.turn_at is None:
        line.line_at, line.line = rules.next_in_line(line.line_at, line.line, minute=minute, most=most)
        turn = line.line_at
    else:
        line.again_at, line.again = rules.next_in_line(line.again_at, line.again, minute=minute, most=most)
        turn = line.again_at
    db.session.flush()
    theirs = sa.update(Mail).where(Mail.id == mail.id).values(turn_at=turn)
    db.session.execute(theirs.execution_options(synchronize_session=False))
    return turn


def take_turn(mail: Outgoing, priority: int, *, per_minute: int, now: datetime) -> bool:
    """Count a mail that starts now; return False if another one has taken the last turn of this minute meanwhile."""
    lines, minute = _lines(domain_of(mail.address), priority, now=now)
    if not _may_go(lines, mail, priority, per_minute=per_minute, minute=minute):
        return False
    next(line for line in lines if line.priority == priority).taken += 1
    db.session.flush()
    return True


def is_crowded(domain: str, *, at_once: int, now: datetime) -> bool:
    """Tell whether as many mails as allowed are on their way to a domain at this moment.

    Holds the domain until the transaction ends, so that two workers cannot both see the last free way. A mail on which
    nobody works any more is not on its way, whatever it says.
    """
    _lines(domain, ALL_PRIORITIES, now=now)
    somebody_works = sa.exists().where(
        Work.dedup_key == sa.literal("mail:").concat(sa.cast(Mail.id, sa.String)),
        Work.state.in_([WorkState.DUE, WorkState.LEASED]),
    )
    question = sa.select(sa.func.count()).where(
        Mail.state == MailState.SENDING,
        sa.func.lower(Mail.address).endswith("@" + domain, autoescape=True),
        somebody_works,
    )
    return (db.session.scalar(question) or 0) >= at_once


def _may_go(
    lines: Sequence[MailPace], mail: Outgoing, priority: int, *, per_minute: int, minute: datetime
) -> bool:  # fmt: skip
    facts = [_facts(line, minute=minute) for line in lines]
    return rules.may_go(facts, priority, per_minute=per_minute, was_put_off=mail.turn_at is not None)


def _facts(line: MailPace, *, minute: datetime) -> rules.Line:
    asks = [(line.line_at, line.line), (line.again_at, line.again)]
    asking = sum(number for at, number in asks if at == minute)
    return rules.Line(line.priority, line.taken, asking, more_later=any(at and at > minute for at, _ in asks))


def _lines(domain: str, priority: int, *, now: datetime) -> tuple[Sequence[MailPace], datetime]:
    """Hold a domain until the transaction ends; return its lines as they stand in this minute, and the minute.

    The clock of another worker may be a little ahead of ours: then the minute is theirs. A minute that lies further ahead
    is one from before the clock was put back, and counts no more.
    """
    minute = now.replace(second=0, microsecond=0)
    blank = {"domain": domain, "minute_at": minute, "taken": 0, "line": 0, "again": 0}
    if not _hold(domain):
        insert_unless_there(MailPace, [{**blank, "priority": ALL_PRIORITIES}], key=["domain", "priority"])
        _hold(domain)
    lines = _of(domain)
    if priority not in {line.priority for line in lines}:
        insert_unless_there(MailPace, [{**blank, "priority": priority}], key=["domain", "priority"])
        lines = _of(domain)
    ahead = minute + A_MINUTE
    minute = max([minute, *(line.minute_at for line in lines if line.minute_at == ahead)])
    for line in lines:
        if line.minute_at > ahead:
            line.line_at = line.again_at = None
        if line.minute_at != minute:
            line.minute_at, line.taken = minute, 0
    return lines, minute


def _hold(domain: str) -> bool:
    """Hold a domain by the row of all its priorities; return False if it has none yet."""
    row = sa.select(MailPace.id).where(MailPace.domain == domain, MailPace.priority == ALL_PRIORITIES)
    return db.session.execute(row.with_for_update()).first() is not None


def _of(domain: str) -> Sequence[MailPace]:
    """Return the lines of a domain, in a question of its own: one that waited for the row sees what was there before."""
    rows = sa.select(MailPace).where(MailPace.domain == domain).order_by(MailPace.priority)
    return db.session.scalars(rows.execution_options(populate_existing=True)).all()
