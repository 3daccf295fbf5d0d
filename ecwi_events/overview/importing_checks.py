"""What must hold between the entries of an edition file: nothing twice, nothing that points nowhere."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ecwi_events.kernel.text import fold

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from ecwi_events.overview.importing_activities import ActivityEntry
    from ecwi_events.overview.importing_document import Faults
    from ecwi_events.overview.importing_figures import DeclaredRecord
    from ecwi_events.overview.importing_organisations import OrganisationEntry


def check_references(
    organisations: Sequence[OrganisationEntry],
    activities: Sequence[ActivityEntry],
    figures: Sequence[DeclaredRecord],
    supporters: Sequence[tuple[int, str]],
    faults: Faults,
) -> None:
    """Complain about ids, names, orders and figures that are given twice, and about ids that nobody has."""
    _once(((entry.line, entry.record.key) for entry in organisations), "the organisation “{}” is given twice", faults)
    _once(((entry.line, entry.record.key) for entry in activities), "the activity “{}” is given twice", faults)
    _once(
        ((entry.line, entry.record.display_order) for entry in activities), "the order {} is given twice", faults
    )  # fmt: skip
    _check_names(organisations, faults)
    _check_figures(figures, activities, faults)
    known = {entry.record.key for entry in organisations}
    references = [(reference.line, reference.key) for entry in activities for reference in entry.references]
    for line, key in [*references, *supporters]:
        if key not in known:
            faults.add(line, f"there is no organisation “{key}” in this file.")
    for entry in activities:
        _once(
            ((reference.line, (reference.role.value, reference.key)) for reference in entry.references),
            "an organisation has the same role twice: {}",
            faults,
        )
        hosts = {reference.key for reference in entry.references if reference.role.value == "host"}
        for reference in entry.references:
            if reference.role.value == "co_host" and reference.key in hosts:
                faults.add(reference.line, f"“{reference.key}” is host already, and cannot be co-host too.")


def _once(entries: Iterable[tuple[int, Hashable]], sentence: str, faults: Faults) -> None:
    seen: Counter[Hashable] = Counter()
    for line, value in entries:
        seen[value] += 1
        if seen[value] > 1 and value not in {"?", 0}:
            faults.add(line, sentence.format(value) + ".")


def _check_names(organisations: Sequence[OrganisationEntry], faults: Faults) -> None:
    owner: dict[str, str] = {}
    for entry in organisations:
        for name in (entry.record.name, *entry.record.aliases):
            first = owner.setdefault(fold(name), entry.record.key)
            if first != entry.record.key and name != "?":
                faults.add(entry.line, f"“{name}” is also a name of the organisation “{first}”.")


def _check_figures(figures: Sequence[DeclaredRecord], activities: Sequence[ActivityEntry], faults: Faults) -> None:
    everything = [*figures, *(record for entry in activities for record in entry.participants)]
    _once(
        ((record.line, (record.activity, record.statistic, record.label, record.is_override)) for record in everything),
        "the same figure is given twice: {}",
        faults,
    )  # fmt: skip
