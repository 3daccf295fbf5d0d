"""Pieces of pages that are made once and used again: never old, and nobody's own.

Each change is written past the house, as another process would write it, so that nothing here could hear of it.
"""

import gc
import re
import weakref
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from jinja2 import DictLoader, Environment, UndefinedError, meta

import config
from ecwi_events.kernel.db import db, transaction
from ecwi_events.programme.models import OutcomeKind, Resource
from ecwi_events.programme.models_record import ActivityContributor, ContributorRole
from ecwi_events.programme.outcomes import add_outcome
from ecwi_events.registration import questions
from ecwi_events.registration.models_questions import QuestionKind
from ecwi_events.web import pieces
from tests import make
from tests.web.conftest import words

TEMPLATES = Path(config.PROJECT) / "templates"
PIECE = re.compile(r'piece\(\s*"([^"]+)"(.*?)\)\s*\}\}', re.DOTALL)
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
# What is changed behind our back, and what the page says before and after.
CHANGES = {
    "a place is taken": ("UPDATE places SET taken = 1", "0 of 2 places are taken", "1 of 2 places are taken"),
    "the last place is taken": ("UPDATE places SET taken = 2", "0 of 2 places are taken", "All 2 places are taken"),
    "somebody waits": ("UPDATE places SET taken = 2, waiting = 1", "Sign up for 2 sessions", "Join the waiting list"),
    "the activity is cancelled": ("UPDATE activity SET status = 'cancelled'", "Sign up", "This activity is cancelled."),
    "the activity is put off": ("UPDATE activity SET status = 'postponed'", "Sign up", "Postponed: this date does not"),
    "the activity is hidden": ("UPDATE activity SET status = 'draft'", "Before", "We cannot find this page."),
    "it is for Members now": ("UPDATE activity SET visibility = 'members'", "Before", "We cannot find this page."),
    "the title": ("UPDATE activity SET title = 'After'", "Before", "After"),
    "the description": ("UPDATE activity SET description = 'New words'", "Before", "New words"),
    "sign-up has closed": (
        "UPDATE activity SET sign_up_closes_at = '2026-11-20 09:00:00+00:00'", "Sign up", "Sign-up is closed.",
    ),
    "a session is moved": (
        "UPDATE activity_session SET starts_at = '2027-01-20 16:00:00+00:00', ends_at = '2027-01-20 17:30:00+00:00'",
        "Tue 19 January 2027", "Wed 20 January 2027",
    ),
    "a session is cancelled": (
        "UPDATE activity_session SET status = 'cancelled' WHERE title = 'Begin'", "Begin", "This session is cancelled.",
    ),
    "a session's title": ("UPDATE activity_session SET title = 'Opening' WHERE title = 'Begin'", "Begin", "Opening"),
    "the host's name": ("UPDATE organisation SET name = 'New Name Foundation'", "Old Name", "New Name Foundation"),
    "an outcome": ("UPDATE outcome SET text = 'Another plan'", "A plan for the first week", "Another plan"),
    "a speaker": ("UPDATE activity_contributor SET name = 'Ivana Nova'", "Sami Speaker", "Ivana Nova"),
    "a question": ("UPDATE sign_up_question SET wording = 'Your town?'", "Your school?", "Your town?"),
    "a resource": ("UPDATE resource SET title = 'Newer slides'", "Our slides", "Newer slides"),
}  # fmt: skip


@pytest.fixture
def slug(app):
    """A published activity with something in each part of its page."""
    host = make.make_organisation("Old Name")
    later = make.make_session("Go on", starts_local="2027-03-30 14:00")
    activity_id = make.make_activity("Before", host_id=host, capacity=2, sessions=[make.make_session("Begin"), later])
    with transaction() as session:
        add_outcome(activity_id, OutcomeKind.PLANNED, "A plan for the first week", now=make.NOW)
        questions.add_question(
            activity_id, questions.NewQuestion(QuestionKind.TEXT, "Your school?", "For the groups"), now=make.NOW
        )
        session.add(ActivityContributor(activity_id=activity_id, role=ContributorRole.PRESENTER, name="Sami Speaker"))
        session.add(Resource(activity_id=activity_id, title="Our slides", url="https://slides.example"))
    return "before"


def behind_our_back(statement):
    db.session.rollback()  # a request has its view of the database to itself, and the tests' one context keeps it open
    with db.engine.connect().execution_options(writing=True) as connection, connection.begin():
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize("name", CHANGES)
def test_what_another_process_has_changed_is_on_the_next_page(client, slug, name):
    statement, before, after = CHANGES[name]
    for _ in range(2):
        page = words(client.get(f"/a/{slug}"))
        assert before in page
        assert after not in page
    behind_our_back(statement)
    assert after in words(client.get(f"/a/{slug}"))


def test_a_place_that_is_free_again_is_shown_again(client, slug):
    for taken, said in ((1, "1 of 2 places"), (2, "All 2 places"), (1, "1 of 2 places"), (0, "0 of 2 places")):
        behind_our_back(f"UPDATE places SET taken = {taken}")  # noqa: S608 - a number of ours
        assert said in words(client.get(f"/a/{slug}"))


def test_each_reader_has_their_own_zone(client, slug):
    seen = []
    for zone in ("Asia/Tbilisi", "America/New_York", "Asia/Tbilisi"):
        client.set_cookie("zone", zone)
        seen.append(words(client.get(f"/a/{slug}")))
    assert "17:00 – 18:30" in seen[0]
    assert "08:00 – 09:30" in seen[1]
    assert seen[0] != seen[1]
    assert TOKEN.sub("", seen[0]) == TOKEN.sub("", seen[2])


def test_the_clock_moves_on(client, slug, the_clock):
    assert "Starts in 59 days" in without_tags(client.get(f"/a/{slug}"))
    the_clock.now = the_clock.now.replace(month=12)
    assert "Starts in 29 days" in without_tags(client.get(f"/a/{slug}"))
    the_clock.now = the_clock.now.replace(year=2027, month=1, day=19, hour=13, minute=15, second=30)
    assert "On now" in words(client.get(f"/a/{slug}"))
    assert "Tue 19 January," in words(client.get(f"/a/{slug}"))  # it is the present year now
    the_clock.now += timedelta(minutes=90)
    assert "This session is over." in words(client.get(f"/a/{slug}"))


def test_the_language_of_the_texts_is_the_readers(client, slug):
    behind_our_back("UPDATE activity SET translations = ' uk '")
    behind_our_back(
        "INSERT INTO activity_text (activity_id, language, title, strapline, summary, description, of_revision, updated_at) "
        "SELECT id, 'uk', 'До', '', '', '', text_revision, '2026-11-01 09:00:00+00:00' FROM activity"
    )
    for _ in range(2):
        assert ">До<" in client.get(f"/a/{slug}?lang=uk").text
        assert ">Before<" in client.get(f"/a/{slug}").text
    behind_our_back("UPDATE activity_text SET title = 'Раніше'")
    assert ">Раніше<" in client.get(f"/a/{slug}?lang=uk").text


def test_what_one_person_sees_of_themselves_nobody_else_sees(app, slug):
    olena = make.make_person("Olena Koval", "olena@people.example", organisation="Kindergarten 7")
    mine, yours = app.test_client(), app.test_client()
    make.signed_in(mine, olena)
    for _ in range(2):
        page = fresh(mine, f"/a/{slug}").text
        assert "Olena Koval" in page
        assert "Sign out" in page
        other = fresh(yours, f"/a/{slug}").text
        for own in ("Olena", "olena@people.example", "Kindergarten 7", "Sign out"):
            assert own not in other
        assert "Sign in" in other


def test_each_browser_has_its_own_token(with_csrf, slug):
    one, other = with_csrf.test_client(), with_csrf.test_client()
    tokens = [TOKEN.search(fresh(browser, f"/a/{slug}").text)[1] for browser in (one, other)]
    assert tokens[0] != tokens[1]
    form = {"name": "Olena", "email": "olena@people.example", "csrf_token": tokens[0]}
    assert fresh_post(other, f"/a/{slug}/sign-up", form).status_code == 400  # one's token is nobody else's


def test_what_was_typed_is_in_nobody_elses_form(app, slug):
    one, other = app.test_client(), app.test_client()
    wrong = fresh_post(
        one, f"/a/{slug}/sign-up", {"name": "Olena Koval", "email": "no address", "organisation": "School 9"}
    )
    assert wrong.status_code == 422
    assert "Olena Koval" in wrong.text
    page = fresh(other, f"/a/{slug}").text
    assert "Olena" not in page
    assert "School 9" not in page


def test_a_piece_refuses_what_could_change_under_our_hands(app):
    with app.test_request_context(), pytest.raises(TypeError, match="unhashable"):
        app.jinja_env.globals["piece"]("layout/end.html", nav=["programme"], has_cookie=False)


def test_a_piece_knows_neither_the_request_nor_a_token(app):
    piece = app.jinja_env.globals["piece"]
    with app.test_request_context(), pytest.raises(UndefinedError, match="csrf_token"):
        piece("layout/top.html", nav="", identity=True, has_cookie=False)  # who is signed in has a button with a token


def test_a_process_keeps_256_pieces_and_forgets_the_oldest(app):
    class Fact:
        pass

    piece, facts = app.jinja_env.globals["piece"], [Fact() for _ in range(257)]
    with app.test_request_context():
        for fact in facts:
            piece("layout/end.html", nav=fact, has_cookie=False)
    oldest, second = weakref.ref(facts[0]), weakref.ref(facts[1])
    del facts[:2], fact
    gc.collect()
    assert oldest() is None and second() is not None


def test_two_first_pieces_at_once_both_know_nothing_but_their_facts():
    """While one thread makes the world of the pieces, another one makes a piece."""
    said = []

    class Meeting(dict):
        def __getitem__(self, name):
            if not said:
                said.append("")
                other = Thread(target=lambda: said.append(make_piece("own.html", ())))
                other.start()
                other.join()
            return super().__getitem__(name)

    pages = Environment(loader=DictLoader({"own.html": "[{{ own }}]"}), autoescape=True)
    pages.globals = Meeting(dict.fromkeys(pieces.THE_SAME_FOR_ALL, ""), own="of one person")
    make_piece = pieces._maker(pages)
    assert (make_piece("own.html", ()), said) == ("[]", ["", "[]"])


def test_pieces_ask_for_nothing_that_they_are_not_given(app):
    """Each name in a piece is given where it is used, or the same for everybody."""
    same = {"product_name", "asset", "status_words", "resource_words", "identity", *app.jinja_env.globals} - {
        "request", "session", "g", "config", "csrf_token", "url_for", "get_flashed_messages", "piece", "word_for_once",
        "activity_tabs",
    }  # fmt: skip
    calls = [call for path in TEMPLATES.rglob("*.html") for call in PIECE.findall(path.read_text(encoding="utf-8"))]
    assert {name for name, _ in calls} >= {"programme/about.html", "programme/person.html", "layout/top.html"}
    for name, given in calls:
        source = app.jinja_env.loader.get_source(app.jinja_env, name)[0]
        asked = meta.find_undeclared_variables(app.jinja_env.parse(source))
        assert asked <= same | set(re.findall(r"(\w+)=", given)), name


def fresh(client, path):
    with client.application.app_context():
        return client.get(path)


def fresh_post(client, path, form):
    with client.application.app_context():
        return client.post(path, data=form)


def without_tags(answer):
    return re.sub(r"<[^>]+>", "", words(answer))
