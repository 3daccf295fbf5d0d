"""What is handed to a mail server arrives as the same bytes, and its answer is waited for."""

import asyncio
import socket

import pytest

from ecwi_events.mail.transports import Away, Lost, Relay
from tests.mail.receiver import Receiver


@pytest.fixture
def server():
    server = Receiver()
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
