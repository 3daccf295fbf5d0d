"""What people say about themselves: name, organisation now and before, country of work, language, time zone, mails."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.countries import is_country
from ecwi_events.kernel.dates import canonical_zone
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, NotFound
from ecwi_events.kernel.text import clean_line
from ecwi_events.mail import stopping
from ecwi_events.people import queries, rules
from ecwi_events.people.models import Affiliation, Organisation, Person

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from ecwi_events.mail.kinds import Topic


@dataclass(frozen=True)
class Settings:
    """All that a person can set, as it is typed; nothing else of a person can be set with it."""

    name: str
    organisation: str = ""
    is_correction: bool = False  # the organisation was wrong before: no change of work
    country: str = ""
    language: str = "en"
    zone: str = ""
    stopped: frozenset[Topic] = frozenset()  # the mails that the person does not want


@dataclass(frozen=True)
class Profile:
    """A person as the settings show them."""

    person_id: int
    name: str
    organisation_id: int | None
    organisation: str
    country: str
    language: str
    zone: str
    merged_into_id: int | None
    disabled_at: datetime | None
    erased_at: datetime | None


@dataclass(frozen=True)
class EarlierWork:
    """Where somebody worked before."""

    organisation: str | None
    from_on: date | None
    to_on: date


def get_profile(person_id: int) -> Profile:
    """Return what we know about a person.

    Raises:
        NotFound: there is nobody with this id.
    """
    row = db.session.execute(
        sa.select(
            Person.id, Person.name, Person.organisation_id,
            sa.func.coalesce(Organisation.name, Person.organisation_text, ""),
            sa.func.coalesce(Person.country, ""), Person.language, sa.func.coalesce(Person.zone, ""),
            Person.merged_into_id, Person.disabled_at, Person.erased_at,
        )
        .outerjoin(Organisation, Organisation.id == Person.organisation_id)
        .where(Person.id == person_id)
    ).one_or_none()  # fmt: skip
    if row is None:
        raise NotFound("We cannot find this person.")
    facts: tuple[Any, ...] = tuple(row)
    return Profile(*facts)


def earlier_work(person_id: int) -> Sequence[EarlierWork]:
    """Return where a person worked before, the latest first."""
    name = sa.func.coalesce(Organisation.name, Affiliation.organisation_text)
    rows = db.session.execute(
        sa.select(name, Affiliation.from_on, Affiliation.to_on)
        .outerjoin(Organisation, Organisation.id == Affiliation.organisation_id)
        .where(Affiliation.person_id == person_id)
        .order_by(Affiliation.to_on.desc(), Affiliation.id.desc())
    )
    return [EarlierWork(*row) for row in rows]


def faults(new: Settings) -> dict[str, str]:
    """Return what is wrong with settings, by field."""
    found = {
        "name": rules.name_fault(new.name),
        "organisation": rules.organisation_fault(new.organisation),
        "country": None if not new.country or is_country(new.country) else "Choose a country from the list",
        "language": None if new.language in rules.LANGUAGES else "Choose a language from the list",
        "zone": None if not new.zone or canonical_zone(new.zone) else "Choose a city from the list",
    }
    return {field: fault for field, fault in found.items() if fault}


def change_settings(person_id: int, new: Settings, *, today: date, now: datetime) -> None:
    """Save what a person says about themselves.

    Raises:
        Invalid: a field cannot be taken.
        NotFound: there is nobody with this id.
    """
    if wrong := faults(new):
        raise Invalid(wrong)
    person = db.session.scalar(sa.select(Person).where(Person.id == person_id).with_for_update())
    if person is None:
        raise NotFound("We cannot find this person.")
    before = _noted(person)
    _change_organisation(person, new.organisation, is_correction=new.is_correction, today=today)
    person.name = clean_line(new.name)
    person.country = new.country or None
    person.language = new.language
    person.zone = canonical_zone(new.zone)
    db.session.flush()
    stopping.choose(person_id, new.stopped, now=now)
    journal.note("change_settings", "person", person_id, before=before, after=_noted(person), now=now)


def _noted(person: Person) -> dict[str, object]:
    names = ("name", "organisation_id", "organisation_text", "country", "language", "zone")
    return {name: getattr(person, name) for name in names}


def _change_organisation(person: Person, typed: str, *, is_correction: bool, today: date) -> None:
    """Set where a person works; what they say they have left is kept with its days, unless it was never true.

    Saying it for the first time is no change of work, and neither is the same name spelled otherwise.
    """
    organisation_id = queries.find_organisation_id(typed)
    text = None if organisation_id else clean_line(typed) or None
    if (organisation_id, text) == (person.organisation_id, person.organisation_text):
        return
    had_one = person.organisation_id is not None or person.organisation_text is not None
    was_matched = person.organisation_id is not None and organisation_id == person.organisation_id
    if had_one and not is_correction and not was_matched:
        _keep_earlier(person, today=today)
    person.organisation_id, person.organisation_text = organisation_id, text
    person.organisation_known_at = None  # so far only the person says so


def _keep_earlier(person: Person, *, today: date) -> None:
    """Keep where somebody worked until yesterday; a change within one day is taken as a correction."""
    last = db.session.scalar(sa.select(sa.func.max(Affiliation.to_on)).where(Affiliation.person_id == person.id))
    yesterday = today - timedelta(days=1)
    from_on = last + timedelta(days=1) if last else None
    if from_on and from_on > yesterday:
        return
    db.session.add(
        Affiliation(
            person_id=person.id, organisation_id=person.organisation_id, organisation_text=person.organisation_text,
            from_on=from_on, to_on=yesterday,
        )
    )  # fmt: skip
