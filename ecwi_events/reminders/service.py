"""Reminders are derived, not scheduled: whoever asks again finds nothing left to do."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db, insert_unless_there
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.mail import service as mail
from ecwi_events.mail.kinds import kind_of
from ecwi_events.programme.models import Activity
from ecwi_events.reminders import queries, rules, slots
from ecwi_events.reminders.models import Reminder, ReminderState, SlotSwitch
from ecwi_events.reminders.rules import Verdict
from ecwi_events.reminders.slots import TIMINGS, Slot, Timing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ecwi_events.reminders.queries import Candidate

KEY = ("recipient", "session_id", "slot", "minutes", "revision")
DIGEST = "reminder.digest"
AT_MOST = 500  # one transaction stays short; the next one goes on
MOST_OWN = 3
TOGETHER = (Slot.DAY_BEFORE, Slot.RECORDING)  # one mail may speak of several sessions


def mail_kind(slot: Slot) -> str:
    """Return the kind of mail that a slot sends."""
    return f"reminder.{slot.value}"


def derive_due(*, now: datetime, at_most: int = AT_MOST, only: Iterable[Timing] = ()) -> int:
    """Write down the mails of all slots that are due now, and note those that were missed.

    Returns how many were dealt with; ask again until it is less than ``at_most``. Two who ask at once make one mail.

    Args:
        now: the door's instant.
        at_most: how many to deal with in this transaction; one more if a mail speaks of several sessions.
        only: these slots alone; all if none is named.
    """
    dealt_with = 0
    for timing in only or queries.timings():
        for group in islice(_due(timing, now=now), at_most - dealt_with):
            dealt_with += len(group)
            _deal_with(timing, group, now=now)
        if dealt_with >= at_most:
            return at_most
    return dealt_with


def switch(activity_id: int, slot: Slot, *, is_on: bool, minutes: int = 0, now: datetime) -> None:
    """Switch a slot of an activity on or off; an own slot begins and ends by that.

    Raises:
        NotFound: there is no such activity.
        Invalid: an own slot at no possible time.
        Refused: this slot always goes out, or the activity has three own slots already.
    """
    if db.session.get(Activity, activity_id) is None:
        raise NotFound("We cannot find this activity.")
    timing = slots.own(minutes) if slot is Slot.OWN else TIMINGS[slot]
    if slot is Slot.OWN and (fault := slots.own_fault(minutes)):
        raise Invalid({"minutes": fault})
    if not timing.may_switch:
        raise Refused("always", "This mail always goes out.")
    row = db.session.scalar(_switch_of(activity_id, slot, timing.minutes))
    was_on = row.is_on if row else timing.is_usual
    if slot is Slot.OWN and is_on and not was_on:
        _refuse_more_own(activity_id)
    if row is None:
        row = SlotSwitch(activity_id=activity_id, slot=slot, minutes=timing.minutes, is_on=is_on)
        db.session.add(row)
    row.is_on = is_on
    db.session.flush()
    name = f"{slot.value}_{timing.minutes}" if timing.minutes else slot.value
    before, after = {"reminder": name, "is_on": was_on}, {"reminder": name, "is_on": is_on}
    if was_on is not is_on:
        journal.note("switch_reminder", "activity", activity_id, before=before, after=after, now=now)


def _due(timing: Timing, *, now: datetime) -> Iterator[list[Candidate]]:
    """Give what is due in one slot, as lists of what one mail speaks of; what was missed comes alone."""
    everybody = queries.candidates(timing, now=now)
    of_person: dict[int, list[Candidate]] = {}
    for one in everybody:
        of_person.setdefault(one.person_id, []).append(one)
    taken: set[tuple[str, int]] = set()
    for one in everybody:
        verdict = rules.verdict(timing, one.times, since=one.since, now=now)
        if verdict not in {Verdict.DUE, Verdict.LATE} or (one.recipient, one.session_id) in taken:
            continue
        group = [one]
        if verdict is Verdict.DUE and timing.slot in TOGETHER:
            others = [each for each in of_person[one.person_id] if (each.recipient, each.session_id) not in taken]
            group += [other for other in others if other is not one and _comes_along(timing, one, other, now=now)]
        taken |= {(each.recipient, each.session_id) for each in group}
        yield group


def _comes_along(timing: Timing, one: Candidate, other: Candidate, *, now: datetime) -> bool:
    """Tell whether another session of the same person is told of in one mail: near it, and not too late."""
    if timing.slot is Slot.RECORDING:
        is_due = rules.verdict(timing, other.times, since=other.since, now=now) is Verdict.DUE
        return is_due and one.activity_id == other.activity_id
    if rules.verdict(timing, other.times, since=other.since, now=now) not in {Verdict.DUE, Verdict.NOT_YET}:
        return False
    is_same = one.activity_id == other.activity_id
    return rules.belong_together(one.times, other.times, is_same_activity=is_same)


def _deal_with(timing: Timing, group: Sequence[Candidate], *, now: datetime) -> None:
    """Write the rows first: whoever finds them there already has nothing to mail."""
    verdicts = [rules.verdict(timing, one.times, since=one.since, now=now) for one in group]
    is_late = verdicts[0] is Verdict.LATE
    new = [one for one in group if _write(timing, one, is_late=is_late, now=now)]
    if new and not is_late:
        mail_id = _mail(timing, new, now=now)
        _point_to(mail_id, timing, new)


def _write(timing: Timing, one: Candidate, *, is_late: bool, now: datetime) -> bool:
    row = {
        "recipient": one.recipient,
        "registration_id": one.registration_id,
        "person_id": one.person_id if one.registration_id is None else None,
        "session_id": one.session_id,
        "slot": timing.slot,
        "minutes": timing.minutes,
        "revision": one.revision,
        "state": ReminderState.SKIPPED if is_late else ReminderState.MAILED,
        "reason": "late" if is_late else None,
        "mail_id": None,
        "created_at": now,
    }
    return bool(insert_unless_there(Reminder, [row], key=KEY))


def _mail(timing: Timing, group: Sequence[Candidate], *, now: datetime) -> int | None:
    first = group[0]
    kind = DIGEST if len(group) > 1 and timing is rules.ONE_DAY else mail_kind(timing.slot)
    number = f":{timing.minutes}" if timing.minutes else ""
    return mail.queue(
        kind,
        person_id=first.person_id,
        address=first.address,
        subject_id=first.registration_id or first.session_id,
        dedup_key=f"{kind}{number}:{first.recipient}:{first.session_id}:{first.revision}",
        session_id=first.session_id,
        revision=first.revision,
        not_after=rules.not_after(timing, first.times),
        priority=kind_of(kind).priority,
        now=now,
    )


def _point_to(mail_id: int | None, timing: Timing, group: Sequence[Candidate]) -> None:
    mine = sa.or_(
        *(
            sa.and_(
                Reminder.recipient == one.recipient,
                Reminder.session_id == one.session_id,
                Reminder.revision == one.revision,
            )
            for one in group
        )
    )
    db.session.execute(
        sa.update(Reminder)
        .where(mine, Reminder.slot == timing.slot, Reminder.minutes == timing.minutes)
        .values(mail_id=mail_id)
        .execution_options(synchronize_session=False)
    )


def _switch_of(activity_id: int, slot: Slot, minutes: int) -> sa.Select[SlotSwitch]:
    return sa.select(SlotSwitch).where(
        SlotSwitch.activity_id == activity_id, SlotSwitch.slot == slot, SlotSwitch.minutes == minutes
    )


def _refuse_more_own(activity_id: int) -> None:
    own = sa.select(sa.func.count()).where(
        SlotSwitch.activity_id == activity_id, SlotSwitch.slot == Slot.OWN, SlotSwitch.is_on
    )
    if (db.session.scalar(own) or 0) >= MOST_OWN:
        raise Refused("many", f"An activity can have {MOST_OWN} reminders of its own. Take one away first.")
