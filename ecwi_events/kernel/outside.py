"""Asking whether an address of others answers, without being led into our own network.

The name is resolved here, every address that it has must be one of the open internet, and the connection goes to the very
address that was looked at; so neither a name that changes its address nor a redirect leads to a machine of ours. Each
step of a redirect is looked at in the same way. Nothing of what comes back is read but the first lines.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from ecwi_events.kernel.text import wire_domain

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_STEPS = 6  # the address itself, and five redirects
PORTS = {"http": 80, "https": 443}
WAIT_SECONDS = 8.0
DEADLINE_SECONDS = 20.0
REDIRECTS = frozenset({301, 302, 303, 307, 308})
# A server that answers so is there; it only does not let a program in.
CLOSED_TO_PROGRAMS = frozenset({401, 403, 405, 406, 429, 999})
AGENT = "ecwi-events link check"
_FAILED: dict[type[Exception], str] = {
    ssl.SSLError: "its certificate is not valid",
    TimeoutError: "no answer in time",
    socket.gaierror: "there is no such host",
}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SAFE = "!#$%&'()*+,/:;=?@[]~-._"


class NotAsked(Exception):  # noqa: N818 - nothing is broken: the address is one that is not asked
    """The address leads where we do not ask; the message says why."""


@dataclass(frozen=True)
class Answer:
    """Whether an address answers, and what was seen in a few words."""

    answers: bool
    words: str


def ask(url: str, *, private_too: bool = False) -> Answer:
    """Ask an address and return what came of it; never raises for what others do.

    Args:
        url: an address of http or https.
        private_too: ask machines of our own network too, and on every port: for tests alone.
    """
    try:
        status = _follow(url, private_too=private_too)
    except NotAsked as no:
        return Answer(answers=False, words=str(no))
    except (OSError, http.client.HTTPException, ValueError) as error:
        words = next((said for kind, said in _FAILED.items() if isinstance(error, kind)), "no answer")
        return Answer(answers=False, words=words)
    if status in CLOSED_TO_PROGRAMS:
        return Answer(answers=True, words=f"answers, but not to programs ({status})")
    return Answer(answers=status < 400, words=f"answers with {status}")  # noqa: PLR2004 - errors begin there


def is_outside(address: str) -> bool:
    """Tell whether a numeric address belongs to the open internet, also behind the forms that carry an IPv4 one."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _carried(parsed)
    if inner is not None:
        return is_outside(str(inner))
    return parsed.is_global and not parsed.is_multicast


def _carried(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 one stands for: mapped, 6to4, Teredo or NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _follow(url: str, *, private_too: bool) -> int:
    for _ in range(MOST_STEPS):
        status, onward = _one(url, "HEAD", private_too=private_too)
        if status >= 400:  # noqa: PLR2004 - many servers know GET only
            status, onward = _one(url, "GET", private_too=private_too)
        if status not in REDIRECTS or not onward:
            return status
        url = urljoin(url, onward)
    raise NotAsked("it leads on and on")


def _one(url: str, method: str, *, private_too: bool) -> tuple[int, str]:
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise NotAsked("it leads to an address that is not of the web")
    port = parts.port or PORTS[parts.scheme]
    if not private_too and port not in PORTS.values():
        raise NotAsked("it leads to an unusual port")
    host = wire_domain(parts.hostname) if not parts.hostname.isascii() else parts.hostname
    numeric = _resolved(host, port, private_too=private_too)
    path = quote((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), safe=_SAFE)
    with _connected(parts.scheme, host, numeric, port) as connection:
        connection.request(method, path, headers={"User-Agent": AGENT, "Accept": "*/*", "Connection": "close"})
        response = connection.getresponse()
        return response.status, response.headers.get("Location", "")


def _resolved(host: str, port: int, *, private_too: bool) -> str:
    """Return an address of a host; one that is ours among them, and the host is not asked at all."""
    found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not private_too and not all(is_outside(address) for address in found):
        raise NotAsked("it leads into a private network")
    return found[0]


@contextlib.contextmanager
def _connected(scheme: str, host: str, numeric: str, port: int) -> Iterator[http.client.HTTPConnection]:
    """Give a connection to the very address that was looked at, which is cut when the deadline is over."""
    connection = http.client.HTTPConnection(host, port, timeout=WAIT_SECONDS)
    plain = socket.create_connection((numeric, port), timeout=WAIT_SECONDS)
    cut = threading.Timer(DEADLINE_SECONDS, _cut, args=(plain,))
    cut.daemon = True
    cut.start()
    try:
        secure = scheme == "https"
        connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if secure else plain
        connection.auto_open = 0
        yield connection
    finally:
        cut.cancel()
        connection.close()
        plain.close()


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
