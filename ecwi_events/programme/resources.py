"""Acts on the resources of an activity: adding, changing, ordering and removing them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel import countries
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, NotFound
from ecwi_events.kernel.text import clean_line, fold
from ecwi_events.people.rules import LANGUAGES
from ecwi_events.programme import files, link_checks, ordering, rules_resources
from ecwi_events.programme.models import Activity, ActivitySession, Resource, Theme
from ecwi_events.programme.models_files import Audience, ResourceKind
from ecwi_events.programme.rules import Viewer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.programme.files import Sent

LONGEST_TITLE = 300
LONGEST_LICENCE = 80
MOST = 200  # of one activity: more would be a slip
_TOLD = (
    "activity_id", "kind", "position", "title", "url", "file_id", "language", "country", "theme", "licence", "audience",
    "available_at", "session_id",
)  # fmt: skip


@dataclass(frozen=True)
class TypedResource:
    """A resource as it is typed; without address and file it is a title alone."""

    kind: ResourceKind
    title: str
    url: str = ""
    language: str = ""
    country: str = ""
    theme: Theme | None = None
    licence: str = ""
    audience: Audience = Audience.EVERYONE
    available_at: datetime | None = None
    session_id: int | None = None  # if it is of one session


def resources_of(activity_id: int) -> Sequence[Resource]:
    """Return all resources of an activity in their order, for those who look after them."""
    return db.session.scalars(
        sa.select(Resource).where(Resource.activity_id == activity_id).order_by(Resource.position, Resource.id)
    ).all()


def get_resource(activity_id: int, resource_id: int) -> Resource:
    """Return a resource of an activity.

    Raises:
        NotFound: this activity has no such resource.
    """
    resource = db.session.scalar(
        sa.select(Resource).where(Resource.id == resource_id, Resource.activity_id == activity_id)
    )  # fmt: skip
    if resource is None:
        raise NotFound("We cannot find this resource.")
    return resource


def add_resource(activity_id: int, typed: TypedResource, *, file: Sent | None = None, now: datetime) -> int:
    """Add a resource at the end and return its id.

    Raises:
        NotFound: there is no such activity.
        Invalid: a field cannot be taken.
    """
    activity = db.session.get(Activity, activity_id)
    if activity is None:
        raise NotFound("We cannot find this activity.")
    values = _values(activity_id, typed, has_file=file is not None)
    if len(resources_of(activity_id)) >= MOST:
        raise Invalid({"title": f"An activity can have {MOST} resources. Remove one first"})
    position = ordering.last_position(Resource, activity_id) + 1
    resource = Resource(activity_id=activity_id, position=position, **values)
    _put_file(resource, file, now=now)
    resource.published_at = now if _is_for_participants(resource, now=now) else None
    db.session.add(resource)
    activity.no_resources_at = None
    db.session.flush()
    link_checks.ask(resource.id, resource.url, now=now)
    journal.note("add_resource", "resource", resource.id, after=_told(resource), now=now)
    return resource.id


def change_resource(
    activity_id: int,
    resource_id: int,
    typed: TypedResource,
    *,
    file: Sent | None = None,
    drop_file: bool = False,
    now: datetime,
) -> None:
    """Change a resource; without a new file the old one stays, unless it is dropped or an address takes its place.

    Raises:
        NotFound: this activity has no such resource.
        Invalid: a field cannot be taken.
    """
    resource = get_resource(activity_id, resource_id)
    before, url, file_id = _told(resource), resource.url, resource.file_id
    was_out = _is_for_participants(resource, now=now)
    for name, value in _values(activity_id, typed, has_file=file is not None).items():
        setattr(resource, name, value)
    if drop_file or resource.url:
        resource.file_id = resource.file_name = None
    _put_file(resource, file, now=now)
    is_out = _is_for_participants(resource, now=now)
    if was_out is not is_out:
        resource.published_at = now if is_out else None
    if url != resource.url:
        resource.checked_at = resource.check_result = resource.silent_since = None
        link_checks.ask(resource.id, resource.url, now=now)
    db.session.flush()
    if file_id != resource.file_id:
        files.let_go(file_id, now=now)
    journal.note("change_resource", "resource", resource.id, before=before, after=_told(resource), now=now)


def move_resource(activity_id: int, resource_id: int, *, up: bool, now: datetime) -> None:
    """Let a resource change places with the next one; at the end nothing happens.

    Raises:
        NotFound: this activity has no such resource.
    """
    resource = get_resource(activity_id, resource_id)
    before = _told(resource)
    if ordering.swap(resources_of(activity_id), resource_id, up=up):
        journal.note("move_resource", "resource", resource.id, before=before, after=_told(resource), now=now)


def remove_resource(activity_id: int, resource_id: int, *, now: datetime) -> None:
    """Take a resource out, and its file if nothing else refers to it.

    Raises:
        NotFound: this activity has no such resource.
    """
    resource = get_resource(activity_id, resource_id)
    journal.note("remove_resource", "resource", resource.id, before=_told(resource), now=now)
    file_id = resource.file_id
    db.session.delete(resource)
    db.session.flush()
    files.let_go(file_id, now=now)


def _is_for_participants(resource: Resource, *, now: datetime) -> bool:
    """Tell whether there is something to open that all who signed up may open, its day aside."""
    participant = Viewer(signed_up_for=frozenset({resource.activity_id}))
    opened = rules_resources.Opened(resource.activity_id, (), resource.audience, None)
    has_something = resource.url is not None or resource.file_id is not None
    return has_something and rules_resources.may_open(opened, participant, now=now)


def _wrong_choices(activity_id: int, typed: TypedResource) -> dict[str, str]:
    good = {
        "language": not typed.language or typed.language in LANGUAGES,
        "country": not typed.country or countries.is_country(typed.country),
        "session": typed.session_id is None or _is_of(activity_id, typed.session_id),
    }
    return {name: f"Choose a {name} from the list" for name, is_good in good.items() if not is_good}


def _is_of(activity_id: int, session_id: int) -> bool:
    its = sa.select(ActivitySession.id).where(ActivitySession.activity_id == activity_id)
    return db.session.scalar(its.where(ActivitySession.id == session_id)) is not None


def _values(activity_id: int, typed: TypedResource, *, has_file: bool) -> dict[str, Any]:
    title, url, licence = clean_line(typed.title), clean_line(typed.url), clean_line(typed.licence)
    faults = {}
    if not title or len(title) > LONGEST_TITLE:
        faults["title"] = f"Use {LONGEST_TITLE} letters or fewer" if title else "Enter a title"
    if url and has_file:
        faults["url"] = "Give an address or a file, not both"
    elif url and (fault := rules_resources.url_fault(url)):
        faults["url"] = fault
    faults |= _wrong_choices(activity_id, typed)
    if len(licence) > LONGEST_LICENCE:
        faults["licence"] = f"Use {LONGEST_LICENCE} letters or fewer"
    if faults:
        raise Invalid(faults)
    return {
        "kind": typed.kind, "title": title, "folded": fold(title), "url": url or None, "language": typed.language or None,
        "country": typed.country or None, "theme": typed.theme, "licence": licence or None, "audience": typed.audience,
        "available_at": typed.available_at, "session_id": typed.session_id,
    }  # fmt: skip


def _put_file(resource: Resource, file: Sent | None, *, now: datetime) -> None:
    if file is not None:
        resource.file_id, resource.file_name = files.keep(file, now=now), file.name


def _told(resource: Resource) -> dict[str, object]:
    return {name: getattr(resource, name) for name in _TOLD}
