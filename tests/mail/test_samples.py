"""Every kind of mail with invented facts, usual and awkward: what must hold for all of them."""

import re
from email import message_from_bytes, policy

import pytest

import config
from ecwi_events.kernel import links, product
from ecwi_events.mail import message, rendering, samples
from ecwi_events.mail.kinds import KINDS
from ecwi_events.mail.letters import Letter, Sender
from ecwi_events.mail.rendering import as_text
from tests.make import NOW

EVERY = [(kind, variant) for kind in sorted(KINDS) for variant in samples.VARIANTS]
OURS = (
    "http://events.test",
    "https://calendar.google.com/calendar/",
    "https://meet.example/",
    "mailto:events@events.test",
)


@pytest.fixture(autouse=True)
def configured():
    """As the application does; no database is asked."""
    links.configure("http://events.test")
    rendering.configure(config.PROJECT / "templates" / "mail")


def rendered(kind, variant):
    return samples.preview(kind, variant, sender="events@events.test")


@pytest.mark.parametrize(("kind", "variant"), EVERY)
def test_text_and_html_each_stand_alone(kind, variant):
    words = rendered(kind, variant)
    body = as_text(words.html.partition("</head>")[2])
    assert words.subject and "\n" not in words.subject and len(words.subject) < 400
    for part in (words.text, body):
        assert len(part) > 120
        assert "{" not in part and "None" not in part and "Undefined" not in part
        assert product.NAME in part
    found = set(re.findall(r'href="(http://events\.test/[^"]+)"', words.html))
    private = {link for link in found if re.search(r"/(m|j|f|u|ask|sign-in)/", link) and not link.endswith(".ics")}
    assert all(link in words.text for link in private), private - set(words.text.split())


@pytest.mark.parametrize(("kind", "variant"), EVERY)
def test_nothing_is_loaded_and_nobody_is_watched(kind, variant):
    page = rendered(kind, variant).html
    assert not re.search(r"<img|<script|<link|<form|<iframe|url\(|@import|onclick|src=|background=", page)
    assert all(link.startswith(OURS) for link in re.findall(r'href="([^"]+)"', page))
    assert all(link.startswith(OURS) for link in re.findall(r"https?://[^\s<>\"]+", rendered(kind, variant).text))
    assert "<b>and</b>" not in page
    assert page.count('class="button"') <= 2 and len(page.encode()) < 30_000


@pytest.mark.parametrize(("kind", "variant"), EVERY)
def test_is_one_message_to_one_person_in_seven_bits(kind, variant):
    envelope = message.Envelope(
        Sender("events@events.test"), "olena@kyiv.example", "<1@events.test>", kind, NOW, samples.way_out(kind)
    )
    raw = message.build(envelope, Letter(samples._NAMES[variant], {}), rendered(kind, variant))
    assert raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 998
    mail = message_from_bytes(raw, policy=policy.SMTP)
    assert len(mail.get_all("To")) == 1 and mail["Cc"] is None and mail["Bcc"] is None
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert (mail["List-Unsubscribe"] is not None) is KINDS[kind].may_be_stopped


def test_every_kind_has_words_for_the_office():
    assert all(kind.words for kind in KINDS.values())
