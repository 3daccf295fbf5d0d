"""Deleting one's own account, and the office's buttons on a person's page."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.kernel.errors import Refused
from ecwi_events.mail.models import Mail
from ecwi_events.people import merging
from ecwi_events.people.models import Person, Role
from tests import make
from tests.registration.ground import choose, make_series


def left(person_id: int) -> tuple[str, bool]:
    person = db.session.get_one(Person, person_id, populate_existing=True)
    return person.name, person.disabled_at is not None


@pytest.fixture
def olena(app):
    return make.make_person("Olena Koval", "olena@people.example")


def test_one_deletes_oneself_after_reading_what_goes(client, olena):
    make.sign_up(make.make_activity("Mentors who listen"), "Olena Koval", "olena@people.example")
    make.signed_in(client, olena)
    page = client.get("/me/delete").text
    assert "Mentors who listen" in page
    assert "This cannot be undone." in page
    assert left(olena) == ("Olena Koval", False)
    answer = client.post("/me/delete", follow_redirects=True)
    assert "Your account and your data are deleted." in answer.text
    assert left(olena) == ("Erased person", True)
    assert client.get("/me").status_code in {303, 403}


def test_what_goes_names_each_activity_once_and_nothing_that_is_over(client, olena, the_clock):
    over = make.make_activity("Play that is over")
    make.sign_up(over, "Olena Koval", "olena@people.example")
    activity_id, sessions = make_series(days=("2027-03-16 14:00", "2027-04-20 14:00"))
    choose(activity_id, sessions)
    the_clock.now = datetime(2027, 2, 1, tzinfo=UTC)
    make.signed_in(client, olena, now=the_clock.now)
    page = client.get("/me/delete").text
    assert page.count("A series") == 1 and "Play that is over" not in page
    assert "Your place in: A series. Other people get" in page and "stop working" in page


def test_the_office_closes_opens_and_erases(client, olena):
    make.signed_in(client, make.make_office())
    page = f"/office/people/{olena}"
    assert "The account is closed." in client.post(f"{page}/close", follow_redirects=True).text
    assert left(olena) == ("Olena Koval", True)
    assert "The account is open again." in client.post(f"{page}/open", follow_redirects=True).text
    assert "Erase Olena Koval" in client.get(f"{page}/delete").text
    assert "The person is erased." in client.post(f"{page}/delete", follow_redirects=True).text
    assert left(olena) == ("Erased person", True)
    assert client.get(f"{page}/delete").status_code == 404
    assert client.post(f"{page}/open").status_code == 409


def test_an_erased_person_is_neither_merged_nor_written_to(client, olena):
    make.sign_up(make.make_activity(), "Olena Koval", "olena@people.example")
    make.signed_in(client, make.make_office())
    page, other = f"/office/people/{olena}", make.make_person("Other Person", "other@people.example")
    assert "Merge with another record" in client.get(page).text
    mail_id = db.session.scalar(sa.select(Mail.id).where(Mail.person_id == olena))
    client.post(f"{page}/delete")
    shown = client.get(page).text
    assert "Merge with another record" not in shown and "Send again" not in shown
    again = client.post(f"/office/mails/{mail_id}/again")
    assert again.status_code == 409 and "The person of this mail is erased" in again.text
    for kept, merged in ((olena, other), (other, olena)):
        with pytest.raises(Refused, match="is erased"):
            merging.check_people(kept, merged, by_administrator=True)


def test_an_administrator_stays_and_the_page_says_why(client, olena):
    administrator = make.make_staff(Role.ADMINISTRATOR)
    make.signed_in(client, make.make_office())
    for act in ("close", "delete"):
        answer = client.post(f"/office/people/{administrator}/{act}")
        assert answer.status_code == 409
        assert "This person is an administrator." in answer.text
    assert not db.session.scalar(sa.select(Person.disabled_at).where(Person.id == administrator))


def test_the_office_is_led_to_its_own_page_and_auditors_see_no_button(client, olena):
    office = make.make_office()
    make.signed_in(client, office)
    assert client.post(f"/office/people/{office}/delete").headers["Location"] == "/me/delete"
    make.signed_in(client, make.make_staff(Role.AUDITOR))
    assert "Close the account" not in client.get(f"/office/people/{olena}").text
    assert client.post(f"/office/people/{olena}/close").status_code == 403
