"""The mail with the button that confirms a sign-up: to whom it goes, to whom not, and what it says."""

import sqlalchemy as sa

from ecwi_events.kernel.db import db
from ecwi_events.mail.models import Mail
from ecwi_events.people import unsubscribing
from ecwi_events.registration import proving, queries, service
from tests.jobs.test_registration_mails import both_parts, last_to, says
from tests.mail import reports
from tests.make import make_activity, sign_up
from tests.registration.ground import act, set_terms

TITLE = "Learning communities that last"


def ask(activity_id, who, post, name=""):
    new = service.SignUp(activity_id, name or who.capitalize(), f"{who}@people.example", zone="Asia/Tokyo")
    act(proving.ask, new, {}, now=post.now)


def invited(*people):
    activity_id = make_activity(TITLE)
    set_terms(activity_id, who="invited")
    act(service.invite, activity_id, [f"{who}@people.example" for who in people])
    return activity_id


def test_it_brings_the_button_and_says_that_nothing_is_done_yet(post):
    ask(invited("ana"), "ana", post)
    mail = last_to(post, "ana", "prove")
    assert mail["Subject"] == f"Confirm your sign-up: {TITLE}"
    says(mail, "Hello Ana", "You have no place before that.", "(Tokyo)", "You did not ask for it?")
    text, page = both_parts(mail)
    assert "http://events.test/s/" in text and "http://events.test/m/" not in text
    assert "Confirm my sign-up" in page and mail["List-Unsubscribe"] is None


def test_who_is_not_on_the_list_gets_none_and_the_office_sees_why(post):
    ask(invited("ana"), "boris", post)
    post.send()
    assert post.mails() == []
    (row,) = db.session.execute(sa.select(Mail.state, Mail.reason)).all()
    assert tuple(row) == ("skipped", "not_invited")


def test_who_has_signed_up_already_reads_that_and_gets_no_second_button(post):
    activity_id = invited("ana")
    ask(activity_id, "ana", post)
    link = both_parts(last_to(post, "ana", "prove"))[0].split("http://events.test/s/")[1].split()[0]
    got = act(proving.prove, link, now=post.now)
    ask(activity_id, "ana", post)
    post.send()
    mail = last_to(post, "ana", "prove")
    assert mail["Subject"] == f"You are signed up already: {TITLE}"
    assert f"http://events.test/m/{queries.find_sign_up(got).token}" in both_parts(mail)[0]


def test_a_name_that_is_an_advertisement_is_not_carried_to_anybody(post):
    ask(invited("ana"), "ana", post, name="Buy at www example.com now")
    assert "example.com" not in both_parts(last_to(post, "ana", "prove"))[0].replace("people.example", "")


def test_who_complains_about_it_gets_none_any_more_whoever_types_their_address(post):
    activity_id = invited("ana", "boris")
    ask(activity_id, "ana", post)
    last_to(post, "ana", "prove")
    first = post.rows()[0]
    assert first.person_id is None, "nobody whom we know"
    act(unsubscribing.take_in, reports.complaint(first.message_id), now=post.now)
    ask(invited("ana"), "ana", post, name="ANA")
    ask(activity_id, "boris", post)
    post.send()
    assert [(row.address.partition("@")[0], row.state.value, row.reason) for row in post.rows()] == [
        ("ana", "sent", None),
        ("ana", "skipped", "opted_out"),
        ("boris", "sent", None),
    ]


def test_a_complaint_about_something_else_keeps_nobody_from_signing_up(post):
    activity_id = make_activity()
    sign_up(activity_id, "Ana", "ana@people.example")
    post.send()
    act(unsubscribing.take_in, reports.complaint(post.rows()[0].message_id), now=post.now)
    ask(invited("ana"), "ana", post)
    post.send()
    assert (post.rows()[-1].kind, post.rows()[-1].state.value) == ("registration.prove", "sent")
