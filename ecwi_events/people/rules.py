"""What may be typed as a person, and who may act for whom. Pure functions of plain facts."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from email_validator import EmailNotValidError, validate_email

from ecwi_events.kernel.text import clean_line

if TYPE_CHECKING:
    from collections.abc import Collection

SIGN_IN_LINK_LIVES = timedelta(minutes=15)
SIGNED_IN_FOR = timedelta(days=14)
LONGEST_NAME = 200
LONGEST_ADDRESS = 254
_ADDRESS_OF_A_SITE = re.compile(r"https?://|www\.", re.IGNORECASE)


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
    try:
        validate_email(address, check_deliverability=False, test_environment=True, strict=False)
    except EmailNotValidError:
        return "Enter an email address in the correct format, like name@example.org"
    if not address.rpartition("@")[0].isascii():
        return "Enter an address with plain letters before the @: we cannot write to this one"
    if len(address) > LONGEST_ADDRESS:
        return f"Enter an email address of {LONGEST_ADDRESS} characters or fewer"
    return None


def organisation_fault(organisation: str) -> str | None:
    """Return what is wrong with a typed organisation, or None; nothing typed is fine."""
    if len(clean_line(organisation)) > LONGEST_NAME:
        return f"Enter a name of {LONGEST_NAME} letters or fewer"
    return None


def may_act_for(host_of: Collection[int], host_organisations: Collection[int], *, runs_office: bool) -> bool:
    """Tell whether somebody may act as a host of an activity: for an own organisation, or as the office."""
    return runs_office or not set(host_of).isdisjoint(host_organisations)
