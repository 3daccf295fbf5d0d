"""What a first visit weighs, as it travels: the page and every file of ours that it asks for, compressed."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from flask.testing import FlaskClient

import config
from benchmarks import ground, tables
from benchmarks.hello import SESSIONS
from ecwi_events.kernel.clock import utc_now
from ecwi_events.kernel.db import transaction
from ecwi_events.overview import importing
from ecwi_events.programme import queries
from tests.make import make_activity, make_session, sign_up

FILES = re.compile(r'"(/static/[^"]+)"')
GOAL = 30 * 1024


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="ecwi-bench-") as folder:
        here = Path(folder)
        with ground.application(f"sqlite:///{here / 'bench.sqlite'}", here) as app:
            activity_id = make_activity(sessions=[make_session(f"Session {s}", starts_local=s) for s in SESSIONS])
            for number in range(20):
                sign_up(activity_id, f"Visitor {number}")
            path = config.PROJECT / "examples" / "pla-2022.yaml"
            with transaction():
                importing.import_edition(importing.read_edition(path.read_bytes(), path.name), now=utc_now())
            page = queries.find_activity(activity_id)
            assert page  # noqa: S101 - it was made two lines above
            rows = [
                row(app.test_client(), name, at) for name, at in (("programme", "/"), ("activity", f"/a/{page.slug}"))
            ]
    tables.show(
        "A first visit, in compressed bytes",
        "The page and every file of ours that it asks for, as brotli (what browsers take); header fields not counted.",
        ["page", "requests", "page bytes", "files bytes", "all", "share of the 30 KB goal"],
        rows,
    )


def row(client: FlaskClient, name: str, path: str) -> list[object]:
    """Weigh one page."""
    accept = {"Accept-Encoding": "br, gzip"}
    plain = client.get(path).text
    page = len(client.get(path, headers=accept).data)
    files = sorted(set(FILES.findall(plain)))
    weight = sum(len(client.get(file, headers=accept).data) for file in files)
    return [name, 1 + len(files), page, weight, page + weight, (page + weight) / GOAL]


if __name__ == "__main__":
    main()
