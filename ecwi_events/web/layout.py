"""What the frame of every page needs to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from ecwi_events.kernel import markdown, product
from ecwi_events.web import record_words

if TYPE_CHECKING:
    from flask import Flask


def install(app: Flask) -> None:
    """Give templates the product's name (a global: error pages have it without a look-up), status words and Markdown."""
    app.jinja_env.globals["product_name"] = product.NAME
    app.jinja_env.globals["status_words"] = record_words.STATUSES
    app.jinja_env.filters["markdown"] = in_markdown
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def in_markdown(text: str | None) -> Markup:
    """Return a text that somebody wrote in Markdown as HTML; what could hurt is taken out in `kernel.markdown`."""
    return Markup(markdown.html(text))  # noqa: S704 - made by the parser, which lets no HTML of the author through
