"""docs/counting.md says what the definitions say."""

import pytest

import config
from ecwi_events.kernel.db import transaction
from ecwi_events.overview.importing import import_edition, read_edition
from ecwi_events.overview.statistics import DEFINITIONS, DEFINITIONS_VERSION
from tests.overview.conftest import by_id, snapshot_of

PAGE = config.PROJECT / "docs" / "counting.md"
BEGIN, END = "<!-- definitions: begin -->\n", "<!-- definitions: end -->\n"


def rendered():
    """The part of the page that is made from the definitions."""
    lines = [f"Definitions, version {DEFINITIONS_VERSION}.\n"]
    for definition in DEFINITIONS:
        name = definition.long_label.replace("{year}", "a year")
        version = f", version {definition.version}" if definition.version > 1 else ""
        lines.append(f"### {name}\n\n`{definition.id}`, in {definition.unit}{version}. {definition.rule}\n")
    return "\n".join(lines)


def test_the_page_holds_every_definition_word_for_word():
    text = PAGE.read_text(encoding="utf-8")
    written = text[text.index(BEGIN) + len(BEGIN) : text.index(END)]
    if written != rendered():
        pytest.fail(f"Put this between the two marks of docs/counting.md:\n\n{rendered()}")


def test_the_example_of_the_edition_file_can_be_imported_as_it_stands(app, now):
    page = (config.PROJECT / "docs" / "edition-file.md").read_text(encoding="utf-8")
    example = page.split("```yaml\n")[1].split("```")[0]
    with transaction():
        imported = import_edition(read_edition(example.encode(), "edition-file.md"), now=now)
    assert (imported.organisations.new, imported.activities.new) == (2, 1)
    snapshot = snapshot_of(2021)
    assert snapshot["errors"] == []
    assert by_id(snapshot)["host_countries"]["kind"] == "override"
    structure = [fact["value"] for fact in snapshot["profiles"][0]["facts"] if fact["label"] == "Structure"]
    assert structure == ["2 study visits to Sweden and 3 webinars of 1.5 hours each (in two groups)"]
