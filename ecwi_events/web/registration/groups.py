"""Signing a group up: paste a list or send a file, look at it, sign up. Nothing is written before, and twice does no harm.

A file becomes the list in the form, where it can be read and mended; nothing of it is kept by us between the steps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, countries
from ecwi_events.kernel.db import transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.kernel.text import normalise_address
from ecwi_events.people import rules as people_rules
from ecwi_events.people import spreadsheets
from ecwi_events.programme import queries as programme
from ecwi_events.registration import (
    answers,
    group_preview,
    queries,
    questions,
    rules,
    rules_group_lists,
    rules_groups,
    rules_questions,
)
from ecwi_events.registration.service import SignUp
from ecwi_events.web import hosting, times, uploads
from ecwi_events.web.forms import Form, typed_whole
from ecwi_events.web.programme import seeing, sign_up_form

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from ecwi_events.programme.queries import ActivityPage
    from ecwi_events.registration.models import Place
    from ecwi_events.registration.rules import SignUpFacts
    from ecwi_events.registration.rules_group_lists import GroupLine, GroupList
    from ecwi_events.registration.rules_questions import Asked
    from ecwi_events.registration.service import GroupResult

blueprint = flask.Blueprint("groups", __name__)

GUESSED = (
    "We had to guess the letters of this file. Look at the names below. Are letters wrong? "
    "Then save the table as “CSV UTF-8” or as .xlsx, and send that."
)
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
    asked = questions.asked(activity.id)
    bringer, form = _bringer(activity, now=now), _typed(asked)
    try:
        sent = _file(form, asked)
        group = rules_group_lists.read_group(sent.form.value("people"), asked)
        form = sent.form
        _check(bringer, form, group, asked)
        if form.value("act") != "sign_up" or sent.is_new:
            return _page(activity, bringer, form, group, now=now, guessed=GUESSED if sent.is_guess else "")
        with transaction():
            already = _already(activity, bringer, group.lines)
            results = _sign_up(activity, bringer, form, group, asked, now=now)
    except Invalid as invalid:
        return _page(activity, bringer, form.wrong(invalid), now=now), 422
    except Refused as refused:
        return _page(activity, bringer, form, now=now, more=refused.message), 409
    return flask.render_template(
        "registration/group_done.html",
        nav="programme",
        activity=activity,
        results=[(name, result, _had(result, already)) for name, result in results],
        by_mail=not bringer.is_host and rules_groups.is_told_by_mail(_facts(activity).terms),
    )


@blueprint.get("/a/<slug>/group.csv")
def file_to_fill(slug: str) -> ResponseReturnValue:
    """Give a file with the headings of this activity, to fill in with a spreadsheet program."""
    activity = _activity(slug)
    bringer = _bringer(activity, now=clock.utc_now())
    columns = rules_groups.headings(questions.asked(activity.id), with_organisation=bringer.is_host)
    content = spreadsheets.write_csv([spreadsheets.guarded(column) for column in columns], [])
    disposition = f'attachment; filename="group-{activity.slug}.csv"'
    return flask.Response(content, mimetype="text/csv", headers={"Content-Disposition": disposition})


@dataclass(frozen=True)
class _Sent:
    """The form with its list; of a file that has just come in, whether its letters are a guess."""

    form: Form
    is_new: bool = False
    is_guess: bool = False


def _typed(asked: Sequence[Asked]) -> Form:
    chosen = [name for name in flask.request.form if name.startswith(sign_up_form.PREFIX)][: sign_up_form.MOST_CHOSEN]
    return typed_whole("people", "organisation", "act", "chose", *chosen, *(question.field for question in asked))


def _file(form: Form, asked: Sequence[Asked]) -> _Sent:
    """Return the form with the rows of the file that was sent, if one was.

    Raises:
        Invalid: it cannot be read, or has more people than fit.
    """
    content = uploads.small("file", most_bytes=spreadsheets.LARGEST_FILE)
    if content is None:
        return _Sent(form)
    try:
        rows = spreadsheets.read_rows(content, decode=spreadsheets.decoded_or_guessed)
    except Refused as refused:
        is_too_large = refused.code == "too_large"
        raise Invalid({"file": rules_group_lists.TOO_LARGE if is_too_large else refused.message}) from refused
    text = rules_group_lists.as_text(rows)
    if fault := rules_group_lists.file_fault(len(rows), text, asked):
        raise Invalid({"file": fault})
    form = Form({**form.values, "people": text}, form.faults)
    return _Sent(form, is_new=True, is_guess=spreadsheets.is_guess(content))


def _check(bringer: Bringer, form: Form, group: GroupList, asked: Sequence[Asked]) -> None:
    if not bringer.may:
        raise Refused("not_for_you", NOT_FOR_YOU)
    if group.fault:
        raise Invalid({"people": group.fault})
    if not group.lines:
        raise Invalid({"people": "Enter one person on each line: name, email"})
    if len(group.lines) > rules_group_lists.MOST:
        raise Invalid({"people": rules_group_lists.TOO_MANY})
    if faults := rules_groups.shared_faults(asked, form.values):
        raise Invalid(faults)


def _sign_up(
    activity: ActivityPage, bringer: Bringer, form: Form, group: GroupList, asked: Sequence[Asked], *, now: datetime
) -> list[tuple[str, GroupResult]]:
    """Sign up every line that has no fault, in the order of the list.

    Raises:
        Invalid: no line can be signed up, or no session was chosen.
        Refused: sign-up is not open.
    """
    good = [line for line in group.lines if line.fault is None]
    chosen = sign_up_form.session_ids(form.values)
    if not good or (form.value("chose") and not chosen):
        raise Invalid({"sessions": "Choose one session or more"} if good else {"people": "Mend the lines first"})
    own = dict(bringer.organisations).get(int(form.value("organisation") or 0) if _is_number(form) else 0, "")
    people = [
        (
            _new(activity, line, line.organisation if bringer.is_host else own, chosen),
            rules_group_lists.answers_of(line, asked, form.values),
        )
        for line in good
    ]
    results = answers.sign_up_group(
        activity.id, people, by_person_id=bringer.person_id, by_representative=not bringer.is_host, now=now
    )
    return [(line.name, result) for line, result in zip(good, results, strict=True)]


def _new(activity: ActivityPage, line: GroupLine, organisation: str, chosen: Sequence[int]) -> SignUp:
    return SignUp(activity.id, line.name, line.address, organisation, activity.zone, chosen, country=line.country)


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
    activity: ActivityPage, bringer: Bringer, form: Form | None = None, group: GroupList | None = None,
    *, now: datetime, more: str = "", guessed: str = "",
) -> str:  # fmt: skip
    facts = _facts(activity)
    closed = _closed(facts, bringer, now=now)
    lines = group.lines if group else []
    already, asked = _already(activity, bringer, lines), questions.asked(activity.id)
    steps = times.steps(activity.sessions, activity.zone, now=now)
    form = form or Form()
    return flask.render_template(
        "registration/group.html",
        nav="programme",
        activity=activity,
        facts=facts,
        bringer=bringer,
        form=form,
        preview=[(line, _verdict(line, already), *_answers(line, asked, form)) for line in lines],
        group=group,
        asked=[replace(question, is_required=False) for question in rules_groups.answerable(asked)],
        agreed=[question for question in asked if question.kind == "consent"],
        guessed=guessed,
        country=countries.label,
        choices=sign_up_form.choices(facts, form, steps, now=now) if facts.terms.is_per_session else [],
        conditions=rules_groups.conditions(facts.terms),
        closed=closed,
        most=rules_group_lists.MOST,
        more=more,
    )


def _facts(activity: ActivityPage) -> SignUpFacts:
    facts = queries.sign_up_facts(activity.id)
    if facts is None:
        raise NotFound("We cannot find this page.")
    return facts


def _closed(facts: SignUpFacts, bringer: Bringer, *, now: datetime) -> str:
    """Say why this bringer cannot bring a group now, or nothing."""
    if closed := rules.refusal(facts, now=now):
        return rules.SENTENCES[closed]
    by_list = None if bringer.is_host else rules_groups.representative_refusal(facts.terms)
    return by_list or ""


def _already(activity: ActivityPage, bringer: Bringer, lines: Sequence[GroupLine]) -> dict[str, Place]:
    """Return what people of a list have already, as far as the bringer may know."""
    whose = None if bringer.is_host else [number for number, _ in bringer.organisations]
    return group_preview.signed_up_already(activity.id, lines, of_organisations=whose) if lines else {}


def _answers(line: GroupLine, asked: Sequence[Asked], form: Form) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the answers of a line in words, and what this person will be asked by the own link."""
    got = rules_group_lists.answers_of(line, asked, form.values)
    said = [(one.wording, rules_questions.in_words(one.kind, got[one.field])) for one in asked if one.field in got]
    return said, [one.wording for one in rules_groups.left_open(asked, got)]


def _had(result: GroupResult, already: dict[str, Place]) -> Place | None:
    """Return what somebody had before and still has; None also where the bringer may not know."""
    is_repeat = result.signed_up is not None and result.signed_up.is_repeat
    return already.get(normalise_address(result.address)) if is_repeat else None


def _verdict(line: GroupLine, already: dict[str, Place]) -> str:
    if line.fault:
        return "fault"
    return "already" if normalise_address(line.address) in already else "ok"
