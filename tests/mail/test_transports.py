"""What is handed to a mail server arrives as the same bytes, and its answer is waited for."""

import asyncio
import smtplib
import socket

import pytest

from ecwi_events.mail.transports import Away, Lost, Never, NotNow, Relay, hang_up
from tests.mail.receiver import Receiver


@pytest.fixture(params=[True, False], ids=["pipelining", "one by one"])
def server(request):
    server = Receiver(pipelining=request.param)
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize(
    "text",
    [
        b"Subject: x\r\n\r\nplain\r\n",
        b"Subject: x\r\n\r\n.dot\r\n..two\r\n.\r\nafter the lonely dot\r\n",
        b"Subject: x\r\n\r\nno line end",
        b"Subject: x\r\n\r\nFrom me\r\nRSET\r\nQUIT\r\n",
    ],
)
def test_dots_commands_and_line_ends_change_nothing(server, text):
    with Relay(server.host, server.port).open("a@events.test", "b@people.example") as opened:
        opened.hand_over(text)
    assert server.taken == [text.removesuffix(b"\r\n") + b"\r\n"]


def test_a_server_that_never_says_a_word_is_away_after_our_patience(server):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        relay = Relay("127.0.0.1", mute.getsockname()[1], patience=0.2)
        with pytest.raises(Away), relay.open("a@events.test", "b@people.example"):
            pass


def test_a_server_that_wants_no_tls_is_not_written_to_without(server):
    with pytest.raises(Away), Relay(server.host, server.port, tls="starttls").open("a@events.test", "b@people.example"):
        pass
    assert server.read == []


@pytest.fixture
def slow_server(server):
    """A server that thinks about each text for longer than our patience."""
    quick = server.handle_DATA

    async def think(*of):
        answer = await quick(*of)
        await asyncio.sleep(0.5)
        return answer

    server.handle_DATA = think
    return server


def test_the_answer_to_a_text_is_waited_for_beyond_our_patience(slow_server):
    asked = []
    relay = Relay(slow_server.host, slow_server.port, patience=0.1, while_waiting=lambda: asked.append(1) or True)
    with relay.open("a@events.test", "b@people.example") as opened:
        opened.hand_over(b"Subject: x\r\n\r\nplain\r\n")
    assert (len(slow_server.taken), len(asked) > 1) == (1, True)


def test_who_must_not_wait_any_longer_counts_the_text_as_lost(slow_server):
    relay = Relay(slow_server.host, slow_server.port, patience=0.1, while_waiting=lambda: False)
    with pytest.raises(Lost), relay.open("a@events.test", "b@people.example") as opened:
        opened.hand_over(b"Subject: x\r\n\r\nplain\r\n")


@pytest.mark.parametrize(
    ("mail", "rcpt", "error", "about_recipient"),
    [
        ("451 later", "", NotNow, False), ("550 not you", "", NotNow, False), ("", "450 later", NotNow, False),
        ("", "550 nobody here", Never, True), ("550 not you", "550 nobody here", NotNow, False),
    ],
)  # fmt: skip
def test_after_a_refusal_the_same_connection_takes_the_next_mail(server, mail, rcpt, error, about_recipient):
    server.mail_answers, server.rcpt_answers = [mail or "250"], [rcpt or "250"]
    relay = Relay(server.host, server.port)
    with pytest.raises(error) as refused, relay.open("a@events.test", "b@people.example"):
        pass
    assert getattr(refused.value, "about_recipient", False) is about_recipient
    server.mail_answers, server.rcpt_answers = [], []
    for number in range(2):
        with relay.open("a@events.test", f"c{number}@people.example") as opened:
            opened.hand_over(b"Subject: x\r\n\r\nplain\r\n")
    assert server.envelopes == [("a@events.test", [f"c{number}@people.example"]) for number in range(2)]
    assert server.connections == 1
    hang_up()


def test_a_server_that_closes_when_the_sender_is_named_is_away(server):
    server.mail_answers = ["421 too busy"]
    with (
        pytest.raises(Away, match="421 too busy"),
        Relay(server.host, server.port).open("a@e.test", "b@people.example"),
    ):
        pass


def test_sender_and_recipient_are_named_at_once_to_who_takes_that_and_only_to_them(server, monkeypatch):
    said = []
    send = smtplib.SMTP.send
    monkeypatch.setattr(smtplib.SMTP, "send", lambda self, words: (said.append(words), send(self, words))[1])
    with Relay(server.host, server.port).open("a@events.test", "b@people.example") as opened:
        opened.hand_over(b"Subject: x\r\n\r\nplain\r\n")
    both = "MAIL FROM:<a@events.test>\r\nRCPT TO:<b@people.example>\r\n"
    assert (both in said) is server.pipelining
    assert server.envelopes == [("a@events.test", ["b@people.example"])]
