"""Examples of every kind of mail, for tests and for reading them with one's own eyes."""

from __future__ import annotations

from email import message_from_bytes, policy

from ecwi_events.jobs.drain import drain
from ecwi_events.kernel.db import transaction
from ecwi_events.people import signing_in
from ecwi_events.programme.models import ActivityKind
from ecwi_events.reminders import service as reminders
from tests import make

SERIES = (
    ("What a learning community needs", "2027-01-19 14:00"),
    ("Roles and routines", "2027-02-16 14:00"),
    ("When members leave", "2027-03-30 14:00"),
)


def make_series(**facts) -> int:
    """Three sessions in Leiden's time; the third comes after the clocks have changed in Europe."""
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


def every_kind(clock) -> None:
    """Let everything happen that makes a mail; ``clock`` is a frozen clock that can be moved."""
    series = make_series(capacity=1)
    olena = make.sign_up(series, "Olena Koval", "olena@kyiv.example", zone="Europe/Kyiv")
    aida = make.sign_up(series, "Aida Bekova", "aida@bishkek.example", zone="Asia/Bishkek")
    make.sign_up(series, "Olena Koval", "olena@kyiv.example", zone="Europe/Kyiv")
    send(clock)
    make.withdraw(olena.registration_id)
    send(clock)
    assert aida.number_in_line == 1
    webinar = make_webinar()
    lima = make.sign_up(webinar, "Rosa Quispe", "rosa@lima.example", zone="America/Lima")
    send(clock)
    make.withdraw(lima.registration_id)
    with transaction():
        signing_in.request_sign_in("olena@kyiv.example", now=make.NOW)
    send(clock)
    clock.move_to("2027-01-18T13:00:00+00:00")
    with transaction():
        reminders.derive_due(now=make.NOW.replace(year=2027, month=1, day=18, hour=13))
    send(clock)


def send(clock) -> None:
    """Drain everything that is due."""
    drain(clock.app, clock.app.extensions["ecwi_settings"])


def mails(app):
    """Return the mails in the folder of an application's transport, the oldest first."""
    folder = app.extensions["ecwi_settings"].mail.folder
    found = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns) if folder.exists() else []
    return [message_from_bytes(path.read_bytes(), policy=policy.SMTP) for path in found]
