"""The ground of the test of permissions: everybody that the table names, and records of their own and of others.

Every text is full of markup, and some texts are canaries: few may read them, and the test looks for them in every answer.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import sqlalchemy as sa

from ecwi_events.attendance.models_messages import ActivityMessage, Audience
from ecwi_events.feedback import service as feedback
from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail import stopping
from ecwi_events.mail.kinds import Topic
from ecwi_events.mail.models import Mail, MailState
from ecwi_events.mail.models_delivery import Suppression, Why
from ecwi_events.overview import asking
from ecwi_events.overview import service as overview
from ecwi_events.overview.models_asking import Question
from ecwi_events.people import addresses, browser_sessions, signing_in
from ecwi_events.people.models import (
    AddressProof,
    EmailAddress,
    MembershipSpell,
    OrganisationAlias,
    OrganisationImport,
    Person,
    Role,
    RoleGrant,
)
from ecwi_events.people.models_signing_in import BrowserSession, Passkey
from ecwi_events.programme import invitations, texts
from ecwi_events.programme import merging as organisation_merging
from ecwi_events.programme.models import Activity, ActivitySession, ActivityStatus, Visibility
from ecwi_events.programme.models_proposals import Proposal
from ecwi_events.programme.sessions import NewSession
from ecwi_events.registration import joining, proving, questions
from ecwi_events.registration import queries as registrations
from ecwi_events.registration import service as registration
from ecwi_events.registration.models import Registration
from ecwi_events.registration.models_announcements import Announcement, News
from ecwi_events.registration.models_questions import QuestionKind
from ecwi_events.registration.models_terms import SignUpRequest
from ecwi_events.registration.questions import NewQuestion
from ecwi_events.registration.rules import Terms
from ecwi_events.registration.service import SignUp
from ecwi_events.reminders import merging as people_merging
from ecwi_events.tables import SCHEMA
from ecwi_events.web.access import ACCESS, Door, Of, Row
from ecwi_events.web.static import address as static_address
from ecwi_events.work.models import Work, WorkState
from tests import make
from tests.make import NOW
from tests.web.left_behind import make_left_behind

SNAPSHOT = json.loads((Path(__file__).parents[1] / "overview" / "snapshot_2022.json").read_text(encoding="utf-8"))
MARKUP = "<b onclick='x'>\"&{{7331*7331}}"  # in every text that people type
RAW = ("<b onclick", "onclick='x'>", "53743561")  # none of it may come out as it went in
DRAFT_TITLE = "CANARYDRAFT"
PERSON = "canary.person@people.example"
MEETING = "https://meet.example/canary-room"
STAFF = {"office", "auditor", "administrator"}
MISSING_ID = 2147483000


@dataclass
class Ground:
    """What was made: the cookie of each identity, and the values of each variable of a route."""

    cookies: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, object]] = field(default_factory=dict)
    mine: dict[str, dict[str, object]] = field(default_factory=dict)  # what is one's own, by variable and identity
    typed: dict[str, dict[str, str]] = field(default_factory=dict)  # what a page needs besides its address
    other_token: str = ""  # the personal link of somebody else: nobody ever sees it

    def value(self, endpoint: str, variable: str, thing: str) -> object:
        """Return what stands for a variable: of one's own, of somebody else, or of nobody."""
        known = self.values.get(f"{endpoint}.{variable}") or self.values.get(
            f"{endpoint.partition('.')[0]}.{variable}", self.values.get(variable)
        )
        assert known is not None, f"say in tests/web/permissions_ground.py what <{variable}> of {endpoint} is"
        return known[thing]


def make_ground(app) -> Ground:
    """Make everybody and everything; needs an application context."""
    ground = Ground()
    own, other = (make.make_organisation(f"{name} {MARKUP}") for name in ("Own", "Other"))
    mine = _activity(f"Mine {MARKUP}", own)
    theirs = _activity(f"Theirs {MARKUP}", other)
    draft = _activity(f"{DRAFT_TITLE} {MARKUP}", make.make_organisation("Third"), status=ActivityStatus.DRAFT)
    person = make.make_person(f"Canary {MARKUP}", PERSON)
    for activity in (mine, theirs):
        make.sign_up(activity, f"Canary {MARKUP}", PERSON)
    link_holder = make.sign_up(
        mine, f"Holder {MARKUP}", "holder@people.example", organisation=f"School {MARKUP}"
    ).registration_id
    ground.other_token = _link(db.session.scalar(sa.select(Registration.id).where(Registration.person_id == person)))
    _people(app, ground, own, other)
    _values(ground, mine, theirs, draft, link_holder)
    _more_values(ground, own, other, person)
    ground.values |= _left_behind(mine, theirs)
    return ground


def _activity(title: str, host_id: int, status: ActivityStatus = ActivityStatus.PLANNED) -> int:
    at = datetime(2027, 1, 19, 14)  # noqa: DTZ001 - wall time
    session = NewSession(f"Session {MARKUP}", at, "Europe/Kyiv", 90, summary=MARKUP, meeting_url=MEETING)
    return make.make_activity(title, host_id=host_id, sessions=[session], status=status)


def _people(app, ground: Ground, own: int, other: int) -> None:
    members = {name: make.make_person(f"{name} {MARKUP}") for name in ("member", "disabled", "unproved")}
    staff = {role.value: make.make_staff(role) for role in (Role.OFFICE, Role.AUDITOR, Role.ADMINISTRATOR)}
    hosts = {"own host": make.make_host(own), "other host": make.make_host(other)}
    for name, person_id in {**members, **staff, **hosts}.items():
        ground.cookies[name] = _cookie(app, person_id, strong=True)
    ground.cookies["office without second factor"] = _cookie(app, staff["office"], strong=False)
    with transaction():
        db.session.execute(sa.update(Person).where(Person.id == members["disabled"]).values(disabled_at=NOW))
    things = {who: _own_things(person_id) for who, person_id in {**members, **staff, **hosts}.items()}
    things["office without second factor"] = things["office"]
    for variable in things["office"]:
        ground.mine[variable] = {who: of[variable] for who, of in things.items()}
        foreign = ground.mine[variable]["disabled"]
        ground.values[variable] = {"own": foreign, "foreign": foreign, "missing": MISSING_ID}


def _own_things(person_id: int) -> dict[str, int]:
    return {
        "browser_id": _other_browser(person_id),
        "passkey_id": _passkey(person_id),
        "address_id": db.session.scalar(sa.select(EmailAddress.id).where(EmailAddress.person_id == person_id)),
        "import_id": _insert(OrganisationImport(file_name=MARKUP, rows=[], by_person_id=person_id, created_at=NOW)),
    }


def _asked(organisation_id: int) -> str:
    with transaction():
        asking.ask_host(organisation_id, NOW.year, by_person_id=None, now=NOW)
    return asking.token_of(db.session.scalar(sa.select(Question.uid)))


def _other_browser(person_id: int) -> int:
    with transaction():
        browser_sessions.start(person_id, device="Another", now=NOW + timedelta(seconds=1))
    return db.session.scalar(sa.select(sa.func.max(BrowserSession.id)))


def _passkey(person_id: int) -> int:
    return _insert(
        Passkey(
            person_id=person_id,
            credential_id=f"key{person_id:05}",
            public_key=b"",
            name=f"Key {MARKUP}",
            created_at=NOW,
        )
    )


def _insert(row) -> int:
    with transaction():
        db.session.add(row)
        db.session.flush()
        return row.id


def _more_values(ground: Ground, own: int, other: int, person: int) -> None:
    """The people, organisations, roles and merges that the office's pages name."""
    people = [make.make_person(f"Twice {MARKUP}") for _ in range(4)]
    organisations = [make.make_organisation(f"Twice {number} {MARKUP}") for number in range(4)]
    with transaction():
        addresses.ask_for_proof(people[0], "new.address@people.example", now=NOW)
        proof = db.session.scalar(sa.select(sa.func.max(AddressProof.id)))
        token = addresses.token_of(proof)
        person_merge = people_merging.merge_people(
            people[2], people[3], by_person_id=None, by_administrator=False, now=NOW
        )
        organisation_merge = organisation_merging.merge_organisations(
            organisations[2], organisations[3], by_person_id=None, now=NOW
        )
    host = db.session.scalar(sa.select(RoleGrant.person_id).where(RoleGrant.organisation_id == own))
    grant = db.session.scalar(sa.select(RoleGrant.id).where(RoleGrant.role == Role.AUDITOR))
    link = ground.values["registration.token"]

    def first_of(table, organisation_id):
        return db.session.scalar(sa.select(table.id).where(table.organisation_id == organisation_id).limit(1))

    ground.values |= {
        "moves.to": _any("completed"),
        "asking.token": {"own": _asked(own), "foreign": link["own"], "missing": link["missing"]},
        "person_id": _any(person),
        "office_organisation.person_id": _any(host),
        "kept_id": _any(people[0]),
        "merged_id": _any(people[1]),
        "office_people.merge_id": _any(person_merge),
        "office_organisation.merge_id": _any(organisation_merge),
        "kind": {"own": "csv"},
        "organisation_id": _any(own),
        "name_id": _any(first_of(OrganisationAlias, own)),
        "spell_id": _any(first_of(MembershipSpell, own)),
        "grant_id": _any(grant),
        "proposal_id": {"own": _proposal(own), "foreign": _proposal(other), "missing": MISSING_ID},
        "office_work.work_id": _any(_given_up_work()),
        "announcement_id": _any(_stopped_news(ground.values["activity_id"]["own"])),
        "me.token": {"own": token, "foreign": link["own"], "missing": link["missing"]},
        "message_id": {
            "own": _message(ground.values["activity_id"]["own"]),
            "foreign": _message(ground.values["activity_id"]["foreign"]),
            "missing": MISSING_ID,
        },
        "office_mails.kind": {"own": "registration.confirmed", "foreign": "people.sign_in", "missing": "nothing"},
        "variant": _any("usual") | {"missing": "nothing"},
        "mail_id": _any(_insert(_sent_mail())),
        "suppression_id": _any(_insert(_suppression())),
        "unsubscribing.token": {
            "own": stopping.token_of(stopping.Stop(person, Topic.REMINDERS)),
            "foreign": link["own"],
            "missing": link["missing"],
        },
    }
    ground.typed = {
        "office_organisation.preview_merge": {"other": str(other)},
        "office_organisation.merge": {"other": str(other)},
        "office_organisations.match": {
            "act": "leave",
            "folded": db.session.scalar(sa.select(sa.func.max(Person.organisation_folded))),
        },
    }


def _stopped_news(activity_id: int) -> int:
    return _insert(Announcement(activity_id=activity_id, news=News.POSTPONED, created_at=NOW, stopped_at=NOW))


def _given_up_work() -> int:
    return _insert(
        Work(kind="test.sing", dedup_key="ground", reference=1, priority=50, due_at=NOW, created_at=NOW, finished_at=NOW,
             state=WorkState.DEAD, last_error=MARKUP)
    )  # fmt: skip


def _left_behind(mine: int, theirs: int) -> dict[str, dict[str, object]]:
    own, foreign = (make_left_behind(activity, f"Left {MARKUP}") for activity in (mine, theirs))
    values = {name: {"own": own[name], "foreign": foreign[name], "missing": MISSING_ID} for name in own}
    # What is foreign at the address of files: a resource that has none, for nobody.
    files = {"own": own["resource_id"], "foreign": foreign.pop("bare_id"), "missing": MISSING_ID}
    return values | {"library.resource_id": files}


def _sent_mail() -> Mail:
    return Mail(
        dedup_key="sent long ago", kind="registration.confirmed", address="a@b.example", message_id="<1@events.test>",
        subject_id=1, state=MailState.SENT, created_at=NOW,
    )  # fmt: skip


def _suppression() -> Suppression:
    return Suppression(
        normalised="gone@people.example", why=Why.GONE, source="x", detail=f"550 {MARKUP}", since_at=NOW
    )  # fmt: skip


def _message(activity_id: int) -> int:
    return _insert(
        ActivityMessage(
            key=f"message of {activity_id}", activity_id=activity_id, audience=Audience.CONFIRMED, subject=f"Hello {MARKUP}",
            text=MARKUP, created_at=NOW, begins_at=NOW,
        )
    )  # fmt: skip


def _any(number: object) -> dict[str, object]:
    """Return the values of a variable of pages that tell nobody's records apart."""
    return {"own": number, "foreign": number, "missing": MISSING_ID}


def _cookie(app, person_id: int, *, strong: bool) -> str:
    """Sign a browser in, and return the cookie that it would keep for ever."""
    with transaction():
        token = browser_sessions.start(person_id, device=f"Browser {MARKUP}", now=NOW + timedelta(seconds=1))
        row = db.session.scalar(
            sa.select(BrowserSession).where(BrowserSession.person_id == person_id).order_by(BrowserSession.id.desc())
        )
        row.strong_at = NOW + timedelta(seconds=1) if strong else None
    client = app.test_client()
    with client.session_transaction() as session:
        session.update(_user_id=token, _fresh=True)
    return client.get_cookie("session").value


def _values(ground: Ground, mine: int, theirs: int, draft: int, link_holder: int) -> None:
    slugs = dict(db.session.execute(sa.text("SELECT id, slug FROM activity")).all())
    sessions = dict(db.session.execute(sa.select(ActivitySession.activity_id, ActivitySession.id)).all())
    published, waiting = _edition(2022, published=True), _edition(2024, published=False)
    member = make.make_person("Signs in")
    with transaction():
        sign_in = signing_in.issue_sign_in_token(member, now=NOW)
    link = _link(link_holder)
    nobody = "A" * len(link)
    ground.values |= {
        "slug": {"own": slugs[mine], "foreign": slugs[draft], "missing": "there-is-no-such-activity"},
        "session_id": {"own": sessions[mine], "foreign": sessions[theirs], "missing": MISSING_ID},
        "activity_id": {"own": mine, "foreign": theirs, "missing": MISSING_ID},
        "edition_id": {"own": published[0], "foreign": waiting[0], "missing": MISSING_ID},
        "run_id": {"own": published[1], "foreign": waiting[1], "missing": MISSING_ID},
        "office_overview.year": {"own": 2022, "foreign": 2024, "missing": 9999},
        "overview.year": {"own": 2022, "foreign": 2024, "missing": 2023},
        "figure_id": dict.fromkeys(("own", "foreign"), SNAPSHOT["figures"][0]["id"]) | {"missing": "nothing"},
        # Links: "foreign" is a link that was made for another purpose.
        "registration_id": {"own": _sign_up_of(mine), "foreign": _sign_up_of(theirs), "missing": MISSING_ID},
        "personal.token": {"own": link, "foreign": sign_in, "missing": nobody},
        "proving.token": {"own": _request(), "foreign": link, "missing": nobody},
        "registration.token": {"own": link, "foreign": sign_in, "missing": nobody},
        "library.token": {"own": link, "foreign": sign_in, "missing": nobody},
        "question_id": {"own": _question(mine), "foreign": _question(theirs), "missing": MISSING_ID},
        "feedback.token": {"own": _feedback_link(link_holder), "foreign": link, "missing": nobody},
        "joining.token": {"own": _joining_link(link_holder), "foreign": link, "missing": nobody},
        "calendars.token": {"own": link, "foreign": sign_in, "missing": nobody},
        "people.token": {"own": sign_in, "foreign": link, "missing": nobody},
        "office_texts.language": _any(_translated("uk", mine, theirs)),
        "seeing.token": {"own": _invitation(), "foreign": link, "missing": nobody},
        "host_reminders.slot": dict.fromkeys(("own", "foreign"), "day_before") | {"missing": "nothing"},
        "static.name": {"own": static_address("app.css").rpartition("/")[2]},
    }


def _proposal(organisation_id: int) -> int:
    texts_of = dict.fromkeys(("title", "why", "plan", "sessions_idea"), f"Proposal {MARKUP}")
    return _insert(
        Proposal(
            once=f"once of {organisation_id}", year=2027, organisation_id=organisation_id, created_at=NOW, **texts_of
        )
    )


def _translated(language: str, *activities: int) -> str:
    texts_in_it = texts.Texts(MARKUP, MARKUP, MARKUP, MARKUP)
    with transaction():
        for activity in activities:
            texts.save_texts(activity, language, texts_in_it, of_revision=1, seen_at=None, now=NOW)
    return language


def _invitation() -> str:
    """The link of an activity that nobody sees without it."""
    activity = db.session.get_one(Activity, _activity(f"By invitation {MARKUP}", make.make_organisation("Inviting")))
    with transaction():
        activity.visibility = Visibility.INVITED
        invitations.make_link(activity)
    return invitations.find_token(activity.id)


def _request() -> str:
    """The link of a sign-up that waits for the proof of its address."""
    activity_id = _activity(f"By list {MARKUP}", make.make_organisation("Listing"))
    with transaction():
        registration.set_terms(activity_id, Terms(who="invited"), now=NOW)
        registration.invite(activity_id, ["listed@people.example"], now=NOW)
        proving.ask(SignUp(activity_id, f"Listed {MARKUP}", "listed@people.example"), {}, now=NOW)
    _, token = proving.find_for_mail(db.session.scalar(sa.select(sa.func.max(SignUpRequest.id))), now=NOW)
    return token


def _edition(year: int, *, published: bool) -> tuple[int, int]:
    with transaction():
        run_id = overview.start_compile(year, date(year, 12, 31), None, now=NOW)
        edition = overview.write_edition(run_id, {**SNAPSHOT, "year": year}, now=NOW)
        if published:
            overview.publish(edition.id, None, now=NOW)
            overview.store_output(edition.id, "pdf", b"%PDF-")
        return edition.id, run_id


def _link(registration_id: int) -> str:
    row = db.session.get_one(Registration, registration_id)
    return registrations.token_of(row.uid, row.link_version)


def _question(activity_id: int) -> int:
    with transaction():
        return questions.add_question(
            activity_id, NewQuestion(QuestionKind.TEXT, f"Question {MARKUP}", f"Purpose {MARKUP}"), now=NOW
        )


def _sign_up_of(activity_id: int) -> int:
    return db.session.scalar(sa.select(Registration.id).where(Registration.activity_id == activity_id).limit(1))


def _feedback_link(registration_id: int) -> str:
    mine = registrations.find_sign_up(registration_id)
    return feedback.token_of(mine, mine.activity.sessions[0].id)


def _joining_link(registration_id: int) -> str:
    row = db.session.get_one(Registration, registration_id)
    return joining.token_of(row.id, row.uid, row.link_version)


@dataclass(frozen=True)
class Case:
    """One line of the table for one object: an address and a method."""

    endpoint: str
    row: Row
    method: str
    thing: str  # own, foreign, missing; "" where the address names nothing
    path: str
    names: tuple[str, ...]  # what the address names, to be taken out before two answers are compared
    paths: dict[str, str] = field(default_factory=dict, hash=False)  # by identity, where each has their own

    def path_of(self, who: str) -> str:
        """Return the address to ask for."""
        return self.paths.get(who, self.path)


def cases(app, ground: Ground) -> list[Case]:
    """Return every served method of every route, for each object that its address can name."""
    found = []
    adapter = app.url_map.bind("events.test")
    for rule in app.url_map.iter_rules():
        row = ACCESS[rule.endpoint]
        hidden = row.of is not Of.NONE and rule.arguments
        for thing in ("own", "foreign", "missing") if hidden else ("own",):
            values = {name: ground.value(rule.endpoint, name, thing) for name in rule.arguments}
            path = adapter.build(rule.endpoint, values)
            names = tuple(str(value) for value in values.values() if len(str(value)) > 3)
            label = thing if hidden else ""
            mine = _own_paths(adapter, rule, ground) if _each_has_own(row) and thing == "own" else {}
            found += [Case(rule.endpoint, row, method, label, path, names, mine) for method in sorted(row.methods)]
    return found


def _each_has_own(row: Row) -> bool:
    return row.of is Of.OWN and row.door in {Door.SIGNED_IN, Door.OFFICE}


def _own_paths(adapter, rule, ground: Ground) -> dict[str, str]:
    return {
        who: adapter.build(rule.endpoint, {name: ground.mine[name][who] for name in rule.arguments})
        for who in ground.cookies
        if rule.arguments
    }


def expected(case: Case, who: str) -> str:
    """Say what the table promises: yes, no (come in at all), missing (looks as if it did not exist), or second factor."""
    may = _comes_in(case.row, case.method, who)
    if may != "yes":
        return may
    if case.thing == "missing":
        return "missing"
    if case.row.door is Door.HOST and case.thing:
        sees_all = who in {"office", "administrator"} or (who == "auditor" and case.method != "POST")
        return "yes" if sees_all or who == {"own": "own host", "foreign": "other host"}[case.thing] else "missing"
    return "missing" if case.thing == "foreign" and case.row.of is not Of.ANY else "yes"


def _comes_in(row: Row, method: str, who: str) -> str:
    if row.door in {Door.ANYONE, Door.LINK}:
        return "yes"
    if who in {"anonymous", "disabled"}:
        return "no"
    if row.door is Door.SIGNED_IN:
        return "yes"
    if who == "office without second factor":
        return "second factor"
    lets_in = {
        Door.HOST: {"own host", "other host", "office", "administrator"},
        Door.OFFICE: {"office", "administrator"},
        Door.ADMINISTRATOR: {"administrator"},
    }[row.door]
    reads = who == "auditor" and row.door is not Door.ADMINISTRATOR and method in {"GET", "HEAD"}
    return "yes" if who in lets_in or reads else "no"


def verdict(answer) -> str:
    """Say what an answer amounts to."""
    if answer.status_code == 403:
        return "no"
    if answer.status_code in {404, 410}:
        return "missing"
    if answer.status_code == 303 and answer.headers["Location"].startswith("/second-factor?"):
        return "second factor"
    return "yes" if answer.status_code < 500 and answer.status_code != 405 else f"status {answer.status_code}"


def words(answer) -> str:
    """Return an answer as text, whatever it is."""
    return answer.get_data().decode(errors="replace")


def normal(case: Case, answer) -> tuple[int, str]:
    """Return status and words of an answer without what the address itself named."""
    text = words(answer)
    for name in (case.path, quote(case.path), quote(case.path, safe=""), *case.names):
        text = text.replace(name, "X")
    without = re.sub(r'value="[\w.-]{60,}"|<svg.*?</svg>', "", text, flags=re.DOTALL)  # form tokens; pictures of a year
    return answer.status_code, without


def fingerprint() -> str:
    """Return every row of every table, in order: equal before and after if nothing changed."""
    rows = []
    for table in SCHEMA.sorted_tables:
        order = list(table.primary_key.columns) or list(table.columns)
        rows.append((table.name, db.session.execute(sa.select(table).order_by(*order)).all()))
    db.session.rollback()
    return repr(rows)
