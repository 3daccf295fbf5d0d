"""The pace of mail to one domain: so many a minute, and so many at the same moment, over all workers together.

A mail that comes when its minute is full gets a turn in a later one, and keeps it: so each is put off once, however many
there are, and none loses a try by it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.kernel.db import db, insert_unless_there
from ecwi_events.mail.models import Mail, MailState
from ecwi_events.mail.models_delivery import MailPace

if TYPE_CHECKING:
    from datetime import datetime

A_MINUTE = timedelta(minutes=1)


def domain_of(address: str) -> str:
    """Return the domain of an address, as it is compared."""
    return address.rpartition("@")[2].casefold()


def take_turn(mail_id: int, domain: str, *, per_minute: int, now: datetime) -> datetime:
    """Give a mail its turn, and return the minute in which it may go out: this one, or a later one."""
    this_minute = now.replace(second=0, microsecond=0)
    _hold(domain, now=this_minute)
    row = db.session.scalars(sa.select(MailPace).where(MailPace.domain == domain).with_for_update()).one()
    if row.minute_at < this_minute:
        row.minute_at, row.taken = this_minute, 1
    elif row.taken >= per_minute:
        row.minute_at, row.taken = row.minute_at + A_MINUTE, 1
    else:
        row.taken += 1
    db.session.flush()
    db.session.execute(
        sa.update(Mail)
        .where(Mail.id == mail_id)
        .values(turn_at=row.minute_at)
        .execution_options(synchronize_session=False)
    )
    return row.minute_at


def is_crowded(domain: str, *, at_once: int, now: datetime) -> bool:
    """Tell whether as many mails as allowed are on their way to a domain at this moment.

    Holds the domain until the transaction ends, so that two workers cannot both see the last free way.
    """
    _hold(domain, now=now.replace(second=0, microsecond=0))
    db.session.execute(sa.select(MailPace.id).where(MailPace.domain == domain).with_for_update())
    question = sa.select(sa.func.count()).where(
        Mail.state == MailState.SENDING, sa.func.lower(Mail.address).endswith("@" + domain, autoescape=True)
    )
    return (db.session.scalar(question) or 0) >= at_once


def _hold(domain: str, *, now: datetime) -> None:
    insert_unless_there(MailPace, [{"domain": domain, "minute_at": now, "taken": 0}], key=["domain"])
