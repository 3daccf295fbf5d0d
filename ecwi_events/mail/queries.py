"""Reads of mails."""

from __future__ import annotations

from ecwi_events.kernel.db import db
from ecwi_events.mail.models import Mail


def find_mail(mail_id: int) -> Mail | None:
    """Return a mail as it stands in the database now, or None: facts that later transactions do not change."""
    mail = db.session.get(Mail, mail_id, populate_existing=True)
    if mail is not None:
        db.session.expunge(mail)
    return mail
