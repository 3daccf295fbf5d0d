"""Second factors: codes from an app and from paper, each once; and the browsers that they make strong."""

from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa

from ecwi_events.kernel import tokens
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.people import browser_sessions, passkeys, queries, rules, second_factor, service
from ecwi_events.people.models import Role
from ecwi_events.people.models_signing_in import BrowserSession, OneTimeCodes, Passkey, RecoveryCode
from ecwi_events.people.second_factor import Proof
from tests.make import NOW, make_person

pytestmark = pytest.mark.usefixtures("app")
STEP = timedelta(seconds=30)
MINUTE = timedelta(minutes=1)
HALF = '{"id":"x","rawId":"x","type":"public-key"}'
WHOLE = (
    '{"id":"eA","rawId":"eA","type":"public-key","response":{"clientDataJSON":"e30",'
    '"attestationObject":"eA","authenticatorData":"eA","signature":"eA"}}'
)


@pytest.fixture
def ana():
    return make_person("Ana", "ana@a.example")


def start(person_id, *, now=NOW, device="Firefox on Linux"):
    with transaction():
        return browser_sessions.start(person_id, device=device, now=now)


def with_app(person_id) -> pyotp.TOTP:
    """A person whose app was confirmed half an hour ago."""
    before = NOW - 30 * MINUTE
    with transaction():
        second_factor.begin_app(person_id, now=before)
    app = pyotp.TOTP(second_factor.new_app_secret(person_id))
    with transaction():
        assert second_factor.confirm_app(person_id, app.at(before), now=before) is Proof.RIGHT
    return app


def prove(person_id, code, *, now=NOW):
    with transaction():
        return second_factor.prove(person_id, code, now=now)


def codes_for(person_id):
    with transaction():
        return second_factor.give_recovery_codes(person_id, now=NOW)


class TestApp:
    def test_it_counts_after_one_right_code_only(self, ana):
        with transaction():
            second_factor.begin_app(ana, now=NOW)
        app = pyotp.TOTP(second_factor.new_app_secret(ana))
        assert not second_factor.factors_of(ana).any
        assert prove(ana, app.at(NOW)) is Proof.WRONG
        with transaction():
            assert second_factor.confirm_app(ana, "000000", now=NOW) is Proof.WRONG
        with transaction():
            assert second_factor.confirm_app(ana, app.at(NOW), now=NOW) is Proof.RIGHT
        assert second_factor.factors_of(ana).any
        assert second_factor.new_app_secret(ana) is None, "it is shown no more"

    def test_one_code_works_once_and_an_older_one_not_after_it(self, ana):
        app = with_app(ana)
        assert prove(ana, app.at(NOW)) is Proof.RIGHT
        assert prove(ana, app.at(NOW)) is Proof.WRONG
        assert prove(ana, app.at(NOW - STEP)) is Proof.WRONG
        assert prove(ana, app.at(NOW + STEP), now=NOW + STEP) is Proof.RIGHT

    def test_the_code_that_confirmed_the_app_does_not_sign_in(self, ana):
        app = with_app(ana)
        before = NOW - 30 * MINUTE
        assert prove(ana, app.at(before), now=before) is Proof.WRONG

    @pytest.mark.parametrize(
        ("steps", "proof"), [(-2, "wrong"), (-1, "right"), (0, "right"), (1, "right"), (2, "wrong")]
    )
    def test_a_clock_may_be_half_a_minute_off(self, ana, steps, proof):
        assert prove(ana, with_app(ana).at(NOW + steps * STEP)) == proof

    def test_another_persons_code_is_wrong(self, ana):
        other = make_person()
        with_app(ana)
        assert prove(ana, with_app(other).at(NOW)) is Proof.WRONG

    def test_ten_wrong_codes_and_it_waits(self, ana):
        app = with_app(ana)
        assert [prove(ana, "000000") for _ in range(11)] == [Proof.WRONG] * 10 + [Proof.MUST_WAIT]
        assert prove(ana, app.at(NOW)) is Proof.MUST_WAIT
        later = NOW + 15 * MINUTE
        assert prove(ana, app.at(later), now=later) is Proof.RIGHT

    def test_the_secret_is_encrypted_and_void_under_another_key(self, ana):
        app = with_app(ana)
        stored = db.session.scalar(sa.select(OneTimeCodes.secret))
        assert app.secret not in stored
        tokens.configure("another key for this test")
        try:
            assert prove(ana, app.at(NOW)) is Proof.WRONG
        finally:
            tokens.configure("a key for tests only")

    def test_a_second_app_is_refused(self, ana):
        with_app(ana)
        with pytest.raises(Refused), transaction():
            second_factor.begin_app(ana, now=NOW)


class TestRecoveryCodes:
    def test_each_works_once_in_any_spelling(self, ana):
        first, second, *rest = codes_for(ana)
        assert len(rest) == 8
        assert prove(ana, first) is Proof.RIGHT
        assert prove(ana, first) is Proof.WRONG
        assert prove(ana, f" {second.upper().replace('-', ' ')}") is Proof.RIGHT
        assert second_factor.factors_of(ana).recovery_left == 8

    def test_new_ones_void_the_old_ones_and_others_have_theirs(self, ana):
        old, new = codes_for(ana), codes_for(ana)
        assert prove(ana, old[0]) is Proof.WRONG
        assert prove(make_person(), new[0]) is Proof.WRONG
        assert not set(old) & set(new)

    def test_they_are_kept_as_keyed_hashes(self, ana):
        codes = codes_for(ana)
        kept = str(db.session.scalars(sa.select(RecoveryCode.code_hash)).all())
        assert not [code for code in codes if code in kept or tokens.digest(code.replace("-", "")) in kept]

    def test_they_alone_are_no_second_factor_and_go_with_the_last_one(self, ana):
        with_app(ana)
        codes_for(ana)
        with transaction():
            second_factor.remove_app(ana, now=NOW)
        assert second_factor.factors_of(ana) == second_factor.Factors(has_app=False, passkeys=[], recovery_left=0)


class TestBrowsers:
    def test_a_renewed_browser_has_a_new_token_and_the_old_one_is_dead(self, ana):
        old = start(ana)
        who = queries.find_identity(old, now=NOW)
        with transaction():
            new = browser_sessions.renew(who.browser_id, strong=True, now=NOW)
        assert queries.find_identity(old, now=NOW) is None
        assert queries.find_identity(new, now=NOW).is_strong

    def test_a_browser_that_ended_cannot_be_renewed(self, ana):
        browser = start(ana)
        who = queries.find_identity(browser, now=NOW)
        with transaction():
            browser_sessions.sign_out(browser, now=NOW)
        with pytest.raises(NotFound), transaction():
            browser_sessions.renew(who.browser_id, strong=True, now=NOW)

    def test_after_half_an_hour_away_it_is_rested_until_the_factor_comes_again(self, ana):
        who = queries.find_identity(start(ana), now=NOW)
        with transaction():
            token = browser_sessions.renew(who.browser_id, strong=True, now=NOW)
        away = NOW + 30 * MINUTE
        assert queries.find_identity(token, now=away - MINUTE).is_strong
        assert not queries.find_identity(token, now=away).is_strong
        with transaction():
            browser_sessions.note_use(who.browser_id, now=away)
        seen = queries.find_identity(token, now=away + MINUTE)
        assert seen.is_rested and not seen.is_strong, "using another page does not wake it"
        with transaction():
            token = browser_sessions.renew(who.browser_id, strong=True, now=away)
        assert queries.find_identity(token, now=away).is_strong

    def test_last_use_is_written_every_five_minutes_at_most(self, ana):
        who = queries.find_identity(start(ana), now=NOW)
        seen = []
        for minutes in (4, 5, 9, 10):
            with transaction():
                browser_sessions.note_use(who.browser_id, now=NOW + minutes * MINUTE)
            seen.append(db.session.scalar(sa.select(BrowserSession.last_seen_at)) - NOW)
        assert seen == [0 * MINUTE, 5 * MINUTE, 5 * MINUTE, 10 * MINUTE]

    def test_a_role_that_comes_later_needs_signing_in_again(self, ana):
        browser = start(ana)
        with transaction():
            service.grant_role(ana, Role.OFFICE, now=NOW + MINUTE)
        assert queries.find_identity(browser, now=NOW + MINUTE) is None
        assert queries.find_identity(start(ana, now=NOW + MINUTE), now=NOW + MINUTE).runs_office

    def test_ending_one_or_all_others_or_all(self, ana):
        browsers = [start(ana) for _ in range(4)]
        foreign = start(make_person())
        ids = [queries.find_identity(b, now=NOW).browser_id for b in browsers]

        def alive():
            return [queries.find_identity(b, now=NOW) is not None for b in browsers]

        with transaction():
            browser_sessions.end_one(ana, ids[1], now=NOW)
        assert alive() == [True, False, True, True]
        with transaction():
            assert browser_sessions.end_others(ana, but=ids[0], now=NOW) == 2
        assert alive() == [True, False, False, False]
        assert [d.id for d in browser_sessions.devices_of(ana, now=NOW)] == [ids[0]]
        with transaction():
            browser_sessions.end_all(ana, now=NOW)
        assert alive() == [False] * 4
        assert queries.find_identity(foreign, now=NOW)

    def test_another_persons_browser_looks_as_if_it_did_not_exist(self, ana):
        foreign = queries.find_identity(start(make_person()), now=NOW).browser_id
        messages = set()
        for browser_id in (foreign, 999_999):
            with pytest.raises(NotFound) as refused, transaction():
                browser_sessions.end_one(ana, browser_id, now=NOW)
            messages.add(str(refused.value))
        assert len(messages) == 1

    def test_losing_all_factors_signs_out_everywhere(self, ana):
        with_app(ana)
        browser = start(ana)
        with transaction():
            second_factor.forget_all(ana, now=NOW)
        assert queries.find_identity(browser, now=NOW) is None
        assert not second_factor.factors_of(ana).any


class TestPasskeys:
    def owner(self, person_id):
        return passkeys.Owner(person_id, queries.find_identity(start(person_id), now=NOW).browser_id, "Ana")

    @pytest.mark.parametrize("answer", ["", "{}", "null", "[]", '{"id": 1}', "\x00", HALF, WHOLE])
    @pytest.mark.parametrize("act", ["register", "confirm"])
    def test_nonsense_is_refused(self, ana, act, answer):
        owner = self.owner(ana)
        with transaction():
            (passkeys.options_to_register if act == "register" else passkeys.options_to_confirm)(owner, now=NOW)
        with pytest.raises(Refused), transaction():
            if act == "register":
                passkeys.register(owner, answer, name="", now=NOW)
            else:
                passkeys.confirm(owner, answer, now=NOW)

    def test_without_a_question_no_answer_counts(self, ana):
        owner = self.owner(ana)
        with pytest.raises(Refused), transaction():
            passkeys.confirm(owner, "{}", now=NOW)

    def test_another_persons_passkey_cannot_be_removed(self, ana):
        with transaction() as session:
            session.add(Passkey(person_id=ana, credential_id="x", public_key=b"x", name="x", created_at=NOW))
        other, passkey_id = make_person(), db.session.scalar(sa.select(Passkey.id))
        with pytest.raises(NotFound), transaction():
            passkeys.remove(other, passkey_id, now=NOW)


@pytest.mark.parametrize(
    ("works_in_office", "is_host", "required", "hosts_too", "needs"),
    [
        (True, False, True, False, True),
        (True, False, False, True, False),
        (False, True, True, False, False),
        (False, True, True, True, True),
        (False, False, True, True, False),
    ],
)
def test_whose_rights_wait_for_a_second_factor(works_in_office, is_host, required, hosts_too, needs):
    verdict = rules.needs_second_factor(
        works_in_office=works_in_office, is_host=is_host, required=required, hosts_too=hosts_too
    )
    assert verdict is needs


@pytest.mark.parametrize(
    ("has_factor", "is_strong", "is_fresh", "may"),
    [(False, False, True, True), (False, False, False, False), (True, False, True, False), (True, True, True, True),
     (True, True, False, False)],
)  # fmt: skip
def test_a_mail_alone_never_changes_factors(has_factor, is_strong, is_fresh, may):
    assert rules.may_change_factors(has_factor=has_factor, is_strong=is_strong, is_fresh=is_fresh) is may
