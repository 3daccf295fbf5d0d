"""Reminders are derived, not scheduled: whoever asks again finds nothing left to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel.db import db, ids_of_new
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.mail.service import NewMail, queue_all
from ecwi_events.programme.models import Activity
from ecwi_events.reminders import candidates, queries, rules, slots
from ecwi_events.reminders.models import Reminder, ReminderState, SlotSwitch
from ecwi_events.reminders.rules import Verdict
from ecwi_events.reminders.slots import NEWS, TIMINGS, Slot, Timing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from ecwi_events.reminders.selecting import Candidate

_REMINDER = Reminder.metadata.tables["reminder"]
_POINT = sa.update(_REMINDER).where(_REMINDER.c.id == sa.bindparam("reminder")).values(mail_id=sa.bindparam("mail"))
KEY = ("recipient", "session_id", "slot", "minutes", "revision")
DIGEST = "reminder.digest"
RECORDING = "reminder.recording"
AT_MOST = 200  # mails in one transaction, which stays short
MOST_OWN = 3


def mail_kind(slot: Slot) -> str:
    """Return the kind of mail that a slot sends; all news after a session have one, and one say in what it tells of."""
    return RECORDING if slot in NEWS else f"reminder.{slot.value}"


@dataclass(frozen=True)
class Due:
    """What one mail of a slot speaks of, for one person; what was missed is only noted, and comes alone."""

    timing: Timing
    group: Sequence[Candidate]
    is_late: bool


def find_due(*, now: datetime, only: Iterable[Timing] = ()) -> list[Due]:
    """Return the mails of all slots that are due now, and those that were missed. Needs no transaction.

    Args:
        now: the door's instant.
        only: these slots alone; all if none is named.
    """
    return [one for timing in only or queries.timings() for one in _due(timing, now=now)]


def write_down(found: Sequence[Due], *, now: datetime) -> None:
    """Put the mails that are due, and note those that were missed. Two who write down the same make one mail.

    Whether they are still wanted is asked again when they go out, so it does no harm if they were found a while ago.
    """
    # The rows come first: whoever finds them there already has nothing to mail.
    rows = {_key(one.timing, each): _row(one, each, now=now) for one in found for each in one.group}
    new = ids_of_new(Reminder, list(rows.values()), key=KEY)
    mails = {}
    for one in found:
        group = [each for each in one.group if _key(one.timing, each) in new]
        if group and not one.is_late:
            mail = _mail(one.timing, group)
            mails[mail.dedup_key] = (mail, [new[_key(one.timing, each)] for each in group])
    ids = queue_all([mail for mail, _ in mails.values()], now=now)
    _point_to({ids[key]: reminders for key, (_, reminders) in mails.items() if key in ids})


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


def _due(timing: Timing, *, now: datetime) -> Iterator[Due]:
    """Give what is due in one slot, gathered into what one mail speaks of."""
    found = candidates.due(timing, now=now)
    of_person: dict[int, list[Candidate]] = {}
    for one in _may_come_along(timing, found, now=now):
        of_person.setdefault(one.person_id, []).append(one)
    taken: set[tuple[str, int]] = set()
    for one in found:
        if (one.recipient, one.session_id) in taken:
            continue
        group = [one]
        is_late = rules.verdict(timing, one.times, since=one.since, now=now) is Verdict.LATE
        if not is_late:
            others = [
                each for each in of_person.get(one.person_id, ()) if (each.recipient, each.session_id) not in taken
            ]
            group += [other for other in others if other != one and _comes_along(timing, one, other, now=now)]
        taken |= {(each.recipient, each.session_id) for each in group}
        yield Due(timing, group, is_late)


def _may_come_along(timing: Timing, found: Sequence[Candidate], *, now: datetime) -> Sequence[Candidate]:
    """Return what else of these people one mail may speak of, in the slots in which it may speak of several sessions."""
    if timing is rules.ONE_DAY:
        return candidates.near(timing, {one.person_id for one in found}, now=now)
    return found if timing.slot in NEWS else ()


def _comes_along(timing: Timing, one: Candidate, other: Candidate, *, now: datetime) -> bool:
    """Tell whether another session of the same person is told of in one mail: near it, and not too late."""
    if timing.slot in NEWS:
        is_due = rules.verdict(timing, other.times, since=other.since, now=now) is Verdict.DUE
        return is_due and one.activity_id == other.activity_id
    if rules.verdict(timing, other.times, since=other.since, now=now) not in {Verdict.DUE, Verdict.NOT_YET}:
        return False
    is_same = one.activity_id == other.activity_id
    return rules.belong_together(one.times, other.times, is_same_activity=is_same)


def _key(timing: Timing, one: Candidate) -> tuple[object, ...]:
    return (one.recipient, one.session_id, timing.slot, timing.minutes, one.revision)


def _row(due: Due, one: Candidate, *, now: datetime) -> dict[str, object]:
    return {
        **dict(zip(KEY, _key(due.timing, one), strict=True)),
        "registration_id": one.registration_id,
        "person_id": one.person_id if one.registration_id is None else None,
        "state": ReminderState.SKIPPED if due.is_late else ReminderState.MAILED,
        "reason": "late" if due.is_late else None,
        "mail_id": None,
        "created_at": now,
    }


def _mail(timing: Timing, group: Sequence[Candidate]) -> NewMail:
    first = group[0]
    is_digest = len(group) > 1 and timing is rules.ONE_DAY
    kind = DIGEST if is_digest else mail_kind(timing.slot)
    name = DIGEST if is_digest else f"reminder.{timing.slot.value}"
    number = f":{timing.minutes}" if timing.minutes else ""
    return NewMail(
        kind,
        person_id=first.person_id,
        address=first.address,
        subject_id=first.registration_id or first.session_id,
        dedup_key=f"{name}{number}:{first.recipient}:{first.session_id}:{first.revision}",
        session_id=first.session_id,
        revision=first.revision,
        not_after=rules.not_after(timing, first.times),
    )


def _point_to(reminders_of: Mapping[int, Sequence[int]]) -> None:
    """Write into the rows of reminders, given by their ids, which mail speaks of them."""
    rows = [{"reminder": one, "mail": mail_id} for mail_id, reminders in reminders_of.items() for one in reminders]
    if rows:
        db.session.execute(_POINT, rows)


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
