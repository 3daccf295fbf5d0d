"""What has to be proved before somebody signs up: facts on the left, verdict on the right."""

from datetime import UTC, datetime, timedelta

import pytest

from ecwi_events.registration.rules import Terms
from ecwi_events.registration.rules_proving import asks_host, may_mail, must_prove

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("terms", "has_link", "verdict"),
    [
        (Terms(), False, False),
        (Terms(needs_approval=True), False, False),
        (Terms(who="invited"), False, True),
        (Terms(who="invited"), True, False),
        (Terms(who="members"), False, False),
        (Terms(who="members", asks_for_proof=True), False, True),
        (Terms(who="members", asks_for_proof=True), True, True),  # the link says nothing about an organisation
        (Terms(most_per_organisation=2), False, False),
        (Terms(most_per_organisation=2, asks_for_proof=True), False, True),
        (Terms(who="invited", most_per_organisation=2, asks_for_proof=True), True, True),
        (Terms(asks_for_proof=True), False, False),  # the organisation does not matter
    ],
)
def test_whose_address_must_be_proved(terms, has_link, verdict):
    assert must_prove(terms, has_link=has_link) is verdict


@pytest.mark.parametrize(
    ("terms", "claims", "verdict"),
    [
        (Terms(), False, False),
        (Terms(who="members"), True, False),
        (Terms(who="members", asks_for_proof=True), True, True),
        (Terms(who="members", asks_for_proof=True), False, False),
        (Terms(needs_approval=True), False, True),
    ],
)
def test_about_whom_the_host_is_asked(terms, claims, verdict):
    assert asks_host(terms, claims=claims) is verdict


@pytest.mark.parametrize(
    ("minutes_ago", "verdict"),
    [
        ([], True),
        ([1, 2], True),
        ([1, 2, 3], False),
        ([1, 2, 60], True),
        ([100, 200, 300, 400, 500, 600, 700], True),
        ([100, 200, 300, 400, 500, 600, 700, 800], False),
        ([1440] * 20, True),
    ],
)
def test_how_often_one_address_is_written_to(minutes_ago, verdict):
    assert may_mail([NOW - minutes * MINUTE for minutes in minutes_ago], now=NOW) is verdict
