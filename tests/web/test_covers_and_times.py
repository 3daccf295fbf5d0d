import gzip
from datetime import UTC, datetime, timedelta

import pytest

from ecwi_events.programme.queries import SessionView
from ecwi_events.web import times
from ecwi_events.web.programme.covers import cover

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


def session(starts_at, *, zone="Europe/Amsterdam", number=1, cancelled=False) -> SessionView:
    return SessionView(
        id=number, uid="u", number=number, title="T", summary=None, format="online_session", starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=90), zone=zone, duration_minutes=90, is_cancelled=cancelled, meeting_url=None,
        ical_sequence=0, schedule_revision=1, created_at=NOW, updated_at=NOW,
        starts_local=starts_at.replace(tzinfo=None), revision=1,
    )  # fmt: skip


def test_a_cover_is_always_the_same_and_always_another():
    assert cover("one") == cover("one")
    assert cover("one") != cover("two")


@pytest.mark.parametrize("key", ["one", "two", "learning-communities-that-last", "Україна"])
def test_a_cover_costs_less_than_two_kilobytes(key):
    assert len(gzip.compress(cover(key).encode(), 6)) < 2_000
    assert "style" not in cover(key)


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Europe/Amsterdam", ""),
        ("Europe/Paris", ""),
        ("Europe/Kyiv", "14:00 in Amsterdam (UTC+1)"),
        ("Pacific/Auckland", "Tue 19 January, 14:00 in Amsterdam (UTC+1)"),
    ],
)
def test_the_host_s_time_stands_below_where_it_differs(zone, words):
    assert times.host_time(session(datetime(2027, 1, 19, 13, tzinfo=UTC)), zone) == words


@pytest.mark.parametrize(
    ("starts", "words"),
    [
        ([(2027, 1, 19)], "19 January 2027"),
        ([(2027, 1, 19), (2027, 3, 30)], "19 January to 30 March 2027"),
        ([(2026, 12, 8), (2027, 1, 12)], "8 December 2026 to 12 January 2027"),
    ],
)
def test_the_span_of_a_series(starts, words):
    assert times.span([session(datetime(*day, 12, tzinfo=UTC)) for day in starts], "Europe/Kyiv") == words


def test_a_series_that_moves_to_another_zone_has_no_clock_note():
    first = session(datetime(2027, 1, 19, 13, tzinfo=UTC))
    moved = session(datetime(2027, 3, 30, 12, tzinfo=UTC), zone="Europe/Kyiv", number=2)
    assert [step.note for step in times.steps([first, moved], "Asia/Bishkek", now=NOW)] == ["", ""]


@pytest.mark.parametrize(("minutes", "is_on", "is_over"), [(-1, False, False), (0, True, False), (89, True, False),
                                                            (90, False, True)])  # fmt: skip
def test_on_and_over(minutes, is_on, is_over):
    start = datetime(2027, 1, 19, 13, tzinfo=UTC)
    (step,) = times.steps([session(start)], "Europe/Kyiv", now=start + timedelta(minutes=minutes))
    assert (step.is_on, step.is_over) == (is_on, is_over)
