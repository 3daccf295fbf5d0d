"""The database states a rule once; its breach is translated here, once, by the constraint's name.

PostgreSQL names every constraint in its error. SQLite names CHECK constraints, gives ``table.column`` for UNIQUE ones and
nothing for foreign keys. So a rule that people can run into is registered under both spellings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.kernel.errors import Refused

if TYPE_CHECKING:
    from sqlalchemy.exc import IntegrityError

_sentences: dict[str, tuple[str, str]] = {}


def explain(constraint: str, *, columns: str = "", code: str, message: str) -> None:
    """Register the sentence for a constraint.

    Args:
        constraint: its name, as the naming convention makes it.
        columns: for UNIQUE: ``"table.a, table.b"``, which is all that SQLite tells.
        code: names the rule, for tests and for the page.
        message: says what to do.
    """
    _sentences[constraint] = (code, message)
    if columns:
        _sentences[columns] = (code, message)


def translated(error: IntegrityError) -> Exception:
    """Return the `Refused` that was registered for the broken constraint, or the error itself."""
    found = _sentences.get(_name(error))
    return Refused(*found) if found else error


def _name(error: IntegrityError) -> str:
    diagnostics = getattr(error.orig, "diag", None)
    if diagnostics is not None:
        return str(diagnostics.constraint_name)
    text = str(error.orig)
    return text.rpartition("failed: ")[2]
