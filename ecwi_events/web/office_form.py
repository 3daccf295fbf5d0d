"""The form of a new activity: from typed text to facts, and back with what is wrong."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import dates
from ecwi_events.kernel.dates import WallTimeFold
from ecwi_events.kernel.errors import Invalid
from ecwi_events.programme import rules
from ecwi_events.programme.models import ActivityKind, Theme
from ecwi_events.programme.service import NewActivity
from ecwi_events.programme.sessions import NewSession
from ecwi_events.web.forms import Form, typed

if TYPE_CHECKING:
    from collections.abc import Mapping

ABOUT = ("kind", "title", "strapline", "summary", "description", "theme", "host", "year", "capacity", "once")
ROW = ("title", "date", "time", "minutes", "zone", "meeting_url", "fold")
LONGEST_SERIES = 40
ROWS_AT_FIRST = 2
MOST_PLACES = 100_000
# Where the room's names of fields differ from the form's.
_RENAMED = {"starts_local": "date", "duration_minutes": "minutes"}


@dataclass(frozen=True)
class ActivityForm(Form):
    """What was typed; ``rows`` are the numbers of the sessions' rows."""

    rows: range = range(ROWS_AT_FIRST)
    act: str = ""

    @property
    def wants_row(self) -> bool:
        """Tell whether the button "Add a session" was pressed."""
        return self.act == "row"

    @property
    def wants_publishing(self) -> bool:
        """Tell whether the activity is to be published at once."""
        return self.act == "publish"

    def with_row(self, *, zone: str) -> ActivityForm:
        """Return the form with one more row: the next number, the same length, zone and time as the last one."""
        last, new = self.rows.stop - 1, self.rows.stop
        if new >= LONGEST_SERIES:
            return self
        values = {
            f"sessions-{new}-{name}": self.value(f"sessions-{last}-{name}") for name in ("time", "minutes", "zone")
        }
        values[f"sessions-{new}-zone"] = values[f"sessions-{new}-zone"] or zone
        return replace(self, values={**self.values, **values}, rows=range(new + 1))

    def wrong(self, error: Invalid) -> ActivityForm:
        """Return the form with the sentences of a room's no, at this form's fields."""
        return replace(self, faults={_field_of(name): words for name, words in error.fields.items()})

    def is_twice(self, number: int) -> bool:
        """Tell whether clocks show a row's time twice, so that the page asks which one is meant."""
        wall = _wall_time(self._row(number))
        if wall is None or rules.date_fault(wall):
            return False
        try:
            dates.resolve(wall, self._row(number)["zone"])
        except WallTimeFold:
            return True
        except Invalid:
            return False
        return False

    def parse(self) -> tuple[NewActivity, int | None]:
        """Return the facts of the form and the number of places.

        Raises:
            Invalid: something is no date, no time or no number; the fields have this form's names.
        """
        faults: dict[str, str] = {}
        sessions = [self._session(number, faults) for number in self.rows]
        year, capacity = self.value("year"), self.value("capacity")
        if not _is_number(year) or len(year) != len("2026"):
            faults["year"] = "Enter a year, like 2027"
        if self.value("kind") not in set(ActivityKind):
            faults["kind"] = "Choose what it is from the list"
        if self.value("theme") and self.value("theme") not in set(Theme):
            faults["theme"] = "Choose a theme from the list"
        if self.value("host") and not _is_number(self.value("host")):
            faults["host"] = "Choose an organisation from the list"
        if capacity and not (_is_number(capacity) and 1 <= int(capacity) <= MOST_PLACES):
            faults["capacity"] = "Enter the number of places, or leave it empty for no limit"
        if faults:
            raise Invalid(faults)
        new = NewActivity(
            kind=ActivityKind(self.value("kind")),
            title=self.value("title"),
            home_year=int(year),
            host_id=int(self.value("host")) if self.value("host") else None,
            strapline=self.value("strapline"),
            summary=self.value("summary"),
            description=self.value("description"),
            theme=Theme(self.value("theme")) if self.value("theme") else None,
            sessions=tuple(session for session in sessions if session),
            once=self.value("once"),
        )
        return new, int(capacity) if capacity else None

    def _row(self, number: int) -> Mapping[str, str]:
        return {name: self.value(f"sessions-{number}-{name}") for name in ROW}

    def _session(self, number: int, faults: dict[str, str]) -> NewSession | None:
        row, wall = self._row(number), _wall_time(self._row(number))
        if wall is None:
            faults[f"sessions-{number}-date"] = "Enter the day and the time of the start"
            return None
        if not _is_number(row["minutes"]):
            faults[f"sessions-{number}-minutes"] = "Enter a length in minutes, like 90"
            return None
        return NewSession(
            title=row["title"],
            starts_local=wall,
            zone=row["zone"],
            duration_minutes=int(row["minutes"]),
            fold=int(row["fold"]) if row["fold"] in {"0", "1"} else None,
            meeting_url=row["meeting_url"],
        )


def empty(*, year: int, zone: str) -> ActivityForm:
    """Return the form as it is first seen."""
    values = {"year": str(year), "kind": ActivityKind.PLA.value, "once": secrets.token_urlsafe(16)}
    for number in range(ROWS_AT_FIRST):
        values |= {f"sessions-{number}-minutes": "90", f"sessions-{number}-zone": zone}
    return ActivityForm(values)


def read() -> ActivityForm:
    """Return what was typed. Rows in which nothing was typed are left out, so that the numbers are those of the act."""
    asked = flask.request.form
    count = int(asked["rows"]) if _is_number(asked.get("rows", "")) else ROWS_AT_FIRST
    rows = [typed(*(f"sessions-{number}-{name}" for name in ROW)) for number in range(min(count, LONGEST_SERIES))]
    act = asked.get("act", "draft")
    kept = [
        {name: row.value(f"sessions-{number}-{name}") for name in ROW}
        for number, row in enumerate(rows)
        if act == "row"
        or any(row.value(f"sessions-{number}-{name}") for name in ("title", "date", "time", "meeting_url"))
    ]
    values = dict(typed(*ABOUT).values)
    for number, row in enumerate(kept):
        values |= {f"sessions-{number}-{name}": text for name, text in row.items()}
    return ActivityForm(values, rows=range(len(kept)), act=act)


def _wall_time(row: Mapping[str, str]) -> datetime | None:
    try:
        return datetime.strptime(f"{row['date']} {row['time'][:5]}", "%Y-%m-%d %H:%M")  # noqa: DTZ007 - a wall time
    except ValueError:
        return None


def _field_of(name: str) -> str:
    head, _, last = name.rpartition("-")
    return f"{head}-{_RENAMED.get(last, last)}" if head else {"host_id": "host", "home_year": "year"}.get(name, name)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < len("2147483647")
