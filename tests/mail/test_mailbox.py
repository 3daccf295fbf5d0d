"""The mailbox of what comes back, on a real IMAP server over TLS: what goes wrong there, and that nothing counts twice."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from config import BounceMailbox
from ecwi_events.jobs import bounces
from ecwi_events.jobs.drain import drain
from ecwi_events.jobs.rounds import go_round
from ecwi_events.kernel.db import db
from ecwi_events.mail import suppression
from ecwi_events.mail.models_delivery import Bounce, BounceKind
from ecwi_events.work.models import Work
from tests import make
from tests.mail import reports
from tests.mail.showing import make_webinar
from tests.servers import imap

OLENA = ("Olena Koval", "olena@kyiv.example")


@pytest.fixture
def box(tmp_path, monkeypatch):
    """The server, and a machine that trusts it."""
    with imap.running(tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
        yield server


@pytest.fixture
def read(post, box):
    """Return a function that reads the mailbox as the worker does."""
    right = BounceMailbox(None, "localhost", box.port, imap.USER, imap.PASSWORD, imap.BOX)
    without = post.settings.mail

    def read(**other):
        post.settings = replace(post.settings, mail=replace(without, bounce_mailbox=replace(right, **other)))
        return bounces.read_mailbox(post.settings)

    return read


@pytest.fixture
def sent(post):
    """A mail that was sent."""
    make.sign_up(make_webinar(), *OLENA)
    post.send()
    (row,) = post.rows()
    return row


def rows():
    return db.session.scalar(sa.select(sa.func.count()).select_from(Bounce))


def test_reads_what_is_new_once_and_marks_it(box, read, sent):
    box.add(reports.postfix(sent.message_id))
    box.add(reports.out_of_office(sent.message_id))
    assert read() == {BounceKind.HARD: 1, BounceKind.IGNORED: 1}
    assert box.seen() == [1, 2]
    assert read() == {}
    box.add(reports.postfix("<no@such.example>"))
    assert read() == {BounceKind.FOREIGN: 1}


@pytest.mark.parametrize("poison", reports.POISONS.values(), ids=reports.POISONS)
def test_no_mail_of_a_stranger_keeps_the_others_from_being_read(box, read, sent, poison):
    box.add(poison)
    box.add(reports.postfix(sent.message_id))
    assert read()[BounceKind.HARD] == 1
    assert (box.seen(), read()) == ([1, 2], {})


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"password": "another"}, "localhost does not let events@imap.test in"),
        ({"folder": "Elsewhere"}, "there is no folder Elsewhere at localhost"),
        ({"port": 1}, "refused"),
    ],
    ids=["password", "folder", "port"],
)
def test_what_is_set_wrong_is_said_in_words_and_never_with_the_password(box, read, wrong, words):
    box.add(reports.out_of_office("<x@y>"))
    with pytest.raises(OSError, match=words) as error:
        read(**wrong)
    assert wrong.get("password", 'p"w 1') not in str(error.value)
    assert (box.seen(), rows()) == ([], 0)


def test_a_server_that_this_machine_does_not_trust_gets_no_password(box, read, monkeypatch, tmp_path):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(OSError, match="the certificate of localhost is not trusted: self-signed certificate"):
        read()
    assert box.said("LOGIN") == 0


def test_a_certificate_for_another_name_is_not_trusted(box, read):
    with pytest.raises(OSError, match=r"the certificate of 127\.0\.0\.1 is not trusted: IP address mismatch"):
        read(host="127.0.0.1")
    assert box.said("LOGIN") == 0


@pytest.mark.parametrize("trouble", ["cut FETCH 2", "no FETCH 2", "no SEARCH 1", "cut SEARCH 1"])
def test_what_was_not_read_to_its_end_stays_new_and_is_read_the_next_time(box, read, sent, trouble):
    for number in range(3):
        box.add(reports.gmail_full(sent.message_id).replace(b"09:00:00", f"09:00:0{number}".encode()))
    box.fail_once(trouble)
    with pytest.raises(bounces.UNREACHABLE):
        read()
    assert rows() == len(box.seen()) == (1 if "FETCH" in trouble else 0)
    read()
    assert rows() == 3
    assert box.seen() == [1, 2, 3]


@pytest.mark.parametrize("trouble", ["cut STORE 1", "no STORE 1"])
def test_who_dies_between_reading_and_marking_counts_nothing_twice(box, read, sent, trouble):
    box.add(reports.gmail_full(sent.message_id))
    box.fail_once(trouble)
    with pytest.raises(bounces.UNREACHABLE):
        read()
    assert (rows(), box.seen()) == (1, [])
    assert read() == {BounceKind.SOFT: 1}
    assert (rows(), box.seen(), box.said("FETCH")) == (1, [1], 2)


def test_a_message_that_somebody_else_took_away_is_passed_over(box, read, sent):
    box.add(reports.out_of_office(sent.message_id))
    box.add(reports.postfix(sent.message_id))
    found = bounces._imap(BounceMailbox(None, "localhost", box.port, imap.USER, imap.PASSWORD, imap.BOX))
    next(found)
    (box.folder / "2.eml").unlink()
    assert list(found) == []
    assert box.seen() == [1]


@pytest.mark.parametrize("engine_app", ["sqlite"], indirect=True)
def test_a_thousand_messages_are_read_in_two_rounds(box, read, sent):
    for number in range(999):
        box.add(reports.out_of_office(f"<{number}@elsewhere.example>"))
    box.add(reports.postfix(sent.message_id))
    assert read().total() == bounces.AT_MOST == 500
    assert suppression.find(OLENA[1], now=make.NOW) is None
    assert read() == {BounceKind.IGNORED: 499, BounceKind.HARD: 1}
    assert (read(), rows(), len(box.seen())) == ({}, 1000, 1000)


def test_the_worker_tries_again_and_the_office_reads_why(box, read, post, sent, monkeypatch):
    read()
    post.settings = replace(
        post.settings, mail=replace(
            post.settings.mail, bounce_mailbox=replace(post.settings.mail.bounce_mailbox, password="another")
        )
    )  # fmt: skip
    monkeypatch.setitem(post.app.extensions, "ecwi_settings", post.settings)
    go_round(now=post.now)
    drain(post.app, post.settings)
    row = db.session.execute(sa.select(Work.state, Work.last_error).where(Work.kind == bounces.KIND)).one()
    assert row.state.value == "due"
    assert "does not let events@imap.test in: [AUTHENTICATIONFAILED] wrong name or password" in row.last_error
