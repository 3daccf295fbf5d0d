"""What may be typed as a person, and who may act for whom. Pure functions of plain facts."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from email_validator import EmailNotValidError, validate_email

from ecwi_events.kernel.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime

    Period = tuple[date | None, date | None]

# Of an address of this length, with such a name before the @, only the domain can be wrong.
LONGEST_PLAIN = 200
PLAIN_NAME = re.compile(r"(?=.{1,64}$)[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*")
SIGN_IN_LINK_LIVES = timedelta(minutes=15)
SIGNED_IN_FOR = timedelta(days=14)
IDLE_FOR = timedelta(hours=12)
OFFICE_IDLE_FOR = timedelta(minutes=30)
SEEN_EVERY = timedelta(minutes=5)  # how exactly we know when a browser was last used
FRESH_FOR = timedelta(minutes=10)
CODE_TRIES = 5
CODE_LENGTH = 6
MAILS_IN_AN_HOUR = 6
MAILS_AT_ONCE = 3
WRONG_TRIES = 10
WRONG_TRIES_WITHIN = timedelta(minutes=15)
PROOF_LIVES = timedelta(days=1)
MOST_PROOFS_A_DAY = 5
MERGE_CAN_BE_UNDONE_FOR = timedelta(days=30)
LANGUAGES = {
    "en": "English", "uk": "Ukrainian", "ru": "Russian", "hy": "Armenian", "az": "Azerbaijani", "bs": "Bosnian",
    "bg": "Bulgarian", "hr": "Croatian", "cs": "Czech", "nl": "Dutch", "et": "Estonian", "fi": "Finnish", "fr": "French",
    "ka": "Georgian", "de": "German", "el": "Greek", "hu": "Hungarian", "it": "Italian", "kk": "Kazakh", "ky": "Kyrgyz",
    "lv": "Latvian", "lt": "Lithuanian", "mk": "Macedonian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "sr": "Serbian", "sk": "Slovak", "sl": "Slovenian", "es": "Spanish", "tg": "Tajik", "tr": "Turkish",
}  # fmt: skip
LONGEST_NAME = 200
LONGEST_ADDRESS = 254
_ADDRESS_OF_A_SITE = re.compile(r"https?://|www\.", re.IGNORECASE)


def code_digits(typed: str) -> str:
    """Return the digits of a typed code, in any script's digits and with any spaces, as a plain number."""
    return "".join(str(unicodedata.decimal(letter)) for letter in typed if letter.isdecimal())


def code_fault(digits: str) -> str | None:
    """Return what is wrong with the digits of a code before anybody compares it, or None."""
    return None if len(digits) == CODE_LENGTH else f"Enter the {CODE_LENGTH} digits of the code"


def name_fault(name: str) -> str | None:
    """Return what is wrong with a name, or None. One letter is enough, in any script; a web address is no name."""
    name = clean_line(name)
    if not name or not any(c.isalpha() for c in name):
        return "Enter your full name"
    if len(name) > LONGEST_NAME:
        return f"Enter a name of {LONGEST_NAME} letters or fewer"
    if _ADDRESS_OF_A_SITE.search(name):
        return "Enter your name without a web address"
    return None


def address_fault(address: str) -> str | None:
    """Return what is wrong with an email address, or None. Only its form is looked at."""
    address = clean_line(address)
    if not address:
        return "Enter your email address"
    if not _has_form(address):
        return "Enter an email address in the correct format, like name@example.org"
    if not address.rpartition("@")[0].isascii():
        return "Enter an address with plain letters before the @: we cannot write to this one"
    if len(address) > LONGEST_ADDRESS:
        return f"Enter an email address of {LONGEST_ADDRESS} characters or fewer"
    return None


def _has_form(address: str) -> bool:
    name, _, domain = address.rpartition("@")
    if len(address) <= LONGEST_PLAIN and PLAIN_NAME.fullmatch(name):
        return _domain_has_form(domain)
    return _is_taken_by_the_validator(address)


@lru_cache(maxsize=1000)
def _domain_has_form(domain: str) -> bool:
    """Look at each domain once: the people of one announcement share a few, and looking costs as much as writing a row."""
    return _is_taken_by_the_validator(f"name@{domain}")


def _is_taken_by_the_validator(address: str) -> bool:
    try:
        validate_email(address, check_deliverability=False, test_environment=True, strict=False)
    except EmailNotValidError:
        return False
    return True


def merge_fault(kept_id: int, merged_id: int, *, is_merged: bool, hidden_rights: bool) -> str | None:
    """Return why two people cannot be merged, or None.

    Args:
        kept_id: who stays.
        merged_id: who becomes a part of them.
        is_merged: one of both is merged into somebody already.
        hidden_rights: one of both has a role of the house, which only administrators give, and who asks is none.
    """
    if kept_id == merged_id:
        return "Choose two different people."
    if is_merged:
        return "One of the two is merged already. Open the record that is left."
    return (
        "Only an administrator can merge the record of somebody who has a role of the house." if hidden_rights else None
    )


def may_undo_merge(merged_at: datetime, undone_at: datetime | None, *, now: datetime) -> bool:
    """Tell whether a merge can still be undone."""
    return undone_at is None and now < merged_at + MERGE_CAN_BE_UNDONE_FOR


def overlap(one: Period, other: Period) -> bool:
    """Tell whether two periods share a day; an open side reaches for ever."""
    begins_before_the_other_ends = one[0] is None or other[1] is None or one[0] <= other[1]
    ends_after_the_other_begins = one[1] is None or other[0] is None or other[0] <= one[1]
    return begins_before_the_other_ends and ends_after_the_other_begins


def spell_fault(spell: Period, others: Iterable[Period]) -> tuple[str, str] | None:
    """Return the field and the words of what is wrong with a membership beside the others of an organisation, or None."""
    from_on, to_on = spell
    if from_on and to_on and to_on < from_on:
        return "to_on", "The last day must not be before the first day"
    if any(overlap(spell, other) for other in others):
        return "from_on", "This membership overlaps with another one. Change that one first"
    return None


def organisation_fault(organisation: str) -> str | None:
    """Return what is wrong with a typed organisation, or None; nothing typed is fine."""
    if len(clean_line(organisation)) > LONGEST_NAME:
        return f"Enter a name of {LONGEST_NAME} letters or fewer"
    return None


def may_act_for(host_of: Collection[int], host_organisations: Collection[int], *, runs_office: bool) -> bool:
    """Tell whether somebody may act as a host of an activity: for an own organisation, or as the office."""
    return runs_office or not set(host_of).isdisjoint(host_organisations)


def may_see_meeting(host_of: Collection[int], host_organisations: Collection[int], *, runs_office: bool) -> bool:
    """Tell whether somebody who reads the pages of an activity reads the addresses of its meetings: who acts for it, alone.

    Auditors read all else. Whoever has an address can come into the room.
    """
    return may_act_for(host_of, host_organisations, runs_office=runs_office)


def may_mail_sign_in(sent: Sequence[datetime], *, now: datetime) -> bool:
    """Tell whether one more sign-in mail may go to an address, given when the others went out.

    At most 6 an hour, so that nobody's mailbox is flooded. After the first 3 they come one by one, each when the link before
    is over: so whoever asks in another's name cannot keep that person without a link that works.
    """
    hour = [at for at in sent if now - at < timedelta(hours=1)]
    if len(hour) >= MAILS_IN_AN_HOUR:
        return False
    return len(hour) < MAILS_AT_ONCE or now - max(hour) >= SIGN_IN_LINK_LIVES


def too_many_wrong(tries: int) -> bool:
    """Tell whether codes are not looked at for a while, after so many wrong ones within 15 minutes. Links still work."""
    return tries >= WRONG_TRIES


def needs_second_factor(*, works_in_office: bool, is_host: bool, required: bool, hosts_too: bool) -> bool:
    """Tell whether somebody's rights wait for a second factor."""
    return required and (works_in_office or (is_host and hosts_too))


def is_idle(last_seen_at: datetime, *, now: datetime) -> bool:
    """Tell whether a browser was away for so long that it is no longer signed in."""
    return now - last_seen_at >= IDLE_FOR


def is_rested(last_seen_at: datetime, *, rested: bool, now: datetime) -> bool:
    """Tell whether a browser was away for so long that the office pages ask again."""
    return rested or now - last_seen_at >= OFFICE_IDLE_FOR


def is_fresh(fresh_at: datetime, *, now: datetime) -> bool:
    """Tell whether somebody proved just now who they are, as changes of addresses and factors need it."""
    return now - fresh_at < FRESH_FOR


def may_change_factors(*, has_factor: bool, is_strong: bool, is_fresh: bool) -> bool:
    """Tell whether a person's factors may be changed: whoever has one gives it first, so that a mail alone never does."""
    return is_fresh and (is_strong or not has_factor)
