"""Reads of the programme, named by their question; each gives plain facts for a page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from ecwi_events.kernel import tokens
from ecwi_events.kernel.bundles import Bundle
from ecwi_events.kernel.columns import Codes
from ecwi_events.kernel.db import db
from ecwi_events.people.models import Organisation
from ecwi_events.programme import session_rules
from ecwi_events.programme.models import (
    Activity,
    ActivityOrganisation,
    ActivitySession,
    ActivityStatus,
    OrganisationRole,
    Outcome,
    SessionStatus,
    Visibility,
)
from ecwi_events.programme.rules import STRANGER, Seen, Viewer, may_see

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

_HIDDEN = (ActivityStatus.DRAFT, ActivityStatus.APPROVED)

# The activity page is read by far the most: columns of tables, all in one question that is built once.
_A = sa.inspect(Activity).local_table
_S = sa.inspect(ActivitySession).local_table
_R = sa.inspect(ActivityOrganisation).local_table
_O = sa.inspect(Organisation).local_table
_T = sa.inspect(Outcome).local_table
_PUBLIC = Activity.status.not_in(_HIDDEN)
WANTED = _A.alias("wanted")  # the activity of which a bundle asks
# Each hidden state for itself: a list in IN is written out anew at each execution.
IS_WANTED_BY_SLUG = sa.and_(WANTED.c.slug == sa.bindparam("wanted"), *(WANTED.c.status != one for one in _HIDDEN))
_PUBLIC_SEEN = sa.select(_A.c.id, _A.c.status, _A.c.visibility, _A.c.link_hash).where(
    _A.c.slug == sa.bindparam("wanted"), _A.c.status.not_in(_HIDDEN)
)
# What may stand where nobody is asked who they are; the same in SQL as `rules.is_for_everybody`.
FOR_EVERYBODY = sa.and_(_PUBLIC, Activity.visibility == Visibility.PUBLIC)
_HOST_IDS = sa.select(_R.c.organisation_id).where(
    _R.c.activity_id == sa.bindparam("activity"),
    _R.c.role.in_((OrganisationRole.HOST, OrganisationRole.CO_HOST)),
)
# What `page_of` reads. Other rooms add parts of their own to a bundle of these.
PAGE_PARTS: dict[str, sa.Select[Any]] = {
    "activity": sa.select(
        _A.c.id, _A.c.slug, _A.c.kind, _A.c.status, _A.c.title, _A.c.strapline, _A.c.summary, _A.c.description, _A.c.theme,
        _A.c.language, _A.c.languages, _A.c.interpretation, _A.c.audience, _A.c.visibility, _A.c.link_hash, _A.c.home_year,
        _A.c.replanned, _A.c.sign_up_closes_at, _A.c.revision, _A.c.updated_at, _A.c.translations, _A.c.text_revision,
    ).where(_A.c.id == WANTED.c.id),
    "hosting": sa.select(_R.c.role, _R.c.organisation_id, _O.c.name)
    .join(_O, _O.c.id == _R.c.organisation_id)
    .where(_R.c.activity_id == WANTED.c.id, _R.c.role != OrganisationRole.CONTRIBUTOR)
    .order_by(_R.c.position),
    "sessions": sa.select(
        _S.c.id, _S.c.uid, _S.c.title, _S.c.summary, _S.c.format, _S.c.starts_at, _S.c.ends_at, _S.c.zone, _S.c.status,
        _S.c.duration_minutes, _S.c.meeting_url, _S.c.ical_sequence, _S.c.schedule_revision, _S.c.created_at,
        _S.c.updated_at, _S.c.starts_local, _S.c.revision, _S.c.language, _S.c.place, _S.c.reason, _S.c.moved_from_at,
    ).where(_S.c.activity_id == WANTED.c.id).order_by(_S.c.starts_at),
    "outcomes": sa.select(_T.c.text).where(_T.c.activity_id == WANTED.c.id).order_by(_T.c.position),
}  # fmt: skip
_BY_SLUG = Bundle(IS_WANTED_BY_SLUG, WANTED, **PAGE_PARTS)
_BY_ID = Bundle(WANTED.c.id == sa.bindparam("wanted"), WANTED, **PAGE_PARTS)


@dataclass(frozen=True)
class SessionView:
    """One session, as pages and mails need it."""

    id: int
    uid: str
    number: int
    title: str
    summary: str | None
    format: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    duration_minutes: int
    is_cancelled: bool
    meeting_url: str | None
    ical_sequence: int
    schedule_revision: int
    created_at: datetime
    updated_at: datetime
    starts_local: datetime
    revision: int
    language: str = "en"
    place: str | None = None  # as everybody may read it
    typed_place: str | None = None  # for who may see the address of the meeting: older places can tell one
    reason: str | None = None  # why it was moved or cancelled, for everybody
    moved_from_at: datetime | None = None


@dataclass(frozen=True)
class ActivityCard:
    """An activity in a list."""

    id: int
    slug: str
    kind: str
    status: str
    title: str
    strapline: str | None
    summary: str | None
    theme: str | None
    language: str
    host: str | None
    sessions: tuple[SessionView, ...]
    visibility: str

    def next_session(self, *, now: datetime, among: Collection[int] | None = None) -> SessionView | None:
        """Return the session that is on or comes next, among these ids or all, or None when all are over, or put off."""
        if self.status == ActivityStatus.POSTPONED:
            return None
        to_come = (s for s in self.sessions if s.ends_at > now and not s.is_cancelled)
        return next((s for s in to_come if among is None or s.id in among), None)


@dataclass(frozen=True)
class ActivityPage(ActivityCard):
    """An activity with everything that its page shows."""

    description: str | None
    co_hosts: tuple[str, ...]
    host_ids: tuple[int, ...]
    home_year: int
    outcomes: tuple[str, ...]
    replanned: str | None
    sign_up_closes_at: datetime | None
    revision: int
    updated_at: datetime
    link_hash: str | None
    languages: tuple[str, ...]  # spoken, the first one of them is that of the texts
    interpretation: tuple[str, ...]
    audience: str | None
    funders: tuple[str, ...]
    translations: tuple[str, ...]  # languages into which the texts are translated
    text_revision: int

    @property
    def zone(self) -> str:
        """The host's zone: that of the first session, UTC without sessions."""
        return self.sessions[0].zone if self.sessions else "UTC"

    @property
    def seen(self) -> Seen:
        """What decides who may see it."""
        return Seen(self.id, self.status, self.visibility, self.link_hash, self.host_ids)


def stranger() -> Viewer:
    """Return somebody of whom nothing is known."""
    return STRANGER


def listed_for(viewer: Viewer) -> sa.ColumnElement[bool]:
    """Return the condition that an activity stands in lists for somebody; those by invitation stand in none.

    What is listed may be seen: `rules.may_see` says so too.
    """
    if viewer.sees_all or viewer.is_member:
        return sa.and_(_PUBLIC, Activity.visibility != Visibility.INVITED)
    return FOR_EVERYBODY


def held_in(language: str) -> sa.ColumnElement[bool]:
    """Return the condition that an activity is held in a language, or interpreted into it."""
    return sa.or_(
        Activity.language == language,
        Codes.holds(Activity.languages, language),
        Codes.holds(Activity.interpretation, language),
    )


def find_activity_page(slug: str, viewer: Callable[[], Viewer] = stranger) -> ActivityPage | None:
    """Return a published activity by its short name, or None if there is none that this viewer may see.

    Who it is is asked only where it matters; without a viewer, only what everybody may see is found.
    """
    page = _page(_BY_SLUG, slug)
    return page if page and (page.visibility == "public" or may_see(page.seen, viewer())) else None


def find_public_activity(slug: str, viewer: Callable[[], Viewer] = stranger) -> int | None:
    """Return the id of a published activity by its short name, or None if there is none that this viewer may see."""
    found = db.session.execute(_PUBLIC_SEEN, {"wanted": slug}).one_or_none()
    if found is None:
        return None
    if found.visibility is Visibility.PUBLIC:
        return int(found.id)
    hosts = db.session.scalars(_HOST_IDS, {"activity": found.id}).all()
    seen = Seen(found.id, found.status, found.visibility, found.link_hash, hosts)
    return int(found.id) if may_see(seen, viewer()) else None


def find_invitation(token: str) -> str | None:
    """Return the short name of the published activity that this invitation link opens, or None."""
    asked = sa.select(Activity.slug).where(
        Activity.link_hash == tokens.digest(token), Activity.visibility == Visibility.INVITED, _PUBLIC
    )
    return db.session.scalar(asked)


def find_activity(activity_id: int) -> ActivityPage | None:
    """Return any activity, drafts too, for those who may see it, or None."""
    return _page(_BY_ID, activity_id)


def find_by_key(key: str) -> int | None:
    """Return the id of the activity with this key, or None."""
    return db.session.scalar(sa.select(Activity.id).where(Activity.key == key))


def activities_of_year(year: int) -> Sequence[ActivityCard]:
    """Return every activity of a home year in display order, drafts too."""
    return _cards(Activity.home_year == year, order=(Activity.display_order, Activity.id))


def years() -> Sequence[int]:
    """Return the home years of which there are activities, the latest first."""
    return db.session.scalars(sa.select(Activity.home_year).distinct().order_by(Activity.home_year.desc())).all()


def find_session(session_id: int) -> tuple[SessionView, ActivityPage] | None:
    """Return a session and its activity, or None."""
    activity_id = db.session.scalar(sa.select(ActivitySession.activity_id).where(ActivitySession.id == session_id))
    page = find_activity(activity_id) if activity_id else None
    return next(((s, page) for s in page.sessions if s.id == session_id), None) if page else None


def hosted_sessions(
    organisation_ids: Sequence[int] | None, *, since: datetime
) -> Sequence[tuple[SessionView, ActivityCard]]:
    """Return the sessions of these hosts and co-hosts (None: of all) that end after ``since``, by time."""
    wanted = sa.select(ActivitySession.activity_id).where(ActivitySession.ends_at > since)
    if organisation_ids is not None:
        wanted = wanted.join(
            ActivityOrganisation, ActivityOrganisation.activity_id == ActivitySession.activity_id
        ).where(
            ActivityOrganisation.organisation_id.in_(organisation_ids),
            ActivityOrganisation.role.in_((OrganisationRole.HOST, OrganisationRole.CO_HOST)),
        )
    cards = _cards(Activity.id.in_(wanted), Activity.status.not_in(_HIDDEN))
    pairs = [(session, card) for card in cards for session in card.sessions if session.ends_at > since]
    return sorted(pairs, key=lambda pair: pair[0].starts_at)


def _cards(
    *conditions: sa.ColumnElement[bool],
    order: Sequence[sa.ColumnElement[object] | sa.orm.InstrumentedAttribute[int]] = (Activity.id,),
    limit: int | None = None,
) -> list[ActivityCard]:
    statement = (
        sa.select(Activity, Organisation.name)
        .outerjoin(
            ActivityOrganisation,
            sa.and_(
                ActivityOrganisation.activity_id == Activity.id, ActivityOrganisation.role == OrganisationRole.HOST
            ),
        )
        .outerjoin(Organisation, Organisation.id == ActivityOrganisation.organisation_id)
        .where(*conditions)
        .options(selectinload(Activity.sessions))
        .order_by(*order)
        .limit(limit)
    )
    return [
        ActivityCard(**_card_facts(activity, host, activity.sessions))
        for activity, host in db.session.execute(statement).all()
    ]


def page_of(texts: Any) -> ActivityPage:  # noqa: ANN401 - a row of a bundle
    """Return an activity from the texts of a bundle with `PAGE_PARTS`; the same texts give the same object."""
    return _page_of(texts.activity, texts.hosting, texts.sessions, texts.outcomes)


def _page(bundle: Bundle, wanted: object) -> ActivityPage | None:
    texts = bundle.find({"wanted": wanted})
    return page_of(texts) if texts else None


@lru_cache(maxsize=256)  # by the facts themselves, so what is remembered cannot be old
def _page_of(activity_text: str, hosting_text: str, sessions_text: str, outcomes_text: str) -> ActivityPage:
    (activity,) = _BY_ID.rows("activity", activity_text)
    hosting = _BY_ID.rows("hosting", hosting_text)
    sessions = _BY_ID.rows("sessions", sessions_text)
    return ActivityPage(
        **_card_facts(activity, next((r.name for r in hosting if r.role is OrganisationRole.HOST), None), sessions),
        description=activity.description,
        co_hosts=tuple(role.name for role in hosting if role.role is OrganisationRole.CO_HOST),
        host_ids=tuple(r.organisation_id for r in hosting if r.role is not OrganisationRole.FUNDER),
        home_year=activity.home_year,
        outcomes=tuple(row.text for row in _BY_ID.rows("outcomes", outcomes_text)),
        replanned=activity.replanned,
        sign_up_closes_at=activity.sign_up_closes_at,
        revision=activity.revision,
        updated_at=activity.updated_at,
        link_hash=activity.link_hash,
        languages=(activity.language, *activity.languages),
        interpretation=activity.interpretation,
        audience=activity.audience,
        funders=tuple(role.name for role in hosting if role.role is OrganisationRole.FUNDER),
        translations=activity.translations,
        text_revision=activity.text_revision,
    )


def _card_facts(activity: Any, host: str | None, sessions: Sequence[Any]) -> dict[str, Any]:  # noqa: ANN401 - row or object
    return {
        "id": activity.id,
        "slug": activity.slug,
        "kind": activity.kind.value,
        "status": activity.status.value,
        "title": activity.title,
        "strapline": activity.strapline,
        "summary": activity.summary,
        "theme": activity.theme.value if activity.theme else None,
        "language": activity.language,
        "visibility": activity.visibility.value,
        "host": host,
        "sessions": tuple(_session_view(s, number) for number, s in enumerate(sessions, start=1)),
    }


def _session_view(session: Any, number: int) -> SessionView:  # noqa: ANN401 - a row, or a mapped object
    return SessionView(
        id=session.id,
        uid=session.uid,
        number=number,
        title=session.title,
        summary=session.summary,
        format=session.format.value,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        zone=session.zone,
        duration_minutes=session.duration_minutes,
        is_cancelled=session.status is SessionStatus.CANCELLED,
        meeting_url=session.meeting_url,
        ical_sequence=session.ical_sequence,
        schedule_revision=session.schedule_revision,
        created_at=session.created_at,
        updated_at=session.updated_at,
        starts_local=session.starts_local,
        revision=session.revision,
        language=session.language,
        place=session_rules.shown_place(session.place),
        typed_place=session.place,
        reason=session.reason,
        moved_from_at=session.moved_from_at,
    )
