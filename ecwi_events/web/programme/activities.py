"""The programme and the page of an activity, which is also where people sign up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.errors import NotFound
from ecwi_events.programme import library, listing
from ecwi_events.registration import shown
from ecwi_events.web import record_words, times, zones
from ecwi_events.web.programme import filters as programme_filters
from ecwi_events.web.programme import reading, seeing, sign_up_form
from ecwi_events.web.programme.covers import cover
from ecwi_events.web.programme.library import file_address

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from ecwi_events.programme.listing import Teaser
    from ecwi_events.programme.queries import ActivityPage
    from ecwi_events.registration.shown import Shown
    from ecwi_events.web.forms import Form

blueprint = flask.Blueprint("programme", __name__)

PAST_SHOWN = 6


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """List what comes, by filters of the address, and below the latest of what was."""
    now, viewer, zone = clock.utc_now(), seeing.viewer(), zones.reader_zone("UTC")
    asked = programme_filters.read(zone.name)
    found = listing.coming(asked.filters, page=asked.page, viewer=viewer, now=now)
    was = () if asked.is_filtered else listing.over(on_a_page=PAST_SHOWN, viewer=viewer, now=now).cards
    return flask.render_template(
        "programme/index.html",
        nav="programme",
        coming=[(card, _next_time(card, now=now)) for card in found.cards],
        has_more=found.has_more,
        past=[(card, _was_on(card, zone.name)) for card in was],
        asked=asked,
        zone=zone,
        cover=cover,
        **programme_filters.offered(listing.choices(viewer=viewer, now=now), now=now),
    )


@blueprint.get("/past")
def past() -> ResponseReturnValue:
    """List what was, the latest first, by the same filters, with resources and recordings."""
    now, viewer, zone = clock.utc_now(), seeing.viewer(), zones.reader_zone("UTC")
    asked = programme_filters.read(zone.name)
    found = listing.over(asked.filters, page=asked.page, viewer=viewer, now=now)
    return flask.render_template(
        "programme/past.html",
        nav="programme",
        past=[(card, _was_on(card, zone.name)) for card in found.cards],
        has_more=found.has_more,
        asked=asked,
        cover=cover,
        **programme_filters.offered(listing.choices(viewer=viewer, now=now), now=now),
    )


@blueprint.get("/a/<slug>")
def activity(slug: str) -> ResponseReturnValue:
    """Show an activity to everyone, with the form to sign up."""
    return activity_page(get_shown(slug), sign_up_form.empty_form(), now=clock.utc_now())


def get_shown(slug: str) -> Shown:
    """Return what the page of an activity shows to this reader.

    Raises:
        NotFound: there is no such activity, or not for them.
    """
    found = shown.find_shown(slug, seeing.viewer)
    if found is None:
        raise NotFound("We cannot find this page.")
    return found


def activity_page(what: Shown, form: Form, *, now: datetime, more: str = "", waits: bool = False) -> str:
    """Render the page of an activity; ``form`` brings back what was typed, ``more`` says what is wrong besides."""
    found = what.activity
    zone = zones.reader_zone(found.zone)
    steps = tuple(times.steps(found.sessions, zone.name, now=now, language=found.language))
    return flask.render_template(
        "programme/activity.html",
        nav="programme",
        activity=found,
        steps=steps,
        zone=zone,
        zone_choices=zones.short_list(zone.name, found.zone),
        form=form,
        more=more,
        waits=waits,
        organisations=what.organisations,
        reading=reading.of(found),
        speakers=what.speakers,
        languages=record_words.language_names(found.languages),
        interpretation=record_words.language_names(found.interpretation),
        cover=cover,
        resources=tuple(library.openable(what.resources, found, seeing.viewer, now=now)),
        file_address=file_address,
        **sign_up_form.context(what, form, steps, zone.name, now=now),
        **_summary(found, zone.name, now=now),
    )


def _summary(found: ActivityPage, zone: str, *, now: datetime) -> dict[str, object]:
    """What the fact lines say about the sessions as a whole."""
    planned = [session for session in found.sessions if not session.is_cancelled]
    if not planned:
        return {"span": "", "length": "", "starts": "", "starts_on": "", "count": 0}
    lengths = {session.duration_minutes for session in planned}
    first = planned[0]
    return {
        "count": len(planned),
        "span": times.span(planned, zone),
        "length": dates.length_label(lengths.pop()) if len(lengths) == 1 else "",
        "starts": dates.time_left(first.starts_at, now=now, zone=zone) if first.starts_at > now else "",
        "starts_on": times.day(first.starts_at, zone, now=now),
    }


def _next_time(card: Teaser, *, now: datetime) -> str:
    if card.next is None:
        return ""
    zone = zones.reader_zone(card.next.zone)
    return dates.session_times(card.next.starts_at, card.next.ends_at, zone.name, now=now).line


def _was_on(card: Teaser, zone: str) -> str:
    """Return the month in which it ended, as the reader's calendar has it."""
    if card.last_end is None:
        return ""
    there = card.last_end.astimezone(dates.zone_info(zone))
    return f"{dates.MONTHS[there.month - 1]} {there.year}"
