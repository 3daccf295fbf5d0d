"""The work as the office sees it: the whole story, and two buttons."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.attendance import messages
from ecwi_events.attendance.models_messages import Audience
from ecwi_events.jobs import rounds
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import db, transaction
from ecwi_events.people.models import Role
from ecwi_events.programme import queries as programme
from ecwi_events.web.office.work import KINDS
from ecwi_events.work import hearts, service
from ecwi_events.work.models import Work, WorkState
from tests import make


@pytest.fixture
def office(client):
    make.signed_in(client, make.make_office())
    return client


def put(key, reference=7, kind="mail.send", **facts):
    with transaction():
        service.put(kind, reference, dedup_key=key, now=clock.utc_now() - timedelta(minutes=5), **facts)
    return db.session.scalar(sa.select(Work.id).where(Work.dedup_key == key))


def hold(kind="mail.send"):
    with transaction():
        return service.claim((kind,), now=clock.utc_now(), limit=10, lease_seconds=60, holder="host:7")[0]


def give_up(key, reason):
    work_id = put(key)
    piece = hold()
    with transaction():
        service.give_up(piece, reason, now=clock.utc_now())
    return work_id


def state(work_id):
    db.session.rollback()
    return db.session.execute(sa.select(Work.state, Work.cancel_asked_at).where(Work.id == work_id)).one()


def words(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page.text).split())


def test_it_counts_by_queue_and_says_that_no_worker_runs(office):
    put("a", priority=10)
    put("b", priority=80)
    page = words(office.get("/office/work"))
    assert "No worker runs." in page
    assert re.search(r"Urgent: sign-in, what starts soon 1 5 min ago 0 0 0", page)
    assert re.search(r"Compile: overviews 0 – 0 0 0", page)


def test_it_names_workers_and_marks_a_silent_one(office):
    now = clock.utc_now()
    with transaction():
        for name, ago in (("here:1", 5), ("gone:2", 600)):
            facts = {"version": "1.2", "queues": "urgent bulk", "started_at": now}
            hearts.beat(name, now=now - timedelta(seconds=ago), facts=facts)
    page = words(office.get("/office/work"))
    assert "gone:2 urgent, bulk 1.2 10 min ago silent" in page
    assert re.search(r"here:1 urgent, bulk 1.2 \d+ s ago (?!silent)", page)


def test_what_runs_shows_how_far_it_is(office):
    put("a", kind="overview.compile")
    piece = hold("overview.compile")
    with transaction():
        service.checkpoint(piece, lease_seconds=60, done=3, total=12, text="Reading the records")
    page = office.get("/office/work")
    assert "3 of 12: Reading the records" in page.text
    assert 'value="25"' in page.text and "host:7" in page.text
    assert "3 of 12: Reading the records" in office.get(f"/office/work/{piece.id}").text


def test_given_up_work_shows_its_reason_and_is_tried_again_once(office):
    work_id = give_up("a", "550 no such <person>")
    page = office.get(f"/office/work/{work_id}")
    assert "550 no such &lt;person&gt;" in page.text and "given up after 1 try" in words(page)
    answer = office.post(f"/office/work/{work_id}/retry", follow_redirects=True)
    assert "It will be tried again at once." in answer.text
    assert "Had work tried again" in answer.text, "the journal knows"
    assert state(work_id).state is WorkState.DUE
    assert office.post(f"/office/work/{work_id}/retry").status_code == 409


def test_work_is_called_off_or_dropped_once(office):
    waiting, given_up = put("a", due_at=clock.utc_now() + timedelta(days=1)), give_up("b", "no")
    assert "Call it off" in office.get(f"/office/work/{waiting}").text
    assert ">Drop<" in office.get(f"/office/work/{given_up}").text
    for work_id in (waiting, given_up):
        assert "being called off" in office.post(f"/office/work/{work_id}/cancel", follow_redirects=True).text
        assert state(work_id).cancel_asked_at is not None
        assert office.post(f"/office/work/{work_id}/cancel").status_code == 409


def test_what_is_done_has_no_buttons(office):
    work_id = put("a")
    piece = hold()
    with transaction():
        service.finish(piece, now=clock.utc_now())
    main = office.get(f"/office/work/{work_id}").text.partition("<main")[2].partition("</main")[0]
    assert "<button" not in main


def test_work_for_a_message_leads_to_it_and_says_that_it_was_stopped(office):
    activity_id = make.make_activity()
    make.sign_up(activity_id)
    writer = make.make_office("Writes Mails")
    draft = messages.Draft(Audience.CONFIRMED, "Bring a <picture>", "Please bring one.")
    activity, now = programme.find_activity(activity_id), clock.utc_now()
    db.session.rollback()
    with transaction():
        message_id = messages.write_message(activity, draft, key="k", by_person_id=writer, is_office=True, now=now)
    work_id = db.session.scalar(sa.select(Work.id).where(Work.kind == messages.WORK_KIND))
    page = office.get(f"/office/work/{work_id}").text
    assert f'<a href="/host/activities/{activity_id}/messages">Bring a &lt;picture&gt;</a>' in page
    assert ">Stopped</span>" not in page
    with transaction():
        messages.stop_message(activity_id, message_id, now=now)
    assert ">Stopped</span>" in office.get(f"/office/work/{work_id}").text
    mail_id = db.session.scalar(sa.select(Work.id).where(Work.kind == "mail.send").limit(1))
    assert "<dd>“You have a place”: waits, Message-ID" in office.get(f"/office/work/{mail_id}").text


def test_there_is_no_such_piece(office):
    for path in ("/office/work/4711", "/office/work/99999999999"):
        assert office.get(path).status_code == 404
    assert office.post("/office/work/4711/retry").status_code == 404
    assert office.post("/office/work/4711/cancel").status_code == 404


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("?state=dead", {"gone"}), ("?queue=bulk", {"many"}), ("?kind=feed.export", {"feed"}), ("?record=9", {"feed"}),
        ("?record=no&older=no&state=odd", set()), ("", {"gone", "many", "feed"}),
        ("?record=99999999999", {"gone", "many", "feed"}),
    ],
)  # fmt: skip
def test_pieces_are_found(office, question, shown):
    numbers = {"gone": give_up("a", "no"), "many": put("b", priority=80), "feed": put("c", 9, kind="feed.export")}
    page = office.get(f"/office/work{question}").text.partition('id="pieces"')[2]
    assert {name for name, number in numbers.items() if f'/office/work/{number}"' in page} == shown


def test_auditors_read_and_change_nothing(client):
    work_id = give_up("a", "no")
    make.signed_in(client, make.make_staff(Role.AUDITOR))
    assert client.get("/office/work").status_code == 200
    assert client.get(f"/office/work/{work_id}").status_code == 200
    assert client.post(f"/office/work/{work_id}/retry").status_code == 403
    assert client.post(f"/office/work/{work_id}/cancel").status_code == 403
    assert state(work_id).state is WorkState.DEAD


def test_others_see_nothing(client):
    make.signed_in(client, make.make_person("Ana"))
    assert client.get("/office/work").status_code == 403


def test_the_page_asks_as_often_for_three_pieces_as_for_one(office, asked):
    counts = []
    for keys in ("a", "bc"):
        for key in keys:
            put(key)
            hold()
            with transaction():
                hearts.beat(f"host:{key}", now=clock.utc_now(), facts={"queues": "bulk", "started_at": clock.utc_now()})
        asked.clear()
        assert office.get("/office/work").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_every_round_that_leaves_a_piece_of_work_is_called_by_words():
    named = {f"round.{one.name}" for one in rounds.ROUNDS if one.every is not rounds.Every.TICK}
    assert named <= set(KINDS)
