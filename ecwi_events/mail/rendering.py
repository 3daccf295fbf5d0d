"""The words of a mail: three templates a kind, in ``templates/mail/<kind>/``: subject.txt, body.txt, body.html."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from ecwi_events.kernel import links, product
from ecwi_events.kernel.text import clean_line, clean_prose

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ecwi_events.mail.letters import WayOut

_environment: list[Environment] = []  # set once per process by the application factory
_BLANK_LINES = re.compile(r"\n{3,}")
_INDENT = re.compile(r"\n[ \t]+")


@dataclass(frozen=True)
class Rendered:
    """The words of one mail."""

    subject: str
    text: str
    html: str


def configure(folder: Path) -> None:
    """Set the folder of mail templates for this process."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        absolute=links.absolute,
        product_name=product.NAME,
    )
    _environment[:] = [environment]


def render(kind: str, facts: Mapping[str, object], way_out: WayOut | None = None) -> Rendered:
    """Write a mail's subject, plain text and HTML; a fact that a template misses is an error, never a blank."""
    if not _environment:
        raise RuntimeError("rendering.configure() has not been called in this process")
    subject, text, page = (
        _environment[0].get_template(f"{kind}/{part}").render({**facts, "way_out": way_out})
        for part in ("subject.txt", "body.txt", "body.html")
    )
    if way_out:  # here, so that no template can forget it
        text = f"{text.rstrip()}\n\n{way_out.words}:\n{way_out.link}\n"
    text = _BLANK_LINES.sub("\n\n", clean_prose(text))
    return Rendered(clean_line(subject), text + "\n", _INDENT.sub("\n", page).strip() + "\n")


def as_text(page: str) -> str:
    """Return HTML as the words that a reader sees, for comparing both parts of a mail."""
    return clean_line(html.unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)))
