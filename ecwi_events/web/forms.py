"""What every form needs: the typed text, a checked way back, and one way to show what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import flask

from ecwi_events.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_TYPED = 20_000
HERE = "https://here.invalid"  # stands for this site while a path is read again
LONGEST_PATH = 1_000  # it is kept in a cookie


@dataclass(frozen=True)
class Form:
    """What was typed, and what is wrong with it; pages show both, so that nobody types anything twice."""

    values: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)

    def __hash__(self) -> int:
        """Say which form it is by what it holds, as its equality does."""
        return hash((frozenset(self.values.items()), frozenset(self.faults.items())))

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was typed and nothing is wrong."""
        return not self.values and not self.faults

    def value(self, name: str) -> str:
        """Return what stands in a field."""
        return self.values.get(name, "")

    def fault(self, name: str) -> str:
        """Return what is wrong with a field, or the empty text."""
        return self.faults.get(name, "")

    def wrong(self, error: Invalid) -> Form:
        """Return the same form with the sentences of a room's no."""
        return Form(self.values, error.fields)


def typed(*names: str) -> Form:
    """Return what was typed into these fields; a field that did not come is empty.

    Raises:
        Invalid: a text is longer than any may be. It is never cut without a word.
    """
    form = typed_whole(*names)
    faults = {name: fault for name in names if (fault := too_long(form.value(name)))}
    if faults:
        raise Invalid({"text": f"{next(iter(faults.values()))}. Go back: what you typed is still there."})
    return form


def typed_whole(*names: str) -> Form:
    """Return what was typed, however long; for forms that say `too_long` beside the field."""
    return Form({name: flask.request.form.get(name, "").strip() for name in names})


def too_long(text: str) -> str:
    """Return what is wrong with a text that is longer than any may be, or the empty text."""
    if len(text) <= LONGEST_TYPED:
        return ""
    return f"Use {LONGEST_TYPED:,} letters or fewer: this text has {len(text):,}"


def own_path(text: str | None, *, otherwise: str = "/") -> str:
    """Return a path of this site to go on to; anything that could lead elsewhere gives ``otherwise``.

    Browsers read a backslash as a slash and drop tabs and line ends, so none of them may stand in it.
    """
    if (
        not text
        or len(text) > LONGEST_PATH
        or not text.startswith("/")
        or text.startswith("//")
        or "\\" in text
        or not text.isprintable()
    ):
        return otherwise
    parts, landing = urlsplit(text), urlsplit(urljoin(HERE, text))
    is_own = not parts.scheme and not parts.netloc and f"{landing.scheme}://{landing.netloc}" == HERE
    return text if is_own and "//" not in parts.path else otherwise
