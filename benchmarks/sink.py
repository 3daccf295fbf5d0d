"""The fastest mail server that we can write: takes everything, keeps nothing but a count, and waits if it is told to.

``python -m benchmarks.sink PORT [MILLISECONDS]``; the answer to ``NOOP`` is how many messages it took.
"""

from __future__ import annotations

import asyncio
import sys
from typing import cast


class Sink(asyncio.Protocol):
    """One connection."""

    taken = 0
    delay = 0.0

    def __init__(self) -> None:
        self.buffer = b""
        self.in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self.transport = cast("asyncio.Transport", transport)
        self.transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Take what came, command by command, message by message."""
        self.buffer += data
        while True:
            end, skip = (b"\r\n.\r\n", 5) if self.in_data else (b"\r\n", 2)
            at = self.buffer.find(end)
            if at < 0:
                return
            line, self.buffer = self.buffer[:at], self.buffer[at + skip :]
            if self.in_data:
                self.in_data = False
                Sink.taken += 1
                self.answer(b"250 taken")
            else:
                self.command(line[:4].upper())

    def command(self, word: bytes) -> None:
        """Answer one command."""
        self.in_data = word == b"DATA"
        if word == b"EHLO":
            self.transport.write(b"250-sink\r\n")
        self.answer(
            {
                b"EHLO": b"250 PIPELINING",
                b"DATA": b"354 go on",
                b"QUIT": b"221 bye",
                b"NOOP": b"250 %d" % Sink.taken,
            }.get(word, b"250 yes")
        )

    def answer(self, words: bytes) -> None:
        """Say it, after the delay if it is about a message."""
        if Sink.delay and words == b"250 taken":
            asyncio.get_running_loop().call_later(Sink.delay, self.transport.write, words + b"\r\n")
        else:
            self.transport.write(words + b"\r\n")


async def serve(port: int) -> None:
    """Serve for ever."""
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    Sink.delay = int(sys.argv[2]) / 1000 if len(sys.argv) > 2 else 0.0
    asyncio.run(serve(int(sys.argv[1])))
