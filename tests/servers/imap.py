"""A small IMAP server (RFC 3501, over TLS) as a process of its own, with the few commands that reading a mailbox takes.

It keeps its messages as files in a folder: ``1.eml``, ``2.eml`` …, and beside each that was read ``1.seen``. What it was
told stands in ``said``, one command a line. A file ``trouble`` makes it fail once: ``cut FETCH 2`` ends the connection in
the middle of the second answer to a FETCH, ``cut STORE 1`` before the first STORE is done, ``no FETCH 1`` answers that it
cannot.

    python -m tests.servers.imap FOLDER CERTIFICATE PORT
"""

from __future__ import annotations

import re
import socketserver
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import config

USER, PASSWORD, BOX = "events@imap.test", 'p"w 1', "Bounces"
EARLY = ("CAPABILITY", "LOGIN", "SELECT", "LOGOUT")  # what one may say before a folder is chosen
WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\S+)')


class Talk(socketserver.StreamRequestHandler):
    """One connection."""

    disable_nagle_algorithm = True  # an answer of several writes must not wait for the client to confirm the first one

    def handle(self) -> None:
        self.has_signed_in = self.has_chosen = False
        self.times: dict[str, int] = {}
        self.say("* OK ready")
        while line := self.rfile.readline():
            tag, _, rest = line.strip().partition(b" ")
            words = [bytes(quoted or plain) for quoted, plain in WORD.findall(rest)]
            name = words[0].decode().upper()
            if name == "UID":
                name = words.pop(1).decode().upper()
            with (self.server.folder / "said").open("a") as file:
                file.write(f"{name} {b' '.join(words[1:]).decode() if name != 'LOGIN' else ''}\n")
            if not self.answer(tag.decode(), name, words[1:]):
                return

    def answer(self, tag: str, name: str, words: list[bytes]) -> bool:
        """Do one command; return False if the connection ends."""
        self.times[name] = self.times.get(name, 0) + 1
        trouble = self.server.trouble(name, self.times[name])
        if trouble == "no":
            return self.say(f"{tag} NO not now")
        if trouble == "cut":
            self.do_fetch(words, is_cut=True) if name == "FETCH" else None
            return False
        act = getattr(self, f"do_{name.lower()}", None)
        refusal = act(words) if act and (self.has_chosen or name in EARLY) else "BAD not now, or never heard of"
        self.say(f"{tag} {refusal or f'OK {name} done'}")
        return name != "LOGOUT"

    def do_capability(self, _words: list[bytes]) -> None:
        self.say("* CAPABILITY IMAP4rev1")

    def do_login(self, words: list[bytes]) -> str | None:
        self.has_signed_in = [word.replace(b"\\", b"").decode() for word in words] == [USER, PASSWORD]
        return None if self.has_signed_in else "NO [AUTHENTICATIONFAILED] wrong name or password"

    def do_select(self, words: list[bytes]) -> str | None:
        self.has_chosen = self.has_signed_in and words[0].decode() == BOX
        if not self.has_chosen:
            return "NO no such folder"
        self.say(f"* {len(self.server.numbers())} EXISTS")
        return None

    def do_search(self, _words: list[bytes]) -> None:
        self.say(f"* SEARCH {' '.join(map(str, self.server.numbers(unread=True)))}".rstrip())

    def do_fetch(self, words: list[bytes], *, is_cut: bool = False) -> None:
        number, most = int(words[0]), int(re.search(rb"BODY\.PEEK\[\]<0\.(\d+)>", b" ".join(words))[1])
        path = self.server.folder / f"{number}.eml"
        if path.exists():
            body = path.read_bytes()[:most]
            self.say(f"* {number} FETCH (UID {number} BODY[]<0> {{{len(body)}}}")
            self.wfile.write(body[: len(body) // 2] if is_cut else body + b")\r\n")

    def do_store(self, words: list[bytes]) -> None:
        number = int(words[0])
        (self.server.folder / f"{number}.seen").touch()
        self.say(f"* {number} FETCH (UID {number} FLAGS (\\Seen))")

    def do_logout(self, _words: list[bytes]) -> None:
        self.say("* BYE")

    def say(self, line: str) -> bool:
        """Say a line, and go on."""
        self.wfile.write(line.encode() + b"\r\n")
        return True


class Server(socketserver.ThreadingTCPServer):
    """The mailbox behind all connections."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, folder: Path, certificate: Path, port: int) -> None:
        self.folder = folder
        super().__init__(("127.0.0.1", port), Talk)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def numbers(self, *, unread: bool = False) -> list[int]:
        found = sorted(int(path.stem) for path in self.folder.glob("*.eml"))
        return [one for one in found if not unread or not (self.folder / f"{one}.seen").exists()]

    def trouble(self, name: str, time: int) -> str:
        path = self.folder / "trouble"
        if path.exists() and path.read_text().split()[1:] == [name, str(time)]:
            what = path.read_text().split()[0]
            path.unlink()
            return what
        return ""

    def handle_error(self, request, client_address) -> None:
        """A client that does not trust us goes away in the middle: no news."""


@dataclass
class Mailbox:
    """What a test knows of the server that runs."""

    folder: Path
    port: int
    authority: Path  # whom a client must trust

    def add(self, raw: bytes) -> int:
        number = len(list(self.folder.glob("*.eml"))) + 1
        (self.folder / f"{number}.eml").write_bytes(raw)
        return number

    def seen(self) -> list[int]:
        return sorted(int(path.stem) for path in self.folder.glob("*.seen"))

    def said(self, name: str) -> int:
        """How often it was told to do something."""
        path = self.folder / "said"
        lines = path.read_text().splitlines() if path.exists() else []
        return sum(line.startswith(f"{name} ") for line in lines)

    def fail_once(self, words: str) -> None:
        (self.folder / "trouble").write_text(words)


@contextmanager
def running(folder: Path) -> Iterator[Mailbox]:
    """Run a server with an empty mailbox for the length of a block."""
    authority = make_certificate(folder)
    box = folder / "box"
    box.mkdir()
    command = [sys.executable, "-m", __name__, str(box), str(authority.with_name("server.pem")), "0"]
    process = subprocess.Popen(command, cwd=config.PROJECT, stdout=subprocess.PIPE)
    try:
        yield Mailbox(box, int(process.stdout.readline()), authority)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def make_certificate(folder: Path) -> Path:
    """Make a certificate for this machine that nobody trusts by itself; return the file that a client has to trust."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    began = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(began).not_valid_after(began + timedelta(days=9000))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    public = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(public + secret)
    (folder / "authority.pem").write_bytes(public)
    return folder / "authority.pem"


if __name__ == "__main__":
    server = Server(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
    print(server.server_address[1], flush=True)  # noqa: T201 - it tells who started it where it listens
    server.serve_forever()
