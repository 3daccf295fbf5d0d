"""The people of an activity as a file for spreadsheets, and as a list to sign on paper."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import flask

from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.text import fold
from ecwi_events.people import spreadsheets
from ecwi_events.registration import answers, queries
from ecwi_events.registration.models import Place
from ecwi_events.web import hosting, times

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flask.typing import ResponseReturnValue

    from ecwi_events.programme.queries import ActivityPage
    from ecwi_events.registration.answers import Answered

blueprint = flask.Blueprint("host_people_files", __name__)

COLUMNS = (
    "Name", "Organisation", "Country", "Email", "Session", "State", "Number in line", "Signed up (UTC)",
    "Organisation as typed, not proved",
)  # fmt: skip
EMPTY_LINES = 5  # for people who come without signing up


@blueprint.get("/host/activities/<int(max=2147483647):activity_id>/people.csv")
def file(activity_id: int) -> ResponseReturnValue:
    """Give all sign-ups with their answers; no cell is ever taken for a formula."""
    activity = hosting.own_activity(activity_id)
    given = answers.of_activity(activity_id)
    asked = {one.question_id: one.wording for theirs in given.values() for one in theirs}
    header = [*COLUMNS, *(spreadsheets.guarded(wording) for wording in asked.values())]
    content = spreadsheets.write_csv(header, _rows(activity, given, list(asked)))
    disposition = f'attachment; filename="people-{activity.slug}.csv"'
    return flask.Response(content, mimetype="text/csv", headers={"Content-Disposition": disposition})


@blueprint.get("/host/activities/<int(max=2147483647):activity_id>/people/sheet")
def sheet(activity_id: int) -> ResponseReturnValue:
    """Show who has a place, with a line to sign, one sheet of paper for each session."""
    activity, now = hosting.own_activity(activity_id), clock.utc_now()
    wanted = flask.request.args.get("session", "")
    sessions = [
        session
        for session in activity.sessions
        if not session.is_cancelled and (not wanted or wanted == str(session.id))
    ]
    people = [one for one in queries.participants(activity_id) if one.place is Place.CONFIRMED]
    return flask.render_template(
        "host/people_sheet.html",
        nav="host",
        activity=activity,
        empty_lines=EMPTY_LINES,
        sheets=[
            (
                step,
                sorted(
                    (one for one in people if one.session_id in {None, step.session.id}), key=lambda one: fold(one.name)
                ),
            )
            for step in times.steps(sessions, activity.zone, now=now)
        ],
        printed=dates.moment(now, activity.zone, now=now),
    )


def _rows(activity: ActivityPage, given: dict[int, list[Answered]], asked: Sequence[int]) -> Iterator[list[str]]:
    titles = {session.id: session.title for session in activity.sessions}
    in_line: Counter[int | None] = Counter()  # of each session; people who wait come in the order of the line
    for one in queries.participants(activity.id):
        in_line[one.session_id] += one.place is Place.WAITING
        words = {answer.question_id: answer.words for answer in given.get(one.person_id, [])}
        yield [
            one.name,
            one.organisation or "",
            one.country or "",
            one.address or "",
            titles.get(one.session_id or 0, "All"),
            one.place.value,
            str(in_line[one.session_id]) if one.place is Place.WAITING else "",
            f"{one.created_at:%Y-%m-%d %H:%M}",
            one.claimed_organisation or "",
            *(words.get(question, "") for question in asked),
        ]
