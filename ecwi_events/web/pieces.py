"""Pieces of public pages that are made once and used again: ``{{ piece("programme/about.html", activity=activity, …) }}``.

A piece is known by everything that it is made of, so it cannot be old: with another word, place, minute or zone it is
another piece. It gets nothing but that, neither the request nor who is signed in nor a form's token, so what is one person's
can never stand in what another one sees. See docs/decisions/0015-remembered-pieces.md.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from flask import Flask
    from jinja2 import Environment

MOST_KEPT = 256  # of 13 to 46 KB with what they are made of: 3 to 12 MB a process
# What every piece may use besides what it is given: the same for everybody, from start to end of the process.
THE_SAME_FOR_ALL = ("product_name", "asset", "status_words", "resource_words")


def install(app: Flask) -> None:
    """Let templates ask for pieces."""
    made = lru_cache(MOST_KEPT)(_maker(app.jinja_env))

    def piece(template: str, **facts: Hashable) -> Markup:
        """Return a piece of a page; facts that could change under our hands (lists, dicts) are an error."""
        return made(template, tuple(facts.items()))

    app.jinja_env.globals["piece"] = piece


def _maker(pages: Environment) -> Callable[[str, tuple[tuple[str, Hashable], ...]], Markup]:
    """Return a function that makes pieces, in a world of their own with the house's templates and filters."""
    own: list[Environment] = []

    def make(template: str, facts: tuple[tuple[str, Hashable], ...]) -> Markup:
        if not own:  # at the first piece: by now everybody has given the templates what is theirs
            world = pages.overlay()
            world.globals = {name: pages.globals[name] for name in THE_SAME_FOR_ALL}
            own.append(world)  # when it is ready: other threads look here too
        return Markup(own[0].get_template(template).render(facts))  # noqa: S704 - our templates, escaped as ever

    return make
