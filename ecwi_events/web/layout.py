"""What the frame of every page needs to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

PRODUCT_NAME = "ISSA Learning Together"  # a working name; the secretariat decides


def install(app: Flask) -> None:
    """Give templates the product's name; a global, so that error pages have it without any look-up."""
    app.jinja_env.globals["product_name"] = PRODUCT_NAME
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
