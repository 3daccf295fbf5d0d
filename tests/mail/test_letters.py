"""Every kind of mail, as it arrives: form, fields, words, times, and what travels with it."""

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.mail import message, rendering, rules
from ecwi_events.mail.letters import CalendarFile, Letter, Sender
from ecwi_events.mail.message import wire_address
from ecwi_events.mail.rendering import as_text
from ecwi_events.people.models import Person
from ecwi_events.registration import queries
from ecwi_events.registration import service as registration
from ecwi_events.registration.models import Registration
from tests import make
from tests.calendars import reader
from tests.mail.showing import KINDS, every_kind, make_series, make_webinar

OLENA = ("Olena Koval", "olena@kyiv.example")


def of_kind(post, kind, to=""):
    return next(m for m in post.mails() if m["X-Mail-Kind"] == kind and to in str(m["To"]))


def text_of(mail) -> str:
    return mail.get_body(("plain",)).get_content()


def html_of(mail) -> str:
    return mail.get_body(("html",)).get_content()


def calendar_parts(mail):
    return [p for p in mail.walk() if p.get_content_type() in {"text/calendar", "application/ics"}]


@pytest.fixture
def all_kinds(post):
    every_kind(post)
    mails = post.mails()
    assert {mail["X-Mail-Kind"] for mail in mails} == KINDS
    assert {state for state, _ in post.states()} == {"sent"}
    return mails


class TestEveryKind:
    def test_has_its_header_fields(self, all_kinds):
        for mail in all_kinds:
            for name in ("Date", "Message-ID", "Subject", "From", "To", "Reply-To", "Content-Language"):
                assert len(mail.get_all(name)) == 1, name
            assert mail["Auto-Submitted"] == "auto-generated"
            assert mail["X-Auto-Response-Suppress"] == "OOF, AutoReply"
            assert mail["Content-Language"] == "en"
            assert str(mail["From"]) == "ISSA Learning Together <events@events.test>"
            assert len(mail["To"].addresses) == 1 and mail["Cc"] is None and mail["Bcc"] is None
            assert re.fullmatch(r"<[0-9a-f-]{36}@events\.test>", mail["Message-ID"])
            assert mail["Precedence"] is None

    def test_is_seven_bit_with_short_lines(self, post, all_kinds):
        for body in post.raw():
            assert max(body) < 128
            head, _, rest = body.partition(b"\r\n\r\n")
            assert b"\n" not in body.replace(b"\r\n", b"")
            lines = [line for line in rest.split(b"\r\n") if not line.startswith(b"Content-")]
            assert max(map(len, lines)) <= 78
            assert not re.search(rb"^[A-Za-z-]+:[ ]*$", head, re.MULTILINE), "a field that begins on the next line"

    def test_has_a_plain_text_that_is_complete_by_itself(self, all_kinds):
        for mail in all_kinds:
            text, html = text_of(mail), html_of(mail)
            links = set(re.findall(r'href="(http://events\.test/[^"]+)"', html)) - {"http://events.test/"}
            private = {link for link in links if "/m/" in link or "/sign-in/" in link}
            assert private and all(link in text for link in private)
            assert mail.get_body(("plain",)).get_content_type() == "text/plain"
            assert "{" not in text and "None" not in text and "{" not in as_text(html) and "None" not in as_text(html)

    def test_keeps_to_the_looks_that_mail_can_show(self, all_kinds):
        for mail in all_kinds:
            html = html_of(mail)
            assert len(html.encode()) < 20_000
            assert '<html lang="en">' in html
            assert not re.search(r"<img|<script|<link|url\(|@import|<form|#000|onclick", html)
            assert html.count('class="button"') <= 1

    def test_shows_its_readers_zone_first_then_the_hosts_then_utc(self, post, all_kinds):
        expected = {
            "olena": "Tue 19 January 2027, 15:00 – 16:30 · Kyiv time (UTC+2)",
            "aida": "Tue 19 January 2027, 19:00 – 20:30 · Bishkek time (UTC+6)",
            "rosa": "Tue 19 January 2027, 08:00 – 09:30 · Lima time (UTC-5)",
        }
        for who, line in expected.items():
            kind = "registration.waiting" if who == "aida" else "registration.confirmed"
            lines = text_of(of_kind(post, kind, to=who)).splitlines()
            at = lines.index(line)
            assert lines[at + 1 : at + 3] == ["14:00 – 15:30 in Amsterdam (UTC+1)", "13:00 – 14:30 UTC"]
            assert line in as_text(html_of(of_kind(post, kind, to=who)))

    def test_tells_no_token_of_another_person(self, post, all_kinds):
        rows = db.session.execute(sa.select(Registration.uid, Registration.person_id, Registration.link_version)).all()
        tokens = {row.person_id: queries.token_of(row.uid, row.link_version) for row in rows}
        mails = {mail["Message-ID"]: mail for mail in all_kinds}
        for row in post.rows():
            body = mails[row.message_id]
            everything = str(body) + text_of(body) + html_of(body)
            everything += "".join(p.get_payload(decode=True).decode() for p in calendar_parts(body))
            assert not [t for person, t in tokens.items() if person != row.person_id and t in everything]

    def test_brings_calendar_entries_exactly_where_somebody_has_or_had_a_place(self, all_kinds):
        for mail in all_kinds:
            wanted = mail["X-Mail-Kind"] in {
                "registration.confirmed",
                "registration.promoted",
                "registration.withdrawn",
            }
            assert bool(calendar_parts(mail)) == wanted, mail["X-Mail-Kind"]

    def test_of_one_sign_up_is_one_conversation(self, post, all_kinds):
        mine = [m for m in all_kinds if "aida" in str(m["To"])]
        assert len(mine) == 3 and len({m["References"] for m in mine}) == 1


class TestSubjects:
    def test_say_what_first_then_when_in_the_readers_zone(self, post, all_kinds):
        def subject(kind, to=""):
            return of_kind(post, kind, to)["Subject"]

        title = "Learning communities that last"
        assert (
            subject("registration.confirmed", "olena")
            == f"You are signed up: {title}, starts Tue 19 January 2027, 15:00 (Kyiv)"
        )
        assert subject("registration.waiting") == f"You are number 1 on the waiting list: {title}"
        assert subject("registration.already") == f"You already have a place: {title}"
        assert (
            subject("registration.promoted")
            == f"You have a place: {title}, starts Tue 19 January 2027, 19:00 (Bishkek)"
        )
        assert subject("registration.withdrawn", "olena") == f"You no longer have a place: {title}"
        assert subject("reminder.day_before") == f"Tomorrow: {title}, Tue 19 January, 19:00 (Bishkek)"
        assert subject("people.sign_in") == "Your link to sign in to ISSA Learning Together"

    def test_who_signs_up_minutes_before_the_start_may_join_now(self, post):
        activity_id = make_series()
        make.sign_up(activity_id, *OLENA, now=post.now)
        post.send()
        assert "joining link, from 15 minutes before the start." in text_of(of_kind(post, "registration.confirmed"))
        post.clock.move_to("2027-01-19T12:48:00+00:00")
        make.sign_up(activity_id, "Aida Bekova", "aida@bishkek.example", now=post.now)
        post.send()
        for body in (text_of, html_of):
            assert "joining link now." in body(of_kind(post, "registration.confirmed", "aida"))

    def test_who_passes_a_place_on_reads_that_the_colleague_has_it(self, post):
        make.make_organisation("Ours")
        mine = make.sign_up(make_series(), *OLENA, organisation="Ours", now=post.now).registration_id
        with transaction():
            registration.pass_place_on(mine, "Ivan Colleague", "ivan@kyiv.example", now=post.now)
        post.send()
        mail = of_kind(post, "registration.passed_on", "olena")
        assert mail["Subject"] == "Your colleague has your place now: Learning communities that last"
        assert "undo" not in text_of(mail) + html_of(mail) and "gave up" not in text_of(mail)
        assert calendar_parts(mail)

    def test_late_sign_ups_hear_of_the_next_session_only(self, post):
        activity_id = make_series()
        post.clock.move_to("2027-01-20T10:00:00+00:00")
        make.sign_up(activity_id, *OLENA, now=post.now)
        post.send()
        mail = of_kind(post, "registration.confirmed")
        assert mail["Subject"].endswith("next session Tue 16 February, 15:00 (Kyiv)")
        assert "What a learning community needs" not in text_of(mail)
        (part,) = calendar_parts(mail)
        assert len(reader.check(part.get_payload(decode=True)).kids("VEVENT")) == 2

    def test_a_session_that_moves_for_the_reader_says_why(self, post, all_kinds):
        text = text_of(of_kind(post, "registration.waiting"))
        assert text.count("1 hour earlier for you: clocks change in Europe on 28 March") == 1
        assert "clocks change" not in text_of(of_kind(post, "registration.confirmed", "olena"))


class TestCalendarEntries:
    def invitation(self, mail, method):
        structure = [part.get_content_type() for part in mail.walk()]
        assert structure == [
            "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "application/ics",
        ]  # fmt: skip
        inline, attached = calendar_parts(mail)
        assert inline["Content-Disposition"] is None
        assert inline.get_param("method") == method and inline.get_param("charset") == "utf-8"
        assert inline["Content-Transfer-Encoding"] == attached["Content-Transfer-Encoding"] == "base64"
        assert attached.get_filename() == attached.get_param("name") == "invite.ics"
        body = inline.get_payload(decode=True)
        assert body == attached.get_payload(decode=True)
        (event,) = reader.check(body, method=method, people=True).kids("VEVENT")
        assert event.one("ORGANIZER").value == f"mailto:{mail['From'].addresses[0].addr_spec}"
        assert event.one("ATTENDEE").value == f"mailto:{mail['To'].addresses[0].addr_spec}"
        return event

    def test_one_session_is_an_invitation_and_withdrawing_takes_it_back(self, post, all_kinds):
        invited = self.invitation(of_kind(post, "registration.confirmed", "rosa"), "REQUEST")
        cancelled = self.invitation(of_kind(post, "registration.withdrawn", "rosa"), "CANCEL")
        assert invited.one("UID") == cancelled.one("UID")
        assert cancelled.one("STATUS").value == "CANCELLED"
        assert int(cancelled.one("SEQUENCE").value) > int(invited.one("SEQUENCE").value)

    def test_signing_up_again_comes_after_the_cancellation(self, post):
        activity_id = make_webinar()
        olena = make.sign_up(activity_id, *OLENA)
        post.send()
        make.withdraw(olena.registration_id)
        post.send()
        make.sign_up(activity_id, *OLENA)
        post.send()
        events = [reader.read(calendar_parts(m)[0].get_payload(decode=True)) for m in post.mails()]
        assert [e.one("METHOD").value for e in events] == ["REQUEST", "CANCEL", "REQUEST"]
        numbers = [int(e.kids("VEVENT")[0].one("SEQUENCE").value) for e in events]
        assert numbers == sorted(set(numbers))

    def test_several_sessions_are_one_file_to_open_and_no_invitation(self, post, all_kinds):
        for kind, status in (("registration.confirmed", "CONFIRMED"), ("registration.withdrawn", "CANCELLED")):
            (part,) = calendar_parts(of_kind(post, kind, "olena"))
            assert part.get_content_disposition() == "attachment" and part.get_filename() == "sessions.ics"
            assert part.get_param("method") is None
            root = reader.check(part.get_payload(decode=True))
            assert [event.one("STATUS").value for event in root.kids("VEVENT")] == [status] * 3

    def test_a_session_that_is_over_is_not_taken_out_of_the_calendar_by_a_withdrawal(self, post):
        olena = make.sign_up(make_series(), *OLENA)
        post.send()
        post.clock.move_to("2027-01-20T10:00:00+00:00")
        make.withdraw(olena.registration_id, now=post.now)
        post.send()
        (part,) = calendar_parts(of_kind(post, "registration.withdrawn"))
        events = reader.check(part.get_payload(decode=True)).kids("VEVENT")
        assert len(events) == 2 and all(e.one("STATUS").value == "CANCELLED" for e in events)

    def test_who_only_waited_gets_none_when_leaving(self, post):
        activity_id = make_webinar(capacity=1)
        make.sign_up(activity_id, *OLENA)
        aida = make.sign_up(activity_id, "Aida Bekova", "aida@bishkek.example")
        make.withdraw(aida.registration_id)
        post.send()
        mail = of_kind(post, "registration.withdrawn", "aida")
        assert mail["Subject"] == "You left the waiting list: Play is how children learn"
        assert not calendar_parts(mail) and "YOUR CALENDAR" not in text_of(mail)


HOSTILE = (
    "Eve\r\nBcc: all@victims.example",
    '"><script>alert(1)</script>',
    "Olena <b>Koval</b> & {{ link }}",
    "Олена Коваль",
    "名前 が とても 長い " * 8,
    'Quote " and \\ backslash, comma; semicolon',
    "=?utf-8?q?trick?=",
    "x" * 200,
)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_changes_anything_but_the_greeting(post, name):
    olena = make.sign_up(make_webinar(), *OLENA)
    person_id = queries.find_sign_up(olena.registration_id).person_id
    with transaction():
        db.session.execute(sa.update(Person).where(Person.id == person_id).values(name=name))
    post.send()
    assert post.states() == [("sent", None)]
    (mail,) = post.mails()
    assert mail["Bcc"] is None and len(mail["To"].addresses) == 1
    assert mail["To"].addresses[0].addr_spec == OLENA[1]
    assert "<script>alert" not in html_of(mail) and "<b>Koval" not in html_of(mail)
    assert max(post.raw()[0]) < 128
    longest = max(len(line) for line in post.raw()[0].split(b"\r\n"))
    assert longest <= 400
    reader.check(calendar_parts(mail)[0].get_payload(decode=True), method="REQUEST", people=True)


@pytest.mark.parametrize(
    ("name", "greeting"),
    [
        ("Olena Koval", "Hello Olena Koval"),
        ("Dr. M. A. O'Neill-Šimić", "Hello Dr. M. A. O'Neill-Šimić"),
        ("Олена Коваль", "Hello Олена Коваль"),
        ("Win at https://evil.example", "Hello"),
        ("Visit evil.com now", "Hello"),
        ("www.evil", "Hello"),
        ("me@evil", "Hello"),
        ("very " * 20, "Hello"),
    ],
)
def test_strangers_cannot_send_their_links_through_our_greeting(name, greeting):
    assert rules.greeting(name) == greeting


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("a@b.example", "a@b.example"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@BÜCHER.example", "a@xn--bcher-kva.example"),
        ("a@приклад.укр", "a@xn--80aikifvh.xn--j1amh"),
        ("a@faß.example", "a@xn--fa-hia.example"),  # and not to the owner of fass.example
    ],
)
def test_foreign_domains_travel_in_plain_letters(address, wire):
    assert wire_address(address) == wire


@pytest.mark.parametrize("address", ["олена@kyiv.example", "@kyiv.example", "a@" + "x" * 70 + ".example"])
def test_addresses_that_smtp_cannot_carry_are_refused(address):
    with pytest.raises(ValueError):
        wire_address(address)


@pytest.mark.parametrize(
    ("state", "reason", "kind", "may"),
    [
        ("queued", None, "registration.confirmed", True),
        ("retry", None, "registration.confirmed", True),
        ("unknown", "lost_once", "registration.confirmed", True),
        ("unknown", "lost_twice", "registration.confirmed", False),
        ("unknown", "lost_once", "people.sign_in", False),
        ("queued", None, "people.sign_in", True),
        ("sent", None, "registration.confirmed", False),
        ("failed", "refused", "registration.confirmed", False),
        ("skipped", "late", "registration.confirmed", False),
        ("sending", None, "registration.confirmed", False),
    ],
)
def test_which_mails_may_go_out(state, reason, kind, may):
    assert rules.may_start(state, reason, kind) is may


@pytest.mark.parametrize(
    "name", ["Олександра Коваленко-Петренко", "ნინო ბერიძე", "Ana =?utf-8?q?x?=", 'Ana "A" <b@c>', "A" * 80]
)
def test_every_line_of_a_message_ends_in_crlf_and_no_field_is_longer_than_a_line_may_be(name):
    envelope = message.Envelope(
        Sender("events@events.test"), "ana@people.example", "<1@events.test>", "registration.confirmed", make.NOW
    )
    words = rendering.Rendered(f"You are signed up: {name} " * 3, "Добрий день\n" * 30, "<p>Добрий день</p>\n")
    calendar = CalendarFile(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "invite.ics", "REQUEST")
    raw = message.build(envelope, Letter(name, {}, calendar=calendar), words)
    assert raw.isascii()
    assert raw.replace(b"\r\n", b"").count(b"\n") == 0
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    back = message_from_bytes(raw, policy=policy.default)
    # Unfolded by hand: Python 3.11's own parser leaves a blank between two encoded words of a name.
    shown, _, address = str(make_header(decode_header(message_from_bytes(raw)["To"]))).rpartition(" ")
    assert address == "<ana@people.example>"
    assert shown.rstrip().strip('"').replace("\\", "") == name
    assert name in str(make_header(decode_header(message_from_bytes(raw)["Subject"])))
    assert [part.get_content_type() for part in back.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "application/ics",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("starts", "promise"),
    [
        (["2027-01-19 14:00"], "one day before the session."),
        (["2027-01-19 14:00", "2027-02-19 14:00"], "one day before each session."),
        (["2026-11-21 14:00", "2027-01-19 14:00"], "one day before each later session."),
        (["2026-11-21 14:00"], ""),
    ],
)
def test_a_reminder_is_promised_only_where_it_comes(post, starts, promise):
    make.sign_up(make.make_activity(sessions=[make.make_session(starts_local=at) for at in starts]))
    post.send()
    mail = of_kind(post, "registration.confirmed")
    for words in (text_of(mail), as_text(html_of(mail))):
        assert ("one day before" in words) is bool(promise)
        assert promise in words
    assert "\n\n\n\n" not in text_of(mail)


@pytest.mark.parametrize("thread", ["<a@b>\nBcc: x@y.example", "<a@b>\r\nBcc: x@y.example", "<a@b>\n Bcc: x@y.example"])
def test_no_field_can_begin_another_one(thread):
    envelope = message.Envelope(Sender("events@events.test"), "a@b.example", "<1@events.test>", "test", make.NOW)
    with pytest.raises(ValueError, match="several lines"):
        message.build(
            envelope, Letter("Ana", {}, thread=thread), rendering.Rendered("Subject", "Words\n", "<p>Words</p>\n")
        )


def test_words_that_look_like_the_border_of_a_part_stay_words():
    envelope = message.Envelope(Sender("events@events.test"), "a@b.example", "<1@events.test>", "test", make.NOW)
    words = "before\n--=_alternative--\n.\nafter " + "ж" * 300 + "\n"
    raw = message.build(
        envelope, Letter("Ana", {}), rendering.Rendered("Subject", words, "<p>" + "long " * 400 + "</p>\n")
    )
    read = message_from_bytes(raw, policy=policy.default)
    plain, page = read.iter_parts()
    assert plain.get_content().replace("\r\n", "\n") == words
    assert page.get_content().replace("\r\n", "\n") == "<p>" + "long " * 400 + "</p>\n"
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78 and b"\n" not in raw.replace(b"\r\n", b"")


@pytest.mark.parametrize("title", ["word " * 40, "x" * 90 + " and " + "y" * 90, "слово " * 40])
def test_a_long_field_goes_over_several_lines_and_reads_as_before(title):
    envelope = message.Envelope(Sender("events@events.test"), "a@b.example", "<1@events.test>", "test", make.NOW)
    raw = message.build(envelope, Letter("Ana", {}), rendering.Rendered(title, "Words\n", "<p>Words</p>\n"))
    head = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert all(len(line) <= 78 or b" " not in line.removeprefix(b"Subject: ").strip() for line in head)
    assert all(line.strip() for line in head) and b"Subject:" not in head
    assert message_from_bytes(raw, policy=policy.default)["Subject"] == title.strip()
