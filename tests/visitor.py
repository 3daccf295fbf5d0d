"""A visitor with a plain HTTP client: keeps cookies, fills in the form, knows no JavaScript."""

from __future__ import annotations

import http.client
import re
from http.cookies import SimpleCookie
from typing import Self
from urllib.parse import urlencode, urlsplit

HIDDEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
ASSETS = re.compile(r'"(/static/[^"]+)"')


class Visitor:
    """One browser: a connection that is kept open, and its cookies."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._cookies: dict[str, str] = {}
        self.received = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def get(self, path: str) -> tuple[int, str, dict[str, str]]:
        """Ask for a page."""
        return self._ask("GET", path, None)

    def post(self, path: str, fields: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        """Send a form."""
        return self._ask("POST", path, urlencode(fields))

    def sign_up(self, slug: str, number: int, *, assets: bool = False) -> int:
        """Sign up the way a person does: the page (and its files), the form, the confirmation; return the requests."""
        _, page, _ = self.get(f"/a/{slug}")
        requests = 1
        for address in ASSETS.findall(page) if assets else []:
            self.get(address)
            requests += 1
        token = HIDDEN.search(page)
        assert token, "the page has no form"
        fields = {
            "csrf_token": token[1],
            "name": f"Visitor {number}",
            "email": f"visitor{number}@crowd.example",
            "organisation": "Example Kindergarten",
            "zone": "Europe/Kyiv",
        }
        status, _, answer = self.post(f"/a/{slug}/sign-up", fields)
        assert status == 303, status
        status, page, _ = self.get(urlsplit(answer["location"]).path)
        assert status == 200, status
        return requests + 2

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, str, dict[str, str]]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        self.received += len(content)
        for cookie in SimpleCookie("; ".join(response.headers.get_all("Set-Cookie") or [])).values():
            self._cookies[cookie.key] = cookie.value
        fields = {name.lower(): value for name, value in response.getheaders()}
        return response.status, content.decode(errors="replace"), fields
