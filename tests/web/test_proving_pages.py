"""Where an address must be proved first: the page after the form tells nothing, and only the button takes a place."""

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.people import addresses
from ecwi_events.people.models import Person
from ecwi_events.programme.models import Activity
from ecwi_events.registration import answers, changes, proving, queries, questions, service
from ecwi_events.registration.models import Place, Registration
from ecwi_events.registration.models_questions import Answer, QuestionKind
from ecwi_events.registration.models_terms import SignUpRequest
from ecwi_events.registration.rules import Terms
from tests import make
from tests.web.conftest import words

PAGE = "/a/learning-communities-that-last"
NEXT = f"{PAGE}/check-mail"
ANA = {"name": "Ana Horvat", "email": "ana@people.example", "organisation": "", "zone": "Europe/Kyiv", "saw": "places"}
BORIS = {**ANA, "name": "Boris", "email": "boris@people.example"}


def set_terms(activity_id, **terms):
    with transaction():
        service.set_terms(activity_id, Terms(**terms), now=make.NOW)


@pytest.fixture
def invited(app) -> int:
    activity_id = make.make_activity(capacity=1)
    set_terms(activity_id, who="invited")
    with transaction():
        service.invite(activity_id, [ANA["email"]], now=make.NOW)
    return activity_id


@pytest.fixture
def members(app) -> int:
    make.make_organisation("A Member")
    activity_id = make.make_activity()
    set_terms(activity_id, who="members", asks_for_proof=True)
    return activity_id


def rows() -> int:
    number = db.session.scalar(sa.select(sa.func.count()).select_from(Registration))
    db.session.rollback()
    return number


def place() -> Place:
    found = db.session.scalar(sa.select(Registration.place).order_by(Registration.id.desc()).limit(1))
    db.session.rollback()
    return found


def link() -> str:
    """The link of the latest request."""
    row = db.session.scalar(sa.select(SignUpRequest).order_by(SignUpRequest.id.desc()).limit(1))
    path = f"/s/{proving.token_of(row)}"
    db.session.rollback()
    return path


def ask(client, typed=ANA) -> str:
    assert client.post(f"{PAGE}/sign-up", data=typed).location == NEXT
    return link()


def test_the_form_says_what_comes_and_the_page_after_it_is_the_same_for_every_address(client, invited):
    form = words(client.get(PAGE))
    assert "Use the email address that was invited." in form and "when you have pressed the button in it" in form
    pages = []
    for typed in (ANA, BORIS):
        answer = client.post(f"{PAGE}/sign-up", data=typed)
        assert (answer.status_code, answer.location, rows()) == (303, NEXT, 0)
        pages.append(words(client.get(NEXT)).replace(typed["email"], "X"))
    assert pages[0] == pages[1]
    assert "If <b>X</b> is on the list of people who are invited" in pages[0] and "You have no place yet." in pages[0]


def test_whoever_did_not_ask_goes_to_the_activity(client, invited, the_clock):
    assert client.get(NEXT).location == PAGE
    ask(client)
    the_clock.now += proving.link_lives()
    assert client.get(NEXT).location == PAGE
    assert client.get("/a/no-such-thing/check-mail").status_code == 404


def test_looking_takes_nothing_and_the_button_takes_the_place(client, invited):
    path = ask(client)
    page = words(client.get(path))
    assert "You sign up for" in page and "Ana Horvat" in page and "Confirm my sign-up" in page and rows() == 0
    assert client.head(path).status_code == 200 and rows() == 0
    make.signed_in_by_row(client, make.make_person("Somebody Else"))
    assert "Confirm my sign-up" in words(client.get(path)), "who reads is not asked who they are"
    answer = client.post(path)
    assert answer.status_code == 303 and answer.location.startswith("/m/")
    assert (place(), "You have a place, Ana" in words(client.get(answer.location))) == (Place.CONFIRMED, True)
    assert client.get(path).location == answer.location, "the link leads to what it gave"
    assert client.post(path).location == answer.location and rows() == 1


def test_where_the_host_decides_about_everybody_the_page_promises_no_place(client, invited):
    set_terms(invited, who="invited", needs_approval=True)
    path = ask(client)
    page = words(client.get(NEXT))
    assert "Then the host reads your sign-up and says yes or no." in page
    assert "Then you get a place" not in page and "nobody has told us yet" not in page
    page = words(client.get(path))
    assert "Ask for a place</button>" in page and "nobody has told us yet" not in page
    client.post(path)
    assert place() is Place.PENDING


def test_full_by_then_is_said_before_and_after_the_button(client, invited):
    path = ask(client)
    with transaction():
        service.invite(invited, [BORIS["email"]], now=make.NOW)
        new = service.SignUp(invited, "Boris", BORIS["email"], is_proved=True)
        service.sign_up(new, now=make.NOW)
    page = words(client.get(path))
    assert "You join the waiting list as number 1." in page and "Join the waiting list</button>" in page
    assert "You are number 1 in the line" in words(client.get(client.post(path).location))


def test_what_cannot_be_is_said_with_the_way_on(client, invited, the_clock):
    path = ask(client)
    for wrong in (f"{path}x", "/s/nonsense"):
        assert client.get(wrong).status_code == client.post(wrong).status_code == 410
    with transaction():
        db.session.execute(sa.text("DELETE FROM sign_up_invitation"))
    answer = client.post(path)
    assert answer.status_code == 409 and "by invitation" in words(answer) and rows() == 0
    assert "Confirm my sign-up" not in words(answer), "the same button would say the same again"
    with transaction():
        db.session.execute(sa.update(Activity).values(sign_up_closes_at=make.NOW))
    page = words(client.get(path))
    assert "It is too late to sign up" in page and "<button" not in page.partition("<main")[2].partition("</main")[0]
    the_clock.now += proving.link_lives()
    answer = client.post(path)
    assert answer.status_code == 410 and "we send you a new one" in words(answer)


def ask_more(activity_id, kind, wording) -> str:
    with transaction():
        new = questions.NewQuestion(kind, wording, "To plan", is_required=True)
        return f"answer-{questions.add_question(activity_id, new, now=make.NOW)}"


def test_a_chosen_session_that_is_cancelled_leaves_the_others_and_then_nothing(client):
    sessions = [make.make_session(f"Session {n}", starts_local=f"2027-01-1{n} 14:00") for n in (1, 2, 3)]
    activity_id = make.make_activity(sessions=sessions)
    set_terms(activity_id, who="invited", by="session")
    with transaction():
        service.invite(activity_id, [ANA["email"]], now=make.NOW)
    first, second = [one.session_id for one in queries.sign_up_facts(activity_id).sessions][:2]
    db.session.rollback()
    paths = []
    for chosen in ((first,), (first, second)):
        typed = {**ANA, "chose": "1", **{f"session-{one}": "1" for one in chosen}}
        paths.append(ask(client, typed))
    with transaction():
        changes.cancel_session(first, "The host is ill", by_person_id=None, now=make.NOW)
    page = words(client.get(paths[0]))
    assert "do not take place any more" in page and "Confirm my sign-up</button>" not in page
    answer = client.post(paths[0])
    assert (answer.status_code, rows()) == (409, 0) and "do not take place any more" in words(answer)
    assert "Confirm my sign-up</button>" not in words(answer)
    assert client.post(paths[1]).status_code == 303
    assert db.session.scalars(sa.select(Registration.session_id)).all() == [second]
    db.session.rollback()


def test_a_form_that_asks_more_by_now_is_filled_in_beside_the_button(client, invited):
    path = ask(client)
    hope = ask_more(invited, QuestionKind.TEXT, "What do you hope for?")
    answer = client.post(path)
    assert answer.status_code == 422 and "Enter an answer" in words(answer) and rows() == 0
    of_another = ask_more(make.make_activity("Another"), QuestionKind.TEXT, "Of another form?")
    answer = client.post(path, data={of_another: "x", "answer-": "x", "answer-999999": "x"})
    assert answer.status_code == 422 and rows() == 0, "what this form does not ask is no answer"
    assert client.post(path, data={hope: "Friends", of_another: "x"}).status_code == 303
    assert db.session.scalars(sa.select(Answer.text)).all() == ["Friends"]
    db.session.rollback()


def test_what_a_stranger_typed_is_shown_and_what_they_agreed_to_is_asked_again(client, invited):
    hope = ask_more(invited, QuestionKind.TEXT, "What do you hope for?")
    photo = ask_more(invited, QuestionKind.CONSENT, "I agree that my photo is published.")
    path = ask(client, {**ANA, "name": "Mallory", hope: "Mischief", photo: "yes"})
    page = words(client.get(path))
    assert 'value="Mischief"' in page and "my photo is published" in page and "checked" not in page
    answer = client.post(path, data={hope: "Friends"})
    page = words(answer)
    assert (
        answer.status_code == 422 and "You can sign up only if you agree to this" in page and 'value="Friends"' in page
    )
    assert rows() == 0
    mine = client.post(path, data={hope: "Friends", photo: "yes"}).location
    sign_up = queries.find_by_link(mine.rpartition("/")[2])
    said = [one.text for one in answers.of_person(invited, sign_up.person_id)]
    db.session.rollback()
    assert said == ["Friends", "yes"]


def test_a_known_person_reads_the_own_name_and_that_later_sessions_come_too(client, invited):
    make.make_person("Ana Horvat", ANA["email"], organisation="School 5")
    set_terms(invited, who="invited", by="session")
    page = words(client.get(ask(client, {**ANA, "name": "Mallory", "organisation": "Other", "later": "1"})))
    assert "Ana Horvat" in page and "School 5" in page and "Mallory" not in page and "Other" not in page
    assert "the sessions that are added later, too" in page
    assert "added later" not in words(client.get(ask(client)))


def test_who_is_signed_in_with_the_proved_address_needs_no_mail(client, invited):
    make.signed_in_by_row(client, make.make_person("Ana Horvat", ANA["email"]))
    ask(client)  # signed in, but by no mail to this address
    with transaction():
        addresses.note_proved(ANA["email"], now=make.NOW)
    assert client.post(f"{PAGE}/sign-up", data=BORIS).location == NEXT, "another address is another matter"
    assert client.post(f"{PAGE}/sign-up", data=ANA).location == f"{PAGE}/done"
    assert place() is Place.CONFIRMED


def test_who_came_by_the_invitation_link_needs_no_mail(client, invited):
    with client.session_transaction() as cookie:
        cookie["invited"] = ["hash"]
    with transaction():
        db.session.execute(sa.update(Activity).values(link_hash="hash"))
    assert "Use the email address that was invited." not in words(client.get(PAGE))
    assert client.post(f"{PAGE}/sign-up", data=BORIS).location == f"{PAGE}/done"


def test_where_the_organisation_decides_the_host_is_asked_about_whom_nobody_knows(client, members):
    assert client.post(f"{PAGE}/sign-up", data={**ANA, "organisation": "Elsewhere"}).status_code == 409
    path = ask(client, {**ANA, "organisation": "A Member"})
    page = words(client.get(NEXT))
    assert "We have sent a mail to" in page and "the host says yes or no first" in page
    assert "the host says yes or no first" in words(client.get(path))
    assert "The host has not answered yet" in words(client.get(client.post(path).location))
    host_id = db.session.scalar(sa.select(Person.id).where(Person.name == "Hanna Host")) or make.make_office()
    make.signed_in_by_row(client, host_id)
    people = f"/host/activities/{members}/people"
    assert "Organisation not proved" in words(client.get(people))
    sign_up = db.session.scalar(sa.select(Registration.id))
    db.session.rollback()
    assert "If you approve, we keep that they work there." in words(client.get(f"{people}/{sign_up}"))
    assert client.post(f"{people}/{sign_up}", data={"act": "approve"}).status_code == 303
    assert place() is Place.CONFIRMED and "not proved" not in words(client.get(people))


def test_where_it_is_believed_the_host_sees_that_and_can_say_that_it_is_right(client):
    make.make_organisation("A Member")
    activity = make.make_activity()
    set_terms(activity, who="members")
    got = make.sign_up(activity, "Ana Horvat", ANA["email"], organisation="A Member")
    make.signed_in_by_row(client, make.make_office())
    path = f"/host/activities/{activity}/people/{got.registration_id}"
    assert "nobody else has told us so" in words(client.get(path))
    assert ",A Member\r\n" in client.get(f"/host/activities/{activity}/people.csv").text
    assert client.post(path, data={"act": "vouch"}).status_code == 303
    assert "nobody else has told us so" not in words(client.get(path))
    assert queries.find_sign_up(got.registration_id).place is Place.CONFIRMED


def test_the_terms_suggest_proof_and_keep_what_was_chosen(client):
    activity = make.make_activity()
    make.signed_in_by_row(client, make.make_office())
    places = f"/host/activities/{activity}/places"
    assert 'value="yes" selected' in words(client.get(places))
    for chosen in ("no", "yes"):
        typed = {"by": "activity", "who": "members", "asks_for_proof": chosen}
        assert client.post(f"/host/activities/{activity}/terms", data=typed).status_code == 303
        assert f'value="{chosen}" selected' in words(client.get(places))
        assert queries.sign_up_facts(activity).terms.asks_for_proof is (chosen == "yes")
        db.session.rollback()


def test_the_ordinary_way_asks_the_database_nothing_new(client, count_queries):
    make.make_activity()
    with count_queries() as plain:
        assert client.post(f"{PAGE}/sign-up", data=ANA).location == f"{PAGE}/done"
    assert not [one for one in plain if "sign_up_request" in one or "role_grant" in one]
