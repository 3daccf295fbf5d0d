"""When each mail about a session is due, in whose time, and when it is too late."""

from datetime import UTC, datetime, timedelta

import pytest

from ecwi_events.kernel import nights
from ecwi_events.kernel.dates import zone_names
from ecwi_events.reminders import rules
from ecwi_events.reminders.rules import ONE_DAY, Times, Verdict, Wanted
from ecwi_events.reminders.slots import TIMINGS, Slot, own, own_fault


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def times(starts_at: datetime, zone: str = "Europe/Kyiv", minutes: int = 90) -> Times:
    return Times(starts_at, starts_at + timedelta(minutes=minutes), zone)


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
    assert rules.due_at(ONE_DAY, times(utc(starts_at), zone)) == utc(due), why


def test_in_every_zone_and_at_every_hour_it_falls_on_the_day_before_and_not_into_the_night():
    for zone in sorted(zone_names()):
        info = rules.zone_info(zone)
        for hours in range(0, 24 * 8, 5):
            start = utc("2027-03-24 00:00") + timedelta(hours=hours)
            due = rules.due_at(ONE_DAY, times(start, zone))
            local = due.astimezone(info)
            assert nights.NIGHT_ENDS <= local.time().replace(tzinfo=None) < nights.NIGHT_BEGINS, (zone, start)
            assert start.astimezone(info).date() - local.date() == timedelta(days=1)
            assert due < rules.not_after(ONE_DAY, times(start, zone))
            assert start - due < ONE_DAY.ahead + rules.SLACK
            for slot in (Slot.WEEK_BEFORE, Slot.THANKS):
                moment = rules.due_at(TIMINGS[slot], times(start, zone))
                assert nights.NIGHT_ENDS <= moment.astimezone(info).time().replace(tzinfo=None) < nights.NIGHT_BEGINS
                assert moment < rules.not_after(TIMINGS[slot], times(start, zone))


@pytest.mark.parametrize(
    ("confirmed", "now", "verdict"),
    [
        ("2027-01-01 09:00", "2027-01-18 12:59", Verdict.NOT_YET),
        ("2027-01-01 09:00", "2027-01-18 13:00", Verdict.DUE),
        ("2027-01-01 09:00", "2027-01-19 10:59", Verdict.DUE),
        ("2027-01-01 09:00", "2027-01-19 11:00", Verdict.LATE),
        ("2027-01-01 09:00", "2027-01-20 11:00", Verdict.LATE),
        ("2027-01-01 09:00", "2027-01-21 11:00", Verdict.OVER),
        ("2027-01-01 09:00", "2027-01-19 01:00", Verdict.NOT_YET),  # 03:00 in Kyiv
        ("2027-01-01 09:00", "2027-01-19 05:29", Verdict.NOT_YET),
        ("2027-01-01 09:00", "2027-01-19 05:30", Verdict.DUE),
        ("2027-01-18 13:01", "2027-01-18 14:00", Verdict.NOT_FOR_THEM),
        ("2027-01-18 13:01", "2027-01-19 12:00", Verdict.NOT_FOR_THEM),
        ("2027-01-18 13:00", "2027-01-18 13:00", Verdict.DUE),
    ],
)
def test_what_to_do_now(confirmed, now, verdict):
    session = times(utc("2027-01-19 13:00"))
    assert rules.verdict(ONE_DAY, session, since=utc(confirmed), now=utc(now)) is verdict


@pytest.mark.parametrize(
    ("now", "goes_at"),
    [
        ("2027-01-18 12:00", "2027-01-18 13:00"),
        ("2027-01-18 14:00", "2027-01-18 14:00"),
        ("2027-01-19 01:00", "2027-01-19 05:30"),  # 03:00 in Kyiv
        ("2027-01-19 06:00", "2027-01-19 06:00"),
    ],
)
def test_when_a_mail_that_is_still_to_come_goes_out(now, goes_at):
    assert rules.goes_at(ONE_DAY, times(utc("2027-01-19 13:00")), now=utc(now)) == utc(goes_at)


@pytest.mark.parametrize(
    ("slot", "starts_at", "due", "useless", "why"),
    [
        ("week_before", "2027-01-19 13:00", "2027-01-12 13:00", "2027-01-17 13:00", "the same hour a week before"),
        (
            "week_before",
            "2027-03-30 07:00",
            "2027-03-23 08:00",
            "2027-03-28 07:00",
            "10:00 stays 10:00 over the change",
        ),
        ("hour_before", "2027-01-19 01:00", "2027-01-19 00:00", "2027-01-19 00:50", "also at night"),
        ("starting", "2027-01-19 13:00", "2027-01-19 12:50", "2027-01-19 13:05", "of use for five minutes more"),
        ("host_roster", "2027-01-19 13:00", "2027-01-18 13:00", "2027-01-19 13:00", "until the start"),
        ("host_link", "2027-01-19 13:00", "2027-01-19 12:30", "2027-01-19 13:00", "half an hour before"),
        ("thanks", "2027-01-19 13:00", "2027-01-19 15:30", "2027-01-22 14:30", "an hour after the end"),
        ("thanks", "2027-01-19 17:00", "2027-01-20 05:30", "2027-01-22 18:30", "21:30 is night: the next morning"),
        ("thanks", "2027-01-18 23:00", "2027-01-19 05:30", "2027-01-22 00:30", "03:30 is night: this morning"),
    ],
)
def test_each_slot_has_its_moment(slot, starts_at, due, useless, why):
    timing, session = TIMINGS[Slot(slot)], times(utc(starts_at))
    assert (rules.due_at(timing, session), rules.not_after(timing, session)) == (utc(due), utc(useless)), why


@pytest.mark.parametrize(
    ("minutes", "starts_at", "due", "useless", "why"),
    [
        (15, "2027-01-19 13:00", "2027-01-19 12:45", "2027-01-19 12:56:15", "a quarter of the time is left for it"),
        (
            3 * 60,
            "2027-01-19 05:00",
            "2027-01-19 02:00",
            "2027-01-19 04:15",
            "04:00, for what is near goes by the clock",
        ),
        (3 * 24 * 60, "2027-01-19 13:00", "2027-01-16 13:00", "2027-01-19 11:00", "three days: by the wall clock"),
        (12 * 60, "2027-01-19 17:00", "2027-01-19 05:30", "2027-01-19 15:00", "07:00 is night: 07:30"),
    ],
)
def test_own_slots(minutes, starts_at, due, useless, why):
    session = times(utc(starts_at))
    assert (rules.due_at(own(minutes), session), rules.not_after(own(minutes), session)) == (utc(due), utc(useless)), (
        why
    )


@pytest.mark.parametrize(
    ("minutes", "is_wrong"), [(None, True), (0, True), (14, True), (15, False), (86400, False), (86401, True)]
)
def test_own_slots_have_limits(minutes, is_wrong):
    assert bool(own_fault(minutes)) is is_wrong


@pytest.mark.parametrize(
    ("since", "is_for"), [("2027-01-11 13:00", True), ("2027-01-11 13:01", False), ("2027-01-12 12:00", False)]
)
def test_a_week_before_only_for_those_who_have_waited_longer_than_eight_days(since, is_for):
    assert rules.is_for(TIMINGS[Slot.WEEK_BEFORE], times(utc("2027-01-19 13:00")), since=utc(since)) is is_for


@pytest.mark.parametrize(
    ("other", "zone", "is_same_activity", "together", "why"),
    [
        ("2027-01-19 18:00", "Europe/Kyiv", False, True, "one day"),
        ("2027-01-19 22:30", "Europe/Kyiv", False, False, "after midnight in Kyiv"),
        ("2027-01-19 22:30", "America/Lima", False, True, "still the same day in Lima"),
        ("2027-01-21 01:00", "Europe/Kyiv", True, True, "36 hours, one activity"),
        ("2027-01-21 01:01", "Europe/Kyiv", True, False, "more than 36 hours"),
        ("2027-01-20 08:00", "Europe/Kyiv", False, False, "another activity the day after"),
    ],
)
def test_which_sessions_are_told_in_one_mail(other, zone, is_same_activity, together, why):
    one = times(utc("2027-01-19 13:00"), zone)
    assert rules.belong_together(one, times(utc(other), zone), is_same_activity=is_same_activity) is together, why


@pytest.mark.parametrize(
    ("reasons", "why"), [([], None), ([None], None), (["late", None], None), (["withdrawn", "cancelled"], "withdrawn")]
)
def test_a_mail_about_several_sessions_goes_out_if_one_is_wanted(reasons, why):
    assert rules.first_reason(reasons) == why


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


def test_what_was_stopped_and_thanks_for_nothing_are_dropped():
    assert rules.unwanted(Wanted(True, True, True, was_away=True)) == "absent"


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
        due = rules.due_at(ONE_DAY, times(at))
        verdict = rules.verdict(ONE_DAY, times(at), since=confirmed_at, now=due)
        assert (verdict is Verdict.DUE) is rules.reminds(at, confirmed_at, "Europe/Kyiv")
