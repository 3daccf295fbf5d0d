"""Whose time has come: the question that reads those people alone finds the same as looking at everybody one by one."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.programme.models import ActivitySession
from ecwi_events.reminders import candidates, rules
from ecwi_events.reminders.models import SlotSwitch
from ecwi_events.reminders.slots import TIMINGS, Slot, own
from tests import make
from tests.mail.showing import make_series, make_webinar

START = datetime(2027, 1, 19, 13, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONES = ("Europe/Kyiv", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kathmandu")
SIGNED_UP = (
    -30 * DAY,
    -8 * DAY,
    -7 * DAY - 2 * HOUR,
    -25 * HOUR,
    -DAY,
    -70 * timedelta(minutes=1),
    -timedelta(minutes=5),
)
OF_PARTICIPANTS = [
    *(timing for timing in TIMINGS.values() if not timing.for_hosts and timing.slot is not Slot.RECORDING),
    own(3 * 24 * 60), own(30),
]  # fmt: skip
MOMENTS = (-9 * DAY, -7 * DAY, -6 * DAY, -3 * DAY, -DAY - 5 * HOUR, -DAY, -20 * HOUR, -HOUR, -timedelta(minutes=10),
           timedelta(0), 3 * HOUR, 20 * HOUR, 2 * DAY, 5 * DAY)  # fmt: skip


@pytest.fixture
def crowd(app):
    """People of four zones who signed up at very different times, for a session, a series, and one that was moved late."""
    one, series, moved = make_webinar(), make_series(), make_webinar()
    for zone in ZONES:
        for ahead in SIGNED_UP:
            for activity_id in (one, series, moved):
                make.sign_up(activity_id, f"Ana {zone} {ahead} {activity_id}", zone=zone, now=START + ahead)
    with transaction():
        db.session.execute(
            sa.update(ActivitySession)
            .where(ActivitySession.activity_id == moved)
            .values(scheduled_at=START - 26 * HOUR)
        )
        for slot, minutes in ((Slot.STARTING, 0), (Slot.OWN, 3 * 24 * 60), (Slot.OWN, 30)):
            for activity_id in (one, series):
                db.session.add(SlotSwitch(activity_id=activity_id, slot=slot, minutes=minutes, is_on=True))


def whose(found) -> list[tuple[int, str]]:
    return sorted((one.session_id, one.recipient) for one in found)


def test_it_finds_whom_looking_at_everybody_finds(crowd):
    seen = 0
    for timing in OF_PARTICIPANTS:
        for after in MOMENTS:
            now = START + after
            everybody = candidates.candidates(timing, now=now)
            wanted = [
                one
                for one in everybody
                if rules.verdict(timing, one.times, since=one.since, now=now) in rules.TO_DEAL_WITH
            ]
            assert whose(candidates.due(timing, now=now)) == whose(wanted), (timing.slot, timing.minutes, after)
            seen += len(wanted)
    assert seen > 500, "the grid has something to find"


@pytest.mark.parametrize(("slot", "after", "read"), [(Slot.WEEK_BEFORE, -6 * DAY, 0), (Slot.DAY_BEFORE, -DAY, 3)])
def test_who_signed_up_too_late_for_a_slot_is_not_read_at_each_tick(app, monkeypatch, slot, after, read):
    activity_id = make_webinar()
    for number in range(3):
        make.sign_up(activity_id, f"Person {number}", zone="Europe/Kyiv", now=START - 7 * DAY)
    rows, real = [], candidates.candidate
    monkeypatch.setattr(candidates, "candidate", lambda row: rows.append(row) or real(row))
    candidates.due(TIMINGS[slot], now=START + after)
    assert len(rows) == read
