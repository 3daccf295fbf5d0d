"""The yearly overview for everybody: the list of years, each year's edition, and its files."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import flask
from markupsafe import Markup

from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.numbers import capital
from ecwi_events.overview import blocks, html, printing, queries
from ecwi_events.overview.snapshot import canonical, public
from ecwi_events.web import identity

if TYPE_CHECKING:
    from flask import Response
    from flask.typing import ResponseReturnValue

    from ecwi_events.overview.models import Edition

blueprint = flask.Blueprint("overview", __name__)

YEAR = "int(fixed_digits=4, min=1990, max=2100)"
FRESH_SECONDS = 300  # how long others may keep a published page without asking again
SPRING_ENDS = 6  # the month from which "comes out in spring" is no longer a promise


@blueprint.get("/overview")
def years() -> ResponseReturnValue:
    """List the years that are published."""
    listed = [_teaser(edition) for year in queries.published_years() if (edition := queries.published_edition(year))]
    return _kept(flask.render_template("overview/years.html", nav="overview", years=listed))


@blueprint.get(f"/overview/<{YEAR}:year>")
def year(year: int) -> ResponseReturnValue:
    """Show the published edition of a year."""
    edition = queries.published_edition(year)
    if edition is None:
        return _missing(year)
    snapshot = queries.contents(edition)
    page = flask.render_template(
        "overview/year.html",
        nav="overview",
        title=snapshot["title"],
        year=year,
        body=Markup(html.render_edition(snapshot, standalone=False)),  # noqa: S704 - our own template, escaped there
    )
    return _kept(page)


@blueprint.get(f"/overview/<{YEAR}:year>.pdf")
def pdf(year: int) -> ResponseReturnValue:
    """Hand out the PDF of the published edition."""
    edition = queries.published_edition(year)
    if edition is None:
        return _missing(year)
    body = queries.output(edition.id, "pdf") or printing.render_pdf(queries.contents(edition))
    return as_file(body, "application/pdf", f"pla-overview-{year}.pdf", keep=True)


@blueprint.get(f"/overview/<{YEAR}:year>.json")
def figures(year: int) -> ResponseReturnValue:
    """Hand out the open part of the published edition's snapshot."""
    edition = queries.published_edition(year)
    if edition is None:
        return _missing(year)
    body = canonical(public(queries.contents(edition))).encode()
    return as_file(body, "application/json", f"pla-overview-{year}.json", keep=True)


def as_file(body: bytes, mime: str, name: str, *, keep: bool) -> Response:
    """Answer with a file; ``keep`` lets everybody keep it for a while, and asks for no more than 304 after that."""
    answer = flask.Response(body, mimetype=mime)
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    if not keep:
        return answer
    answer.set_etag(hashlib.sha256(body).hexdigest()[:32])
    answer.headers["Cache-Control"] = f"public, max-age={FRESH_SECONDS}"
    answer.make_conditional(flask.request)
    return answer


def _kept(page: str) -> Response:
    """Answer with a page that anybody may keep, unless it was made for one reader."""
    answer = flask.make_response(page)
    if identity.present() is None and not flask.session:
        answer.set_etag(hashlib.sha256(page.encode()).hexdigest()[:32])
        answer.headers["Cache-Control"] = f"public, max-age={FRESH_SECONDS}"
    answer.vary.add("Cookie")
    answer.make_conditional(flask.request)
    return answer


def _missing(year: int) -> ResponseReturnValue:
    """Say when the overview of a year comes out, and what there is instead."""
    now = clock.utc_now()
    comes = f"The overview for {year} comes out in spring {year + 1}."
    is_past = (now.year, now.month) >= (year + 1, SPRING_ENDS)
    page = flask.render_template(
        "overview/missing.html",
        nav="overview",
        sentence=f"There is no overview for {year} here." if is_past else comes,
        years=queries.published_years(),
        picture=Markup(blocks.skyline(f"no overview {year}", columns=html.HEADER_BLOCKS, rows=2)),  # noqa: S704 - ours
    )
    return page, 404


def _teaser(edition: Edition) -> dict[str, object]:
    snapshot = queries.contents(edition)
    published = edition.published_at or edition.compiled_at
    zone = dates.zone_info(flask.current_app.extensions["ecwi_settings"].office_time_zone)
    on = published.astimezone(zone).date()
    key = (snapshot.get("sentences") or {}).get("key")
    return {
        "year": edition.year,
        "number": edition.number,
        "title": snapshot["title"],
        "key": capital(key) if key else "",
        "published": f"{on.day} {dates.MONTHS[on.month - 1]} {on.year}",
        "picture": Markup(blocks.skyline(f"overview {edition.year}", columns=11, rows=3)),  # noqa: S704 - ours
    }
