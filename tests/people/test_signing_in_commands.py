"""What an operator does for somebody who lost every second factor."""

import re

import pyotp
from click.testing import CliRunner

from ecwi_events.app import create_app
from ecwi_events.cli.group import ecwi_events
from ecwi_events.kernel.db import transaction
from ecwi_events.people import second_factor, service
from tests.make import NOW


def run(*words):
    return CliRunner().invoke(ecwi_events, words)


def test_a_lost_second_factor_is_forgotten(tmp_path, monkeypatch):
    monkeypatch.setenv("ECWI_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("ECWI_REDIS_URL", raising=False)
    assert run("migrate").exit_code == 0
    assert run("create-person", "otto@a.example", "--name", "Otto", "--role", "office").exit_code == 0
    with create_app(durable=False).app_context():
        person = service.get_person_id("otto@a.example")
        with transaction():
            second_factor.begin_app(person, now=NOW)
        app = pyotp.TOTP(second_factor.new_app_secret(person))
        with transaction():
            second_factor.confirm_app(person, app.at(NOW), now=NOW)
        assert second_factor.factors_of(person).any
    said = run("forget-second-factor", "otto@a.example")
    assert (said.exit_code, said.output) == (0, "otto@a.example has no second factor any more.\n")
    with create_app(durable=False).app_context():
        assert not second_factor.factors_of(person).any


def test_nobody_has_that_address(tmp_path, monkeypatch):
    monkeypatch.setenv("ECWI_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("ECWI_REDIS_URL", raising=False)
    run("migrate")
    said = run("forget-second-factor", "nobody@a.example")
    assert said.exit_code != 0
    assert re.search("Nobody here has the address nobody@a.example", said.output)
