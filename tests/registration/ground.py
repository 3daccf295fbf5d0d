"""What the tests of sign-up stand on: a series with places per session, and what the books say."""

import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail.models import Mail
from ecwi_events.programme.models import ActivitySession
from ecwi_events.registration import reconciling, service
from ecwi_events.registration.models import Place, Places, Registration
from ecwi_events.registration.rules import Terms
from tests.make import NOW, make_activity, make_session

DAYS = ("2027-01-19 14:00", "2027-02-16 14:00", "2027-03-30 14:00")


def make_series(*, capacity=None, days=DAYS, **terms):
    """A webinar series for which people sign up per session; returns its id and those of its sessions."""
    sessions = [make_session(f"Session {n}", starts_local=day) for n, day in enumerate(days, start=1)]
    activity_id = make_activity("A series", sessions=sessions, capacity=capacity)
    set_terms(activity_id, by="session", **terms)
    return activity_id, sessions_of(activity_id)


def set_terms(activity_id, **terms):
    with transaction():
        service.set_terms(activity_id, Terms(**terms), now=NOW)


def sessions_of(activity_id):
    found = sa.select(ActivitySession.id).where(ActivitySession.activity_id == activity_id)
    return list(db.session.scalars(found.order_by(ActivitySession.starts_at)))


def choose(activity_id, session_ids, who="olena", *, now=NOW, **facts):
    with transaction():
        return service.sign_up(
            service.SignUp(activity_id, who.capitalize(), f"{who}@people.example", session_ids=session_ids, **facts),
            now=now,
        )


def act(function, *args, now=NOW, **facts):
    """Call one act in its own transaction, as a door does."""
    with transaction():
        return function(*args, **facts, now=now)


def place_of(registration_id):
    """What somebody has, and nothing adds up wrongly."""
    assert reconciling.drifts() == []
    return db.session.scalars(sa.select(Registration.place).where(Registration.id == registration_id)).one()


def counted(activity_id, session_id=None):
    """Taken, waiting and over-booked."""
    which = Places.session_id.is_(None) if session_id is None else Places.session_id == session_id
    row = db.session.execute(
        sa.select(Places.taken, Places.waiting, Places.overbooked).where(Places.activity_id == activity_id, which)
    ).one()
    assert reconciling.drifts() == []
    return tuple(row)


def kinds():
    """The kinds of all mails, the oldest first, without their room."""
    return [kind.removeprefix("registration.") for kind in db.session.scalars(sa.select(Mail.kind).order_by(Mail.id))]


CONFIRMED, WAITING, OFFERED, PENDING = Place.CONFIRMED, Place.WAITING, Place.OFFERED, Place.PENDING
WITHDRAWN, DECLINED = Place.WITHDRAWN, Place.DECLINED
