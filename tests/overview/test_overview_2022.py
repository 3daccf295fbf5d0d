"""The golden test: the printed Overview 2022 comes out of the imported facts, with its typing errors mended."""

from datetime import date

import pytest

from tests.overview.conftest import by_id, snapshot_of

FIGURES = {
    "plas_supported": (6, "6", "computed"),
    "plas_active": (5, "5", "computed"),
    "plas_finished": (2, "2", "computed"),
    "plas_postponed": (1, "1", "computed"),
    "plas_organized_by_members": (5, "5", "computed"),
    "members_involved": (31, "31", "declared"),
    "countries_of_members_involved": (18, "18", "declared"),
    "host_countries": (5, "5", "computed"),
    "participations": (484, "at least 484", "declared"),
    "investment": (24_354, "24,354 Eur", "declared"),
    "funding_shares": (None, "20% ISSA Members, 80% ISSA Secretariat", "declared"),
    "cumulative_plas": (62, "62", "declared"),
    "cumulative_professionals": (13_000, "more than 13,000", "declared"),
    "window_years": (12, "12", "declared"),
    "network_members": (85, "over 85", "declared"),
    "network_countries": (41, "41", "declared"),
}
UNKNOWN = (
    "plas_continued", "participating_members", "unique_people", "attendances", "sessions_held", "contact_hours", "in_kind",
    "webinars_held", "webinar_participations", "webinar_attendances",
)  # fmt: skip
SENTENCES = {
    "key": "six PLAs involving 31 ISSA Members from 18 countries",
    "organized": "Five of the PLAs were organized by Members",
    "cumulative": "62 PLAs and more than 13,000 professionals in the past 12 years",
    "network": "over 85 organizations from 41 countries",
}
# period, participants, host, country, structure: as printed, "2 hours of each" mended, capitals left to the look
LINES = [
    (
        "MAY 2022–JANUARY 2023", "19 participants on education and 9 on supervision", "Open Academy Step by Step", "Croatia",
        "2 online sessions of 4 hours each",
    ),
    (
        "SEPTEMBER 2022", "8", "Learning for Well-being Foundation", "The Netherlands", "2 online sessions of 2 hours each",
    ),
    (
        "MARCH–SEPTEMBER 2022", "423", "Ukrainian Step by Step Foundation", "Ukraine", "5 webinars of 1.5 hours each",
    ),
    (
        "SEPTEMBER 2022–APRIL 2023", "10", "For Our Children Foundation, Bulgaria", "Bulgaria",
        "2 study visits to the Netherlands (a group of professionals from Bulgaria and from Moldova)",
    ),
    (
        "POSTPONED", "The dissemination event is still to take place.", "Foundation for Education Initiatives Support",
        "Kyrgyzstan", "1 online session of 1 hour",
    ),
    (
        "ONGOING SINCE NOVEMBER 2022", "24", "International Step by Step Association", "The Netherlands",
        "regular online sessions of 1.5 hours each",
    ),
]  # fmt: skip


@pytest.fixture
def snapshot(year_2022):
    return snapshot_of(2022)


def test_the_figures_are_the_printed_ones(snapshot):
    figures = by_id(snapshot)
    assert {name: (f["value"], f["printed"], f["kind"]) for name, f in figures.items() if name in FIGURES} == FIGURES


def test_what_is_unknown_has_no_figure_and_no_zero(snapshot):
    assert not set(UNKNOWN) & set(by_id(snapshot))


def test_the_sentences_are_the_printed_ones(snapshot):
    assert {name: snapshot["sentences"][name] for name in SENTENCES} == SENTENCES
    assert "Autumn 2023" in snapshot["sentences"]["postponed"]


def test_each_profile_has_the_printed_lines(snapshot):
    found = []
    for profile in snapshot["profiles"]:
        box = {fact["label"]: fact["value"] for fact in profile["facts"]}
        found.append(
            (profile["period"].upper(), *(box[name] for name in ("Participants", "Host", "Country", "Structure")))
        )
    assert found == LINES
    fourth = {fact["label"]: fact["value"] for fact in snapshot["profiles"][3]["facts"]}
    assert fourth["Co-hosts"] == (
        "SOFT Tulip Foundation, The Netherlands; Centre of Early Childhood Intervention Voinicel, Moldova"
    )


def test_the_postponed_pla_has_planned_outcomes_and_a_resource(snapshot):
    postponed = snapshot["profiles"][4]
    assert (postponed["status"], postponed["outcomes_heading"]) == ("postponed", "Planned outcomes")
    assert [resource["title"] for resource in postponed["resources"]] == ["ECM 2021 in Russian and in Kyrgyz"]


def test_declared_figures_name_their_source_and_computed_ones_stand_beside(snapshot):
    figures = by_id(snapshot)
    for figure in figures.values():
        assert figure["source"] or figure["kind"] == "computed"
    members = figures["members_involved"]
    assert [(other["kind"], other["value"], other["printed"]) for other in members["alternatives"]] == [
        ("computed", 7, "at least 7")
    ]
    assert [entry["kind"] for entry in members["inputs"]] == ["declared"]
    assert {entry["kind"] for entry in figures["plas_supported"]["inputs"]} == {"activity"}
    assert len(figures["plas_supported"]["inputs"]) == 6


def test_the_shares_are_parts(snapshot):
    assert by_id(snapshot)["funding_shares"]["parts"] == [
        {"label": "ISSA Members", "value": 20, "printed": "20%"},
        {"label": "ISSA Secretariat", "value": 80, "printed": "80%"},
    ]


def test_the_headline_is_that_of_2022(snapshot):
    assert snapshot["headline"] == ["plas_supported", "members_involved", "countries_of_members_involved", "investment"]


def test_tokens_are_filled_in_and_nothing_stops_the_publication(snapshot):
    assert snapshot["errors"] == []
    assert "Five of the six PLAs took place" in snapshot["texts"]["introduction"]
    assert "over 85 organizations from 41 countries" in snapshot["texts"]["about"]


def test_the_checks_see_the_slips_of_2022(snapshot):
    codes = [warning["code"] for warning in snapshot["warnings"]]
    assert codes.count("duplicate_strapline") == 1
    assert codes.count("unknown_basis") == 5
    assert codes.count("declared_beside_computed") == 4
    assert "typing" not in codes


def test_hosts_supporters_contact_and_no_webinars(snapshot):
    assert [(host["organisation"], host["role"]) for host in snapshot["hosts"]][3:6] == [
        ("For Our Children Foundation", "host"),
        ("SOFT Tulip Foundation", "co_host"),
        ("Centre of Early Childhood Intervention Voinicel", "co_host"),
    ]
    assert snapshot["supporters"] == [{"name": "Bernard van Leer Foundation"}]
    assert snapshot["contact"]["email"] == "membership@issa.nl"
    assert snapshot["webinars"] == {"rows": [], "figures": []}
    assert snapshot["continued"] == []


def test_at_the_end_of_2022_two_closed_periods_lay_ahead_and_print_the_same(year_2022):
    then = snapshot_of(2022, date(2022, 12, 31))
    assert [profile["period"].upper() for profile in then["profiles"]] == [line[0] for line in LINES]
    assert by_id(then)["plas_finished"]["value"] == 2


def test_the_next_year_counts_on_from_the_opening_balance(year_2022):
    figures = by_id(snapshot_of(2023))
    assert figures["plas_supported"]["value"] == 0
    assert figures["plas_continued"]["value"] == 2
    assert "members_involved" not in figures, "at least none is no news"
    assert (figures["cumulative_plas"]["value"], figures["cumulative_plas"]["kind"]) == (62, "mixed")
    assert figures["cumulative_professionals"]["printed"] == "more than 13,000"
    assert figures["window_years"]["value"] == 13
    snapshot = snapshot_of(2023)
    assert snapshot["sentences"]["key"] == "No PLAs were supported in 2023"
    assert [profile["title"] for profile in snapshot["continued"]] == [
        "Peer-to-peer online workshop on video coaching",
        "Knowledge sharing for a high-quality workforce in early childhood intervention",
    ]
    assert "silent_ongoing" in [warning["code"] for warning in snapshot["warnings"]]


def test_an_earlier_year_knows_nothing_and_says_no_zeros(year_2022):
    snapshot = snapshot_of(2021)
    assert set(by_id(snapshot)) == {"network_members", "network_countries"}
    assert snapshot["sentences"]["key"] is None
    assert snapshot["sentences"]["cumulative"] is None
