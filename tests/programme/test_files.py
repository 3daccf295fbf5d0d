import io
import os
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from ecwi_events.kernel import files as kernel_files
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, Refused
from ecwi_events.programme import files, rules_files
from ecwi_events.programme.models import Resource
from ecwi_events.programme.models_files import StoredFile
from ecwi_events.work.models import Work
from tests import make
from tests.make import NOW
from tests.programme.files_by_hand import PDF, REFUSED, TAKEN

MOST = 1024 * 1024


@pytest.fixture
def folder(tmp_path):
    before = kernel_files._folder[:]
    kernel_files.configure(tmp_path / "files")
    yield tmp_path / "files"
    kernel_files._folder[:] = before


def receive(body=PDF, name="a.pdf", most=MOST):
    return files.receive(io.BytesIO(body), name, most_bytes=most)


def left(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", TAKEN)
def test_a_file_that_is_what_its_name_says_is_taken(folder, name):
    sent = receive(TAKEN[name], name)
    assert sent.media_type == rules_files.MEDIA_TYPES[name.rpartition(".")[2].lower()]


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_of_another_kind_or_that_lies_about_its_kind_is_refused_and_leaves_nothing(folder, name):
    with pytest.raises(Invalid) as no:
        receive(REFUSED[name], name)
    assert set(no.value.fields) == {"file"}
    assert not folder.exists() or left(folder) == []


def test_the_sentence_says_which_lie_it_was():
    with pytest.raises(Invalid, match=r"is called \.pdf, but it is something else inside"):
        rules_files.media_type("a.pdf", b"\x89PNG")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\notes.pdf", "notes.pdf"),
        ("a\u202efdp.exe.pdf", "afdp.exe.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie: x.pdf"),
        ("x" * 500 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_a_name_is_one_tidy_line_without_a_path(typed, kept):
    assert rules_files.plain_name(typed) == kept


def test_reading_stops_at_the_limit(folder):
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size=-1):
            self.given += size
            return b"%PDF-" + bytes(size - 5)

    endless = Endless()
    with pytest.raises(Invalid, match="Send 1 MB or less"):
        files.receive(endless, "a.pdf", most_bytes=MOST)
    assert endless.given <= MOST + 2 * kernel_files.AT_ONCE and left(folder) == []


def test_an_empty_file_is_refused(folder):
    with pytest.raises(Invalid, match="empty"):
        receive(b"")
    assert left(folder) == []


def test_a_stream_that_breaks_off_leaves_nothing(folder):
    class Broken(io.RawIOBase):
        pieces = iter((b"%PDF-1.7",))

        def read(self, size=-1):
            piece = next(self.pieces, None)
            if piece is None:
                raise ConnectionResetError
            return piece

    with pytest.raises(ConnectionResetError):
        files.receive(Broken(), "a.pdf", most_bytes=MOST)
    assert left(folder) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said_and_leaves_nothing(folder, monkeypatch):
    real = os.open
    monkeypatch.setattr(kernel_files.os, "open", lambda path, *more: real("/dev/full", os.O_WRONLY) if "drafts" in str(path)
                        else real(path, *more))  # fmt: skip
    with pytest.raises(Refused, match="no room"):
        receive()


def test_the_same_content_is_kept_once_under_its_hash(app, folder):
    with transaction():
        first = files.keep(receive(name="one.pdf"), now=NOW)
        second = files.keep(receive(name="two.pdf"), now=NOW)
    digest = db.session.scalar(sa.select(StoredFile.digest))
    assert first == second and left(folder) == [f"{digest[:2]}/{digest}"]
    assert files.find_kept(first, "two.pdf").path.read_bytes() == PDF


def test_a_file_is_purged_when_the_last_record_lets_go_of_it(app, folder):
    activity_id = make.make_activity()
    with transaction() as session:
        file_id = files.keep(receive(), now=NOW)
        session.add_all(Resource(activity_id=activity_id, title=title, file_id=file_id) for title in ("One", "Two"))
    with transaction() as session:
        session.execute(sa.delete(Resource).where(Resource.title == "One"))
        files.let_go(file_id, now=NOW)
    with transaction():
        assert not files.purge(file_id)
    assert len(left(folder)) == 1
    with transaction() as session:
        session.execute(sa.delete(Resource))
    with transaction():
        assert files.purge(file_id)
    assert left(folder) == [] and files.find_kept(file_id, "a.pdf") is None
    assert db.session.scalar(sa.select(sa.func.count(Work.id)).where(Work.kind == "file.purge")) == 1


def test_letting_go_twice_asks_twice(app, folder):
    with transaction():
        file_id = files.keep(receive(), now=NOW)
        files.let_go(file_id, now=NOW)
        files.let_go(file_id, now=NOW + timedelta(seconds=1))
        files.let_go(None, now=NOW)
    assert db.session.scalar(sa.select(sa.func.count(Work.id)).where(Work.kind == "file.purge")) == 2


def test_drafts_of_a_process_that_was_killed_are_forgotten_after_a_day(folder):
    old, young = receive(), receive(PDF + b"2")
    now = datetime.fromtimestamp(young.draft.path.stat().st_mtime, UTC)  # files are dated by the system's clock
    os.utime(old.draft.path, (0, (now - timedelta(days=1, seconds=1)).timestamp()))
    assert files.forget_drafts(now=now) == 1
    assert not old.draft.path.exists() and young.draft.path.exists()
    assert files.forget_drafts(now=now) == 0


@pytest.mark.crowd
def test_a_purge_and_a_new_sending_of_the_same_content_never_leave_a_record_without_its_file(app, folder):
    activity_id = make.make_activity()
    with transaction():
        first = files.keep(receive(), now=NOW)
    for _ in range(15):
        ready, outcomes = threading.Barrier(2), []

        def send(ready=ready, outcomes=outcomes):
            with app.app_context():
                sent = receive()
                ready.wait()
                with transaction() as session:
                    file_id = files.keep(sent, now=NOW)
                    session.add(Resource(activity_id=activity_id, title="Handout", file_id=file_id))
                outcomes.append(file_id)

        def purge(ready=ready, file_id=first):
            with app.app_context():
                ready.wait()
                with suppress(sa.exc.IntegrityError), transaction():  # the worker would try again
                    files.purge(file_id)

        threads = [threading.Thread(target=act) for act in (send, purge)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        [first] = outcomes
        assert files.find_kept(first, "a.pdf").path.read_bytes() == PDF
        with transaction() as session:
            session.execute(sa.delete(Resource))
