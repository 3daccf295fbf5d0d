"""The rows of sessions in a form: typed one by one or as a series, looked at before they are kept, and read as facts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

import flask

from ecwi_events.kernel import dates
from ecwi_events.kernel.dates import WallTimeFold, WallTimeGap
from ecwi_events.kernel.errors import Invalid
from ecwi_events.people.rules import LANGUAGES
from ecwi_events.programme import rules, series
from ecwi_events.programme.models import Format
from ecwi_events.programme.series import Meeting
from ecwi_events.programme.sessions import NewSession
from ecwi_events.web import zones
from ecwi_events.web.forms import Form, typed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROW = ("title", "date", "time", "minutes", "zone", "format", "language", "place", "meeting_url", "fold")
TYPED = ("title", "date", "time", "place", "meeting_url")  # a row in which none of these stands is blank
KEPT = ("time", "minutes", "zone", "format", "language", "place", "meeting_url")  # what the next row starts with
ABOUT_ROWS = ("every", "times", "cities-0", "cities-1", "cities-2")
LONGEST_SERIES = series.MOST_TIMES
ROWS_AT_FIRST = 2
CITIES = ("Europe/Kyiv", "Asia/Tbilisi", "Asia/Bishkek")  # until somebody chooses
FORMATS = [
    (Format.ONLINE_SESSION.value, "Online session"),
    (Format.WEBINAR.value, "Webinar"),
    (Format.IN_PERSON_SESSION.value, "In person"),
    (Format.HYBRID_SESSION.value, "Hybrid: in person and online"),
    (Format.STUDY_VISIT.value, "Study visit"),
]
LANGUAGE_CHOICES = list(LANGUAGES.items())
# Buttons that show the form again, with something done, and keep nothing.
LOOKING = frozenset({"row", "repeat", "look"})
# Where the room's names of fields differ from the form's.
_RENAMED = {"starts_local": "date", "duration_minutes": "minutes"}


@dataclass(frozen=True)
class RowsForm(Form):
    """What was typed; ``rows`` are the numbers of the sessions' rows, ``act`` is the button that was pressed."""

    rows: range = range(ROWS_AT_FIRST)
    act: str = ""

    @property
    def faults_once(self) -> dict[str, str]:
        """What is wrong, each sentence once, at the first field of which it is true: a series repeats its mistake."""
        first: dict[str, str] = {}
        for name, words in self.faults.items():
            first.setdefault(words, name)
        count = Counter(self.faults.values())
        return {
            name: words if count[words] == 1 else f"{words} (in {count[words]} places)" for words, name in first.items()
        }

    @property
    def only_looks(self) -> bool:
        """Tell whether a button was pressed that keeps nothing."""
        return self.act in LOOKING

    @property
    def cities(self) -> tuple[str, ...]:
        """The zones in which the times are shown besides their own."""
        return cities_of(*(self.value(f"cities-{number}") for number in range(len(CITIES))))

    def looked_at(self, *, zone: str) -> Self:
        """Return the form as the button asks for it: with one row more, with a series, or as it is."""
        if self.act == "row":
            return self.with_row(zone=zone)
        return self.with_series() if self.act == "repeat" else self

    def with_row(self, *, zone: str) -> Self:
        """Return the form with one more row: the next number, and what the last one has in common with it."""
        last, new = self.rows.stop - 1, self.rows.stop
        if new >= LONGEST_SERIES:
            return self
        values = {f"sessions-{new}-{name}": self.value(f"sessions-{last}-{name}") for name in KEPT}
        values[f"sessions-{new}-zone"] = values[f"sessions-{new}-zone"] or zone
        return replace(self, values={**self.values, **values}, rows=range(new + 1))

    def with_series(self) -> Self:
        """Return the form with a series made of its last row that has a day; blank rows make way for it."""
        if fault := series.repeat_fault(self.value("every"), self.value("times")):
            return replace(self, faults=dict([fault]))
        last = max((number for number in self.rows if self.wall_time(number)), default=None)
        first = self.wall_time(last) if last is not None else None
        if last is None or first is None:
            return replace(self, faults={"sessions-0-date": "Enter the day and the time of the first session"})
        starts = series.repeated(first, every=int(self.value("every")), times=int(self.value("times")))
        if last + len(starts) > LONGEST_SERIES:
            words = f"At most {LONGEST_SERIES} sessions fit into one form. Save these, and add more later"
            return replace(self, faults={"times": words})
        values = dict(self.values)
        for number, start in enumerate(starts[1:], start=1):
            row = {name: self.value(f"sessions-{last}-{name}") for name in KEPT}
            row |= {"title": series.title_of(self.value(f"sessions-{last}-title"), number + 1), "fold": ""}
            row |= {"date": f"{start:%Y-%m-%d}"}
            values |= {f"sessions-{last + number}-{name}": text for name, text in row.items()}
        values[f"sessions-{last}-title"] = self.value(f"sessions-{last}-title") or "Session 1"
        return replace(self, values=values, rows=range(last + len(starts)))

    def wrong(self, error: Invalid) -> Self:
        """Return the form with the sentences of a room's no, at this form's fields."""
        return replace(self, faults={field_of(name): words for name, words in error.fields.items()})

    def wall_time(self, number: int) -> datetime | None:
        """Return the day and time that stand in a row, or None."""
        row = self.row(number)
        return wall_time(row["date"], row["time"])

    def choices(self, number: int) -> tuple[str, Sequence[tuple[str, str]]] | None:
        """Return the question and the answers for a time that clocks skip or show twice; None for all others."""
        wall = self.wall_time(number)
        return choices(wall, self.row(number)["zone"]) if wall else None

    def times(self, number: int) -> list[str]:
        """Return a row's time in the chosen cities, as far as it can be told."""
        session = self._session(number, {})
        starts_at = _instant(session) if session else None
        if session is None or starts_at is None:
            return []
        ends_at = starts_at + timedelta(minutes=session.duration_minutes)
        return [in_city(starts_at, ends_at, city, year=session.starts_local.year) for city in self.cities]

    def meetings(self, name: str = "Session") -> list[Meeting]:
        """Return the rows whose time can be told, for the notices, by a name with their number."""
        found = []
        for number in self.rows:
            session = self._session(number, {})
            starts_at = _instant(session) if session else None
            if session and starts_at:
                ends_at = starts_at + timedelta(minutes=session.duration_minutes)
                found.append(Meeting(f"{name} {number + 1}", starts_at, ends_at, session.zone))
        return found

    def read_sessions(self, faults: dict[str, str]) -> tuple[NewSession, ...]:
        """Return the sessions of the rows, and add to ``faults`` what is no date, no time or no number."""
        found = (self._session(number, faults) for number in self.rows)
        return tuple(session for session in found if session)

    def row(self, number: int) -> Mapping[str, str]:
        """Return the fields of a row by their short names."""
        return {name: self.value(f"sessions-{number}-{name}") for name in ROW}

    def _session(self, number: int, faults: dict[str, str]) -> NewSession | None:
        row, wall = self.row(number), self.wall_time(number)
        if wall is None:
            faults[f"sessions-{number}-date"] = "Enter the day and the time of the start"
            return None
        if not is_number(row["minutes"]):
            faults[f"sessions-{number}-minutes"] = "Enter a length in minutes, like 90"
            return None
        if row["format"] and row["format"] not in set(Format):
            faults[f"sessions-{number}-format"] = "Choose one from the list"
            return None
        wall, fold = meant(wall, row["zone"], row["fold"])
        return NewSession(
            title=row["title"],
            starts_local=wall,
            zone=row["zone"],
            duration_minutes=int(row["minutes"]),
            fold=fold,
            format=Format(row["format"] or Format.ONLINE_SESSION),
            meeting_url=row["meeting_url"],
            language=row["language"] or "en",
            place=row["place"],
        )


def first_rows(*, zone: str, language: str = "en", cities: Sequence[str] = ()) -> dict[str, str]:
    """Return what stands in the rows of an empty form."""
    values = {"every": "2", "times": "5"}
    for number, city in enumerate((*cities, *CITIES)[: len(CITIES)] if cities else CITIES):
        values[f"cities-{number}"] = city
    for number in range(ROWS_AT_FIRST):
        row = {"minutes": "90", "zone": zone, "format": Format.ONLINE_SESSION.value, "language": language}
        values |= {f"sessions-{number}-{name}": text for name, text in row.items()}
    return values


def read_rows() -> tuple[dict[str, str], range, str]:
    """Return the typed rows, their numbers and the button. Blank rows are left out, so that numbers are those of the act."""
    asked = flask.request.form
    count = int(asked["rows"]) if is_number(asked.get("rows", "")) else ROWS_AT_FIRST
    rows = [typed(*(f"sessions-{number}-{name}" for name in ROW)) for number in range(min(count, LONGEST_SERIES))]
    act = asked.get("act", "")
    kept = [
        {name: row.value(f"sessions-{number}-{name}") for name in ROW}
        for number, row in enumerate(rows)
        if act in LOOKING or any(row.value(f"sessions-{number}-{name}") for name in TYPED)
    ]
    values = dict(typed(*ABOUT_ROWS).values)
    for number, row in enumerate(kept):
        values |= {f"sessions-{number}-{name}": text for name, text in row.items()}
    return values, range(len(kept)), act


def offered(form: RowsForm, *, zone: str) -> dict[str, object]:
    """Return what the rows of sessions offer to choose from, for the page."""
    typed_zones = (form.value(f"sessions-{number}-zone") for number in form.rows)
    return {
        "zone_choices": zones.short_list(zone, *typed_zones, *form.cities, zones.own_zone()),
        "formats": FORMATS,
        "languages": LANGUAGE_CHOICES,
    }


def wall_time(day: str, time: str) -> datetime | None:
    """Return the wall time of two typed fields, or None if they are no day and no time."""
    try:
        return datetime.strptime(f"{day} {time[:5]}", "%Y-%m-%d %H:%M")  # noqa: DTZ007 - a wall time
    except ValueError:
        return None


def choices(wall: datetime, zone: str) -> tuple[str, Sequence[tuple[str, str]]] | None:
    """Return the question and the two answers for a time that clocks skip or show twice; None for all others."""
    if rules.date_fault(wall) or dates.canonical_zone(zone) is None:
        return None
    try:
        dates.resolve(wall, zone)
    except WallTimeFold:
        answers = [("0", "The first, before the clocks change"), ("1", "The second, after the clocks change")]
        return "Clocks show this time twice on that day. Which one do you mean?", answers
    except WallTimeGap:
        before, after = dates.around_gap(wall, zone)
        answers = [
            ("0", f"{before:%H:%M}, before the clocks change"),
            ("1", f"{after:%H:%M}, after the clocks change"),
        ]
        return "Clocks skip this time on that day. When shall it begin?", answers
    return None


def meant(wall: datetime, zone: str, answer: str) -> tuple[datetime, int | None]:
    """Return the wall time and the fold that are meant, by the answer to the question of `choices`."""
    if answer not in {"0", "1"} or rules.date_fault(wall) or dates.canonical_zone(zone) is None:
        return wall, None
    try:
        dates.resolve(wall, zone)
    except WallTimeGap:
        return dates.around_gap(wall, zone)[int(answer)], None
    except WallTimeFold:
        return wall, int(answer)
    return wall, None


def cities_of(*zones: str) -> tuple[str, ...]:
    """Return the zones that exist, each once, in their order."""
    known = (dates.canonical_zone(zone) for zone in zones)
    return tuple(dict.fromkeys(zone for zone in known if zone))


def in_city(starts_at: datetime, ends_at: datetime, zone: str, *, year: int) -> str:
    """Return ``Bishkek: Tue 19 January, 19:00 – 20:30``."""
    there = starts_at.astimezone(dates.zone_info(zone)).date()
    return f"{dates.city(zone)}: {dates.day_label(there, this_year=year)}, {dates.hours(starts_at, ends_at, zone)}"


def field_of(name: str) -> str:
    """Return this form's name of a room's field."""
    head, _, last = name.rpartition("-")
    return f"{head}-{_RENAMED.get(last, last)}" if head else _RENAMED.get(name, name)


def is_number(text: str) -> bool:
    """Tell whether a text is a plain number that fits."""
    return text.isascii() and text.isdigit() and len(text) < len("2147483647")


def _instant(session: NewSession) -> datetime | None:
    if rules.date_fault(session.starts_local) or rules.length_fault(session.duration_minutes):
        return None
    if dates.canonical_zone(session.zone) is None:
        return None
    try:
        return dates.resolve(session.starts_local, session.zone, fold=session.fold)
    except Invalid:
        return None
