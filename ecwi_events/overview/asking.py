"""Asking a host for what the overview still lacks, and taking in what comes back through the link."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ecwi_events.journal import service as journal
from ecwi_events.kernel import tokens
from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.kernel.text import clean_line, clean_prose
from ecwi_events.mail import service as mail
from ecwi_events.overview import board, board_visits, sent_in
from ecwi_events.overview.models_asking import Answer, Question, SentIn, SentKind
from ecwi_events.people import merging
from ecwi_events.people.models import EmailAddress, Organisation, Person, Role, RoleGrant
from ecwi_events.programme import no_resources, outcomes, resources
from ecwi_events.programme.models import Activity, ActivityOrganisation, OrganisationRole, OutcomeKind
from ecwi_events.programme.rules_resources import url_fault

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

PURPOSE = "overview question"
MAIL_KIND = "overview.ask"
OPEN_FOR = timedelta(days=30)
NOT_AGAIN_WITHIN = timedelta(days=7)
MOST_AT_ONCE = 20
LONGEST_NOTE = 2000
_ACHIEVED = OutcomeKind.ACHIEVED


@dataclass(frozen=True)
class Asked:
    """One question as the page behind its link needs it."""

    id: int
    uid: str
    organisation_id: int
    organisation: str
    year: int
    expires_at: datetime


@dataclass(frozen=True)
class Sent:
    """What a host sends in about one activity: outcomes one by one, links as title and address, and a note."""

    outcomes: Sequence[str] = ()
    links: Sequence[tuple[str, str]] = ()
    note: str = ""
    no_resources: bool = False


def token_of(uid: str) -> str:
    """Return the token of a question's link; it can be made again at any time, so only its hash is kept."""
    return tokens.derived(PURPOSE, uid)


def ask_host(organisation_id: int, year: int, *, again: bool = False, by_person_id: int | None, now: datetime) -> int:
    """Ask the host people of an organisation for all that it owes for a year; return to how many a mail goes.

    Args:
        organisation_id: which.
        year: of the overview.
        again: also if it was asked within a week.
        by_person_id: who asks.
        now: the door's instant.

    Raises:
        NotFound: there is no such organisation.
        Refused: ``lately``, it was asked within a week; ``nobody``, it has no host people.
    """
    if db.session.get(Organisation, organisation_id) is None:
        raise NotFound("We cannot find this organisation.")
    asked_at = _asked_at(organisation_id, year)
    if asked_at and now < asked_at + NOT_AGAIN_WITHIN and not again:
        raise Refused("lately", "This host was asked less than a week ago. Ask again all the same?")
    people = _host_people(organisation_id)
    if not people:
        raise Refused("nobody", "This organisation has no host people. Add one on its page, then ask.")
    uid = str(uuid.uuid4())
    question = Question(
        uid=uid, link_hash=tokens.digest(token_of(uid)), organisation_id=organisation_id, year=year, asked_at=now,
        asked_by_id=by_person_id, expires_at=now + OPEN_FOR,
    )  # fmt: skip
    db.session.add(question)
    db.session.flush()
    mail.queue_all(
        [
            mail.NewMail(
                MAIL_KIND,
                person_id=person_id,
                address=address,
                subject_id=question.id,
                not_after=question.expires_at,
                dedup_key=f"{MAIL_KIND}:{question.id}:{person_id}",
            )
            for person_id, address in people
        ],
        now=now,
    )
    journal.note("ask_host", "organisation", organisation_id, after={"year": year, "people": len(people)}, now=now)
    return len(people)


def find_asked(token: str, *, now: datetime) -> Asked | None:
    """Return the question that a link belongs to, or None if there is none or its time is over."""
    return _find(Question.link_hash == tokens.digest(token), now=now)


def find_question(question_id: int, *, now: datetime) -> Asked | None:
    """Return a question by its id (for mails), or None if its time is over."""
    return _find(Question.id == question_id, now=now)


def take_in(asked: Asked, activity_id: int, sent: Sent, *, now: datetime) -> None:
    """Take in what a host sent about one activity: outcomes and links wait to be looked at, the note goes to the office.

    What is there already is not written again, so the same form sent twice changes nothing. Outcomes and links are
    taken only where there are none yet: the link needs no account, so it adds nothing to what somebody wrote before.

    Raises:
        NotFound: the activity is not one of this host and year.
        Invalid: nothing was typed, or a field cannot be taken.
    """
    lines = [clean_line(text) for text in sent.outcomes if clean_line(text)]
    links = [(clean_line(title), clean_line(url)) for title, url in sent.links if clean_line(title) or clean_line(url)]
    note = clean_prose(sent.note)
    if faults := _faults(lines, links, note, none=sent.no_resources):
        raise Invalid(faults)
    if not _is_theirs(asked, activity_id):
        raise NotFound("We cannot find this activity.")
    # The same form twice at once: the question's row is the one that both must pass.
    db.session.execute(sa.select(Question.id).where(Question.id == asked.id).with_for_update())
    lines, links, note = _new(asked, activity_id, lines, links, note)
    none = sent.no_resources and not links and not _is_said(activity_id)
    if not (lines or links or note or none):
        return
    if faults := _unasked(asked, activity_id, lines, [*links, *([("", "")] if none else [])], now=now):
        raise Invalid(faults)
    answer = Answer(
        question_id=asked.id, activity_id=activity_id, outcomes=len(lines), resources=len(links), note=note or None,
        answered_at=now,
    )  # fmt: skip
    db.session.add(answer)
    db.session.flush()
    _let_wait(answer, lines, links, none=none)
    after = {"outcomes": len(lines), "resources": len(links), "note": bool(note)}
    journal.note("answer_office", "activity", activity_id, after=after, now=now)


def _let_wait(answer: Answer, lines: Sequence[str], links: Sequence[tuple[str, str]], *, none: bool) -> None:
    """Keep what came in until somebody looks at it: whoever has the link has no account."""
    items: list[tuple[SentKind, str, str | None]] = [(SentKind.OUTCOME, text, None) for text in lines]
    items += [(SentKind.RESOURCE, title, url) for title, url in links]
    items += [(SentKind.NO_RESOURCES, "There are no resources", None)] if none else []
    for kind, text, url in items:
        db.session.add(SentIn(answer_id=answer.id, activity_id=answer.activity_id, kind=kind, text=text, url=url))
    db.session.flush()


def _is_said(activity_id: int) -> bool:
    waits = any(one.kind is SentKind.NO_RESOURCES for one in sent_in.waiting(activity_id))
    return waits or no_resources.is_said(activity_id)


def _faults(lines: Sequence[str], links: Sequence[tuple[str, str]], note: str, *, none: bool) -> dict[str, str]:
    faults = _link_faults(links)
    if none and links:
        faults["no_resources"] = "Send links, or say that there are none"
    if not (lines or links or note or none):
        faults["note"] = "Write an outcome, a link or a note"
    if len(lines) > MOST_AT_ONCE:
        faults["outcomes"] = f"Send {MOST_AT_ONCE} outcomes or fewer at once"
    if any(len(text) > outcomes.LONGEST for text in lines):
        faults["outcomes"] = f"Write each outcome in {outcomes.LONGEST} letters or fewer"
    if len(note) > LONGEST_NOTE:
        faults["note"] = f"Write the note in {LONGEST_NOTE} letters or fewer"
    return faults


def _link_faults(links: Sequence[tuple[str, str]]) -> dict[str, str]:
    faults = {}
    for number, (title, url) in enumerate(links):
        if not title:
            faults[f"title-{number}"] = "Write what the link leads to"
        if fault := url_fault(url) if url else "Enter the address of the link":
            faults[f"url-{number}"] = fault
    return faults


def _new(
    asked: Asked, activity_id: int, lines: Sequence[str], links: Sequence[tuple[str, str]], note: str
) -> tuple[list[str], list[tuple[str, str]], str]:
    """Return what is not there yet, each thing once."""
    wait = sent_in.waiting(activity_id)
    texts = {outcome.text.casefold() for outcome in outcomes.outcomes_of(activity_id) if outcome.kind is _ACHIEVED}
    texts |= {one.text.casefold() for one in wait if one.kind is SentKind.OUTCOME}
    urls = {resource.url for resource in resources.resources_of(activity_id)} | {one.url for one in wait}
    new_lines, new_links = [], []
    for text in lines:
        if text.casefold() not in texts:
            texts.add(text.casefold())
            new_lines.append(text)
    for title, url in links:
        if url not in urls:
            urls.add(url)
            new_links.append((title, url))
    said = db.session.scalars(
        sa.select(Answer.note).where(Answer.question_id == asked.id, Answer.activity_id == activity_id)
    )
    return new_lines, new_links, "" if note in set(said) else note


def _unasked(
    asked: Asked, activity_id: int, lines: Sequence[str], links: Sequence[tuple[str, str]], *, now: datetime
) -> dict[str, str]:
    hosts = board.board(asked.year, zone="UTC", now=now, host_id=asked.organisation_id)
    asked_for = next(
        (line.sendable for host in hosts for line in host.lines if line.state.id == activity_id), frozenset()
    )
    faults = {}
    if lines and "outcomes" not in asked_for:
        faults["outcomes"] = "We do not ask for outcomes of this activity now. Write to the office in the note instead"
    if links and "links" not in asked_for:
        faults["title-0"] = "We do not ask for links of this activity now. Write to the office in the note instead"
    return faults


def _find(condition: sa.ColumnElement[bool], *, now: datetime) -> Asked | None:
    row = db.session.execute(
        sa.select(
            Question.id, Question.uid, Question.organisation_id, Organisation.name, Question.year, Question.expires_at
        )
        .join(Organisation, Organisation.id == Question.organisation_id)
        .where(condition, Question.expires_at > now)
    ).one_or_none()
    if row is None:
        return None
    return replace(Asked(*row), organisation_id=merging.left_organisation_id(row.organisation_id))


def _asked_at(organisation_id: int, year: int) -> datetime | None:
    # Two who press the button at once: the organisation's row is the one that both must pass.
    db.session.execute(sa.select(Organisation.id).where(Organisation.id == organisation_id).with_for_update())
    return db.session.scalar(
        sa.select(Question.asked_at)
        .where(Question.organisation_id == organisation_id, Question.year == year)
        .order_by(Question.id.desc())
        .limit(1)
    )


def _host_people(organisation_id: int) -> Sequence[tuple[int, str]]:
    rows = db.session.execute(
        sa.select(Person.id, sa.func.min(EmailAddress.address))
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .join(EmailAddress, sa.and_(EmailAddress.person_id == Person.id, EmailAddress.is_primary))
        .where(RoleGrant.organisation_id == organisation_id, RoleGrant.role == Role.HOST, Person.disabled_at.is_(None))
        .group_by(Person.id)
        .order_by(Person.id)
    )
    return [(person_id, address) for person_id, address in rows]


def _is_theirs(asked: Asked, activity_id: int) -> bool:
    found = db.session.scalar(
        sa.select(Activity.id)
        .join(ActivityOrganisation, ActivityOrganisation.activity_id == Activity.id)
        .where(
            Activity.id == activity_id,
            sa.or_(Activity.home_year == asked.year, board_visits.visiting(asked.year, zone="UTC")),
            ActivityOrganisation.organisation_id == asked.organisation_id,
            ActivityOrganisation.role == OrganisationRole.HOST,
        )
    )
    return found is not None
