"""Which questions a form may ask, and which answers it takes. Pure functions of plain facts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecwi_events.kernel.text import clean_line, fold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_QUESTIONS = 5
LONGEST_WORDING = 300
LONGEST_PURPOSE = 200
LONGEST_CHOICE = 80
CHOICES = range(2, 13)
LONGEST_ANSWER = 500
LARGEST_NUMBER = 999_999_999
TOO_MANY = f"A form asks {MOST_QUESTIONS} questions or fewer. Each question more makes people give up."
FIELD = "answer-"  # with its number the name of the field of a question
NEEDED = "Your place needs this. If you no longer agree, withdraw below"
_NUMBER = re.compile(r"-?\d{1,12}", re.ASCII)


@dataclass(frozen=True)
class Asked:
    """A question as the form asks it."""

    id: int
    kind: str
    wording: str
    purpose: str
    choices: Sequence[str]
    is_required: bool

    @property
    def field(self) -> str:
        """The name of its field."""
        return f"{FIELD}{self.id}"


def choices_of(text: str) -> list[str]:
    """Return the choices that were typed one a line; empty lines and repeats are left out."""
    return list(dict.fromkeys(line for raw in text.splitlines() if (line := clean_line(raw))))


def question_faults(kind: str, wording: str, purpose: str, choices: Sequence[str]) -> dict[str, str]:
    """Return what is wrong with a question, by field."""
    faults = {}
    if not clean_line(wording):
        faults["wording"] = "Enter the sentence people agree to" if kind == "consent" else "Enter the question"
    elif len(clean_line(wording)) > LONGEST_WORDING:
        faults["wording"] = f"Use {LONGEST_WORDING} letters or fewer"
    if not clean_line(purpose):
        faults["purpose"] = "Say what you need the answer for. People see this sentence"
    elif len(clean_line(purpose)) > LONGEST_PURPOSE:
        faults["purpose"] = f"Use {LONGEST_PURPOSE} letters or fewer"
    if kind == "choice" and len(choices) not in CHOICES:
        faults["choices"] = f"Enter {CHOICES[0]} to {CHOICES[-1]} choices, each on a line of its own"
    elif kind == "choice" and any(len(one) > LONGEST_CHOICE for one in choices):
        faults["choices"] = f"Use {LONGEST_CHOICE} letters or fewer for each choice"
    return faults


def answer_fault(question: Asked, typed: str) -> str | None:
    """Return what is wrong with an answer, or None."""
    answer = clean_line(typed)
    if not answer:
        return _MISSING[question.kind] if question.is_required else None
    if question.kind == "number" and not (_NUMBER.fullmatch(answer) and abs(int(answer)) <= LARGEST_NUMBER):
        return "Enter a whole number, like 12"
    if question.kind == "choice" and answer not in question.choices:
        return "Choose one of the answers"
    if question.kind in {"yes_no", "consent"} and answer not in {"yes", "no"}:
        return _MISSING[question.kind]
    if question.kind == "consent" and answer == "no" and question.is_required:
        return _MISSING["consent"]
    return None if len(answer) <= LONGEST_ANSWER else f"Use {LONGEST_ANSWER} letters or fewer"


def given_fault(question: Asked, typed: str) -> str | None:
    """Return what is wrong with an answer that somebody gives for others, who can be asked themselves; none is fine."""
    return answer_fault(question, typed) if clean_line(typed) else None


def read_answer(question: Asked, typed: str) -> str:
    """Return an answer as the form would give it: lists say "Yes" and "tea" where the form says "yes" and "Tea"."""
    answer = clean_line(typed)
    if question.kind == "choice":
        return next((one for one in question.choices if fold(one) == fold(answer)), answer)
    if question.kind == "yes_no":
        return {"y": "yes", "n": "no", "true": "yes", "false": "no"}.get(answer.casefold(), answer.casefold())
    return answer


def answer_faults(questions: Sequence[Asked], typed: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with the answers, by field."""
    faults = {question.field: answer_fault(question, typed.get(question.field, "")) for question in questions}
    return {field: fault for field, fault in faults.items() if fault}


def change_faults(questions: Sequence[Asked], typed: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with new answers of somebody who has signed up: nobody keeps a place without what it needs."""
    needed = {question.field for question in questions if question.kind == "consent" and question.is_required}
    return {field: NEEDED if field in needed else fault for field, fault in answer_faults(questions, typed).items()}


def in_words(kind: str, answer: str) -> str:
    """Return an answer as people read it."""
    if kind == "consent":
        return "Agreed" if answer == "yes" else "Did not agree"
    return {"yes": "Yes", "no": "No"}.get(answer, answer) if kind == "yes_no" else answer


_MISSING = {
    "text": "Enter an answer",
    "choice": "Choose one of the answers",
    "number": "Enter a whole number, like 12",
    "yes_no": "Choose yes or no",
    "consent": "You can sign up only if you agree to this",
}
