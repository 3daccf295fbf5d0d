"""Tables in files: CSV and XLSX are read with limits, and written so that no cell is ever taken for a formula."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import python_calamine
import xlsxwriter

from ecwi_events.kernel.errors import Refused
from ecwi_events.kernel.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

LARGEST_FILE = 2 * 1024 * 1024
LARGEST_UNPACKED = 20 * 1024 * 1024
MOST_PARTS = 200
MOST_ROWS = 5000
MOST_COLUMNS = 40
MOST_MERGED = 1000
LOOKED_AT = 10_000  # letters of a file, to see what stands between its cells
LONGEST_CELL = 2000
DELIMITERS = ",;\t"
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")
OTHER_ENCODING = (
    "The letters of this file cannot be read with certainty. "
    "In your spreadsheet program, save it as “CSV UTF-8” or as .xlsx."
)
UNREADABLE = "We cannot read this file. Use a table as a .csv or .xlsx file, up to 2 MB."
TOO_LARGE = "This file is too large. Use a table of up to 2 MB and 5,000 rows."
_CELL = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,4})(\d{1,9})["']""")


Row = tuple[int, list[str]]
# Three letters beyond ASCII in a row, or a word of two: so Cyrillic, Greek or Georgian looks, and hardly Western Europe.
_RUN_OF_LETTERS = re.compile(rb"[\x80-\xff]{3}|(?<![A-Za-z\x80-\xff])[\xc0-\xff]{2}(?![A-Za-z\x80-\xff])")
_SIGNS = "£¥¯³¹¼¾¿"  # Central European letters, read as Western ones
_SIGN_IN_A_WORD = re.compile(rf"[^\W\d_][{_SIGNS}]|[{_SIGNS}][^\W\d_]")


@dataclass(frozen=True)
class Table:
    """The rows of a file by the folded names of their columns; each row knows its line."""

    columns: Sequence[str]
    rows: Sequence[tuple[int, dict[str, str]]]


def read_table(content: bytes) -> Table:
    """Return the table in a file; what it is, is seen from its bytes and not from its name.

    Raises:
        Refused: it is none, it is broken, or it is too large.
    """
    filled = read_rows(content)
    columns = [cell.casefold() for cell in filled[0][1]]
    return Table(columns, [(number, dict(zip(columns, cells, strict=False))) for number, cells in filled[1:]])


def read_rows(content: bytes, *, decode: Callable[[bytes], str] | None = None) -> list[Row]:
    """Return the rows of a file that are not empty, each with its line; ``decode`` reads its letters, or `decoded`.

    Raises:
        Refused: it is no table, it is broken, or it is too large.
    """
    if not content:
        raise Refused("no_file", "Choose a file first.")
    if len(content) > LARGEST_FILE:
        raise Refused("too_large", TOO_LARGE)
    is_xlsx = content.startswith(b"PK\x03\x04")
    lines = _read_xlsx(content) if is_xlsx else _read_csv((decode or decoded)(content))
    filled = [(number, cells) for number, cells in lines if any(cells)]
    if not filled:
        raise Refused("unreadable", "This file has no rows.")
    if len(filled) > MOST_ROWS + 1 or max(len(cells) for _, cells in filled) > MOST_COLUMNS:
        raise Refused("too_large", TOO_LARGE)
    return filled


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a CSV file in UTF-8 with a mark at its begin, as spreadsheets like it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def write_xlsx(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return an XLSX file; every cell is text."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(title)
        sheet.freeze_panes(1, 0)
        for number, row in enumerate((columns, *rows)):
            for position, cell in enumerate(row):
                sheet.write_string(number, position, guarded(cell))
    return out.getvalue()


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if _is_formula(cell) else cell


def unguarded(cell: str) -> str:
    """Return a cell as it was before `guarded`."""
    return cell[1:] if cell.startswith("'") and _is_formula(cell[1:]) else cell


def _is_formula(cell: str) -> bool:
    """Tell whether a cell begins as a formula does; some programs read the wide signs of East Asia as the usual ones."""
    return cell.startswith(FORMULA_BEGINS) or unicodedata.normalize("NFKC", cell[:1]).startswith(FORMULA_BEGINS)


def decoded(content: bytes) -> str:
    """Return the text of a file in an encoding that says of itself what it is: UTF-8, or UTF-16 with its mark.

    The old Windows encodings cannot be told apart: a Cyrillic or Central European file would be taken over as wrong
    letters without anybody noticing. So they are refused, and the sentence says what to do.

    Raises:
        Refused: it is another encoding.
    """
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Refused("encoding", OTHER_ENCODING) from error


def decoded_or_guessed(content: bytes) -> str:
    """Return the text of a file, read as Windows-1252 where it is no UTF: for pages that show each row before it counts.

    Files that surely are in another of the old encodings are refused as in `decoded`.

    Raises:
        Refused: it is another encoding.
    """
    if not is_guess(content):
        return decoded(content)
    text = content.decode("cp1252", errors="ignore")
    holes = len(text) != len(content)  # bytes that stand for no letter
    if holes or _RUN_OF_LETTERS.search(content) or _SIGN_IN_A_WORD.search(text):
        raise Refused("encoding", OTHER_ENCODING)
    return text


def is_guess(content: bytes) -> bool:
    """Tell whether the letters of a file could only be guessed: it is no workbook, and no UTF."""
    if content.startswith((b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff")):
        return False
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return True
    return False


def delimiter_of(line: str) -> str:
    """Return what stands between the cells of a line; a comma before a blank is more often a part of a sentence."""
    bare = unquoted(line)
    return max(DELIMITERS, key=lambda sign: (_tight(sign, bare), bare.count(sign)))


def unquoted(text: str) -> str:
    """Return a text without what stands in quotation marks."""
    return re.sub(r'"[^"]*"', "", text)


def _tight(sign: str, line: str) -> int:
    return len(re.findall(rf"{sign}(?! )", line))


def _delimiter_of_file(text: str) -> str:
    """Return what cuts the most lines into the same number of cells: a title above them has other signs, or none."""
    lines = [line for line in unquoted(text[:LOOKED_AT]).splitlines() if line.strip()]

    def proof(sign: str) -> tuple[int, int, int]:
        counts = [count for line in lines if (count := _tight(sign, line))]
        alike = max(Counter(counts).values(), default=0)
        return alike, sum(counts), sum(line.count(sign) for line in lines)

    return max(DELIMITERS, key=proof)


def _read_csv(text: str) -> list[Row]:
    if "\0" in text:
        raise Refused("unreadable", UNREADABLE)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter_of_file(text), strict=True)
    rows: list[Row] = []
    try:
        for cells in reader:
            rows.append((reader.line_num, _cleaned(cells)))
            if len(rows) > MOST_ROWS + 1:
                raise Refused("too_large", TOO_LARGE)
    except csv.Error as error:
        raise Refused(
            "unreadable", f"Line {reader.line_num} of this file is broken. Look for a quotation mark."
        ) from error
    return rows


def _read_xlsx(content: bytes) -> list[Row]:
    _check_archive(content)
    try:
        book = python_calamine.load_workbook(io.BytesIO(content))
        sheet = book.get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False)
        _fill_merged(rows, sheet.merged_cell_ranges or [])
    except (python_calamine.CalamineError, OSError, ValueError, IndexError) as error:
        raise Refused("unreadable", UNREADABLE) from error
    return [(number, _cleaned([_text(cell) for cell in cells])) for number, cells in enumerate(rows, 1)]


def _fill_merged(rows: list[list[Any]], merged: Sequence[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    """Give each row its part of a cell that was merged downwards: readers see it beside all of them."""
    for (top, column), (bottom, _) in merged[:MOST_MERGED]:
        for row in rows[top + 1 : bottom + 1]:
            row[column] = rows[top][column]


def _check_archive(content: bytes) -> None:
    """Unpack with a limit, whatever the archive says of itself, and refuse sheets that reach too far.

    Raises:
        Refused: it is no workbook, it is broken, or it would unpack to too much.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if "xl/workbook.xml" not in archive.namelist() or any(part.flag_bits & 1 for part in parts):
                raise Refused("unreadable", UNREADABLE)
            if len(parts) > MOST_PARTS:
                raise Refused("too_large", TOO_LARGE)
            left = LARGEST_UNPACKED
            for part in parts:
                unpacked = _unpacked(content, part, most=left)
                left -= len(unpacked)
                if part.filename.startswith("xl/worksheets/"):
                    _check_sheet(unpacked)
    except (zipfile.BadZipFile, zlib.error, ValueError, IndexError, NotImplementedError) as error:
        raise Refused("unreadable", UNREADABLE) from error


def _unpacked(content: bytes, part: zipfile.ZipInfo, *, most: int) -> bytes:
    """Return what a part really unpacks to; the sizes in its header may lie."""
    names = content[part.header_offset + 26 : part.header_offset + 30]
    start = part.header_offset + 30 + int.from_bytes(names[:2], "little") + int.from_bytes(names[2:], "little")
    packed = content[start : start + part.compress_size]
    if part.compress_type == zipfile.ZIP_DEFLATED:
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        unpacked = unpacker.decompress(packed, most + 1)
    elif part.compress_type == zipfile.ZIP_STORED:
        unpacked = packed
    else:
        raise Refused("unreadable", UNREADABLE)
    if len(unpacked) > most:
        raise Refused("too_large", TOO_LARGE)
    if len(unpacked) != part.file_size:
        raise Refused("unreadable", UNREADABLE)
    return unpacked


def _check_sheet(xml: bytes) -> None:
    """A sheet of two far cells would be read as all the cells between them."""
    if b"\0" in xml or b"<!DOCTYPE" in xml:
        raise Refused("unreadable", UNREADABLE)
    for column, row in _CELL.findall(xml):
        if int(row) > MOST_ROWS + 1 or _column_number(column) > MOST_COLUMNS:
            raise Refused("too_large", TOO_LARGE)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _cleaned(cells: Iterable[str]) -> list[str]:
    return [unguarded(clean_line(cell[:LONGEST_CELL])) for cell in cells]


def _text(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
