"""Several addresses of one person: proved by a button, and nobody learns whose an address is."""

import pytest
import sqlalchemy as sa

from ecwi_events.jobs import letters
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.mail.letters import Sender
from ecwi_events.mail.models import Mail
from ecwi_events.mail.queries import find_mail
from ecwi_events.people import addresses, queries, rules
from ecwi_events.people.models import AddressProof, EmailAddress
from tests import make
from tests.make import NOW


def ask(person, address, *, now=NOW):
    with transaction():
        addresses.ask_for_proof(person, address, now=now)
    return addresses.token_of(db.session.scalar(sa.select(sa.func.max(AddressProof.id))))


def prove(token, *, now=NOW):
    with transaction():
        return addresses.prove(token, now=now)


def last_letter():
    mail = find_mail(db.session.scalar(sa.select(sa.func.max(Mail.id))))
    return mail, letters.letter_of(mail, Sender("office@events.test"), now=NOW)


def test_an_address_belongs_to_the_person_once_the_button_is_pressed_and_not_before(app):
    person = make.make_person(address="olena@people.example")
    token = ask(person, "O'Koval+net@Sub.People.Example")
    assert addresses.find_proof(token, now=NOW).name == "Olena Koval"
    assert queries.find_person_by_address("o'koval+net@sub.people.example") is None
    assert prove(token) == "O'Koval+net@Sub.People.Example"
    assert queries.find_person_by_address("o'koval+net@sub.people.example").id == person
    assert [one.is_primary for one in addresses.addresses_of(person)] == [True, False]
    with pytest.raises(Refused):
        prove(token)


def test_an_address_of_somebody_else_looks_the_same_and_cannot_be_taken(app):
    person, other = make.make_person(address="olena@people.example"), make.make_person("Other", "other@people.example")
    free = ask(person, "free@people.example")
    mail, letter = last_letter()
    assert (mail.address, bool(letter.facts["link"]), letter.to_name) == ("free@people.example", True, "Olena Koval")
    taken = ask(person, "OTHER@people.example")
    mail, letter = last_letter()
    assert (mail.address, letter.facts["link"], letter.to_name) == ("OTHER@people.example", "", "")
    assert addresses.waiting_addresses(person, now=NOW) == ["free@people.example", "OTHER@people.example"]
    with pytest.raises(Refused):
        prove(taken)
    assert prove(free)
    assert queries.find_person_by_address("other@people.example").id == other


def test_an_address_that_somebody_else_gets_in_between_is_not_taken_from_them(app):
    person = make.make_person(address="olena@people.example")
    token = ask(person, "late@people.example")
    other = make.make_person("Other", "late@people.example")
    with pytest.raises(Refused):
        prove(token)
    assert queries.find_person_by_address("late@people.example").id == other


def test_the_address_of_a_sign_up_is_proved_in_the_same_way(app):
    person = make.make_person(address="olena@people.example")
    assert addresses.addresses_of(person)[0].proved_at is None
    prove(ask(person, "olena@people.example"))
    assert addresses.addresses_of(person)[0].proved_at == NOW


def test_a_link_lives_for_a_day_and_there_are_few_of_them(app):
    person = make.make_person()
    token = ask(person, "free@people.example")
    assert addresses.find_proof(token, now=NOW + rules.PROOF_LIVES) is None
    assert addresses.find_proof("made up", now=NOW) is None
    for number in range(rules.MOST_PROOFS_A_DAY - 1):
        ask(person, f"free{number}@people.example")
    with pytest.raises(Refused, match="many links"):
        ask(person, "more@people.example")
    ask(person, "more@people.example", now=NOW + make.days(2))
    with pytest.raises(Invalid):
        ask(person, "no address", now=NOW + make.days(2))


def test_the_primary_address_is_a_proved_one_of_ones_own_and_is_not_removed(app):
    person, other = make.make_person(address="olena@people.example"), make.make_person("Other")
    prove(ask(person, "second@people.example"))
    first, second = addresses.addresses_of(person)
    with transaction():
        addresses.make_primary(person, second.id, now=NOW)
    assert queries.primary_address(person) == "second@people.example"
    assert (
        db.session.scalar(sa.select(sa.func.count()).where(EmailAddress.person_id == person, EmailAddress.is_primary))
        == 1
    )
    with pytest.raises(Refused), transaction():
        addresses.make_primary(person, first.id, now=NOW)
    with pytest.raises(Refused), transaction():
        addresses.remove(person, second.id, now=NOW)
    for act in (addresses.remove, addresses.make_primary):
        with pytest.raises(NotFound), transaction():
            act(other, first.id, now=NOW)
    with transaction():
        addresses.remove(person, first.id, now=NOW)
    assert len(addresses.addresses_of(person)) == 1
