"""The call for proposals: who may propose when, and what the office's answer does."""

import itertools
from datetime import date

import pytest
import sqlalchemy as sa

from ecwi_events.journal.models import JournalEntry
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.mail.models import Mail
from ecwi_events.people.merging import left_person_id
from ecwi_events.programme import merging, proposal_rules, proposals, queries_proposals
from ecwi_events.programme import queries as programme
from ecwi_events.programme.models import MoneyLine, MoneyStage, Payer
from ecwi_events.programme.models_proposals import Proposal
from ecwi_events.programme.proposals import NewProposal
from ecwi_events.registration import proposals as deciding
from ecwi_events.registration.queries_places import Counted, places_taken
from tests import make
from tests.make import NOW

TODAY = date(2026, 11, 21)
_word = itertools.count(1)


@pytest.fixture
def host(app):
    organisation = make.make_organisation("House")
    return organisation, make.make_host(organisation)


@pytest.fixture
def call(app):
    open_call()


def open_call(year=2027, opens_on=TODAY, closes_on=TODAY):
    with transaction():
        proposals.set_call(year, opens_on, closes_on, now=NOW)


def propose(host, *, today=TODAY, **typed):
    values = {"year": 2027, "title": "Learning outdoors", "why": "Many ask", "plan": "Five sessions"} | typed
    values.setdefault("once", f"a-word-of-a-form-{next(_word)}")
    with transaction():
        return proposals.propose(
            NewProposal(organisation_id=host[0], **values), by_person_id=host[1], today=today, now=NOW
        )


def approve(proposal_id, granted=150_000):
    with transaction():
        return deciding.approve(proposal_id, granted, by_person_id=None, today=TODAY, now=NOW)


def decline(proposal_id, reason="No money is left"):
    with transaction():
        proposals.decline(proposal_id, reason, by_person_id=None, now=NOW)


def mails():
    return [(mail.kind, mail.person_id, mail.subject_id) for mail in db.session.scalars(sa.select(Mail))]


@pytest.mark.parametrize(
    ("today", "is_open"),
    [(date(2026, 10, 31), False), (date(2026, 11, 1), True), (date(2026, 11, 30), True), (date(2026, 12, 1), False)],
)
def test_a_call_is_open_from_its_first_to_its_last_day(today, is_open):
    assert proposal_rules.call_is_open(date(2026, 11, 1), date(2026, 11, 30), today=today) is is_open


@pytest.mark.parametrize(
    ("year", "opens_on", "closes_on", "field"),
    [
        (1950, TODAY, TODAY, "year"),
        (2027, None, TODAY, "opens_on"),
        (2027, TODAY, None, "closes_on"),
        (2027, TODAY, date(2026, 11, 20), "closes_on"),
    ],
)
def test_a_call_that_cannot_be(app, year, opens_on, closes_on, field):
    with pytest.raises(Invalid) as invalid:
        open_call(year, opens_on, closes_on)
    assert set(invalid.value.fields) == {field}


def test_a_year_has_one_call_which_can_be_moved(app):
    open_call()
    open_call(closes_on=date(2026, 12, 1))
    (found,) = queries_proposals.calls(today=TODAY)
    assert (found.year, found.closes_on, found.is_open) == (2027, date(2026, 12, 1), True)


@pytest.mark.parametrize("today", [date(2026, 11, 20), date(2026, 11, 22)])
def test_outside_of_the_call_nothing_is_taken(host, call, today):
    with pytest.raises(Refused, match="Proposals for 2027 are not taken today"):
        propose(host, today=today)
    with pytest.raises(Refused, match="Proposals for 2028 are not taken today"):
        propose(host, year=2028)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"why": ""}, "why"),
        ({"why": "x" * 4_001}, "why"),
        ({"plan": " \n"}, "plan"),
        ({"sessions_idea": "x" * 4_001}, "sessions_idea"),
        ({"months": ("0",)}, "months"),
        ({"months": ("13", "1")}, "months"),
        ({"budget_minor": 10**12}, "budget"),
    ],
)
def test_what_cannot_be_taken(host, call, typed, field):
    with pytest.raises(Invalid) as invalid:
        propose(host, **typed)
    assert set(invalid.value.fields) == {field}
    assert db.session.scalars(sa.select(Proposal)).all() == []


def test_an_unknown_organisation(host, call):
    with pytest.raises(Invalid) as invalid:
        propose((987654, host[1]))
    assert set(invalid.value.fields) == {"organisation"}


def test_one_form_makes_one_proposal(host, call):
    first = propose(host, once="the-same-word-twice")
    assert propose(host, once="the-same-word-twice", title="Other") == first
    assert propose(host) != first
    with pytest.raises(Refused, match="This form was sent before"):
        propose((make.make_organisation(), host[1]), once="the-same-word-twice")


def test_approving_makes_an_activity_of_the_host_with_planned_money_and_writes_to_the_host(host, call):
    proposal = propose(host, budget_minor=200_000, months=("3", "4"), sessions_idea="Online")
    activity = approve(proposal)
    page = programme.find_activity(activity)
    assert (page.title, page.status, page.host, page.home_year) == ("Learning outdoors", "approved", "House", 2027)
    assert (page.kind, page.description) == ("pla", "Five sessions")
    assert places_taken([activity])[activity] == Counted(None, 0, 0)
    (line,) = db.session.scalars(sa.select(MoneyLine))
    assert (line.activity_id, line.payer, line.stage, line.amount_minor, line.currency) == (
        activity, Payer.SECRETARIAT, MoneyStage.PLANNED, 150_000, "EUR",
    )  # fmt: skip
    assert mails() == [("proposals.approved", host[1], proposal)]
    found = queries_proposals.find_proposal(proposal)
    assert (found.state, found.granted_minor, found.activity_id, found.months) == (
        "approved",
        150_000,
        activity,
        ("3", "4"),
    )


def test_without_a_budget_there_is_no_money_line(host, call):
    approve(propose(host), granted=0)
    assert db.session.scalars(sa.select(MoneyLine)).all() == []


@pytest.mark.parametrize("granted", [None, 10**12])
def test_a_budget_that_cannot_be_taken_makes_nothing(host, call, granted):
    proposal = propose(host)
    with pytest.raises(Invalid):
        approve(proposal, granted)
    assert programme.activities_of_year(2027) == []
    assert queries_proposals.find_proposal(proposal).state == "proposed"


def test_declining_tells_the_reason(host, call):
    proposal = propose(host)
    for reason in ("", " ", "x" * 2_001):
        with pytest.raises(Invalid):
            decline(proposal, reason)
    decline(proposal)
    assert mails() == [("proposals.declined", host[1], proposal)]
    found = queries_proposals.find_proposal(proposal)
    assert (found.state, found.reason, found.activity_id) == ("declined", "No money is left", None)


def test_what_is_decided_stays_decided(host, call):
    for end in (approve, decline, withdraw):
        proposal = propose(host)
        end(proposal)
        before = queries_proposals.find_proposal(proposal)
        for again in (approve, decline):
            with pytest.raises(Refused, match="already"):
                again(proposal)
        assert queries_proposals.find_proposal(proposal) == before
    assert len(programme.activities_of_year(2027)) == 1


def withdraw(proposal_id):
    with transaction():
        proposals.withdraw_proposal(proposal_id, now=NOW)


def test_a_host_takes_a_proposal_back_once(host, call):
    proposal = propose(host)
    withdraw(proposal)
    withdraw(proposal)
    assert queries_proposals.find_proposal(proposal).state == "withdrawn"
    approved = propose(host)
    approve(approved)
    with pytest.raises(Refused):
        withdraw(approved)


@pytest.mark.parametrize("act", [approve, decline, withdraw])
def test_what_is_not_there(app, act):
    with pytest.raises(NotFound):
        act(987654)


def test_hosts_see_their_own(host, call):
    other = make.make_organisation()
    mine, theirs = propose(host), propose((other, None))
    assert [one.id for one in queries_proposals.proposals(organisation_ids=[host[0]])] == [mine]
    assert [one.id for one in queries_proposals.proposals()] == [theirs, mine]
    assert queries_proposals.proposals(organisation_ids=[]) == []
    decline(theirs)
    assert [one.id for one in queries_proposals.proposals()] == [mine, theirs], "what waits comes first"
    assert queries_proposals.number_waiting() == 1
    assert [mail[0] for mail in mails()] == [], "nobody is known who proposed it"


def test_proposals_go_along_when_organisations_are_merged(host, call):
    proposal = propose(host)
    kept = make.make_organisation("The one that stays")
    with transaction():
        merge_id = merging.merge_organisations(kept, host[0], by_person_id=None, now=NOW)
    assert queries_proposals.find_proposal(proposal).organisation == "The one that stays"
    with transaction():
        merging.undo_merge(merge_id, now=NOW)
    assert queries_proposals.find_proposal(proposal).organisation == "House"


def test_the_mail_goes_to_the_person_who_is_left_after_a_merge(host, call):
    from ecwi_events.reminders import merging as people_merging

    proposal, kept = propose(host), make.make_person("Hanna H.")
    with transaction():
        people_merging.merge_people(kept, host[1], by_person_id=None, by_administrator=True, now=NOW)
    assert left_person_id(host[1]) == kept
    decline(proposal)
    assert mails() == [("proposals.declined", kept, proposal)]


def test_the_journal_keeps_decisions_and_no_reasons(host, call):
    decline(propose(host, title="Secret title"), "Secret reason")
    entries = db.session.scalars(sa.select(JournalEntry).where(JournalEntry.subject == "proposal")).all()
    assert [entry.act for entry in entries] == ["propose", "decline_proposal"]
    assert '"state":"declined"' in entries[1].after
    assert not any("Secret" in (entry.after or "") + (entry.before or "") for entry in entries)
