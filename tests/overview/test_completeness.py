"""What an activity lacks for the overview, and who owes it: rules, and the board that is read from real rows."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.attendance import service as attendance
from ecwi_events.attendance.models import Verdict
from ecwi_events.attendance.service import Who
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.mail.models import Mail
from ecwi_events.overview import asking, board, sent_in
from ecwi_events.overview.asking import Sent
from ecwi_events.overview.completeness import ActivityState, HeldSession, Owner, gaps, sendable
from ecwi_events.overview.models_asking import Answer, Question
from ecwi_events.programme import no_resources, outcomes, resources
from ecwi_events.programme.models import (
    Activity,
    ActivityKind,
    ActivitySession,
    ActivityStatus,
    Outcome,
    OutcomeKind,
    Resource,
    SessionStatus,
)
from ecwi_events.programme.models_files import ResourceKind
from ecwi_events.programme.resources import TypedResource
from ecwi_events.registration.models import Registration
from tests import make
from tests.make import NOW

TODAY = date(2026, 11, 21)
END = date(2026, 10, 1)
DONE = ActivityState(
    id=1, title="Mentors", kind=ActivityKind.PLA, status=ActivityStatus.COMPLETED, host_id=1, host="A", known_since=END,
    last_day=END, has_period=True, has_sessions=True, has_structure=True, is_recorded=True, has_number=False,
    is_answered=False, strapline="S", text="T", replanned=None, achieved=1, planned=1, resources=1, money=1,
    held=(HeldSession(END, 5, 5),),
)  # fmt: skip


def codes(state, *, today=TODAY):
    return {gap.code: gap.owner.value for gap in gaps(state, today=today)}


def test_what_is_complete_lacks_nothing():
    assert codes(DONE) == {}


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({"host_id": None}, {"host": "office"}),
        ({"has_period": False, "has_sessions": False}, {"period": "office"}),
        ({"has_structure": False, "has_sessions": False}, {"structure": "office"}),
        ({"strapline": None}, {"strapline": "office"}),
        ({"text": ""}, {"text": "host"}),
        ({"achieved": 0}, {"outcomes": "host"}),
        ({"resources": 0}, {"resources": "host"}),
        ({"resources": 0, "is_answered": True}, {}),
        ({"resources": 0, "says_no_resources": True}, {}),
        ({"achieved": 0, "sent_outcomes": 2}, {"outcomes": "office"}),
        ({"resources": 0, "sent_links": 1, "is_answered": True}, {"resources": "office"}),
        ({"money": 0}, {"money": "office"}),
        ({"held": (HeldSession(END, 4, 5),)}, {"marks": "host"}),
        ({"held": (HeldSession(END, 0, 5),)}, {"marks": "host", "participants": "host"}),
        ({"held": (HeldSession(END, 0, 0),)}, {"participants": "host"}),
        ({"held": (), "has_number": True}, {}),
        ({"held": (HeldSession(END, 0, 5),), "is_recorded": False, "has_number": True}, {}),
        ({"status": ActivityStatus.POSTPONED, "replanned": None}, {"replanned": "office"}),
        ({"status": ActivityStatus.POSTPONED, "replanned": "autumn 2027", "achieved": 0, "money": 0}, {}),
        ({"status": ActivityStatus.POSTPONED, "replanned": "soon", "achieved": 0, "planned": 0}, {"planned": "host"}),
        ({"status": ActivityStatus.PLANNED, "last_day": TODAY, "achieved": 0, "money": 0}, {}),
        (
            {"status": ActivityStatus.RUNNING, "last_day": TODAY - timedelta(days=1), "achieved": 0},
            {"outcomes": "host"},
        ),
        ({"status": ActivityStatus.ONGOING, "achieved": 0, "money": 0, "resources": 0}, {}),
        (
            {"kind": ActivityKind.WEBINAR, "achieved": 0, "money": 0, "resources": 0, "strapline": None, "text": None},
            {},
        ),
        ({"kind": ActivityKind.WEBINAR, "held": ()}, {"participants": "host"}),
    ],
)
def test_each_thing_that_is_missing_has_its_owner(changed, missing):
    assert codes(replace(DONE, **changed)) == missing


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({}, set()),
        ({"achieved": 0}, {"outcomes"}),
        ({"achieved": 0, "resources": 0, "is_answered": True}, {"outcomes", "links"}),
        ({"achieved": 0, "sent_outcomes": 1}, set()),
        ({"resources": 0, "sent_links": 1}, set()),
        ({"resources": 0, "says_no_resources": True}, set()),
        ({"achieved": 0, "resources": 0, "kind": ActivityKind.WEBINAR}, set()),
        ({"achieved": 0, "resources": 0, "status": ActivityStatus.POSTPONED}, set()),
        ({"achieved": 0, "resources": 0, "status": ActivityStatus.ONGOING}, set()),
        ({"resources": 0, "status": ActivityStatus.PLANNED, "last_day": TODAY}, set()),
    ],
)
def test_through_the_link_comes_only_what_is_not_there(changed, names):
    assert sendable(replace(DONE, **changed), today=TODAY) == names


def test_since_when_is_the_first_session_that_nobody_settled():
    late, early = HeldSession(date(2026, 9, 9), 0, 3), HeldSession(date(2026, 9, 1), 1, 3)
    (gap,) = gaps(replace(DONE, held=(late, early)), today=TODAY)
    assert (gap.since, gap.words) == (date(2026, 9, 1), "marks of who was there in 2 sessions")


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        ({"held": (HeldSession(END, 5, 5),)}, {}),
        ({"held": ()}, {}),  # its sessions of the year are still to come
        ({"held": (HeldSession(END, 4, 5),)}, {"marks": "host"}),
        ({"held": (HeldSession(END, 0, 5),)}, {"marks": "host", "participants": "host"}),
        ({"held": (HeldSession(END, 0, 5),), "is_recorded": False}, {"participants": "host"}),
        ({"held": (HeldSession(END, 0, 5),), "is_recorded": False, "has_number": True}, {}),
        ({"achieved": 0, "resources": 0, "money": 0, "strapline": None, "text": None, "has_structure": False}, {}),
    ],
)
def test_of_an_activity_of_another_year_only_who_was_there_is_asked(changed, missing):
    visit = replace(DONE, home_year=2025, **changed)
    assert codes(visit) == missing
    assert sendable(replace(visit, achieved=0, resources=0), today=TODAY) == set(), "that is asked in its own year"


OVER = [("One", "2026-10-05 14:00"), ("Two", "2026-10-12 14:00")]


@pytest.fixture
def held(app):
    """A PLA that is over, with one person, and its host."""
    host = make.make_organisation("Step by Step Example")
    then = NOW - timedelta(days=90)
    activity_id = make.make_activity(
        host_id=host, sessions=[make.make_session(title, starts_local=at) for title, at in OVER], now=then
    )
    make.sign_up(activity_id, now=then)
    return activity_id, host


def lines(**facts):
    return board.board(2026, zone="Europe/Amsterdam", now=NOW, **facts)


def test_the_board_reads_what_is_there(held):
    activity_id, host = held
    ((one,),) = [found.lines for found in lines()]
    assert {gap.code for gap in one.gaps} == {
        "strapline",
        "text",
        "marks",
        "participants",
        "outcomes",
        "resources",
        "money",
    }
    assert {gap.since for gap in one.gaps if gap.code == "marks"} == {date(2026, 10, 5)}
    with transaction():
        outcomes.add_outcome(activity_id, OutcomeKind.ACHIEVED, "We listen", now=NOW)
        person = db.session.scalar(sa.select(Registration.person_id))
        for session in one_sessions(activity_id):
            attendance.mark(session, {Who(person): Verdict.PRESENT}, by_person_id=None, now=NOW)
    ((one,),) = [found.lines for found in lines()]
    assert {gap.code for gap in one.gaps} == {"strapline", "text", "resources", "money"}
    assert [found.id for found in lines(host_id=host)] == [host]
    assert lines(host_id=host + 1) == []


def one_sessions(activity_id):
    return db.session.scalars(sa.select(ActivitySession.id).where(ActivitySession.activity_id == activity_id)).all()


def of_year(year, **facts):
    found = board.board(year, zone="Europe/Amsterdam", now=NOW, **facts)
    return {line.state.id: (line.state.home_year, codes_of(line)) for host in found for line in host.lines}


def codes_of(line):
    return {gap.code for gap in line.gaps}


@pytest.mark.parametrize("home", [2025, 2027])
def test_an_activity_stands_on_the_boards_of_its_year_and_of_the_years_of_its_sessions(held, home):
    activity_id, host = held
    with transaction():
        db.session.execute(sa.update(Activity).values(home_year=home))
    assert of_year(2026, host_id=host) == {activity_id: (home, {"marks", "participants"})}
    assert of_year(home)[activity_id][0] is None and {"marks", "money", "outcomes"} <= of_year(home)[activity_id][1]
    assert of_year(2024) == {} and of_year(2026, host_id=host + 1) == {}
    db.session.rollback()
    with transaction():
        person = db.session.scalar(sa.select(Registration.person_id))
        for session in one_sessions(activity_id):
            attendance.mark(session, {Who(person): Verdict.PRESENT}, by_person_id=None, now=NOW)
    assert of_year(2026) == {activity_id: (home, set())}


def test_of_a_session_at_new_year_its_begin_in_the_zone_of_the_office_decides(app):
    last = make.make_session("Last", starts_local="2025-12-31 23:30", zone="Europe/Amsterdam")
    early = make.make_session("Early", starts_local="2025-12-31 23:30", zone="UTC")
    then = NOW - timedelta(days=400)
    one = make.make_activity("One", home_year=2025, sessions=[last], now=then)
    two = make.make_activity("Two", home_year=2025, sessions=[early], now=then)
    assert of_year(2026) == {two: (2025, {"participants"})}
    assert set(of_year(2025)) == {one, two}


@pytest.mark.parametrize("status", [ActivityStatus.DRAFT, ActivityStatus.CANCELLED, ActivityStatus.POSTPONED])
def test_what_does_not_count_in_a_year_visits_no_board(held, status):
    with transaction():
        db.session.execute(sa.update(Activity).values(status=status, home_year=2025))
    assert of_year(2026) == {}


def test_a_cancelled_session_brings_an_activity_to_no_board(held):
    with transaction():
        db.session.execute(sa.update(Activity).values(home_year=2025))
        db.session.execute(sa.update(ActivitySession).values(status=SessionStatus.CANCELLED))
    assert of_year(2026) == {}


@pytest.mark.parametrize("status", [ActivityStatus.DRAFT, ActivityStatus.CANCELLED])
def test_what_is_not_printed_lacks_nothing(held, status):
    with transaction():
        db.session.execute(sa.update(Activity).values(status=status))
    assert lines() == []


def ask(host, *, now=NOW, **facts):
    with transaction():
        return asking.ask_host(host, 2026, by_person_id=None, now=now, **facts)


class TestAsking:
    def test_everybody_who_acts_for_the_host_gets_one_mail(self, held):
        _, host = held
        make.make_host(host, "Hanna Host")
        make.make_host(host, "Hugo Host")
        make.make_host(make.make_organisation(), "Somebody Else")
        assert ask(host) == 2
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Mail).where(Mail.kind == "overview.ask")) == 2

    def test_nobody_to_ask_is_said(self, held):
        with pytest.raises(Refused) as refused:
            ask(held[1])
        assert refused.value.code == "nobody"
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Question)) == 0

    def test_within_a_week_it_warns_and_asks_only_when_told_to(self, held):
        make.make_host(held[1])
        ask(held[1])
        with pytest.raises(Refused) as refused:
            ask(held[1], now=NOW + timedelta(days=6, hours=23))
        assert refused.value.code == "lately"
        assert ask(held[1], now=NOW + timedelta(days=1), again=True) == 1
        assert ask(held[1], now=NOW + timedelta(days=9)) == 1

    def test_an_organisation_that_is_not_there(self, app):
        with pytest.raises(NotFound):
            ask(4711)


class TestAnswering:
    @pytest.fixture
    def asked(self, held):
        make.make_host(held[1])
        ask(held[1])
        return asking.find_asked(asking.token_of(db.session.scalar(sa.select(Question.uid))), now=NOW)

    def send(self, asked, activity_id, **facts):
        with transaction():
            asking.take_in(asked, activity_id, Sent(**facts), now=NOW)

    def test_outcomes_and_links_wait_and_become_records_when_they_are_accepted(self, held, asked):
        self.send(
            asked, held[0], outcomes=["We listen", "  ", "We plan"], links=[("Guide", "https://x.example/g"), ("", "")],
            note="19 people took part",
        )  # fmt: skip
        assert db.session.scalars(sa.select(Outcome)).all() == db.session.scalars(sa.select(Resource)).all() == []
        ((line,),) = [found.lines for found in lines()]
        assert [one.text for one in line.waiting] == ["We listen", "We plan", "Guide"]
        owners = {gap.code: gap.owner for gap in line.gaps}
        assert (owners["outcomes"], owners["resources"], line.sendable) == (Owner.OFFICE, Owner.OFFICE, frozenset())
        self.accept_all(held[0])
        self.accept_all(held[0])
        assert db.session.scalars(sa.select(Outcome.text).order_by(Outcome.position)).all() == ["We listen", "We plan"]
        assert db.session.scalars(sa.select(Outcome.kind)).all() == [OutcomeKind.ACHIEVED] * 2
        assert db.session.execute(sa.select(Resource.title, Resource.url)).all() == [("Guide", "https://x.example/g")]
        ((line,),) = [found.lines for found in lines()]
        assert (line.notes[0].text, line.notes[0].outcomes, line.notes[0].resources) == ("19 people took part", 2, 1)
        assert {"outcomes", "resources"}.isdisjoint({gap.code for gap in line.gaps}) and line.waiting == ()

    def test_a_note_about_an_activity_of_another_year_with_sessions_in_this_one_comes_in(self, held, asked):
        with transaction():
            db.session.execute(sa.update(Activity).values(home_year=2025))
        self.send(asked, held[0], note="19 people took part")
        assert lines()[0].lines[0].notes[0].text == "19 people took part"
        with pytest.raises(Invalid):
            self.send(asked, held[0], outcomes=["We listen"])
        with pytest.raises(NotFound):
            self.send(asked, make.make_activity("Other"), note="Not ours")

    def test_what_is_not_taken_becomes_nothing_and_can_be_sent_again(self, held, asked):
        self.send(asked, held[0], outcomes=["We listen"])
        self.accept_all(held[0], accept=False)
        assert db.session.scalars(sa.select(Outcome)).all() == []
        ((line,),) = [found.lines for found in lines()]
        assert (line.waiting, "outcomes" in line.sendable) == ((), True)
        self.send(asked, held[0], outcomes=["We listen"])
        assert [one.text for one in sent_in.waiting(held[0])] == ["We listen"]

    def test_what_somebody_wrote_meanwhile_is_not_written_twice(self, held, asked):
        self.send(asked, held[0], outcomes=["We listen"], links=[("Guide", "https://x.example/g")])
        with transaction():
            outcomes.add_outcome(held[0], OutcomeKind.ACHIEVED, "we listen", now=NOW)
        self.accept_all(held[0])
        assert db.session.scalars(sa.select(Outcome.text)).all() == ["we listen"]

    def test_nobody_accepts_what_is_of_another_activity(self, held, asked):
        self.send(asked, held[0], outcomes=["We listen"])
        (one,) = sent_in.waiting(held[0])
        db.session.rollback()
        other = make.make_activity()
        with pytest.raises(NotFound), transaction():
            sent_in.look_at(other, one.id, accept=True, now=NOW)

    @pytest.mark.parametrize("first", [True, False])
    def test_what_was_decided_first_holds_and_is_told_to_who_comes_later(self, held, asked, first):
        self.send(asked, held[0], outcomes=["We listen"])
        (one,) = sent_in.waiting(held[0])
        db.session.rollback()
        for accept in (first, not first, first):
            with transaction():
                assert sent_in.look_at(held[0], one.id, accept=accept, now=NOW) is first
        assert len(outcomes.outcomes_of(held[0])) == first

    def test_that_there_are_no_resources_waits_too(self, held, asked):
        with pytest.raises(Invalid):
            self.send(asked, held[0], no_resources=True, links=[("Guide", "https://x.example/g")])
        for _ in range(2):
            self.send(asked, held[0], no_resources=True)
        assert [one.kind for one in sent_in.waiting(held[0])] == ["no_resources"]
        assert not no_resources.is_said(held[0])
        self.accept_all(held[0])
        assert no_resources.is_said(held[0])

    def take_out(self, activity_id, item_id):
        with transaction():
            return sent_in.take_out(activity_id, item_id, now=NOW + timedelta(minutes=5))

    def accepted(self, activity_id):
        found = {one.text: one.id for one in sent_in.accepted(activity_id)}
        db.session.rollback()
        return found

    def test_what_was_accepted_is_taken_out_again_with_its_record(self, held, asked):
        self.send(asked, held[0], outcomes=["We listen", "We plan"], links=[("Guide", "https://x.example/g")])
        assert self.accepted(held[0]) == {}
        self.accept_all(held[0])
        there = self.accepted(held[0])
        assert list(there) == ["We listen", "We plan", "Guide"]
        assert [one.text for one in lines()[0].lines[0].accepted] == list(there)
        db.session.rollback()
        assert self.take_out(held[0], there["We plan"]) and self.take_out(held[0], there["Guide"])
        assert not self.take_out(held[0], there["We plan"]), "twice changes nothing"
        assert [one.text for one in outcomes.outcomes_of(held[0])] == ["We listen"]
        assert db.session.scalars(sa.select(Resource)).all() == []
        assert list(self.accepted(held[0])) == ["We listen"]
        with pytest.raises(NotFound):
            self.take_out(make.make_activity("Other"), there["We listen"])
        self.send(asked, held[0], links=[("Guide", "https://x.example/g")])
        assert [one.text for one in sent_in.waiting(held[0])] == ["Guide"], "the host may send another one"

    def test_that_there_are_no_resources_is_taken_out_again(self, held, asked):
        self.send(asked, held[0], no_resources=True)
        self.accept_all(held[0])
        (item_id,) = self.accepted(held[0]).values()
        assert self.take_out(held[0], item_id) and not no_resources.is_said(held[0])

    def test_what_somebody_else_wrote_or_changed_is_not_taken_out(self, held, asked):
        self.send(asked, held[0], outcomes=["We listen", "We plan"], links=[("Guide", "https://x.example/g")])
        with transaction():
            outcomes.add_outcome(held[0], OutcomeKind.ACHIEVED, "We listen", now=NOW - timedelta(days=1))
        self.accept_all(held[0])
        there = self.accepted(held[0])
        assert list(there) == ["We plan", "Guide"], "the other one was there before"
        mine = next(one.id for one in outcomes.outcomes_of(held[0]) if one.text == "We plan")
        db.session.rollback()
        with transaction():
            outcomes.change_outcome(held[0], mine, OutcomeKind.ACHIEVED, "We plan together", now=NOW)
            resources.remove_resource(held[0], db.session.scalar(sa.select(Resource.id)), now=NOW)
        with transaction():  # SQLite may give it the number of the one that is gone
            link = TypedResource(ResourceKind.LINK, "Guide", "https://x.example/g")
            resources.add_resource(held[0], link, now=NOW + timedelta(minutes=1))
        assert self.accepted(held[0]) == {}
        assert not any(self.take_out(held[0], item_id) for item_id in there.values())
        assert [one.text for one in outcomes.outcomes_of(held[0])] == ["We listen", "We plan together"]

    def accept_all(self, activity_id, *, accept=True):
        for one in sent_in.waiting(activity_id):
            db.session.rollback()
            with transaction():
                sent_in.look_at(activity_id, one.id, accept=accept, now=NOW)

    def test_a_word_that_there_are_no_resources_settles_them(self, held, asked):
        self.send(asked, held[0], note="There are none")
        ((line,),) = [found.lines for found in lines()]
        assert "resources" not in {gap.code for gap in line.gaps}

    @pytest.mark.parametrize(
        ("facts", "field"),
        [
            ({}, "note"),
            ({"outcomes": ["", "  "]}, "note"),
            ({"outcomes": ["x" * 501]}, "outcomes"),
            ({"outcomes": ["x"] * 21}, "outcomes"),
            ({"links": [("Guide", "ftp://x.example")]}, "url-0"),
            ({"links": [("Guide", "javascript:alert(1)")]}, "url-0"),
            ({"links": [("Guide", "")]}, "url-0"),
            ({"links": [("", "https://x.example")]}, "title-0"),
            ({"note": "x" * 2001}, "note"),
        ],
    )
    def test_what_cannot_be_taken_writes_nothing(self, held, asked, facts, field):
        with pytest.raises(Invalid) as invalid:
            self.send(asked, held[0], **facts)
        assert field in invalid.value.fields
        for table in (Outcome, Resource, Answer):
            assert db.session.scalar(sa.select(sa.func.count()).select_from(table)) == 0

    def test_another_hosts_activity_and_another_year_are_out_of_reach(self, held, asked):
        for other in (make.make_activity(), make.make_activity(host_id=held[1], home_year=2025), 4711):
            with pytest.raises(NotFound):
                self.send(asked, other, note="Hello")

    def test_the_same_form_twice_changes_nothing(self, held, asked):
        form = {"outcomes": ["We listen", "we LISTEN"], "links": [("Guide", "https://x.example/g")] * 2, "note": "19"}
        self.send(asked, held[0], **form)
        self.send(asked, held[0], **form)
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Answer)) == 1
        assert [one.kind.value for one in sent_in.waiting(held[0])] == ["outcome", "resource"]
        self.accept_all(held[0])
        self.send(asked, held[0], **form)
        assert sent_in.waiting(held[0]) == []
        self.send(asked, held[0], note="20, sorry")
        assert db.session.scalars(sa.select(Answer.note).order_by(Answer.id)).all() == ["19", "20, sorry"]

    def test_outcomes_and_links_are_taken_only_where_there_are_none(self, held, asked):
        self.send(asked, held[0], outcomes=["We listen"])
        self.send(asked, held[0], links=[("Guide", "https://x.example/g")])
        for facts, field in (
            ({"outcomes": ["We shout"], "note": "More"}, "outcomes"),
            ({"links": [("Other", "https://x.example/o")]}, "title-0"),
        ):
            with pytest.raises(Invalid) as invalid:
                self.send(asked, held[0], **facts)
            assert set(invalid.value.fields) == {field}
        assert [one.text for one in sent_in.waiting(held[0])] == ["We listen", "Guide"]

    def test_of_what_is_still_to_come_only_a_note_is_taken(self, held, asked):
        to_come = make.make_activity(host_id=held[1])
        with pytest.raises(Invalid):
            self.send(asked, to_come, outcomes=["We will listen"])
        self.send(asked, to_come, note="It may begin later")

    def test_the_link_has_its_time(self, held, asked):
        token = asking.token_of(asked.uid)
        assert asking.find_asked(token, now=NOW + timedelta(days=29, hours=23))
        assert asking.find_asked(token, now=NOW + timedelta(days=30)) is None
        assert asking.find_asked("no-such-token", now=NOW) is None
        kept = db.session.execute(sa.select(Question.link_hash, Question.uid)).one()
        assert token not in kept


def test_owners_are_two():
    assert set(Owner) == {"host", "office"}
