"""The pages of people who are signed in: their sessions, and all that they can set themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, countries, dates
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, Refused
from ecwi_events.kernel.text import normalise_address
from ecwi_events.mail import complaints, stopping, suppression
from ecwi_events.mail.kinds import TOPICS, Topic, topics_in_use
from ecwi_events.people import addresses, queries, rules
from ecwi_events.people import settings as people
from ecwi_events.programme.queries_list import titles_of
from ecwi_events.registration import mine
from ecwi_events.web import identity, old_links, zones
from ecwi_events.web.forms import Form, typed

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from ecwi_events.people.settings import Profile
    from ecwi_events.registration.mine import MySession, OwnSignUp

blueprint = flask.Blueprint("me", __name__)

FIELDS = ("name", "organisation", "correction", "country", "language", "zone")
COMES = "mails-"  # the boxes of the kinds of mail


@blueprint.get("/me")
def index() -> ResponseReturnValue:
    """Show what comes next, what waits, and what is over."""
    now = clock.utc_now()
    sign_ups = mine.sign_ups_of(_me())
    pairs = [(session, one) for one in sign_ups for session in one.sessions if _is_held(one)]
    coming = sorted((pair for pair in pairs if pair[0].ends_at > now), key=lambda pair: pair[0].starts_at)
    past = sorted((pair for pair in pairs if pair[0].ends_at <= now), key=lambda pair: pair[0].starts_at, reverse=True)
    return flask.render_template(
        "me/index.html",
        nav="me",
        coming=[_row(session, one, now=now) for session, one in coming],
        past=[_row(session, one, now=now) for session, one in past],
        gone=[one for one in sign_ups if not _is_held(one)],
        has_any=bool(sign_ups),
    )


@blueprint.get("/me/settings")
def settings() -> ResponseReturnValue:
    """Show what we know about the person."""
    return _settings_page()


@blueprint.post("/me/settings")
def save_settings() -> ResponseReturnValue:
    """Save the listed fields; whatever else is sent is not read."""
    now, form = clock.utc_now(), typed(*FIELDS, *(COMES + topic for topic in Topic))
    new = people.Settings(
        name=form.value("name"),
        organisation=form.value("organisation"),
        is_correction=bool(form.value("correction")),
        country=form.value("country"),
        language=form.value("language"),
        zone=form.value("zone"),
        stopped=frozenset(topic for topic in topics_in_use() if not form.value(COMES + topic)),
    )
    try:
        with transaction():
            people.change_settings(_me(), new, today=now.date(), now=now)
    except Invalid as invalid:
        return _settings_page(form.wrong(invalid)), 422
    flask.flash("Your settings are saved.")
    return flask.redirect("/me/settings", 303)


@blueprint.post("/me/addresses")
def add_address() -> ResponseReturnValue:
    """Mail a link to an address; the page says the same whoever has it."""
    if answer := identity.require_fresh(back="/me/settings"):
        return answer
    form = typed("address")
    try:
        with transaction():
            addresses.ask_for_proof(_me(), form.value("address"), now=clock.utc_now())
    except Invalid as invalid:
        return _settings_page(address_form=form.wrong(invalid)), 422
    except Refused as refused:
        return _settings_page(address_form=form, more=refused.message), 409
    flask.flash(
        f"We sent a mail to {form.value('address')}. Open the link in it to add the address. It works for one day."
    )
    return flask.redirect("/me/settings#addresses", 303)


@blueprint.post("/me/addresses/<int(max=2147483647):address_id>/primary")
def make_primary(address_id: int) -> ResponseReturnValue:
    """Choose where we write to."""
    if answer := identity.require_fresh(back="/me/settings"):
        return answer
    with transaction():
        addresses.make_primary(_me(), address_id, now=clock.utc_now())
    flask.flash("We write to this address from now on.")
    return flask.redirect("/me/settings#addresses", 303)


@blueprint.post("/me/addresses/<int(max=2147483647):address_id>/remove")
def remove_address(address_id: int) -> ResponseReturnValue:
    """Take an address away."""
    if answer := identity.require_fresh(back="/me/settings"):
        return answer
    with transaction():
        addresses.remove(_me(), address_id, now=clock.utc_now())
    flask.flash("The address is removed.")
    return flask.redirect("/me/settings#addresses", 303)


@blueprint.get("/me/addresses/prove/<token>")
def confirm_address(token: str) -> ResponseReturnValue:
    """Ask whether to add the address; only the button does it."""
    found = addresses.find_proof(token, now=clock.utc_now())
    if found is None or found.is_taken:
        return _too_old(addresses.OLD_LINK)
    return flask.render_template("me/prove.html", found=found, token=token)


@blueprint.post("/me/addresses/prove/<token>")
def prove_address(token: str) -> ResponseReturnValue:
    """Spend the link: the address is the person's from now on."""
    try:
        with transaction():
            address = addresses.prove(token, now=clock.utc_now())
    except Refused as refused:
        return _too_old(refused.message)
    if identity.present() is None:
        return flask.render_template("me/proved.html", address=address)
    flask.flash(f"{address} is added.")
    return flask.redirect("/me/settings#addresses", 303)


def _too_old(message: str) -> ResponseReturnValue:
    return old_links.too_old(message, button="Open my settings", path="/me/settings")


def _me() -> int:
    who = identity.present()
    assert who is not None  # noqa: S101 - the access table lets nobody else in
    return who.person_id


def _is_held(one: OwnSignUp) -> bool:
    return one.place.value in {"confirmed", "offered", "waiting", "pending"}


def _row(session: MySession, one: OwnSignUp, *, now: datetime) -> dict[str, object]:
    zone = zones.reader_zone(session.zone).name
    shown = dates.session_times(session.starts_at, session.ends_at, zone, now=now)
    return {"session": session, "sign_up": one, "shown": shown}


def _form_of(profile: Profile) -> Form:
    stopped = stopping.stopped_topics(profile.person_id)
    return Form(
        {
            "name": profile.name,
            "organisation": profile.organisation,
            "country": profile.country,
            "language": profile.language,
            "zone": profile.zone,
        }
        | {COMES + topic: "" if topic in stopped else "1" for topic in Topic}
    )


def _settings_page(form: Form | None = None, *, address_form: Form | None = None, more: str = "") -> str:
    now, me = clock.utc_now(), _me()
    profile, own = people.get_profile(me), addresses.addresses_of(me)
    return flask.render_template(
        "me/settings.html",
        nav="me",
        form=form or _form_of(profile),
        address_form=address_form or Form(),
        more=more,
        own_addresses=own,
        suppressed=suppression.among([one.address for one in own], now=now),
        normalise=normalise_address,
        waiting=addresses.waiting_addresses(me, now=now),
        earlier=people.earlier_work(me),
        day=lambda day: dates.day_label(day) if day else "",
        topics=[(COMES + topic, TOPICS[topic].says) for topic in topics_in_use()],
        organisations=[name for _, name in queries.organisation_names()],
        countries=sorted(countries.NAMES.items(), key=lambda pair: pair[1]),
        languages=list(rules.LANGUAGES.items()),
        zone_groups=zones.all_zones(dates.canonical_zone((form or _form_of(profile)).value("zone")) or "", now=now),
        stopped=_stopped_messages(me),
        complained_at=complaints.latest_of(me) if stopping.stopped_topics(me) & {*topics_in_use()} else None,
    )


def _stopped_messages(me: int) -> list[tuple[str, str]]:
    """Return the activities about which one has stopped messages: title, and the token that starts them again.

    None if one gets no messages at all: starting one of them would change nothing.
    """
    if stopping.is_stopped(me, Topic.MESSAGES):
        return []
    titles = titles_of(stopping.stopped_activities(me))
    tokens = {one: stopping.token_of(stopping.Stop(me, Topic.MESSAGES, one)) for one in titles}
    return sorted((title, tokens[one]) for one, title in titles.items())
