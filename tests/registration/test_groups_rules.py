import pytest

from ecwi_events.registration.rules_group_lists import NO_COUNTRY, answers_of, as_text, file_fault, read_group
from ecwi_events.registration.rules_groups import headings, left_open
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
        ("ani@a.example", "Enter the full name"),
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
        (4, "Ito, Ani", None), (6, "=1+1", "Enter the full name"),
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
    monkeypatch.setattr("ecwi_events.registration.rules_group_lists.LONGEST_LIST", 200_000)
    assert read_group("x" * 140_000).lines[0].fault


def test_a_question_that_is_worded_like_a_heading_keeps_its_column():
    born = Asked(4, "text", "Country?", "Where were you born?", (), is_required=False)
    (line,) = read_group("Name,Email,Country,Country?\nBo Ng,bo@a.example,Kenya,Nepal", [born]).lines
    assert (line.country, line.answers[born.field], line.fault) == ("KE", "Nepal", None)


def test_the_line_in_which_excel_names_the_separator_is_nobody():
    assert [one.name for one in read_group("sep=;\nName;Email\nBo Ng;bo@a.example").lines] == ["Bo Ng"]


def as_read(*cells):
    """The people of a file with these cells, on the way that a file takes: cells, text, people."""
    lines = read_group(as_text(list(enumerate(cells, 1)))).lines
    return [(line.name, line.address, line.organisation, line.fault) for line in lines]


@pytest.mark.parametrize(
    "organisation", ["School; of 5", "School, of 5", "A;b,c", 'The "Sun"; "Moon"', "Rooms <1> and <2>", "=1;2"]
)
@pytest.mark.parametrize("with_headings", [True, False])
def test_cells_of_a_file_stay_cells_until_they_are_people(organisation, with_headings):
    rows = [["Name", "Email", "Organisation"]] if with_headings else []
    assert as_read(*rows, ["Ito, Ani; Dr", "a@a.example", organisation]) == [
        ("Ito, Ani; Dr", "a@a.example", organisation, None)
    ]


def test_a_cell_with_name_and_address_is_both():
    assert as_read(["Ani Ito <a@a.example>", "School 5"]) == [("Ani Ito", "a@a.example", "School 5", None)]
    assert as_read(["Bo Ng", "<b@a.example>"]) == [("Bo Ng", "b@a.example", "", None)]
    assert read_group("Cy Oz, <c@a.example>").lines[0].name == "Cy Oz"


def test_one_cell_is_never_cut_into_a_person():
    assert as_read(["Ani Ito; a@a.example"])[0][3], "it is a fault that names its line, and can be mended there"


@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_a_cell_in_quotation_marks_may_go_over_several_lines(between):
    text = (
        between.join(['"Ito,\nAni"', "a@a.example", '"School;\r\n\n5"']) + "\n" + between.join(["Bo Ng", "b@a.example"])
    )
    lines = read_group(text).lines
    assert [(line.number, line.name, line.organisation, line.fault) for line in lines] == [
        (1, "Ito, Ani", "School; 5", None), (5, "Bo Ng", "", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        'Ani "the one, a@a.example\nBo "the other, b@a.example',
        '"Ani Ito, a@a.example\n"Bo Ng, b@a.example',
        '"Ani Ito, a@a.example\nBo Ng, b@a.example',
        '"Ani Ito, a@a.example\n' + "\n" * 30 + 'Bo Ng, b@a.example\n", more',
    ],
)
def test_a_quotation_mark_that_is_never_closed_swallows_nobody(text):
    assert any("b@a.example" in line.address for line in read_group(text).lines), "read, or a line to mend"


TITLE = "List of participants, 2026"


@pytest.mark.parametrize(
    "title", [TITLE, "Participants", "Participant", "Our school; room 5\nSpring\n\n", "Name, 2026"]
)
def test_a_title_above_the_headings_is_known_and_named(title):
    group = read_group(f"{title}\n\nCountry;Name;Email\nNepal;Ani Ito;a@a.example", ASKED)
    (ani,) = group.lines
    assert (ani.name, ani.country, ani.organisation, ani.fault) == ("Ani Ito", "NP", "", None)
    assert group.fault is None and group.above[0] == title.splitlines()[0]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Bo Ng, b@a.example\nCountry,Name,Email\nNepal,Ani Ito,a@a.example", 2),
        ("Contact: office@a.example\n\nName,Email\nAni Ito,a@a.example", 3),
        ("Name,Email\nAni Ito,a@a.example\nEmail,Name\nb@a.example,Bo Ng", 3),
        ("a title\n" * 11 + "Name,Email\nAni Ito,a@a.example", 12),
    ],
)
def test_headings_below_people_refuse_the_whole_list(text, number):
    group = read_group(text)
    assert group.lines == [] and group.fault == (
        f"Line {number} has headings, and people stand above it. Keep one line of headings, above all people"
    )


def test_a_title_without_headings_is_a_line_to_mend():
    lines = read_group(f"{TITLE}\nAni Ito, a@a.example").lines
    assert [(line.number, bool(line.fault)) for line in lines] == [(1, True), (2, False)]


def test_a_person_who_wrote_the_word_email_is_no_headings():
    assert [line.number for line in read_group("Ani Ito, a@a.example\nBo Ng, email").lines] == [1, 2]


def test_a_mark_at_the_begin_of_pasted_text_is_nothing():
    assert read_group("\ufeffName,Email\nAni Ito,a@a.example").lines[0].name == "Ani Ito"


def test_a_file_of_a_hundred_people_may_have_a_title_too():
    people = [[f"P{n} Q", f"p{n}@a.example"] for n in range(100)]
    rows = list(enumerate([[TITLE], ["Name", "Email"], *people], 1))
    assert file_fault(len(rows), as_text(rows)) is None
    more = [*rows, (103, ["One More", "more@a.example"])]
    assert file_fault(len(more), as_text(more)) == "This file has 103 rows. Enter 100 people or fewer at once"
    many = [(n, ["x" * 60]) for n in range(1, 5000)]
    assert file_fault(4999, as_text(many)) == "This file has 4,999 rows. Enter 100 people or fewer at once"
