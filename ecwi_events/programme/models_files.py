"""Files that were sent in, and what a resource of an activity can be."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from ecwi_events.kernel.columns import UtcDateTime
from ecwi_events.kernel.db import Model
from ecwi_events.kernel.text import fold


class ResourceKind(StrEnum):
    """What sort of thing a resource is."""

    HANDOUT = "handout"
    SLIDES = "slides"
    RECORDING = "recording"
    GUIDE = "guide"
    ARTICLE = "article"
    PODCAST = "podcast"
    LINK = "link"


class Audience(StrEnum):
    """Who may open a resource."""

    EVERYONE = "everyone"
    MEMBERS = "members"
    SIGNED_UP = "signed_up"


class StoredFile(Model):
    """A file that was sent in, known by the hash of its content; its name belongs to whoever refers to it."""

    __tablename__ = "stored_file"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    size: Mapped[int] = mapped_column(sa.BigInteger)
    media_type: Mapped[str] = mapped_column(sa.String(100))
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)


def folded_title(context: Any) -> str:  # noqa: ANN401 - SQLAlchemy's execution context
    """Return the title of a new row as it is searched: a default of a column."""
    return fold(context.get_current_parameters()["title"])
