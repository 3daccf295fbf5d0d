"""The PDF: tagged, true to the snapshot, the same bytes each time, and unmoved by hostile texts."""

from __future__ import annotations

import copy
import hashlib
import io
import itertools
import json
import re
import subprocess
import sys
from pathlib import Path

import pypdf
import pytest
import typst

from ecwi_events.overview import printing
from ecwi_events.overview.snapshot import fingerprint
from tests.overview.conftest import snapshot_of

FIXTURE = Path(__file__).parent / "snapshot_2022.json"
HOSTILE = [
    '#read("/etc/passwd")', '#include "/etc/passwd"', "= Heading *bold* _it_ $x^2$ `raw` <label> @ref",
    "\\u{41} \\n \\", '"quoted" \'single\'',
    "[content] {code} #{1+1}", "//comment /* block */", "#set page(width: 1pt)", "</svg><script>", "a" * 180,
    "Кыргызстан · Україна · Білорусь", "Łódź Čačak Ślęża ığüşöç",
]  # fmt: skip


@pytest.fixture(scope="module")
def snapshot():
    return json.loads(FIXTURE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pdf(snapshot):
    return printing.render_pdf(snapshot)


@pytest.fixture(scope="module")
def reader(pdf):
    return pypdf.PdfReader(io.BytesIO(pdf))


@pytest.fixture(scope="module")
def pages(reader):
    return [joined(page.extract_text()) for page in reader.pages]


def joined(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def words(pdf: bytes) -> str:
    return joined(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages))


def elements(node, found=None):
    """All structure elements in reading order."""
    found = [] if found is None else found
    node = node.get_object()
    if isinstance(node, list):
        for child in node:
            elements(child, found)
    elif isinstance(node, dict):
        if "/S" in node:
            found.append(node)
        if "/K" in node:
            elements(node["/K"], found)
    return found


def structure(reader):
    return elements(reader.trailer["/Root"]["/StructTreeRoot"]["/K"])


def test_it_is_tagged_and_says_its_language_and_title(reader, snapshot):
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == snapshot["title"]
    assert "pdfuaid" in root["/Metadata"].get_object().get_data().decode()


def test_headings_lists_tables_and_figures_are_what_they_look_like(reader):
    kinds = [element["/S"] for element in structure(reader)]
    assert kinds.count("/Title") == 1
    assert kinds.count("/Table") == kinds.count("/THead")
    assert {"/H1", "/H2", "/TH", "/TOC", "/L", "/Lbl", "/LBody", "/Link"} <= set(kinds)
    levels = [int(kind[2:]) for kind in kinds if re.fullmatch(r"/H\d", kind)]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    for figure in (element for element in structure(reader) if element["/S"] == "/Figure"):
        assert "ISSA Members: 20%; ISSA Secretariat: 80%" in figure["/Alt"]


def test_the_contents_print_the_real_pages(reader, pages):
    entries = [o for o in reader.outline if not isinstance(o, list) and o.title != "Contents"]
    assert len(entries) == 14
    for entry in entries:
        number = reader.get_destination_page_number(entry) + 1
        assert re.search(re.escape(joined(entry.title)) + rf" {number}\b", pages[1]), entry.title
        assert joined(entry.title) in pages[number - 1]
        assert pages[number - 1].rstrip().endswith(str(number))


def test_it_has_about_fourteen_pages_and_none_is_nearly_empty(pages):
    assert 13 <= len(pages) <= 16
    assert all(len(page) > 60 for page in pages)


def test_the_figures_stand_in_reading_order(pages):
    text = " ".join(pages)
    wanted = [
        "six PLAs involving 31 ISSA Members from 18 countries", "Five of the PLAs were organized by Members.",
        "62 PLAs and more than 13,000 professionals in the past 12 years", "24,354 Eur", "ISSA Members 20%",
        "19 participants on education and 9 on supervision", "2 online sessions of 4 hours each", "Planned outcomes",
        "The activity is still to take place.", "Bernard van Leer Foundation", "members_involved, version 1", "Checksum",
    ]  # fmt: skip
    places = [text.index(words) for words in wanted]
    assert places == sorted(places)


def test_a_big_number_and_its_label_stand_together(pages):
    figures = next(page for page in pages if "Further figures" in page)
    for phrase in ("6 PLAs", "31 ISSA Members involved", "18 countries", "24,354 Eur Investment"):
        assert phrase in figures


def test_periods_keep_their_small_letters_in_the_text(pages):
    text = " ".join(pages)
    assert "May 2022–January 2023" in text
    assert "Ongoing since November 2022" in text
    assert "MAY 2022" not in text


def test_declared_figures_carry_their_mark_and_source(pages):
    figures = next(page for page in pages if "2022 in figures" in page and "Further figures" in page)
    assert re.search(r"ISSA Members involved declared", figures)
    assert "declared Source: ISSA Peer Learning Activities Overview 2022." in figures
    assert "Declared, not counted from records" in figures


def test_the_imprint_has_edition_and_checksum(pages, snapshot):
    assert fingerprint(snapshot) in re.sub(r"\s", "", pages[-1])
    assert "Edition 1 Records as of 31 December 2022" in pages[-1]


def test_fonts_are_embedded_and_are_fira(reader):
    found = set()
    for page in reader.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            child = font.get_object()["/DescendantFonts"][0].get_object()
            assert child["/FontDescriptor"].get_object().get("/FontFile2") or child["/FontDescriptor"].get_object().get(
                "/FontFile3"
            )
            found.add(re.sub(r"^/[A-Z]{6}\+", "", child["/BaseFont"]).split("-")[0])
    assert found == {"FiraSans"}


def test_the_same_snapshot_gives_the_same_bytes_in_any_process(pdf, snapshot):
    assert printing.render_pdf(copy.deepcopy(snapshot)) == pdf
    program = (
        "import sys, json, hashlib; from ecwi_events.overview.printing import render_pdf;"
        "print(hashlib.sha256(render_pdf(json.load(open(sys.argv[1], encoding='utf-8')))).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", program, str(FIXTURE)], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == hashlib.sha256(pdf).hexdigest()


def test_the_imported_year_2022_becomes_a_book_to_hand_out(year_2022):
    reader = pypdf.PdfReader(io.BytesIO(printing.render_pdf({**snapshot_of(2022), "number": 1})))
    pages = [joined(page.extract_text()) for page in reader.pages]
    assert 13 <= len(pages) <= 16
    text = " ".join(pages)
    for phrase in (
        "six PLAs involving 31 ISSA Members from 18 countries",
        "24,354 Eur",
        "5 webinars of 1.5 hours each",
        "Planned outcomes",
    ):
        assert phrase in text
    for entry in (o for o in reader.outline if not isinstance(o, list) and o.title != "Contents"):
        number = reader.get_destination_page_number(entry) + 1
        assert re.search(re.escape(joined(entry.title)) + rf" {number}\b", pages[1]), entry.title


def test_a_draft_says_so_on_every_page(snapshot):
    reader = pypdf.PdfReader(io.BytesIO(printing.render_pdf(snapshot, draft=True)))
    assert all("Draft, not published" in page.extract_text() for page in reader.pages)


def test_a_published_edition_says_nothing_of_drafts(pages):
    assert not any("Draft" in page for page in pages)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_appear_as_texts(snapshot, text):
    changed = copy.deepcopy(snapshot)
    profile = changed["profiles"][0]
    profile.update(title=text, strapline=text, paragraphs=[text], outcomes=[text])
    profile["facts"][0]["value"] = profile["facts"][0]["label"] = text
    profile["resources"] = [{"title": text, "url": text}]
    changed["texts"]["about"] = changed["publisher"] = changed["sentences"]["key"] = text
    changed["hosts"][0]["organisation"] = text
    changed["figures"][0]["printed"] = changed["figures"][8]["parts"][0]["label"] = text
    shown = words(printing.render_pdf(changed))
    plain = re.sub(r"[\s\u00ad-]", "", text)
    assert plain[:60] in re.sub(r"[\s\u00ad-]", "", shown)
    assert "root:x:" not in shown


def test_a_title_of_code_does_not_read_files(snapshot):
    changed = {**snapshot, "title": '#read("/etc/passwd")', "series": "#panic()"}
    assert '#read("/etc/passwd")' in words(printing.render_pdf(changed))


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("ქართული სახელი", "ქართული სახელი"), ("Հայաստան", "Հայաստան"), ("Olena 😀", "Olena [grinning face]"),
        ("中文", "[U+4E2D, U+6587]"), ("private \ue000", "private [U+E000]"),
    ],
)  # fmt: skip
def test_a_script_without_glyphs_does_not_break_the_book(snapshot, name, printed):
    changed = copy.deepcopy(snapshot)
    changed["supporters"] = [{"name": name}]
    assert printed in words(printing.render_pdf(changed))


def test_only_web_and_mail_addresses_become_links(snapshot):
    changed = copy.deepcopy(snapshot)
    changed["profiles"][0]["resources"] = [
        {"title": "bad", "url": "javascript:alert(1)"},
        {"title": "file", "url": "file:///etc/passwd"},
    ]
    body = printing.render_pdf(changed)
    assert b"javascript:" not in body
    assert b"file:///" not in body


def test_a_long_text_runs_on_to_a_second_page_in_the_same_type(snapshot, pages):
    changed = copy.deepcopy(snapshot)
    changed["profiles"][0]["paragraphs"] = ["A long story of a year of learning from each other. " * 30] * 5
    changed["profiles"][0]["title"] = "A very long title of an activity that goes on and on " * 3
    reader = pypdf.PdfReader(io.BytesIO(printing.render_pdf(changed)))
    assert len(reader.pages) > len(pages)


def test_a_snapshot_with_almost_nothing_is_printed_too():
    bare = {"year": 2030, "number": 1, "as_of": "2030-12-31", "title": "Overview 2030", "figures": []}
    text = words(printing.render_pdf(bare))
    assert "How we count" in text
    for empty in ("Hosts and countries", "Support", "Webinars", "Who paid", "How to join"):
        assert empty not in text


def test_webinars_have_their_own_table_and_unknown_is_not_zero(snapshot):
    changed = copy.deepcopy(snapshot)
    changed["webinars"]["rows"] = [
        {"activity_id": 9, "date": "2022-10-01", "title": "Play matters", "language": "English", "people": 12},
        {"activity_id": 10, "date": "2022-11-01", "title": "Fathers", "language": "English", "people": None},
    ]
    text = words(printing.render_pdf(changed))
    assert "1 October 2022 Play matters English 12" in text
    assert "1 November 2022 Fathers English –" in text


def test_a_fault_in_the_template_is_raised_and_not_hidden(snapshot, monkeypatch, tmp_path):
    (tmp_path / "overview.typ").write_text("#panic()", encoding="utf-8")
    monkeypatch.setattr(printing, "TEMPLATES", tmp_path)
    with pytest.raises(typst.TypstError):
        printing.render_pdf(snapshot)
