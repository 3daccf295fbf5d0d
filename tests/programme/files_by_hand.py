"""Small files of many kinds, made by hand, and what lies about itself."""

import io
import zipfile

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
JPEG = b"\xff\xd8\xff\xe0" + bytes(20)


def archive(*names: str, mimetype: str = "") -> bytes:
    """A ZIP archive with these names in it; an OpenDocument one begins with what it says that it is."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as made:
        if mimetype:
            made.writestr("mimetype", mimetype)
        for name in names:
            made.writestr(name, "x")
    return body.getvalue()


def docx(*more: str) -> bytes:
    """A text of Word."""
    return archive("[Content_Types].xml", "word/document.xml", *more)


TAKEN = {
    "a.pdf": PDF,
    "A.PDF": PDF,
    "a.png": PNG,
    "a.jpg": JPEG,
    "a.jpeg": JPEG,
    "a.webp": b"RIFF\x10\0\0\0WEBPVP8 ",
    "a.mp3": b"ID3\x04" + bytes(10),
    "a.mp4": b"\0\0\0\x18ftypmp42" + bytes(10),
    "a.docx": docx(),
    "a.pptx": archive("[Content_Types].xml", "ppt/presentation.xml"),
    "a.xlsx": archive("[Content_Types].xml", "xl/workbook.xml"),
    "a.odt": archive("content.xml", mimetype="application/vnd.oasis.opendocument.text"),
    "a.txt": "Спільноти, що тривають\n".encode(),
    "a.csv": b"name;value\n",
    "a.vtt": b"WEBVTT\n\n",
}
REFUSED = {
    "a.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "a.html": b"<!doctype html><script>alert(1)</script>",
    "a.exe": b"MZ\x90\0",
    "a.docm": docx(),
    "a.zip": archive("a"),
    "a.js": b"alert(1)",
    "no-ending": PDF,
    ".pdf": PDF,
    "a.pdf.html": PDF,
    "a.pdf": b"<!doctype html><script>alert(1)</script>",
    "b.pdf": PNG,
    "a.png": PDF,
    "a.jpg": b"<svg/>",
    "a.docx": archive("[Content_Types].xml", "xl/workbook.xml"),
    "b.docx": archive("anything"),
    "c.docx": b"PK\x03\x04 and no archive",
    "d.docx": docx("word/vbaProject.bin"),
    "e.docx": docx("word/VBAPROJECT.BIN"),
    "a.xlsx": archive("[Content_Types].xml", "xl/workbook.xml", "XL/macrosheets/sheet1.xml"),
    "c.odt": archive("Basic/Standard/Module1.xml", mimetype="application/vnd.oasis.opendocument.text"),
    "d.odt": archive("Scripts/python/all.py", mimetype="application/vnd.oasis.opendocument.text"),
    "a.odt": archive("content.xml", mimetype="application/vnd.oasis.opendocument.spreadsheet"),
    "b.odt": archive("content.xml"),
    "a.txt": b"<html><script>alert(1)</script>",
    "b.txt": b"MZ\x90\0\x03",
    "c.txt": b"\xff\xfea\0b\0",
    "a.csv": b"PK\x03\x04",
    "a.vtt": b"1\n00:00 --> 00:01\n",
    "a.mp4": b"ID3",
}
