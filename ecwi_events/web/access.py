"""One table says who may do what on which page; a page that is missing from it fails the build and is closed to everyone.

`ecwi-events permissions` prints the table, docs/permissions.md holds it, and a test walks it with everybody it names.
A new page needs one line here::

    "office.rename": office("POST", Of.ANY),
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import flask

from ecwi_events.journal import acting
from ecwi_events.kernel.errors import NotAllowed
from ecwi_events.web import identity

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

    from ecwi_events.people.queries import Identity

READING = frozenset({"GET", "HEAD", "OPTIONS"})
SIGN_IN_FIRST = "You cannot see this page. Sign in first."
READERS_ONLY = "You read as an auditor, so you cannot change this. Nothing was changed. Go back to read on."


class ReadsOnly(NotAllowed):
    """Somebody who may read a page tried to change something: to sign in again would not help."""


class Door(StrEnum):
    """Who may come in."""

    ANYONE = "anyone"
    LINK = "link"  # whoever holds the personal link in the address
    SIGNED_IN = "signed in"
    HOST = "host"  # and the office
    OFFICE = "office"  # and administrators
    ADMINISTRATOR = "administrator"


class Of(StrEnum):
    """Which records can be reached. The view or the act checks it; the test of the table proves it."""

    NONE = "none"  # the page is about no record in particular
    PUBLIC = "published"  # a draft looks as if it did not exist
    OWN = "own"  # another's looks as if it did not exist
    ANY = "any"


FOR = {Door.HOST: "hosts", Door.OFFICE: "the office", Door.ADMINISTRATOR: "administrators"}


@dataclass(frozen=True)
class Row:
    """What is allowed at one endpoint: by which methods, for whom, on what; ``purpose`` is what a link is made for."""

    methods: frozenset[str]
    door: Door
    of: Of
    purpose: str = ""

    def changes(self, method: str) -> bool:
        """Tell whether this method changes something: none that reads ever does."""
        return method not in READING

    def auditor_may(self, method: str) -> bool:
        """Tell whether an auditor may: read whatever the office reads, and besides that what every member may."""
        if self.door in {Door.HOST, Door.OFFICE}:
            return not self.changes(method)
        return self.door is not Door.ADMINISTRATOR


def anyone(methods: str, of: Of = Of.NONE) -> Row:
    """Open to everybody."""
    return Row(_methods(methods), Door.ANYONE, of)


def link(methods: str, purpose: str) -> Row:
    """Open to whoever holds a link made for this purpose; it opens its own record only."""
    return Row(_methods(methods), Door.LINK, Of.OWN, purpose)


def signed_in(methods: str, of: Of = Of.OWN) -> Row:
    """Open to everybody who is signed in, for what is their own."""
    return Row(_methods(methods), Door.SIGNED_IN, of)


def host(methods: str, of: Of = Of.OWN) -> Row:
    """Open to hosts for the activities of their own organisation, and to the office for all."""
    return Row(_methods(methods), Door.HOST, of)


def office(methods: str, of: Of = Of.ANY) -> Row:
    """Open to the office; reading it, also to auditors."""
    return Row(_methods(methods), Door.OFFICE, of)


def administrator(methods: str, of: Of = Of.ANY) -> Row:
    """Open to administrators alone."""
    return Row(_methods(methods), Door.ADMINISTRATOR, of)


def _methods(names: str) -> frozenset[str]:
    return frozenset(names.split()) | ({"HEAD"} if "GET" in names.split() else set())


ACCESS: dict[str, Row] = {
    "static": anyone("GET"),
    "site.health": anyone("GET"),
    "site.ready": anyone("GET"),
    "site.help_page": anyone("GET"),
    "site.privacy": anyone("GET"),
    "site.accessibility": anyone("GET"),
    "site.robots": anyone("GET"),
    "zones.choose": anyone("GET"),
    "zones.save": anyone("POST"),
    "programme.index": anyone("GET"),
    "programme.past": anyone("GET"),
    "programme.activity": anyone("GET", Of.PUBLIC),
    "seeing.invitation": link("GET", "invitation"),
    "registration.sign_up": anyone("POST", Of.PUBLIC),
    "registration.done": anyone("GET", Of.PUBLIC),
    "proving.asked": anyone("GET", Of.PUBLIC),
    "proving.confirm": link("GET", "sign-up request"),
    "proving.prove": link("POST", "sign-up request"),
    "personal.page": link("GET", "registration"),
    "personal.withdraw": link("POST", "registration"),
    "personal.undo": link("POST", "registration"),
    "personal.change_sessions": link("POST", "registration"),
    "personal.change_answers": link("POST", "registration"),
    "personal.answer_offer": link("POST", "registration"),
    "personal.pass_on": link("POST", "registration"),
    "joining.show": link("GET", "join"),
    "joining.join": link("POST", "join"),
    "people.ask": anyone("GET"),
    "people.send_link": anyone("POST"),
    "people.link_sent": anyone("GET"),
    "people.try_code": anyone("POST"),
    "second_factor.ask": signed_in("GET"),
    "second_factor.confirm": signed_in("POST"),
    "second_factor.passkey_options": signed_in("POST"),
    "second_factor.confirm_passkey": signed_in("POST"),
    "factors.index": signed_in("GET"),
    "factors.begin_app": signed_in("POST"),
    "factors.app": signed_in("GET"),
    "factors.confirm_app": signed_in("POST"),
    "factors.remove_app": signed_in("POST"),
    "factors.recovery_codes": signed_in("POST"),
    "factors.passkey_options": signed_in("POST"),
    "factors.add_passkey": signed_in("POST"),
    "factors.remove_passkey": signed_in("POST"),
    "devices.index": signed_in("GET"),
    "devices.sign_out": signed_in("POST"),
    "devices.sign_out_others": signed_in("POST"),
    "people.confirm": link("GET", "sign-in"),
    "people.sign_in": link("POST", "sign-in"),
    "people.sign_out": anyone("POST"),
    "host.index": host("GET", Of.OWN),
    "host.attendance": host("GET", Of.OWN),
    "host.mark": host("POST", Of.OWN),
    "host.add_visitor": host("POST", Of.OWN),
    "host.finish": host("POST", Of.OWN),
    "host.undo_finish": host("POST", Of.OWN),
    "office_completeness.index": office("GET", Of.NONE),
    "office_completeness.ask": office("POST", Of.ANY),
    "asking.page": link("GET", "overview question"),
    "asking.answer": link("POST", "overview question"),
    "moves.index": host("GET", Of.OWN),
    "moves.ask": host("GET", Of.OWN),
    "moves.move": host("POST", Of.OWN),
    "sessions.index": host("GET", Of.OWN),
    "sessions.choose_cities": host("POST", Of.OWN),
    "sessions.new": host("GET", Of.OWN),
    "sessions.add": host("POST", Of.OWN),
    "sessions.edit": host("GET", Of.OWN),
    "sessions.save": host("POST", Of.OWN),
    "sessions.ask_cancel": host("GET", Of.OWN),
    "sessions.cancel": host("POST", Of.OWN),
    "sessions.restore": host("POST", Of.OWN),
    "components.index": host("GET", Of.OWN),
    "components.save": host("POST", Of.OWN),
    "host_people.index": host("GET", Of.OWN),
    "host_people.add": host("POST", Of.OWN),
    "host_people.person": host("GET", Of.OWN),
    "host_people.act": host("POST", Of.OWN),
    "host_people_files.file": host("GET", Of.OWN),
    "host_people_files.sheet": host("GET", Of.OWN),
    "host_places.page": host("GET", Of.OWN),
    "host_places.change_capacity": host("POST", Of.OWN),
    "host_places.set_terms": host("POST", Of.OWN),
    "host_places.invite": host("POST", Of.OWN),
    "groups.page": signed_in("GET", Of.PUBLIC),
    "groups.file_to_fill": signed_in("GET", Of.PUBLIC),
    "groups.send": signed_in("POST", Of.PUBLIC),
    "host_questions.index": host("GET", Of.OWN),
    "host_questions.add": host("POST", Of.OWN),
    "host_questions.edit": host("GET", Of.OWN),
    "host_questions.change": host("POST", Of.OWN),
    "feedback.ask": link("GET", "feedback"),
    "feedback.give": link("POST", "feedback"),
    "feedback.answers": host("GET", Of.OWN),
    "host_reminders.page": host("GET", Of.OWN),
    "host_reminders.recipients": host("GET", Of.OWN),
    "host_reminders.switch": host("POST", Of.OWN),
    "host_reminders.add_own": host("POST", Of.OWN),
    "office.index": office("GET", Of.NONE),
    "office.new_activity": office("GET", Of.NONE),
    "office.create_activity": office("POST", Of.NONE),
    "office.activity": office("GET", Of.ANY),
    "office.move": office("POST", Of.ANY),
    "office_record.edit": office("GET", Of.ANY),
    "office_record.save": office("POST", Of.ANY),
    "office_record.renew_link": office("POST", Of.ANY),
    "office_record.duplicate": office("POST", Of.ANY),
    "host_proposals.index": host("GET", Of.NONE),
    "host_proposals.new": host("GET", Of.NONE),
    "host_proposals.propose": host("POST", Of.NONE),
    "host_proposals.proposal": host("GET", Of.OWN),
    "host_proposals.withdraw": host("POST", Of.OWN),
    "office_proposals.index": office("GET", Of.NONE),
    "office_proposals.set_call": office("POST", Of.NONE),
    "office_proposals.proposal": office("GET", Of.ANY),
    "office_proposals.approve": office("POST", Of.ANY),
    "office_proposals.decline": office("POST", Of.ANY),
    "office_texts.index": office("GET", Of.ANY),
    "office_texts.edit": office("GET", Of.ANY),
    "office_texts.save": office("POST", Of.ANY),
    "office_texts.remove": office("POST", Of.ANY),
    "office_roles.index": office("GET", Of.NONE),
    "office_roles.give": administrator("POST", Of.NONE),
    "office_roles.take_back": administrator("POST", Of.ANY),
    "office_journal.index": office("GET", Of.NONE),
    "office_work.index": office("GET", Of.NONE),
    "office_work.piece": office("GET"),
    "office_work.retry": office("POST"),
    "office_work.cancel": office("POST"),
    "office_work.tell": office("POST"),
    "me.index": signed_in("GET"),
    "me.settings": signed_in("GET"),
    "me.save_settings": signed_in("POST"),
    "me.add_address": signed_in("POST"),
    "me.make_primary": signed_in("POST"),
    "me.remove_address": signed_in("POST"),
    "me.confirm_address": link("GET", "address"),
    "me.prove_address": link("POST", "address"),
    "host_messages.index": host("GET", Of.OWN),
    "host_messages.write": host("POST", Of.OWN),
    "host_messages.stop": host("POST", Of.OWN),
    "office_mails.index": office("GET", Of.NONE),
    "office_mails.preview": office("GET", Of.ANY),
    "office_mails.preview_html": office("GET", Of.ANY),
    "office_mails.send_again": office("POST", Of.ANY),
    "office_mails.write_again": office("POST", Of.ANY),
    "unsubscribing.page": link("GET", "unsubscribe"),
    "unsubscribing.change": link("POST", "unsubscribe"),
    "closing.ask_me": signed_in("GET"),
    "closing.erase_me": signed_in("POST"),
    "closing.ask": office("GET", Of.ANY),
    "closing.erase": office("POST", Of.ANY),
    "closing.close": office("POST", Of.ANY),
    "closing.reopen": office("POST", Of.ANY),
    "office_people.index": office("GET", Of.NONE),
    "office_people.duplicates": office("GET", Of.NONE),
    "office_people.person": office("GET", Of.ANY),
    "office_people.preview_merge": office("GET", Of.ANY),
    "office_people.merge": office("POST", Of.ANY),
    "office_people.undo_merge": office("POST", Of.ANY),
    "office_organisations.index": office("GET", Of.NONE),
    "office_organisations.export": office("GET", Of.NONE),
    "office_organisations.create": office("POST", Of.NONE),
    "office_organisations.to_match": office("GET", Of.NONE),
    "office_organisations.match": office("POST", Of.NONE),
    "office_organisations.choose_file": office("GET", Of.NONE),
    "office_organisations.read_file": office("POST", Of.NONE),
    "office_organisations.preview_file": office("GET", Of.OWN),
    "office_organisations.take_over_file": office("POST", Of.OWN),
    "office_organisation.page": office("GET", Of.ANY),
    "office_organisation.save": office("POST", Of.ANY),
    "office_organisation.add_name": office("POST", Of.ANY),
    "office_organisation.remove_name": office("POST", Of.ANY),
    "office_organisation.add_spell": office("POST", Of.ANY),
    "office_organisation.change_spell": office("POST", Of.ANY),
    "office_organisation.grant_host": office("POST", Of.ANY),
    "office_organisation.withdraw_host": office("POST", Of.ANY),
    "office_organisation.preview_merge": office("GET", Of.ANY),
    "office_organisation.merge": office("POST", Of.ANY),
    "office_organisation.undo_merge": office("POST", Of.ANY),
    "host_outcomes.page": host("GET", Of.OWN),
    "host_outcomes.add": host("POST", Of.OWN),
    "host_outcomes.save": host("POST", Of.OWN),
    "host_outcomes.remove": host("POST", Of.OWN),
    "host_outcomes.undo": host("POST", Of.OWN),
    "host_resources.page": host("GET", Of.OWN),
    "host_resources.add": host("POST", Of.OWN),
    "host_resources.resource": host("GET", Of.OWN),
    "host_resources.save": host("POST", Of.OWN),
    "host_resources.move": host("POST", Of.OWN),
    "host_resources.remove": host("POST", Of.OWN),
    "host_resources.say_none": host("POST", Of.OWN),
    "host_sent_in.look": host("POST", Of.OWN),
    "library.index": anyone("GET"),
    "library.file": anyone("GET", Of.PUBLIC),
    "library.personal_file": link("GET", "registration"),
    "office_declared.page": office("GET", Of.ANY),
    "office_declared.save": office("POST", Of.ANY),
    "office_money.page": office("GET", Of.ANY),
    "office_money.add": office("POST", Of.ANY),
    "office_money.line": office("GET", Of.ANY),
    "office_money.save": office("POST", Of.ANY),
    "office_money.remove": office("POST", Of.ANY),
    "office_money.evidence": office("GET", Of.ANY),
    "calendars.programme_feed": anyone("GET"),
    "calendars.activity_file": anyone("GET", Of.PUBLIC),
    "calendars.personal_file": link("GET", "registration"),
    "overview.years": anyone("GET"),
    "overview.year": anyone("GET", Of.PUBLIC),
    "overview.pdf": anyone("GET", Of.PUBLIC),
    "overview.figures": anyone("GET", Of.PUBLIC),
    "office_overview.years": office("GET", Of.NONE),
    "office_overview.year": office("GET", Of.ANY),
    "office_overview.compile_year": office("POST", Of.ANY),
    "office_overview.run": office("GET", Of.ANY),
    "office_overview.edition": office("GET", Of.ANY),
    "office_overview.records": office("GET", Of.ANY),
    "office_overview.publish": office("POST", Of.ANY),
    "office_overview.preview": office("GET", Of.ANY),
    "office_overview.pdf": office("GET", Of.ANY),
    "office_overview.snapshot": office("GET", Of.ANY),
}


def install(app: Flask) -> None:
    """Check every request against the table, before anything else is done for it, and tell the journal who acts."""
    app.before_request(check)
    app.before_request(tell_who_acts)
    app.teardown_request(forget_who_acted)


def check() -> ResponseReturnValue | None:
    """Let the request pass, lead to the second factor that somebody's rights wait for, or raise `NotAllowed`.

    Raises:
        NotAllowed: the page is not for the person who asks, or nobody wrote down whom it is for.
    """
    if not flask.request.path.isprintable():
        flask.abort(404)  # PostgreSQL refuses NUL in any text, so no such path can name a thing of ours
    if any(letter.isdigit() and not letter.isascii() for letter in flask.request.path):
        flask.abort(404)  # routing reads every script's digits, and each page has one address
    endpoint = flask.request.endpoint
    if endpoint is None:
        return None  # no such page: routing answers 404
    row = ACCESS.get(endpoint)
    if row and row.door in {Door.ANYONE, Door.LINK} and flask.request.method in row.methods | {"OPTIONS"}:
        return None  # without asking who it is
    if row and row.door is not Door.SIGNED_IN and (way := identity.step_up()):
        return way
    if refusal := refused(row, identity.present(), flask.request.method):
        raise (ReadsOnly if refusal == READERS_ONLY else NotAllowed)(refusal)
    return None


def refused(row: Row | None, who: Identity | None, method: str) -> str | None:
    """Return why somebody may not come in, or None if they may."""
    if row is None or method not in row.methods | {"OPTIONS"}:
        return SIGN_IN_FIRST
    if row.door in {Door.ANYONE, Door.LINK}:
        return None
    if who is None:
        return SIGN_IN_FIRST
    if _lets_in(row, who, method):
        return None
    return READERS_ONLY if who.is_auditor else f"You cannot see this page. It is for {FOR[row.door]}."


def _lets_in(row: Row, who: Identity, method: str) -> bool:
    if who.is_auditor and row.auditor_may(method):
        return True
    return {
        Door.SIGNED_IN: True,
        Door.HOST: who.runs_office or bool(who.host_of),
        Door.OFFICE: who.runs_office,
        Door.ADMINISTRATOR: who.is_administrator,
    }[row.door]


def tell_who_acts() -> None:
    """Tell the journal that acts of this request come through a page, and by whom, if one of them asks."""
    row = ACCESS.get(flask.request.endpoint or "")
    door = "link" if row and row.door is Door.LINK else "web"
    flask.g.acting_before = acting.enter(door, _person_id)


def forget_who_acted(error: BaseException | None = None) -> None:  # noqa: ARG001 - Flask's signature
    """Go back to what was said before the request."""
    if "acting_before" in flask.g:
        acting.leave(flask.g.pop("acting_before"))


def _person_id() -> int | None:
    who = identity.present()
    return who.person_id if who else None
