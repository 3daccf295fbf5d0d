"""Files as spreadsheets write them, broken ones, and ones that are built to do harm."""

import io
import zipfile

import pytest
import xlsxwriter

from ecwi_events.kernel.errors import Refused
from ecwi_events.people import spreadsheets
from ecwi_events.people.spreadsheets import read_table, write_csv, write_xlsx

TABLE = "Name;Country\nPučko učilište;HR\n\n„Крок“;UA\n"
FORMULAS = ["=1+1", "+49 30", "-1", "@SUM(A1)", "\tx", "\rx"]


def xlsx(sheet: str, **more: bytes) -> bytes:
    """A workbook whose only sheet is this XML."""
    good = zipfile.ZipFile(io.BytesIO(write_xlsx("S", ["name"], [["x"]])))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in good.namelist():
            archive.writestr(part, sheet.encode() if part == "xl/worksheets/sheet1.xml" else good.read(part))
        for name, content in more.items():
            archive.writestr(name, content)
    return out.getvalue()


def sheet(*cells: str) -> str:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0"?><worksheet xmlns="{space}"><sheetData>{"".join(cells)}</sheetData></worksheet>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_file_is_read_in_every_usual_encoding_and_with_every_usual_delimiter(encoding, delimiter):
    table = read_table(TABLE.replace(";", delimiter).encode(encoding))
    assert table.columns == ["name", "country"]
    assert table.rows == [(2, {"name": "Pučko učilište", "country": "HR"}), (4, {"name": "„Крок“", "country": "UA"})]


@pytest.mark.parametrize(
    ("name", "encoding"), [("Café “Noël”", "cp1252"), ("Дитячий світ", "cp1251"), ("Česká škola Žďár", "cp1250")]
)
def test_an_old_windows_encoding_is_refused_with_the_way_out_and_never_taken_for_another(name, encoding):
    with pytest.raises(Refused, match="CSV UTF-8"):
        read_table(f"name\n{name}\n".encode(encoding))


def test_a_line_is_counted_where_its_row_ends_and_rows_may_be_short_or_long():
    table = read_table(b'name,country\n"two\nlines",UA,more\nshort\n')
    assert table.rows == [(3, {"name": "two lines", "country": "UA"}), (4, {"name": "short"})]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\n\n", b'name\n"never closed', b"name\nx\x00y\n", b"\xff\xfex", b"name\n\x81\x8d", b"PK\x03\x04 broken",
        b"name\n" + b"x\n" * (spreadsheets.MOST_ROWS + 1), b"a," * 50 + b"\nname\n", b"x" * (spreadsheets.LARGEST_FILE + 1),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused(content):
    with pytest.raises(Refused):
        read_table(content)


@pytest.mark.parametrize("cell", ["\uff1d1+1", "\uff0b1", "\uff0d1", "\uff20SUM", "\ufe621"])
def test_the_wide_signs_of_a_formula_count_as_the_usual_ones(cell):
    assert spreadsheets.guarded(cell) == f"'{cell}" and spreadsheets.unguarded(f"'{cell}") == cell
    assert spreadsheets.guarded("\uff21\uff22") == "\uff21\uff22"


def test_no_cell_is_ever_a_formula_and_reading_gives_back_what_was_written():
    rows = [[cell, f"a{cell}"] for cell in FORMULAS] + [["'quoted", "plain"]]
    for content in (write_csv(["name", "b"], rows), write_xlsx("S", ["name", "b"], rows)):
        table = read_table(content)
        assert [row["name"] for _, row in table.rows][:4] == FORMULAS[:4]
    for line in write_csv(["name"], [[cell] for cell in FORMULAS]).decode("utf-8-sig").splitlines()[1:]:
        assert not line.lstrip('"').startswith(("=", "+", "-", "@", "\t", "\r"))
    raw = zipfile.ZipFile(io.BytesIO(write_xlsx("S", ["name"], [["=1+1"], ["http://x.example"]])))
    assert b"<f>" not in raw.read("xl/worksheets/sheet1.xml")
    assert b"hyperlink" not in raw.read("xl/worksheets/sheet1.xml")


def test_numbers_and_days_of_a_workbook_become_text():
    cells = sheet(
        '<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c></row>',
        '<row r="2"><c r="A2"><v>2022</v></c></row>',
    )
    assert read_table(xlsx(cells)).rows == [(2, {"name": "2022"})]


@pytest.mark.parametrize(
    "bad",
    [
        sheet('<row r="1"><c r="A1"><v>1</v></c></row>', '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        sheet('<row r="1"><c r="XFD1"><v>1</v></c></row>'),
        sheet("<row r='9999999'><c><v>1</v></c></row>"),
        '<!DOCTYPE x [<!ENTITY a "aaaa">]>' + sheet(),
        "<worksheet",
    ],
)
def test_sheets_that_reach_too_far_or_are_broken_are_refused(bad):
    with pytest.raises(Refused):
        read_table(xlsx(bad))


def test_archives_that_unpack_to_too_much_are_refused():
    with pytest.raises(Refused):
        read_table(xlsx(sheet(), bomb=b"0" * (spreadsheets.LARGEST_UNPACKED + 1)))
    with pytest.raises(Refused):
        read_table(xlsx(sheet(), **{f"part{number}": b"x" for number in range(spreadsheets.MOST_PARTS)}))


def test_an_archive_that_lies_about_its_sizes_is_refused():
    content = bytearray(xlsx(sheet(), bomb=b"0" * 3_000_000))
    real = (3_000_000).to_bytes(4, "little")
    assert content.count(real) >= 1
    with pytest.raises(Refused):
        read_table(bytes(content).replace(real, (10).to_bytes(4, "little")))
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("readme.txt", "no workbook")
    with pytest.raises(Refused):
        read_table(other.getvalue())


@pytest.mark.parametrize(
    "text",
    ["Zoë Müller;zoe@a.example", "André Brûlé;a@a.example", "Ana Šuštar;ana@a.example", "Owner’s “name”;o@a.example"],
)
def test_where_each_row_is_looked_at_western_letters_may_be_guessed(text):
    content = f"name;email\n{text}\n".encode("cp1252")
    assert spreadsheets.is_guess(content)
    assert spreadsheets.read_rows(content, decode=spreadsheets.decoded_or_guessed)[1] == (2, text.split(";"))
    with pytest.raises(Refused):
        spreadsheets.read_rows(content)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Олена Коваль", "cp1251"),
        ("Ελένη Παππά", "cp1253"),
        ("Łukasz Małysz", "cp1250"),
        ("ნინო", "utf-32"),
        ("Ян Ли", "cp1251"),
    ],
)
def test_other_old_encodings_are_never_guessed(text, encoding):
    with pytest.raises(Refused):
        spreadsheets.read_rows(
            f"name;email\n{text};a@a.example\n".encode(encoding), decode=spreadsheets.decoded_or_guessed
        )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_utf_is_no_guess(encoding):
    content = "name\nЖюль\n".encode(encoding)
    assert not spreadsheets.is_guess(content)
    assert spreadsheets.decoded_or_guessed(content) == "name\nЖюль\n"


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [
        ("a,b,c", ","), ("a;b", ";"), ("a\tb", "\t"), ("name", ","), ("Name, Email", ","),
        ("Name;Email;Monday, Tuesday, Friday?", ";"), ('Name\tEmail\t"a,b,c,d"', "\t"),
    ],
)  # fmt: skip
def test_what_stands_between_cells(line, delimiter):
    assert spreadsheets.delimiter_of(line) == delimiter


@pytest.mark.parametrize("title", ["List of participants, 2026", "Participants", "a,b,c,d,e", '"Ours; of, 2026"'])
@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_title_above_does_not_say_what_stands_between_the_cells(title, delimiter):
    row = delimiter.join(["Ani", "1,5", "a, b"])
    content = f"{title}\n\n{delimiter.join(['Name', 'Fee', 'Notes'])}\n{row}\n{row}\n".encode()
    assert [cells for _, cells in spreadsheets.read_rows(content)[1:]] == [
        ["Name", "Fee", "Notes"], ["Ani", "1,5", "a, b"], ["Ani", "1,5", "a, b"],
    ]  # fmt: skip


def book(write) -> bytes:
    """A workbook with one sheet that `write` fills."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as made:
        write(made.add_worksheet("S"))
    return out.getvalue()


def test_merged_cells_and_empty_rows_of_a_workbook():
    def write(sheet):
        sheet.merge_range("A1:C1", "List of participants")
        sheet.write_row("A3", ["Name", "Email", "Organisation"])
        sheet.write_row("A4", ["Ani Ito", "a@a.example"])
        sheet.write_row("A5", ["Bo Ng", "b@a.example"])
        sheet.merge_range("C4:C5", "School 5")
        sheet.write_row("A8", ["Cy Oz", "c@a.example", ""])

    assert spreadsheets.read_rows(book(write)) == [
        (1, ["List of participants", "", ""]), (3, ["Name", "Email", "Organisation"]),
        (4, ["Ani Ito", "a@a.example", "School 5"]), (5, ["Bo Ng", "b@a.example", "School 5"]),
        (8, ["Cy Oz", "c@a.example", ""]),
    ]  # fmt: skip


def test_of_a_formula_in_a_workbook_its_value_is_read_and_never_its_words():
    def write(sheet):
        sheet.write_formula("A1", '=HYPERLINK("https://x.example","Ani")', None, "Ani Ito")
        sheet.write_formula("B1", "=1+1", None, 2)
        sheet.write_formula("C1", "=A9", None, "#REF!")

    assert spreadsheets.read_rows(book(write)) == [(1, ["Ani Ito", "2", ""])], "an error is an empty cell"


def test_a_merged_range_beyond_the_rows_does_no_harm():
    cells = '<row r="1"><c r="A1"><v>1</v></c></row></sheetData>'
    merged = '<mergeCells count="1"><mergeCell ref="A1:C1048576"/></mergeCells><sheetData>'
    assert spreadsheets.read_rows(xlsx(sheet(cells, merged)))[0] == (1, ["1"])
