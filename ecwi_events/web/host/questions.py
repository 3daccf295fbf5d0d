"""What the sign-up form of an activity asks besides name, email and organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.registration import questions, rules_questions
from ecwi_events.registration.models_questions import QuestionKind
from ecwi_events.registration.questions import NewQuestion
from ecwi_events.web import hosting
from ecwi_events.web.forms import Form, typed

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ecwi_events.programme.queries import ActivityPage
    from ecwi_events.registration.rules_questions import Asked

blueprint = flask.Blueprint("host_questions", __name__)

KINDS = [
    (QuestionKind.TEXT.value, "A line of text"),
    (QuestionKind.CHOICE.value, "One of several answers"),
    (QuestionKind.NUMBER.value, "A number"),
    (QuestionKind.YES_NO.value, "Yes or no"),
    (QuestionKind.CONSENT.value, "Consent: a sentence to agree to"),
]
FIELDS = ("kind", "wording", "purpose", "choices", "is_required")


@blueprint.get("/host/activities/<int(max=2147483647):activity_id>/questions")
def index(activity_id: int) -> ResponseReturnValue:
    """Show what is asked, with a form to ask more."""
    return _page(hosting.own_activity(activity_id))


@blueprint.post("/host/activities/<int(max=2147483647):activity_id>/questions")
def add(activity_id: int) -> ResponseReturnValue:
    """Ask one question more."""
    activity, form, now = hosting.own_activity(activity_id), typed(*FIELDS), clock.utc_now()
    try:
        with transaction():
            questions.add_question(activity_id, _new(form), now=now)
    except Invalid as invalid:
        return _page(activity, form.wrong(invalid)), 422
    except Refused as refused:
        return _page(activity, form, more=refused.message), 409
    flask.flash("The sign-up form asks this now.")
    return flask.redirect(flask.url_for("host_questions.index", activity_id=activity_id), 303)


@blueprint.get("/host/activities/<int(max=2147483647):activity_id>/questions/<int(max=2147483647):question_id>")
def edit(activity_id: int, question_id: int) -> ResponseReturnValue:
    """Show one question to change it."""
    activity = hosting.own_activity(activity_id)
    question = _asked(activity_id, question_id)
    values = {
        "kind": question.kind,
        "wording": question.wording,
        "purpose": question.purpose,
        "choices": "\n".join(question.choices),
        "is_required": "1" if question.is_required else "",
    }
    return _edit_page(activity, question_id, Form(values))


@blueprint.post("/host/activities/<int(max=2147483647):activity_id>/questions/<int(max=2147483647):question_id>")
def change(activity_id: int, question_id: int) -> ResponseReturnValue:
    """Change a question, ask it earlier, or ask it no longer: the button says which."""
    activity, form, now = hosting.own_activity(activity_id), typed(*FIELDS), clock.utc_now()
    _asked(activity_id, question_id)
    act = flask.request.form.get("act", "save")
    try:
        with transaction():
            if act == "remove":
                questions.remove_question(activity_id, question_id, now=now)
            elif act == "up":
                questions.move_up(activity_id, question_id, now=now)
            else:
                questions.change_question(activity_id, question_id, _new(form), now=now)
    except Invalid as invalid:
        return _edit_page(activity, question_id, form.wrong(invalid)), 422
    flask.flash("Saved." if act != "remove" else "The form does not ask this any more. Answers that were given stay.")
    return flask.redirect(flask.url_for("host_questions.index", activity_id=activity_id), 303)


def _new(form: Form) -> NewQuestion:
    kind = form.value("kind")
    if kind not in set(QuestionKind):
        raise Invalid({"kind": "Choose how people answer"})
    return NewQuestion(
        QuestionKind(kind),
        form.value("wording"),
        form.value("purpose"),
        form.value("choices"),
        is_required=bool(form.value("is_required")),
    )


def _asked(activity_id: int, question_id: int) -> Asked:
    found = next((one for one in questions.asked(activity_id) if one.id == question_id), None)
    if found is None:
        raise NotFound("We cannot find this page.")
    return found


def _page(activity: ActivityPage, form: Form | None = None, *, more: str = "") -> str:
    return flask.render_template(
        "host/questions.html",
        nav="host",
        activity=activity,
        asked=questions.asked(activity.id),
        most=rules_questions.MOST_QUESTIONS,
        kinds=KINDS,
        words=dict(KINDS),
        form=form or Form(),
        more=more,
    )


def _edit_page(activity: ActivityPage, question_id: int, form: Form) -> str:
    return flask.render_template(
        "host/question.html", nav="host", activity=activity, question_id=question_id, kinds=KINDS, form=form
    )
