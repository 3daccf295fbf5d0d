"""What an entry may say. Pure functions of plain facts."""

from __future__ import annotations

import json
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    Fields = Mapping[str, object]

CHANGED = "changed"  # stands for a value that the journal must not keep

# The fields that may be written in clear, by kind of record: states, dates, counts, role names, numbers of records.
# Every other field, and every field of a kind that is not listed, is written as "changed" without its value.
CLEAR: dict[str, frozenset[str]] = {
    "activity": frozenset(
        {
            "by", "who", "most_per_organisation", "needs_approval", "opens_at", "offers_within_hours",
            "offers_last_minutes", "asks_for_proof", "addresses",
            "reminder", "is_on",
            "audience", "status", "kind", "theme", "language", "home_year", "capacity", "approved_on", "sign_up_closes_at",
            "period_start", "period_end", "open_end", "host_id", "co_host_ids", "sessions", "visibility", "link_version",
            "languages", "interpretation", "funder_ids", "contributors", "display_order", "texts", "copy_of", "proposal_id",
            "no_resources",
        }
    ),
    "session": frozenset(
        {
            "capacity",
            "activity_id", "status", "starts_local", "starts_at", "zone", "duration_minutes", "format",
            "present", "absent", "excused", "unmarked", "visitors",
        }
    ),
    "registration": frozenset({"activity_id", "place"}),
    "person": frozenset(
        {
            "role", "organisation_id", "activity_id", "disabled_at", "erased_at", "merged_into_id", "merged",
            "sessions_ended", "factor", "addresses", "topic", "organisation_known_at",
        }
    ),
    "address": frozenset({"why"}),
    "mail": frozenset({"kind"}),
    "organisation": frozenset(
        {
            "key", "kind", "country", "membership_class", "from_on", "to_on", "spell_id", "merged_into_id", "merged",
            "organisation_id", "aliases",
        }
    ),
    "money_line": frozenset(
        {
            "activity_id", "payer", "payer_id", "funder_id", "in_kind", "stage", "amount_minor", "currency",
            "rate_millionths", "rate_on", "booked_on", "evidence_id",
        }
    ),
    "outcome": frozenset({"activity_id", "kind", "position"}),
    "resource": frozenset(
        {"activity_id", "kind", "position", "language", "country", "theme", "audience", "available_at", "file_id"}
    ),
    "proposal": frozenset({"year", "organisation_id", "state", "wished", "granted", "activity_id"}),
    "proposal_call": frozenset({"opens_on", "closes_on"}),
    "edition": frozenset({"year", "number", "state"}),
    "overview": frozenset({"as_of", "activities"}),
    "import": frozenset({"kind", "new", "changed", "unclear", "refused", "rows", "year"}),
}  # fmt: skip


class Door(StrEnum):
    """How somebody came in."""

    WEB = "web"  # a page, signed in or not
    LINK = "link"  # the holder of a personal link
    CLI = "cli"
    JOBS = "jobs"
    UNKNOWN = "unknown"  # in tests only


def changed_fields(
    subject: str, before: Fields | None, after: Fields | None
) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return before and after with the changed fields only, each in clear or as the word "changed"."""
    if before is None or after is None:
        return _told(subject, before), _told(subject, after)
    differ = [name for name in {**before, **after} if _plain(before.get(name)) != _plain(after.get(name))]
    return (
        _told(subject, {name: before[name] for name in differ if name in before}, hidden=False),
        _told(subject, {name: after[name] for name in differ if name in after}),
    )


def canonical(fields: Fields | None) -> str | None:
    """Return fields as JSON that is always spelled the same; nothing for none."""
    if not fields:
        return None
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _told(subject: str, fields: Fields | None, *, hidden: bool = True) -> dict[str, Any] | None:
    if fields is None:
        return None
    clear = CLEAR.get(subject, frozenset())
    return {
        name: _plain(value) if name in clear else CHANGED for name, value in fields.items() if name in clear or hidden
    }


def _plain(value: object) -> Any:  # noqa: ANN401 - what JSON can hold
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(_plain(one) for one in value)
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value
