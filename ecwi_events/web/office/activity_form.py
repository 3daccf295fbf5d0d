"""The form of a new activity: from typed text to facts, and back with what is wrong."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Self

from ecwi_events.kernel.errors import Invalid
from ecwi_events.programme.models import ActivityKind, Theme
from ecwi_events.programme.service import NewActivity
from ecwi_events.web.forms import typed
from ecwi_events.web.sessions import rows as session_rows
from ecwi_events.web.sessions.rows import RowsForm, is_number

ABOUT = ("kind", "title", "strapline", "summary", "description", "theme", "host", "year", "capacity", "once")
MOST_PLACES = 100_000
# Where the room's names of fields differ from the form's.
_RENAMED = {"host_id": "host", "home_year": "year"}


@dataclass(frozen=True)
class ActivityForm(RowsForm):
    """What was typed about the activity and in the rows of its sessions."""

    @property
    def wants_publishing(self) -> bool:
        """Tell whether the activity is to be published at once."""
        return self.act == "publish"

    @property
    def host_ids(self) -> list[int]:
        """The host that is chosen so far, if one is."""
        return [int(self.value("host"))] if is_number(self.value("host")) else []

    def wrong(self, error: Invalid) -> Self:
        """Return the form with the sentences of a room's no, at this form's fields."""
        return super().wrong(Invalid({_RENAMED.get(name, name): words for name, words in error.fields.items()}))

    def parse(self) -> tuple[NewActivity, int | None]:
        """Return the facts of the form and the number of places.

        Raises:
            Invalid: something is no date, no time or no number; the fields have this form's names.
        """
        faults: dict[str, str] = {}
        sessions = self.read_sessions(faults)
        year, capacity = self.value("year"), self.value("capacity")
        if not is_number(year) or len(year) != len("2026"):
            faults["year"] = "Enter a year, like 2027"
        if self.value("kind") not in set(ActivityKind):
            faults["kind"] = "Choose what it is from the list"
        if self.value("theme") and self.value("theme") not in set(Theme):
            faults["theme"] = "Choose a theme from the list"
        if self.value("host") and not is_number(self.value("host")):
            faults["host"] = "Choose an organisation from the list"
        if capacity and not (is_number(capacity) and 1 <= int(capacity) <= MOST_PLACES):
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
            sessions=sessions,
            once=self.value("once"),
        )
        return new, int(capacity) if capacity else None


def fresh_word() -> str:
    """Return a random word for a form, so that it makes one thing however often it is sent."""
    return secrets.token_urlsafe(16)


def empty(*, year: int, zone: str) -> ActivityForm:
    """Return the form as it is first seen."""
    values = {"year": str(year), "kind": ActivityKind.PLA.value, "once": fresh_word()}
    return ActivityForm({**values, **session_rows.first_rows(zone=zone)})


def read() -> ActivityForm:
    """Return what was typed."""
    values, rows, act = session_rows.read_rows()
    return ActivityForm({**typed(*ABOUT).values, **values}, rows=rows, act=act or "draft")
