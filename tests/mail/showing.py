"""Examples of every kind of mail, for tests and for reading them with one's own eyes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import sqlalchemy as sa
import time_machine
from flask import Flask

from config import MailSetting, Settings
from ecwi_events.jobs.drain import Drained, drain
from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail.models import Mail
from ecwi_events.people import signing_in
from ecwi_events.programme.models import ActivityKind
from ecwi_events.work.models import Work
from tests import make

SERIES = (
    ("What a learning community needs", "2027-01-19 14:00"),
    ("Roles and routines", "2027-02-16 14:00"),
    ("When members leave", "2027-03-30 14:00"),
)
KINDS = {
    "registration.confirmed", "registration.waiting", "registration.already", "registration.withdrawn",
    "registration.promoted", "reminder.day_before", "people.sign_in",
}  # fmt: skip


@dataclass
class Post:
    """A worker with a frozen clock, and the place where its mail arrives."""

    app: Flask
    settings: Settings
    clock: time_machine.Traveller

    @property
    def folder(self) -> Path:
        return self.settings.mail.folder

    @property
    def now(self) -> datetime:
        from ecwi_events.kernel.clock import utc_now

        return utc_now()

    def through(self, setting: MailSetting) -> None:
        """Send through another way out from now on."""
        self.settings = replace(self.settings, mail=setting)

    def send(self) -> Drained:
        """Do everything that is due."""
        return drain(self.app, self.settings)

    def raw(self) -> list[bytes]:
        """What arrived in the folder, the oldest first."""
        paths = self.folder.glob("*.eml") if self.folder.exists() else []
        return [path.read_bytes() for path in sorted(paths, key=lambda path: path.stat().st_mtime_ns)]

    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(body, policy=policy.SMTP) for body in self.raw()]

    def rows(self) -> list[Mail]:
        return db.session.scalars(sa.select(Mail).order_by(Mail.id).execution_options(populate_existing=True)).all()

    def states(self) -> list[tuple[str, str | None]]:
        return [(row.state.value, row.reason) for row in self.rows()]

    def work_states(self) -> list[str]:
        query = sa.select(Work.state).where(Work.kind == "mail.send").order_by(Work.id)
        return [state.value for state in db.session.scalars(query)]

    def let_leases_end(self) -> None:
        """As if the time of every lease had passed."""
        with transaction():
            db.session.execute(sa.update(Work).where(Work.lease_until_ms.is_not(None)).values(lease_until_ms=0))


def make_series(**facts) -> int:
    """Three sessions in Amsterdam's time; the third comes after the clocks have changed in Europe."""
    return make.make_activity(
        "Learning communities that last",
        sessions=[make.make_session(title, starts_local=at) for title, at in SERIES],
        host_id=make.make_organisation("Step by Step Center Slovenia"),
        **facts,
    )


def make_webinar(**facts) -> int:
    """One session."""
    return make.make_activity(
        "Play is how children learn",
        kind=ActivityKind.WEBINAR,
        sessions=[make.make_session("Play is how children learn", starts_local="2027-01-19 14:00")],
        **facts,
    )


def every_kind(post: Post) -> None:
    """Let everything happen that makes a mail."""
    series = make_series(capacity=1)
    olena = make.sign_up(
        series, "Olena Koval", "olena@kyiv.example", zone="Europe/Kyiv", now=make.NOW - timedelta(minutes=3)
    )
    make.sign_up(series, "Aida Bekova", "aida@bishkek.example", zone="Asia/Bishkek")
    make.sign_up(series, "Olena Koval", "olena@kyiv.example", zone="Europe/Kyiv")
    post.send()
    make.withdraw(olena.registration_id)
    post.send()
    rosa = make.sign_up(make_webinar(), "Rosa Quispe", "rosa@lima.example", zone="America/Lima")
    post.send()
    make.withdraw(rosa.registration_id)
    with transaction():
        signing_in.request_sign_in("olena@kyiv.example", browser="a browser", now=make.NOW)
    post.send()
    post.clock.move_to("2027-01-18T13:00:00+00:00")
    make.derive_reminders(now=post.now)
    post.send()
