"""The code beside the link: only in the browser that asked, five tries, once; and mails that flood nobody."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.jobs import letters
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, Refused
from ecwi_events.mail import queries as mails
from ecwi_events.mail.letters import NotWanted
from ecwi_events.mail.models import Mail
from ecwi_events.people import rules, signing_in
from ecwi_events.people.models import Person
from ecwi_events.people.models_signing_in import BrowserSession, SignInToken, WrongTry
from tests.make import NOW, make_person

pytestmark = pytest.mark.usefixtures("app")
MINUTE = timedelta(minutes=1)
ANA = "ana@a.example"


def ask(address=ANA, *, browser="desk", now=NOW):
    with transaction():
        signing_in.request_sign_in(address, browser=browser, now=now)
    row_id = db.session.scalar(sa.select(sa.func.max(SignInToken.id)))
    return signing_in.find_mail(row_id, now=now)


def try_code(code, *, address=ANA, browser="desk", now=NOW):
    with transaction():
        return signing_in.try_code(code, browser=browser, address=address, now=now)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


@pytest.fixture
def ana():
    return make_person("Ana", ANA)


@pytest.mark.parametrize("spelled", ["{a}{b}", "{a} {b}", " {a}-{b}\u00a0"])
def test_the_code_signs_in_where_it_was_asked_for(ana, spelled):
    code = ask().code
    assert len(code) == 6 and code.isdecimal()
    assert try_code(spelled.format(a=code[:3], b=code[3:])).browser
    assert db.session.scalar(sa.select(BrowserSession.person_id)) == ana


@pytest.mark.parametrize(("browser", "address"), [("other", ANA), ("desk", "bo@a.example")])
def test_the_code_works_nowhere_else(ana, browser, address):
    make_person("Bo", "bo@a.example")
    code = ask().code
    assert try_code(code, browser=browser, address=address).browser is None
    assert try_code(code).browser, "and it is not spent by that"


def test_a_code_works_once_and_ends_the_link(ana):
    mail = ask()
    assert try_code(mail.code).browser
    assert try_code(mail.code).browser is None
    with pytest.raises(Refused), transaction():
        signing_in.sign_in(mail.link, now=NOW)


def test_the_link_used_where_it_was_asked_for_ends_the_code(ana):
    mail = ask()
    with transaction():
        signing_in.sign_in(mail.link, browser="desk", now=NOW)
    assert try_code(mail.code).browser is None


def test_a_scanner_that_presses_the_button_elsewhere_leaves_the_code_alone(ana):
    mail = ask()
    with transaction():
        signing_in.sign_in(mail.link, browser=None, now=NOW)
    assert try_code(mail.code).browser


def test_five_tries_and_then_not_even_the_right_code(ana):
    mail = ask()
    assert [try_code(wrong(mail.code)).tries_left for _ in range(5)] == [4, 3, 2, 1, 0]
    assert try_code(mail.code).browser is None
    assert signing_in.find_sign_in(mail.link, now=NOW), "the link goes on to work"


def test_a_new_mail_does_not_void_the_code_of_the_one_before(ana):
    first, second = ask(), ask()
    assert first.code != second.code
    assert try_code(first.code).browser


@pytest.mark.parametrize(("minutes", "works"), [(14, True), (15, False)])
def test_a_code_lives_as_long_as_the_link(ana, minutes, works):
    code = ask().code
    assert bool(try_code(code, now=NOW + minutes * MINUTE).browser) is works


@pytest.mark.parametrize("nonsense", ["", "12345", "1234567", "abcdef", "\x00" * 6, "½½½½½½"])
def test_what_is_no_whole_code_costs_no_try(ana, nonsense):
    code = ask().code
    with pytest.raises(Invalid) as refused:
        try_code(nonsense)
    assert refused.value.fields == {"code": "Enter the 6 digits of the code"}
    assert try_code(wrong(code)).tries_left == 4


def test_digits_of_other_scripts_are_digits(ana):
    eastern = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    code = ask().code
    assert try_code(wrong(code).translate(eastern)).tries_left == 4
    assert try_code(f"{code[:3]} {code[3:]}".translate(eastern)).browser


def test_ten_wrong_codes_within_15_minutes_and_the_account_waits_while_links_work(ana):
    for browser in ("one", "two"):
        code = ask(browser=browser).code
        for _ in range(5):
            try_code(wrong(code), browser=browser)
    mail = ask(browser="three")
    assert try_code(mail.code, browser="three").must_wait
    assert signing_in.find_sign_in(mail.link, now=NOW)
    assert try_code(ask(browser="three", now=NOW + 15 * MINUTE).code, browser="three", now=NOW + 15 * MINUTE).browser


def test_nobody_else_has_to_wait_because_of_it(ana):
    make_person("Bo", "bo@a.example")
    ask()
    with transaction() as session:
        account = session.scalar(sa.select(SignInToken.account))
        session.add_all(WrongTry(account=account, tried_at=NOW) for _ in range(10))
    assert try_code("000001").must_wait
    assert try_code(ask("bo@a.example", browser="bo").code, address="bo@a.example", browser="bo").browser


def test_a_disabled_or_merged_person_does_not_come_in_by_a_code(ana):
    code, other = ask().code, make_person("Bo", "bo@a.example")
    for column in ("disabled_at", "merged_into_id"):
        with transaction() as session:
            person = session.get(Person, ana)
            person.disabled_at, person.merged_into_id = None, None
            setattr(person, column, NOW if column == "disabled_at" else other)
        assert try_code(code).browser is None
        assert signing_in.find_mail(db.session.scalar(sa.select(SignInToken.id)), now=NOW) is None


def test_neither_link_nor_code_stands_in_the_database(ana):
    mail = ask()
    kept = str(
        [[list(row) for row in db.session.execute(sa.select(*t.__table__.columns))] for t in (SignInToken, Mail)]
    )
    assert mail.link not in kept and mail.code not in kept and "desk" not in kept


def test_the_same_row_number_never_gives_the_same_link_again(ana):
    first = ask()
    with transaction() as session:
        session.execute(sa.delete(SignInToken))
        session.execute(sa.delete(Mail))
    again = ask(now=NOW + MINUTE)
    assert first.link != again.link and first.code != again.code


def test_known_and_unknown_addresses_cost_the_same_statements(app, ana):
    seen = []

    def note(_connection, _cursor, statement, *_):
        seen.append(statement)

    def statements(act):
        seen.clear()
        act()
        return list(seen)

    def request(address):
        with transaction():
            signing_in.request_sign_in(address, browser=address, now=NOW)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert statements(lambda: request(ANA)) == statements(lambda: request("nobody@a.example"))
        codes = [lambda a=a: try_code("000001", address=a, browser=a) for a in (ANA, "nobody@a.example")]
        assert statements(codes[0]) == statements(codes[1])
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


def test_the_mail_to_nobody_is_dropped(app, ana):
    ask("nobody@a.example")
    mail = mails.find_mail(db.session.scalar(sa.select(Mail.id)))
    assert letters.letter_of(mail, None, now=NOW) == NotWanted("late")


def test_a_mail_says_link_and_code(ana):
    said = ask()
    mail = mails.find_mail(db.session.scalar(sa.select(Mail.id)))
    facts = letters.letter_of(mail, None, now=NOW).facts
    assert facts["code"].replace(" ", "") == said.code
    assert facts["link"] == f"http://events.test/sign-in/{said.link}"


@pytest.mark.parametrize(
    ("sent", "allowed"),
    [
        ([], True),
        ([0, 0], True),
        ([0, 0, 0], False),
        ([14, 20, 30], False),
        ([15, 20, 30], True),
        ([15, 30, 45, 59, 59, 59], False),
        ([15, 30, 45, 60, 60, 60], True),
    ],
)
def test_six_mails_an_hour_and_never_a_moment_without_a_link_that_works(sent, allowed):
    assert rules.may_mail_sign_in([NOW - m * MINUTE for m in sent], now=NOW) is allowed


def test_whoever_asks_all_the_time_for_another_leaves_that_person_a_link_that_works(ana):
    links = []
    for minute in range(0, 180, 3):
        now = NOW + minute * MINUTE
        with transaction():
            signing_in.request_sign_in(ANA, browser="a stranger", now=now)
        rows = db.session.scalars(sa.select(SignInToken.id).where(SignInToken.expires_at > now)).all()
        assert any(signing_in.find_mail(row, now=now) for row in rows)
        links = db.session.scalars(
            sa.select(SignInToken.created_at).where(SignInToken.created_at > now - 60 * MINUTE)
        ).all()
        assert len(links) <= 6


def test_what_is_of_no_more_use_is_forgotten(ana):
    ask()
    try_code("000001")
    with transaction():
        signing_in.forget_old(now=NOW + timedelta(days=2))
    assert db.session.scalars(sa.select(SignInToken)).all() == []
    assert db.session.scalars(sa.select(WrongTry)).all() == []
