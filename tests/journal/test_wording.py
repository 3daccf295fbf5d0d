"""What the journal says in words."""

import pytest

from ecwi_events.journal import rules, wording


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({}, {"co_host_ids": [], "theme": None, "home_year": 2027}, ["Year of the overview: 2027"]),
        ({"co_host_ids": []}, {"co_host_ids": [4, 7]}, ["Co-hosts: none → number 4, number 7"]),
        ({"host_id": 3}, {"host_id": None}, ["Host organisation: number 3 → none"]),
        ({"open_end": False}, {"open_end": True}, ["Has no planned end: no → yes"]),
        ({}, {"title": "changed"}, ["Title: changed"]),
        ({"contributors": 1}, {"contributors": 0}, ["Presenters and trainers: 1 → 0"]),
    ],
)
def test_changes_are_told_in_words(before, after, lines):
    assert wording.changes(before, after) == lines


def test_no_field_of_an_activity_shows_how_we_store_it():
    for name in rules.CLEAR["activity"]:
        (line,) = wording.changes({name: 1}, {name: 2})
        assert " id:" not in line and " ids:" not in line and "_" not in line
