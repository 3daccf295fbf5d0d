"""What the journal says in words. An act that has no words here is shown by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecwi_events.journal.rules import CHANGED, Door

if TYPE_CHECKING:
    from collections.abc import Mapping

ACTS = {
    "create_activity": "Made an activity",
    "open_places": "Set the number of places",
    "move_to_status": "Changed the status",
    "ask_host": "Asked the host for what is missing",
    "answer_office": "Sent in what was missing",
    "add_session": "Added a session",
    "renew_invitation_link": "Made a new invitation link",
    "edit_activity": "Edited an activity",
    "save_texts": "Saved a translation",
    "remove_texts": "Took a translation away",
    "duplicate_activity": "Copied an activity for the next year",
    "set_call": "Set the call for proposals",
    "propose": "Proposed an activity",
    "approve_proposal": "Approved a proposal",
    "decline_proposal": "Declined a proposal",
    "withdraw_proposal": "Took a proposal back",
    "edit_session": "Changed what is said about a session",
    "reschedule": "Moved a session",
    "re_resolve": "Moved a session, because clock rules have changed",
    "find_time_skipped": "Found that clocks will skip the time of a session",
    "retry_work": "Had work tried again",
    "cancel_work": "Called work off",
    "cancel_session": "Cancelled a session",
    "restore_session": "Brought a session back",
    "change_components": "Changed what it is made of",
    "change_period": "Changed the period",
    "change_wordings": "Changed the wording of its lines",
    "choose_cities": "Chose the cities in which times are shown",
    "mark": "Marked attendance",
    "add_visitor": "Added a visitor",
    "withdraw": "Gave up a place",
    "undo_withdrawal": "Took a withdrawal back",
    "pass_place_on": "Passed a place on to a colleague",
    "offer": "Offered a place to the first in the line",
    "accept_offer": "Accepted an offered place",
    "decline_offer": "Said no to an offered place",
    "lapse": "Did not answer to an offered place in time",
    "approve": "Approved a sign-up",
    "vouch": "Said that a person works where they say",
    "decline": "Declined a sign-up",
    "add_person": "Signed somebody up",
    "move_person": "Moved somebody to another session",
    "change_capacity": "Changed the number of places",
    "set_terms": "Set the terms of sign-up",
    "invite": "Put addresses on the list of the invited",
    "uninvite": "Took an address off the list of the invited",
    "add_question": "Added a question to the sign-up form",
    "change_question": "Changed a question of the sign-up form",
    "remove_question": "Took a question out of the sign-up form",
    "move_question": "Changed the order of the questions",
    "change_answers": "Changed answers",
    "start_compile": "Started to compile the overview",
    "publish": "Published an edition",
    "import_edition": "Imported a year",
    "create_person": "Added a person",
    "add_money_line": "Added an amount",
    "change_money_line": "Changed an amount",
    "remove_money_line": "Removed an amount",
    "add_outcome": "Added an outcome",
    "change_outcome": "Changed an outcome",
    "move_outcome": "Moved an outcome",
    "remove_outcome": "Removed an outcome",
    "say_no_resources": "Said whether there are no resources",
    "accept_sent_in": "Accepted what was sent in",
    "decline_sent_in": "Did not take what was sent in",
    "take_out_sent_in": "Took out again what was sent in",
    "add_resource": "Added a resource",
    "change_resource": "Changed a resource",
    "move_resource": "Moved a resource",
    "remove_resource": "Removed a resource",
    "declare": "Typed in participants",
    "change_past_record": "Typed in a period",
    "grant_role": "Gave a role",
    "take_role_back": "Took a role back",
    "create_organisation": "Added an organisation",
    "change_organisation": "Changed an organisation",
    "add_name": "Added a name",
    "remove_name": "Took a name away",
    "add_spell": "Added a membership",
    "change_spell": "Changed a membership",
    "remove_spell": "Took a membership out",
    "withdraw_role": "Took a role back",
    "match_organisation": "Matched a typed organisation",
    "import_organisations": "Took a file of organisations over",
    "merge": "Merged two records",
    "undo_merge": "Undid a merge",
    "change_settings": "Changed the settings",
    "write_message": "Wrote a message to participants",
    "stop_message": "Stopped a message to participants",
    "tell_after_all": "Had people told of a change that was stopped",
    "stop_mails": "Stopped a kind of mail",
    "note_complaint": "Was reported to have marked a mail as spam",
    "stop_writing": "Stopped writing to an address",
    "send_mail_again": "Sent a mail again",
    "write_again": "Began to write to an address again",
    "start_mails": "Started a kind of mail again",
    "disable": "Closed an account",
    "enable": "Opened an account again",
    "erase_person": "Erased a person",
    "switch_reminder": "Switched a reminder",
    "make_primary": "Chose the main address",
    "prove_address": "Proved an address",
    "remove_address": "Took an address away",
    "sign_in": "Signed in",
    "sign_out": "Signed out",
    "end_device": "Signed a device out",
    "end_other_devices": "Signed all other devices out",
    "end_all_devices": "Signed all devices out",
    "add_second_factor": "Added a second factor",
    "remove_second_factor": "Took a second factor away",
    "make_recovery_codes": "Made recovery codes",
    "use_recovery_code": "Used a recovery code",
}
# Names of fields that do not read as words by themselves.
FIELDS = {
    "home_year": "Year of the overview",
    "display_order": "Place in the order of the year",
    "visibility": "Who may see it",
    "audience": "For whom",
    "languages": "Other languages that are spoken",
    "interpretation": "Interpretation into",
    "host_id": "Host organisation",
    "co_host_ids": "Co-hosts",
    "funder_ids": "Funders",
    "contributors": "Presenters and trainers",
    "contributors_named": "Names of presenters and trainers",
    "open_end": "Has no planned end",
    "period_start": "Start of the period",
    "period_end": "End of the period",
    "approved_on": "Day of approval",
    "capacity": "Number of places",
    "sign_up_closes_at": "Sign-up closes",
    "link_version": "Invitation link, number",
    "copy_of": "Copy of activity",
    "proposal_id": "Made from proposal",
    "activity_id": "Activity",
    "organisation_id": "Organisation",
    "organisation_known_at": "Organisation known since",
    "asks_for_proof": "Asks for proof of the organisation",
    "starts_local": "Start, by the host's clock",
    "duration_minutes": "Length in minutes",
}
DOORS = {
    Door.WEB: "on a page",
    Door.LINK: "by a personal link",
    Door.CLI: "by a command",
    Door.JOBS: "by the system itself",
    Door.UNKNOWN: "",
}
NOBODY = {
    Door.WEB: "Somebody who was not signed in",
    Door.LINK: "The holder of the personal link",
    Door.CLI: "An operator",
    Door.JOBS: "The system",
    Door.UNKNOWN: "Nobody known",
}


def act(name: str) -> str:
    """Return what was done, in words."""
    return ACTS.get(name) or plain(name)


def plain(name: str) -> str:
    """Return a name of ours as words: ``move_to_status`` -> ``Move to status``."""
    return name.replace("_", " ").capitalize()


def changes(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """Return a short line for each field: ``Status: draft → planned``, ``Title: changed``.

    Of a record that was made or taken out, fields in which nothing stood are left out.
    """
    return [
        f"{_field(name)}: {_value(name, before[name])} → {_value(name, after[name])}"
        if name in before and name in after
        else f"{_field(name)}: {_value(name, one)}"
        for name in {**after, **before}
        for one in [after.get(name, before.get(name))]
        if (name in before and name in after) or one not in (None, "", [])
    ]


def _field(name: str) -> str:
    return FIELDS.get(name) or plain(name)


def _value(name: str, value: object) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_value(name, one) for one in value) or "none"
    if isinstance(value, int) and name.endswith(("_id", "_ids", "copy_of")):
        return f"number {value}"
    return CHANGED if value == CHANGED else str(value)
