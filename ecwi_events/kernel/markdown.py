"""Markdown that hosts and the office write, as HTML that cannot hurt: paragraphs, headings, lists, quotes, emphasis, links.

HTML in the text is shown as text. Links lead to http, https and mailto only; pictures are not loaded from anywhere. The
headings of a text begin below those of its page, whatever their author chose.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

HIGHEST = 2  # a page has its own heading of level 1
LOWEST = 6
SCHEMES = frozenset({"http", "https", "mailto"})


def html(text: str | None, *, highest: int = HIGHEST) -> str:
    """Return a text as clean HTML; nothing for no text.

    Args:
        text: as it was written.
        highest: the level that its highest heading gets.
    """
    if not text:
        return ""
    tokens = _PARSER.parse(text)
    _settle_headings(tokens, highest)
    _settle_links(tokens)
    return str(_PARSER.renderer.render(tokens, _PARSER.options, {}))


def plain(text: str | None) -> str:
    """Return the words of a text in one line, for searching, previews and mails."""
    if not text:
        return ""
    return " ".join(" ".join(_words(token) for token in _PARSER.parse(text)).split())


def is_safe_link(address: str) -> bool:
    """Tell whether a link may lead there: http, https or mailto, said in full."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return False
    return parts.scheme.lower() in SCHEMES and bool(parts.netloc or parts.path)


class _Careful(MarkdownIt):
    """A parser that takes for links only what is safe."""

    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        """Tell whether a link may stand; what may not stays text."""
        return is_safe_link(url)


def _parser() -> MarkdownIt:
    parser = _Careful("commonmark", {"html": False, "typographer": False})
    parser.disable(["html_block", "html_inline", "image", "code"])  # blanks before a line are a slip, not code
    return parser


def _words(block: Token) -> str:
    spoken = {"text", "code_inline", "softbreak", "hardbreak"}
    return "".join(child.content or " " for child in block.children or [] if child.type in spoken)


def _settle_headings(tokens: Sequence[Token], highest: int) -> None:
    """Let the highest heading of a text stand at ``highest``, and no heading more than one level below the one before."""
    levels = sorted({int(token.tag[1]) for token in tokens if token.type == "heading_open"})
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(highest + levels.index(int(token.tag[1])), LOWEST)}"


def _settle_links(tokens: Sequence[Token]) -> None:
    for token in tokens:
        for child in token.children or []:
            if child.type == "link_open":
                child.attrSet("rel", "noopener noreferrer nofollow")


_PARSER = _parser()
