"""The mail that asks a host for what is missing."""

from datetime import timedelta

import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail.rendering import as_text
from ecwi_events.overview import asking
from ecwi_events.programme.models import Activity, ActivityStatus
from tests import make


def asked(post):
    host = make.make_organisation("Step by Step Example")
    for title in ("Mentors who listen", "Playful beginnings"):
        make.make_activity(
            title, host_id=host, sessions=[make.make_session("One", starts_local="2026-10-05 14:00")],
            now=post.now - timedelta(days=90),
        )  # fmt: skip
    make.make_host(host, "Hanna Host")
    with transaction():
        asking.ask_host(host, 2026, by_person_id=None, now=post.now)


def test_one_mail_lists_all_that_the_host_owes_and_leads_to_the_page(post):
    asked(post)
    post.send()
    (mail,) = post.mails()
    assert mail["Subject"] == "What is missing for the overview of 2026: Step by Step Example"
    text, page = mail.get_body(("plain",)).get_content(), mail.get_body(("html",)).get_content()
    for words in (text, as_text(page)):
        for part in ("Hello Hanna Host", "Mentors who listen", "Playful beginnings", "outcomes that were achieved"):
            assert part in words
        assert "what was paid" not in words and "None" not in words
    assert "http://events.test/ask/" in text and 'href="http://events.test/ask/' in page


def test_what_was_settled_meanwhile_is_not_asked_for(post):
    asked(post)
    with transaction():
        db.session.execute(sa.update(Activity).values(status=ActivityStatus.CANCELLED))
    post.send()
    assert [(row.state.value, row.reason) for row in post.rows()] == [("skipped", "settled")]
