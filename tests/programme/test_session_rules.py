"""What may stand in the place of a session, and who reads it."""

import pytest

from ecwi_events.programme.session_rules import TELLS_ADDRESS, place_fault, shown_place

ADDRESSES = [
    "https://meet.example/secret", "Online: http://meet.example/secret", "HTTPS://MEET.EXAMPLE", "zoommtg://zoom.us/join",
    "zoom.us/j/123", "Room 5 or us02web.zoom.us/j/123?pwd=x", "Teams.Microsoft.com/l/meetup-join/1", "meet.google.com/abc",
    "https:\n//meet.example", "(school.webex.com)", "meet.jit.si/ours",
]  # fmt: skip
PLACES = [
    "",
    "Kindergarten 7, Lviv",
    "Zoom",
    "On Teams",
    "Room 3/4, 2nd floor",
    "c/o Dr. Ani Ito",
    "Hotel Zoom.usual",
    "St. Meet: 5",
]


@pytest.mark.parametrize("place", ADDRESSES)
def test_an_address_in_the_place_is_refused_and_an_older_one_is_shown_to_nobody(place):
    typed = place.replace("\n", "")
    assert place_fault(typed) == TELLS_ADDRESS
    assert shown_place(typed) is None


@pytest.mark.parametrize("place", PLACES)
def test_the_name_of_a_place_is_shown_to_all(place):
    assert place_fault(place) is None
    assert shown_place(place) == place


def test_no_place_is_no_place():
    assert shown_place(None) is None
