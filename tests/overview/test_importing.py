"""An edition file: all or nothing, each fault with its line, and a second time nothing."""

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Refused
from ecwi_events.overview.importing import import_edition, read_edition
from ecwi_events.overview.importing_document import LARGEST_BYTES, BadFile
from ecwi_events.overview.models import DeclaredFigure, EditionText
from ecwi_events.people.models import MembershipSpell, Organisation, OrganisationAlias
from ecwi_events.programme.models import Activity, ActivityOrganisation, Component, Outcome, StatusChange
from tests import make

SMALL = """\
schema: ecwi-edition/1
edition: {year: 2024}
organisations:
  - {id: one, name: Body One, country: SI, membership: [{class: full, from: 2011-01-01, source: a list}]}
  - {id: two, name: Body Two, country: "NO"}
activities:
  - id: pla-1
    order: 1
    title: A title
    status: completed
    period: {start: 2024-03, end: 2024-04}
    host: one
    co_hosts: [two]
    participants: {value: 8, source: a report}
    structure: {parts: [{format: webinar, count: 2, minutes_each: 60}]}
    outcomes: [One outcome]
    resources: [{title: A film, url: "https://films.example/1"}]
figures:
  - {statistic: members_involved, value: 31, source: a report}
"""
TABLES = (Organisation, OrganisationAlias, MembershipSpell, Activity, ActivityOrganisation, Component, Outcome,
          StatusChange, DeclaredFigure, EditionText)  # fmt: skip


def read(text):
    return read_edition(text.encode() if isinstance(text, str) else text, "file.yaml")


def take(text, now):
    with transaction():
        return import_edition(read(text), now=now)


def rows():
    return [db.session.scalar(sa.select(sa.func.count()).select_from(table)) for table in TABLES]


def test_the_example_is_taken_once_and_the_second_time_changes_nothing(app, examples, now):
    text = (examples / "pla-2022.yaml").read_bytes()
    first = take(text, now)
    assert (first.organisations.new, first.activities.new) == (13, 6)
    before = rows()
    revisions = db.session.scalars(sa.select(Activity.revision)).all()
    second = take(text, make.NOW)
    assert second.changed_nothing
    assert second.lines() == ["Nothing to do: the year 2022 is as the file says."]
    assert rows() == before
    assert db.session.scalars(sa.select(Activity.revision)).all() == revisions


def test_membership_is_declared_with_its_source_and_unknown_stays_unknown(app, examples, now):
    take((examples / "pla-2022.yaml").read_bytes(), now)
    spells = db.session.execute(
        sa.select(Organisation.key, MembershipSpell.source).join(
            Organisation, Organisation.id == MembershipSpell.organisation_id
        )
    ).all()
    assert {row.key for row in spells} == {"openacademy", "l4wb", "ussf", "foc", "softtulip", "voinicel", "feis"}
    assert all(row.source.startswith("implied by the Overview 2022") for row in spells)


def test_a_changed_file_changes_only_what_differs(app, now):
    take(SMALL, now)
    again = take(SMALL.replace("A title", "A better title").replace("One outcome", "Another outcome"), now)
    assert (again.activities.changed, again.organisations.same, again.figures.same) == (1, 2, 2)
    activity = db.session.scalar(sa.select(Activity))
    assert (activity.title, activity.slug, activity.revision) == ("A better title", "a-title", 2)
    assert db.session.scalars(sa.select(Outcome.text)).all() == ["Another outcome"]


def test_groups_take_the_place_of_a_value(app, now):
    take(SMALL, now)
    groups = "{groups: [{label: morning, value: 5}, {label: evening, value: 6}], source: a report}"
    take(SMALL.replace("{value: 8, source: a report}", groups), now)
    found = db.session.execute(
        sa.select(DeclaredFigure.label, DeclaredFigure.value)
        .where(DeclaredFigure.statistic == "participants")
        .order_by(DeclaredFigure.position)
    ).all()
    assert [tuple(row) for row in found] == [("morning", 5), ("evening", 6)]


def test_an_organisation_that_is_here_under_another_key_is_not_made_twice(app, now):
    make.make_organisation("body one")
    assert take(SMALL, now).organisations.new == 1
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Organisation)) == 2
    assert take(SMALL, now).changed_nothing


def test_a_name_of_another_organisation_refuses_the_whole_file(app, now):
    make.make_organisation("Some Other Body")
    before = rows()
    with pytest.raises(Refused, match="is the name of another organisation"):
        take(SMALL.replace("country: SI,", "country: SI, aliases: [Some other body],"), now)
    assert rows() == before


def changed(old, new):
    assert old in SMALL
    return SMALL.replace(old, new, 1)


def with_second(start):
    return changed("figures:", f"  - {{{start}, title: B, status: approved}}\nfigures:")


BAD = {
    "an unknown key": (changed("    title: A title", "    titel: A\n    title: A title"), 9, "no field “titel”"),
    "an unknown key at the top": (SMALL + "figurs: []\n", 20, "no field “figurs”"),
    "a missing title": (changed("    title: A title\n", ""), 7, "title: this is missing"),
    "an empty title": (changed("title: A title", 'title: "  "'), 9, "title: this is empty"),
    "a title that is too long": (changed("title: A title", "title: " + "x" * 201), 9, "too long (201 characters; 200 fit)"),
    "a number for a text": (changed("title: A title", "title: 2024"), 9, 'Put it in quotes: "2024"'),
    "a text for a number": (changed("value: 31", 'value: "31"'), 19, "must be a whole number"),
    "a fraction": (changed("value: 31", "value: 3.5"), 19, "must be a whole number"),
    "a number below zero": (changed("value: 31", "value: -1"), 19, "from 0 to"),
    "an octal number": (changed("order: 1", "order: 0o7"), 8, "must be a whole number"),
    "Norway unquoted": (changed('country: "NO"', "country: NO"), 5, 'write "NO" in quotes'),
    "a country that is none": (changed("country: SI", "country: Slovenia"), 4, "no country code"),
    "small letters of a country": (changed("country: SI", "country: si"), 4, "no country code"),
    "a bad month": (changed("start: 2024-03", "start: 2024-13"), 11, "“2024-13” is not a month"),
    "a day for a month": (changed("start: 2024-03", "start: 2024-03-01"), 11, "is not a month like"),
    "a day that does not exist": (changed("from: 2011-01-01", "from: 2011-02-30"), 4, "is not a date like"),
    "an end before its start": (changed("end: 2024-04", "end: 2024-02"), 11, "ends before it begins"),
    "completed without an end": (changed(", end: 2024-04", ""), 11, "completed, and has no end"),
    "completed without a period": (changed("    period: {start: 2024-03, end: 2024-04}\n", ""), 7, "has no end"),
    "an end and none": (changed("end: 2024-04", "end: 2024-04, open_end: true"), 11, "said to have none"),
    "a yes that is no boolean": (changed("host: one", "host: one\n    records_complete: yes"), 13, "true or false"),
    "a status that is none": (changed("status: completed", "status: done"), 10, "“done” is none of: draft"),
    "a theme that is none": (changed("host: one", "host: one\n    theme: play"), 13, "“play” is none of: standards"),
    "a format that is none": (changed("format: webinar", "format: seminar"), 15, "“seminar” is none of"),
    "a count of nothing": (changed("count: 2", "count: 0"), 15, "from 1 to 1000"),
    "an activity twice": (with_second("id: pla-1, order: 2"), 18, "“pla-1” is given twice"),
    "an order twice": (with_second("id: pla-2, order: 1"), 18, "order 1 is given twice"),
    "an organisation twice": (changed("id: two", "id: one"), 5, "“one” is given twice"),
    "a name twice": (changed("Body Two", "BODY ONE"), 5, "also a name of the organisation “one”"),
    "an id with blanks": (changed("id: pla-1", "id: PLA 1"), 7, "small letters, digits and hyphens"),
    "a host that nobody is": (changed("host: one", "host: onne"), 12, "no organisation “onne”"),
    "a co-host that nobody is": (changed("[two]", "[two, tree]"), 13, "no organisation “tree”"),
    "a host who is co-host too": (changed("[two]", "[one]"), 13, "is host already"),
    "a supporter that nobody is": (SMALL + "supporters: [five]\n", 20, "no organisation “five”"),
    "a figure that is none": (changed("members_involved", "members_invloved"), 19, "is no figure of the overview"),
    "a figure without a source": (changed("value: 31, source: a report", "value: 31"), 19, "source: this is missing"),
    "a figure twice": (SMALL + "  - {statistic: members_involved, value: 30, source: b}\n", 20, "given twice"),
    "participants without a source": (changed("value: 8, source: a report", "value: 8"), 14, "source: this is missing"),
    "participants without a number": (changed("value: 8, source", "source"), 14, "value: this is missing"),
    "an override without a reason": (changed("value: 31,", "value: 31, override: true,"), 19, "say in “note” why"),
    "a spell that ends first": (changed("from: 2011-01-01", "from: 2011-01-01, to: 2010-12-31"), 4, "ends before it begins"),
    "a list that is none": (changed("co_hosts: [two]", "co_hosts: two"), 13, "must be a list"),
    "a mapping that is none": (changed("period: {start: 2024-03, end: 2024-04}", "period: 2024"), 11, "named fields"),
    "an address that is no link": (changed("https://films.example/1", "javascript:alert(1)"), 17, "must begin with https://"),
    "a key twice": (changed("    host: one", "    host: one\n    host: two"), 13, "“host” is given twice"),
    "another schema": (changed("ecwi-edition/1", "ecwi-edition/9"), 1, "is not known"),
    "no edition": (changed("edition: {year: 2024}\n", ""), 1, "edition: this is missing"),
    "a year far away": (changed("year: 2024", "year: 1066"), 2, "from 2000 to 2100"),
    "an alias": (changed("host: one", "host: &a one\n    strapline: *a"), 12, "aliases"),
    "a tab": (changed("    host: one", "\thost: one"), 12, "not YAML"),
    "a bracket left open": (changed("[two]", "[two"), 14, "not YAML"),
    "a tag of Python": (changed("title: A title", "title: !!python/name:os.system A"), 9, "must be text"),
    "nothing": ("", 1, "empty"),
    "a list instead of fields": ("- a\n", 1, "named fields"),
    "two documents": (SMALL + "---\na: b\n", 20, "not YAML"),
    "too deep": ("a: " + "[" * 40 + "]" * 40, 1, "nested too deeply"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_line_and_reason(name):
    text, line, reason = BAD[name]
    with pytest.raises(BadFile) as refused:
        read(text)
    found = {fault.line: fault.message for fault in refused.value.faults}
    assert line in found, found
    assert reason in found[line]
    assert f"file.yaml:{line}: " in refused.value.message


def test_all_faults_are_named_at_once_in_the_order_of_the_file():
    text = SMALL.replace("title: A title", "title: 5").replace('"NO"', "NO").replace("value: 31", "value: x")
    with pytest.raises(BadFile) as refused:
        read(text)
    assert [fault.line for fault in refused.value.faults] == [5, 9, 19]
    assert refused.value.message.count("\n") == 2


@pytest.mark.parametrize(
    ("body", "line", "reason"),
    [
        (b"schema: ecwi-edition/1\nedition: \xff\n", 2, "not UTF-8"),
        (b"schema: ecwi-edition/1\nedition: \x07\n", 2, "no text may hold"),
        (b"x" * (LARGEST_BYTES + 1), 1, "larger than 5 MB"),
        (b"a: &a [1]\nb: &b [*a, *a]\nc: [*b, *b]\n", 1, "aliases"),
    ],
)
def test_bytes_that_are_no_file_of_ours(body, line, reason):
    with pytest.raises(BadFile) as refused:
        read(body)
    (fault,) = refused.value.faults
    assert (fault.line, reason in fault.message) == (line, True)


def test_many_faults_are_cut_short():
    text = SMALL + "".join(f"unknown{number}: 1\n" for number in range(80))
    with pytest.raises(BadFile) as refused:
        read(text)
    assert len(refused.value.faults) == 80
    assert refused.value.message.endswith("… and 30 more")


def test_a_byte_order_mark_and_windows_line_ends_are_taken():
    assert read(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode()).year == 2024


PIECES = st.sampled_from(
    ["", " ", "\n", "- ", "? ", ": ", "{", "}", "[", "]", "!!set ", "<<: ", "null", "~", "1e9", "'", '"', "#", "|", ">",
     "NO", "2024-02-30", "\t", "%TAG", "---\n", "...\n", "=", "\u2028", "\ufeff", "9" * 5000]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SMALL)), st.integers(0, 30), PIECES), min_size=1, max_size=4))
def test_whatever_is_in_a_file_it_is_taken_or_refused_with_lines(changes):
    text = SMALL
    for start, length, piece in changes:
        text = text[:start] + piece + text[start + length :]
    faults = []
    try:
        read(text)
    except BadFile as refused:
        faults = refused.faults
    lines = len(text.splitlines()) + 1
    assert all(1 <= fault.line <= lines and fault.message.endswith(".") for fault in faults)
