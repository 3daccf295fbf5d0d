"""Which files are taken: what is on the list, and is inside what its name says. Pure functions of plain facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.kernel.errors import Invalid
from ecwi_events.kernel.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Collection

LONGEST_NAME = 200
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": f"{_OFFICE}wordprocessingml.document",
    "pptx": f"{_OFFICE}presentationml.presentation",
    "xlsx": f"{_OFFICE}spreadsheetml.sheet",
    "odt": f"{_OPEN}text",
    "odp": f"{_OPEN}presentation",
    "ods": f"{_OPEN}spreadsheet",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "mp4": "video/mp4",
    "txt": "text/plain",
    "csv": "text/csv",
    "vtt": "text/vtt",
}
LIST = "PDF, Word, PowerPoint, Excel, OpenDocument, PNG, JPEG, WebP, MP3, M4A, MP4, text, CSV or WebVTT"
_FOLDERS = {"docx": "word/", "pptx": "ppt/", "xlsx": "xl/"}
_TEXTS = frozenset({"txt", "csv", "vtt"})
_CONTROLS = frozenset(map(chr, range(32))) - set("\t\n\r\f")
_MACROS = ("vbaproject.bin", "vbadata.xml")  # of Word, PowerPoint and Excel
_MACRO_FOLDERS = ("basic/", "scripts/", "xl/macrosheets/")  # of OpenDocument, and of old Excel
_BEGINS = {
    "pdf": (b"%PDF-",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "mp3": (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2", b"\xff\xfa"),
}


def plain_name(name: str) -> str:
    """Return the last part of a file's name as one tidy line, not too long, with its ending.

    Raises:
        Invalid: there is no name in it.
    """
    name = clean_line(name.replace("\\", "/").rpartition("/")[2])
    stem, dot, ending = name.rpartition(".")
    if not stem or not ending:
        raise Invalid({"file": f"The name of this file says nothing about its kind. Send a {LIST} file"})
    return stem[: LONGEST_NAME - len(dot + ending)] + dot + ending[:10]


def media_type(name: str, head: bytes, members: Collection[str] = (), says: str = "") -> str:
    """Return the media type of a file whose content is what its name says.

    Args:
        name: its tidy name.
        head: its first bytes.
        members: the names of what is in it, if it is an archive.
        says: what an OpenDocument archive says that it is.

    Raises:
        Invalid: this kind is not taken, or the content is something else.
    """
    ending = name.rpartition(".")[2].lower()
    if ending not in MEDIA_TYPES:
        raise Invalid({"file": f"We do not take files of this kind. Send a {LIST} file"})
    if any(_is_macro(member) for member in members):
        raise Invalid({"file": "This file has macros in it. Save it without macros, and send it again"})
    if not _agrees(ending, head, members, says):
        wrong = f"This file is called .{ending}, but it is something else inside. Save it as a real .{ending} file"
        raise Invalid({"file": wrong})
    return MEDIA_TYPES[ending]


def _is_macro(member: str) -> bool:
    """Tell whether a part of an archive holds macros; office programs read names in any case, and both slashes."""
    name = member.lower().replace("\\", "/").lstrip("./")
    return name.endswith(_MACROS) or name.startswith(_MACRO_FOLDERS)


def _agrees(ending: str, head: bytes, members: Collection[str], says: str) -> bool:
    if ending in _BEGINS:
        return head.startswith(_BEGINS[ending])
    if ending in _FOLDERS:
        return "[Content_Types].xml" in members and any(member.startswith(_FOLDERS[ending]) for member in members)
    if ending in _TEXTS:
        return _is_text(head) and (ending != "vtt" or head.removeprefix(b"\xef\xbb\xbf").startswith(b"WEBVTT"))
    if ending == "webp":
        return head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    if ending in {"mp4", "m4a"}:
        return head[4:8] == b"ftyp"
    return says == MEDIA_TYPES[ending]


def _is_text(head: bytes) -> bool:
    """Tell whether the first bytes are text in UTF-8 and no page or picture written as text."""
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data":  # a letter may be cut where we stopped to look
            return False
        text = head[: error.start].decode("utf-8-sig")
    return not _CONTROLS.intersection(text) and not text.lstrip().startswith(("<", "%PDF-", "PK\x03\x04", "#!"))
