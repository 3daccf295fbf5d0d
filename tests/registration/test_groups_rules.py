import pytest

from ecwi_events.registration.rules_groups import NO_COUNTRY, answers_of, as_text, headings, left_open, read_group
from ecwi_events.registration.rules_questions import Asked

TEA = Asked(1, "choice", "Tea or coffee, please?", "For the breaks", ("Tea", "Coffee"), is_required=True)
YEARS = Asked(2, "number", "Years of work", "For the groups", (), is_required=False)
AGREE = Asked(3, "consent", "The session is recorded.", "For those who cannot come", (), is_required=True)
ASKED = (TEA, YEARS, AGREE)


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("Ani Ito, ani@a.example", [("Ani Ito", "ani@a.example", "")]),
        ("Ani Ito;ani@a.example;School, of 5", [("Ani Ito", "ani@a.example", "School, of 5")]),
        ("Ani Ito\tani@a.example\tSchool 5", [("Ani Ito", "ani@a.example", "School 5")]),
        ("Ani,Ito,ani@a.example", [("Ani Ito", "ani@a.example", "")]),
        ('"Ito, Ani",ani@a.example', [("Ito, Ani", "ani@a.example", "")]),
        ("Ani Ito <ani@a.example>", [("Ani Ito", "ani@a.example", "")]),
        ('"Ani Ito" <ani@a.example>;', [("Ani Ito", "ani@a.example", "")]),
        ("ani@a.example, Ani Ito, School 5", [("Ani Ito", "ani@a.example", "School 5")]),
        ("Name,Email,Organisation\nAni Ito,ani@a.example,School 5", [("Ani Ito", "ani@a.example", "School 5")]),
        ("\n , \n\n Олена Коваль, o@a.example\r\n", [("Олена Коваль", "o@a.example", "")]),
        ("", []),
    ],
)
def test_how_lists_are_read(text, people):
    lines = read_group(text).lines
    assert [(line.name, line.address, line.organisation) for line in lines] == people
    assert [line.fault for line in lines] == [None] * len(people)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Ani Ito", "Enter your email address"),
        ("ani@a.example", "Enter your full name"),
        ("Ani Ito, ani@", "Enter an email address in the correct format, like name@example.org"),
        ("A B, a@a.example\nC D,  A@A.EXAMPLE", "The same email address is in line 1"),
        ('Unclosed "quote, a@a.example', None),
        ("A B, a@a.example\n" + "x" * 90_000, "Enter a name of 200 letters or fewer"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, fault):
    assert read_group(text).lines[-1].fault == fault


@pytest.mark.parametrize(
    "text",
    [
        "Name,Email,Country\nAni Ito,ani@a.example,Nepal",
        "Country;E-Mail;Name;Phone\nnepal;ani@a.example;Ani Ito;123",
        "Email address\tSurname\tFirst name\tCountry of work\nani@a.example\tIto\tAni\tNP",
        'E-mail,"Participant name",COUNTRY:\nani@a.example,"Ani Ito",NP',
        "name,email,country\n\n  ,\nAni Ito,ani@a.example,NP",
    ],
)
def test_columns_come_in_any_order_and_by_the_words_people_use(text):
    (line,) = read_group(text).lines
    assert (line.name, line.address, line.country, line.fault) == ("Ani Ito", "ani@a.example", "NP", None)


def test_a_line_that_is_not_written_like_the_headings_is_read_by_itself():
    lines = read_group("Name, Email\nBo Ng; bo@a.example\nCy Oz\tcy@a.example").lines
    assert [(line.name, line.address) for line in lines] == [("Bo Ng", "bo@a.example"), ("Cy Oz", "cy@a.example")]


def test_answers_stand_in_columns_with_the_words_of_the_question():
    text = "Name;Email;tea or coffee, please;Years of work\nAni Ito;a@a.example;tea;12\nBo Ng;b@a.example;;"
    ani, bo = read_group(text, ASKED).lines
    assert ani.answers == {"answer-1": "Tea", "answer-2": "12"} and ani.fault is None
    assert answers_of(bo, ASKED, {"answer-1": "Coffee", "answer-3": "yes"}) == {"answer-1": "Coffee"}, (
        "never an agreement"
    )
    assert left_open(ASKED, ani.answers) == [AGREE], "only the person can agree"
    assert left_open(ASKED, bo.answers) == [TEA, AGREE], "what must be answered is asked of the person"


def test_nobody_agrees_for_somebody_else():
    group = read_group("Name,Email,The session is recorded.\nAni Ito,a@a.example,yes", ASKED)
    assert "answer-3" not in group.lines[0].answers
    assert group.unused == ["The session is recorded."], "and the page says so"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Name,Email,Country\nAni Ito,a@a.example,Atlantis", NO_COUNTRY),
        ("Name,Email\nAni Ito,a@a.example,more", "This line has 3 cells, and there are 2 headings"),
        ("Name,Email,Years of work\nAni Ito,a@a.example,many", "Enter a whole number, like 12: “Years of work”"),
        (
            'Name,Email,"Tea or coffee, please?"\nAni Ito,a@a.example,wine',
            "Choose one of the answers (Tea, Coffee): “Tea or coffee, please?”",
        ),
    ],
)
def test_what_is_wrong_in_a_column_is_said(text, fault):
    (line,) = read_group(text, ASKED).lines
    assert (line.number, line.fault) == (2, fault)


def test_headings_that_say_the_same_twice_are_a_fault_and_others_are_named():
    assert read_group("Email,Name,E-mail\na@a.example,Ani,b@a.example").fault == (
        "Two columns hold the same: “Email” and “E-mail”. Take one of them out"
    )
    group = read_group("Name,Email,Phone,Shoe size\nAni Ito,a@a.example,1,38")
    assert (group.fault, group.unused) == (None, ["Phone", "Shoe size"])


def test_a_file_becomes_a_list_with_the_same_lines():
    text = as_text([(1, ["Name", "Email"]), (4, ["Ito, Ani", "a@a.example"]), (6, ["=1+1", "b@a.example"])])
    assert text == 'Name,Email\n\n\n"Ito, Ani",a@a.example\n\n=1+1,b@a.example'
    lines = read_group(text).lines
    assert [(line.number, line.name, line.fault) for line in lines] == [
        (4, "Ito, Ani", None), (6, "=1+1", "Enter your full name"),
    ]  # fmt: skip


def test_the_headings_of_a_file_to_fill_are_read_again():
    columns = headings(ASKED, with_organisation=True)
    assert columns == ["Name", "Email", "Organisation", "Country", "Tea or coffee, please?", "Years of work"]
    line = '"Ani Ito",a@a.example,School,NP,Tea,3'
    group = read_group(as_text([(1, columns)]) + "\n" + line, ASKED)
    assert (group.unused, group.lines[0].fault, group.lines[0].answers) == (
        [],
        None,
        {"answer-1": "Tea", "answer-2": "3"},
    )


def test_what_is_too_long_for_a_group_is_not_read():
    for text in ("x" * 140_000, "A B, a@a.example\n" * 15_000):
        found = read_group(text)
        assert found.lines == [] and found.fault.startswith("This list is too long")


def test_a_cell_beyond_the_reader_s_limit_is_a_fault_of_its_line(monkeypatch):
    monkeypatch.setattr("ecwi_events.registration.rules_groups.LONGEST_LIST", 200_000)
    assert read_group("x" * 140_000).lines[0].fault


def test_a_question_that_is_worded_like_a_heading_keeps_its_column():
    born = Asked(4, "text", "Country?", "Where were you born?", (), is_required=False)
    (line,) = read_group("Name,Email,Country,Country?\nBo Ng,bo@a.example,Kenya,Nepal", [born]).lines
    assert (line.country, line.answers[born.field], line.fault) == ("KE", "Nepal", None)


def test_the_line_in_which_excel_names_the_separator_is_nobody():
    assert [one.name for one in read_group("sep=;\nName;Email\nBo Ng;bo@a.example").lines] == ["Bo Ng"]
