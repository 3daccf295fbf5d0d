import pytest

from ecwi_events.registration.rules_groups import read_group


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
    lines = read_group(text)
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
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, fault):
    assert read_group(text)[-1].fault == fault
