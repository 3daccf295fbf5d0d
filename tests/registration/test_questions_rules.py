import pytest

from ecwi_events.registration.rules_questions import Asked, answer_fault, choices_of, in_words, question_faults


def asked(kind, *, required=False, choices=()) -> Asked:
    return Asked(1, kind, "Which?", "To know", choices, required)


@pytest.mark.parametrize(
    ("kind", "typed", "fault"),
    [
        ("text", "Some words", None),
        ("text", "x" * 500, None),
        ("text", "x" * 501, "Use 500 letters or fewer"),
        ("number", "12", None),
        ("number", " -3 ", None),
        ("number", "1.5", "Enter a whole number, like 12"),
        ("number", "١٢", "Enter a whole number, like 12"),
        ("number", "9999999999", "Enter a whole number, like 12"),
        ("number", "1e9", "Enter a whole number, like 12"),
        ("choice", "Tea", None),
        ("choice", "Wine", "Choose one of the answers"),
        ("yes_no", "yes", None),
        ("yes_no", "perhaps", "Choose yes or no"),
        ("consent", "yes", None),
        ("consent", "no", None),
    ],
)
def test_which_answers_are_taken(kind, typed, fault):
    assert answer_fault(asked(kind, choices=("Tea", "Coffee")), typed) == fault


@pytest.mark.parametrize(
    ("kind", "typed", "fault"),
    [
        ("text", "  ", "Enter an answer"),
        ("choice", "", "Choose one of the answers"),
        ("number", "", "Enter a whole number, like 12"),
        ("yes_no", "", "Choose yes or no"),
        ("yes_no", "no", None),
        ("consent", "", "You can sign up only if you agree to this"),
        ("consent", "no", "You can sign up only if you agree to this"),
    ],
)
def test_what_must_be_answered(kind, typed, fault):
    assert answer_fault(asked(kind, required=True), typed) == fault
    if not typed.strip():
        assert answer_fault(asked(kind), typed) is None


def test_choices_are_one_a_line_without_blanks_and_repeats():
    assert choices_of("Tea\n\n  Coffee \r\nTea\n") == ["Tea", "Coffee"]


@pytest.mark.parametrize(
    ("question", "fields"),
    [
        (("text", "Which language?", "Small groups", []), set()),
        (("text", "", "", []), {"wording", "purpose"}),
        (("text", "x" * 301, "x" * 201, []), {"wording", "purpose"}),
        (("choice", "Which?", "To know", ["One"]), {"choices"}),
        (("choice", "Which?", "To know", [str(number) for number in range(13)]), {"choices"}),
        (("choice", "Which?", "To know", ["One", "x" * 81]), {"choices"}),
        (("choice", "Which?", "To know", ["One", "Two"]), set()),
    ],
)
def test_which_questions_can_be_asked(question, fields):
    assert set(question_faults(*question)) == fields


@pytest.mark.parametrize(
    ("kind", "answer", "words"),
    [("consent", "yes", "Agreed"), ("consent", "no", "Did not agree"), ("yes_no", "no", "No"), ("text", "yes", "yes")],
)
def test_how_answers_are_read(kind, answer, words):
    assert in_words(kind, answer) == words
