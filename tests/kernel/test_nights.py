"""Time that runs only while people are awake, in their own zone and over every change of the clocks."""

from datetime import UTC, datetime, time, timedelta

import pytest

from ecwi_events.kernel import nights
from ecwi_events.kernel.dates import zone_info

HOUR = timedelta(hours=1)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("wall", "asleep"),
    [("21:00", True), ("23:59", True), ("00:00", True), ("07:29", True), ("07:30", False), ("20:59", False)],
)
def test_when_it_is_night(wall, asleep):
    assert nights.is_night(time.fromisoformat(wall)) is asleep


@pytest.mark.parametrize(
    ("zone", "start", "hours", "end"),
    [
        ("UTC", "2026-11-21 09:00", 2, "2026-11-21 11:00"),
        ("UTC", "2026-11-21 19:00", 2, "2026-11-21 21:00"),  # just before the night
        ("UTC", "2026-11-21 20:00", 2, "2026-11-22 08:30"),  # one hour in the evening, one in the morning
        ("UTC", "2026-11-21 21:00", 2, "2026-11-22 09:30"),
        ("UTC", "2026-11-22 02:00", 2, "2026-11-22 09:30"),
        ("UTC", "2026-11-22 07:30", 2, "2026-11-22 09:30"),
        ("UTC", "2026-11-21 09:00", 0, "2026-11-21 09:00"),
        ("UTC", "2026-11-21 09:00", 12 + 13.5, "2026-11-22 21:00"),  # two whole days, to the second
        ("UTC", "2026-11-21 09:00", 12 + 13.5 + 1, "2026-11-23 08:30"),
        ("Europe/Kyiv", "2026-11-21 20:00", 2, "2026-11-22 07:30"),  # 22:00 there
        ("Asia/Tokyo", "2026-11-21 20:00", 2, "2026-11-22 00:30"),  # 05:00 there
        ("America/Sao_Paulo", "2026-11-21 20:00", 2, "2026-11-21 22:00"),  # 17:00 there
        ("Asia/Kathmandu", "2026-11-21 15:00", 2, "2026-11-22 03:30"),  # 20:45 there: 15 minutes, then 105
        ("Europe/Kyiv", "2027-03-27 20:00", 2, "2027-03-28 06:30"),  # the night is an hour shorter
        ("Europe/Kyiv", "2026-10-24 19:00", 2, "2026-10-25 07:30"),  # and an hour longer
        ("America/Santiago", "2026-09-06 02:00", 2, "2026-09-06 12:30"),  # midnight is left out
        ("Pacific/Apia", "2011-12-30 06:00", 2, "2011-12-30 18:30"),  # a whole day is left out
        ("Australia/Lord_Howe", "2026-10-03 12:00", 1, "2026-10-03 21:30"),  # by half an hour
        ("no zone", "2026-11-22 02:00", 2, "2026-11-22 09:30"),
    ],
)
def test_the_night_does_not_count(zone, start, hours, end):
    assert nights.awake_after(utc(start), hours * HOUR, zone) == utc(end)


@pytest.mark.parametrize(
    "zone", ["Europe/Kyiv", "Africa/Casablanca", "Asia/Gaza", "Antarctica/Troll", "America/Havana"]
)
def test_it_ends_awake_and_never_before_the_plain_time(zone):
    at = utc("2026-01-01 00:00")
    while at < utc("2027-01-03 00:00"):
        end = nights.awake_after(at, 2 * HOUR, zone)
        local = end.astimezone(zone_info(zone)).time()
        assert at + 2 * HOUR <= end <= at + 15 * HOUR, (zone, at)
        assert not nights.is_night(local) or local == nights.NIGHT_BEGINS, (zone, at)
        at += timedelta(hours=7, minutes=13)
