"""A representative signs a group up."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.mail.models import Mail
from ecwi_events.people.models import Organisation, Person
from ecwi_events.registration.models import Place, Registration
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


def test_a_representative_learns_nothing_about_others(client, school):
    activity = make.make_activity()
    make.sign_up(activity, "Of Another", "other@people.example", organisation="Another School")
    assert "Has signed up already" not in words(send(client, school, "Of Another, other@people.example"))


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
