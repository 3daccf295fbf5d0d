"""Our VTIMEZONE says what the zone data say, in the one form that every reader takes; all else goes in UTC."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ecwi_events.calendars import timezones, writing
from ecwi_events.kernel.dates import zone_names
from tests.calendars import reader

# Zones of the countries in which the network has Members, and of those that have joined its activities.
NETWORK = (
    "Asia/Yerevan", "Europe/Vienna", "Asia/Baku", "Europe/Brussels", "Europe/Sarajevo", "Europe/Sofia", "Europe/Zagreb",
    "Europe/Prague", "Europe/Copenhagen", "Europe/Tallinn", "Europe/Paris", "Asia/Tbilisi", "Europe/Berlin",
    "Europe/Athens", "Europe/Budapest", "Europe/Dublin", "Europe/Rome", "Asia/Almaty", "Asia/Qyzylorda", "Asia/Bishkek",
    "Europe/Belgrade", "Europe/Riga", "Europe/Vilnius", "Europe/Luxembourg", "Europe/Malta", "Europe/Chisinau",
    "Asia/Ulaanbaatar", "Europe/Podgorica", "Europe/Amsterdam", "Europe/Skopje", "Europe/Warsaw", "Europe/Lisbon",
    "Europe/Bucharest", "Europe/Moscow", "Europe/Bratislava", "Europe/Ljubljana", "Europe/Madrid", "Europe/Zurich",
    "Asia/Dushanbe", "Europe/Istanbul", "Europe/Kyiv", "Europe/London", "Asia/Tashkent", "Asia/Ashgabat",
    "America/New_York", "America/Los_Angeles", "America/Lima", "Africa/Johannesburg", "Asia/Kathmandu",
)  # fmt: skip
SWITCH_WEEKENDS = [datetime.fromisoformat(f"{day} 12:00") for day in (
    "2026-10-25", "2026-11-01", "2027-03-14", "2027-03-28", "2027-10-31", "2027-11-07",
)]  # fmt: skip
NOON = datetime.fromisoformat("2027-03-01 12:00")
SESSION = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)


def block_of(zone, earliest=SESSION, latest=None):
    block = timezones.block(zone, earliest, latest or earliest)
    if not block:
        return None
    return reader.read(writing.body(("BEGIN:VCALENDAR", *block, "END:VCALENDAR"))).kids("VTIMEZONE")[0]


def instants_of(local, info):
    return {local.replace(tzinfo=info, fold=fold).astimezone(UTC) for fold in (0, 1)}


@pytest.mark.parametrize("zone", NETWORK)
def test_every_hour_of_the_year_is_read_right_by_the_block_alone(zone):
    block = block_of(zone)
    assert block is not None, f"{zone} has a yearly rule or none"
    info = ZoneInfo(zone)
    wall = datetime.fromisoformat("2026-10-01 00:00")
    while wall.year < 2028:
        known = instants_of(wall, info)
        if len(known) == 1:  # the wall times of a fold or a gap are never written, see is_ambiguous
            assert reader.wall_to_utc(wall, block) in known, wall
        near = any(abs((wall - change).days) < 3 for change in SWITCH_WEEKENDS)
        wall += timedelta(minutes=30) if near else timedelta(hours=37)


def test_every_zone_of_the_world_is_told_right_or_written_in_utc():
    told = 0
    for zone in sorted(zone_names()):
        block = block_of(zone)
        if block is None:
            continue
        told += 1
        info = ZoneInfo(zone)
        for days in range(-400, 400, 9):
            wall = NOON + timedelta(days=days, hours=days % 24)
            known = instants_of(wall, info)
            if len(known) == 1:
                assert reader.wall_to_utc(wall, block) in known, (zone, wall)
    assert told > 400


@pytest.mark.parametrize("zone", ["Africa/Casablanca", "America/Vancouver", "America/Edmonton", "America/Winnipeg"])
def test_a_zone_whose_rule_changes_near_the_session_goes_in_utc(zone):
    assert block_of(zone, datetime(2026, 12, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize("zone", ["UTC", "Mars/Olympus", "Europe/Kiev"])
def test_only_todays_names_are_told(zone):
    assert block_of(zone) is None


def test_a_zone_without_changes_has_one_part_and_no_rule():
    block = block_of("Asia/Bishkek")
    assert [part.name for part in block.parts] == ["STANDARD"]
    assert block.parts[0].one("DTSTART").value == "19700101T000000"
    assert not block.parts[0].all("RRULE")


def test_dublins_winter_is_standard_by_the_direction_of_the_change_although_the_data_say_otherwise():
    standard, daylight = block_of("Europe/Dublin").parts
    assert (standard.name, standard.one("TZNAME").value) == ("STANDARD", "GMT")
    assert (daylight.name, daylight.one("TZNAME").value) == ("DAYLIGHT", "IST")


@pytest.mark.parametrize(
    ("zone", "wall", "utc"),
    [
        ("Europe/Kyiv", "2026-11-24 10:00", "08:00"),
        ("Europe/Kyiv", "2027-06-15 10:00", "07:00"),
        ("Europe/Sarajevo", "2027-06-15 10:00", "08:00"),
        ("Europe/Skopje", "2026-12-01 10:00", "09:00"),
        ("Asia/Bishkek", "2026-12-01 10:00", "04:00"),
        ("Asia/Bishkek", "2027-06-15 10:00", "04:00"),
        ("Asia/Almaty", "2026-12-03 15:00", "10:00"),
        ("Asia/Qyzylorda", "2026-12-03 15:00", "10:00"),
        ("Asia/Tbilisi", "2027-07-01 10:00", "06:00"),
        ("Asia/Baku", "2027-07-01 10:00", "06:00"),
        ("Asia/Yerevan", "2027-07-01 10:00", "06:00"),
        ("Europe/Moscow", "2027-07-01 10:00", "07:00"),
        ("Europe/Istanbul", "2027-01-15 10:00", "07:00"),
        ("Europe/London", "2027-06-15 10:00", "09:00"),
        ("America/Lima", "2027-01-15 10:00", "15:00"),
        ("Africa/Johannesburg", "2027-01-15 10:00", "08:00"),
        ("Europe/Dublin", "2027-01-15 10:00", "10:00"),
        ("Europe/Chisinau", "2027-06-15 10:00", "07:00"),
    ],
)
def test_the_table_of_known_traps(zone, wall, utc):
    local = datetime.fromisoformat(wall)
    block = block_of(zone, local.replace(tzinfo=UTC))
    assert f"{reader.wall_to_utc(local, block):%H:%M}" == utc


@pytest.mark.parametrize(
    ("zone", "at", "ambiguous"),
    [
        ("Europe/Kyiv", "2027-10-31 00:30", True),  # 03:30, the first time
        ("Europe/Kyiv", "2027-10-31 01:30", True),  # 03:30, the second time
        ("Europe/Kyiv", "2027-10-31 02:30", False),
        ("Europe/Kyiv", "2027-03-28 01:30", False),  # right after the gap
        ("Europe/Amsterdam", "2027-10-31 00:30", True),
        ("Europe/London", "2027-10-31 01:30", True),
        ("Asia/Almaty", "2024-02-29 18:30", True),
        ("Asia/Bishkek", "2027-10-31 00:30", False),
    ],
)
def test_wall_times_that_clocks_show_twice_are_found(zone, at, ambiguous):
    assert timezones.is_ambiguous(datetime.fromisoformat(at).replace(tzinfo=UTC), zone) is ambiguous
