"""Every wrong setting names itself, and every right one is understood."""

import fcntl
import stat

import pytest

import config
from config import SettingsError, from_environment


@pytest.fixture
def read(tmp_path):
    """Return a function that reads these variables, in a data folder of their own."""
    return lambda **variables: from_environment({"ECWI_DATA_DIR": str(tmp_path), **variables})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ECWI_DATABASE_URL", "mysql://host/name"),
        ("ECWI_DATABASE_URL", "sqlite://"),
        ("ECWI_DATABASE_URL", "sqlite:///"),
        ("ECWI_DATABASE_URL", "sqlite:///:memory:"),
        ("ECWI_REDIS_URL", "localhost:6379"),
        ("ECWI_REDIS_URL", "http://localhost"),
        ("ECWI_REDIS_URL", "redis://"),
        ("ECWI_REDIS_URL", "unix://relative/path"),
        ("ECWI_BASE_URL", "events.example.org"),
        ("ECWI_BASE_URL", "ftp://events.example.org"),
        ("ECWI_BASE_URL", "https://events.example.org/?a=b"),
        ("ECWI_BASE_URL", "https://events.example.org/#top"),
        ("ECWI_BASE_URL", "https://user@events.example.org"),
        ("ECWI_BASE_URL", "https://events.example.org:99999999"),
        ("ECWI_OFFICE_TIME_ZONE", "Mars/Olympus"),
        ("ECWI_SECRET_KEY", "too short"),
        ("ECWI_DATA_DIR", "/dev/null/x"),
        ("ECWI_MAIL_URL", "pigeon://roof"),
        ("ECWI_MAIL_URL", "smtp://"),
        ("ECWI_MAIL_URL", "smtp://host:mail"),
        ("ECWI_MAIL_URL", "file:relative/folder"),
        ("ECWI_MAIL_FROM", "nobody"),
        ("ECWI_MAIL_FROM", "a@b@c"),
        ("ECWI_MAIL_FROM", "a@b.org\r\nBcc: c@d.org"),
        ("ECWI_PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("PORT", "٨٠"),
        ("ECWI_LEASE_SECONDS", "0"),
        ("ECWI_TICK_SECONDS", "half a minute"),
        ("ECWI_THREADS", "65"),
        ("ECWI_DEMO", "perhaps"),
        ("ECWI_SECOND_FACTOR", "yes"),
        ("ECWI_HOSTS_NEED_SECOND_FACTOR", "required"),
        ("ECWI_PROXY_HOPS", "11"),
        ("ECWI_PROXY_HOPS", "-1"),
        ("ECWI_RATE_LIMITS", "many"),
        ("ECWI_OFFERS_WITHIN_HOURS", "400"),
        ("ECWI_OFFERS_LAST_MINUTES", "1"),
        ("ECWI_SIGN_UP_LINK_HOURS", "0"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(read, name, value):
    with pytest.raises(SettingsError) as caught:
        read(**{name: value})
    assert str(caught.value).startswith(f"{name}: ")
    assert len(str(caught.value).splitlines()) == 1


def test_a_folder_too_deep_for_a_socket_is_refused_unless_redis_is_elsewhere(tmp_path):
    deep = {"ECWI_DATA_DIR": str(tmp_path / ("x" * 100))}
    with pytest.raises(SettingsError, match=r"^ECWI_DATA_DIR: .* is too long a path"):
        from_environment(deep)
    assert from_environment({**deep, "ECWI_REDIS_URL": "redis://localhost"}).redis.client == "redis://localhost"


def test_nothing_needs_to_be_set(read, tmp_path):
    settings = read()
    assert settings.database_url == f"sqlite:///{tmp_path}/ecwi.sqlite"
    assert (settings.base_url, settings.port, settings.demo) == ("http://localhost:8000", 8000, False)
    assert settings.mail.folder == tmp_path / "mail"
    assert settings.is_sqlite and not settings.is_https


def test_guard_rails_are_up_unless_a_setting_takes_them_down(read):
    settings = read()
    assert (settings.second_factor_required, settings.hosts_need_second_factor) == (True, False)
    assert (settings.rate_limits, settings.proxy_hops, settings.trusted_hosts) == (True, 0, ())
    assert not read(ECWI_DEMO="1").second_factor_required
    assert read(ECWI_DEMO="1", ECWI_SECOND_FACTOR="required").second_factor_required
    assert not read(ECWI_SECOND_FACTOR="optional").second_factor_required
    assert read(ECWI_TRUSTED_HOSTS="a.example, b.example,").trusted_hosts == ("a.example", "b.example")


def test_an_empty_variable_counts_as_not_set(read):
    assert read(ECWI_DATABASE_URL="", ECWI_PORT="", ECWI_DEMO="", ECWI_BASE_URL="").port == 8000


def test_the_port_is_said_in_two_ways_and_the_own_name_wins(read):
    assert (read(PORT="81").port, read(PORT="81", ECWI_PORT="82").port) == (81, 82)
    assert read(PORT="81").base_url == "http://localhost:81"


def test_the_secret_key_is_made_once_and_readable_by_us_alone(read, tmp_path):
    first = read().secret_key
    assert (read().secret_key, len(first) > 30) == (first, True)
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_no_secret_shows_when_settings_are_printed(read):
    settings = read(ECWI_SECRET_KEY="a very secret key", ECWI_MAIL_URL="smtps://me:hunter2@mail.example.org")
    assert "a very secret key" not in repr(settings)
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("smtp://mail.example.org", "mail.example.org", 25, ""),
        ("smtp+starttls://me:key@mail.example.org", "mail.example.org", 587, "starttls"),
        ("smtps://me:key@mail.example.org", "mail.example.org", 465, "implicit"),
        ("smtp://mail.example.org:2525", "mail.example.org", 2525, ""),
    ],
)
def test_mail_relays_are_understood(read, url, host, port, tls):
    mail = read(ECWI_MAIL_URL=url).mail
    assert (mail.host, mail.port, mail.tls, mail.folder) == (host, port, tls, None)


@pytest.mark.parametrize("url", ["postgres://u@h/n", "postgresql://u@h/n", "postgresql+psycopg://u@h/n"])
def test_postgresql_is_spelled_in_three_ways(read, url):
    assert read(ECWI_DATABASE_URL=url).database_url == "postgresql+psycopg://u@h/n"


def test_one_socket_has_three_spellings(read, tmp_path):
    redis = read().redis
    path = f"{tmp_path}/run/valkey.sock"
    assert (redis.celery, redis.client, redis.limiter) == (
        f"redis+socket://{path}", f"unix://{path}", f"redis+unix://{path}",
    )  # fmt: skip


def test_children_take_time_zones_from_the_locked_package(monkeypatch):
    monkeypatch.setenv("PYTHONTZPATH", "/usr/share/zoneinfo")
    assert config.python_environment()["PYTHONTZPATH"] == ""


def test_an_empty_or_cut_key_file_is_refused(read, tmp_path):
    read()
    (tmp_path / "secret-key").write_text("")
    with pytest.raises(SettingsError, match="empty or cut"):
        read()


def test_a_new_data_folder_is_nobody_elses_business(tmp_path):
    folder = tmp_path / "deep" / "data"
    from_environment({"ECWI_DATA_DIR": str(folder)})
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_commands_take_the_address_of_the_tree_that_is_up_and_of_no_other(read, tmp_path):
    read()
    (tmp_path / "run" / config.ADDRESS_FILE).write_text("http://localhost:8765")
    assert read().base_url == "http://localhost:8000"
    with (tmp_path / "run" / config.LOCK_FILE).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert read().base_url == "http://localhost:8765"
        assert read(ECWI_BASE_URL="https://events.example.org").base_url == "https://events.example.org"


@pytest.mark.parametrize(
    ("variables", "shown", "secret"),
    [
        ({}, "", []),
        ({"PORT": "8080", "ECWI_DEMO": "1"}, "", []),
        ({"ECWI_DATA_DIR": "/srv/my data"}, "ECWI_DATA_DIR='/srv/my data' ", []),
        (
            {"ECWI_DATABASE_URL": "postgresql://me@db/events", "ECWI_DATA_DIR": "/srv"},
            "ECWI_DATA_DIR=/srv ECWI_DATABASE_URL=postgresql://me@db/events ",
            [],
        ),
        (
            {"ECWI_DATABASE_URL": "postgresql://me:word@db/events", "ECWI_SECRET_KEY": "a" * 40},
            "",
            ["ECWI_DATABASE_URL", "ECWI_SECRET_KEY"],
        ),
    ],
)
def test_another_command_about_the_same_data_needs_the_same_settings_and_secrets_are_not_shown(
    variables, shown, secret
):
    assert config.in_front(variables) == (shown, secret)
