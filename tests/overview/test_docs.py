"""docs/counting.md says what the definitions say."""

import pytest

import config
from ecwi_events.overview.statistics import DEFINITIONS, DEFINITIONS_VERSION

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
