"""Invented facts for every kind of mail, so that each can be looked at before anybody gets it.

Two variants: the usual one, and an awkward one with long names, another script and nothing that could be left out. The facts
are plain; no table is read.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from ecwi_events.kernel import links
from ecwi_events.mail import rendering
from ecwi_events.mail.kinds import TOPICS, kind_of
from ecwi_events.mail.letters import Sender, WayOut
from ecwi_events.mail.rules import greeting

if TYPE_CHECKING:
    from ecwi_events.mail.rendering import Rendered

USUAL, AWKWARD = "usual", "awkward"
VARIANTS = {USUAL: "Usual", AWKWARD: "Long names, another script"}

_NAMES = {USUAL: "Olena Koval", AWKWARD: "د. عائشة بنت عبد الرحمن الأنصارية-Šimić de la Fuente y Montalbán"}
_TITLES = {
    USUAL: "Learning communities that last",
    AWKWARD: (
        "Reflective supervision, mentoring and coaching of the early childhood workforce: "
        "Unwiederbringlichkeitsempfindlichkeiten, <b>and</b> what we can do about them"
    ),
}
_HOSTS = {USUAL: "Step by Step Center Slovenia", AWKWARD: None}
_PLACE = "In person: Room 12 <b>, Knapton Straße 3, 1000 Ljubljana"
_TOKEN = "sample" + "0" * 18
_GOOGLE = (
    "https://calendar.google.com/calendar/render?action=TEMPLATE&text=Sample&dates=20270119T130000Z/20270119T143000Z"
)


def preview(kind: str, variant: str, *, sender: str) -> Rendered:
    """Return a kind of mail with invented facts."""
    return rendering.render(kind, facts(kind, variant, sender=sender), way_out(kind))


def way_out(kind: str) -> WayOut | None:
    """Return the link by which mails of this kind are stopped, as an example."""
    topic = kind_of(kind).topic
    return WayOut(topic.value, TOPICS[topic].stop, links.absolute(f"/u/1.{topic.value}.0.{_TOKEN}")) if topic else None


def facts(kind: str, variant: str, *, sender: str) -> dict[str, object]:
    """Return the facts of a kind: those that most kinds share, and its own."""
    shared = {**_about_people(variant), **_about_activity(variant), "sender": Sender(sender)}
    own = {
        "people": _about_account,
        "proposals": _about_proposal,
        "overview": _about_overview,
        "message": _about_message,
    }.get(kind.partition(".")[0])
    return {**shared, **(own(variant) if own else _of_one_kind(kind, variant))}


def _about_people(variant: str) -> dict[str, object]:
    name = _NAMES[variant]
    by_another = variant == AWKWARD
    asks = ["Do you agree that the session is recorded?", _TITLES[AWKWARD]]
    return {
        "greeting": greeting(name),
        "name": name,
        "by": _NAMES[USUAL] if by_another else "",
        "left_open": asks if by_another else [],
    }


def _about_activity(variant: str) -> dict[str, object]:
    sessions = [_session(variant, number) for number in range(1, 2 if variant == USUAL else 4)]
    changed = {
        "line": sessions[0],
        "reason": "The speaker is ill.",
        "was": "Mon 18 January 2027, 15:00",
        "was_host": "",
    }
    return {
        "activity": _activity(variant),
        "page": links.absolute("/a/sample"),
        "link": links.absolute(f"/m/{_TOKEN}"),
        "join": links.absolute(f"/j/1.{_TOKEN}"),
        "feedback": links.absolute(f"/f/{_TOKEN}"),
        "published": [{"title": "Recording of the session", "is_recording": True}] if variant == USUAL else [
            {"title": f"{_TITLES[AWKWARD]} (slides)", "is_recording": False}
        ],
        "place": "confirmed",
        "number": 3,
        "had_place": True,
        "had": "confirmed",
        "undo": "may" if variant == USUAL else "place_gone",
        "is_open": True,
        "is_chosen": variant == AWKWARD,
        "gone": [{**session, "had": "confirmed"} for session in sessions[:2]] if variant == AWKWARD else [],
        "others": sessions[1:],
        "stand": sessions,
        "has": "confirmed",
        "city": "Kyiv",
        "sessions": sessions,
        "session": sessions[0],
        "changed": [changed],
        "entries": [
            {"activity": _activity(one), "page": links.absolute("/a/sample"), "link": links.absolute(f"/m/{_TOKEN}"),
             "session": _session(one, 1)}
            for one in VARIANTS
        ],
        "reminded": "the session" if variant == USUAL else "each later session",
        "starts": "Tue 19 January 2027, 15:00 (Kyiv)",
        "begins": "starts Tue 19 January 2027, 15:00 (Kyiv)" if variant == USUAL else "running now, until 16:30 (Kyiv)",
        "is_under_way": variant == AWKWARD,
        "is_near": variant == AWKWARD,
        "near": "24 hours",
        "lasts": "2 hours",
        "opens_now": variant == AWKWARD,
        "joins": "all" if variant == USUAL else "some",
        "was_there": variant == USUAL,
        "is_online": True,
        "file": "invite.ics" if variant == USUAL else "sessions.ics",
        "reason": "The speaker is ill." if variant == USUAL else None,
        "left": "tomorrow",
        "of": len(sessions),
        "deadline": "Tue 12 January 2027, 18:00 (Kyiv)",
        "is_last_offer": variant == AWKWARD,
        "ended": "Tue 12 January 2027, 18:00 (Kyiv)",
        "goes_on": variant == USUAL,
        "is_free": False,
        "attendance": links.absolute("/host/sessions/1/attendance"),
        "meeting": "" if variant == AWKWARD else "https://meet.example/room",
        "times": sessions[0]["times"],
        "places": 34,
        "waiting": 0 if variant == USUAL else 2,
    }  # fmt: skip


def _activity(variant: str) -> SimpleNamespace:
    return SimpleNamespace(
        title=_TITLES[variant],
        host=_HOSTS[variant],
        slug="sample",
        replanned="autumn 2027",
        kind="pla",
        status="planned",
    )


def _session(variant: str, number: int) -> dict[str, object]:
    return {
        "number": number,
        "title": _TITLES[variant] if variant == USUAL else f"{number}. {_TITLES[AWKWARD]}",
        "is_named": variant == AWKWARD,
        "times": "Tue 19 January 2027, 15:00 – 16:30 · Kyiv time (UTC+2)",
        "host_times": "14:00 – 15:30 in Amsterdam (UTC+1)",
        "utc": "13:00 – 14:30 UTC",
        "where": "" if variant == USUAL else _PLACE,
        "note": "" if variant == USUAL else "The clocks change before this session.",
        "google": _GOOGLE,
        "starts": "Tue 19 January 2027, 15:00 (Kyiv)",
        "until": "Tue 12 January 2027, 18:00 (Kyiv)",
        "joins": variant == USUAL,
        "place": ("confirmed", "offered", "waiting")[number - 1],
        "queue": number,
    }


def _of_one_kind(kind: str, variant: str) -> dict[str, object]:
    """Return what a kind calls by a name that others use otherwise."""
    if kind.startswith("reminder.host_"):  # host people read of the session itself, not of their own line of it
        held = {"joins": variant == USUAL, "where": "" if variant == USUAL else _PLACE}
        return {"session": SimpleNamespace(id=1, title=_TITLES[variant], number=1), **held}
    if kind == "reminder.day_before" and variant == AWKWARD:  # in person
        return {"join": ""}
    if kind == "registration.prove":
        page = links.absolute(f"/{'s' if variant == USUAL else 'm'}/{_TOKEN}")
        return {"is_signed_up": variant == AWKWARD, "until": "Sun 22 November, 09:00 (Kyiv)", "link": page}
    return _of_places(variant).get(kind, {})


def _of_places(variant: str) -> dict[str, dict[str, object]]:
    """Return what the mails about places say where they do not speak to somebody who has one."""
    is_usual, (to, before) = variant == USUAL, (_session(variant, number) for number in (1, 2))
    return {
        "registration.approved": {} if is_usual else {"place": "waiting"},
        "registration.already": {} if is_usual else {"place": "offered"},
        "registration.lapsed": {"place": "waiting" if is_usual else "declined"},
        "registration.person_moved": {"stand": [to], "gone": [before], "others": []},
    }


def _about_account(variant: str) -> dict[str, object]:
    return {
        "link": links.absolute(f"/sign-in/{_TOKEN}"),
        "code": "123 456",
        "minutes": 15 if variant == USUAL else 1,
        "address": "olena@kyiv.example" if variant == USUAL else f"{'very-long-name-' * 4}@example.org",
        "change": "A new email address was added to your account.",
        "when": "Sat 21 November 2026, 09:00 UTC",
        "settings": links.absolute("/me/settings"),
        "devices": links.absolute("/me/devices"),
    }


def _about_message(variant: str) -> dict[str, object]:
    words = "Please bring one question for the group." if variant == USUAL else _NAMES[AWKWARD] * 4
    piece = SimpleNamespace(words=words, is_link=False)
    link = SimpleNamespace(words=links.absolute(f"/m/{_TOKEN}"), is_link=True)
    return {
        "subject": f"Before we meet: {_TITLES[variant]}"[:150],
        "is_signed_up": variant == USUAL,
        "text": f"{words}\n\n{link.words}",
        "paragraphs": [[[piece]], [[link]]],
    }


def _about_proposal(variant: str) -> dict[str, object]:
    return {
        "proposal": SimpleNamespace(
            title=_TITLES[variant], year=2027, organisation=_HOSTS[USUAL], reason="There is no money left this year."
        ),
        "budget": "1 500.00 EUR" if variant == USUAL else "",
        "page": links.absolute("/host/proposals/1"),
        "activity_page": links.absolute("/host/activities/1/sessions"),
    }  # fmt: skip


def _about_overview(variant: str) -> dict[str, object]:
    return {
        "organisation": _HOSTS[USUAL] if variant == USUAL else _TITLES[AWKWARD],
        "year": 2026,
        "until": "15 January 2027",
        "link": links.absolute(f"/ask/{_TOKEN}"),
        "lines": [{"title": _TITLES[one], "gaps": ["outcomes", "links to resources"]} for one in VARIANTS],
        "marks": variant == USUAL,
    }
