"""Redis flushed, killed and away in the middle of a batch: it holds nothing, so nothing is lost with it.

`make soak` kills it 20 times, flushes it as often, and lets it be away for three minutes (SOAK=1).
"""

import time

import pytest
import redis

from tests.faults.ground import (
    PATIENCE,
    SOAK,
    Sink,
    all_sent,
    batch_service,
    check,
    kept_worker,
    queue_mails,
    until,
)

pytestmark = pytest.mark.servers
ROUNDS, EACH = (20, 100) if SOAK else (1, 40)
ENGINES = ["sqlite", "postgresql"] if SOAK else ["sqlite"]
AWAY_SECONDS = 180 if SOAK else 0


@pytest.mark.parametrize("engine", ENGINES)
def test_redis_flushed_and_away_in_the_middle_of_a_batch_costs_nothing(engine, make_settings, make_database):
    sink, addresses = Sink(seconds=0.03), []
    with batch_service(sink, make_settings, make_database, engine) as (environment, broker):
        # The worker may die of the broker's death (a known fault of its library): it is started again.
        with kept_worker(environment) as ends:
            for number in range(ROUNDS):
                before = len(sink.messages)
                addresses += queue_mails(EACH, start=len(addresses))
                until(lambda before=before: len(sink.messages) >= before + EACH // 8, seconds=PATIENCE)
                with redis.Redis.from_url(broker.url) as client:
                    client.flushall()
                until(lambda before=before: len(sink.messages) >= before + EACH // 4, seconds=PATIENCE)
                broker.crash()
                addresses += queue_mails(5, start=len(addresses))
                time.sleep(number % 3)
                broker.start_again()
                all_sent(len(addresses))
            broker.crash()
            until(lambda: len(sink.messages) == len(addresses), seconds=PATIENCE)
            time.sleep(AWAY_SECONDS)
            addresses += queue_mails(EACH, start=len(addresses))
            broker.start_again()
            back_at = time.monotonic()
            all_sent(len(addresses))
        took = time.monotonic() - back_at
        print(f"{ROUNDS + 1} kills, {len(ends)} ends of the worker; {AWAY_SECONDS} s away, sent after {took:.0f} s")  # noqa: T201
        check(sink, addresses, doubled_at_most=len(ends))
