import io
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound
from ecwi_events.programme import files, library, link_checks, resources, rules_resources
from ecwi_events.programme.library import Wanted
from ecwi_events.programme.models import Activity, ActivityStatus, Resource, Theme, Visibility
from ecwi_events.programme.models_files import Audience, ResourceKind
from ecwi_events.programme.resources import TypedResource
from ecwi_events.programme.rules import STRANGER, Viewer
from ecwi_events.programme.rules_resources import Opened
from ecwi_events.work.models import Work
from tests import make
from tests.make import NOW
from tests.programme.files_by_hand import PDF

LATER = NOW + timedelta(days=7, seconds=1)


def sent(body=PDF, name="a.pdf"):
    return files.receive(io.BytesIO(body), name, most_bytes=10**6)


def add(activity_id, title="Handbook", *, file=None, kind=ResourceKind.GUIDE, **values):
    with transaction():
        return resources.add_resource(activity_id, TypedResource(kind, title, **values), file=file, now=NOW)


MEMBER, SIGNED_UP = Viewer(is_member=True), Viewer(signed_up_for=frozenset({1}))
HOST, OFFICE, OTHER = Viewer(host_of=frozenset({7})), Viewer(sees_all=True), Viewer(signed_up_for=frozenset({2}))


@pytest.mark.parametrize(
    ("audience", "opens"),
    [
        ("everyone", {STRANGER, MEMBER, SIGNED_UP, OTHER, HOST, OFFICE}),
        ("members", {MEMBER, HOST, OFFICE}),
        ("signed_up", {SIGNED_UP, HOST, OFFICE}),
    ],
)
def test_who_may_open_a_resource(audience, opens):
    everybody = {STRANGER, MEMBER, SIGNED_UP, OTHER, HOST, OFFICE}
    now_open, to_come = Opened(1, [7], audience, NOW), Opened(1, [7], audience, NOW + timedelta(seconds=1))
    assert {one for one in everybody if rules_resources.may_open(now_open, one, now=NOW)} == opens
    assert {one for one in everybody if rules_resources.may_open(to_come, one, now=NOW)} == {HOST, OFFICE}


@pytest.mark.parametrize(
    "url", ["example.org", "ftp://example.org", "javascript:alert(1)", "https://", "https://a b/", "https://u:p@example.org/",
            "http://[::1", "https://example.org:port/", "https://example.org/\u202egnp", "https://example.org/" + "x" * 500,
            "//example.org"],
)  # fmt: skip
def test_addresses_that_nobody_should_follow_are_refused(url):
    assert rules_resources.url_fault(url)


def test_addresses_of_the_web_are_taken():
    assert rules_resources.url_fault("https://example.org/guide?lang=uk#part") is None
    assert rules_resources.url_fault("http://приклад.укр/") is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 301}, "title"),
        ({"url": "example.org"}, "url"),
        ({"url": "https://example.org/", "file": True}, "url"),
        ({"language": "xx-klingon"}, "language"),
        ({"country": "ZZ"}, "country"),
        ({"licence": "x" * 81}, "licence"),
    ],
)
def test_what_cannot_be_taken_is_said_at_its_field(app, values, field):
    activity_id = make.make_activity()
    values = dict(values)
    file = sent() if values.pop("file", False) else None
    with pytest.raises(Invalid) as no:
        add(activity_id, **{"title": "Good"} | values, file=file)
    assert set(no.value.fields) == {field}
    assert resources.resources_of(activity_id) == []


def test_resources_are_ordered_changed_and_removed_with_their_files(app):
    activity_id = make.make_activity()
    first, second = add(activity_id, "First", file=sent()), add(activity_id, "Second")
    with transaction():
        resources.move_resource(activity_id, second, up=True, now=NOW)
    assert [one.title for one in resources.resources_of(activity_id)] == ["Second", "First"]
    file_id = resources.get_resource(activity_id, first).file_id
    with transaction():
        changed = TypedResource(ResourceKind.LINK, "Now a link", url="https://example.org/")
        resources.change_resource(activity_id, first, changed, now=NOW)
    assert resources.get_resource(activity_id, first).file_id is None
    with transaction():
        assert files.purge(file_id)
        resources.remove_resource(activity_id, first, now=NOW)
    with pytest.raises(NotFound):
        resources.get_resource(activity_id, first)


def test_resources_of_other_activities_are_out_of_reach(app):
    one, other = make.make_activity(), make.make_activity()
    resource_id = add(one)
    with pytest.raises(NotFound), transaction():
        resources.remove_resource(other, resource_id, now=NOW)
    with pytest.raises(NotFound), transaction():
        resources.add_resource(10**6, TypedResource(ResourceKind.LINK, "Nowhere"), now=NOW)


def test_a_file_is_found_by_those_who_may_open_it(app):
    activity_id = make.make_activity()
    resource_id = add(activity_id, file=sent(), audience=Audience.SIGNED_UP)
    signed_up = Viewer(signed_up_for=frozenset({activity_id}))
    assert library.find_file(resource_id, signed_up, now=NOW).name == "a.pdf"
    for viewer in (STRANGER, Viewer(is_member=True), Viewer(host_of=frozenset({10**6}))):
        assert library.find_file(resource_id, viewer, now=NOW) is None
    assert library.find_file(add(activity_id), OFFICE, now=NOW) is None  # there is no file


def test_a_file_of_a_draft_is_for_its_makers_only(app):
    host = make.make_organisation()
    activity_id = make.make_activity(host_id=host, status=ActivityStatus.DRAFT)
    resource_id = add(activity_id, file=sent())
    assert library.find_file(resource_id, STRANGER, now=NOW) is None
    assert library.find_file(resource_id, Viewer(signed_up_for=frozenset({activity_id})), now=NOW) is None
    for viewer in (OFFICE, Viewer(host_of=frozenset({host}))):
        assert library.find_file(resource_id, viewer, now=NOW)


def titles(wanted=library.EVERYTHING, *, now=NOW, **page):
    return [one.title for one in library.public_resources(wanted, now=now, **{"limit": 50} | page)]


def test_the_library_holds_what_everybody_may_open_of_what_everybody_may_see(app):
    activity_id = make.make_activity()
    add(activity_id, "Public")
    add(activity_id, "For Members", audience=Audience.MEMBERS)
    add(activity_id, "For those who signed up", audience=Audience.SIGNED_UP)
    add(activity_id, "From tomorrow", available_at=NOW + timedelta(days=1))
    add(make.make_activity(status=ActivityStatus.DRAFT), "Of a draft")
    hidden = make.make_activity()
    add(hidden, "Of an activity for Members")
    with transaction() as session:
        session.execute(sa.update(Activity).where(Activity.id == hidden).values(visibility=Visibility.MEMBERS))
    assert titles() == ["Public"]
    assert titles(now=NOW + timedelta(days=1)) == ["Public", "From tomorrow"]


def test_the_library_is_searched_in_every_script_and_filtered(app):
    activity_id = make.make_activity()
    with transaction() as session:
        session.execute(sa.update(Activity).where(Activity.id == activity_id).values(theme=Theme.TRAINING))
    add(activity_id, "Priročnik za mentorje 100%", country="SI", language="uk", kind=ResourceKind.HANDOUT)
    add(activity_id, "Довідник для наставників", theme=Theme.MENTORING)
    assert titles(Wanted("PRIROCNIK mentor")) == ["Priročnik za mentorje 100%"]
    assert titles(Wanted("dovidnik")) == titles(Wanted("ДОВІДНИК")) == ["Довідник для наставників"]
    assert titles(Wanted("100%")) == ["Priročnik za mentorje 100%"] and titles(Wanted("_")) == []
    assert titles(Wanted(theme="training")) == ["Priročnik za mentorje 100%"]
    assert titles(Wanted(theme="mentoring")) == titles(Wanted(kind="guide")) == ["Довідник для наставників"]
    assert titles(Wanted(country="SI")) == titles(Wanted(language="uk")) == titles(Wanted(kind="handout"))
    for nonsense in (Wanted(kind="nonsense"), Wanted(theme="'"), Wanted(country="%"), Wanted(language="\x00")):
        assert titles(nonsense) == []
    assert library.public_choices(now=NOW) == {
        "theme": ["mentoring", "training"], "country": ["SI"], "language": ["uk"], "kind": ["guide", "handout"],
    }  # fmt: skip
    assert titles(limit=1, offset=1) == ["Довідник для наставників"]


def test_addresses_are_looked_at_once_a_week(app):
    activity_id = make.make_activity()
    resource_id = add(activity_id, url="https://example.org/")
    add(activity_id, "No address")
    works = sa.select(sa.func.count(Work.id)).where(Work.kind == link_checks.KIND)
    assert db.session.scalar(works) == 1  # a new address is looked at soon
    with transaction():
        assert link_checks.note_answer(resource_id, "https://example.org/", answers=True, result="fine", now=NOW)
    for now, expected in ((NOW + timedelta(days=6), 1), (LATER, 2), (LATER + timedelta(minutes=1), 2)):
        with transaction():
            link_checks.derive_due(now=now)
        assert db.session.scalar(works) == expected


def test_since_when_an_address_is_silent_stays_until_it_answers(app):
    activity_id = make.make_activity()
    resource_id = add(activity_id, url="https://example.org/")

    def note(*, answers, now):
        with transaction():
            kept = link_checks.note_answer(resource_id, "https://example.org/", answers=answers, result="seen", now=now)
        db.session.expire_all()
        return kept, db.session.get(Resource, resource_id).silent_since

    assert note(answers=False, now=NOW) == (True, NOW)
    assert note(answers=False, now=LATER) == (True, NOW)
    assert library.public_resources(now=NOW, limit=1)[0].is_silent
    assert note(answers=True, now=LATER) == (True, None)
    with transaction():
        changed = TypedResource(ResourceKind.GUIDE, "Handbook", url="https://example.org/new")
        resources.change_resource(activity_id, resource_id, changed, now=NOW)
    assert note(answers=False, now=LATER) == (False, None)  # it was about the old address
