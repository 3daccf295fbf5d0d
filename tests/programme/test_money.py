from datetime import date

import pytest
import sqlalchemy as sa

from ecwi_events.journal.models import JournalEntry
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound
from ecwi_events.programme import money, queries_money, rules_money
from ecwi_events.programme.models import MoneyLine, MoneyStage, Payer
from ecwi_events.programme.money import TypedLine
from ecwi_events.programme.rules_money import Line
from tests import make
from tests.make import NOW


def line(payer="members", cents=100, *, stage="actual", in_kind=False, said="1.00 Eur"):
    return Line(payer, stage, in_kind, cents, said)


def test_shares_add_up_to_a_hundred_and_in_kind_is_beside_the_sum():
    found = rules_money.summed(
        [line(cents=100), line("secretariat", 100), line("other", 100), line(cents=900, in_kind=True)], "actual"
    )
    assert found.cents == 300 and found.in_kind_cents == 900
    assert [(share.payer, share.percent) for share in found.shares] == [
        ("members", 34),
        ("secretariat", 33),
        ("other", 33),
    ]


def test_each_stage_has_a_sum_of_its_own():
    lines = [line(cents=100), line(cents=5, stage="committed"), line(cents=7, stage="planned")]
    assert [rules_money.summed(lines, stage).cents for stage in ("actual", "committed", "planned")] == [100, 5, 7]


def test_a_line_without_a_rate_is_named_and_is_no_zero():
    found = rules_money.summed([line(cents=100), line(cents=None, said="3,000.00 Usd")], "actual")
    assert (found.cents, found.unknown) == (100, ("3,000.00 Usd",))
    gift = rules_money.summed([line(cents=None, said="5 Jpy", in_kind=True)], "actual")
    assert (gift.cents, gift.shares, gift.unknown, gift.in_kind_unknown) == (0, (), (), ("5 Jpy",))


@pytest.mark.parametrize(
    ("typed", "faults"),
    [
        ({"amount": "1.234"}, {"amount"}),
        ({"currency": "EURO"}, {"currency"}),
        ({"currency": "USD", "rate": "1.0823"}, {"rate_on"}),
        ({"currency": "USD", "rate": "1.0823", "rate_on": date(2026, 11, 22)}, {"rate_on"}),
        ({"rate": "1.0823", "rate_on": date(2026, 11, 20)}, {"rate"}),
        ({"currency": "USD", "rate": "0.0099", "rate_on": date(2026, 11, 20)}, {"rate"}),
        ({"currency": "USD", "rate": "100001", "rate_on": date(2026, 11, 20)}, {"rate"}),
        ({"currency": "LBP", "rate": "10000001", "rate_on": date(2026, 11, 20)}, {"rate"}),
        ({"currency": "USD", "rate": "one", "amount": "-1"}, {"rate", "amount", "rate_on"}),
    ],
)
def test_what_cannot_be_an_amount_is_said_at_once(typed, faults):
    values = {"amount": "5", "currency": "EUR", "rate": "", "rate_on": None} | typed
    with pytest.raises(Invalid) as no:
        rules_money.read_amount(**values, today=date(2026, 11, 21))
    assert set(no.value.fields) == faults


def test_the_rate_of_the_euro_is_not_asked():
    read = rules_money.read_amount("5", "eur", " ", date(2026, 1, 1), today=date(2026, 11, 21))
    assert (read.minor, read.currency, read.rate_millionths, read.rate_on) == (500, "EUR", None, None)


def typed(amount="1234.50", **values):
    return TypedLine(Payer.MEMBERS, MoneyStage.ACTUAL, amount, **values)


def test_a_line_is_added_changed_and_removed_and_the_journal_tells(app):
    activity_id, payer = make.make_activity(), make.make_organisation("Payer")
    with transaction():
        line_id = money.add_line(activity_id, typed(payer_id=payer, funder_id=payer), now=NOW)
    with transaction():
        changed = typed("1000", currency="USD", rate="1.0823", rate_on=date(2026, 11, 20), in_kind=True)
        money.change_line(activity_id, line_id, changed, now=NOW)
    [found] = queries_money.lines_of(activity_id)
    assert (found.said, found.euro_cents, found.in_kind, found.payer_id) == ("1,000.00 USD", 92_396, True, None)
    with transaction():
        money.remove_line(activity_id, line_id, now=NOW)
    assert db.session.scalar(sa.select(sa.func.count(MoneyLine.id))) == 0
    entries = db.session.execute(
        sa.select(JournalEntry.act, JournalEntry.before)
        .where(JournalEntry.subject == "money_line")
        .order_by(JournalEntry.id)
    ).all()
    assert [entry.act for entry in entries] == ["add_money_line", "change_money_line", "remove_money_line"]
    assert '"amount_minor":100000' in entries[-1].before


def test_the_secretariat_as_payer_needs_no_organisation(app):
    activity_id, other = make.make_activity(), make.make_organisation()
    with transaction():
        money.add_line(activity_id, TypedLine(Payer.SECRETARIAT, MoneyStage.PLANNED, "5", payer_id=other), now=NOW)
    assert queries_money.lines_of(activity_id)[0].payer_id is None


@pytest.mark.parametrize("values", [{"payer_id": 10**6}, {"funder_id": 0}])
def test_organisations_that_nobody_knows_are_refused(app, values):
    activity_id = make.make_activity()
    with pytest.raises(Invalid, match="from the list"), transaction():
        money.add_line(activity_id, typed(**values), now=NOW)


def test_a_line_of_another_activity_looks_as_if_it_did_not_exist(app):
    one, other = make.make_activity(), make.make_activity()
    with transaction():
        line_id = money.add_line(one, typed(), now=NOW)
    with pytest.raises(NotFound), transaction():
        money.change_line(other, line_id, typed(), now=NOW)
    with pytest.raises(NotFound), transaction():
        money.remove_line(other, line_id, now=NOW)
    with pytest.raises(NotFound), transaction():
        money.add_line(10**6, typed(), now=NOW)
