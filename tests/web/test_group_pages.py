"""A representative signs a group up."""

import io
from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail.models import Mail
from ecwi_events.people import spreadsheets
from ecwi_events.people.models import EmailAddress, Organisation, Person
from ecwi_events.registration import answers, queries, questions, service
from ecwi_events.registration.models import Place, Registration
from ecwi_events.registration.models_questions import QuestionKind
from ecwi_events.registration.questions import NewQuestion
from ecwi_events.registration.rules import Terms
from tests import make
from tests.web.conftest import words

PAGE = "/a/learning-communities-that-last/group"
LIST = "Name, Email\nAni Ito, ani@people.example\nBo Ng; bo@people.example\nNo Address\nCy Oz\tcy@people.example"


@pytest.fixture
def school(client) -> int:
    """An organisation that is a Member, and its host person in this browser; the activity is somebody else's."""
    organisation = make.make_organisation("Our School")
    make.signed_in_by_row(client, make.make_host(organisation, "Rita Representative"))
    return organisation


def send(client, school=None, people=LIST, act="preview", **more):
    return client.post(PAGE, data={"people": people, "organisation": str(school or ""), "act": act, **more})


def signed_up() -> list[tuple[str, Place]]:
    rows = db.session.execute(
        sa.select(Person.name, Registration.place)
        .join(Registration, Registration.person_id == Person.id)
        .order_by(Registration.id)
    ).all()
    db.session.rollback()
    return [tuple(row) for row in rows]


def test_the_list_is_looked_at_first_and_nothing_is_written(client, school):
    make.make_activity()
    page = words(send(client, school))
    assert "3 of 4 lines can be signed up." in page
    assert "Line 4: Enter your email address" in page
    assert "Sign up 3 people</button>" in page
    assert signed_up() == []


def test_all_good_lines_are_signed_up_in_their_order(client, school):
    make.make_activity(capacity=2)
    answer = send(client, school, act="sign_up")
    page = words(answer)
    assert answer.status_code == 200 and "The group is signed up" in page and "Number 1 in the line" in page
    assert signed_up() == [("Ani Ito", Place.CONFIRMED), ("Bo Ng", Place.CONFIRMED), ("Cy Oz", Place.WAITING)]
    names = db.session.scalars(
        sa.select(Organisation.name)
        .join(Person, Person.organisation_id == Organisation.id)
        .where(Person.name == "Ani Ito")
    ).all()
    assert names == ["Our School"]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Mail)) == 3, "each an own mail"


def test_twice_is_once(client, school):
    make.make_activity()
    send(client, school, act="sign_up")
    send(client, school, act="sign_up")
    assert len(signed_up()) == 3
    assert words(send(client, school)).count("Has signed up already") == 3


def test_lines_with_a_mistake_are_counted_and_what_to_do_is_said(client, school):
    make.make_activity()
    page = words(send(client, school, "Ani Ito, ani@people.example\nbo@people.example\nCy Oz, cy(at)people.example"))
    assert "1 of 3 lines can be signed up. <b>2 lines have a mistake.</b> They are left out if you sign up" in page
    assert "Line 2: Enter the full name" in page and page.count("Mend this line") == 2
    page = words(send(client, school, "bo@people.example"))
    assert '<b>1 line has a mistake.</b> Mend it <a href="#people">in the list below</a>, and look again.' in page
    assert "have a mistake" not in words(send(client, school))


def test_a_representative_learns_nothing_about_others(client, school):
    activity = make.make_activity()
    make.sign_up(activity, "Of Another", "other@people.example", organisation="Another School")
    assert "Has signed up already" not in words(send(client, school, "Of Another, other@people.example"))


def set_terms(activity, **terms):
    with transaction():
        service.set_terms(activity, Terms(**terms), now=make.NOW)


def main_of(answer) -> str:
    """The page without its frame, where a form has a token of this second."""
    return words(answer).partition("<main")[2].partition("</main>")[0]


def test_a_representative_does_not_learn_who_is_invited_and_takes_no_place_for_them(client, school):
    activity = make.make_activity()
    set_terms(activity, who="invited")
    with transaction():
        service.invite(activity, ["ani@people.example"], now=make.NOW)
    assert "Only its hosts and the office can sign up a group." in words(client.get(PAGE))
    for act in ("preview", "sign_up"):
        pages = [main_of(send(client, school, f"A B, {who}@people.example", act)) for who in ("ani", "bob")]
        assert pages[0].replace("ani@", "X@") == pages[1].replace("bob@", "X@")
    assert signed_up() == []
    make.signed_in_by_row(client, make.make_office())
    assert "1 of 2 people are signed up" in words(
        send(client, None, "A B, ani@people.example\nC D, c@c.example", "sign_up")
    )
    assert signed_up() == [("A B", Place.CONFIRMED)]


def test_nobody_is_kept_who_is_new_here_and_refused(client, school):
    activity = make.make_activity()
    set_terms(activity, most_per_organisation=1)
    make.make_person("Cy Oz", "cy@people.example", organisation="Our School")
    page = words(send(client, school, act="sign_up"))
    assert "1 of 3 people are signed up" in page and page.count("all the places that it can have") == 2
    asked = ["ani@people.example", "bo@people.example", "cy@people.example"]
    left = db.session.scalars(sa.select(EmailAddress.normalised).where(EmailAddress.normalised.in_(asked))).all()
    names = db.session.scalars(sa.select(Person.name)).all()
    db.session.rollback()
    assert set(left) == {asked[0], asked[2]} and "Bo Ng" not in names, "Bo is new and got nothing, Cy was there before"


def test_the_terms_are_those_of_a_group_and_promise_no_button(client, school):
    set_terms(make.make_activity(), who="members", asks_for_proof=True)
    page = words(client.get(PAGE))
    assert "for people of Member organisations." in page and "pressed the button" not in page


@pytest.mark.parametrize("terms", [{"who": "members", "asks_for_proof": True}, {"who": "members"}])
def test_a_representative_does_not_learn_where_somebody_works(client, school, terms):
    set_terms(make.make_activity(), **terms)
    make.make_person("A B", "bob@people.example", organisation="No Member")
    pages = [main_of(send(client, school, f"A B, {who}@people.example", "sign_up")) for who in ("ani", "bob")]
    assert "The group is signed up" in pages[0]
    assert pages[0].replace("ani@", "X@") == pages[1].replace("bob@", "X@")


def test_the_number_per_organisation_does_not_tell_whom_we_know_already(client, school, the_clock):
    """The next one of a list has a place or not, whether the one before had signed up elsewhere, is known, or is new."""
    activity = make.make_activity()
    set_terms(activity, most_per_organisation=1)
    make.sign_up(activity, "A B", "hadzq@people.example", organisation="Another School")
    make.make_person("A B", "knownzq@people.example", organisation="Another School")
    the_clock.now += timedelta(hours=1)
    pages = {}
    for who in ("had", "known", "new"):
        answer = send(client, school, f"A B, {who}zq@people.example\nC D, {who}zq-next@people.example", "sign_up")
        pages[who] = main_of(answer).replace(f"{who}zq", "X")
        db.session.rollback()
        with transaction():  # the next list begins as the first did
            ours = sa.select(Person.id).join(Organisation).where(Organisation.name == "Our School")
            mine = sa.or_(Registration.person_id.in_(ours), Registration.signed_up_by_id.is_not(None))
            db.session.execute(sa.update(Registration).where(mine).values(place=Place.WITHDRAWN))
    assert "1 of 2 people are signed up" in pages["new"] and "all the places that it can have" in pages["new"]
    assert pages["had"] == pages["known"] == pages["new"]


def test_a_host_of_the_activity_brings_anybody(client):
    house = make.make_organisation("Hosting House")
    activity = make.make_activity(host_id=house)
    make.sign_up(activity, "Of Another", "other@people.example")
    make.signed_in_by_row(client, make.make_host(house))
    page = words(send(client, None, "Of Another, other@people.example, Any School\nNew One, new@people.example"))
    assert page.count("Has signed up already") == 1
    assert "1 of 2 lines can be signed up. 1 person has signed up already." in page
    assert "Sign up 1 person</button>" in page
    send(client, None, "New One, new@people.example, Any School", act="sign_up")
    assert ("New One", Place.CONFIRMED) in signed_up()


def test_a_host_reads_what_people_had_before_and_a_stranger_s_host_does_not(client, school, the_clock):
    activity = make.make_activity(capacity=1)
    make.sign_up(activity, "Of Another", "other@people.example", organisation="Another School")
    the_clock.now += timedelta(hours=1)
    line = "Of Another, other@people.example"
    assert "Number 1 in the line" in words(send(client, school, line, act="sign_up")), "as to a stranger"
    make.signed_in_by_row(client, make.make_office())
    page = words(send(client, None, line, act="sign_up"))
    assert "Has a place already" in page and "in the line" not in page and "1 person had signed up before." in page


def test_who_acts_for_nobody_brings_nobody(client):
    make.make_activity()
    make.signed_in_by_row(client, make.make_person("Just Member"))
    assert "can sign up a group" in words(client.get(PAGE))
    assert send(client, None, act="sign_up").status_code == 409
    make.signed_in_by_row(client, make.make_host(make.make_organisation("No Member", member=False)))
    assert send(client, None, act="sign_up").status_code == 409
    assert signed_up() == []


@pytest.mark.parametrize(
    ("people", "sentence"),
    [
        ("", "Enter one person on each line: name, email"),
        ("\n".join(f"P{n} Q, p{n}@people.example" for n in range(101)), "Enter 100 people or fewer at once"),
        ("No Address", "Mend the lines first"),
        ("x" * 140_000, "This list is too long"),
    ],
)
def test_lists_that_are_not_taken_come_back(client, school, people, sentence):
    make.make_activity()
    answer = send(client, school, people, act="sign_up")
    assert answer.status_code == 422 and sentence in words(answer)
    assert signed_up() == []


def test_where_sign_up_is_closed_so_it_is_for_groups(client, school):
    make.make_activity(closes_at=make.NOW)
    assert "Sign-up is closed" in words(client.get(PAGE))
    assert send(client, school, act="sign_up").status_code == 409


def send_file(client, school, content: bytes, people="", act="preview", **more):
    data = {"people": people, "organisation": str(school), "act": act, "file": (io.BytesIO(content), "our people.csv")}
    return client.post(PAGE, data={**data, **more})


def ask(activity, kind, wording, *, choices="", required=True) -> str:
    new = NewQuestion(kind, wording, "To form groups", choices, required)
    with transaction():
        return f"answer-{questions.add_question(activity, new, now=make.NOW)}"


@pytest.fixture
def asking(school) -> dict[str, str]:
    """The fields of an activity that asks three things."""
    activity = make.make_activity()
    return {
        "activity": activity,
        "tea": ask(activity, QuestionKind.CHOICE, "Tea or coffee, please?", choices="Tea\nCoffee"),
        "years": ask(activity, QuestionKind.NUMBER, "Years of work", required=False),
        "agree": ask(activity, QuestionKind.CONSENT, "The session is recorded."),
    }


def of(name) -> tuple[int, int]:
    """The activity and the person of a name."""
    row = db.session.execute(
        sa.select(Registration.activity_id, Person.id)
        .join(Person, Person.id == Registration.person_id)
        .where(Person.name == name)
    ).one()
    return row.activity_id, row.id


def answers_of(name) -> dict[str, str]:
    said = {one.wording: one.text for one in answers.of_person(*of(name))}
    db.session.rollback()
    return said


@pytest.mark.parametrize(
    ("text", "encoding", "guessed"),
    [
        ("Name,Email,Country\nZoë Müller,zoe@people.example,Nepal", "utf-8", False),
        ("Name;Email;Country\nZoë Müller;zoe@people.example;NP", "utf-8-sig", False),
        ("Email\tCountry\tName\nzoe@people.example\tnepal\tZoë Müller", "utf-16", False),
        ("Country;E-mail;Full name\nNepal;zoe@people.example;Zoë Müller", "cp1252", True),
    ],
)
def test_a_file_is_looked_at_first_and_then_taken(client, school, text, encoding, guessed):
    make.make_activity()
    answer = send_file(client, school, text.encode(encoding), people="Old List, old@people.example", act="sign_up")
    page = words(answer)
    assert answer.status_code == 200 and "<b>Zoë Müller</b><span>zoe@people.example · Nepal</span>" in page
    assert ("We had to guess the letters" in page) is guessed
    assert "Old List" not in page, "a file takes the place of the list, as the hint says"
    assert signed_up() == [], "a file is never signed up unseen"
    send(client, school, text.replace("\t", ","), act="sign_up")
    assert signed_up() == [("Zoë Müller", Place.CONFIRMED)]
    assert db.session.scalar(sa.select(Person.country).where(Person.name == "Zoë Müller")) == "NP"


def test_an_xlsx_is_a_file_too_and_formulas_are_text(client, school):
    make.make_activity()
    table = spreadsheets.write_xlsx("People", ["Name", "Email"], [["=HYPERLINK(1) Ani", "ani@people.example"]])
    assert "<b>=HYPERLINK(1) Ani</b>" in words(send_file(client, school, table))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x00\x01", "We cannot read this file."),
        (
            "name,email\nЖюль,o@people.example".encode("cp1251"),
            "The letters of this file cannot be read with certainty.",
        ),
        (b"", "Choose a file first."),
        (b'name,email\n"Ani,a@people.example', "Line 2 of this file is broken. Look for a quotation mark."),
        (b"PK\x03\x04 no workbook", "We cannot read this file. Use a table as a .csv or .xlsx file, up to 2 MB."),
        (b"x\n" * (spreadsheets.MOST_ROWS + 2), "This file is too large. Enter 100 people or fewer at once"),
        (
            b"name,email\n" + b"A B,a@people.example\n" * 101,
            "This file has 102 rows. Enter 100 people or fewer at once",
        ),
    ],
    ids=["binary", "cyrillic", "empty", "broken", "no workbook", "large", "long"],
)
def test_a_file_that_cannot_be_taken_loses_nothing(client, school, content, sentence):
    make.make_activity()
    answer = send_file(client, school, content, people="Ani Ito, ani@people.example", act="sign_up")
    assert answer.status_code == 422 and sentence in words(answer)
    assert "Ani Ito, ani@people.example</textarea>" in words(answer)
    assert signed_up() == []


TITLE = "List of participants, 2026"


def test_cells_of_a_file_without_headings_stay_cells(client):
    make.make_activity()
    make.signed_in_by_row(client, make.make_office())
    page = words(send_file(client, "", b'Ani Ito,ani@people.example,"School; of 5"\nBo Ng,bo@people.example,A\n'))
    assert "<span>ani@people.example · School; of 5</span>" in page and "2 of 2 lines can be signed up." in page
    assert 'Ani Ito,ani@people.example,"School; of 5"' in page, "so that the second press reads the same"


@pytest.mark.parametrize("is_workbook", [True, False])
def test_a_title_above_the_headings_is_named_and_changes_nothing(client, school, is_workbook):
    make.make_activity()
    rows = [[TITLE, "", ""], ["", "", ""], ["Country", "Name", "Email"], ["Nepal", "Ani Ito", "ani@people.example"]]
    text = "\n".join(";".join(row).rstrip(";") for row in rows).encode("utf-8-sig")
    table = spreadsheets.write_xlsx("People", rows[0], rows[1:]) if is_workbook else text
    page = words(send_file(client, school, table))
    assert f"We do not use what stands above the headings: {TITLE}." in page
    assert "<b>Ani Ito</b><span>ani@people.example · Nepal</span>" in page and "1 of 1 line can be signed up." in page


def test_headings_below_people_are_refused_with_nothing_half_done(client, school):
    make.make_activity()
    people = "Bo Ng,bo@people.example\nCountry,Name,Email\nNepal,Ani Ito,ani@people.example"
    answer = send(client, school, people, act="sign_up")
    assert answer.status_code == 422 and "Line 2 has headings, and people stand above it." in words(answer)
    assert "Nepal,Ani Ito,ani@people.example</textarea>" in words(answer) and signed_up() == []


def test_a_cell_over_several_lines_is_one_cell_in_a_file_and_pasted(client, school):
    make.make_activity()
    people = 'Name,Email\n"Ito,\r\nAni",ani@people.example\nBo Ng,bo@people.example'
    for answer in (send_file(client, school, people.encode()), send(client, school, people)):
        assert "<b>Ito, Ani</b>" in words(answer) and "2 of 2 lines can be signed up." in words(answer)


@pytest.mark.parametrize("number", [101, 4_000, 10_000])
def test_ten_thousand_lines_are_refused_with_the_limit(client, school, number):
    make.make_activity()
    people = "Name,Email\n" + "".join(f"P Q,p{n}@people.example\n" for n in range(number))
    for answer in (send_file(client, school, people.encode()), send(client, school, people, act="sign_up")):
        page = words(answer)
        assert answer.status_code == 422
        assert "Enter 100 people or fewer at once" in page or "Sign up the group in parts" in page
    assert signed_up() == []


def test_headings_twice_are_refused_and_the_rows_stay_to_be_mended(client, school):
    make.make_activity()
    answer = send_file(client, school, b"Name,Email,E-mail\nAni,a@people.example,b@people.example")
    assert answer.status_code == 422 and "Two columns hold the same: “Email” and “E-mail”" in words(answer)
    assert "Ani,a@people.example,b@people.example</textarea>" in words(answer)


def test_columns_without_use_are_named_and_lines_keep_their_numbers(client, school):
    make.make_activity()
    page = words(send_file(client, school, b"Name,Email,Phone\n\n\nAni Ito,ani,123\nBo Ng,bo@people.example,1"))
    assert "We do not use this column: Phone." in page
    assert "Line 4: Enter an email address in the correct format" in page
    assert "1 of 2 lines can be signed up." in page


def test_answers_come_from_the_list_or_count_for_all_and_the_rest_is_asked_by_the_own_link(client, school, asking):
    people = (
        'Name,Email,"Tea or coffee, please?",Years of work,The session is recorded.\n'
        "Ani Ito,ani@people.example,coffee,12,yes\nBo Ng,bo@people.example,,,yes"
    )
    page = words(send(client, school, people))
    assert "Tea or coffee, please? <strong>Coffee</strong>" in page and "Years of work <strong>12</strong>" in page
    assert "We ask by email: The session is recorded.</span>" in page, "of Ani"
    assert "We ask by email: Tea or coffee, please? · The session is recorded." in page, "of Bo"
    assert "We do not use this column: The session is recorded." in page
    page = words(send(client, school, people, **{asking["tea"]: "Tea"}))
    assert "Tea or coffee, please? <strong>Tea</strong>" in page
    send(client, school, people, act="sign_up", **{asking["tea"]: "Tea", asking["agree"]: "yes"})
    assert answers_of("Ani Ito") == {"Tea or coffee, please?": "Coffee", "Years of work": "12"}
    assert answers_of("Bo Ng") == {"Tea or coffee, please?": "Tea"}, "nobody agrees for somebody else"


def test_the_person_is_asked_on_the_own_page_until_all_is_answered(client, school, asking):
    send(client, school, "Bo Ng, bo@people.example", act="sign_up")
    link = f"/m/{queries.find_sign_up(_first_sign_up()).token}"
    db.session.rollback()
    page = words(client.get(link))
    assert "Please answer 2 questions" in page and "Rita Representative signed you up" in page
    assert '<details id="answers" open>' in page
    assert client.post(f"{link}/answers", data={asking["tea"]: "Tea"}).status_code == 422
    assert client.post(f"{link}/answers", data={asking["tea"]: "Tea", asking["agree"]: "yes"}).status_code == 303
    assert "Please answer" not in words(client.get(link))


def test_who_signed_up_alone_is_never_asked_again(client, asking):
    got = make.sign_up(asking["activity"], "Old Hand", "old@people.example")
    token = queries.find_sign_up(got.registration_id).token
    db.session.rollback()
    assert "Please answer" not in words(client.get(f"/m/{token}"))


def test_who_has_signed_up_before_keeps_the_own_answers(client, school, asking):
    line = "Bo Ng, bo@people.example"
    send(client, school, line, act="sign_up", **{asking["tea"]: "Tea"})
    send(client, school, line, act="sign_up", **{asking["tea"]: "Coffee"})
    assert answers_of("Bo Ng") == {"Tea or coffee, please?": "Tea"}


def test_an_answer_for_all_that_cannot_be_taken_comes_back(client, school, asking):
    answer = send(client, school, act="sign_up", **{asking["years"]: "many"})
    assert (
        answer.status_code == 422 and "Enter a whole number, like 12" in words(answer) and 'value="many"' in answer.text
    )
    assert "No Address" in answer.text and signed_up() == []


def test_the_file_to_fill_has_the_columns_of_the_activity(client, school, asking):
    answer = client.get(f"{PAGE}.csv")
    assert answer.mimetype == "text/csv" and "group-learning-communities-that-last.csv" in str(answer.headers)
    assert answer.data.decode("utf-8-sig") == 'Name,Email,Country,"Tea or coffee, please?",Years of work\r\n'
    assert send_file(client, school, answer.data + b"Ani Ito,ani@people.example,NP,Tea,3\r\n").status_code == 200
    make.signed_in_by_row(client, make.make_office())
    assert client.get(f"{PAGE}.csv").data.decode("utf-8-sig").startswith("Name,Email,Organisation,Country,")


def _first_sign_up() -> int:
    return db.session.scalars(sa.select(Registration.id).order_by(Registration.id)).first()
