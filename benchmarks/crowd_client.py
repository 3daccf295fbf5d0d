"""The people of `benchmarks.crowd`, in a process of their own: a plain client that keeps connections, and costs little.

Reads from standard input what to do, writes to standard output what happened, both as JSON.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from urllib.parse import urlencode

Answer = TypeVar("Answer")
HIDDEN = re.compile(rb'name="csrf_token" value="([^"]+)"')
SAW = re.compile(rb'name="saw" value="([^"]*)"')
NUMBER = re.compile(rb"number (\d+)</b> in the line")


class FailedError(Exception):
    """An answer was not the one that a person expects."""


def main() -> None:
    """Do what is asked, with so many callers at once."""
    wanted = json.load(sys.stdin)
    queue, lock, done, faults = iter(range(wanted["people"])), threading.Lock(), [], []

    def call(number: int) -> None:
        chance, connection = random.Random(number), http.client.HTTPConnection("127.0.0.1", wanted["port"], timeout=60)
        while (person := _next(queue, lock)) is not None:
            try:
                done.append(_one(connection, wanted, chance, person))
            except (FailedError, OSError, http.client.HTTPException) as fault:
                faults.append(repr(fault))
                connection.close()

    began, used = time.perf_counter(), time.process_time()
    threads = [threading.Thread(target=call, args=(number,)) for number in range(wanted["callers"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - began
    json.dump({"seconds": seconds, "used": time.process_time() - used, "done": done, "faults": faults}, sys.stdout)


def _next(queue: Iterator[int], lock: threading.Lock) -> int | None:
    with lock:
        return next(queue, None)


def _one(
    connection: http.client.HTTPConnection, wanted: dict[str, Any], chance: random.Random, person: int
) -> dict[str, Any]:
    if not wanted["slugs"]:
        return {"times": [_timed(lambda: _ask(connection, "GET", "/", {}, None))[0]]}
    return sign_up(connection, chance.choice(wanted["slugs"]), wanted["name"], person)


def sign_up(connection: http.client.HTTPConnection, slug: str, crowd: str, person: int) -> dict[str, Any]:
    """Sign up as a person does: the page, its form, the greeting; return what was said and how long each took.

    Raises:
        FailedError: an answer was not as it should be.
    """
    address = (
        f"10.{person >> 16 & 255}.{person >> 8 & 255}.{person & 255}"  # each person's own, as a proxy would say it
    )
    headers = {"X-Forwarded-For": address, "Accept-Encoding": "identity"}
    first, (_, answer, page) = _timed(lambda: _ask(connection, "GET", f"/a/{slug}", headers, None))
    token, saw = HIDDEN.search(page), SAW.search(page)
    if token is None:
        raise FailedError(f"no form: {answer.status}")
    fields = {
        "csrf_token": token[1].decode(), "name": f"Visitor {person}", "email": f"{crowd}-{person}@crowd.example",
        "organisation": "Example Kindergarten", "zone": "Europe/Kyiv", **({"saw": saw[1].decode()} if saw else {}),
    }  # fmt: skip
    headers["Cookie"] = _cookie(answer)
    form, path = headers | {"Content-Type": "application/x-www-form-urlencoded"}, f"/a/{slug}/sign-up"
    second, (status, answer, page) = _timed(lambda: _ask(connection, "POST", path, form, urlencode(fields)))
    if status == http.client.CONFLICT:  # the last place went while this person was typing: the page offers the line
        del fields["saw"]
        more, (status, answer, page) = _timed(lambda: _ask(connection, "POST", path, form, urlencode(fields)))
        second += more
    if status != http.client.SEE_OTHER:
        raise FailedError(f"not signed up: {status}")
    headers["Cookie"] = _cookie(answer)
    third, (status, _, page) = _timed(lambda: _ask(connection, "GET", f"/a/{slug}/done", headers, None))
    line, is_in = NUMBER.search(page), b"You are signed up, Visitor" in page
    if status != http.client.OK or bool(line) == is_in:
        raise FailedError(f"no greeting: {status}")
    place, number = ("confirmed", None) if line is None else ("waiting", int(line[1]))
    return {"email": fields["email"], "slug": slug, "place": place, "number": number, "times": [first, second, third]}


def _ask(
    connection: http.client.HTTPConnection, method: str, path: str, headers: dict[str, str], body: str | None
) -> tuple[int, http.client.HTTPResponse, bytes]:
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer, answer.read()


def _cookie(answer: http.client.HTTPResponse) -> str:
    return (answer.getheader("Set-Cookie") or "").partition(";")[0]


def _timed(act: Callable[[], Answer]) -> tuple[float, Answer]:
    started = time.perf_counter()
    answer = act()
    return time.perf_counter() - started, answer


if __name__ == "__main__":
    main()
