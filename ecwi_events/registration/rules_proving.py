"""What somebody has to prove before they sign up, and what is only said. Pure functions of plain facts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ecwi_events.registration.rules import Terms

MAILS_IN_AN_HOUR = 3
MAILS_IN_A_DAY = 8
A_DAY = timedelta(days=1)


def must_prove(terms: Terms, *, has_link: bool) -> bool:
    """Tell whether an address that is typed must be proved by a mail, before anything is done for it.

    Args:
        terms: of the activity.
        has_link: this browser has opened the invitation link, which lets everybody in who has it.
    """
    by_list = terms.who == "invited" and not has_link
    return by_list or (terms.asks_for_organisation and terms.asks_for_proof)


def asks_host(terms: Terms, *, claims: bool) -> bool:
    """Tell whether the host says yes or no to a person; ``claims``: nobody but they say that the organisation is theirs."""
    return terms.needs_approval or (claims and terms.asks_for_proof)


def may_mail(sent: Sequence[datetime], *, now: datetime) -> bool:
    """Tell whether one more mail may ask an address to confirm a sign-up, given when the others of a day went out.

    Links that were sent before go on to work: so whoever asks in another's name cannot keep that person out.
    """
    day = [at for at in sent if now - at < A_DAY]
    hour = [at for at in day if now - at < timedelta(hours=1)]
    return len(hour) < MAILS_IN_AN_HOUR and len(day) < MAILS_IN_A_DAY
