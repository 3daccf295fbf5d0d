"""A way in without a password: one purpose, a short life, spent once by a button."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.mail.models import Mail
from ecwi_events.people import browser_sessions, queries, service, signing_in
from ecwi_events.people.models import EmailAddress, Organisation, Person, Role
from ecwi_events.people.models_signing_in import BrowserSession, SignInToken
from tests.make import NOW, make_organisation, make_person

pytestmark = pytest.mark.usefixtures("app")
MINUTE = timedelta(minutes=1)


def issue(person_id):
    with transaction():
        return signing_in.issue_sign_in_token(person_id, now=NOW)


def use(token, *, now=NOW):
    with transaction():
        return signing_in.sign_in(token, now=now)


def test_looking_at_a_link_spends_nothing_and_the_button_spends_it():
    person_id = make_person("Ana")
    token = issue(person_id)
    assert [signing_in.find_sign_in(token, now=NOW).name for _ in range(3)] == ["Ana"] * 3
    browser = use(token)
    assert queries.find_identity(browser, now=NOW).person_id == person_id
    assert signing_in.find_sign_in(token, now=NOW) is None
    with pytest.raises(Refused):
        use(token)


@pytest.mark.parametrize(("minutes", "works"), [(14, True), (15, False), (60, False)])
def test_a_link_lives_for_fifteen_minutes(minutes, works):
    token = issue(make_person())
    assert (signing_in.find_sign_in(token, now=NOW + minutes * MINUTE) is not None) is works


def test_an_invented_link_is_refused():
    with pytest.raises(Refused):
        use("invented")


def test_neither_links_nor_browsers_can_be_read_out_of_the_database():
    token = issue(make_person())
    browser = use(token)
    stored = db.session.scalars(sa.select(SignInToken.token_hash)).all()
    stored += db.session.scalars(sa.select(BrowserSession.token_hash)).all()
    assert token not in stored
    assert browser not in stored


def test_signing_out_kills_the_cookie():
    browser = use(issue(make_person()))
    with transaction():
        browser_sessions.sign_out(browser, now=NOW)
    assert queries.find_identity(browser, now=NOW) is None


def test_a_browser_session_ends_after_fourteen_days_of_use():
    browser = use(issue(make_person()))
    for hours in range(11, 14 * 24, 11):
        at = NOW + timedelta(hours=hours)
        with transaction():
            browser_sessions.note_use(queries.find_identity(browser, now=at).browser_id, now=at)
    assert queries.find_identity(browser, now=NOW + timedelta(days=14) - MINUTE) is not None
    assert queries.find_identity(browser, now=NOW + timedelta(days=14)) is None


def test_a_browser_that_is_not_used_for_twelve_hours_is_signed_out():
    browser = use(issue(make_person()))
    assert queries.find_identity(browser, now=NOW + timedelta(hours=12) - MINUTE) is not None
    assert queries.find_identity(browser, now=NOW + timedelta(hours=12)) is None


def test_a_disabled_person_cannot_come_in_by_any_way():
    person_id = make_person(address="ana@a.example")
    token, browser = issue(person_id), use(issue(person_id))
    with transaction() as session:
        session.get(Person, person_id).disabled_at = NOW
    assert queries.find_identity(browser, now=NOW) is None
    with pytest.raises(Refused):
        use(token)
    with transaction():
        signing_in.request_sign_in("ana@a.example", browser="b", now=NOW)
    assert db.session.scalars(sa.select(Mail.address)).all() == [""]


def test_asking_for_a_link_mails_it_to_known_addresses_only():
    make_person(address="ana@a.example")
    for address in (" ANA@a.example", "nobody@a.example"):
        with transaction():
            signing_in.request_sign_in(address, browser="b", now=NOW)
    sent = sa.select(Mail.kind, Mail.address, Mail.person_id.is_not(None)).order_by(Mail.id)
    assert db.session.execute(sent).all() == [
        ("people.sign_in", "ana@a.example", True), ("people.sign_in", "", False)
    ]  # fmt: skip


def proved():
    found = sa.select(EmailAddress.normalised).where(EmailAddress.proved_at.is_not(None)).order_by(EmailAddress.id)
    return db.session.scalars(found).all()


@pytest.mark.parametrize("by", ["link", "code"])
def test_the_mail_by_which_somebody_signs_in_proves_its_address_and_no_other(by):
    ana = make_person(address="ana@a.example")
    make_person(address="boris@b.example")
    with transaction():
        db.session.add(EmailAddress(person_id=ana, address="a@c.example", normalised="a@c.example", is_primary=False))
        for address in ("ana@a.example", "boris@b.example"):
            signing_in.request_sign_in(address, browser="b", now=NOW)
    row = db.session.scalar(sa.select(SignInToken.id).where(SignInToken.person_id == ana))
    assert proved() == []
    code = signing_in.find_mail(row, now=NOW).code
    with transaction():
        if by == "link":
            signing_in.sign_in(signing_in.token_of(row), now=NOW)
        else:
            assert signing_in.try_code(code, browser="b", address="ana@a.example", now=NOW).browser
    assert proved() == ["ana@a.example"]


def test_an_operators_link_went_to_no_address_and_proves_none():
    use(issue(make_person(address="ana@a.example")))
    assert proved() == []


def test_roles_are_facts_of_the_identity():
    person_id, organisation_id = make_person(), make_organisation()
    with transaction():
        for _ in range(2):
            service.grant_role(person_id, Role.HOST, organisation_id=organisation_id, now=NOW)
        service.grant_role(person_id, Role.OFFICE, now=NOW)
    identity = queries.find_identity(use(issue(person_id)), now=NOW)
    assert (identity.runs_office, identity.host_of, identity.roles) == (
        True, frozenset({organisation_id}), frozenset({Role.HOST, Role.OFFICE})
    )  # fmt: skip


def test_a_host_is_host_of_an_organisation():
    with pytest.raises(Refused), transaction():
        service.grant_role(make_person_in_this_transaction(), Role.HOST, now=NOW)


def make_person_in_this_transaction():
    return service.create_person("Ana", "ana@a.example", now=NOW)


def test_an_address_belongs_to_one_person():
    make_person("Ana", "ana@a.example")
    with pytest.raises(Refused), transaction():
        service.create_person("Bo", "ANA@a.example", now=NOW)
    with pytest.raises(Invalid) as invalid, transaction():
        service.create_person("", "nonsense", now=NOW)
    assert set(invalid.value.fields) == {"name", "email"}
    with pytest.raises(NotFound):
        service.get_person_id("bo@a.example")


def test_two_organisations_cannot_be_known_by_one_name():
    make_organisation("Example Centre")
    with pytest.raises(Refused), transaction():
        service.create_organisation("EXAMPLE  centre", country="NL", now=NOW)


def test_a_proved_second_address_gets_the_link_itself_so_that_a_lost_one_locks_nobody_out():
    person_id = make_person("Ana", "ana@work.example")
    with transaction() as session:
        session.add(EmailAddress(person_id=person_id, address="ana@home.example", normalised="ana@home.example",
                                 is_primary=False, proved_at=NOW))  # fmt: skip
        session.add(EmailAddress(person_id=person_id, address="ana@new.example", normalised="ana@new.example",
                                 is_primary=False))  # fmt: skip
    for address in ("ana@home.example", "ana@new.example"):
        with transaction():
            signing_in.request_sign_in(address, browser="this one", now=NOW)
    assert db.session.scalars(sa.select(Mail.address).order_by(Mail.id)).all() == [
        "ana@home.example",
        "ana@work.example",
    ]


def test_a_key_that_a_merged_organisation_holds_is_not_given_twice():
    with transaction():
        first = service.create_organisation("Ibex Quarter", country="MD", now=NOW)
        second = service.create_organisation("Another body", country="MD", key="ibex-quarter", now=NOW)
    keys = dict(db.session.execute(sa.select(Organisation.id, Organisation.key)).all())
    assert (keys[first], keys[second]) == ("ibex-quarter", "ibex-quarter-2")
