"""The form of one session, and what it asks back: a time that clocks skip or show twice, a zone that changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import dates
from ecwi_events.kernel.errors import Invalid
from ecwi_events.programme.models import Format
from ecwi_events.programme.sessions import Promise, SessionTexts
from ecwi_events.web.forms import Form, too_long, typed_whole
from ecwi_events.web.sessions import rows as session_rows
from ecwi_events.web.sessions.rows import RowsForm, is_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecwi_events.programme.queries import SessionView
    from ecwi_events.programme.sessions import NewSession

FIELDS = (
    "title", "summary", "date", "time", "minutes", "zone", "format", "language", "place", "meeting_url", "fold", "keep",
    "reason", "revision",
)  # fmt: skip


@dataclass(frozen=True)
class Question:
    """What must be answered before the time is clear: the field, the question and its answers."""

    field: str
    words: str
    answers: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class SessionForm(Form):
    """What was typed about one session; ``act`` is the button."""

    act: str = ""

    @property
    def only_looks(self) -> bool:
        """Tell whether the times were to be shown only."""
        return self.act == "look"

    @property
    def revision(self) -> int:
        """The revision of the session that the form was made from."""
        return int(self.value("revision")) if is_number(self.value("revision")) else 0

    @property
    def wall_time(self) -> datetime | None:
        """The typed day and time, or None."""
        return session_rows.wall_time(self.value("date"), self.value("time"))

    def questions(self, session: SessionView) -> Question | None:
        """Return what must be asked back and is not answered yet, or None."""
        if self._asks_what_stays(session):
            return _what_stays(session, self.value("zone"))
        wall = self._wall(session)
        asked = session_rows.choices(wall, self.value("zone")) if wall else None
        answer = self.value("fold") or self._kept_fold(session)
        return Question("fold", *asked) if asked and answer not in {"0", "1"} else None

    def times_in(self, cities: Sequence[str]) -> list[str]:
        """Return the typed time in these cities, if it can be told; when the times are asked for only."""
        wall, minutes = self.wall_time, self.value("minutes")
        if not self.only_looks or wall is None or not is_number(minutes):
            return []
        wall, fold = session_rows.meant(wall, self.value("zone"), self.value("fold"))
        try:
            starts_at = dates.resolve(wall, self.value("zone"), fold=fold)
        except Invalid:
            return []
        ends_at = starts_at + timedelta(minutes=int(minutes))
        return [session_rows.in_city(starts_at, ends_at, city, year=wall.year) for city in cities]

    def parse(self, session: SessionView) -> tuple[SessionTexts, Promise]:
        """Return the facts of the form.

        Raises:
            Invalid: something is no date, no time or no number; the fields have this form's names.
        """
        faults = {name: fault for name in FIELDS if (fault := too_long(self.value(name)))}
        wall = self._wall(session)
        if wall is None:
            faults["date"] = "Enter the day and the time of the start"
        if not is_number(self.value("minutes")):
            faults["minutes"] = "Enter a length in minutes, like 90"
        if self.value("format") not in set(Format):
            faults["format"] = "Choose one from the list"
        if faults or wall is None:
            raise Invalid(faults)
        wall, fold = session_rows.meant(wall, self.value("zone"), self.value("fold") or self._kept_fold(session))
        texts = SessionTexts(
            self.value("title"),
            Format(self.value("format")),
            self.value("summary"),
            self.value("language"),
            self.value("place"),
            self.value("meeting_url"),
        )
        return texts, Promise(wall, self.value("zone"), int(self.value("minutes")), fold)

    def wrong(self, error: Invalid) -> SessionForm:
        """Return the form with the sentences of a room's no, at this form's fields."""
        return replace(self, faults={session_rows.field_of(name): words for name, words in error.fields.items()})

    def _asks_what_stays(self, session: SessionView) -> bool:
        """Another zone and the same clock: it may be meant either way."""
        zone = dates.canonical_zone(self.value("zone"))
        is_other = zone is not None and zone != session.zone
        return is_other and self.wall_time == session.starts_local and self.value("keep") not in {"wall", "moment"}

    def _wall(self, session: SessionView) -> datetime | None:
        """The wall time that is meant: with "keep the moment", that of the old moment in the new zone."""
        zone = dates.canonical_zone(self.value("zone"))
        if self.value("keep") == "moment" and zone and zone != session.zone and self.wall_time == session.starts_local:
            return session.starts_at.astimezone(dates.zone_info(zone)).replace(tzinfo=None, fold=0)
        return self.wall_time

    def _kept_fold(self, session: SessionView) -> str:
        """The answer that was given when the session was made, as long as the time is the same; the moment tells it."""
        same = self._wall(session) == session.starts_local and self.value("zone") == session.zone
        if same or self.value("keep") == "moment":
            return str(session.starts_at.astimezone(dates.zone_info(self.value("zone"))).fold)
        return ""


def _what_stays(session: SessionView, zone: str) -> Question:
    there = session.starts_at.astimezone(dates.zone_info(dates.canonical_zone(zone) or zone))
    clock, city = f"{session.starts_local:%H:%M}", dates.city(zone)
    moment = f"{dates.day_label(there.date(), this_year=session.starts_local.year)}, {there:%H:%M} in {city}"
    answers = [
        ("wall", f"The clock: it begins at {clock} in {city}, which is another moment for everybody"),
        ("moment", f"The moment: it begins when it did, which is {moment}"),
    ]
    return Question("keep", "You changed the time zone. What shall stay as it is?", answers)


def of_session(session: SessionView) -> SessionForm:
    """Return the form as it shows a session."""
    return SessionForm({
        "title": session.title, "summary": session.summary or "", "date": f"{session.starts_local:%Y-%m-%d}",
        "time": f"{session.starts_local:%H:%M}", "minutes": str(session.duration_minutes), "zone": session.zone,
        "format": session.format, "language": session.language, "place": session.typed_place or "",
        "meeting_url": session.meeting_url or "", "revision": str(session.revision),
    })  # fmt: skip


def read() -> SessionForm:
    """Return what was typed about one session."""
    return SessionForm(typed_whole(*FIELDS).values, act=flask.request.form.get("act", ""))


def read_new_rows() -> RowsForm:
    """Return the typed rows of sessions to add."""
    values, rows, act = session_rows.read_rows()
    return RowsForm(values, rows=rows, act=act)


def sessions_of(form: RowsForm) -> Sequence[NewSession]:
    """Return the sessions of rows to add.

    Raises:
        Invalid: there is none, or something is no date, no time or no number.
    """
    faults: dict[str, str] = {}
    found = form.read_sessions(faults)
    if not form.rows:
        faults["sessions-0-date"] = "Enter the day and the time of a session"
    if faults:
        raise Invalid(faults)
    return found
