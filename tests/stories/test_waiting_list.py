"""The story of a waiting list, told through pages and mails: who waits, who gets the place, and who is asked in time."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

from ecwi_events.jobs import tick
from tests import make

PAGE = "/a/learning-communities-that-last"
STARTS_AT = datetime(2027, 1, 19, 13, 0, tzinfo=UTC)


class Visitor:
    """Somebody with a browser and an inbox."""

    def __init__(self, app, post, name: str) -> None:
        self.name, self.address = name, f"{name.split(maxsplit=1)[0].lower()}@people.example"
        self._browser, self._post = app.test_client(), post

    def reads(self, path: str) -> str:
        return " ".join(unescape(self._browser.get(path).text).split())

    def presses(self, path: str, **fields: str) -> str:
        """Send a form, and read the page that follows."""
        return " ".join(unescape(self._browser.post(path, data=fields, follow_redirects=True).text).split())

    def signs_up(self) -> str:
        return self.presses(f"{PAGE}/sign-up", name=self.name, email=self.address, zone="Europe/Kyiv")

    def mail(self):
        """The last mail that came, after the worker has done what is due."""
        self._post.send()
        return [mail for mail in self._post.mails() if self.address in mail["To"]][-1]

    def subject(self) -> str:
        return self.mail()["Subject"]

    def own_page(self) -> str:
        """The personal link, from a mail: nobody is ever told it in another way."""
        text = self.mail().get_body(("plain",)).get_content()
        return re.search(r"http://events\.test(/m/[\w-]+)", text)[1]


def time_goes_on(post, until: datetime) -> None:
    """The clock moves, and what follows from time alone happens."""
    post.clock.move_to(until, tick=False)
    tick.derive()
    post.send()


def test_the_story_of_a_waiting_list(app, post):
    make.make_activity(capacity=2)
    ana, bo, cy, dia, eva = (Visitor(app, post, f"{name} Teacher") for name in ("Ana", "Bo", "Cy", "Dia", "Eva"))

    # Two places, and five people. Who comes too late reads it before typing anything, and gets a number.
    assert "You are signed up, Ana" in ana.signs_up()
    assert "You are signed up, Bo" in bo.signs_up()
    assert "All 2 places are taken" in cy.reads(PAGE)
    assert "You are <b>number 1</b> in the line" in cy.signs_up()
    assert "You are <b>number 2</b> in the line" in dia.signs_up()
    assert "You are <b>number 3</b> in the line" in eva.signs_up()
    assert cy.subject() == "You are number 1 on the waiting list: Learning communities that last"

    # Ana cannot come. Her place goes to Cy at once, by mail; everybody else moves up.
    assert "You no longer have a place" in ana.presses(f"{ana.own_page()}/withdraw")
    assert cy.subject().startswith("You have a place: Learning communities that last")
    assert "You have a place, Cy" in cy.reads(cy.own_page())
    assert "You are number 1 in the line" in dia.reads(dia.own_page())
    assert "You are number 2 in the line" in eva.reads(eva.own_page())

    # Ana changes her mind, but the place is Cy's now: she may wait, behind all others.
    assert "Your place went to the next person." in ana.presses(f"{ana.own_page()}/undo")
    assert "You are <b>number 3</b> in the line" in ana.signs_up()

    # Five hours before the start Bo falls ill. So near, a place is not given but offered: Dia must say yes in time.
    time_goes_on(post, STARTS_AT - timedelta(hours=5))
    bo.presses(f"{bo.own_page()}/withdraw")
    assert dia.subject().endswith("Answer before Tue 19 January, 12:00 (Kyiv)")
    assert "A place is free for you" in dia.reads(dia.own_page())
    assert "You are number 1 in the line" in eva.reads(eva.own_page())

    # Dia does not answer for two hours. The offer lapses and passes on to Eva; Dia goes to the end of the line.
    time_goes_on(post, STARTS_AT - timedelta(hours=3))
    assert "This place went to the next person." in dia.presses(f"{dia.own_page()}/offer", act="accept")
    assert "You are number 2 in the line" in dia.reads(dia.own_page())
    assert eva.subject().startswith("A place is free: Learning communities that last.")

    # Looking at the offer takes nothing, the button does: Eva has the place.
    assert "A place is free for you" in eva.reads(eva.own_page())
    assert "You have a place, Eva" in eva.presses(f"{eva.own_page()}/offer", act="accept")

    # Ana waits first now. Once the session has begun, nobody is promoted or asked any more.
    assert "You are number 1 in the line" in ana.reads(ana.own_page())
    time_goes_on(post, STARTS_AT + timedelta(minutes=1))
    cy.presses(f"{cy.own_page()}/withdraw")
    assert "You are number 1 in the line" in ana.reads(ana.own_page())
    assert not ana.subject().startswith(("You have a place", "A place is free"))
