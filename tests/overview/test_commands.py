"""The three commands of the issue, one after the other, in a folder of their own."""

import os
import shutil

import flask_migrate
import pytest
from click.testing import CliRunner

from ecwi_events.app import create_app
from ecwi_events.cli.group import ecwi_events
from ecwi_events.kernel.db import db
from ecwi_events.overview import queries
from tests.conftest import VALKEY_VARIABLE


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    return {
        "ECWI_DATA_DIR": str(folder),
        "ECWI_DATABASE_URL": f"sqlite:///{folder / 'ecwi.sqlite'}",
        "ECWI_BASE_URL": "http://events.test",
        "ECWI_SECRET_KEY": "a key for tests only",
        "ECWI_REDIS_URL": os.environ[VALKEY_VARIABLE],
    }


@pytest.fixture(scope="module")
def prepared(environment):
    """A folder with an empty database of this release."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        with create_app(durable=False).app_context():
            flask_migrate.upgrade()
            db.engine.dispose()
    return environment


@pytest.fixture
def run(prepared):
    def invoke(*arguments):
        return CliRunner().invoke(ecwi_events, [str(argument) for argument in arguments], env=prepared)

    return invoke


def test_import_compile_export_and_the_same_bytes_twice(run, prepared, examples, tmp_path):
    assert "Nothing to do" not in run("import", examples / "pla-2022.yaml").output
    assert "Nothing to do" in run("import", examples / "pla-2022.yaml").output
    first = run("overview", "compile", "2022", "--as-of", "2026-11-21")
    assert first.exit_code == 0, first.output
    assert "Counting: 4 of " in first.output
    again = run("overview", "compile", "2022", "--as-of", "2026-11-21")
    hashes = [answer.output.split("content ")[1].split()[0] for answer in (first, again)]
    assert hashes[0] == hashes[1]
    assert "Edition 1 of 2022" in first.output and "Edition 2 of 2022" in again.output
    for output_format, begins in (("pdf", b"%PDF-"), ("html", b"<!"), ("json", b"{")):
        bodies = []
        for number in (1, 2):
            out = tmp_path / f"{number}.{output_format}"
            answer = run("overview", "export", "2022", "--format", output_format, "--out", out)
            assert answer.exit_code == 0, answer.output
            bodies.append(out.read_bytes())
        assert bodies[0] == bodies[1]
        assert bodies[0].lower().startswith(begins.lower())


def test_a_draft_is_marked(run, examples, tmp_path):
    run("import", examples / "pla-2022.yaml")
    run("overview", "compile", "2022")
    plain, draft = tmp_path / "plain.html", tmp_path / "draft.html"
    run("overview", "export", "2022", "--format", "html", "--out", plain)
    run("overview", "export", "2022", "--format", "html", "--out", draft, "--draft")
    assert plain.read_bytes() != draft.read_bytes()


def test_a_bad_file_ends_with_2_and_names_its_line(run, examples, tmp_path):
    bad = tmp_path / "bad.yaml"
    shutil.copy(examples / "pla-2022.yaml", bad)
    bad.write_text(bad.read_text().replace('country: "NO"', "country: NO", 1))
    answer = run("import", bad)
    assert answer.exit_code == 2
    assert f"{bad}:" in answer.stderr and 'write "NO" in quotes' in answer.stderr
    assert run("import", tmp_path / "none.yaml").exit_code == 2


def test_a_year_without_edition_and_a_year_without_sense_are_one_line(run, tmp_path):
    answer = run("overview", "export", "2099", "--format", "json", "--out", tmp_path / "x.json")
    assert answer.exit_code == 2 and "overview compile 2099" in answer.stderr
    assert run("overview", "compile", "12").exit_code == 2
    assert not (tmp_path / "x.json").exists()


def test_a_compile_that_breaks_ends_with_1_and_leaves_no_run_under_way(run, prepared, monkeypatch):
    def fail(*_args, **_kwargs):
        raise ZeroDivisionError("a figure went wrong")

    monkeypatch.setattr("ecwi_events.jobs.compiling.compile_snapshot", fail)
    answer = run("overview", "compile", "2026")
    assert answer.exit_code == 1
    assert "a figure went wrong" in answer.stderr
    for name, value in prepared.items():
        monkeypatch.setenv(name, value)
    with create_app().app_context():
        assert queries.run_under_way(2026) is None
        db.engine.dispose()
