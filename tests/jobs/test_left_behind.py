"""The look at addresses and the purge of files, done by the workers' own drain against a real server."""

import dataclasses
import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ecwi_events.jobs import drain as draining
from ecwi_events.kernel.db import db, transaction
from ecwi_events.programme import files, resources
from ecwi_events.programme.models import Resource
from ecwi_events.programme.models_files import ResourceKind, StoredFile
from ecwi_events.programme.resources import TypedResource
from tests import make
from tests.make import NOW
from tests.programme.files_by_hand import PDF


class Site(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.send_response(404 if self.path == "/gone" else 200)
        self.end_headers()

    do_GET = do_HEAD  # noqa: N815 - the name that the server looks for

    def log_message(self, *_):
        pass


@pytest.fixture
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def drain(app, **changes):
    settings = dataclasses.replace(app.extensions["ecwi_settings"], **changes)
    return draining.drain(app, settings)


def add(activity_id, url):
    with transaction():
        return resources.add_resource(activity_id, TypedResource(ResourceKind.LINK, "Link", url=url), now=NOW)


def found(resource_id):
    db.session.expire_all()
    row = db.session.get(Resource, resource_id)
    return row.check_result, row.silent_since is not None


def test_workers_look_at_addresses(app, site):
    activity_id = make.make_activity()
    good, gone = add(activity_id, f"{site}/"), add(activity_id, f"{site}/gone")
    drain(app, link_checks_private=True)
    assert found(good) == ("answers with 200", False)
    assert found(gone) == ("answers with 404", True)


def test_workers_do_not_look_into_our_own_network(app, site):
    resource_id = add(make.make_activity(), f"{site}/")
    drain(app)
    assert found(resource_id)[1]
    assert "unusual port" in found(resource_id)[0]


def test_workers_purge_the_file_of_a_resource_that_was_removed(app):
    activity_id = make.make_activity()
    sent = files.receive(io.BytesIO(PDF), "a.pdf", most_bytes=1000)
    with transaction():
        resource_id = resources.add_resource(
            activity_id, TypedResource(ResourceKind.HANDOUT, "Handout"), file=sent, now=NOW
        )  # fmt: skip
    kept = files.find_kept(db.session.get(Resource, resource_id).file_id, "a.pdf")
    with transaction():
        resources.remove_resource(activity_id, resource_id, now=NOW)
    drain(app)
    assert not kept.path.exists() and db.session.query(StoredFile).count() == 0
