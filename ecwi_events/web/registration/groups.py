"""Signing a group up: paste a list, look at it, sign up. Nothing is written before the last step, and twice does no harm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.kernel.text import normalise_address
from ecwi_events.people import rules as people_rules
from ecwi_events.programme import queries as programme
from ecwi_events.registration import group_preview, queries, rules, rules_groups, service
from ecwi_events.registration.service import SignUp
from ecwi_events.web import hosting, times
from ecwi_events.web.forms import Form, typed
from ecwi_events.web.programme import seeing, sign_up_form

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from ecwi_events.programme.queries import ActivityPage
    from ecwi_events.registration.models import Place
    from ecwi_events.registration.rules_groups import GroupLine
    from ecwi_events.registration.service import GroupResult

blueprint = flask.Blueprint("groups", __name__)

NOT_FOR_YOU = "Hosts, the office and people who act for a Member organisation can sign up a group. Ask the office."


@dataclass(frozen=True)
class Bringer:
    """Who brings a group: a host of the activity or the office for everybody, others for their own organisations."""

    person_id: int
    is_host: bool
    organisations: Sequence[tuple[int, str]]

    @property
    def may(self) -> bool:
        """Tell whether they may bring anybody."""
        return self.is_host or bool(self.organisations)


@blueprint.get("/a/<slug>/group")
def page(slug: str) -> ResponseReturnValue:
    """Show the form for a list of people."""
    now = clock.utc_now()
    activity = _activity(slug)
    bringer = _bringer(activity, now=now)
    return _page(activity, bringer, now=now, more="" if bringer.may else NOT_FOR_YOU)


@blueprint.post("/a/<slug>/group")
def send(slug: str) -> ResponseReturnValue:
    """Show what would become of each line, or sign them all up: the button says which."""
    now = clock.utc_now()
    activity = _activity(slug)
    bringer, form = _bringer(activity, now=now), _typed()
    lines = rules_groups.read_group(form.value("people"))
    try:
        _check(bringer, lines)
        if form.value("act") != "sign_up":
            return _page(activity, bringer, form, lines, now=now)
        with transaction():
            already = _already(activity, bringer, lines)
            results = _sign_up(activity, bringer, form, lines, now=now)
    except Invalid as invalid:
        return _page(activity, bringer, form.wrong(invalid), now=now), 422
    except Refused as refused:
        return _page(activity, bringer, form, now=now, more=refused.message), 409
    return flask.render_template(
        "registration/group_done.html",
        nav="programme",
        activity=activity,
        results=[(name, result, _had(result, already)) for name, result in results],
    )


def _typed() -> Form:
    chosen = [name for name in flask.request.form if name.startswith(sign_up_form.PREFIX)][: sign_up_form.MOST_CHOSEN]
    return typed("people", "organisation", "act", "chose", *chosen)


def _check(bringer: Bringer, lines: Sequence[GroupLine]) -> None:
    if not bringer.may:
        raise Refused("not_for_you", NOT_FOR_YOU)
    if not lines:
        raise Invalid({"people": "Enter one person on each line: name, email"})
    if len(lines) > rules_groups.MOST:
        raise Invalid({"people": f"Enter {rules_groups.MOST} people or fewer at once"})


def _sign_up(
    activity: ActivityPage, bringer: Bringer, form: Form, lines: Sequence[GroupLine], *, now: datetime
) -> list[tuple[str, GroupResult]]:
    """Sign up every line that has no fault, in the order of the list.

    Raises:
        Invalid: no line can be signed up, or no session was chosen.
        Refused: sign-up is not open.
    """
    good = [line for line in lines if line.fault is None]
    chosen = sign_up_form.session_ids(form.values)
    if not good or (form.value("chose") and not chosen):
        raise Invalid({"sessions": "Choose one session or more"} if good else {"people": "Mend the lines first"})
    own = dict(bringer.organisations).get(int(form.value("organisation") or 0) if _is_number(form) else 0, "")
    people = [
        SignUp(
            activity.id, line.name, line.address, line.organisation if bringer.is_host else own, activity.zone, chosen
        )
        for line in good
    ]
    results = service.sign_up_group(activity.id, people, by_person_id=bringer.person_id, now=now)
    return [(line.name, result) for line, result in zip(good, results, strict=True)]


def _is_number(form: Form) -> bool:
    text = form.value("organisation")
    return text.isascii() and text.isdigit() and len(text) < len("2147483647")


def _activity(slug: str) -> ActivityPage:
    found = programme.find_activity_page(slug, seeing.viewer)
    if found is None:
        raise NotFound("We cannot find this page.")
    return found


def _bringer(activity: ActivityPage, *, now: datetime) -> Bringer:
    who = hosting.who_asks()
    is_host = people_rules.may_act_for(who.host_of, activity.host_ids, runs_office=who.runs_office)
    organisations = [] if is_host else group_preview.represented(who.host_of, on=now.date())
    return Bringer(who.person_id, is_host, organisations)


def _page(
    activity: ActivityPage, bringer: Bringer, form: Form | None = None, lines: Sequence[GroupLine] = (),
    *, now: datetime, more: str = "",
) -> str:  # fmt: skip
    facts = queries.sign_up_facts(activity.id)
    if facts is None:
        raise NotFound("We cannot find this page.")
    closed = rules.refusal(facts, now=now)
    already = _already(activity, bringer, lines)
    steps = times.steps(activity.sessions, activity.zone, now=now)
    form = form or Form()
    return flask.render_template(
        "registration/group.html",
        nav="programme",
        activity=activity,
        facts=facts,
        bringer=bringer,
        form=form,
        preview=[(line, _verdict(line, already)) for line in lines],
        choices=sign_up_form.choices(facts, form, steps, now=now) if facts.terms.is_per_session else [],
        conditions=sign_up_form.conditions(facts.terms),
        closed=rules.SENTENCES[closed] if closed else "",
        most=rules_groups.MOST,
        more=more,
    )


def _already(activity: ActivityPage, bringer: Bringer, lines: Sequence[GroupLine]) -> dict[str, Place]:
    """Return what people of a list have already, as far as the bringer may know."""
    whose = None if bringer.is_host else [number for number, _ in bringer.organisations]
    return group_preview.signed_up_already(activity.id, lines, of_organisations=whose) if lines else {}


def _had(result: GroupResult, already: dict[str, Place]) -> Place | None:
    """Return what somebody had before and still has; None also where the bringer may not know."""
    is_repeat = result.signed_up is not None and result.signed_up.is_repeat
    return already.get(normalise_address(result.address)) if is_repeat else None


def _verdict(line: GroupLine, already: dict[str, Place]) -> str:
    if line.fault:
        return "fault"
    return "already" if normalise_address(line.address) in already else "ok"
