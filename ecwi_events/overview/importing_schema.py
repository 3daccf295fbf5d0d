"""The file format ``ecwi-edition/1``: from checked YAML to records, with every fault found on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.overview.importing_activities import ActivityEntry, read_activity
from ecwi_events.overview.importing_checks import check_references
from ecwi_events.overview.importing_document import BadFile, Faults, Fields, parse
from ecwi_events.overview.importing_figures import DeclaredRecord, read_figure, read_opening_balance
from ecwi_events.overview.importing_organisations import OrganisationEntry, read_organisation
from ecwi_events.overview.rules import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from collections.abc import Collection

SCHEMA = "ecwi-edition/1"
PROSE_BLOCKS = ("about", "introduction", "join", "support", "how_we_count")


@dataclass(frozen=True)
class EditionFile:
    """A whole file, checked."""

    name: str
    year: int
    texts: dict[str, str]
    supporters: tuple[str, ...]
    organisations: tuple[OrganisationEntry, ...]
    activities: tuple[ActivityEntry, ...]
    figures: tuple[DeclaredRecord, ...]


def read_edition_file(body: bytes, name: str, *, statistics: Collection[str], money: Collection[str]) -> EditionFile:
    """Return what a file says.

    Args:
        body: its bytes.
        name: how it is called in messages.
        statistics: the ids of figures that can be declared.
        money: those of them that are amounts of money.

    Raises:
        BadFile: something is wrong; all faults are named, and nothing of the file is taken.
    """
    faults = Faults()
    root = Fields(parse(body, name), "the file", faults)
    _check_schema(root)
    edition = root.inner("edition")
    year = _year(root, edition)
    texts = _texts(root, edition)
    supporters = root.texts("supporters", most=80)
    organisations = [read_organisation(fields) for fields in root.each("organisations", "organisation")]
    activities = [read_activity(fields, year) for fields in root.each("activities", "activity")]
    figures = [read_figure(fields, statistics, money) for fields in root.each("figures", "figure")]
    if balance := root.inner("opening_balance"):
        figures += read_opening_balance(balance)
    root.end()
    check_references(organisations, activities, figures, supporters, faults)
    if faults.found:
        raise BadFile(name, faults.found)
    names = {entry.record.key: entry.record.name for entry in organisations}
    return EditionFile(
        name=name,
        year=year,
        texts=texts,
        supporters=tuple(names[key] for _, key in supporters),
        organisations=tuple(organisations),
        activities=tuple(activities),
        figures=tuple(figures),
    )


def _check_schema(root: Fields) -> None:
    schema = root.text("schema", required=True)
    if schema and schema != SCHEMA:
        root.complain("schema", f"“{schema}” is not known; this release reads {SCHEMA}.")


def _year(root: Fields, edition: Fields | None) -> int:
    if edition is None:
        root.complain("edition", "this is missing.")
        return FIRST_YEAR
    return edition.integer("year", least=FIRST_YEAR, most=LAST_YEAR, required=True) or FIRST_YEAR


def _texts(root: Fields, edition: Fields | None) -> dict[str, str]:
    found: dict[str, str | None] = {}
    if edition:
        found |= {name: edition.text(name) for name in ("title", "series", "publisher")}
        edition.end()
    if prose := root.inner("texts"):
        found |= {name: prose.prose(name) for name in PROSE_BLOCKS}
        prose.end()
    if contact := root.inner("contact"):
        found |= {f"contact_{name}": contact.text(name) for name in ("email", "web")}
        found |= {
            f"contact_{name}": "\n".join(line for _, line in contact.texts(name)) for name in ("address", "social")
        }
        contact.end()
    return {name: text for name, text in found.items() if text}
