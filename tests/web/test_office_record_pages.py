"""Editing the record of an activity, and what two people who edit at once see."""

import re
from html import unescape

import pytest
import sqlalchemy as sa

from ecwi_events.journal.models import JournalEntry
from ecwi_events.kernel.db import db
from ecwi_events.programme import record
from ecwi_events.programme.models import Activity, ActivityOrganisation, ActivityStatus, OrganisationRole, Visibility
from ecwi_events.programme.models_record import ContributorRole
from tests import make
from tests.web.conftest import words


@pytest.fixture
def office(client):
    person = make.make_office()
    make.signed_in(client, person)
    return person


def fields(client, path):
    """Return what a browser would send from the form of a page if nothing is touched, as pairs."""
    page = client.get(path).text
    return fields_of(page)


def fields_of(page):
    form = re.search(r'<form method="post" action="/office/activities/\d+/edit".*?</form>', page, re.DOTALL)[0]
    found = []
    for tag in re.finditer(
        r"<(input|select|textarea)\b([^>]*)>(.*?)(?=<(?:input|select|textarea|/form)\b)", form, re.DOTALL
    ):
        kind, attributes, inside = tag.groups()
        name = re.search(r'\bname="([^"]+)"', attributes)
        if not name:
            continue
        if kind == "input":
            if 'type="radio"' in attributes and "checked" not in attributes:
                continue
            value = re.search(r'value="([^"]*)"', attributes)
            found.append((name[1], unescape(value[1] if value else "")))
        elif kind == "textarea":
            found.append((name[1], unescape(inside.partition("</textarea>")[0]).replace("\n", "\r\n")))
        else:
            options = re.findall(r'<option value="([^"]*)"( selected)?', inside)
            found.append((name[1], next((value for value, chosen in options if chosen), options[0][0])))
    return found


def changed(pairs, **values):
    """Return the pairs with other values for single fields; a list replaces all answers of a field."""
    kept = [(name, value) for name, value in pairs if name not in values]
    more = [(name, one) for name, value in values.items() for one in (value if isinstance(value, list) else [value])]
    return form_data(kept + more)


def form_data(pairs):
    data = {}
    for name, value in pairs:
        data.setdefault(name, []).append(value)
    return data


def test_all_fields_of_the_record_are_saved(client, office):
    activity = make.make_activity()
    host, co_host, funder, school = (make.make_organisation(name) for name in ("New host", "Partner", "Fund", "School"))
    path = f"/office/activities/{activity}/edit"
    answer = client.post(
        path,
        data=changed(
            fields(client, path), kind="webinar", title="Better", strapline="One line", summary="Two\r\nlines",
            description="# Head\r\n\r\n**strong**", theme="mentoring", language="uk", languages=["en", "", "uk"],
            interpretation=["ru"], audience="Trainers", target_region="Balkans", home_year="2027", display_order="3",
            visibility="members", host_id=str(host), co_host_ids=[str(co_host), "", str(host)], funder_ids=[str(funder)],
            contributor_role=["presenter", "trainer", "presenter"], contributor_name=["Ana Bot", "", " "],
            contributor_organisation=["", str(school), ""],
        ),
    )  # fmt: skip
    assert (answer.status_code, answer.location) == (303, f"/office/activities/{activity}")
    found, revision = record.get_record(activity)
    assert found == record.Record(
        kind=found.kind, title="Better", home_year=2027, strapline="One line", summary="Two\nlines",
        description="# Head\n\n**strong**", theme=found.theme, language="uk", languages=("en",), interpretation=("ru",),
        audience="Trainers", target_region="Balkans", display_order=3, visibility=Visibility.MEMBERS, host_id=host,
        co_host_ids=(co_host,), funder_ids=(funder,),
        contributors=(
            record.Contributor(ContributorRole.PRESENTER, "Ana Bot"),
            record.Contributor(ContributorRole.TRAINER, "", school),
        ),
    )  # fmt: skip
    assert (found.kind, found.theme, revision) == ("webinar", "mentoring", 3)
    roles = db.session.execute(sa.select(ActivityOrganisation.role, ActivityOrganisation.organisation_id)).all()
    assert (OrganisationRole.CONTRIBUTOR, school) in [tuple(row) for row in roles], "figures count it"
    assert client.get(path).status_code == 200


def test_an_untouched_form_changes_nothing(client, office):
    activity = make.make_activity("A “title” & <b>more</b>")
    path = f"/office/activities/{activity}/edit"
    for _ in range(2):
        answer = client.post(path, data=form_data(fields(client, path)))
    assert "Nothing was different." in words(client.get(answer.location))
    assert record.get_record(activity)[1] == 2
    assert not db.session.scalars(sa.select(JournalEntry).where(JournalEntry.act == "edit_activity")).all()


def test_the_journal_keeps_states_and_no_texts_and_no_names(client, office):
    activity = make.make_activity()
    path = f"/office/activities/{activity}/edit"
    typed = changed(
        fields(client, path), title="Secret title", visibility="members", contributor_role=["trainer"],
        contributor_name=["Secret Name"], contributor_organisation=[""],
    )  # fmt: skip
    client.post(path, data=typed)
    entry = db.session.scalars(sa.select(JournalEntry).where(JournalEntry.act == "edit_activity")).one()
    assert '"visibility":"members"' in entry.after and '"title":"changed"' in entry.after
    assert '"contributors":1' in entry.after
    assert "Secret" not in entry.before + entry.after


@pytest.mark.parametrize(
    ("typed", "field", "sentence"),
    [
        ({"title": " "}, "title", "Enter a title"),
        ({"title": "x" * 201}, "title", "Enter a title of 200 letters or fewer"),
        ({"strapline": "x" * 201}, "strapline", "Use 200 letters or fewer"),
        ({"description": "x" * 15_001}, "description", "Use 15,000 letters or fewer"),
        ({"kind": "party"}, "kind", "Choose from the list"),
        ({"theme": "party"}, "theme", "Choose from the list"),
        ({"visibility": "secret"}, "visibility", "Choose from the list"),
        ({"language": "xx"}, "language", "Choose languages from the list"),
        ({"languages": ["uk", "tlh"]}, "languages", "Choose languages from the list"),
        ({"interpretation": ["<b>"]}, "interpretation", "Choose languages from the list"),
        ({"host_id": "987654"}, "host_id", "Choose from the list of organisations"),
        ({"host_id": "x"}, "host_id", "Choose from the list"),
        ({"host_id": ""}, "host_id", "Choose the host organisation: a published activity needs one"),
        ({"co_host_ids": ["987654"]}, "co_host_ids", "Choose from the list of organisations"),
        ({"funder_ids": ["987654"]}, "funder_ids", "Choose from the list of organisations"),
        ({"contributor_name": ["A"], "contributor_role": ["king"], "contributor_organisation": [""]}, "contributors",
         "Choose from the list"),
        ({"contributor_name": ["A"], "contributor_role": ["trainer"], "contributor_organisation": ["987654"]},
         "contributors", "Choose from the list of organisations"),
        ({"contributor_name": ["x" * 201], "contributor_role": ["trainer"], "contributor_organisation": [""]},
         "contributors", "Use names of 200 letters or fewer"),
        ({"home_year": "soon"}, "home_year", "Enter a year, like 2027"),
        ({"home_year": "1950"}, "home_year", "Enter a year from 1990 to 2100"),
        ({"display_order": "-1"}, "display_order", "Enter a number, like 1"),
        ({"display_order": "1000"}, "display_order", "Enter a number from 0 to 999"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_at_its_field_and_nothing_is_saved(client, office, typed, field, sentence):
    activity = make.make_activity()
    path = f"/office/activities/{activity}/edit"
    answer = client.post(path, data=changed(fields(client, path), audience="Kept audience", **typed))
    page = words(answer)
    assert answer.status_code == 422
    assert f'<a href="#{field}">{sentence}</a>' in page
    assert f'id="{field}-fault">{sentence}</p>' in page
    assert f'id="{field}"' in page
    assert 'value="Kept audience"' in page
    assert record.get_record(activity)[1] == 2


def test_a_draft_may_be_without_a_host_and_then_cannot_be_published(client, office):
    activity = make.make_activity(status=ActivityStatus.DRAFT)
    path = f"/office/activities/{activity}/edit"
    assert client.post(path, data=changed(fields(client, path), host_id="")).status_code == 303
    refused = client.post(f"/office/activities/{activity}/status", data={"status": "planned"})
    assert refused.status_code == 409
    assert "Choose the host organisation" in words(refused)


def test_more_rows_lose_nothing_that_was_typed(client, office):
    activity = make.make_activity()
    path = f"/office/activities/{activity}/edit"
    typed = changed(
        fields(client, path), act="row", title="Typed title", contributor_role=["trainer", "presenter"],
        contributor_name=["Ana", "Bea"], contributor_organisation=["", ""],
    )  # fmt: skip
    page = words(client.post(path, data=typed))
    assert 'value="Typed title"' in page and 'value="Ana"' in page and 'value="Bea"' in page
    assert page.count('name="contributor_name"') == 4
    assert record.get_record(activity)[1] == 2


def two_editors(client, first, second):
    """Both open the form; the first saves, then the second sends."""
    activity = make.make_activity("Old title")
    path = f"/office/activities/{activity}/edit"
    opened = fields(client, path)
    assert client.post(path, data=changed(opened, **first)).status_code == 303
    return activity, path, client.post(path, data=changed(opened, **second))


def test_the_second_editor_sees_both_versions_and_chooses(client, office):
    activity, path, answer = two_editors(
        client, {"title": "Their title", "summary": "Their summary"}, {"title": "My title", "audience": "My audience"}
    )
    page = words(answer)
    assert answer.status_code == 409
    for text in ("My title", "Their title", "Otto Office"):
        assert text in page
    assert record.get_record(activity)[0].title == "Their title", "nothing is saved yet"
    sent = form_data(fields_of(answer.text))
    assert {name: value for name, value in sent.items() if name.startswith("choose-")} == {"choose-title": ["mine"]}
    assert client.post(path, data=sent).status_code == 303
    found = record.get_record(activity)[0]
    assert (found.title, found.summary, found.audience) == ("My title", "Their summary", "My audience")


def test_the_second_editor_may_take_the_others_version_or_go_on_editing(client, office):
    activity, path, answer = two_editors(client, {"title": "Their title"}, {"title": "My title", "audience": "Mine"})
    sent = fields_of(answer.text)
    page = words(client.post(path, data=changed(sent, act="again", **{"choose-title": "theirs"})))
    assert 'value="Their title"' in page and 'value="Mine"' in page
    assert client.post(path, data=changed(sent, **{"choose-title": "theirs"})).status_code == 303
    found = record.get_record(activity)[0]
    assert (found.title, found.audience) == ("Their title", "Mine")


def test_lists_and_people_are_compared_too(client, office):
    partner = make.make_organisation("Partner House")
    activity, path, answer = two_editors(
        client,
        {"co_host_ids": [str(partner)], "languages": ["uk"], "contributor_role": ["trainer"], "contributor_name": ["Ana"],
         "contributor_organisation": [""]},
        {"contributor_role": ["presenter"], "contributor_name": ["Bea"], "contributor_organisation": [str(partner)]},
    )  # fmt: skip
    page = words(answer)
    assert "Trainer: Ana" in page and "Presenter: Bea, Partner House" in page
    assert "choose-languages" not in page and "choose-co_host_ids" not in page
    assert client.post(path, data=form_data(fields_of(answer.text))).status_code == 303
    found = record.get_record(activity)[0]
    assert (found.co_host_ids, found.languages) == ((partner,), ("uk",)), "only the other one touched them"
    assert [one.name for one in found.contributors] == ["Bea"]


def test_fields_that_only_one_of_them_touched_are_never_asked_about(client, office):
    partner = make.make_organisation("Partner House")
    theirs = {"summary": "Their summary", "co_host_ids": [str(partner)], "home_year": "2031"}
    activity, _, answer = two_editors(client, theirs, {"title": "My title", "audience": "My audience"})
    assert answer.status_code == 303
    found = record.get_record(activity)[0]
    assert (found.title, found.audience) == ("My title", "My audience")
    assert (found.summary, found.co_host_ids, found.home_year) == ("Their summary", (partner,), 2031)


def test_a_form_without_its_marks_asks_about_every_difference(client, office):
    activity, _, answer = two_editors(client, {"summary": "Their summary"}, {"title": "My title", "was": ""})
    assert answer.status_code == 409
    assert "choose-summary" in answer.text and "choose-title" in answer.text
    assert record.get_record(activity)[0].summary == "Their summary"


def test_a_third_save_in_between_asks_again(client, office):
    activity, path, answer = two_editors(client, {"title": "Two"}, {"title": "Three"})
    sent = form_data(fields_of(answer.text))
    assert client.post(path, data=changed(fields(client, path), title="Four")).status_code == 303
    again = client.post(path, data=sent)
    assert again.status_code == 409
    assert "Four" in words(again) and "Three" in words(again)
    assert record.get_record(activity)[0].title == "Four"


def test_the_same_change_twice_and_changes_elsewhere_are_no_conflict(client, office):
    assert two_editors(client, {"title": "Same"}, {"title": "Same"})[2].status_code == 303
    activity = make.make_activity(status=ActivityStatus.DRAFT)
    path = f"/office/activities/{activity}/edit"
    opened = fields(client, path)
    client.post(f"/office/activities/{activity}/status", data={"status": "planned"})
    assert client.post(path, data=changed(opened, title="Mine")).status_code == 303
    found = db.session.get_one(Activity, activity, populate_existing=True)
    assert (found.title, found.status) == ("Mine", ActivityStatus.PLANNED)


def test_two_posts_in_the_same_moment_do_not_overwrite_each_other(client, office, monkeypatch):
    activity = make.make_activity()
    path = f"/office/activities/{activity}/edit"
    opened = fields(client, path)
    edit, seen = record.edit_activity, []

    def another_is_faster(activity_id, new, **more):
        if not seen:
            seen.append(1)
            edit(activity_id, record.Record(**{**vars(new), "title": "Faster"}), **more)
        return edit(activity_id, new, **more)

    monkeypatch.setattr(record, "edit_activity", another_is_faster)
    answer = client.post(path, data=changed(opened, title="Slower"))
    assert answer.status_code == 409


def test_only_the_office_edits(client):
    activity = make.make_activity(status=ActivityStatus.DRAFT)
    path = f"/office/activities/{activity}/edit"
    make.signed_in(client, make.make_host(make.make_organisation()))
    assert client.get(path).status_code == 403
    assert client.post(path, data={"title": "x"}).status_code == 403
    make.signed_in(client, make.make_office())
    assert client.get("/office/activities/987654/edit").status_code == 404
    assert client.post("/office/activities/987654/edit", data={}).status_code == 404


def test_the_button_makes_one_copy_for_the_next_year(client, office):
    activity = make.make_activity("Every year", home_year=2026)
    path = f"/office/activities/{activity}"
    page = client.get(path).text
    assert "Copy for 2027" in page
    once = re.search(r'name="once" value="([^"]+)"', page)[1]
    answers = [client.post(f"{path}/duplicate", data={"once": once}) for _ in range(2)]
    assert answers[0].location == answers[1].location != path
    page = words(client.get(answers[0].location))
    assert "Every year" in page and "Office 2027" in page and ">Draft</span>" in page
    assert client.post(f"{path}/duplicate").location != answers[0].location
    assert client.post("/office/activities/987654/duplicate").status_code == 404
