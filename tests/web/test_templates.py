"""Each template is used by something, and each name that is rendered or included exists."""

import ast
import re
from pathlib import Path

import pytest

import config

TEMPLATES = config.PROJECT / "templates"
REFERENCE = re.compile(r"(?:{%-?\s*(?:extends|include|import|from)\s+|piece\()\"([^\"]+)\"")
OURS = ("layout", "macros", "errors", "programme", "registration", "people", "host", "office", "site", "overview")


def pages() -> set[str]:
    return {
        str(path.relative_to(TEMPLATES))
        for folder in OURS
        for path in (TEMPLATES / folder).rglob("*.html")
        if path.is_file()
    }


def rendered() -> set[str]:
    """Names of templates in the Python code, and those that templates extend, include and import."""
    names = set()
    for path in (config.PROJECT / "ecwi_events").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.fullmatch(r"[\w/]+\.html", node.value)
            ):
                names.add(node.value)
    for name in pages():
        names |= set(REFERENCE.findall((TEMPLATES / name).read_text(encoding="utf-8")))
    return names


def test_every_template_is_used():
    assert pages() - rendered() == set()


def test_every_name_that_is_rendered_exists():
    assert {name for name in rendered() if name.split("/")[0] in OURS} - pages() == set()


@pytest.mark.parametrize("name", sorted(pages()))
def test_every_template_compiles_and_trusts_nobody(app, name):
    app.jinja_env.get_template(name)
    text = Path(TEMPLATES / name).read_text(encoding="utf-8")
    assert "|safe" not in text.replace(" ", "")
    assert "autoescape" not in text
