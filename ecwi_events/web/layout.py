"""What the frame of every page needs to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.kernel import product

if TYPE_CHECKING:
    from flask import Flask


def install(app: Flask) -> None:
    """Give templates the product's name; a global, so that error pages have it without any look-up."""
    app.jinja_env.globals["product_name"] = product.NAME
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
