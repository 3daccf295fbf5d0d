"""The written rules, one example each way. Facts are made by hand; no database."""

from datetime import date

import pytest

from ecwi_events.attendance.models import Verdict
from ecwi_events.overview.facts import Spell
from ecwi_events.overview.models import Additive, Basis, Qualifier
from ecwi_events.overview.statistics import DEFINITIONS
from ecwi_events.people.models import OrganisationKind
from ecwi_events.programme.models import ActivityStatus as Status
from ecwi_events.programme.models import MoneyStage, Payer
from tests.overview.facts_by_hand import (
    activity,
    body,
    declared,
    facts,
    figures,
    money,
    person,
    presence,
    printed,
    value,
)

MEMBER = body("A Member")
GUEST = body("A guest", spells=())
OFFICE = body("The office", kind=OrganisationKind.SECRETARIAT)


@pytest.mark.parametrize(
    ("status", "supported"),
    [(Status.DRAFT, 0), (Status.CANCELLED, 0), (Status.APPROVED, 1), (Status.PLANNED, 1), (Status.RUNNING, 1),
     (Status.ONGOING, 1), (Status.COMPLETED, 1), (Status.POSTPONED, 1)],
)  # fmt: skip
def test_supported_counts_from_approval_on_and_postponed_ones_too(status, supported):
    assert value(facts(activity(MEMBER, status=status)), "plas_supported") == supported


def test_a_pla_has_one_home_and_is_carried_without_being_counted_again():
    carried = activity(MEMBER, "2024-03-01", home_year=2023)
    counted = facts(carried, activity(MEMBER))
    assert (value(counted, "plas_supported"), value(counted, "plas_continued")) == (1, 1)


@pytest.mark.parametrize(
    ("values", "active"),
    [
        ({"period_start": date(2024, 5, 1), "period_end": date(2025, 1, 1), "status": Status.COMPLETED}, 1),
        ({"period_start": date(2023, 5, 1), "period_end": date(2024, 1, 1), "status": Status.COMPLETED}, 1),
        ({"period_start": date(2023, 5, 1), "period_end": date(2023, 9, 1), "status": Status.COMPLETED}, 0),
        ({"period_start": date(2024, 5, 1), "open_end": True, "status": Status.ONGOING}, 1),
        ({"period_start": date(2023, 5, 1), "open_end": True, "status": Status.ONGOING}, 1),
        ({"period_start": date(2023, 5, 1), "open_end": True, "status": Status.ONGOING, "home_year": 2023}, 0),
        ({"period_start": date(2025, 1, 1), "period_end": date(2025, 2, 1)}, 0),
        ({"period_start": date(2024, 5, 1), "period_end": date(2024, 6, 1), "status": Status.POSTPONED}, 0),
        ({"period_start": date(2024, 5, 1), "period_end": date(2024, 6, 1), "status": Status.PLANNED}, 0),
        ({}, 0),
    ],
)
def test_active_by_the_period_where_there_are_no_sessions(values, active):
    assert value(facts(activity(MEMBER, **values)), "plas_active") == active


def test_an_ongoing_pla_goes_on_where_something_is_declared_for_the_year():
    pla = activity(MEMBER, period_start=date(2023, 5, 1), open_end=True, status=Status.ONGOING, home_year=2023)
    told = declared("participants", 24, activity_id=pla.id, year=2024)
    assert value(facts(pla, declared=(told,)), "plas_continued") == 1
    assert value(facts(pla), "plas_continued") == 0


@pytest.mark.parametrize(("year", "supported"), [(2023, None), (2024, 1), (2025, 0), (2026, None)])
def test_none_is_said_only_of_a_year_that_has_begun_and_after_the_first_pla(year, supported):
    rows = [activity(MEMBER)] if year >= 2024 else []
    assert value(facts(*rows, year=year, as_of=date(2025, 6, 30)), "plas_supported") == supported


@pytest.mark.parametrize(
    ("days", "active"), [(["2024-12-31"], 1), (["2025-01-01"], 0), (["2023-12-31", "2024-01-01"], 1)]
)  # fmt: skip
def test_active_by_the_sessions_where_there_are_any(days, active):
    assert value(facts(activity(MEMBER, *days, period_start=date(2024, 1, 1))), "plas_active") == active


def test_a_session_after_the_as_of_date_is_not_held():
    pla = activity(MEMBER, "2024-03-01", "2024-09-01")
    assert value(facts(pla, as_of=date(2024, 8, 31)), "sessions_held") == 1
    assert value(facts(pla, as_of=date(2024, 9, 1)), "sessions_held") == 2


@pytest.mark.parametrize(
    ("status", "end", "finished"),
    [(Status.COMPLETED, date(2024, 12, 1), 1), (Status.COMPLETED, date(2025, 1, 1), 0),
     (Status.RUNNING, date(2024, 12, 1), 0)],
)  # fmt: skip
def test_finished_is_completed_with_its_end_in_the_year(status, end, finished):
    pla = activity(MEMBER, status=status, period_start=date(2024, 1, 1), period_end=end)
    assert value(facts(pla), "plas_finished") == finished


@pytest.mark.parametrize(
    ("host", "by_members"),
    [
        (MEMBER, 1),
        (GUEST, 0),
        (OFFICE, 0),
        (body(spells=(Spell(date(2024, 1, 15), None),)), 1),
        (body(spells=(Spell(date(2024, 1, 16), None),)), 0),
        (body(spells=(Spell(None, date(2024, 1, 14)),)), 0),
        (body(kind=OrganisationKind.SECRETARIAT), 0),
    ],
)
def test_organized_by_members_looks_at_the_lead_host_on_the_day_of_approval(host, by_members):
    assert value(facts(activity(host, co_hosts=[body("Another Member")])), "plas_organized_by_members") == by_members


def test_members_are_involved_by_a_role_or_by_presence_and_each_counts_once():
    one, two, three, four = body("One"), body("Two"), body("Three", country="MD"), body("Four")
    pla = activity(one, "2024-03-01", co_hosts=[two], contributors=[GUEST])
    postponed = activity(one, contributors=[four], status=Status.POSTPONED)
    people = [person(three), person(two), person(GUEST), person(None)]
    seen = [presence(pla.sessions[0], who) for who in people]
    counted = figures(facts(pla, postponed, people=tuple(people), presences=tuple(seen), organisations=[three]))
    assert counted["members_involved"].value == 4
    assert [entry.label for entry in counted["members_involved"].chosen.inputs] == ["Four", "One", "Three", "Two"]
    assert (counted["organising_members"].value, counted["participating_members"].value) == (2, 2)
    assert counted["countries_of_members_involved"].value == 2
    assert counted["unique_people"].value == 4


@pytest.mark.parametrize("verdict", [Verdict.ABSENT, Verdict.BRIEF, Verdict.EXCUSED])
def test_only_presence_involves(verdict):
    pla = activity(GUEST, "2024-03-01")
    who = person(MEMBER)
    seen = (presence(pla.sessions[0], who, verdict),)
    assert value(facts(pla, people=(who,), presences=seen, organisations=[MEMBER]), "members_involved") == 0


def test_a_membership_must_hold_on_the_day_of_the_session():
    late = body("Late", spells=(Spell(date(2024, 3, 2), None),))
    pla = activity(GUEST, "2024-03-01", "2024-03-02")
    who = person(late)
    seen = tuple(presence(session, who) for session in pla.sessions)
    assert (
        value(facts(pla, people=(who,), presences=seen[1:] + seen[:1], organisations=[late]), "members_involved") == 1
    )
    first_only = (seen[0], presence(pla.sessions[1], who, Verdict.ABSENT))
    assert value(facts(pla, people=(who,), presences=first_only, organisations=[late]), "members_involved") == 0


def test_complete_records_win_over_a_declared_figure_which_stands_beside():
    pla = activity(MEMBER)
    figure = figures(facts(pla, declared=(declared("members_involved", 31),)))["members_involved"]
    assert (figure.chosen.kind, figure.value) == ("computed", 1)
    assert [(other.kind, other.value) for other in figure.alternatives] == [("declared", 31)]


def test_a_declared_figure_wins_over_incomplete_records():
    pla = activity(MEMBER, records_complete=False)
    figure = figures(facts(pla, declared=(declared("members_involved", 31),)))["members_involved"]
    assert (figure.chosen.kind, figure.value) == ("declared", 31)
    assert [figure.definition.printed(other) for other in figure.alternatives] == ["at least 1"]


def test_an_override_wins_over_everything_and_keeps_its_reason():
    rows = (declared("members_involved", 31), declared("members_involved", 30, is_override=True, note="one merged"))
    figure = figures(facts(activity(MEMBER), declared=rows))["members_involved"]
    assert (figure.chosen.kind, figure.value, figure.chosen.note) == ("override", 30, "one merged")
    assert [other.kind for other in figure.alternatives] == ["computed", "declared"]


def test_incomplete_records_alone_are_a_lower_bound():
    assert printed(facts(activity(MEMBER, records_complete=False)), "members_involved") == "at least 1"


@pytest.mark.parametrize(
    ("additive", "sum_", "words"),
    [(Additive.YES, 28, "28"), (Additive.UNKNOWN, 19, "at least 19"), (Additive.NO, 19, "at least 19")],
)  # fmt: skip
def test_groups_are_summed_only_if_they_may_be(additive, sum_, words):
    pla = activity(MEMBER, period_start=date(2024, 5, 1), records_complete=False)
    rows = tuple(
        declared("participants", number, label=label, activity_id=pla.id, additive=additive)
        for label, number in (("education", 19), ("supervision", 9))
    )
    counted = facts(pla, declared=rows)
    assert (value(counted, "participations"), printed(counted, "participations")) == (sum_, words)


def test_participations_mix_records_and_declarations_and_never_sign_ups():
    recorded = activity(MEMBER, "2024-03-01")
    told = activity(MEMBER, period_start=date(2024, 5, 1), records_complete=False)
    signed = activity(MEMBER, period_start=date(2024, 5, 1), records_complete=False)
    who = person(MEMBER)
    counted = figures(
        facts(
            recorded, told, signed, people=(who,), presences=(presence(recorded.sessions[0], who),),
            declared=(
                declared("participants", 10, activity_id=told.id, basis=Basis.PEOPLE),
                declared("participants", 500, activity_id=signed.id, basis=Basis.REGISTRATIONS),
            ),
        )
    )["participations"]  # fmt: skip
    assert (counted.chosen.kind, counted.printed) == ("mixed", "at least 11")


def test_people_of_two_plas_are_two_participations_and_one_person():
    first, second = activity(MEMBER, "2024-03-01", "2024-03-08"), activity(MEMBER, "2024-04-01")
    who = person(MEMBER)
    seen = tuple(presence(session, who) for session in (*first.sessions, *second.sessions))
    counted = facts(first, second, people=(who,), presences=seen)
    assert (value(counted, "participations"), value(counted, "unique_people"), value(counted, "attendances")) == (
        2,
        1,
        3,
    )


def test_investment_takes_actual_lines_else_committed_ones_and_no_gifts_in_kind():
    one, two = activity(MEMBER), activity(MEMBER)
    lines = (
        money(one.id, 10_000), money(one.id, 90_000, stage=MoneyStage.COMMITTED), money(one.id, 5_000, in_kind=True),
        money(two.id, 20_000, Payer.SECRETARIAT, MoneyStage.COMMITTED), money(two.id, 1, stage=MoneyStage.PLANNED),
    )  # fmt: skip
    counted = figures(facts(one, two, money=lines))
    assert counted["investment"].printed == "300 Eur"
    assert counted["investment"].chosen.note.startswith("Provisional")
    assert counted["in_kind"].printed == "50 Eur"
    assert counted["funding_shares"].printed == "33% ISSA Members, 67% ISSA Secretariat"


def test_a_pla_without_money_lines_makes_the_sum_a_lower_bound():
    one, two = activity(MEMBER), activity(MEMBER)
    assert printed(facts(one, two, money=(money(one.id, 10_000),)), "investment") == "at least 100 Eur"


def test_other_currencies_count_by_the_rate_that_is_kept_with_them():
    pla = activity(MEMBER)
    abroad = money(pla.id, 40_000, Payer.OTHER, currency="MDL", rate_millionths=20_000_000)
    counted = figures(facts(pla, money=(money(pla.id, 2_000), abroad)))
    assert counted["investment"].printed == "40 Eur"
    assert counted["funding_shares"].printed == "50% ISSA Members, 50% Others"
    assert counted["investment"].chosen.inputs[1].label == "Others: 400.00 MDL, 20 Eur"


def test_amounts_without_a_rate_are_named_as_unknown_and_are_not_zero():
    pla = activity(MEMBER)
    counted = figures(facts(pla, money=(money(pla.id, 2_000), money(pla.id, 30_000, currency="MDL"))))
    assert counted["investment"].printed == "at least 20 Eur"
    assert "300.00 MDL" in counted["investment"].chosen.note
    alone = facts(pla, money=(money(pla.id, 100, currency="MDL"), money(pla.id, 5, currency="JPY", in_kind=True)))
    assert (
        value(alone, "investment") is None
        and value(alone, "funding_shares") is None
        and value(alone, "in_kind") is None
    )


def opening(**values):
    rows = {"opening_plas": 62, "opening_professionals": 13_000, "opening_first_year": 2011}
    return tuple(
        declared(name, number, year=2022, as_of=date(2022, 12, 31),
                 qualifier=Qualifier.MORE_THAN if name == "opening_professionals" else Qualifier.EXACT)
        for name, number in (rows | values).items()
    )  # fmt: skip


def test_later_years_are_counted_on_from_the_opening_balance():
    new = activity(MEMBER, "2024-03-01")
    held_later = activity(MEMBER, "2024-04-01", home_year=2022, status=Status.COMPLETED)
    carried = activity(MEMBER, "2024-05-01", home_year=2022)
    people = [person(MEMBER) for _ in range(600)]
    seen = [presence(new.sessions[0], who) for who in people]
    seen += [presence(held_later.sessions[0], who) for who in people[:7]]
    seen += [presence(carried.sessions[0], who) for who in people[:12]]
    before = declared("participants", 10, year=2022, activity_id=carried.id)
    counted = figures(
        facts(new, held_later, carried, people=tuple(people), presences=tuple(seen), declared=(*opening(), before))
    )  # fmt: skip
    assert counted["cumulative_plas"].value == 63  # the one of 2022 that was held later adds no PLA
    assert counted["cumulative_professionals"].value == 13_000 + 600 + 7 + 2
    assert counted["cumulative_professionals"].printed == "more than 13,500"
    assert counted["window_years"].value == 14


def test_an_exact_opening_balance_stays_exact_on_a_step():
    rows = tuple(row if row.statistic != "opening_professionals" else declared("opening_professionals", 13_000, year=2022)
                 for row in opening())  # fmt: skip
    assert printed(facts(activity(MEMBER), declared=rows), "cumulative_professionals") == "13,000"


def test_before_the_opening_balance_there_is_no_total():
    assert value(facts(activity(MEMBER, home_year=2021), year=2021, declared=opening()), "cumulative_plas") is None


def test_every_definition_has_a_rule_in_plain_sentences():
    for definition in DEFINITIONS:
        assert definition.rule.endswith(".") and len(definition.rule) < 320
        assert "{year}" in definition.long_label
    assert len({definition.id for definition in DEFINITIONS}) == len(DEFINITIONS)


@pytest.mark.parametrize(
    ("statistic", "value", "label"),
    [
        ("plas_supported", 6, "PLAs"),
        ("plas_supported", 1, "PLA"),
        ("plas_supported", 0, "PLAs"),
        ("members_involved", 1, "ISSA Member involved"),
        ("countries_of_members_involved", 1, "country"),
        ("unique_people", 1, "person"),
        ("plas_finished", 1, "PLAs finished"),
    ],
)
def test_one_thing_carries_no_plural(statistic, value, label):
    definition = next(entry for entry in DEFINITIONS if entry.id == statistic)
    assert definition.label_for(value) == label
