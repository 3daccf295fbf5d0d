import io
from datetime import timedelta

import pytest

from ecwi_events.kernel.db import db, transaction
from ecwi_events.programme import no_resources, resources
from ecwi_events.programme import queries as programme
from ecwi_events.programme.models_files import Audience, ResourceKind
from ecwi_events.programme.resources import TypedResource
from ecwi_events.registration import queries as registrations
from tests import make
from tests.make import NOW
from tests.programme.files_by_hand import PDF
from tests.web.conftest import words

TYPED = {"kind": "handout", "title": "Priročnik <b>", "audience": "everyone"}


@pytest.fixture
def organisation(app):
    return make.make_organisation()


@pytest.fixture
def activity_id(organisation):
    return make.make_activity(host_id=organisation)


@pytest.fixture
def host(client, organisation):
    make.signed_in(client, make.make_host(organisation))
    return client


def address(activity_id):
    return f"/host/activities/{activity_id}/resources"


def send(client, activity_id, *, body=PDF, name="handout.pdf", **change):
    data = TYPED | change | {"file": (io.BytesIO(body), name)}
    return client.post(address(activity_id), data=data, content_type="multipart/form-data")


def one_of(activity_id):
    db.session.expire_all()
    [one] = resources.resources_of(activity_id)
    return one


def test_a_host_sends_a_file_and_everybody_gets_it_as_an_attachment(host, client, activity_id, organisation):
    assert send(host, activity_id, language="uk", country="SI", licence="CC BY 4.0").status_code == 303
    resource = one_of(activity_id)
    page = words(host.get(address(activity_id)))
    assert "Priročnik <b>" in page and "handout.pdf" in page
    client.post("/sign-out")
    public = words(client.get("/library"))
    assert "Handout · Ukrainian · Slovenia · CC BY 4.0 · file to download" in public
    answer = client.get(f"/resources/{resource.id}/file", buffered=True)
    assert answer.data == PDF and answer.headers["Content-Disposition"] == "attachment; filename=handout.pdf"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "body"), [("a.svg", b"<svg/>"), ("a.html", b"<p>"), ("a.pdf", b"<script>"), ("a.pdf", b"")]
)
def test_files_that_could_run_or_lie_are_refused_and_what_was_typed_stays(host, activity_id, name, body):
    answer = send(host, activity_id, name=name, body=body, title="Kept title")
    assert answer.status_code == 422 and 'value="Kept title"' in answer.text and 'id="file-fault"' in answer.text
    assert resources.resources_of(activity_id) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": ""}, "Enter a title"),
        ({"url": "javascript:alert(1)"}, "Enter a full address"),
        ({"kind": "magic"}, "Choose one from the list"),
        ({"audience": ""}, "Choose one from the list"),
        ({"available_on": "soon"}, "Enter a day like"),
        ({"available_on": "0001-01-01"}, "Enter a day like"),
    ],
)
def test_what_cannot_be_taken_is_said(host, activity_id, change, said):
    answer = host.post(address(activity_id), data=TYPED | change)
    assert answer.status_code == 422 and said in answer.text
    assert resources.resources_of(activity_id) == []


def test_a_host_reads_that_a_later_recording_has_a_mail_of_its_own_and_what_comes_after_it_has_none(host, activity_id):
    page = words(host.get(address(activity_id)))
    assert "a recording that comes later has a mail of its own. More than these two we do not send" in page


def test_the_same_form_sent_twice_makes_one_resource(host, activity_id):
    word = host.get(address(activity_id)).text.split('name="once" value="')[1].split('"')[0]
    for _ in range(2):
        sent = {"kind": "handout", "title": "Guide", "audience": "everyone", "once": word}
        sent["file"] = (io.BytesIO(PDF), "guide.pdf")
        answer = host.post(address(activity_id), data=sent, content_type="multipart/form-data")
        assert answer.status_code == 303
    assert len(resources.resources_of(activity_id)) == 1
    assert "This form was sent before" in host.get(address(activity_id)).text


def test_a_resource_is_changed_and_removed(host, activity_id):
    send(host, activity_id)
    path = f"{address(activity_id)}/{one_of(activity_id).id}"
    assert 'name="drop_file"' in host.get(path).text
    assert host.post(path, data=TYPED | {"available_on": "2026-12-01", "drop_file": "yes"}).status_code == 303
    changed = one_of(activity_id)
    assert changed.file_id is None and changed.available_at.isoformat() == "2026-11-30T23:00:00+00:00"
    assert 'value="2026-12-01"' in host.get(path).text
    assert host.post(path, data=TYPED | {"title": ""}).status_code == 422
    assert host.post(f"{path}/move", data={"act": "up"}).status_code == 303
    assert host.post(f"{path}/remove").status_code == 303
    assert host.get(path).status_code == 404


def test_resources_of_others_look_as_if_they_did_not_exist(host, activity_id):
    other = make.make_activity()
    with transaction():
        theirs = resources.add_resource(other, TypedResource(ResourceKind.LINK, "Theirs"), now=NOW)
    for path in (address(other), f"{address(other)}/{theirs}", f"{address(activity_id)}/{theirs}"):
        assert host.get(path).status_code == 404
        assert host.post(path, data=TYPED).status_code == 404
    assert host.post(f"{address(activity_id)}/{theirs}/remove").status_code == 404
    assert host.post(f"{address(other)}/{theirs}/move").status_code == 404


def test_what_is_for_people_who_signed_up_is_for_nobody_else(host, client, activity_id, the_clock):
    send(host, activity_id, audience=Audience.SIGNED_UP.value, title="Only for us")
    file = f"/resources/{one_of(activity_id).id}/file"
    client.post("/sign-out")
    assert client.get(file).status_code == 404 and "Only for us" not in client.get("/library").text
    mine = registrations.find_sign_up(make.sign_up(activity_id).registration_id)
    slug = mine.activity.slug
    assert "Only for us" not in client.get(f"/a/{slug}").text
    personal = f"/m/{mine.token}/resources/{one_of(activity_id).id}"
    assert client.get(personal, buffered=True).data == PDF
    assert client.get(f"/m/{'A' * len(mine.token)}/resources/{one_of(activity_id).id}").status_code == 404
    elsewhere = registrations.find_sign_up(make.sign_up(make.make_activity()).registration_id)
    assert client.get(f"/m/{elsewhere.token}/resources/{one_of(activity_id).id}").status_code == 404
    make.withdraw(mine.registration_id)
    assert client.get(personal).status_code == 404
    make.signed_in(client, mine.person_id)
    assert client.get(file).status_code == 404


def test_members_open_what_is_for_members_once_its_day_has_come(host, client, activity_id, the_clock):
    send(host, activity_id, audience=Audience.MEMBERS.value, available_on="2026-11-23", title="For Members")
    file = f"/resources/{one_of(activity_id).id}/file"
    name = "A Member of ours"
    make.make_organisation(name)
    member = make.make_person(organisation=name)
    with transaction() as session:
        session.execute(_works_for(member, name))
    make.signed_in(client, member, now=NOW)
    assert client.get(file).status_code == 404
    the_clock.now = NOW + timedelta(days=2)
    make.signed_in(client, member, now=the_clock.now)
    assert client.get(file, buffered=True).data == PDF
    make.signed_in(client, make.make_person("Nobody special"), now=the_clock.now)
    assert client.get(file).status_code == 404


def _works_for(person_id, name):
    import sqlalchemy as sa

    from ecwi_events.people.models import Organisation, Person

    wanted = sa.select(Organisation.id).where(Organisation.name == name).scalar_subquery()
    return sa.update(Person).where(Person.id == person_id).values(organisation_id=wanted)


def test_the_activity_page_lists_what_the_reader_may_open(host, client, activity_id):
    send(host, activity_id)
    slug = registrations.find_sign_up(make.sign_up(activity_id).registration_id).activity.slug
    shown = client.get(f"/a/{slug}").text
    assert f"/resources/{one_of(activity_id).id}/file" in shown and "<b>Priro" not in shown


def test_the_library_is_paged_and_asks_always_the_same_number_of_questions(client, activity_id, asked):
    def add(number):
        with transaction():
            resources.add_resource(activity_id, TypedResource(ResourceKind.GUIDE, f"Guide {number:03}"), now=NOW)

    def questions(path="/library"):
        asked.clear()
        assert client.get(path).status_code == 200
        return len(asked)

    add(0)
    one = questions()
    for number in range(1, 32):
        add(number)
    assert questions() == one <= 3
    first, second = client.get("/library?kind=guide").text, client.get("/library?kind=guide&page=2").text
    assert "Guide 029" in first and "Guide 030" not in first and "kind=guide&amp;page=2" in first
    assert "Guide 031" in second and "Guide 029" not in second
    for odd in ("?page=0", "?page=-1", "?page=%D9%A1", "?page=9999999999", "?theme=x&kind=%00", "?q=" + "x" * 5000):
        assert client.get(f"/library{odd}").status_code == 200


def test_the_page_of_hosts_asks_the_same_number_of_questions_for_one_resource_and_for_many(host, activity_id, asked):
    def questions():
        asked.clear()
        host.get(address(activity_id))
        return len(asked)

    host.post(address(activity_id), data=TYPED)
    one = questions()
    for _ in range(4):
        host.post(address(activity_id), data=TYPED)
    assert questions() == one


def test_an_empty_library_says_so(client):
    assert "There is nothing here yet" in client.get("/library").text
    assert "Nothing fits" in client.get("/library?q=nothing").text


def test_where_there_are_several_sessions_a_resource_can_be_of_one(host, client, organisation):
    one = make.make_activity("One session", host_id=organisation)
    assert "Of which session" not in client.get(f"/host/activities/{one}/resources").text
    series = make.make_activity(
        "Two sessions", host_id=organisation, sessions=[make.make_session("First <b>"), make.make_session("Second")]
    )
    here = f"/host/activities/{series}/resources"
    first, _ = (session.id for session in programme.find_activity(series).sessions)
    page = client.get(here).text
    assert f'<option value="{first}">1. First &lt;b&gt;' in page and "Of which session" in page
    typed = {"kind": "recording", "title": "Film", "url": "https://film.example/", "audience": "everyone"}
    for wrong in ("x", "999999", "9" * 12, "-1"):
        answer = client.post(here, data={**typed, "session": wrong})
        assert answer.status_code == 422 and "Choose a session from the list" in answer.text
    assert client.post(here, data={**typed, "session": str(first)}).status_code == 303
    (resource,) = resources.resources_of(series)
    assert resource.session_id == first
    assert "· session 1: First &lt;b&gt;" in client.get(here).text
    form = client.get(f"{here}/{resource.id}").text
    assert f'<option value="{first}" selected>' in form
    assert client.post(f"{here}/{resource.id}", data={**typed, "session": ""}).status_code == 303
    assert resources.get_resource(series, resource.id).session_id is None
    assert "· of all sessions" in client.get(here).text
    client.post(f"/host/activities/{one}/resources", data=typed)
    assert "of all sessions" not in client.get(f"/host/activities/{one}/resources").text


def say(host, activity_id, act):
    return host.post(f"{address(activity_id)}/none", data={"act": act})


def test_a_host_says_that_there_are_no_resources_and_takes_it_back(host, activity_id):
    assert "There are no resources</button>" in words(host.get(address(activity_id)))
    for _ in range(2):
        assert say(host, activity_id, "say").status_code == 303
    page = words(host.get(address(activity_id)))
    assert "There are no resources. Nobody is asked for them." in page and "Take this back</button>" in page
    assert say(host, activity_id, "take_back").status_code == 303
    assert "No resources yet." in words(host.get(address(activity_id)))


def test_a_resource_takes_it_back_and_where_there_are_some_nobody_says_none(host, activity_id):
    say(host, activity_id, "say")
    send(host, activity_id)
    db.session.rollback()
    assert not no_resources.is_said(activity_id)
    db.session.rollback()
    refused = say(host, activity_id, "say")
    assert refused.status_code == 409 and "This activity has resources." in words(refused)
    assert not no_resources.is_said(activity_id)


def test_others_say_nothing_about_an_activity(host, client):
    other = make.make_activity("Other", host_id=make.make_organisation("Others"))
    assert say(host, other, "say").status_code == 404
    assert not no_resources.is_said(other)


def test_looking_at_the_page_locks_no_row(host, activity_id, asked):
    asked.clear()
    assert host.get(address(activity_id)).status_code == 200
    assert asked and not [one for one in asked if "FOR UPDATE" in one]
