"""PostgreSQL restarted in the middle of a batch, by force and on request: nothing is lost, and nothing comes twice."""

from contextlib import ExitStack

import pytest

from ecwi_events.kernel.db import db
from tests.faults.ground import PATIENCE, SOAK, Sink, all_sent, batch_service, check, queue_mails, until, worker
from tests.servers import postgres

pytestmark = pytest.mark.servers
BATCH, RESTARTS = (2000, 20) if SOAK else (40, 2)


def test_a_database_restarted_in_the_middle_of_a_batch_costs_no_mail_and_doubles_none(make_settings):
    sink = Sink(seconds=0.02)
    with ExitStack() as stack:
        server = postgres.start(durable=True)  # else the last commits go with a crash
        stack.callback(server.stop)
        variables = {"DATABASE_URL": f"{server.url}/postgres"}
        environment, _ = stack.enter_context(batch_service(sink, make_settings, None, engine="own", **variables))
        addresses = queue_mails(BATCH)
        stack.enter_context(worker(environment))
        for restart in range(RESTARTS):
            until(
                lambda restart=restart: len(sink.messages) >= (restart + 1) * BATCH // (RESTARTS + 2), seconds=PATIENCE
            )
            db.session.remove()
            server.crash()
            server.start_again()
        all_sent(BATCH)
        check(sink, addresses, doubled_at_most=0)
