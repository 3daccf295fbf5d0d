"""Whoever changes an account: its owner reads of it at every address that was proved, the removed one too."""

import pyotp
import pytest
import sqlalchemy as sa

from ecwi_events.jobs.letters_people import account_changed
from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail.letters import NotWanted, Sender
from ecwi_events.mail.models import Mail
from ecwi_events.mail.queries import find_mail
from ecwi_events.people import account_mail, addresses, second_factor, settings
from ecwi_events.people.models import EmailAddress, Person
from tests import make

FROM = Sender("events@events.test")


@pytest.fixture
def olena(app):
    """Somebody with a proved address."""
    person_id = make.make_person("Olena Koval", "olena@people.example")
    with transaction() as session:
        session.execute(sa.update(EmailAddress).values(proved_at=make.NOW))
    return person_id


def told() -> list[tuple[str, str]]:
    """Whom a mail of ours told what, in order."""
    rows = db.session.scalars(sa.select(Mail).where(Mail.kind == account_mail.KIND).order_by(Mail.id)).all()
    return [(row.address, account_changed(find_mail(row.id), FROM, make.NOW).facts["change"]) for row in rows]


def prove_another(person_id: int) -> None:
    with transaction():
        addresses.ask_for_proof(person_id, "new@people.example", now=make.NOW)
    proof = db.session.scalar(sa.text("SELECT max(id) FROM address_proof"))
    with transaction():
        addresses.prove(addresses.token_of(proof), now=make.NOW)


def test_a_new_a_chosen_and_a_removed_address_are_told_to_all_addresses(olena):
    prove_another(olena)
    new = next(one for one in addresses.addresses_of(olena) if not one.is_primary)
    added = "A new email address was added to your account."
    assert told() == [("olena@people.example", added), ("new@people.example", added)]
    with transaction():
        addresses.make_primary(olena, new.id, now=make.NOW)
        old = next(one for one in addresses.addresses_of(olena) if not one.is_primary)
        addresses.remove(olena, old.id, now=make.NOW)
    goes = "Our mails to you go to another email address now."
    gone = "An email address was removed from your account."
    assert sorted(told()[2:]) == sorted(
        (address, change) for change in (goes, gone) for address in ("new@people.example", "olena@people.example")
    )


def test_factors_that_come_and_go_are_told(olena):
    with transaction():
        second_factor.begin_app(olena, now=make.NOW)
    app = pyotp.TOTP(second_factor.new_app_secret(olena))
    with transaction():
        second_factor.confirm_app(olena, app.at(make.NOW), now=make.NOW)
        codes = second_factor.give_recovery_codes(olena, now=make.NOW)
        second_factor.prove(olena, codes[0], now=make.NOW)
        second_factor.remove_app(olena, now=make.NOW)
    acts = ("add_second_factor", "make_recovery_codes", "use_recovery_code", "remove_second_factor")
    assert [change for _, change in told()] == [account_mail.CHANGES[act] for act in acts]


def test_what_opens_no_door_and_what_did_not_happen_is_not_told(olena):
    with transaction():
        settings.change_settings(olena, settings.Settings(name="Olena Shevchenko"), today=make.NOW.date(), now=make.NOW)
        addresses.make_primary(olena, addresses.addresses_of(olena)[0].id, now=make.NOW)
        second_factor.prove(olena, "00000-00000", now=make.NOW)
        account_mail.tell_owner(olena, None, now=make.NOW)
    assert told() == []


def test_an_address_that_was_never_proved_reads_nothing(app):
    person_id = make.make_person("Ana", "ana@people.example")
    prove_another(person_id)
    assert [address for address, _ in told()] == ["new@people.example"]


def test_nobody_is_told_after_they_have_gone(olena):
    prove_another(olena)
    with transaction() as session:
        session.execute(sa.update(Person).values(disabled_at=make.NOW))
    mail = find_mail(db.session.scalar(sa.select(Mail.id).where(Mail.kind == account_mail.KIND)))
    assert account_changed(mail, FROM, make.NOW) == NotWanted("erased")
