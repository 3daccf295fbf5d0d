"""Questions of a form, and answers that outlive them."""

import pytest
import sqlalchemy as sa

from ecwi_events.journal.models import JournalEntry
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.registration import answers, questions
from ecwi_events.registration.models_questions import Answer, QuestionKind
from ecwi_events.registration.questions import NewQuestion
from ecwi_events.registration.service import SignUp
from tests import make

LANGUAGE = NewQuestion(QuestionKind.CHOICE, "Which language?", "For small groups", "English\nRussian", is_required=True)
YEARS = NewQuestion(QuestionKind.NUMBER, "How many years do you teach?", "To know the group")


def ask(activity, new=LANGUAGE) -> int:
    with transaction():
        return questions.add_question(activity, new, now=make.NOW)


def sign_up(activity, typed, address="olena@people.example"):
    with transaction():
        return answers.sign_up(SignUp(activity, "Olena Koval", address, "", "Europe/Kyiv"), typed, now=make.NOW)


def given(activity) -> list[tuple[str, str, bool]]:
    found = answers.of_activity(activity).values()
    return [(one.wording, one.words, one.is_asked) for person in found for one in person]


def test_answers_are_kept_with_the_sign_up(app):
    activity = make.make_activity()
    language, years = ask(activity), ask(activity, YEARS)
    sign_up(activity, {f"answer-{language}": "English", f"answer-{years}": ""})
    assert given(activity) == [("Which language?", "English", True)]


def test_nobody_is_signed_up_without_the_answers_that_are_needed(app):
    activity = make.make_activity()
    language = ask(activity)
    with pytest.raises(Invalid) as wrong:
        sign_up(activity, {}, address="olena@")
    assert set(wrong.value.fields) == {"email", f"answer-{language}"}, "everything wrong is said at once"
    assert db.session.scalar(sa.text("SELECT count(*) FROM registration")) == 0


def test_a_second_sign_up_with_an_address_changes_nobody_s_answers(app):
    activity = make.make_activity()
    field = f"answer-{ask(activity)}"
    sign_up(activity, {field: "English"})
    assert sign_up(activity, {field: "Russian"}).is_repeat
    assert given(activity) == [("Which language?", "English", True)]


def test_a_changed_question_keeps_its_old_words_for_the_old_answers(app):
    activity = make.make_activity()
    first = ask(activity)
    sign_up(activity, {f"answer-{first}": "English"})
    with transaction():
        second = questions.change_question(
            activity, first, NewQuestion(QuestionKind.TEXT, "Your language?", "For small groups"), now=make.NOW
        )
    assert second != first
    assert [one.wording for one in questions.asked(activity)] == ["Your language?"]
    sign_up(activity, {f"answer-{second}": "Armenian"}, address="ani@people.example")
    assert sorted(given(activity)) == [("Which language?", "English", False), ("Your language?", "Armenian", True)]


def test_what_is_not_about_the_meaning_changes_in_place(app):
    activity = make.make_activity()
    first = ask(activity)
    sign_up(activity, {f"answer-{first}": "English"})
    easier = NewQuestion(LANGUAGE.kind, LANGUAGE.wording, "For groups", LANGUAGE.choices, is_required=False)
    with transaction():
        assert questions.change_question(activity, first, easier, now=make.NOW) == first
    assert questions.asked(activity)[0].purpose == "For groups"


def test_a_question_that_goes_leaves_its_answers(app):
    activity = make.make_activity()
    first, unanswered = ask(activity), ask(activity, YEARS)
    sign_up(activity, {f"answer-{first}": "English"})
    for question in (first, unanswered):
        with transaction():
            questions.remove_question(activity, question, now=make.NOW)
    assert questions.asked(activity) == []
    assert given(activity) == [("Which language?", "English", False)]


def test_a_form_asks_five_questions_and_no_more(app):
    activity = make.make_activity()
    for _ in range(5):
        ask(activity)
    with pytest.raises(Refused, match="5 questions or fewer"):
        ask(activity)


def test_the_order_can_be_changed(app):
    activity = make.make_activity()
    first, second = ask(activity), ask(activity, YEARS)
    for _ in range(2):  # the second time it is the first one already
        with transaction():
            questions.move_up(activity, second, now=make.NOW)
    assert [one.id for one in questions.asked(activity)] == [second, first]


def test_a_question_belongs_to_its_activity(app):
    activity, other = make.make_activity(), make.make_activity("Other")
    question = ask(activity)
    for act in (
        lambda: questions.change_question(other, question, YEARS, now=make.NOW),
        lambda: questions.remove_question(other, question, now=make.NOW),
        lambda: questions.move_up(other, question, now=make.NOW),
        lambda: questions.add_question(10_000, YEARS, now=make.NOW),
    ):
        with pytest.raises(NotFound), transaction():
            act()


def test_new_answers_take_the_place_of_the_old_ones(app):
    activity = make.make_activity()
    language, years = ask(activity), ask(activity, YEARS)
    mine = sign_up(activity, {f"answer-{language}": "English", f"answer-{years}": "7"}).registration_id
    with transaction():
        answers.change(mine, {f"answer-{language}": "Russian"}, now=make.NOW)
    assert given(activity) == [("Which language?", "Russian", True)]
    with pytest.raises(Invalid), transaction():
        answers.change(mine, {}, now=make.NOW)
    assert given(activity) == [("Which language?", "Russian", True)]


def test_no_answer_stands_in_the_journal(app):
    activity = make.make_activity()
    field = f"answer-{ask(activity)}"
    mine = sign_up(activity, {field: "English"}).registration_id
    with transaction():
        answers.change(mine, {field: "Russian"}, now=make.NOW)
    told = repr([(row.before, row.after) for row in db.session.scalars(sa.select(JournalEntry))])
    assert "changed" in told
    for secret in ("English", "Russian", "Which language", "small groups"):
        assert secret not in told


def test_the_database_keeps_one_answer_to_a_question(app):
    activity = make.make_activity()
    language = ask(activity)
    mine = sign_up(activity, {f"answer-{language}": "English"}).registration_id
    with pytest.raises(sa.exc.IntegrityError), transaction() as session:
        session.add(Answer(registration_id=mine, question_id=language, text="x", given_at=make.NOW))
        session.flush()
