"""A digest to thousands must not stand before what starts in ten minutes: real Valkey, a real worker, a real receiver."""

import time
from contextlib import ExitStack

import pytest

from ecwi_events.jobs.doorbell import Doorbell
from ecwi_events.kernel.db import when_work_is_committed
from ecwi_events.work import queries as work
from ecwi_events.work.models import Work, WorkState
from tests.faults.ground import Sink, count, mail_server, queue_mails, service, until
from tests.servers import processes, valkey

pytestmark = pytest.mark.servers
DIGEST = 5000


def test_an_urgent_mail_overtakes_a_digest_to_5000_people_and_the_worker_stops_in_the_middle_of_it(
    make_settings, make_database
):
    sink = Sink(seconds=0.005)
    with ExitStack() as stack:
        broker = valkey.start()
        stack.callback(broker.stop)
        variables = {"MAIL_URL": stack.enter_context(mail_server(sink)), "REDIS_URL": broker.url}
        environment = stack.enter_context(service("sqlite", make_settings, make_database, **variables))
        queue_mails(DIGEST, priority=80)
        with processes.running(processes.worker_command(beat=True, concurrency=4), environment) as worker:
            until(lambda: len(sink.messages) >= 20)
            (shown,) = until(work.workers)
            assert (shown.name.endswith(f":{worker.pid}"), shown.queues) == (True, "bulk compile normal urgent")
            when_work_is_committed(Doorbell(make_settings(REDIS_URL=broker.url).redis.celery).ring)
            (urgent,) = queue_mails(1, priority=10, start=DIGEST)
            until(lambda: urgent in sink.recipients)
            before = sink.recipients.index(urgent)
            asked = time.monotonic()
        assert before < DIGEST / 2, "most of the digest was still to come"
        assert time.monotonic() - asked < processes.STOPS_WITHIN
        until(lambda: count(Work, Work.state == WorkState.LEASED) == 0)  # what it held is given back
        assert work.workers() == []
        assert len(sink.messages) < DIGEST
        assert len(set(sink.recipients)) == len(sink.messages), "nobody got it twice"
        assert count(Work, Work.state == WorkState.DUE) == DIGEST + 1 - len(sink.messages)
