"""What the tests of the overview share: the imported year 2022, and facts made by hand."""

from datetime import date

import pytest

from ecwi_events.kernel.db import transaction
from ecwi_events.overview.compiling import compile_snapshot
from ecwi_events.overview.importing import import_edition, read_edition
from ecwi_events.overview.reading import read_facts

ZONE = "Europe/Amsterdam"


def quiet(step, message):
    """Nobody is told."""


def snapshot_of(year, as_of=date(2026, 11, 21)):
    """The snapshot of a year, counted from the rows that are there."""
    return compile_snapshot(read_facts(year, as_of, zone=ZONE), quiet)


def by_id(snapshot):
    """The figures of a snapshot by their id."""
    return {figure["id"]: figure for figure in snapshot["figures"]}


@pytest.fixture
def year_2022(app, examples, now):
    """The year 2022, imported from the example."""
    with transaction():
        import_edition(read_edition((examples / "pla-2022.yaml").read_bytes(), "pla-2022.yaml"), now=now)
