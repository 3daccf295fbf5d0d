"""The filters of the public lists: from an address to facts, and the addresses that lead on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import flask

from ecwi_events.kernel import countries, dates
from ecwi_events.people.rules import LANGUAGES
from ecwi_events.programme.listing import Filters
from ecwi_events.programme.models import ActivityKind, Theme
from ecwi_events.web.forms import Form

if TYPE_CHECKING:
    from ecwi_events.programme.listing import Choices

NAMES = ("kind", "theme", "language", "month", "country")
MOST_MONTHS = 18
MOST_PAGES = 1_000
KINDS = [(ActivityKind.PLA.value, "Peer Learning Activities"), (ActivityKind.WEBINAR.value, "Webinars")]
THEMES = [
    (Theme.STANDARDS.value, "Competences and standards"),
    (Theme.TRAINING.value, "Training and professional development"),
    (Theme.MENTORING.value, "Monitoring and mentoring"),
    (Theme.RECOGNITION.value, "Recognition of the profession"),
]
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Asked:
    """What the address asks for; unknown values are as if they were not there."""

    form: Form
    page: int
    zone: str

    @property
    def is_filtered(self) -> bool:
        """Tell whether any filter is set."""
        return any(self.form.values.values())

    @property
    def filters(self) -> Filters:
        """The facts."""
        month = self.form.value("month")
        return Filters(
            kind=self.form.value("kind"),
            theme=self.form.value("theme"),
            language=self.form.value("language"),
            country=self.form.value("country"),
            month=_span(month, self.zone) if month else None,
        )

    def address(self, path: str, page: int = 1) -> str:
        """Return the address of a page of a list with the same filters."""
        asked = {name: value for name, value in self.form.values.items() if value}
        query = urlencode(asked | ({"page": str(page)} if page > 1 else {}))
        return f"{path}?{query}" if query else path


def read(zone: str) -> Asked:
    """Return what the address of this request asks for, with months as they are in the reader's zone."""
    asked = {name: flask.request.args.get(name, "") for name in NAMES}
    known = {
        "kind": asked["kind"] in set(ActivityKind),
        "theme": asked["theme"] in set(Theme),
        "language": asked["language"] in LANGUAGES,
        "month": bool(_MONTH.fullmatch(asked["month"])),
        "country": countries.is_country(asked["country"]),
    }
    number = flask.request.args.get("page", "")
    is_page = number.isascii() and number.isdigit() and 1 <= int(number[:5]) <= MOST_PAGES
    form = Form({name: value if known[name] else "" for name, value in asked.items()})
    return Asked(form, int(number) if is_page and len(number) <= len("1000") else 1, zone)


def offered(choices: Choices, *, now: datetime) -> dict[str, list[tuple[str, str]]]:
    """Return the lists of the filters, for the page."""
    return {
        "kinds": KINDS,
        "themes": THEMES,
        "languages": sorted(
            ((code, LANGUAGES.get(code, code)) for code in choices.languages), key=lambda pair: pair[1]
        ),
        "countries": sorted(((code, countries.label(code)) for code in choices.countries), key=lambda pair: pair[1]),
        "months": _months(now, choices.until),
    }


def _months(now: datetime, until: datetime | None) -> list[tuple[str, str]]:
    if until is None or until < now:
        return []
    first = now.year * 12 + now.month - 1
    last = min(until.year * 12 + until.month - 1, first + MOST_MONTHS - 1)
    return [
        (f"{number // 12}-{number % 12 + 1:02}", f"{dates.MONTHS[number % 12]} {number // 12}")
        for number in range(first, last + 1)
    ]


def _span(month: str, zone: str) -> tuple[datetime, datetime]:
    year, number = int(month[:4]), int(month[5:])
    info = dates.zone_info(zone)
    since = datetime(year, number, 1, tzinfo=info)
    until = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=info)
    return since.astimezone(UTC), until.astimezone(UTC)
