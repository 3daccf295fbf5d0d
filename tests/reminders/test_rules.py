"""The reminder of the day before: when it is due, in whose time, and when it is too late."""

from datetime import UTC, datetime, timedelta

import pytest

from ecwi_events.kernel.dates import zone_names
from ecwi_events.reminders import rules
from ecwi_events.reminders.rules import Verdict, Wanted


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "starts_at", "due", "why"),
    [
        ("Europe/Kyiv", "2027-01-19 13:00", "2027-01-18 13:00", "15:00 the day before"),
        ("Asia/Bishkek", "2027-01-19 13:00", "2027-01-18 13:00", "19:00 the day before"),
        ("America/Lima", "2027-01-19 13:00", "2027-01-18 13:00", "08:00 the day before"),
        ("Europe/Kyiv", "2027-03-28 07:00", "2027-03-27 08:00", "10:00 stays 10:00 over the spring change: 23 hours"),
        ("Europe/Kyiv", "2027-10-31 08:00", "2027-10-30 07:00", "10:00 stays 10:00 over the autumn change: 25 hours"),
        ("Asia/Bishkek", "2027-01-19 16:30", "2027-01-18 14:30", "22:30 is night: 20:30"),
        ("America/Los_Angeles", "2027-01-19 13:00", "2027-01-18 15:30", "05:00 is night: 07:30"),
        ("Pacific/Auckland", "2027-01-19 13:00", "2027-01-18 18:30", "02:00 on the 20th: 07:30 on the 19th"),
        ("Europe/Kyiv", "2027-01-19 19:00", "2027-01-18 18:30", "21:00 is night already: 20:30"),
        ("Europe/Kyiv", "2027-01-19 18:59", "2027-01-18 18:59", "20:59 is not yet night"),
        ("Europe/Kyiv", "2027-01-19 05:29", "2027-01-18 05:30", "07:29 is night still: 07:30"),
        ("Europe/Kyiv", "2027-03-29 00:30", "2027-03-28 04:30", "03:30 in the gap is night anyway: 07:30"),
        ("No/Such_Zone", "2027-01-19 13:00", "2027-01-18 13:00", "an unknown zone is read as UTC"),
    ],
)
def test_due_by_the_wall_clock_of_the_person(zone, starts_at, due, why):
    assert rules.due_at(utc(starts_at), zone) == utc(due), why


def test_in_every_zone_and_at_every_hour_it_falls_on_the_day_before_and_not_into_the_night():
    for zone in sorted(zone_names()):
        info = rules.zone_info(zone)
        for hours in range(0, 24 * 8, 5):
            start = utc("2027-03-24 00:00") + timedelta(hours=hours)
            due = rules.due_at(start, zone)
            local = due.astimezone(info)
            assert rules.NIGHT_ENDS <= local.time().replace(tzinfo=None) < rules.NIGHT_BEGINS, (zone, start)
            assert start.astimezone(info).date() - local.date() == timedelta(days=1)
            assert due < rules.not_after(start)
            assert start - due < rules.LOOK_AHEAD


@pytest.mark.parametrize(
    ("confirmed", "now", "verdict"),
    [
        ("2027-01-01 09:00", "2027-01-18 12:59", Verdict.NOT_YET),
        ("2027-01-01 09:00", "2027-01-18 13:00", Verdict.DUE),
        ("2027-01-01 09:00", "2027-01-19 10:59", Verdict.DUE),
        ("2027-01-01 09:00", "2027-01-19 11:00", Verdict.LATE),
        ("2027-01-01 09:00", "2027-01-20 11:00", Verdict.LATE),
        ("2027-01-18 13:01", "2027-01-18 14:00", Verdict.NOT_FOR_THEM),
        ("2027-01-18 13:01", "2027-01-19 12:00", Verdict.NOT_FOR_THEM),
        ("2027-01-18 13:00", "2027-01-18 13:00", Verdict.DUE),
    ],
)
def test_what_to_do_now(confirmed, now, verdict):
    start = utc("2027-01-19 13:00")
    assert rules.verdict(start, "Europe/Kyiv", confirmed_at=utc(confirmed), now=utc(now)) is verdict


@pytest.mark.parametrize(
    ("has_place", "takes_place", "is_current", "reason"),
    [
        (True, True, True, None),
        (False, True, True, "withdrawn"),
        (True, False, True, "cancelled"),
        (True, True, False, "superseded"),
        (False, False, False, "cancelled"),
    ],
)
def test_why_a_reminder_on_its_way_is_dropped(has_place, takes_place, is_current, reason):
    assert rules.unwanted(Wanted(has_place, takes_place, is_current)) == reason


@pytest.mark.parametrize(
    ("starts", "words"),
    [
        ([], ""),
        (["2027-01-19 13:00"], "the session"),
        (["2027-01-18 13:00"], "the session"),  # the reminder goes out at this very minute
        (["2027-01-18 12:59"], ""),
        (["2027-01-18 09:00", "2027-01-18 12:59"], ""),
        (["2027-01-18 09:00", "2027-01-19 13:00"], "each later session"),
        (["2027-01-19 13:00", "2027-01-26 13:00"], "each session"),
    ],
)
def test_only_reminders_that_go_out_are_promised(starts, words):
    confirmed_at = utc("2027-01-17 13:00")
    assert rules.promise([utc(at) for at in starts], confirmed_at, "Europe/Kyiv") == words
    for at in map(utc, starts):
        due = rules.due_at(at, "Europe/Kyiv")
        verdict = rules.verdict(at, "Europe/Kyiv", confirmed_at=confirmed_at, now=due)
        assert (verdict is Verdict.DUE) is rules.reminds(at, confirmed_at, "Europe/Kyiv")
