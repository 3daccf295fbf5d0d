"""The outcomes of one activity, for its hosts and for the office: planned, achieved, in the order of the publication."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound
from ecwi_events.overview import sent_in
from ecwi_events.programme import outcomes
from ecwi_events.programme.models import OutcomeKind
from ecwi_events.web.forms import Form, typed
from ecwi_events.web.hosting import own_activity
from ecwi_events.web.once import SAID, once

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

blueprint = flask.Blueprint(
    "host_outcomes", __name__, url_prefix="/host/activities/<int(max=2147483647):activity_id>/outcomes"
)

KINDS = [(OutcomeKind.ACHIEVED.value, "Achieved"), (OutcomeKind.PLANNED.value, "Planned")]


@blueprint.get("")
def page(activity_id: int) -> ResponseReturnValue:
    """Show the outcomes, each with its form."""
    return _page(activity_id)


@blueprint.post("")
def add(activity_id: int) -> ResponseReturnValue:
    """Add an outcome."""
    form, now = typed("kind", "text"), clock.utc_now()
    return _do(
        activity_id, "The outcome is added.", form,
        lambda: outcomes.add_outcome(activity_id, _kind(form), form.value("text"), now=now),
    )  # fmt: skip


@blueprint.post("/<int(max=2147483647):outcome_id>")
def save(activity_id: int, outcome_id: int) -> ResponseReturnValue:
    """Save what an outcome says, or move it up or down."""
    form, now = typed("kind", "text", "act"), clock.utc_now()
    if form.value("act") in {"up", "down"}:
        up = form.value("act") == "up"
        move = lambda: outcomes.move_outcome(activity_id, outcome_id, up=up, seen=_seen(), now=now)  # noqa: E731
        return _do(activity_id, "The order is saved.", Form(), move)
    return _do(
        activity_id, "The outcome is saved.", Form({f"{name}-{outcome_id}": form.value(name) for name in form.values}),
        lambda: outcomes.change_outcome(
            activity_id, outcome_id, _kind(form), form.value("text"), seen=_seen(), now=now
        ),
        of=outcome_id,
    )  # fmt: skip


@blueprint.post("/<int(max=2147483647):outcome_id>/remove")
def remove(activity_id: int, outcome_id: int) -> ResponseReturnValue:
    """Take an outcome out."""
    now = clock.utc_now()
    return _do(
        activity_id, "The outcome is removed. You can undo this for ten minutes.", Form(),
        lambda: outcomes.remove_outcome(activity_id, outcome_id, seen=_seen(), now=now),
    )  # fmt: skip


@blueprint.post("/removed/<int(max=2147483647):removed_id>/undo")
def undo(activity_id: int, removed_id: int) -> ResponseReturnValue:
    """Put an outcome back that was removed a moment ago; who presses twice hears that there is nothing left to do."""
    own_activity(activity_id)
    now = clock.utc_now()
    try:
        return _do(
            activity_id, "The outcome is back.", Form(),
            lambda: outcomes.put_back(activity_id, removed_id, seen=_seen(), now=now),
        )  # fmt: skip
    except NotFound:
        flask.flash("This outcome is back already, or its ten minutes are over.")
        return flask.redirect(flask.url_for(".page", activity_id=activity_id), 303)


def _do(
    activity_id: int, said: str, form: Form, act: Callable[[], object], *, of: int | None = None
) -> ResponseReturnValue:
    """Do one act on one's own activity and go back to the page, or show what is wrong beside its field."""
    own_activity(activity_id)
    try:
        with transaction():
            is_new = once(act, now=clock.utc_now())
    except Invalid as invalid:
        faults = {f"{name}-{of}" if of else name: words for name, words in invalid.fields.items()}
        return _page(activity_id, Form(form.values, faults)), 422
    flask.flash(said if is_new else SAID)
    return flask.redirect(flask.url_for(".page", activity_id=activity_id), 303)


def _seen() -> str | None:
    """Return what the outcome said on the page from which it is changed: its number alone could be another's by now."""
    return flask.request.form.get("seen")


def _kind(form: Form) -> OutcomeKind:
    if form.value("kind") not in set(OutcomeKind):
        raise Invalid({"kind": "Choose planned or achieved"})
    return OutcomeKind(form.value("kind"))


def _page(activity_id: int, form: Form | None = None) -> str:
    found = own_activity(activity_id)
    there = outcomes.outcomes_of(activity_id)
    now = clock.utc_now()
    return flask.render_template(
        "host/outcomes.html",
        nav="host",
        activity=found,
        groups=[(words, [one for one in there if one.kind == kind]) for kind, words in KINDS],
        form=form or Form(),
        kinds=KINDS,
        removed=outcomes.removed_lately(activity_id, now=now),
        waiting=[one for one in sent_in.waiting(activity_id) if one.kind == "outcome"],
        accepted=[one for one in sent_in.accepted(activity_id) if one.kind == "outcome"],
    )
