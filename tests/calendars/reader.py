"""A strict reader of our own: libraries forgive what calendars in the world do not.

`read` checks the bytes (RFC 5545 3.1: CRLF, 75 octets, whole characters), the nesting and the escapes; `check` what a whole
object must keep, down to the instants that its own VTIMEZONE blocks give.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

TEXTS = {"SUMMARY", "DESCRIPTION", "LOCATION", "NAME", "X-WR-CALNAME", "X-WR-CALDESC", "COMMENT"}
ONCE = {
    "UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "SEQUENCE", "STATUS", "CREATED", "LAST-MODIFIED", "DESCRIPTION",
    "URL", "TRANSP", "CLASS",
}  # fmt: skip
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LINE = re.compile(r'([A-Z0-9-]+)((?:;[A-Z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)*):(.*)', re.DOTALL)
PARAM = re.compile(r';([A-Z0-9-]+)=("[^"]*"|[^;]*)')


@dataclass(frozen=True)
class Property:
    name: str
    params: dict[str, str]
    value: str

    @property
    def text(self) -> str:
        return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], self.value)


@dataclass
class Component:
    name: str
    properties: list[Property] = field(default_factory=list)
    parts: list[Component] = field(default_factory=list)

    def all(self, name: str) -> list[Property]:
        return [p for p in self.properties if p.name == name]

    def one(self, name: str) -> Property:
        found = self.all(name)
        assert len(found) == 1, f"{name} stands {len(found)} times in {self.name}"
        return found[0]

    def kids(self, name: str) -> list[Component]:
        return [part for part in self.parts if part.name == name]


def read(body: bytes) -> Component:
    """Read one calendar object; every breach of the format is an assertion."""
    assert body.startswith(b"BEGIN:VCALENDAR\r\n") and body.endswith(b"END:VCALENDAR\r\n")
    assert b"\r\n" not in body.replace(b"\r\n", b"") and not re.search(rb"[\r\n]", body.replace(b"\r\n", b""))
    lines: list[str] = []
    for raw in body.removesuffix(b"\r\n").split(b"\r\n"):
        assert 0 < len(raw) <= 75
        line = raw.decode("utf-8")  # a character split over two lines cannot be decoded
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ufeff]", line)
        if line.startswith(" "):
            lines[-1] += line[1:]
        else:
            lines.append(line)
    root = Component("")
    stack = [root]
    for line in lines:
        _take(line, stack)
    assert len(stack) == 1 and len(root.parts) == 1, "BEGIN and END do not balance"
    return root.parts[0]


def check(body: bytes, *, method: str | None = None, people: bool = False) -> Component:
    """Read an object and check what every object of ours keeps; return it."""
    root = read(body)
    assert [root.one(name).value for name in ("VERSION", "CALSCALE")] == ["2.0", "GREGORIAN"]
    assert root.one("PRODID").value
    assert [p.value for p in root.all("METHOD")] == ([method] if method else [])
    names = [part.name for part in root.parts]
    assert names == sorted(names, key=lambda name: name != "VTIMEZONE"), "a zone is named before it is told"
    zones = {zone.one("TZID").value: zone for zone in root.kids("VTIMEZONE")}
    assert len(zones) == len(root.kids("VTIMEZONE"))
    for zone in zones.values():
        _check_zone(zone)
    events = root.kids("VEVENT")
    used = {p.params["TZID"] for event in events for p in event.properties if "TZID" in p.params}
    assert used == set(zones) or not events
    uids = [event.one("UID").value for event in events]
    assert len(set(uids)) == len(uids)
    for event in events:
        _check_event(event, zones, people=people)
    assert not any(p.name == "COMMENT" for part in root.parts for p in part.properties)
    return root


def span(event: Component, root: Component) -> tuple[datetime, datetime]:
    """Return start and end as instants, by the object's own VTIMEZONE blocks."""
    zones = {zone.one("TZID").value: zone for zone in root.kids("VTIMEZONE")}
    return _instant(event.one("DTSTART"), zones), _instant(event.one("DTEND"), zones)


def _take(line: str, stack: list[Component]) -> None:
    found = LINE.fullmatch(line)
    assert found, f"not a content line: {line!r}"
    name, params, value = found.groups()
    if name == "BEGIN":
        stack.append(Component(value))
        return
    if name == "END":
        done = stack.pop()
        assert done.name == value
        stack[-1].parts.append(done)
        return
    assert len(stack) > 1, "a property outside of any component"
    if name in TEXTS:
        assert not re.search(r"(?<!\\)(?:\\\\)*[,;]", value) and not re.search(r"(?<!\\)(?:\\\\)*\\[^\\;,nN]", value)
    stack[-1].properties.append(Property(name, {k: v.strip('"') for k, v in PARAM.findall(params)}, value))


def _check_zone(zone: Component) -> None:
    ZoneInfo(zone.one("TZID").value)
    parts = zone.parts
    if [part.name for part in parts] == ["STANDARD"]:
        assert not parts[0].all("RRULE") and parts[0].one("DTSTART").value == "19700101T000000"
    else:
        assert [part.name for part in parts] == ["STANDARD", "DAYLIGHT"]
        for part in parts:
            assert re.fullmatch(r"FREQ=YEARLY;BYDAY=-?[1-4][A-Z]{2};BYMONTH=\d+", part.one("RRULE").value)
            forward = _offset(part.one("TZOFFSETTO")) > _offset(part.one("TZOFFSETFROM"))
            assert forward == (part.name == "DAYLIGHT")
    assert not any(part.all("RDATE") for part in parts)


def _check_event(event: Component, zones: dict[str, Component], *, people: bool) -> None:
    for name in ONCE:
        event.one(name)
    assert re.fullmatch(r"session-[0-9a-f-]{36}@[a-z.]+", event.one("UID").value)
    assert not event.all("DURATION") and not event.all("METHOD") and not event.kids("VALARM")
    assert [len(event.all("ORGANIZER")), len(event.all("ATTENDEE"))] == ([1, 1] if people else [0, 0])
    assert event.one("STATUS").value in {"CONFIRMED", "CANCELLED", "TENTATIVE"}
    assert int(event.one("SEQUENCE").value) >= 0
    start, end = (_instant(event.one(name), zones) for name in ("DTSTART", "DTEND"))
    assert start < end
    for name in ("DTSTAMP", "CREATED", "LAST-MODIFIED"):
        assert re.fullmatch(r"\d{8}T\d{6}Z", event.one(name).value)


def _instant(moment: Property, zones: dict[str, Component]) -> datetime:
    """Return the instant, by the object's own zone block, which must say what the zone data say."""
    if moment.value.endswith("Z"):
        assert "TZID" not in moment.params
        return datetime.strptime(moment.value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    wall = datetime.strptime(moment.value, "%Y%m%dT%H%M%S")  # noqa: DTZ007 - a wall time
    name = moment.params["TZID"]  # a floating time has none
    ours = wall_to_utc(wall, zones[name])
    theirs = {wall.replace(tzinfo=ZoneInfo(name), fold=fold).astimezone(UTC) for fold in (0, 1)}
    assert theirs == {ours}, f"{name} {wall}: our block says {ours}, the zone data {theirs}"
    return ours


def wall_to_utc(wall: datetime, zone: Component) -> datetime:
    """Read a wall time by a VTIMEZONE alone, as calendars without zone data of their own do."""
    changes = []
    for part in zone.parts:
        to = _offset(part.one("TZOFFSETTO"))
        changes += [(onset - _offset(part.one("TZOFFSETFROM")), to) for onset in _onsets(part, wall.year)]
    for _, offset in sorted(changes, reverse=True):
        utc = wall - offset
        if max(change for change in changes if change[0] <= utc)[1] == offset:
            return utc.replace(tzinfo=UTC)
    raise AssertionError(f"{wall} does not exist by this VTIMEZONE")


def _onsets(part: Component, year: int) -> list[datetime]:
    first = datetime.strptime(part.one("DTSTART").value, "%Y%m%dT%H%M%S")  # noqa: DTZ007
    if not part.all("RRULE"):
        return [first]
    rule = dict(piece.split("=") for piece in part.one("RRULE").value.split(";"))
    nth, weekday, month = int(rule["BYDAY"][:-2]), DAYS.index(rule["BYDAY"][-2:]), int(rule["BYMONTH"])
    found = []
    for y in (year - 1, year, year + 1):
        last = calendar.monthrange(y, month)[1]
        days = [d for d in range(1, last + 1) if calendar.weekday(y, month, d) == weekday]
        found.append(first.replace(year=y, month=month, day=days[nth if nth < 0 else nth - 1]))
    assert first in {*found, *(f.replace(year=first.year) for f in found)} or first.month == month
    return [onset for onset in found if onset >= first]


def _offset(value: Property) -> timedelta:
    sign = -1 if value.value[0] == "-" else 1
    digits = value.value[1:].ljust(6, "0")
    return sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:4]), seconds=int(digits[4:6]))
