"""What the office sees of mails: every kind, what became of each, and addresses that are left alone."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from config import BounceMailbox
from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail import bouncing, complaints, suppression
from ecwi_events.mail.kinds import KINDS, topics_in_use
from ecwi_events.mail.models import Mail, MailState
from ecwi_events.mail.models_delivery import BounceKind
from ecwi_events.registration import queries
from ecwi_events.work import service as work
from tests import make
from tests.mail import reports
from tests.make import NOW
from tests.web.conftest import words

READING = "mail.read_bounces"
ALL_MAILS = [f"mails-{topic}" for topic in topics_in_use()]


@pytest.fixture
def office(client):
    make.signed_in(client, make.make_office(), now=NOW)


def suppress(address="gone@people.example"):
    with transaction():
        suppression.note_refusal(
            suppression.Refusal(
                address, 1, "hard", "5.1.1", "550 5.1.1 nobody <b>", suppression.BY_SERVER, key=address
            ),
            now=NOW,
        )
    return suppression.find(address, now=NOW)


def test_every_kind_is_listed_and_opens(client, office):
    page = client.get("/office/mails")
    assert page.status_code == 200
    for name, kind in KINDS.items():
        assert kind.words in words(page) and f"/office/mails/kinds/{name}/usual" in page.text
    shown = client.get("/office/mails/kinds/registration.confirmed/awkward")
    assert shown.status_code == 200 and "frame-src 'self'" in shown.headers["Content-Security-Policy"]
    assert "<b>and</b>" not in shown.text


def test_the_mail_itself_may_do_nothing(client, office):
    mail = client.get("/office/mails/kinds/reminder.day_before/usual/html")
    rules = mail.headers["Content-Security-Policy"]
    assert "sandbox" in rules and "default-src 'none'" in rules and "frame-ancestors 'self'" in rules
    assert "script-src" not in rules and mail.text.startswith("<!doctype html>")


@pytest.mark.parametrize("path", ["nothing/usual", "registration.confirmed/other", "nothing/usual/html"])
def test_what_is_not_there(client, office, path):
    assert client.get(f"/office/mails/kinds/{path}").status_code == 404


def test_an_address_is_shown_with_the_reason_and_written_to_again(client, office):
    found = suppress()
    page = client.get("/office/mails")
    assert "gone@people.example" in page.text and "550 5.1.1 nobody &lt;b&gt;" in page.text
    answer = client.post(f"/office/mails/addresses/{found.id}/write-again", data={"back": "//evil.example"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/office/mails")
    assert suppression.find("gone@people.example", now=NOW) is None
    assert client.post(f"/office/mails/addresses/{found.id}/write-again").status_code == 404


def test_a_person_page_tells_what_became_of_the_mails(client, office):
    signed_up = make.sign_up(make.make_activity(), "Olena Koval", "olena@kyiv.example")
    person_id = queries.find_sign_up(signed_up.registration_id).person_id
    suppress("olena@kyiv.example")
    here = f"/office/people/{person_id}"
    assert "You have a place" in words(client.get(here)) and "Waits" in words(client.get(here))
    with transaction():
        db.session.execute(sa.update(Mail).values(state=MailState.FAILED, reason="refused", last_error="550 <b>no"))
    page = client.get(here)
    assert (
        "Did not arrive" in page.text and "the mail server refused it" in page.text and "550 &lt;b&gt;no" in page.text
    )
    assert "We do not write to it since" in words(page)
    mail_id = db.session.scalar(sa.select(Mail.id))
    answer = client.post(f"/office/mails/{mail_id}/again", data={"back": here})
    assert (answer.status_code, answer.headers["Location"]) == (303, here)
    again = db.session.scalar(sa.select(sa.func.max(Mail.id)))
    assert again != mail_id
    assert client.post(f"/office/mails/{again}/again").status_code == 409


def test_one_sees_in_the_settings_that_an_address_is_left_alone(client):
    person_id = make.make_person("Olena Koval", "olena@kyiv.example")
    make.signed_in(client, person_id, now=NOW)
    suppress("olena@kyiv.example")
    page = words(client.get("/me/settings"))
    assert "There is nobody at this address" in page and "Send a link to prove it" in page


def test_the_list_of_mails_takes_the_same_number_of_questions_for_one_and_three(client, office, count_queries):
    person_id = make.make_person()
    counted = []
    for number in range(3):
        with transaction():
            db.session.add(
                Mail(dedup_key=f"k{number}", kind="registration.confirmed", person_id=person_id, address="a@b.example",
                     message_id=f"<{number}@x>", subject_id=1, created_at=NOW)
            )  # fmt: skip
        if number != 1:
            with count_queries() as seen:
                client.get(f"/office/people/{person_id}")
            counted.append(len(seen))
    assert counted[0] == counted[1]


def complain(person_id):
    """Sign somebody up, and let their mail service say that they marked the mail as spam."""
    mail = db.session.execute(sa.select(Mail.message_id).where(Mail.person_id == person_id)).one()
    with transaction():
        complaints.take_in(reports.complaint(mail.message_id), now=NOW)


def test_a_complaint_is_shown_to_the_office_and_to_the_person(app, client):
    signed_up = make.sign_up(make.make_activity(), "Olena Koval", "olena@kyiv.example")
    person_id = queries.find_sign_up(signed_up.registration_id).person_id
    make.signed_in(client, person_id, now=NOW)
    assert "marked as spam" not in words(client.get("/me/settings"))
    complain(person_id)
    mine = client.get("/me/settings")
    assert "a mail of ours was marked as spam" in words(mine)
    assert 'name="mails-reminders" value="1">' in mine.text
    office = app.test_client()
    make.signed_in(office, make.make_office(), now=NOW)
    page = office.get("/office/mails")
    assert "olena@kyiv.example" in page.text and f"/office/people/{person_id}" in page.text
    assert "only the person can start it again" in words(office.get(f"/office/people/{person_id}"))
    client.post("/me/settings", data={"name": "Olena Koval", "language": "en"} | dict.fromkeys(ALL_MAILS, "1"))
    assert "marked as spam" not in words(client.get("/me/settings"))


def reading(*, fault: str = ""):
    """Let the mailbox be read, as a worker does."""
    with transaction():
        work.put(READING, 0, dedup_key=f"bounces:{fault}", now=NOW)
        (piece,) = work.claim([READING], now=NOW, lease_seconds=60, limit=1)
        work.fail(piece, fault, now=NOW) if fault else work.finish(piece, now=NOW)


def test_the_office_reads_when_the_mailbox_was_read_and_what_is_wrong(client, office, app, monkeypatch, tmp_path):
    settings = app.extensions["ecwi_settings"]
    assert "no mailbox is set for them" in words(client.get("/office/mails"))
    here = replace(settings, mail=replace(settings.mail, bounce_mailbox=BounceMailbox(maildir=tmp_path)))
    monkeypatch.setitem(app.extensions, "ecwi_settings", here)
    assert "was never read yet" in words(client.get("/office/mails"))
    reading()
    assert "was read on Sat 21 November" in words(client.get("/office/mails"))
    reading(fault="the certificate of imap.example is not trusted: self-signed <b>")
    page = client.get("/office/mails")
    assert "imap.example is not trusted: self-signed &lt;b&gt;" in page.text and "We try again" in words(page)


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (1, "1 mail came back. 1 reader asked us by mail to stop a kind of mail. 1 report was about a mail"),
        (2, "2 mails came back. 2 readers asked us by mail to stop a kind of mail. 2 reports were about mails"),
    ],
)
def test_one_mail_is_not_called_mails(client, office, times, said):
    for kind in (BounceKind.SOFT, BounceKind.STOPPED, BounceKind.FOREIGN):
        for number in range(times):
            with transaction():
                bouncing.count(f"{kind.value} {number}", kind, now=NOW)
    assert said in words(client.get("/office/mails"))
