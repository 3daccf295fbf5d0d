"""Calendar objects, read back by a strict reader of our own and by an independent one."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
import vobject
from hypothesis import given, settings
from hypothesis import strategies as st

from ecwi_events.calendars import events
from ecwi_events.calendars.events import Entry, FeedFacts, Method, Parties
from ecwi_events.kernel.text import clean_line, clean_prose
from tests.calendars import reader

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
FACTS = FeedFacts(
    "Programme; 2026, 2027", "Webinars, and more", "https://e.test/feeds/programme.ics", "https://e.test/"
)
PARTIES = Parties("ECWI; Events", "events@e.test", 'Olena "Lena" Koval, PhD', "olena@kyiv.example")
TEXT = st.text(max_size=120)


def entry(**facts) -> Entry:
    start = facts.pop("starts_at", datetime(2027, 1, 19, 13, 0, tzinfo=UTC))
    return Entry(
        **{
            "uid": f"session-{uuid.uuid4()}@events.test",
            "title": "Learning communities that last",
            "starts_at": start,
            "ends_at": start + timedelta(minutes=90),
            "zone": "Europe/Kyiv",
            "sequence": 0,
            "is_cancelled": False,
            "description": "Tue 19 January\n\nAbout: https://e.test/a/x",
            "place": "Online",
            "url": "https://e.test/a/x",
            "category": "Webinar",
            "created_at": NOW,
            "updated_at": NOW,
            **facts,
        }
    )


def test_a_feed_has_a_name_no_method_and_no_people():
    root = reader.check(events.feed(FACTS, [entry()]))
    assert root.one("NAME").text == root.one("X-WR-CALNAME").text == "Programme; 2026, 2027"
    assert root.one("REFRESH-INTERVAL").params == {"VALUE": "DURATION"}
    assert root.one("REFRESH-INTERVAL").value == root.one("X-PUBLISHED-TTL").value == "PT1H"
    assert root.one("SOURCE").params == {"VALUE": "URI"}


def test_a_download_has_no_name_because_outlook_would_make_a_new_calendar():
    root = reader.check(events.download([entry()]))
    assert sorted(p.name for p in root.properties) == ["CALSCALE", "PRODID", "VERSION"]


@pytest.mark.parametrize("method", Method)
def test_an_invitation_has_one_organiser_and_one_attendee_who_need_not_answer(method):
    cancelled = method is Method.CANCEL
    body = events.invitation(entry(is_cancelled=cancelled, sequence=3), method, PARTIES, now=NOW + timedelta(hours=1))
    root = reader.check(body, method=method.value, people=True)
    (event,) = root.kids("VEVENT")
    assert event.one("ORGANIZER").value == "mailto:events@e.test"
    attendee = event.one("ATTENDEE")
    assert attendee.value == "mailto:olena@kyiv.example"
    assert (attendee.params["PARTSTAT"], attendee.params["RSVP"]) == ("ACCEPTED", "FALSE")
    assert event.one("DTSTAMP").value == "20261121T100000Z"  # the time of sending
    assert event.one("SEQUENCE").value == "3"
    assert event.one("STATUS").value == ("CANCELLED" if cancelled else "CONFIRMED")


def test_a_cancelled_session_says_so_in_words_and_frees_the_time():
    (event,) = reader.check(events.feed(FACTS, [entry(is_cancelled=True)])).kids("VEVENT")
    assert event.one("SUMMARY").text == "Cancelled: Learning communities that last"
    assert (event.one("STATUS").value, event.one("TRANSP").value) == ("CANCELLED", "TRANSPARENT")


def test_a_postponed_session_is_cancelled_until_there_is_a_new_date():
    (event,) = reader.check(events.feed(FACTS, [entry(is_postponed=True)])).kids("VEVENT")
    assert event.one("SUMMARY").text == "Postponed: Learning communities that last"
    assert event.one("STATUS").value == "CANCELLED"


def test_a_feed_without_events_still_has_one_component_and_never_changes():
    body = events.feed(FACTS, [])
    root = reader.check(body)
    assert [part.name for part in root.parts] == ["VTIMEZONE"]
    assert body == events.feed(FACTS, [])


def test_the_same_facts_give_the_same_bytes_in_any_order():
    some = [
        entry(starts_at=NOW + timedelta(days=n), zone=zone)
        for n, zone in enumerate(("Europe/Kyiv", "Asia/Bishkek", "UTC"))
    ]
    assert events.feed(FACTS, some) == events.feed(FACTS, some[::-1])


def test_an_event_in_the_night_of_the_clock_change_goes_in_utc_and_its_neighbours_by_name():
    night = entry(starts_at=datetime(2027, 10, 31, 0, 0, tzinfo=UTC))  # 03:00 – 03:30 in Kyiv, the second time
    day = entry(starts_at=datetime(2027, 11, 1, 10, 0, tzinfo=UTC))
    first, second = reader.check(events.feed(FACTS, [night, day])).kids("VEVENT")
    assert first.one("DTSTART").value == "20271031T000000Z" and first.one("DTEND").value.endswith("Z")
    assert second.one("DTSTART").params == {"TZID": "Europe/Kyiv"}


def test_a_zone_with_an_irregular_year_goes_in_utc():
    root = reader.check(events.feed(FACTS, [entry(zone="Africa/Casablanca")]))
    assert not root.kids("VTIMEZONE")
    assert root.kids("VEVENT")[0].one("DTSTART").value == "20270119T130000Z"


@pytest.mark.parametrize(
    "zone", ["Europe/Kyiv", "America/New_York", "Europe/Dublin", "Asia/Kathmandu", "Australia/Sydney"]
)
def test_an_independent_reader_finds_the_same_instants_all_through_the_year(zone):
    # vobject knows zones by our VTIMEZONE alone, so a wrong block shows.
    some = [
        entry(starts_at=datetime(2026, 12, 3, 9, 0, tzinfo=UTC) + timedelta(days=11 * n), zone=zone) for n in range(34)
    ]
    body = events.feed(FACTS, some)
    ours = reader.check(body)
    theirs = {event.uid.value: event for event in vobject.readOne(body.decode()).vevent_list}
    assert len(theirs) == len(some)
    for wanted, event in zip(some, ours.kids("VEVENT"), strict=True):
        assert reader.span(event, ours) == (wanted.starts_at, wanted.ends_at)
        there = theirs[wanted.uid]
        assert there.dtstart.value.astimezone(UTC) == wanted.starts_at
        assert there.dtend.value.astimezone(UTC) == wanted.ends_at


@settings(max_examples=300, deadline=None)
@given(title=TEXT, description=TEXT)
def test_any_title_comes_back_as_the_same_text_from_three_readers(title, description):
    title, description = clean_line(title) or "x", clean_prose(description) or "x"
    body = events.feed(replace(FACTS, name=title), [entry(title=title, description=description)])
    root = reader.check(body)
    (event,) = root.kids("VEVENT")
    assert (root.one("NAME").text, event.one("SUMMARY").text, event.one("DESCRIPTION").text) == (
        title,
        title,
        description,
    )
    there = vobject.readOne(body.decode()).vevent
    assert (there.summary.value, there.description.value) == (title, description)
    (third,) = icalendar.Calendar.from_ical(body).events
    assert (str(third["summary"]), str(third["description"])) == (title, description)


@settings(max_examples=100, deadline=None)
@given(name=st.text(max_size=60))
def test_no_name_breaks_an_invitation(name):
    name = clean_line(name) or "x"
    body = events.invitation(entry(), Method.REQUEST, replace(PARTIES, attendee_name=name), now=NOW)
    reader.check(body, method="REQUEST", people=True)


def compare(before: bytes, after: bytes) -> dict[str, tuple[int, int]]:
    """Return the SEQUENCE of each UID in two versions."""
    versions = [
        {e.one("UID").value: int(e.one("SEQUENCE").value) for e in reader.check(b).kids("VEVENT")}
        for b in (before, after)
    ]
    assert set(versions[0]) <= set(versions[1])
    return {uid: (versions[0][uid], versions[1][uid]) for uid in versions[0]}


def test_the_comparison_of_two_versions_notices_a_lost_event():
    one, two = entry(), entry()
    with pytest.raises(AssertionError):
        compare(events.feed(FACTS, [one, two]), events.feed(FACTS, [two]))


def part(body: bytes, start: bytes, end: bytes) -> bytes:
    return body[body.index(start) : body.index(end)]


BROKEN = {
    "LF": lambda body: body.replace(b"\r\n", b"\n"),
    "long line": lambda body: body.replace(b"SUMMARY:", b"SUMMARY:" + b"x" * 80),
    "not escaped": lambda body: body.replace(b"SUMMARY:Learn", b"SUMMARY:Lea;rn"),
    "not balanced": lambda body: body.replace(b"END:VEVENT\r\n", b""),
    "byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "wrong zone": lambda body: body.replace(b"TZOFFSETTO:+0200", b"TZOFFSETTO:+0100"),
    "floating": lambda body: body.replace(b"DTSTART;TZID=Europe/Kyiv:2027", b"DTSTART:2027"),
    "duplicate UID": lambda body: body.replace(
        b"END:VCALENDAR", part(body, b"BEGIN:VEVENT", b"END:VCALENDAR") + b"END:VCALENDAR"
    ),
    "end before start": lambda body: body.replace(b"0119T163000", b"0119T143000"),
    "control character": lambda body: body.replace(b"CONFIRMED", b"CONFIRMED\x07"),
    "no zone": lambda body: body.replace(part(body, b"BEGIN:VTIMEZONE", b"BEGIN:VEVENT"), b""),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_the_strict_reader_notices_what_calendars_stumble_over(broken):
    body = events.feed(FACTS, [entry()])
    reader.check(body)
    assert broken(body) != body
    with pytest.raises((AssertionError, UnicodeDecodeError, KeyError)):
        reader.check(broken(body))
