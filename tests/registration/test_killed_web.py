"""Nobody is oversold, stranded or lost although the web process is killed at random moments."""

import os
import random

import flask
import pytest

from ecwi_events.kernel.db import db
from ecwi_events.programme import queries
from ecwi_events.registration import reconciling
from tests.faults.ground import service
from tests.make import make_activity
from tests.registration import crowd, killed

ENGINES = ["sqlite", "postgresql"]


def sign_up_under_fire(engine, make_settings, make_database, *, people, kills, seed=1):
    with service(engine, make_settings, make_database, RATE_LIMITS="off") as environment:
        activity_id = make_activity(capacity=80)
        slug = queries.find_activity(activity_id).slug
        app = flask.current_app._get_current_object()
        db.session.rollback()  # PostgreSQL ends whoever keeps a transaction open for so long
        with killed.mortal_web(environment) as web:
            ledger = killed.run(app, web, slug, people=people, kills=kills, seed=seed)
        assert ledger.faults == []
        assert (ledger.kills, len(ledger.signed_up)) == (kills, people)
        assert killed.lost(ledger) == []
        assert crowd.faults_at_rest([activity_id], crowd.Ledger()) == []
        assert reconciling.drifts() == []
        return ledger


@pytest.mark.servers
@pytest.mark.parametrize("engine", ENGINES)
def test_a_web_process_that_is_killed_loses_nobody(engine, make_settings, make_database):
    sign_up_under_fire(engine, make_settings, make_database, people=80, kills=2)


@pytest.mark.soak
@pytest.mark.parametrize("engine", ENGINES)
def test_many_over_http_and_killed_for_long(engine, make_settings, make_database, record_property):
    seed, people = random.randrange(10**6), int(os.environ.get("SOAK_PEOPLE", "20000"))
    record_property("seed", seed)
    sign_up_under_fire(engine, make_settings, make_database, people=people, kills=people // 200, seed=seed)
