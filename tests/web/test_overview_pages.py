"""The pages of the overview: what everybody sees, and how the office compiles, reviews and publishes."""

from __future__ import annotations

import copy
import hashlib
import io
import itertools
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pypdf
import pytest

from ecwi_events.attendance.models import Presence, Verdict
from ecwi_events.kernel.db import db, transaction
from ecwi_events.overview import html, queries, service
from ecwi_events.overview.models import CompileRun, Edition, EditionState
from ecwi_events.overview.snapshot import canonical, public
from ecwi_events.programme.models import ActivitySession
from ecwi_events.web.overview import editions as pages
from ecwi_events.work.models import Work
from tests.make import make_activity, make_office, make_person, signed_in

SNAPSHOT = json.loads((Path(__file__).parents[1] / "overview" / "snapshot_2022.json").read_text(encoding="utf-8"))
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def make_edition(change=None, *, year=2022, published=False, run=None) -> int:
    snapshot = copy.deepcopy(SNAPSHOT)
    snapshot.update(year=year, **(change or {}))
    with transaction():
        run = run or service.start_compile(year, date(year, 12, 31), None, now=NOW)
        edition = service.write_edition(run, snapshot, now=NOW)
        if published:
            service.publish(edition.id, None, now=NOW)
        return edition.id


@pytest.fixture
def office(client, app):
    signed_in(client, make_office())
    return client


@pytest.fixture
def member(client, app):
    signed_in(client, make_person())
    return client


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def check_page(answer) -> None:
    """What every page keeps to: one h1, headings in order, captions, scopes, unique ids, no inline style or script."""
    text = answer.text
    levels = [int(level) for level in re.findall(r"<h([1-6])", text)]
    assert levels.count(1) == 1
    inside = levels[levels.index(1) :]
    assert all(after <= before + 1 for before, after in itertools.pairwise(inside))
    assert " style=" not in text
    assert "<style" not in text
    assert text.count("<table") == text.count("<caption")
    assert "<th>" not in text
    idents = re.findall(r'\sid="([^"]+)"', text)
    assert len(idents) == len(set(idents))
    for target in re.findall(r'(?:href="#|aria-labelledby=")([^" ]+)', text):
        assert target in idents


# --- everybody ------------------------------------------------------------------------------------------------------


def test_without_any_edition_the_list_of_years_says_when_they_come(client):
    answer = client.get("/overview")
    assert answer.status_code == 200
    check_page(answer)
    assert "No overview is published yet." in answer.text


def test_the_list_of_years_has_the_published_ones_only(client):
    make_edition(year=2022, published=True)
    make_edition(year=2023)
    answer = client.get("/overview")
    check_page(answer)
    assert 'href="/overview/2022"' in answer.text
    assert "/overview/2023" not in answer.text
    assert "Edition 1, published 21 November 2026" in answer.text


def test_a_published_year_shows_the_whole_edition(client):
    make_edition(published=True)
    answer = client.get("/overview/2022")
    assert answer.status_code == 200
    check_page(answer)
    text = words(answer)
    for phrase in (
        "six PLAs involving 31 ISSA Members from 18 countries", "24,354 Eur", "ISSA Secretariat paid 80% of the costs",
        "Five of the PLAs were organized by Members.", "more than 13,000", "May 2022–January 2023", "Planned outcomes",
        "19 participants on education and 9 on supervision", "Bernard van Leer Foundation", "How we count",
    ):  # fmt: skip
        assert phrase in text
    assert "Draft" not in text
    for anchor in (
        "figures",
        "about",
        "hosts",
        "activities",
        "pla-1",
        "pla-6",
        "method",
        "edition",
        "figure-investment",
    ):
        assert f'id="{anchor}"' in answer.text


def test_every_figure_opens_to_how_it_was_counted(client):
    make_edition(published=True)
    text = client.get("/overview/2022").text
    assert text.count("How we counted<") == len(SNAPSHOT["figures"])
    part = text[text.index('id="figure-plas_supported"') :][:1500]
    assert "Counted from records." in part
    assert "Counted from 6 records." in part
    declared = text[text.index('id="figure-investment"') :][:1500]
    assert "Declared, not counted from records." in declared
    assert "Source: ISSA Peer Learning Activities Overview 2022." in declared


def test_the_chart_says_in_words_what_its_table_says(client):
    make_edition(published=True)
    text = client.get("/overview/2022").text
    assert "<desc" in text
    assert "One bar of 100%: ISSA Members 20%; ISSA Secretariat 80%." in text
    assert '<th scope="row">ISSA Members</th><td class="right">20%</td>' in text


def test_hostile_texts_stay_texts(client):
    evil = "<script>alert(1)</script>"
    figures = copy.deepcopy(SNAPSHOT["figures"])
    figures[8]["parts"][0]["label"] = figures[0]["label"] = figures[0]["rule"] = evil
    profiles = copy.deepcopy(SNAPSHOT["profiles"])
    profiles[0].update(title=evil, paragraphs=[evil], resources=[{"title": evil, "url": "javascript:alert(1)"}])
    make_edition({"title": evil, "figures": figures, "profiles": profiles}, published=True)
    text = client.get("/overview/2022").text
    assert evil not in text
    assert "javascript:" not in text
    assert "&lt;script&gt;" in text
    assert evil not in html.render_edition({**SNAPSHOT, "title": evil, "figures": figures, "profiles": profiles})


def test_a_year_to_come_says_when(client):
    make_edition(published=True)
    answer = client.get("/overview/2027")
    assert answer.status_code == 404
    check_page(answer)
    assert "The overview for 2027 comes out in spring 2028." in answer.text
    assert 'href="/overview/2022"' in answer.text


@pytest.mark.parametrize("ending", ["", ".pdf", ".json"])
def test_a_year_without_edition_and_a_draft_are_not_there(client, ending):
    make_edition()
    for year in (2022, 1999, 0):
        assert client.get(f"/overview/{year}{ending}").status_code == 404


def test_a_year_that_should_be_out_makes_no_promise(client, monkeypatch):
    monkeypatch.setattr(pages.clock, "utc_now", lambda: NOW)
    assert "There is no overview for 2019 here." in client.get("/overview/2019").text


@pytest.mark.parametrize("ending", ["", ".pdf", ".json"])
def test_published_files_may_be_kept_and_answer_304(client, ending):
    make_edition(published=True)
    first = client.get(f"/overview/2022{ending}")
    assert first.headers["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in first.headers
    again = client.get(f"/overview/2022{ending}", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    assert client.get(f"/overview/2022{ending}", headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_page_made_for_one_reader_is_kept_by_nobody(office):
    make_edition(published=True)
    assert office.get("/overview/2022").headers["Cache-Control"] == "no-store"


def test_the_pdf_is_the_published_one_and_the_same_each_time(client):
    make_edition(published=True)
    first, second = client.get("/overview/2022.pdf"), client.get("/overview/2022.pdf")
    assert first.mimetype == "application/pdf"
    assert first.data == second.data
    assert "Draft" not in pypdf.PdfReader(io.BytesIO(first.data)).pages[0].extract_text()


def test_the_json_is_canonical_and_has_no_personal_records(client):
    figures = copy.deepcopy(SNAPSHOT["figures"])
    figures[0]["inputs"] += [{"kind": "person", "id": 4711}, {"kind": "presence", "id": 4712}]
    edition_id = make_edition({"figures": figures}, published=True)
    body = client.get("/overview/2022.json").text
    assert body == canonical(public(queries.contents(queries.get_edition(edition_id))))
    assert "4711" not in body
    assert "4712" not in body
    assert '"warnings"' not in body
    shown = client.get("/overview/2022").text
    assert "Counted from 8 records." in shown


def test_one_file_stands_alone():
    page = html.render_edition(SNAPSHOT, standalone=True)
    assert page.startswith("<!doctype html>")
    assert "--brand: #0b5f56" in page
    assert 'href="/' not in page
    assert "src=" not in page
    assert html.render_edition(SNAPSHOT, standalone=True) == page
    assert "Draft, not published" in html.render_edition(SNAPSHOT, draft=True)
    assert "Draft" not in page


# --- the office -----------------------------------------------------------------------------------------------------

OFFICE_PAGES = [
    "/office/overview", "/office/overview/2022", "/office/overview/2022/runs/{run}", "/office/overview/editions/{edition}",
    "/office/overview/editions/{edition}/figures/plas_supported", "/office/overview/editions/{edition}/page",
    "/office/overview/editions/{edition}.pdf", "/office/overview/editions/{edition}.json",
]  # fmt: skip
OFFICE_ACTS = ["/office/overview/2022/compile", "/office/overview/editions/{edition}/publish"]


def addresses(edition_id):
    run_id = queries.get_edition(edition_id).run_id
    return [path.format(edition=edition_id, run=run_id) for path in OFFICE_PAGES]


def test_members_and_strangers_see_nothing_of_the_office(client, app):
    edition_id = make_edition()
    for _ in range(2):
        for path in addresses(edition_id):
            assert client.get(path).status_code in {302, 303, 401, 403}, path
        for path in OFFICE_ACTS:
            assert client.post(path.format(edition=edition_id)).status_code in {302, 303, 401, 403}, path
        signed_in(client, make_person())
    assert queries.get_edition(edition_id).state is EditionState.DRAFT
    assert db.session.query(CompileRun).count() == 1


def test_every_page_of_the_office_is_well_made(office):
    edition_id = make_edition()
    for path in addresses(edition_id):
        answer = office.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "no-store"
        if answer.mimetype == "text/html":
            check_page(answer)


def test_a_compile_is_started_and_followed_without_script(office):
    answer = office.post("/office/overview/2022/compile", data={"as_of": "2022-12-31"})
    assert answer.status_code == 303
    run = db.session.query(CompileRun).one()
    assert answer.location.endswith(f"/office/overview/2022/runs/{run.id}")
    assert run.as_of == date(2022, 12, 31)
    assert db.session.query(Work).filter_by(kind=service.COMPILE).count() == 1
    page = office.get(answer.location)
    check_page(page)
    assert page.headers["Refresh"] == "2"
    assert '<label for="progress">Waiting for a worker</label>' in page.text
    with transaction():
        service.tell_progress(run.id, step=4, steps=6, message="Counting people: 4 of 6 activities")
    page = office.get(answer.location)
    assert re.search(r'<progress id="progress" class="meter" max="6" value="4">', page.text)
    assert "Counting people: 4 of 6 activities" in page.text
    edition_id = make_edition(run=run.id)
    page = office.get(answer.location)
    assert "Refresh" not in page.headers
    assert "Edition 1 of 2022 is ready" in page.text
    assert f'href="/office/overview/editions/{edition_id}"' in page.text


def test_a_second_start_joins_the_first(office):
    first = office.post("/office/overview/2022/compile", data={"as_of": "2022-12-31"})
    second = office.post("/office/overview/2022/compile", data={"as_of": "2023-06-30"})
    assert first.location == second.location
    assert db.session.query(CompileRun).count() == 1
    year = office.get("/office/overview/2022")
    assert "A compile is under way." in year.text
    assert '<form method="post" action="/office/overview' not in year.text


def test_a_failed_compile_says_why_and_offers_another_try(office):
    office.post("/office/overview/2022/compile", data={"as_of": "2022-12-31"})
    run = db.session.query(CompileRun).one()
    with transaction():
        service.note_trouble(run.id, "Two activities have the same place.", final=True, now=NOW)
    page = office.get(f"/office/overview/2022/runs/{run.id}")
    check_page(page)
    assert "Refresh" not in page.headers
    assert "Two activities have the same place." in page.text
    assert "Try again" in page.text
    assert "The last compile did not work." in office.get("/office/overview/2022").text
    again = office.post("/office/overview/2022/compile", data={"as_of": "2022-12-31"})
    assert not again.location.endswith(f"/{run.id}")


@pytest.mark.parametrize("typed", ["", "soon", "2022-13-01", "31.12.2022"])
def test_a_date_that_is_none_is_told_at_its_field(office, typed):
    answer = office.post("/office/overview/2022/compile", data={"as_of": typed})
    assert answer.status_code == 422
    check_page(answer)
    assert "Error: " in answer.text
    assert '<a href="#as_of">Choose a date</a>' in answer.text
    assert db.session.query(CompileRun).count() == 0


def test_the_date_is_today_in_the_zone_of_the_office(office, monkeypatch):
    monkeypatch.setattr(
        "ecwi_events.web.office.overview.clock.utc_now", lambda: datetime(2022, 12, 31, 23, 30, tzinfo=UTC)
    )
    monkeypatch.setattr("ecwi_events.web.identity.present", _otto)
    assert 'value="2023-01-01"' in office.get("/office/overview/2022").text


def _otto():
    from ecwi_events.people.models import Role
    from ecwi_events.people.queries import Identity

    return Identity(1, "Otto Office", None, frozenset({Role.OFFICE}), frozenset())


def test_the_task_list_tells_where_the_year_stands(office):
    assert words(office.get("/office/overview/2022")).count("Cannot start yet") == 2
    activity = make_activity("Play matters", home_year=2022)
    edition_id = make_edition()
    page = office.get("/office/overview/2022")
    assert "1 activity of 2022" in words(page)
    assert f'href="/office/overview/editions/{edition_id}"' in page.text
    assert "1 to check" in words(page)
    assert activity
    office.post(f"/office/overview/editions/{edition_id}/publish")
    assert "Published" in words(office.get("/office/overview/2022"))


def test_the_review_shows_rule_kind_value_alternatives_and_records(office):
    edition_id = make_edition()
    page = office.get(f"/office/overview/editions/{edition_id}")
    text = words(page)
    assert "ISSA Members involved in 2022 31" in text
    assert "Declared, not counted from records" in text
    assert "7: counted from records" in text
    assert "Two PLAs have the same strapline" in text
    assert f'href="/office/overview/editions/{edition_id}/figures/plas_supported"' in page.text
    assert "See the 6 records" in text
    assert "members_involved, version 1" in text


def test_a_figure_opens_to_exactly_its_records(office):
    activity_id = make_activity("Play matters")
    person_id = make_person("Olena Koval", organisation="Ukrainian Step by Step Foundation")
    figures = copy.deepcopy(SNAPSHOT["figures"])
    figures[0]["inputs"] = [
        {"kind": "activity", "id": activity_id, "label": "Play matters"},
        {"kind": "session", "id": 5, "label": "First session, 19 January 2027"},
        {"kind": "person", "id": person_id},
        {"kind": "person", "id": 999_999},
    ]
    edition_id = make_edition({"figures": figures})
    page = office.get(f"/office/overview/editions/{edition_id}/figures/plas_supported")
    check_page(page)
    assert f'<a href="/office/activities/{activity_id}">Play matters</a>' in page.text
    assert "First session, 19 January 2027" in page.text
    assert re.search(r"Olena Koval</th><td>Ukrainian Step by Step Foundation", page.text)
    assert "No longer in the records" in page.text
    assert page.text.count('<th scope="row">') == 4
    assert "4 records in this edition" in words(page)


def test_people_present_stand_with_their_session(office):
    activity_id = make_activity("Play matters")
    session_id = db.session.query(ActivitySession.id).filter_by(activity_id=activity_id).scalar()
    rows = [{"person_id": make_person("Olena Koval", organisation="Step by Step")}, {"visitor_name": "Walk In"}]
    with transaction() as session:
        present = [
            Presence(session_id=session_id, verdict=Verdict.PRESENT, decided_at=NOW, **row)
            for row in rows
        ]  # fmt: skip
        session.add_all(present)
        session.flush()
        inputs = [{"kind": "presence", "id": row.id} for row in present]
    figures = copy.deepcopy(SNAPSHOT["figures"])
    figures[0]["inputs"] = inputs
    edition_id = make_edition({"figures": figures}, published=True)
    page = words(office.get(f"/office/overview/editions/{edition_id}/figures/plas_supported"))
    assert "Olena Koval Step by Step First session (2027-01-19)" in page
    assert "Walk In – First session (2027-01-19)" in page
    assert "Olena" not in words(office.get("/overview/2022"))
    assert "Olena" not in office.get("/overview/2022.json").text


def test_a_count_of_nothing_is_not_said_to_be_typed_in(office):
    figures = copy.deepcopy(SNAPSHOT["figures"])
    for figure, kind in zip(figures, ("computed", "declared"), strict=False):
        figure |= {"kind": kind, "inputs": []}
    page = words(office.get(f"/office/overview/editions/{make_edition({'figures': figures[:2]})}"))
    assert page.count("No records: nothing was counted.") == 1
    assert page.count("No records: this figure was typed in.") == 1


def test_a_figure_that_was_typed_in_says_so(office):
    edition_id = make_edition()
    page = office.get(f"/office/overview/editions/{edition_id}/figures/investment")
    assert "There are no records behind this figure: it was typed in" in words(page)


@pytest.mark.parametrize("path", [
    "1800", "2022/runs/77", "editions/77", "editions/77.pdf", "editions/77.json", "editions/77/page",
    "editions/77/figures/plas_supported",
])  # fmt: skip
def test_what_does_not_exist_is_not_found(office, path):
    assert office.get(f"/office/overview/{path}").status_code == 404


def test_an_unknown_figure_and_a_run_of_another_year_are_not_found(office):
    edition_id = make_edition()
    run_id = queries.get_edition(edition_id).run_id
    assert office.get(f"/office/overview/editions/{edition_id}/figures/no_such").status_code == 404
    assert office.get(f"/office/overview/2023/runs/{run_id}").status_code == 404
    assert office.post("/office/overview/editions/77/publish").status_code == 404


def test_publishing_leads_to_the_public_page_and_says_so(office):
    edition_id = make_edition()
    answer = office.post(f"/office/overview/editions/{edition_id}/publish")
    assert answer.status_code == 303
    assert answer.location.endswith("/overview/2022")
    page = office.get("/overview/2022")
    assert "Edition 1 of the overview 2022 is published." in page.text
    assert page.headers["Cache-Control"] == "no-store"
    edition = queries.get_edition(edition_id)
    assert edition.state is EditionState.PUBLISHED
    assert edition.published_by_id is not None
    stored = queries.output(edition_id, "pdf")
    assert office.get("/overview/2022.pdf").data == stored
    assert hashlib.sha256(stored).hexdigest() == hashlib.sha256(office.get("/overview/2022.pdf").data).hexdigest()


def test_an_edition_with_errors_is_refused_with_its_reason(office):
    edition_id = make_edition({"errors": [{"code": "period", "message": "“ISSA Connects” ends before it begins."}]})
    page = office.get(f"/office/overview/editions/{edition_id}")
    assert "1 thing stops the publication" in words(page)
    assert "/publish" not in page.text
    answer = office.post(f"/office/overview/editions/{edition_id}/publish")
    assert answer.status_code == 409
    check_page(answer)
    assert "“ISSA Connects” ends before it begins." in answer.text
    assert queries.get_edition(edition_id).state is EditionState.DRAFT
    assert queries.output(edition_id, "pdf") is None
    assert office.get("/overview/2022").status_code == 404


def test_publishing_twice_is_refused_and_changes_nothing(office):
    edition_id = make_edition()
    office.post(f"/office/overview/editions/{edition_id}/publish")
    answer = office.post(f"/office/overview/editions/{edition_id}/publish")
    assert answer.status_code == 409
    assert "This edition is published already." in answer.text
    assert db.session.query(Edition).filter_by(state=EditionState.PUBLISHED).count() == 1


def test_a_later_edition_takes_the_place_of_the_first(office):
    first = make_edition(published=True)
    second = make_edition({"title": "A better overview 2022"})
    assert "A better overview" not in office.get("/overview/2022").text
    office.post(f"/office/overview/editions/{second}/publish")
    assert "A better overview 2022" in office.get("/overview/2022").text
    assert "Replaced by a later edition" in office.get(f"/office/overview/editions/{first}").text


def test_a_draft_is_marked_on_its_page_and_its_pdf(office):
    edition_id = make_edition()
    assert "Draft, not published" in office.get(f"/office/overview/editions/{edition_id}/page").text
    body = office.get(f"/office/overview/editions/{edition_id}.pdf").data
    assert "Draft, not published" in pypdf.PdfReader(io.BytesIO(body)).pages[0].extract_text()


def test_reading_changes_nothing(office):
    edition_id = make_edition(published=True)
    before = [db.session.query(table).count() for table in (CompileRun, Edition, Work)]
    for path in [*addresses(edition_id), "/overview", "/overview/2022", "/overview/2022.pdf", "/overview/2022.json"]:
        office.get(path)
        office.head(path)
    assert [db.session.query(table).count() for table in (CompileRun, Edition, Work)] == before
    assert queries.output(edition_id, "pdf") is None


def test_an_old_compile_page_can_be_loaded_again_for_ever(office):
    edition_id = make_edition()
    path = f"/office/overview/2022/runs/{queries.get_edition(edition_id).run_id}"
    first, second = (re.sub(r'name="csrf_token" value="[^"]*"', "", office.get(path).text) for _ in range(2))
    assert first == second


def test_a_compressed_page_answers_304_too(client):
    make_edition(published=True)
    for ending in ("", ".json"):
        first = client.get(f"/overview/2022{ending}", headers={"Accept-Encoding": "br"})
        assert first.headers["Content-Encoding"] == "br"
        headers = {"Accept-Encoding": "br", "If-None-Match": first.headers["ETag"]}
        assert client.get(f"/overview/2022{ending}", headers=headers).status_code == 304


def test_a_first_visit_stays_small(client):
    make_edition(published=True)
    page = client.get("/overview/2022", headers={"Accept-Encoding": "br"})
    css = re.search(r"/static/overview-[0-9a-f]+\.css", client.get("/overview/2022").text)[0]
    style = client.get(css, headers={"Accept-Encoding": "br"})
    assert len(page.data) + len(style.data) < 20_000


@pytest.mark.parametrize("day", ["2026-11-23", "9999-12-31", "2025-12-31"])
def test_what_has_not_been_held_cannot_be_counted(office, day):
    answer = office.post("/office/overview/2026/compile", data={"as_of": day})
    assert answer.status_code == 422
    assert ("today or an earlier day" in answer.text) != (day == "2025-12-31")
    assert db.session.query(CompileRun).count() == 0
