"""The wording of times, and the instants behind wall times; the table of traps is from the design of time zones."""

from datetime import UTC, datetime, timedelta

import pytest

from ecwi_events.kernel import dates
from ecwi_events.kernel.dates import WallTimeFold, WallTimeGap

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_locked_time_zone_data_decide():
    assert dates.tzdata_version() >= "2026f"


@pytest.mark.parametrize(
    ("zone", "local", "instant"),
    [
        ("Europe/Kyiv", "2026-11-24 10:00", "2026-11-24 08:00"),
        ("Europe/Kyiv", "2027-06-15 10:00", "2027-06-15 07:00"),
        ("Europe/Sarajevo", "2027-06-15 10:00", "2027-06-15 08:00"),
        ("Europe/Skopje", "2026-12-01 10:00", "2026-12-01 09:00"),
        ("Asia/Bishkek", "2026-12-01 10:00", "2026-12-01 04:00"),
        ("Asia/Bishkek", "2027-06-15 10:00", "2027-06-15 04:00"),
        ("Asia/Almaty", "2024-02-29 10:00", "2024-02-29 04:00"),
        ("Asia/Almaty", "2024-03-01 10:00", "2024-03-01 05:00"),
        ("Asia/Almaty", "2026-12-03 15:00", "2026-12-03 10:00"),
        ("Asia/Qyzylorda", "2026-12-03 15:00", "2026-12-03 10:00"),
        ("Asia/Tbilisi", "2027-07-01 10:00", "2027-07-01 06:00"),
        ("Asia/Baku", "2027-07-01 10:00", "2027-07-01 06:00"),
        ("Asia/Baku", "2015-07-01 10:00", "2015-07-01 05:00"),
        ("Asia/Yerevan", "2027-07-01 10:00", "2027-07-01 06:00"),
        ("Asia/Yerevan", "2011-07-01 10:00", "2011-07-01 05:00"),
        ("Europe/Moscow", "2027-07-01 10:00", "2027-07-01 07:00"),
        ("Europe/Moscow", "2014-07-01 10:00", "2014-07-01 06:00"),
        ("Europe/Istanbul", "2027-01-15 10:00", "2027-01-15 07:00"),
        ("Europe/Istanbul", "2016-01-15 10:00", "2016-01-15 08:00"),
        ("Europe/London", "2027-06-15 10:00", "2027-06-15 09:00"),
        ("America/Lima", "2027-01-15 10:00", "2027-01-15 15:00"),
        ("Africa/Johannesburg", "2027-01-15 10:00", "2027-01-15 08:00"),
        ("Africa/Casablanca", "2026-09-19 10:00", "2026-09-19 09:00"),
        ("Africa/Casablanca", "2026-09-21 10:00", "2026-09-21 10:00"),
        ("Africa/Casablanca", "2026-12-03 10:00", "2026-12-03 10:00"),
        ("America/Vancouver", "2026-12-15 10:00", "2026-12-15 17:00"),
        ("America/Edmonton", "2026-12-15 10:00", "2026-12-15 16:00"),
        ("America/Winnipeg", "2026-12-15 10:00", "2026-12-15 15:00"),
        ("Europe/Dublin", "2027-01-15 10:00", "2027-01-15 10:00"),
    ],
)
def test_wall_times_become_the_right_instants(zone, local, instant):
    assert dates.resolve(wall(local), zone) == utc(instant)


@pytest.mark.parametrize(
    ("zone", "local"),
    [
        ("Europe/Kyiv", "2027-03-28 03:30"),
        ("Europe/Chisinau", "2027-03-28 03:15"),
        ("Europe/Sarajevo", "2027-03-28 02:30"),
        ("Europe/Amsterdam", "2027-03-28 02:30"),
        ("Europe/London", "2027-03-28 01:30"),
    ],
)
@pytest.mark.parametrize("fold", [None, 0, 1])
def test_a_wall_time_that_clocks_skip_is_refused_in_words(zone, local, fold):
    with pytest.raises(WallTimeGap, match=r"skip .* on Sun 28 March 2027\. Choose another time\."):
        dates.resolve(wall(local), zone, fold=fold)


@pytest.mark.parametrize(
    ("zone", "local", "first"),
    [
        ("Europe/Kyiv", "2027-10-31 03:30", "2027-10-31 00:30"),
        ("Europe/Chisinau", "2027-10-31 03:30", "2027-10-31 00:30"),
        ("Europe/Skopje", "2027-10-31 02:30", "2027-10-31 00:30"),
        ("Europe/Amsterdam", "2027-10-31 02:30", "2027-10-31 00:30"),
        ("Europe/London", "2027-10-31 01:30", "2027-10-31 00:30"),
        ("Asia/Almaty", "2024-02-29 23:30", "2024-02-29 17:30"),
    ],
)
def test_a_wall_time_that_clocks_show_twice_must_be_told_apart(zone, local, first):
    with pytest.raises(WallTimeFold, match="twice"):
        dates.resolve(wall(local), zone)
    assert dates.resolve(wall(local), zone, fold=0) == utc(first)
    assert dates.resolve(wall(local), zone, fold=1) == utc(first) + timedelta(hours=1)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Europe/Kyiv", "Europe/Kyiv"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Asia/Katmandu", "Asia/Kathmandu"),
        ("Etc/UTC", "UTC"),
        ("Mars/Olympus", None),
        ("../../etc/passwd", None),
        ("", None),
        (None, None),
        ("EST", None),
    ],
)
def test_old_names_become_todays_and_unknown_ones_nothing(name, known):
    assert dates.canonical_zone(name) == known


@pytest.mark.parametrize(
    ("at", "zone", "label"),
    [
        ("2027-01-19 13:00", "Europe/Kyiv", "Kyiv time (UTC+2)"),
        ("2027-07-19 13:00", "Europe/Kyiv", "Kyiv time (UTC+3)"),
        ("2027-01-19 13:00", "Asia/Kathmandu", "Kathmandu time (UTC+5:45)"),
        ("2027-01-19 13:00", "America/Argentina/Buenos_Aires", "Buenos Aires time (UTC-3)"),
        ("2027-01-19 13:00", "America/St_Johns", "St Johns time (UTC-3:30)"),
        ("2027-01-19 13:00", "Europe/London", "London time (UTC)"),
        ("2027-01-19 13:00", "Europe/Amsterdam", "Amsterdam time (UTC+1)"),
        ("2027-01-19 13:00", "UTC", "UTC"),
        ("2027-01-19 13:00", "No/Such", "Such time (UTC)"),
    ],
)
def test_a_zone_is_named_by_its_city_and_its_distance(at, zone, label):
    assert dates.zone_label(utc(at), zone) == label


@pytest.mark.parametrize(
    ("starts", "minutes", "zone", "line"),
    [
        ("2026-12-01 13:00", 90, "Europe/Kyiv", "Tue 1 December, 15:00 – 16:30 · Kyiv time (UTC+2)"),
        ("2027-01-19 13:00", 90, "Europe/Kyiv", "Tue 19 January 2027, 15:00 – 16:30 · Kyiv time (UTC+2)"),
        (
            "2026-12-01 21:30",
            90,
            "Europe/Kyiv",
            "Tue 1 December, 23:30 – 01:00 (ends on Wednesday) · Kyiv time (UTC+2)",
        ),
        ("2026-12-31 13:00", 90, "Pacific/Auckland", "Fri 1 January 2027, 02:00 – 03:30 · Auckland time (UTC+13)"),
    ],
)
def test_a_session_as_its_reader_sees_it(starts, minutes, zone, line):
    start = utc(starts)
    assert dates.session_times(start, start + timedelta(minutes=minutes), zone, now=NOW).line == line


@pytest.mark.parametrize(
    ("zone", "reader", "line"),
    [
        ("Europe/Amsterdam", "Europe/Kyiv", "14:00 – 15:30 in Amsterdam (UTC+1)"),
        ("Europe/Amsterdam", "Europe/Belgrade", ""),
        ("Pacific/Auckland", "Europe/Kyiv", "Wed 20 January, 02:00 – 03:30 in Auckland (UTC+13)"),
        ("UTC", "Europe/Kyiv", "13:00 – 14:30 UTC"),
        ("UTC", "Europe/London", ""),
        ("UTC", "Pacific/Auckland", "Tue 19 January, 13:00 – 14:30 UTC"),
    ],
)
def test_the_second_line_is_there_only_where_it_differs(zone, reader, line):
    start = utc("2027-01-19 13:00")
    assert dates.other_zone(start, start + timedelta(minutes=90), zone, reader=reader) == line


def test_the_whole_line_says_the_year_the_zone_and_utc_and_never_changes():
    start = utc("2027-01-19 13:00")
    end = start + timedelta(minutes=90)
    line = "Tue 19 January 2027, 15:00 – 16:30 · Kyiv time (UTC+2) · 13:00 – 14:30 UTC"
    assert dates.full_times(start, end, "Europe/Kyiv") == line
    assert dates.full_times(start, end, "UTC") == "Tue 19 January 2027, 13:00 – 14:30 · UTC"


def test_a_session_over_the_autumn_change_shows_both_clocks_and_keeps_its_length():
    start = utc("2027-10-30 23:30")  # 02:30 in Kyiv, two hours before it is 03:30 for the second time
    shown = dates.session_times(start, start + timedelta(hours=2), "Europe/Kyiv", now=NOW)
    assert shown.hours == "02:30 – 03:30"


EARLIER = "1 hour earlier for you: clocks change in Europe on 28 March"
LATER = "1 hour later for you: clocks change in Europe on 25 October"
NEW_YORK = "1 hour later for you: clocks change in New York on 14 March"


@pytest.mark.parametrize(
    ("first", "at", "zone", "of", "note"),
    [
        ("2027-01-19 13:00", "2027-03-30 12:00", "Asia/Bishkek", "Europe/Amsterdam", EARLIER),
        ("2026-10-20 12:00", "2026-11-10 13:00", "Asia/Bishkek", "Europe/Amsterdam", LATER),
        ("2027-01-19 13:00", "2027-03-30 12:00", "Europe/Kyiv", "Europe/Amsterdam", ""),
        ("2027-01-19 13:00", "2027-02-16 13:00", "Asia/Bishkek", "Europe/Amsterdam", ""),
        ("2027-03-10 13:00", "2027-03-17 13:00", "America/New_York", "Europe/Kyiv", NEW_YORK),
        ("2027-03-10 13:00", "2027-03-31 12:00", "America/New_York", "Europe/Kyiv", ""),
    ],
)  # fmt: skip
def test_a_session_that_moves_for_the_reader_alone_says_why(first, at, zone, of, note):
    assert dates.clock_note(utc(first), utc(at), zone=zone, of=of) == note


@pytest.mark.parametrize("at", ["2027-03-30 11:00", "2027-03-30 13:00", "2027-03-30 12:30"])
def test_a_session_at_another_time_of_the_host_s_day_says_nothing_of_clocks(at):
    assert dates.clock_note(utc("2027-01-19 13:00"), utc(at), zone="Asia/Bishkek", of="Europe/Amsterdam") == ""


@pytest.mark.parametrize("answer", [0, 1])
def test_a_session_at_a_time_that_clocks_skip_says_nothing_false_after_its_answer(answer):
    zone, skipped = "Europe/Amsterdam", wall("2027-03-28 02:30")
    first = dates.resolve(wall("2027-03-21 02:30"), zone)
    last = dates.resolve(wall("2027-04-04 02:30"), zone)
    moved = dates.resolve(dates.around_gap(skipped, zone)[answer], zone)
    assert dates.clock_note(first, moved, zone="Asia/Bishkek", of=zone) == ""
    assert dates.clock_note(first, last, zone="Asia/Bishkek", of=zone) == EARLIER


def test_kyivs_afternoon_in_new_york_while_the_two_change_on_different_weekends():
    starts = [dates.resolve(wall(f"2027-03-{day} 15:00"), "Europe/Kyiv") for day in (10, 17, 31)]
    assert [f"{s.astimezone(dates.zone_info('America/New_York')):%H:%M}" for s in starts] == ["08:00", "09:00", "08:00"]


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2027-01-19 13:00", "now"),
        ("2027-01-19 12:59", "in 1 minute"),
        ("2027-01-19 12:50:07", "in 10 minutes"),
        ("2027-01-19 12:59:45", "now"),
        ("2027-01-19 13:00:20", "now"),
        ("2027-01-19 12:20", "in 40 minutes"),
        ("2027-01-19 12:00", "in 1 hour"),
        ("2027-01-19 11:05", "in 1 hour 55 minutes"),
        ("2027-01-19 11:59", "in 1 hour 1 minute"),
        ("2027-01-19 08:30", "in 4 hours 30 minutes"),
        ("2027-01-19 07:01", "in 5 hours 59 minutes"),
        ("2027-01-19 06:45", "in 6 hours"),  # from here on to the nearest hour
        ("2027-01-19 05:10", "in 8 hours"),
        ("2027-01-18 22:30", "in 14 hours"),  # 00:30 in Kyiv: the day has begun there
        ("2027-01-18 13:00", "tomorrow"),
        ("2027-01-17 13:00", "in 2 days"),
        ("2026-11-21 09:00", "in 59 days"),
    ],
)
def test_the_time_that_is_left_is_the_real_one(now, words):
    assert dates.time_left(utc("2027-01-19 13:00"), now=utc(now), zone="Europe/Kyiv") == words


@pytest.mark.parametrize(
    ("minutes", "label"),
    [
        (1, "1 minute"),
        (60, "1 hour"),
        (90, "1 hour 30 minutes"),
        (120, "2 hours"),
        (61, "1 hour 1 minute"),
        (45, "45 minutes"),
    ],
)
def test_lengths_in_words(minutes, label):
    assert dates.length_label(minutes) == label


def test_a_moment_names_its_city():
    assert (
        dates.moment(utc("2027-01-14 16:00"), "Europe/Kyiv", now=utc("2027-01-02 00:00"))
        == "Thu 14 January, 18:00 (Kyiv)"
    )
