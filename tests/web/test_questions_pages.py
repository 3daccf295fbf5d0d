"""Hosts say what the sign-up form asks."""

import pytest

from ecwi_events.kernel.db import transaction
from ecwi_events.registration import questions
from ecwi_events.registration.models_questions import QuestionKind
from ecwi_events.registration.questions import NewQuestion
from tests import make
from tests.web.conftest import words

TYPED = {
    "wording": "Which language do you speak best?",
    "purpose": "We form small groups",
    "kind": "choice",
    "choices": "English\nRussian",
    "is_required": "1",
}


@pytest.fixture
def activity(client) -> int:
    house = make.make_organisation()
    made = make.make_activity(host_id=house)
    make.signed_in_by_row(client, make.make_host(house))
    return made


def page_of(activity) -> str:
    return f"/host/activities/{activity}/questions"


def ask(activity, wording="Why?") -> int:
    with transaction():
        return questions.add_question(activity, NewQuestion(QuestionKind.TEXT, wording, "To know"), now=make.NOW)


def test_a_host_adds_a_question(client, activity):
    assert client.post(page_of(activity), data=TYPED).status_code == 303
    page = words(client.get(page_of(activity)))
    assert "Which language do you speak best?" in page
    assert "One of several answers: English · Russian. Must be answered." in page
    assert "4 more questions are possible" in page


def test_what_is_wrong_is_said_and_nothing_is_lost(client, activity):
    answer = client.post(page_of(activity), data={**TYPED, "choices": "English", "purpose": ""})
    page = words(answer)
    assert answer.status_code == 422
    assert "Enter 2 to 12 choices, each on a line of its own" in page
    assert "Say what you need the answer for. People see this sentence" in page
    assert 'value="Which language do you speak best?"' in page
    assert client.post(page_of(activity), data={**TYPED, "kind": "essay"}).status_code == 422


def test_after_five_there_is_no_form_and_no_sixth(client, activity):
    for number in range(5):
        ask(activity, f"Question {number}?")
    assert "that is the most. Remove one first." in words(client.get(page_of(activity)))
    answer = client.post(page_of(activity), data=TYPED)
    assert answer.status_code == 409 and "5 questions or fewer" in words(answer)


def test_a_question_is_changed_moved_and_removed(client, activity):
    ask(activity, "First?")
    second = ask(activity, "Second?")
    path = f"{page_of(activity)}/{second}"
    assert 'value="Second?"' in client.get(path).text
    assert client.post(path, data={**TYPED, "act": "save"}).status_code == 303
    assert client.post(path, data={"act": "up"}).status_code == 303
    assert [one.wording for one in questions.asked(activity)] == ["Which language do you speak best?", "First?"]
    assert client.post(path, data={**TYPED, "wording": ""}).status_code == 422
    assert client.post(path, data={"act": "remove"}).status_code == 303
    assert [one.wording for one in questions.asked(activity)] == ["First?"]
    assert client.get(path).status_code == 404


def test_another_host_s_form_does_not_exist(client, activity):
    other = make.make_activity("Other")
    question = ask(other)
    assert client.get(page_of(other)).status_code == 404
    assert client.post(page_of(other), data=TYPED).status_code == 404
    assert client.get(f"{page_of(other)}/{question}").status_code == 404
    assert client.post(f"{page_of(other)}/{question}", data=TYPED).status_code == 404
    assert client.get(f"{page_of(activity)}/{question}").status_code == 404, "nor below one's own activity"
