"""``ecwi-events import`` and ``ecwi-events overview``: from an edition file to a printed overview, without a browser."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecwi_events.app import create_app
from ecwi_events.jobs.compiling import TRIES, do_compile
from ecwi_events.kernel import clock, dates
from ecwi_events.kernel.db import transaction, when_work_is_committed
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.overview import html, importing, printing, queries, service
from ecwi_events.overview.compiling import STEPS
from ecwi_events.overview.models import EditionState, RunState
from ecwi_events.overview.snapshot import canonical, public
from ecwi_events.work import service as work

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from config import Settings
    from ecwi_events.overview.models import Edition
    from ecwi_events.work.service import Claim

LOOK_AGAIN_SECONDS = 0.5
WAIT_SECONDS = 600


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_file(file: Path) -> None:
    """Take over the year that FILE tells (schema ecwi-edition/1).

    All or nothing: a bad file is refused whole, with the line and the reason of each fault (exit code 2). A second import
    of the same file changes nothing.
    """
    with file.open("rb") as opened:
        body = opened.read(importing.LARGEST_BYTES + 1)
    edition = importing.read_edition(body, str(file))
    with create_app().app_context():
        with transaction():
            imported = importing.import_edition(edition, now=clock.utc_now())
        for line in imported.lines():
            click.echo(line)


@click.group()
def overview() -> None:
    """Compile and export the yearly overview."""


@overview.command("compile")
@click.argument("year", type=int)
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Count records up to this day; today if not given.")
def compile_year(year: int, as_of: datetime | None) -> None:
    """Compile the overview of YEAR into a new edition, here and now.

    If a compile of the year is under way already, this one joins it. Ends with exit code 1 if it did not work.
    """
    app = create_app()
    with app.app_context():
        settings = app.extensions["ecwi_settings"]
        now = clock.utc_now()
        day = as_of.date() if as_of else now.astimezone(dates.zone_info(settings.office_time_zone)).date()
        edition = _compile(settings, year, day, now=now)
        click.echo(f"Edition {edition.number} of {year}: content {edition.content_hash}")
        for remark in queries.contents(edition)["errors"]:
            click.echo(f"  stops publication: {remark['message']}", err=True)


@overview.command("export")
@click.argument("year", type=int)
@click.option("--format", "output_format", type=click.Choice(["html", "pdf", "json"]), required=True)
@click.option("--out", type=click.Path(dir_okay=False, writable=True, path_type=Path), required=True)
@click.option("--draft", is_flag=True, help="Take the newest edition, published or not, and mark it as a draft.")
def export(year: int, output_format: str, out: Path, *, draft: bool) -> None:
    """Write the overview of YEAR to a file; the same edition always gives the same bytes.

    Takes the published edition, else the newest one.
    """
    with create_app().app_context():
        published = None if draft else queries.published_edition(year)
        edition = published or queries.latest_edition(year)
        if edition is None:
            raise NotFound(f"There is no edition of {year} yet. Type: ecwi-events overview compile {year}")
        body = render(edition, output_format, draft=draft)
    out.write_bytes(body)
    click.echo(f"Edition {edition.number} of {year} ({edition.state}) is in {out} ({len(body):,} bytes).")


def render(edition: Edition, output_format: str, *, draft: bool = False) -> bytes:
    """Return an edition in a format; ``draft`` marks it, unless it is published."""
    snapshot = queries.contents(edition)
    marked = draft and edition.state is EditionState.DRAFT
    if output_format == "html":
        return html.render_edition(snapshot, draft=marked).encode()
    if output_format == "json":
        return canonical(public(snapshot)).encode()
    stored = None if marked else queries.output(edition.id, "pdf")
    return stored or printing.render_pdf(snapshot, draft=marked)


def _compile(settings: Settings, year: int, as_of: date, *, now: datetime) -> Edition:
    """Do the compile here; if somebody else has it in hand, wait for them, and take over if they die."""
    when_work_is_committed(_ring_nobody)
    with transaction():  # in one, so that no worker takes it before us
        run_id = service.start_compile(year, as_of, None, now=now)
        pieces = _claim(settings)
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        for piece in pieces:
            do_compile(replace(piece, attempts=TRIES), settings, tell=_tell)  # somebody is waiting: no later try
            with transaction():
                work.finish(piece, now=clock.utc_now())
        if edition := _result(run_id):
            return edition
        time.sleep(LOOK_AGAIN_SECONDS)
        with transaction():
            pieces = _claim(settings)
    raise Refused("still_under_way", "Somebody else is still compiling this year. Try again later.")


def _claim(settings: Settings) -> list[Claim]:
    return work.claim([service.COMPILE], now=clock.utc_now(), limit=20, lease_seconds=settings.lease_seconds)


def _ring_nobody(_queues: frozenset[str]) -> None:
    """Wake no worker: the work is done here."""


def _tell(step: int, message: str) -> None:
    click.echo(f"[{step + 1}/{STEPS}] {message}")


def _result(run_id: int) -> Edition | None:
    run = queries.find_run(run_id)
    if run and run.state in queries.UNDER_WAY:
        _tell(run.step, run.message)
    if run and run.state is RunState.FAILED:
        click.echo(f"The compile did not work: {run.error}", err=True)
        raise click.exceptions.Exit(1)
    return queries.edition_of_run(run_id)


commands: Sequence[click.Command] = [import_file, overview]
