"""`ecwi-events recount`, as an operator types it."""

import sqlalchemy as sa
from click.testing import CliRunner

from ecwi_events.cli.group import ecwi_events
from ecwi_events.kernel.db import db, transaction
from ecwi_events.registration.models import Places
from tests.make import make_activity, sign_up


def test_it_says_what_does_not_add_up_and_changes_nothing(app, monkeypatch):
    settings = app.extensions["ecwi_settings"]
    monkeypatch.setenv("ECWI_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("ECWI_DATABASE_URL", settings.database_url)
    activity_id = make_activity(capacity=5)
    sign_up(activity_id)
    answer = CliRunner().invoke(ecwi_events, ["recount"])
    assert (answer.exit_code, answer.stdout) == (0, "All places add up.\n")
    with transaction():
        db.session.execute(sa.update(Places).values(taken=2))
    answer = CliRunner().invoke(ecwi_events, ["recount"])
    words = f"activity {activity_id}: counted 2 places taken and 0 waiting, but there are 1 and 0\n"
    assert (answer.exit_code, answer.stdout) == (1, words)
    assert db.session.scalar(sa.select(Places.taken)) == 2
