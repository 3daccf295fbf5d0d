"""A real SMTP server that answers as its script says, one answer per command; when the script is over it takes all."""

from __future__ import annotations

import socket
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller

CUT = "cut"


class Receiver:
    """Takes mail on a port of its own."""

    def __init__(self, *, pipelining: bool = True) -> None:
        self.pipelining = pipelining  # as all common mail servers have it
        self.host = "127.0.0.1"
        with socket.socket() as probe:
            probe.bind((self.host, 0))
            self.port = probe.getsockname()[1]
        self.mail_answers: list[str] = []
        self.rcpt_answers: list[str] = []
        self.data_answers: list[str] = []
        self.taken: list[bytes] = []
        self.read: list[bytes] = []  # also what was read before the connection was cut
        self.envelopes: list[tuple[str, list[str]]] = []
        self.connections = 0
        self._controller: Controller | None = None

    def start(self) -> None:
        self._controller = Controller(self, hostname=self.host, port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def mails(self):
        return [message_from_bytes(body, policy=policy.SMTP) for body in self.taken]

    async def handle_EHLO(self, server, session, envelope, hostname, responses):  # noqa: N802
        session.host_name = hostname
        self.connections += 1
        return [responses[0], *(["250-PIPELINING"] if self.pipelining else []), *responses[1:]]

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if self.mail_answers and not (answer := self.mail_answers.pop(0)).startswith("2"):
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.rcpt_answers and not (answer := self.rcpt_answers.pop(0)).startswith("2"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.read.append(envelope.original_content)
        answer = self.data_answers.pop(0) if self.data_answers else "250 OK"
        if answer == CUT:
            server.transport.abort()
            return "250 never heard"
        if answer.startswith("2"):
            self.taken.append(envelope.original_content)
            self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        return answer
