"""What the demo consists of, as plain data: nothing here is a real body or person.

Organisations are called Example, addresses end in ``.example``, and the people's names are common ones put together at
random.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ecwi_events.programme.models import ActivityKind, Format, Theme
from ecwi_events.programme.service import NewActivity
from ecwi_events.programme.sessions import NewSession
from ecwi_events.registration.models_questions import QuestionKind
from ecwi_events.registration.questions import NewQuestion

if TYPE_CHECKING:
    from collections.abc import Sequence

MEMBER, HOST, OFFICE = "member@network-1.example", "host@network-3.example", "office@ecwi.example"
SECRETARIAT = "Example Secretariat"

# Name and country of each organisation; the first nine are Members, the last is not (yet).
ORGANISATIONS = (
    ("Example Early Years Network 1 (Ukraine)", "UA"), ("Example Early Years Network 2 (Moldova)", "MD"),
    ("Example Early Years Network 3 (Slovenia)", "SI"), ("Example Early Years Network 4 (Kyrgyzstan)", "KG"),
    ("Example Early Years Network 5 (Portugal)", "PT"), ("Example Early Years Network 6 (Armenia)", "AM"),
    ("Example Early Years Network 7 (Croatia)", "HR"), ("Example Early Years Network 8 (The Netherlands)", "NL"),
    ("Example Early Years Network 9 (Nepal)", "NP"), ("Example Kindergarten Union (Georgia)", "GE"),
)  # fmt: skip

# Name, organisation's number, zone; addresses are person-1@…
_PEOPLE = (
    ("Olena Koval", 1, "Europe/Kyiv"), ("Andriy Melnyk", 1, "Europe/Kyiv"), ("Ion Rusu", 2, "Europe/Chisinau"),
    ("Elena Munteanu", 2, "Europe/Chisinau"), ("Maja Novak", 3, "Europe/Ljubljana"),
    ("Luka Horvat", 7, "Europe/Zagreb"), ("Ana Babić", 7, "Europe/Zagreb"), ("Aigul Asanova", 4, "Asia/Bishkek"),
    ("Bakyt Usenov", 4, "Asia/Bishkek"), ("Inês Pereira", 5, "Europe/Lisbon"), ("João Costa", 5, "Europe/Lisbon"),
    ("Anahit Sargsyan", 6, "Asia/Yerevan"), ("Tigran Petrosyan", 6, "Asia/Yerevan"),
    ("Sanne de Vries", 8, "Europe/Amsterdam"), ("Daan Bakker", 8, "Europe/Amsterdam"),
    ("Sita Gurung", 9, "Asia/Kathmandu"), ("Nino Beridze", 10, "Asia/Tbilisi"), ("Giorgi Maisuradze", 10, "Asia/Tbilisi"),
)  # fmt: skip


QUESTION = NewQuestion(QuestionKind.TEXT, "What do you hope to take home?", "The speakers read it before the session.")


@dataclass(frozen=True)
class DemoPerson:
    """Somebody who signs up."""

    name: str
    address: str
    organisation: str
    zone: str


@dataclass(frozen=True)
class DemoActivity:
    """An activity and who signs up for it: the first so many people of the list."""

    activity: NewActivity
    capacity: int | None
    sign_ups: int
    by_session: bool = False  # people choose sessions


def everybody() -> Sequence[DemoPerson]:
    """Return the people who sign up."""
    return [
        DemoPerson(name, f"person-{number}@network-{place}.example", ORGANISATIONS[place - 1][0], zone)
        for number, (name, place, zone) in enumerate(_PEOPLE, start=1)
    ]


def tomorrows(host_id: int, *, now: datetime) -> DemoActivity:
    """Return the activity whose first session starts in less than a day, so that its reminder is due at once."""
    first = _in_zone(now + timedelta(hours=20), "Europe/Ljubljana")
    return DemoActivity(
        NewActivity(
            kind=ActivityKind.PLA,
            title="Mentors who listen",
            strapline="Two sessions for mentors of preschool teams, and a visit to two kindergartens",
            summary="How do experienced mentors give feedback that helps? Watch, try and talk with colleagues.",
            theme=Theme.MENTORING,
            home_year=first.year,
            host_id=host_id,
            sessions=(
                NewSession("What mentors do", first, "Europe/Ljubljana", 90, meeting_url="https://meet.example/mentors"),
                NewSession("A visit to two kindergartens", _on(first.date() + timedelta(days=14), time(9)),
                           "Europe/Ljubljana", 360, format=Format.STUDY_VISIT),
            ),
        ),
        capacity=20,
        sign_ups=17,
    )  # fmt: skip


def full_one(host_id: int, *, now: datetime) -> DemoActivity:
    """Return the activity that is full, with people in line."""
    first = (now + timedelta(days=24)).date()
    return DemoActivity(
        NewActivity(
            kind=ActivityKind.PLA,
            title="Standards that people use",
            strapline="Three sessions in three time zones about standards that help daily work",
            summary="Many countries have standards for the early childhood workforce. When do people use them?",
            theme=Theme.STANDARDS,
            home_year=first.year,
            host_id=host_id,
            sessions=(
                NewSession("Who writes standards, and for whom", _on(first, time(11)), "Asia/Yerevan", 90),
                NewSession("Standards in daily work", _on(first + timedelta(days=7), time(14)), "Asia/Bishkek", 90),
                NewSession("What we change next", _on(first + timedelta(days=14), time(10)), "Europe/Lisbon", 120),
            ),
        ),
        capacity=12,
        sign_ups=15,
    )


def series(host_id: int, *, now: datetime) -> DemoActivity:
    """Return the webinars on five Tuesdays, with Europe's change of clocks between the second and the third."""
    change = clocks_go_forward_after(now + timedelta(days=45))
    first = change - timedelta(days=12)
    titles = ("Why the workforce matters", "Training that starts from practice", "Time to think together",
              "Pay, status and respect", "What we take home")  # fmt: skip
    return DemoActivity(
        NewActivity(
            kind=ActivityKind.WEBINAR,
            title="Five webinars on the early childhood workforce",
            strapline="Short talks, small groups, and time for questions",
            summary="One topic each week. Come to one, or to all five.",
            theme=Theme.TRAINING,
            home_year=first.year,
            host_id=host_id,
            sessions=tuple(
                NewSession(title, _on(first + timedelta(days=7 * week), time(15)), "Europe/Amsterdam", 60,
                           format=Format.WEBINAR)
                for week, title in enumerate(titles)
            ),
        ),
        capacity=40,
        sign_ups=9,
        by_session=True,
    )  # fmt: skip


def past_one(host_id: int, *, now: datetime) -> DemoActivity:
    """Return the activity that is over, for which attendance is settled."""
    first = (now - timedelta(days=40)).date()
    return DemoActivity(
        NewActivity(
            kind=ActivityKind.PLA,
            title="Playful beginnings",
            strapline="Two sessions on play in the first months of kindergarten",
            summary="Colleagues from six countries showed how they welcome children with play.",
            theme=Theme.TRAINING,
            home_year=first.year,
            host_id=host_id,
            approved_on=first - timedelta(days=30),
            sessions=(
                NewSession("How children arrive", _on(first, time(14)), "Europe/Ljubljana", 90),
                NewSession("What we tried", _on(first + timedelta(days=14), time(14)), "Europe/Ljubljana", 90),
            ),
        ),
        capacity=25,
        sign_ups=11,
    )


def clocks_go_forward_after(instant: datetime) -> date:
    """Return the first last Sunday of March after an instant, when clocks in Europe go forward."""
    for year in (instant.year, instant.year + 1):
        end = date(year, 3, 31)
        sunday = end - timedelta(days=(end.weekday() + 1) % 7)
        if sunday > instant.date():
            break
    return sunday


def _on(day: date, at: time) -> datetime:
    return datetime.combine(day, at)


def _in_zone(instant: datetime, zone: str) -> datetime:
    """Return the wall time of an instant, on the full hour."""
    return instant.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(minute=0, second=0, microsecond=0, tzinfo=None)
