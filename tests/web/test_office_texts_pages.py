"""Texts in several languages: what the office writes, and which of them a reader gets."""

import re

import pytest

from ecwi_events.kernel.db import transaction
from ecwi_events.programme import queries, record, texts
from ecwi_events.programme.record_rules import is_stale, language_for
from tests import make
from tests.make import NOW
from tests.web.conftest import words


@pytest.fixture
def office(client):
    person = make.make_office()
    make.signed_in(client, person)
    return person


@pytest.fixture
def activity(app):
    return make.make_activity("Learning together")


UKRAINIAN = {
    "title": "Вчимося разом", "strapline": "Рядок", "summary": "Коротко", "description": "# Більше\n\n*слів*",
    "of_revision": "1", "seen_at": "",
}  # fmt: skip


def translate(activity, language="uk", title="Вчимося разом", of_revision=1):
    with transaction():
        new = texts.Texts(title, "Рядок", "Коротко", "*Слів*")
        texts.save_texts(activity, language, new, of_revision=of_revision, seen_at=None, now=NOW)


def rewrite(activity, **values):
    found, revision = record.get_record(activity)
    with transaction():
        record.edit_activity(activity, record.Record(**{**vars(found), **values}), revision=revision, now=NOW)


@pytest.mark.parametrize(
    ("wishes", "translations", "language"),
    [
        (["uk"], ["uk"], "uk"),
        (["uk"], [], "en"),
        (["de", "uk", "en"], ["uk"], "uk"),
        (["en", "uk"], ["uk"], "en"),
        ([], ["uk"], "en"),
    ],
)
def test_the_first_wish_that_there_is(wishes, translations, language):
    assert language_for(wishes, original="en", translations=translations) == language


def test_a_translation_is_stale_when_its_original_has_moved_on():
    assert is_stale(1, text_revision=2)
    assert not is_stale(2, text_revision=2)


def test_the_office_translates(client, office, activity):
    path = f"/office/activities/{activity}/texts"
    assert "There are no translations yet." in words(client.get(path))
    assert client.get(path, query_string={"language": "uk"}).location == f"{path}/uk"
    page = words(client.get(f"{path}/uk"))
    assert "Learning together" in page
    assert client.post(f"{path}/uk", data=UKRAINIAN).location == path
    page = words(client.get(path))
    assert "Вчимося разом" in page and "Up to date" in page and '<option value="uk">' not in page
    assert 'value="Вчимося разом"' in words(client.get(f"{path}/uk"))
    assert queries.find_activity(activity).translations == ("uk",)


def test_a_change_of_the_original_makes_translations_stale_and_other_changes_do_not(client, office, activity):
    translate(activity)
    path = f"/office/activities/{activity}/texts"
    rewrite(activity, display_order=7)
    assert "Up to date" in words(client.get(path))
    rewrite(activity, summary="Something new")
    assert "Older than the original" in words(client.get(path))
    page = words(client.get(f"{path}/uk"))
    assert "The original has changed since this translation was made." in page
    seen_at = re.search(r'name="seen_at" value="([^"]+)"', page)[1]
    client.post(f"{path}/uk", data=UKRAINIAN | {"of_revision": "2", "seen_at": seen_at})
    assert "Up to date" in words(client.get(path))


def test_what_was_translated_from_an_older_original_is_stale_at_once(client, office, activity):
    rewrite(activity, title="New title")
    client.post(f"/office/activities/{activity}/texts/uk", data=UKRAINIAN)
    assert "Older than the original" in words(client.get(f"/office/activities/{activity}/texts"))
    client.post(f"/office/activities/{activity}/texts/sr", data=UKRAINIAN | {"of_revision": "999"})
    found = texts.find_translation(activity, "sr", text_revision=3)
    assert found.is_stale, "nobody has seen a state that is still to come"


def test_of_two_translators_the_second_one_sees_both_versions(client, office, activity):
    path = f"/office/activities/{activity}/texts/uk"
    client.post(path, data=UKRAINIAN | {"title": "Перший"})
    answer = client.post(path, data=UKRAINIAN | {"title": "Другий"})
    page = words(answer)
    assert answer.status_code == 409
    assert "Somebody else saved this translation in the meantime." in page
    assert 'value="Другий"' in page and "Перший" in page
    seen_at = re.search(r'name="seen_at" value="([^"]+)"', page)[1]
    assert client.post(path, data=UKRAINIAN | {"title": "Другий", "seen_at": seen_at}).status_code == 303
    assert texts.find_translation(activity, "uk", text_revision=1).texts.title == "Другий"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"title": ""}, "Enter a title"),
        ({"title": "x" * 201}, "Enter a title of 200 letters or fewer"),
        ({"summary": "x" * 2001}, "Use 2,000 letters or fewer"),
    ],
)
def test_what_is_wrong_is_said_and_kept_in_the_form(client, office, activity, typed, sentence):
    answer = client.post(f"/office/activities/{activity}/texts/uk", data=UKRAINIAN | typed)
    assert answer.status_code == 422
    assert sentence in words(answer) and 'value="Рядок"' in words(answer)
    assert texts.find_translation(activity, "uk", text_revision=1) is None


@pytest.mark.parametrize("language", ["en", "xx", "tlh", "uk%00"])
def test_languages_that_are_none_or_the_original(client, office, activity, language):
    path = f"/office/activities/{activity}/texts/{language}"
    assert client.get(path).status_code == 404
    assert client.post(path, data=UKRAINIAN).status_code == 404


@pytest.mark.parametrize("seen_at", ["soon", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:00", "2026-11-21"])
def test_a_bent_time_is_no_key(client, office, activity, seen_at):
    answer = client.post(f"/office/activities/{activity}/texts/uk", data=UKRAINIAN | {"seen_at": seen_at})
    assert answer.status_code == 409


def test_taking_a_translation_away(client, office, activity):
    translate(activity)
    path = f"/office/activities/{activity}/texts"
    assert client.post(f"{path}/uk/remove").status_code == 303
    assert "There are no translations yet." in words(client.get(path))
    assert client.post(f"{path}/uk/remove").status_code == 404
    assert queries.find_activity(activity).translations == ()


def test_the_original_cannot_take_the_language_of_a_translation(client, office, activity):
    translate(activity)
    with pytest.raises(Exception, match="There is a translation into this language"):
        rewrite(activity, language="uk")


def read(client, slug, *, lang="", accept=""):
    return words(
        client.get(f"/a/{slug}", query_string={"lang": lang} if lang else {}, headers={"Accept-Language": accept})
    )


def test_a_reader_gets_the_language_that_is_wished(client, activity):
    translate(activity)
    slug = "learning-together"
    for page in (read(client, slug, lang="uk"), read(client, slug, accept="uk-UA,uk;q=0.9,en;q=0.5")):
        assert '<h1 lang="uk">Вчимося разом</h1>' in page
        assert "<em>Слів</em>" in page and 'lang=en" hreflang="en">English</a>' in page
        assert "This text is not available" not in page
    for page in (read(client, slug, accept="en"), read(client, slug, lang="en", accept="uk"), read(client, slug)):
        assert "<h1>Learning together</h1>" in page and "This text is not available" not in page


def test_a_reader_is_told_when_the_text_falls_back_or_is_old(client, activity):
    slug = "learning-together"
    assert "This text is not available in Serbian. You read it in English." in read(client, slug, lang="sr")
    assert "not available" not in read(client, slug, accept="de"), "nothing is translated, so there is nothing to miss"
    translate(activity)
    assert "This text is not available in German. You read it in English." in read(client, slug, accept="de,fr")
    assert "not available" not in read(client, slug, accept="de,en;q=0.5"), "the reader reads English too"
    rewrite(activity, description="New")
    assert "This translation is older than the text in English, which may say more." in read(client, slug, lang="uk")
    assert read(client, slug, lang="<b>").count("<h1>Learning together</h1>") == 1


def test_an_original_in_another_language_is_marked(client, activity):
    rewrite(activity, title="Учимо заједно", language="sr")
    assert '<h1 lang="sr">Учимо заједно</h1>' in read(client, "learning-together", accept="sr")


def test_one_who_reads_the_original_costs_no_question_for_texts(client, activity, count_queries):
    translate(activity)
    with count_queries() as original:
        read(client, "learning-together", accept="en")
    with count_queries() as translated:
        read(client, "learning-together", accept="uk")
    assert len(translated) == len(original) + 1


def test_descriptions_are_markdown_and_never_html(client, activity):
    rewrite(activity, description="# Head\n\n<script>alert(1)</script> [x](javascript:alert(1)) [y](https://y.example)")
    page = client.get("/a/learning-together").text
    assert "<h2>Head</h2>" in page
    assert "<script>alert" not in page and 'href="javascript' not in page
    assert '<a href="https://y.example" rel="noopener noreferrer nofollow">y</a>' in page
