"""The words of an activity's record: labels of fields, lists to choose from, and a version of a field as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.people.rules import LANGUAGES
from ecwi_events.programme.models import ActivityKind, Theme, Visibility
from ecwi_events.programme.models_record import ContributorRole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecwi_events.web.record_form import RecordForm

KINDS = [(ActivityKind.PLA.value, "Peer Learning Activity"), (ActivityKind.WEBINAR.value, "Webinar")]
THEMES = [
    (Theme.STANDARDS.value, "Competences and standards"),
    (Theme.TRAINING.value, "Training and professional development"),
    (Theme.MENTORING.value, "Monitoring and mentoring"),
    (Theme.RECOGNITION.value, "Recognition of the profession"),
]
# One word per status, on every page.
STATUSES = {
    "draft": "Draft",
    "approved": "Approved",
    "planned": "Planned",
    "running": "Running",
    "ongoing": "Ongoing, no planned end",
    "completed": "Over",
    "postponed": "Postponed",
    "cancelled": "Cancelled",
}
VISIBILITIES = [
    (Visibility.PUBLIC.value, "Everybody"),
    (Visibility.MEMBERS.value, "Members only: people of Member organisations who are signed in"),
    (Visibility.INVITED.value, "By invitation: whoever has the link"),
]
ROLES = [
    (ContributorRole.PRESENTER.value, "Presenter"),
    (ContributorRole.TRAINER.value, "Trainer"),
    (ContributorRole.CONTRIBUTOR.value, "Contributor"),
]
LABELS = {
    "kind": "What is it?",
    "title": "Title",
    "strapline": "One line about it",
    "summary": "Summary",
    "description": "Description",
    "theme": "Theme",
    "language": "Language of the texts, and the first that is spoken",
    "languages": "Other languages that are spoken",
    "interpretation": "Interpretation into",
    "audience": "For whom",
    "target_region": "Target region",
    "home_year": "Year of the overview",
    "display_order": "Place in the order of the year",
    "visibility": "Who may see it?",
    "host_id": "Host organisation",
    "co_host_ids": "Co-hosts",
    "funder_ids": "Funders",
    "contributors": "Presenters and trainers",
}
_WORDS: dict[str, dict[str, str]] = {
    "kind": dict(KINDS),
    "theme": dict(THEMES),
    "visibility": dict(VISIBILITIES),
    "language": LANGUAGES,
    "languages": LANGUAGES,
    "interpretation": LANGUAGES,
}
_ORGANISATIONS = ("host_id", "co_host_ids", "funder_ids")


def by_name(names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return codes and names, sorted by name."""
    return sorted(names.items(), key=lambda pair: pair[1])


def language_names(codes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of languages in the order of their codes."""
    return tuple(LANGUAGES.get(code, code) for code in codes)


def shown(form: RecordForm, name: str, organisations: Mapping[int, str]) -> str:
    """Return what a field says as people read it; several answers stand one below the other."""
    if name == "contributors":
        return "\n".join(_contributor(*row, organisations) for row in form.rows)
    codes = form.lists.get(name) or tuple(filter(None, (form.value(name),)))
    if name in _ORGANISATIONS:
        return "\n".join(_organisation(one, organisations) for one in codes)
    words = _WORDS.get(name)
    return "\n".join(words.get(code, code) for code in codes) if words else form.value(name)


def _contributor(role: str, name: str, organisation: str, organisations: Mapping[int, str]) -> str:
    who = ", ".join(filter(None, (name, _organisation(organisation, organisations))))
    return f"{dict(ROLES).get(role, role)}: {who}"


def _organisation(typed: str, organisations: Mapping[int, str]) -> str:
    return organisations.get(int(typed), typed) if typed.isdigit() else typed
