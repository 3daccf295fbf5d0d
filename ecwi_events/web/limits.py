"""How often one network address may do what costs us mail, places or guesses.

Counted in Redis, so that all web processes count together; in this process's memory while Redis is away, which neither fails
nor slows a request. Addresses come from the connection; forwarded ones count through ECWI_PROXY_HOPS proxies of our own and
no further, so that nobody chooses an address by a header. Limits of one account are kept in the database (`people.tries`).
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, cast

import flask
from flask_limiter import Limiter, RateLimitExceeded
from redis.backoff import NoBackoff
from redis.retry import Retry
from werkzeug.middleware.proxy_fix import ProxyFix

from ecwi_events.web import errors

if TYPE_CHECKING:
    from flask import Flask, Response
    from flask.typing import ResponseReturnValue

    from config import Settings

# For a Redis that hangs. A request waits so long three times at most: for what it asked, and for a new connection and its
# answer. Then the memory of this process counts, and Redis is asked again after 1, 2, 4 … 32 seconds.
SOCKET_SECONDS = 0.015
NETWORK_BITS = 64  # one customer's IPv6 addresses are one network
RETRY_AFTER = "600"  # where no limit of this page says how long
TOO_MANY = 429

# Writing forms only. Whoever stands in no line here is not limited.
LIMITS = {
    "asking.answer": "30 per minute",
    "registration.sign_up": "120 per minute",  # a class of a school signs up at once, through one address
    "proving.prove": "60 per minute",
    "personal.withdraw": "30 per minute",
    "personal.undo": "30 per minute",
    "personal.change_sessions": "30 per minute",
    "personal.change_answers": "30 per minute",
    "personal.answer_offer": "30 per minute",
    "personal.pass_on": "10 per minute",  # it writes to an address that anybody can type
    "feedback.give": "60 per minute",
    "joining.join": "60 per minute",  # a school may join through one address
    "groups.send": "30 per minute",
    "people.send_link": "50 per 15 minutes",
    "people.sign_in": "200 per 15 minutes",  # links cannot be guessed
    "zones.save": "60 per minute",
}
GUESSES = ("people.try_code", "second_factor.confirm", "second_factor.confirm_passkey", "factors.confirm_app")
GUESSES_TOGETHER = "50 per 15 minutes"


def install(app: Flask, settings: Settings) -> None:
    """Put the limits around the views; blueprints are registered before."""
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0, x_port=0, x_prefix=0)  # type: ignore[method-assign]
    if not settings.rate_limits:
        return
    options = {
        "socket_timeout": SOCKET_SECONDS,
        "socket_connect_timeout": SOCKET_SECONDS,
        "retry": Retry(NoBackoff(), 0),  # redis-py would try three times, with pauses
    }
    limiter = Limiter(
        client_network,
        app=app,
        storage_uri=settings.redis.limiter,
        storage_options=cast("dict[str, str | int]", options),  # handed on to redis-py, which takes more kinds
        strategy="fixed-window",
        in_memory_fallback_enabled=True,
        swallow_errors=True,
        key_prefix="ecwi",
    )
    app.extensions["ecwi_limiter"] = limiter  # the limits hold it weakly
    views: dict[str, Any] = app.view_functions
    for endpoint, limit in LIMITS.items():
        views[endpoint] = limiter.limit(limit, methods=["POST"])(views[endpoint])
    together = limiter.shared_limit(GUESSES_TOGETHER, scope="guesses")
    for endpoint in GUESSES:
        views[endpoint] = together(views[endpoint])
    app.register_error_handler(RateLimitExceeded, too_many)
    app.after_request(say_when)


def too_many(error: RateLimitExceeded) -> ResponseReturnValue:
    """Say how long to wait: never longer than the time in which this limit counts."""
    answer = flask.make_response(errors.page(TOO_MANY, wait_words(error)))
    return say_how_long(answer, error)


def wait_words(error: RateLimitExceeded) -> str:
    """Return the sentence for people."""
    minutes = -(-_seconds(error) // 60)
    return f"Too many tries. Wait {'one minute' if minutes == 1 else f'{minutes} minutes'}, then try again."


def say_how_long(answer: Response, error: RateLimitExceeded) -> Response:
    """Tell programs how long to wait."""
    answer.headers["Retry-After"] = str(_seconds(error))
    return answer


def _seconds(error: RateLimitExceeded) -> int:
    return error.limit.limit.get_expiry() if error.limit else int(RETRY_AFTER)


def client_network() -> str:
    """Return what is counted: the client's IPv4 address, or its IPv6 network."""
    address = flask.request.remote_addr or ""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6 and parsed.ipv4_mapped:  # noqa: PLR2004 - the version of the protocol
        parsed = parsed.ipv4_mapped
    if parsed.version == 6:  # noqa: PLR2004
        return str(ipaddress.ip_network((parsed.packed, NETWORK_BITS), strict=False))
    return str(parsed)


def say_when(response: Response) -> Response:
    """Tell programs too when to try again."""
    if response.status_code == TOO_MANY:
        response.headers.setdefault("Retry-After", RETRY_AFTER)
    return response
