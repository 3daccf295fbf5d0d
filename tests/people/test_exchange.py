"""Organisations from a file and back: a plan first, then all of it or nothing, and twice is once."""

from datetime import date

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import Model, db, transaction
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.people import file_imports, membership, organisation_rows, organisations, queries
from ecwi_events.people.exchange import Plan, Verdict
from ecwi_events.people.models import MembershipClass, Organisation
from ecwi_events.people.spreadsheets import read_table, write_csv, write_xlsx
from ecwi_events.programme import merging
from tests import make
from tests.make import NOW

TABLES = ("organisation", "organisation_alias", "membership_spell")


def plan_of(text, choices=None):
    return Plan(read_table(text.encode()), choices)


def take_over(text, choices=None):
    with transaction():
        return plan_of(text, choices).take_over(now=NOW)


def everything():
    tables = Model.metadata.tables
    rows = {
        name: [tuple(row) for row in db.session.execute(sa.select(tables[name]).order_by(tables[name].c.id))]
        for name in TABLES
    }
    db.session.rollback()
    return rows


def verdicts(plan):
    return [(row.line, row.verdict.value) for row in plan.rows]


def test_new_organisations_come_with_names_and_memberships(app):
    plan = plan_of(
        "name,country,kind,other names,member class,member from,member to\n"
        "Пучко Center,The Netherlands,,Pucko; Center P,full,2011-01-01,2014-12-31\n"
        "Пучко Center,,,,affiliate,2016-01-01,\n"
        "Funders of All,us,funder,,,,\n"
    )
    assert verdicts(plan) == [(2, "new"), (3, "changed"), (4, "new")]
    with transaction():
        plan.take_over(now=NOW)
    body = queries.find_organisation_id("center P")
    assert organisations.get_organisation(body).country == "NL"
    assert [(one.membership_class, one.from_on, one.to_on) for one in membership.spells_of(body)] == [
        (MembershipClass.AFFILIATE, date(2016, 1, 1), None),
        (MembershipClass.FULL, date(2011, 1, 1), date(2014, 12, 31)),
    ]
    assert organisations.get_organisation(queries.find_organisation_id("Funders of All")).kind.value == "funder"


def test_the_same_file_twice_changes_nothing_and_neither_does_our_own_export(app):
    text = "name,country,other names,member class,member from\nOne,SI,Uno; Eins,full,2011-01-01\n=Two,,,,\n"
    take_over(text)
    make.make_organisation("Three")
    before = everything()
    plan = plan_of(text)
    assert verdicts(plan) == [(2, "same"), (3, "same")]
    assert not plan.can_be_taken_over
    take_over(text)
    for content in (
        write_csv(organisation_rows.COLUMNS, organisation_rows.export_rows()),
        write_xlsx("S", organisation_rows.COLUMNS, organisation_rows.export_rows()),
    ):
        plan = Plan(read_table(content))
        assert {row.verdict for row in plan.rows} == {Verdict.SAME}, [row for row in plan.rows if row.verdict != "same"]
    assert everything() == before


def test_what_differs_is_changed_and_an_empty_cell_changes_nothing(app):
    body = make.make_organisation("One", country="SI")
    plan = plan_of("name,country,short name,kind\none,,O,\n")
    assert [(row.verdict.value, row.words) for row in plan.rows] == [("changed", "Changes: short name.")]
    take_over("name,country,short name,kind\none,,O,\n")
    row = organisations.get_organisation(body)
    assert (row.name, row.country, row.short_name) == ("One", "SI", "O"), "who is known by a name keeps its own"
    take_over(f"key,name\n{row.key},One and Only\n")
    assert organisations.get_organisation(body).name == "One and Only"
    assert queries.find_organisation_id("one") == body


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (",SI,,,", "Enter the name"),
        ("X,Atlantis,,,", "no country"),
        ("X,SI,gold,,", "full or affiliate"),
        ("X,SI,,2011-01-01,", "needs its class"),
        ("X,SI,full,31.12.2011,", "is no day"),
        ("X,SI,full,2012-01-01,2011-01-01", "must not be before"),
        ("Known,SI,full,2012-01-01,", "overlaps"),
        ("x" * 201 + ",SI,,,", "200 letters or fewer"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_then_nothing_is_written(app, row, words):
    make.make_organisation("Known")
    before = everything()
    text = f"name,country,member class,member from,member to\nGood,SI,full,2011-01-01,\n{row}\n"
    plan = plan_of(text)
    assert verdicts(plan)[0] == (2, "new")
    assert (plan.rows[1].line, plan.rows[1].verdict) == (3, Verdict.REFUSED)
    assert words in plan.rows[1].words
    with pytest.raises(Refused):
        take_over(text)
    assert everything() == before


def test_names_that_belong_to_two_organisations_are_refused(app):
    make.make_organisation("One")
    other = make.make_organisation("Two")
    key = organisations.get_organisation(other).key
    db.session.rollback()
    plan = plan_of(f"key,name,other names\n{key},One,\n,New,Two\n")
    assert [row.verdict for row in plan.rows] == [Verdict.REFUSED, Verdict.REFUSED]


def test_a_close_name_is_unclear_until_the_office_says_what_it_is(app):
    body = make.make_organisation("Ukrainian Step by Step Foundation")
    text = "name,country\nUkrainian Step by Step Fundation,UA\n"
    plan = plan_of(text)
    assert plan.rows[0].verdict is Verdict.UNCLEAR
    assert plan.rows[0].choices == [(body, "Ukrainian Step by Step Foundation")]
    assert verdicts(plan_of(text, {2: ""})) == [(2, "left_out")]
    assert verdicts(plan_of(text, {2: "999999"})) == [(2, "refused")]
    assert verdicts(plan_of(text, {2: "new"})) == [(2, "new")]
    take_over(text, {2: str(body)})
    row = organisations.get_organisation(body)
    assert (row.name, row.country) == ("Ukrainian Step by Step Foundation", "UA")
    assert verdicts(plan_of(text)) == [(2, "same")]


def test_a_file_waits_for_its_owner_and_is_taken_over_once(app):
    owner, other = make.make_office("Owner"), make.make_office("Other")
    with transaction():
        first = file_imports.keep_file("a.csv", b"name\nFirst\n", by_person_id=owner, now=NOW)
    with transaction():
        second = file_imports.keep_file("b.csv", b"name\nSecond\n", by_person_id=owner, now=NOW)
    for import_id, person in ((first, owner), (second, other)):
        with pytest.raises(NotFound):
            file_imports.plan_of(import_id, None, by_person_id=person)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Organisation)) == 0, "a preview writes nothing"
    db.session.rollback()
    with transaction():
        done = file_imports.take_over(second, {}, by_person_id=owner, now=NOW)
    assert done["new"] == 1
    with pytest.raises(NotFound), transaction():
        file_imports.take_over(second, {}, by_person_id=owner, now=NOW)


def test_unclear_rows_hold_everything_back(app):
    owner = make.make_office()
    make.make_organisation("Example Early Years Network Slovenia")
    with transaction():
        kept = file_imports.keep_file(
            "a.csv", b"name\nNew\nExample Early Years Network Slovena\n", by_person_id=owner, now=NOW
        )
    with pytest.raises(Refused, match="not clear"), transaction():
        file_imports.take_over(kept, {}, by_person_id=owner, now=NOW)
    assert queries.find_organisation_id("New") is None


def test_a_file_without_names_is_refused(app):
    with pytest.raises(Refused, match="column"):
        plan_of("title\nOne\n")


def test_a_file_from_before_a_merge_does_not_give_one_record_the_facts_of_the_other(app):
    file = "key,name,country\ngnu-bureau,Gnu Bureau,UA\nibex-quarter,Ibex Quarter,MD\n"
    take_over(file)
    kept, gone = (queries.find_organisation_id(name) for name in ("Gnu Bureau", "Ibex Quarter"))
    with transaction():
        merging.merge_organisations(kept, gone, by_person_id=None, now=NOW)
    assert verdicts(plan_of(file)) == [(2, "same"), (3, "same")]
    assert db.session.scalar(sa.select(Organisation.country).where(Organisation.id == kept)) == "UA"


def test_a_key_that_belonged_to_a_merged_record_is_no_stumbling_block(app):
    take_over("key,name,country\nibex-quarter,Ibex Quarter,MD\ngnu-bureau,Gnu Bureau,UA\n")
    kept, gone = (queries.find_organisation_id(name) for name in ("Gnu Bureau", "Ibex Quarter"))
    with transaction():
        merging.merge_organisations(kept, gone, by_person_id=None, now=NOW)
    take_over("key,name,country\nibex-quarter,A wholly different body,RO\n")
    assert queries.find_organisation_id("A wholly different body") not in {kept, gone, None}
