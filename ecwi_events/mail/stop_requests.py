"""Mails by which mail programs ask us to stop a kind of mail: the other address of ``List-Unsubscribe`` (RFC 2369).

The link is for programs that can open one, the address for those that can only write. The token stands in the subject: no
mail server changes its letters on the way, as some do with addresses.
"""

from __future__ import annotations

import re
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from email.policy import compat32
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from email.message import Message

_LONGEST_SUBJECT = 2000  # as it comes, encoded; finding the encoded words of a very long one takes hours
_SUBJECT = re.compile(r"stop[ +]([\w.-]{1,200})", re.ASCII | re.IGNORECASE)
# Answers of machines, RFC 3834 and what came before it. They quote subjects, and nobody has wished for anything.
_MACHINES = frozenset({"auto_reply", "bulk", "junk"})
_ANSWERED_BY = ("X-Autoreply", "X-Autorespond", "X-Auto-Reply-From")


def address_of(token: str, write_to: str) -> str:
    """Return the address that a mail program writes to, with its subject."""
    return f"mailto:{quote(write_to, safe='@+')}?subject=stop%20{token}"


def token_in(raw: bytes) -> str:
    """Return the token that a mail asks to stop by; empty if it asks for nothing, or if a machine wrote it by itself.

    Raises:
        ValueError: and other errors of `ecwi_events.mail.bouncing.UNREADABLE`, because strangers write these mails.
    """
    head = BytesHeaderParser(policy=compat32).parsebytes(raw)
    subject = str(head.get("Subject", ""))
    if len(subject) > _LONGEST_SUBJECT:
        return ""
    found = _SUBJECT.fullmatch(" ".join(str(make_header(decode_header(subject))).split()))
    return "" if found is None or _is_automatic(head) else found[1]


def _is_automatic(head: Message) -> bool:
    answered = str(head.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    return (
        answered != "no"
        or str(head.get("Precedence", "")).strip().lower() in _MACHINES
        or any(name in head for name in _ANSWERED_BY)
        or str(head.get("Return-Path", "")).strip() == "<>"
        or head.get_content_type() == "multipart/report"
    )
