"""What an overview is counted from: plain facts, frozen. Statistics are pure functions of `Facts`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ecwi_events.attendance.models import Verdict
from ecwi_events.kernel import currencies
from ecwi_events.people.models import OrganisationKind
from ecwi_events.programme.models import ActivityKind, ActivityStatus, OrganisationRole, Visibility

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from ecwi_events.overview.models import Additive, Basis, Qualifier
    from ecwi_events.programme.models import ComponentKind, Format, MoneyStage, OutcomeKind, Payer, Theme

NOWHERE = frozenset({ActivityStatus.DRAFT, ActivityStatus.CANCELLED})  # these count in no figure
TOOK_PLACE = frozenset({ActivityStatus.RUNNING, ActivityStatus.ONGOING, ActivityStatus.COMPLETED})


@dataclass(frozen=True)
class Spell:
    """A membership from one day to another; None is open."""

    from_on: date | None
    to_on: date | None

    def holds(self, day: date) -> bool:
        """Tell whether the membership held on a day."""
        return (self.from_on is None or self.from_on <= day) and (self.to_on is None or day <= self.to_on)


@dataclass(frozen=True)
class OrganisationFact:
    """An organisation with its memberships."""

    id: int
    key: str
    name: str
    kind: OrganisationKind
    country: str | None
    spells: tuple[Spell, ...] = ()

    def is_member(self, day: date) -> bool:
        """Tell whether it was a Member on a day; the Secretariat never is."""
        return self.kind is not OrganisationKind.SECRETARIAT and any(spell.holds(day) for spell in self.spells)


@dataclass(frozen=True)
class RoleFact:
    """An organisation's role in an activity."""

    role: OrganisationRole
    organisation: OrganisationFact


@dataclass(frozen=True)
class SessionFact:
    """A session that is not cancelled; ``day`` is the date in the edition's time zone."""

    id: int
    activity_id: int
    title: str
    format: Format
    minutes: int
    language: str
    day: date


@dataclass(frozen=True)
class PresenceFact:
    """A verdict on one person, or on one visitor without an address, in one session."""

    id: int
    session_id: int
    verdict: Verdict
    person_id: int | None


@dataclass(frozen=True)
class PersonFact:
    """Somebody who was seen in a session, as far as counting needs them."""

    id: int
    organisation_id: int | None
    country: str | None
    before: tuple[tuple[int | None, date | None, date], ...] = ()  # organisation, first and last day of earlier work

    def organisation_on(self, day: date) -> int | None:
        """Return the organisation at which they worked on a day."""
        for organisation_id, from_on, to_on in self.before:
            if (from_on is None or from_on <= day) and day <= to_on:
                return organisation_id
        return self.organisation_id


@dataclass(frozen=True)
class ComponentFact:
    """A part of the structure."""

    format: Format | ComponentKind
    count: int | None
    minutes_each: int | None
    destination: str | None


@dataclass(frozen=True)
class MoneyFact:
    """A money line."""

    id: int
    activity_id: int
    payer: Payer
    in_kind: bool
    stage: MoneyStage
    amount_minor: int
    currency: str
    rate_millionths: int | None = None

    @property
    def euro_cents(self) -> int | None:
        """The amount in euro cents by its own rate, or None without one."""
        return currencies.in_euro_cents(self.amount_minor, self.currency, self.rate_millionths)


@dataclass(frozen=True)
class DeclaredFact:
    """A declared figure."""

    id: int
    year: int
    activity_id: int | None
    statistic: str
    label: str
    value: int
    qualifier: Qualifier
    basis: Basis
    additive: Additive
    source: str
    note: str | None
    as_of: date | None
    is_override: bool


@dataclass(frozen=True)
class ActivityFact:
    """An activity with everything that its page and the figures need."""

    id: int
    key: str
    slug: str
    kind: ActivityKind
    status: ActivityStatus
    title: str
    strapline: str | None
    summary: str | None
    description: str | None
    theme: Theme | None
    language: str
    home_year: int
    display_order: int
    approved_on: date | None
    period_start: date | None
    period_end: date | None
    open_end: bool
    replanned: str | None
    structure_note: str | None
    participants_note: str | None
    resources_heading: str | None
    records_complete: bool
    roles: tuple[RoleFact, ...] = ()
    sessions: tuple[SessionFact, ...] = ()
    components: tuple[ComponentFact, ...] = ()
    outcomes: tuple[tuple[OutcomeKind, str], ...] = ()
    resources: tuple[tuple[str, str | None], ...] = ()
    period_wording: str | None = None  # an own wording stands instead of the line that is made
    structure_wording: str | None = None
    visibility: Visibility = Visibility.PUBLIC
    own_title: str | None = None  # of one by invitation: only the office reads it

    @property
    def is_unnamed(self) -> bool:
        """Whether the edition prints it without its title and texts."""
        return self.own_title is not None

    @property
    def office_title(self) -> str:
        """The title in remarks, which only the office reads."""
        return self.own_title or self.title

    @property
    def host(self) -> OrganisationFact | None:
        """The lead host."""
        return next((role.organisation for role in self.roles if role.role is OrganisationRole.HOST), None)

    @property
    def co_hosts(self) -> list[OrganisationFact]:
        """The co-hosts, in their order."""
        return [role.organisation for role in self.roles if role.role is OrganisationRole.CO_HOST]


@dataclass(frozen=True)
class Facts:
    """Everything about one year, read once; sessions after ``as_of`` are known and count nowhere."""

    year: int
    as_of: date
    activities: tuple[ActivityFact, ...] = ()
    organisations: tuple[OrganisationFact, ...] = ()
    presences: tuple[PresenceFact, ...] = ()
    people: tuple[PersonFact, ...] = ()
    registrations: dict[int, int] = field(default_factory=dict)  # confirmed places by activity
    money: tuple[MoneyFact, ...] = ()
    declared: tuple[DeclaredFact, ...] = ()
    minutes: dict[int, int] = field(default_factory=dict)  # minutes of a presence by its id, where evidence tells them
    texts: dict[str, str] = field(default_factory=dict)
    texts_before: dict[str, str] = field(default_factory=dict)  # those of the year before, to find stale ones

    @cached_property
    def plas(self) -> list[ActivityFact]:
        """The PLAs that count somewhere, in the order of the publication."""
        return self._counted(ActivityKind.PLA)

    @cached_property
    def webinars(self) -> list[ActivityFact]:
        """The webinar activities that count somewhere."""
        return self._counted(ActivityKind.WEBINAR)

    @cached_property
    def supported(self) -> list[ActivityFact]:
        """The PLAs whose home is this year, postponed ones included."""
        return [pla for pla in self.plas if pla.home_year == self.year]

    @cached_property
    def active(self) -> list[ActivityFact]:
        """The PLAs of any home of which something happened in this year."""
        return [pla for pla in self.plas if self.was_active(pla)]

    def was_active(self, activity: ActivityFact) -> bool:
        """Tell whether a session was held in the year, or, without sessions on record, the period meets the year.

        A period without end would meet all years to come: after the home year something must have been declared.
        """
        if activity.status is ActivityStatus.POSTPONED:
            return False
        if activity.sessions:
            return bool(self.held(activity))
        start, end = activity.period_start, activity.period_end
        if activity.status not in TOOK_PLACE or start is None or start > self.as_of:
            return False
        if end is None and self.year > activity.home_year:
            return any((row.activity_id, row.year) == (activity.id, self.year) for row in self.declared)
        return start.year <= self.year and (end is None or end.year >= self.year)

    def held(self, activity: ActivityFact, *, year: int | None = None) -> list[SessionFact]:
        """Return the sessions held in a year (this one) up to the as-of date."""
        wanted = self.year if year is None else year
        return [session for session in activity.sessions if session.day.year == wanted and session.day <= self.as_of]

    def held_to_date(self, activity: ActivityFact) -> list[SessionFact]:
        """Return all sessions held up to the as-of date, of whatever year."""
        return [session for session in activity.sessions if session.day <= self.as_of]

    def seen(self, sessions: Iterable[SessionFact]) -> list[PresenceFact]:
        """Return all verdicts of these sessions that say something (unknown does not)."""
        return [
            presence
            for session in sessions
            for presence in self._by_session.get(session.id, ())
            if presence.verdict is not Verdict.UNKNOWN
        ]

    def present(self, sessions: Iterable[SessionFact]) -> list[PresenceFact]:
        """Return the verdicts "present" of these sessions."""
        return [presence for presence in self.seen(sessions) if presence.verdict is Verdict.PRESENT]

    def person(self, person_id: int) -> PersonFact | None:
        """Return what is known of somebody."""
        return self._people.get(person_id)

    def employer(self, person_id: int | None, day: date) -> OrganisationFact | None:
        """Return the organisation at which somebody worked on a day."""
        person = self._people.get(person_id or 0)
        return self._organisations.get(person.organisation_on(day) or 0) if person else None

    def figures(
        self, statistic: str, *, activity_id: int | None = None, override: bool = False, year: int | None = None
    ) -> list[DeclaredFact]:
        """Return the declared rows of a statistic: of this year (for an activity: of any), in their order."""
        return [
            row
            for row in self.declared
            if (row.statistic, row.activity_id, row.is_override) == (statistic, activity_id, override)
            and (activity_id is not None or row.year == (self.year if year is None else year))
        ]

    def _counted(self, kind: ActivityKind) -> list[ActivityFact]:
        chosen = [row for row in self.activities if row.kind is kind and row.status not in NOWHERE]
        return sorted(chosen, key=lambda row: (row.home_year, row.display_order or 10_000, row.id))

    @cached_property
    def _by_session(self) -> dict[int, Sequence[PresenceFact]]:
        found: dict[int, list[PresenceFact]] = {}
        for presence in self.presences:
            found.setdefault(presence.session_id, []).append(presence)
        return dict(found)

    @cached_property
    def _people(self) -> dict[int, PersonFact]:
        return {person.id: person for person in self.people}

    @cached_property
    def _organisations(self) -> dict[int, OrganisationFact]:
        return {organisation.id: organisation for organisation in self.organisations}
