"""The library of all public resources, and the files themselves, for those who may open them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import flask

from ecwi_events.kernel import clock, countries
from ecwi_events.kernel.errors import NotFound
from ecwi_events.people import queries as people
from ecwi_events.people.rules import LANGUAGES
from ecwi_events.programme import library
from ecwi_events.programme.library import Wanted
from ecwi_events.programme.rules import Viewer
from ecwi_events.registration import queries as registrations
from ecwi_events.web import uploads
from ecwi_events.web.programme import seeing
from ecwi_events.web.record_words import THEMES
from ecwi_events.web.resource_words import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.blueprints import BlueprintSetupState
    from flask.typing import ResponseReturnValue

    from ecwi_events.registration.joining import Joiner
    from ecwi_events.registration.queries import MySignUp

blueprint = flask.Blueprint("library", __name__)

ON_A_PAGE = 30
LAST_PAGE = 10_000
LONGEST_WORDS = 100
GIVEN_UP = {None, "", "withdrawn", "declined"}
FILTERS = ("theme", "country", "language", "kind")


@blueprint.get("/library")
def index() -> ResponseReturnValue:
    """List the public resources that somebody looks for, page by page."""
    now = clock.utc_now()
    asked = {name: flask.request.args.get(name, "")[:LONGEST_WORDS] for name in (*FILTERS, "q")}
    wanted = Wanted(words=asked["q"], **{name: asked[name] for name in FILTERS})
    number = _page_number()
    found = library.public_resources(wanted, now=now, limit=ON_A_PAGE + 1, offset=(number - 1) * ON_A_PAGE)
    return flask.render_template(
        "programme/library.html",
        nav="library",
        resources=found[:ON_A_PAGE],
        asked=asked,
        is_filtered=any(asked.values()),
        choices=_choices(library.public_choices(now=now)),
        number=number,
        before=_address(asked, number - 1) if number > 1 else "",
        after=_address(asked, number + 1) if len(found) > ON_A_PAGE else "",
        file_address=file_address,
    )


@blueprint.get("/resources/<int(max=2147483647):resource_id>/file")
def file(resource_id: int) -> ResponseReturnValue:
    """Send a file out to whoever may open it; for everybody else it does not exist."""
    kept = library.find_file(resource_id, seeing.viewer(), now=clock.utc_now())
    if kept is None:
        raise NotFound("We cannot find this file.")
    return uploads.answer(kept)


@blueprint.get("/m/<token>/resources/<int(max=2147483647):resource_id>")
def personal_file(token: str, resource_id: int) -> ResponseReturnValue:
    """Send a file out to the holder of a personal link, if it is for people who signed up, or for more."""
    now = clock.utc_now()
    mine = registrations.find_by_link(token)
    kept = library.find_file(resource_id, viewer_of(mine), now=now) if mine else None
    if kept is None:
        raise NotFound("We cannot find this file.")
    return uploads.answer(kept)


def viewer_of(holder: MySignUp | Joiner) -> Viewer:
    """Return the holder of a personal or a joining link as a viewer: signed up for this one activity."""
    on = clock.utc_now().date()
    places = [holder.place] if isinstance(holder, registrations.MySignUp) else [one.place for one in holder.chances]
    has_place = any(place not in GIVEN_UP for place in places)
    return Viewer(
        is_member=people.works_for_member(holder.person_id, on=on),
        signed_up_for=frozenset({holder.activity.id} if has_place else ()),
    )


def personal_addresses(registration_id: int) -> Callable[[int], str]:
    """Return what gives the addresses of files for one sign-up; its personal link is looked up when it is needed."""

    @cache
    def token() -> str:
        mine = registrations.find_sign_up(registration_id)
        return mine.token if mine else ""

    return lambda resource_id: flask.url_for("library.personal_file", token=token(), resource_id=resource_id)


@blueprint.record_once
def give_words(state: BlueprintSetupState) -> None:
    """Give templates the words that lists of resources need."""
    state.app.jinja_env.globals["resource_words"] = {
        "kinds": KINDS,
        "languages": LANGUAGES,
        "themes": dict(THEMES),
        "country": countries.label,
    }


def file_address(resource_id: int) -> str:
    """Return the address of a file for whoever is signed in or not."""
    return flask.url_for("library.file", resource_id=resource_id)


def _choices(there: dict[str, list[str]]) -> dict[str, list[tuple[str, str]]]:
    """Return what is there as values and words, each list in the order of its words."""
    labels: dict[str, dict[str, str]] = {"theme": dict(THEMES), "language": dict(LANGUAGES), "kind": KINDS}
    labels["country"] = {code: countries.label(code) for code in there.get("country", [])}
    return {
        name: sorted(
            ((value, labels[name].get(value, value)) for value in there.get(name, [])), key=lambda pair: pair[1]
        )
        for name in FILTERS
    }


def _page_number() -> int:
    text = flask.request.args.get("page", "1")
    return (
        min(int(text), LAST_PAGE)
        if text.isascii() and text.isdigit() and len(text) < len("100000") and int(text)
        else 1
    )


def _address(asked: dict[str, str], number: int) -> str:
    shown: dict[str, Any] = {name: value for name, value in asked.items() if value}
    return flask.url_for("library.index", **shown, page=number)
