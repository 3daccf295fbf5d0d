import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ecwi_events.kernel import outside


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::",
        "2001:0:4136:e378:8000:63bf:f5ff:fffe", "not an address",
    ],
)  # fmt: skip
def test_addresses_of_our_own_or_of_nobody_are_not_outside(address):
    assert not outside.is_outside(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_open_internet_are_outside(address):
    assert outside.is_outside(address)


class Site(BaseHTTPRequestHandler):
    seen: list = []  # noqa: RUF012 - what the site was asked, in order

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        self.seen.append((self.command, self.path))
        if self.path == "/head-fails" and self.command == "HEAD":
            return self.send(405)
        if self.path.startswith("/to/"):
            return self.send(302, Location=self.path.removeprefix("/to/"))
        if self.path == "/circle":
            return self.send(301, Location="/circle")
        if self.path == "/garbage":
            self.wfile.write(b"this is no HTTP\r\n\r\n")
            return None
        return self.send({"/gone": 404, "/broken": 500, "/members": 401}.get(self.path, 200))

    def send(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("path", "answers", "words"),
    [
        ("/", True, "answers with 200"),
        ("/head-fails", True, "answers with 200"),
        ("/to//", True, "answers with 200"),
        ("/with blank ü?q=1 2#part", True, "answers with 200"),
        ("/members", True, "not to programs (401)"),
        ("/gone", False, "answers with 404"),
        ("/broken", False, "answers with 500"),
        ("/to//gone", False, "answers with 404"),
        ("/circle", False, "leads on and on"),
        ("/garbage", False, "no answer"),
        ("/to/ftp://127.0.0.1/", False, "not of the web"),
        ("/to/file:///etc/passwd", False, "not of the web"),
    ],
)
def test_what_an_address_answers_is_said_in_a_few_words(site, path, answers, words):
    answer = outside.ask(site + path, private_too=True)
    assert answer.answers is answers and words in answer.words


def test_our_own_network_is_not_asked_at_all(site, monkeypatch):
    Site.seen.clear()
    monkeypatch.setattr(outside, "PORTS", {"http": int(site.rpartition(":")[2]), "https": 443})
    for url in (site, site.replace("127.0.0.1", "localhost"), site.replace("127.0.0.1", "2130706433"),
                site.replace("127.0.0.1", "[::ffff:127.0.0.1]"), site.replace("127.0.0.1", "0")):  # fmt: skip
        assert outside.ask(url) == outside.Answer(answers=False, words="it leads into a private network"), url
    assert Site.seen == []


def test_a_redirect_into_our_own_network_is_not_followed(site, monkeypatch):
    """The first step is let through by hand, as if the site were outside."""
    Site.seen.clear()
    port = int(site.rpartition(":")[2])
    monkeypatch.setattr(outside, "PORTS", {"http": port, "https": 443})
    real = outside._resolved
    monkeypatch.setattr(
        outside, "_resolved",
        lambda host, port, **more: "127.0.0.1" if host == "site.example" else real(host, port, **more),
    )  # fmt: skip
    answer = outside.ask(f"http://site.example:{port}/to/http://127.0.0.1:{port}/secret")
    assert answer.words == "it leads into a private network" and all(
        "secret" in path and path.startswith("/to/") for _, path in Site.seen
    )


def test_unusual_ports_and_schemes_are_not_asked():
    assert outside.ask("http://8.8.8.8:6379/").words == "it leads to an unusual port"
    for url in ("ftp://example.org/", "javascript:alert(1)", "http://", "http://[broken", "http://a:b:c/"):
        assert not outside.ask(url).answers


def test_a_server_that_never_answers_is_left(monkeypatch):
    monkeypatch.setattr(outside, "WAIT_SECONDS", 0.2)
    import socket

    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as silent:
        answer = outside.ask(f"http://127.0.0.1:{silent.getsockname()[1]}/", private_too=True)
    assert answer == outside.Answer(answers=False, words="no answer in time")


def test_a_server_that_drips_is_cut_at_the_deadline(monkeypatch):
    monkeypatch.setattr(outside, "DEADLINE_SECONDS", 0.3)
    import socket

    def drip(listening):
        with contextlib.suppress(OSError):
            there, _ = listening.accept()
            with there:
                while True:
                    there.send(b"H")
                    threading.Event().wait(0.05)

    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as dripping:
        thread = threading.Thread(target=drip, args=(dripping,), daemon=True)
        thread.start()
        assert not outside.ask(f"http://127.0.0.1:{dripping.getsockname()[1]}/", private_too=True).answers
        thread.join(5)
    assert not thread.is_alive()
