"""The four ways in which a room says no. Each door maps them once to its own language (HTTP status, exit code)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class DomainError(Exception):
    """Something was asked that the house answers with a clear no; the message is a sentence for people."""

    @property
    def message(self) -> str:
        """The sentence that says what is wrong and what to do."""
        return str(self)


class NotFound(DomainError):  # noqa: N818 - house.md decision 15 names it
    """There is no such record, or the person may not know that there is."""


class NotAllowed(DomainError):  # noqa: N818 - house.md decision 15 names it
    """The record exists, and this person may not do this to it."""


class Refused(DomainError):  # noqa: N818 - house.md decision 15 names it
    """The act is against a rule in the present state; ``code`` names the rule."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Invalid(DomainError):  # noqa: N818 - house.md decision 15 names it
    """What was typed cannot be taken; ``fields`` maps each field to a sentence that says what to do."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(" ".join(fields.values()))
        self.fields = dict(fields)
