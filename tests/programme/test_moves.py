"""Who may move an activity from where to where; what is typed for a move; what the record makes of it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from ecwi_events.programme import rules
from ecwi_events.programme.models import ActivityStatus
from ecwi_events.programme.rules import Mover, move_faults, move_refusal, new_date_words

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
EVERY = [status.value for status in ActivityStatus]
OFFICE = {
    ("draft", "approved"), ("draft", "planned"), ("approved", "draft"), ("approved", "planned"),
    ("approved", "postponed"), ("approved", "cancelled"), ("planned", "draft"), ("planned", "running"),
    ("planned", "ongoing"), ("planned", "completed"), ("planned", "postponed"), ("planned", "cancelled"),
    ("running", "planned"), ("running", "completed"), ("running", "postponed"), ("running", "ongoing"),
    ("running", "cancelled"), ("ongoing", "running"), ("ongoing", "completed"), ("ongoing", "postponed"),
    ("ongoing", "cancelled"), ("completed", "running"), ("postponed", "planned"), ("postponed", "cancelled"),
    ("cancelled", "planned"),
}  # fmt: skip
HOST = {
    ("planned", "running"), ("planned", "completed"), ("running", "completed"), ("ongoing", "completed"),
    ("completed", "running"),
}  # fmt: skip


@pytest.mark.parametrize(("by", "allowed"), [(Mover.OFFICE, OFFICE), (Mover.HOST, HOST)])
def test_every_pair_of_statuses_is_either_allowed_or_refused_with_a_sentence(by, allowed):
    verdicts = {
        (status, to): move_refusal(status, to, by=by, cancelled_at=NOW, now=NOW) for status in EVERY for to in EVERY
    }
    assert {pair for pair, words in verdicts.items() if words is None} == allowed
    assert all(words is None or words.endswith(".") for words in verdicts.values())


@pytest.mark.parametrize(
    ("age", "is_refused"), [(timedelta(0), False), (timedelta(hours=23, minutes=59), False), (timedelta(days=1), True)]
)
def test_what_is_cancelled_can_be_taken_back_for_a_day_by_the_office_alone(age, is_refused):
    refusal = move_refusal("cancelled", "planned", by=Mover.OFFICE, cancelled_at=NOW - age, now=NOW)
    assert (refusal is not None) is is_refused
    assert move_refusal("cancelled", "planned", by=Mover.HOST, cancelled_at=NOW - age, now=NOW)


def test_without_knowing_when_it_was_cancelled_it_stays_so():
    assert move_refusal("cancelled", "planned", by=Mover.OFFICE)


def test_a_host_is_told_to_write_to_the_office():
    assert move_refusal("planned", "cancelled", by=Mover.HOST) == (
        "Only the office can make an activity cancelled that is planned. Please write to the office."
    )


@pytest.mark.parametrize("to", ["cancelled", "postponed"])
@pytest.mark.parametrize("reason", ["", "   ", "\t\n"])
def test_cancelling_and_postponing_need_a_reason(to, reason):
    assert set(move_faults(to, reason=reason)) == {"reason"}
    assert move_faults("running", reason=reason) == {}


def test_a_reason_and_a_new_date_have_their_length():
    assert move_faults("cancelled", reason="x" * 300) == {}
    assert set(move_faults("cancelled", reason="x" * 301)) == {"reason"}
    assert set(move_faults("postponed", reason="ill", until="x" * 61)) == {"until"}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", None), ("  ", None), ("autumn 2023", "autumn 2023"), ("2027-03-02", "2 March 2027"),
        ("2 march 2027", "2 March 2027"), ("02 March 2027", "2 March 2027"), ("March 2027", "March 2027"),
        ("2027-13-40", "2027-13-40"), ("after the summer break", "after the summer break"),
    ],
)  # fmt: skip
def test_a_new_date_is_exact_or_words(typed, words):
    assert new_date_words(typed) == words


@pytest.mark.parametrize(
    ("until", "is_wrong"), [("2026-11-21", True), ("2026-11-20", True), ("22 November 2026", False), ("soon", False)]
)
def test_an_exact_new_date_is_still_to_come(until, is_wrong):
    assert bool(move_faults("postponed", reason="ill", until=until, today=date(2026, 11, 21))) is is_wrong


def test_nobody_signs_up_for_what_does_not_take_place():
    assert {status for status in EVERY if rules.takes_place(status)} == {"planned", "running", "ongoing"}
