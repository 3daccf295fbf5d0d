"""The commands as an operator types them, in an empty SQLite data folder and against both engines where it matters."""

import re
from importlib.metadata import version

import pytest
from click.testing import CliRunner

from ecwi_events.cli import doctor
from ecwi_events.cli.group import ecwi_events
from ecwi_events.kernel import clock
from ecwi_events.kernel.db import transaction
from ecwi_events.people import service
from ecwi_events.work import hearts
from ecwi_events.work import service as work

LINK = re.compile(r"http://events\.test/sign-in/[\w-]{20,}\n")


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request, tmp_path, monkeypatch, make_database):
    """The environment of a fresh installation; nothing is prepared yet."""
    monkeypatch.setenv("ECWI_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ECWI_BASE_URL", "http://events.test")
    monkeypatch.delenv("ECWI_REDIS_URL", raising=False)
    if request.param == "postgresql":
        monkeypatch.setenv("ECWI_DATABASE_URL", make_database("commands"))
    return tmp_path


def run(*words):
    return CliRunner().invoke(ecwi_events, words)


@pytest.fixture
def prepared(site):
    """A site whose database is prepared."""
    assert run("migrate").exit_code == 0
    return site


def test_every_command_says_what_it_does():
    listed = run("--help").output
    for name, command in ecwi_events.commands.items():
        assert name in listed
        assert command.help and command.help.splitlines()[0].endswith(".")


def test_the_version_is_said():
    assert re.fullmatch(r"ecwi-events \d+\.\d+\.\d+\n", run("--version").output)


def test_migrating_prepares_and_may_be_repeated(site):
    assert "The database is now at" in run("migrate").output
    assert "The database is current" in run("migrate").output


def test_a_database_that_is_not_prepared_is_one_line_with_the_command_to_type(site):
    answer = run("work", "status")
    assert (answer.exit_code, answer.stderr) == (
        2, "Error: The database is not prepared for this release. Type: ecwi-events migrate\n",
    )  # fmt: skip


def test_an_unknown_address_gets_no_link_but_the_command_to_type(prepared):
    answer = run("sign-in-link", "new@example.org")
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "ecwi-events create-person new@example.org" in answer.stderr


def test_a_created_person_has_a_link_at_once_and_later(prepared):
    made = run("create-person", "ann@example.org", "--name", "Ann Example", "--role", "office")
    assert (made.exit_code, bool(LINK.fullmatch(made.output))) == (0, True), made.output
    again = run("sign-in-link", " Ann@Example.org")
    assert LINK.fullmatch(again.output)
    assert again.output != made.output


def test_nobody_is_created_twice(prepared):
    words = ("create-person", "ann@example.org", "--name", "Ann Example")
    assert [run(*words).exit_code, run(*words).exit_code] == [0, 2]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("ann", "--name", "Ann"), "Enter an email address in the correct format"),
        (("ann@example.org", "--name", " "), "Enter your full name"),
        (("ann@example.org", "--name", "Ann", "--role", "host"), "A host acts for one organisation."),
        (("ann@example.org", "--name", "Ann", "--role", "host", "--organisation", "nowhere"), "No organisation has"),
    ],
)
def test_a_person_who_cannot_be_taken_is_one_line(prepared, words, sentence):
    answer = run("create-person", *words)
    assert (answer.exit_code, len(answer.stderr.splitlines())) == (2, 1)
    assert sentence in answer.stderr
    assert run("sign-in-link", "ann@example.org").exit_code == 2


def test_a_host_is_found_an_organisation_by_key_or_by_name(prepared):
    assert run("demo").exit_code == 0
    for email, organisation in (("a@example.org", "example-early-years-network-1-ukraine"),
                                ("b@example.org", "example early years network 1 (UKRAINE)")):  # fmt: skip
        answer = run("create-person", email, "--name", "Ann", "--role", "host", "--organisation", organisation)
        assert (answer.exit_code, bool(LINK.search(answer.output))) == (0, True), answer.output


def test_the_demo_is_for_an_empty_database_only(prepared):
    assert len(LINK.findall(run("demo").output)) == 3
    again = run("demo")
    assert (again.exit_code, "not" not in again.stdout) == (2, True)
    assert "There are people in this database already." in again.stderr


def test_run_once_does_all_work_without_redis(prepared):
    assert run("demo").exit_code == 0
    answer = run("work", "run-once")
    assert re.fullmatch(r"Done: [1-9]\d*\. Failed: 0\. Still to do: 0\.\n", answer.stdout), answer.output
    assert len(list((prepared / "mail").rglob("*.eml"))) > 40
    assert run("work", "run-once").stdout == "Done: 0. Failed: 0. Still to do: 0.\n"
    assert run("work", "status").stdout.startswith("Due: 0. In hand: 0. Given up: 0.")


def test_work_that_fails_shows_in_the_exit_code(prepared):
    from ecwi_events.app import create_app

    with create_app().app_context(), transaction():
        work.put("mail.send", 987654, dedup_key="late", now=clock.utc_now(), not_after=clock.utc_now())
    answer = run("work", "run-once")
    assert (answer.exit_code, "Failed: 1." in answer.stdout) == (1, True), answer.output


def test_given_up_work_is_shown_with_its_reason_and_tried_again(prepared):
    from ecwi_events.app import create_app

    with create_app().app_context(), transaction():
        now = clock.utc_now()
        work.put("mail.send", 987654, dedup_key="late", now=now, not_after=now)
    run("work", "run-once")
    shown = run("work", "status").stdout
    assert "Given up: 1." in shown
    number = shown.split("given up: ")[1].split()[0]
    assert "mail.send (1 tries): too late" in shown
    assert run("work", "retry", number).stdout == "1 to be tried again.\n"
    refused = run("work", "retry", number)
    assert (refused.exit_code, number in refused.stderr) == (2, True)
    assert run("work", "cancel", number).stdout == "1 to be called off.\n"
    assert run("work", "cancel", number).exit_code == 2
    assert f"{number} mail.send" in run("work", "show", number).stdout
    assert run("work", "show", "4711").exit_code == 2


def test_run_once_takes_no_part_in_the_workers_heartbeat(prepared):
    run("work", "run-once")
    assert "never" in run("work", "status").stdout


def test_the_doctor_names_each_fault_and_what_to_do(prepared):
    answer = run("doctor")
    found = {line[6:17].strip(): line[:5].strip() for line in answer.stdout.splitlines()}
    assert answer.exit_code == 1
    assert found == {
        "settings": "OK", "data folder": "OK", "database": "OK", "redis": "FAULT", "mail": "OK",
        "comes back": "OK", "time zones": "OK", "worker": "FAULT",
    }  # fmt: skip


def test_the_doctor_sees_a_database_that_is_not_prepared(site):
    answer = run("doctor")
    assert re.search(r"^FAULT database .* Type: ecwi-events migrate$", answer.stdout, re.MULTILINE)
    assert "Traceback" not in answer.output


def test_the_doctor_sees_mail_that_cannot_go_out(prepared, monkeypatch):
    monkeypatch.setenv("ECWI_MAIL_URL", "smtp://127.0.0.1:1")
    assert re.search(r"^FAULT mail +127\.0\.0\.1:1 does not take mail: .*refused", run("doctor").stdout, re.MULTILINE)


def test_the_doctor_sees_a_mailbox_that_cannot_be_read(prepared, monkeypatch, tmp_path):
    assert re.search(r"^OK +comes back +is not read", run("doctor").stdout, re.MULTILINE)
    monkeypatch.setenv("ECWI_BOUNCE_MAILBOX", f"maildir:{tmp_path / 'box'}")
    assert re.search(r"^OK +comes back +to /", run("doctor").stdout, re.MULTILINE)
    monkeypatch.setenv("ECWI_BOUNCE_MAILBOX", "imaps://events:secret@127.0.0.1:1/INBOX")
    answer = run("doctor").stdout
    assert re.search(r"^FAULT comes back +cannot be read: .*refused", answer, re.MULTILINE)
    assert "secret" not in answer


def test_the_doctor_reports_a_wrong_setting_as_a_fault(site, monkeypatch):
    monkeypatch.setenv("ECWI_THREADS", "many")
    answer = run("doctor")
    assert answer.exit_code == 1
    assert answer.stdout.startswith("FAULT settings    ECWI_THREADS: 'many' is not a whole number")


def test_the_doctor_finds_a_running_site_in_order(app, monkeypatch):
    settings = app.extensions["ecwi_settings"]
    monkeypatch.setenv("ECWI_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("ECWI_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("ECWI_REDIS_URL", settings.redis.client)
    now = clock.utc_now()
    with transaction():
        hearts.beat("drain", now=now)
        hearts.beat("host:1", now=now, facts={"queues": "urgent normal bulk", "started_at": now, "version": "1"})
    assert "nobody takes compile. Start a worker for it: -Q NAME" in run("doctor").stdout
    with transaction():
        hearts.beat("host:2", now=now, facts={"queues": "compile", "started_at": now, "version": "1"})
    answer = run("doctor")
    assert (answer.exit_code, "FAULT" not in answer.stdout) == (0, True), answer.output
    assert "host:1, host:2" in answer.stdout


def test_the_doctor_sees_time_zone_data_that_are_not_the_locked_ones(prepared, monkeypatch):
    monkeypatch.setattr(doctor, "locked_release", lambda: "1999.1")
    assert re.search(r"^FAULT time zones +tzdata .*, but 1999.1 is locked", run("doctor").stdout, re.MULTILINE)


def test_the_time_zone_data_are_the_locked_ones():
    assert doctor.locked_release() == version("tzdata")


def test_a_wrong_setting_ends_any_command_with_one_line(site, monkeypatch):
    monkeypatch.setenv("ECWI_BASE_URL", "ftp://events")
    for words in (("migrate",), ("work", "status"), ("sign-in-link", "a@example.org"), ("demo",)):
        answer = run(*words)
        assert (answer.exit_code, answer.stderr.startswith("Error: ECWI_BASE_URL: ")) == (2, True)
        assert len(answer.stderr.splitlines()) == 1


def test_a_person_who_is_disabled_gets_no_link(app, monkeypatch):
    from ecwi_events.cli.people import find_link
    from ecwi_events.people.models import Person

    now = clock.utc_now()
    with transaction() as session:
        person = service.create_person("Ann", "ann@example.org", now=now)
        assert find_link("ann@example.org", now=now)
        session.get(Person, person).disabled_at = now
        session.flush()
        assert find_link("ann@example.org", now=now) is None
