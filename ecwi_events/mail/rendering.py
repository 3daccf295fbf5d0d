"""The words of a mail: three templates a kind, in ``templates/mail/<kind>/``: subject.txt, body.txt, body.html."""

from __future__ import annotations

import html
import re
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from ecwi_events.kernel import links, product
from ecwi_events.kernel.text import clean_line, clean_prose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from ecwi_events.mail.letters import WayOut

_environment: list[Environment] = []  # set once per process by the application factory
_BLANK_LINES = re.compile(r"\n{3,}")
_INDENT = re.compile(r"\n[ \t]+")
_GAP = f"gap{secrets.token_hex(12)}x"
WAY_OUT = "way_out.link"


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


def pattern(kind: str, facts: Mapping[str, object], gaps: Iterable[str], way_out: WayOut | None) -> Rendered:
    """Write a mail to many with gaps, which `filled` fills for each reader; the link of the way out is one of them."""
    marks = {name: _mark(name) for name in gaps}
    return render(kind, {**facts, **marks}, way_out and replace(way_out, link=_mark(WAY_OUT)))


def filled(words: Rendered, gaps: Mapping[str, str]) -> Rendered:
    """Fill the gaps of a pattern with the words of one reader."""
    subject, text, page = words.subject, words.text, words.html
    for name, value in gaps.items():
        mark = _mark(name)
        subject, text = subject.replace(mark, value), text.replace(mark, value)
        page = page.replace(mark, html.escape(value))
    return Rendered(subject, text, page)


def _mark(name: str) -> str:
    """Return what stands in a gap: letters and digits, which no template changes, and which nobody else can write."""
    return f"{_GAP}{name.encode().hex()}x"


def as_text(page: str) -> str:
    """Return HTML as the words that a reader sees, for comparing both parts of a mail."""
    return clean_line(html.unescape(re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)))
