"""A person who is erased leaves a place to the next in line and figures without a name, and nothing that says who it was."""

import pytest
import sqlalchemy as sa

from ecwi_events.attendance.erasing import erase_person
from ecwi_events.attendance.models_messages import ActivityMessage, Audience
from ecwi_events.journal.models import JournalEntry, JournalKey
from ecwi_events.kernel.db import Model, db, transaction
from ecwi_events.kernel.errors import NotFound, Refused
from ecwi_events.people import browser_sessions, erasing, merging, queries, signing_in
from ecwi_events.people.models import EmailAddress, Person, Role
from ecwi_events.registration.models import Place, Places, Registration
from tests import make

WHO = ("Olena Unforgettable", "olena.unforgettable@kyiv.example")


def person_of(registration_id: int) -> int:
    return db.session.scalar(sa.select(Registration.person_id).where(Registration.id == registration_id))


def erase(person_id: int) -> int:
    with transaction():
        return erase_person(person_id, now=make.NOW)


def everything() -> str:
    """Every value of every table, as text."""
    rows = (db.session.execute(sa.select(table)).all() for table in Model.metadata.sorted_tables)
    return "\n".join(str(tuple(row)) for some in rows for row in some)


def places() -> dict[str, str]:
    rows = db.session.execute(
        sa.select(Person.name, Registration.place).join(Person, Person.id == Registration.person_id)
    )
    return {row.name: row.place.value for row in rows}


def test_nothing_says_any_more_who_it_was(app):
    activity_id = make.make_activity()
    mine = make.sign_up(activity_id, *WHO, organisation="Unforgettable School")
    person_id = person_of(mine.registration_id)
    with transaction():
        signing_in.request_sign_in(WHO[1], browser="a browser", now=make.NOW)
        browser_sessions.start(person_id, device="Phone", now=make.NOW)
    assert "nforgettable" in everything()
    assert erase(person_id) == 1
    db.session.expire_all()
    assert "nforgettable" not in everything()
    left = db.session.get_one(Person, person_id)
    assert (left.name, left.erased_at, left.disabled_at) == ("Erased person", make.NOW, make.NOW)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(EmailAddress)) == 0


def test_the_first_in_line_moves_up_in_the_same_transaction(app):
    activity_id = make.make_activity(capacity=1)
    mine = make.sign_up(activity_id, *WHO)
    make.sign_up(activity_id, "Wanda Waits")
    make.sign_up(activity_id, "Last One")
    assert erase(person_of(mine.registration_id)) == 1
    assert places() == {"Erased person": "withdrawn", "Wanda Waits": "confirmed", "Last One": "waiting"}
    row = db.session.scalars(sa.select(Places)).one()
    assert (row.taken, row.waiting) == (1, 1)


def test_the_personal_link_is_void_and_a_second_erasure_frees_nothing(app):
    from ecwi_events.registration.queries import find_by_link, find_sign_up

    mine = make.sign_up(make.make_activity(), *WHO)
    token = find_sign_up(mine.registration_id).token
    person_id = person_of(mine.registration_id)
    assert find_by_link(token)
    assert [erase(person_id), erase(person_id)] == [1, 0]
    assert find_by_link(token) is None


def test_the_journal_stays_under_a_pseudonym_that_leads_nowhere(app):
    mine = make.sign_up(make.make_activity(), *WHO)
    person_id = person_of(mine.registration_id)
    with transaction():
        from ecwi_events.journal import service as journal

        key = journal.key_of(person_id)
    erase(person_id)
    assert key
    assert db.session.scalar(sa.select(JournalKey.id).where(JournalKey.person_id == person_id)) is None
    acts = db.session.scalars(sa.select(JournalEntry.act).where(JournalEntry.subject_id == person_id)).all()
    assert "erase_person" in acts


def test_records_that_were_merged_into_it_go_too(app):
    one, other = make.make_person(*WHO), make.make_person("Olena Forgotten", "forgotten@kyiv.example")
    with transaction():
        from ecwi_events.reminders import merging as merges

        merges.merge_people(one, other, by_person_id=None, by_administrator=False, now=make.NOW)
    assert merging.left_person_id(other) == one
    erase(one)
    db.session.expire_all()
    assert "orgotten" not in everything()
    assert {person.name for person in db.session.scalars(sa.select(Person))} == {"Erased person"}


def test_the_same_address_can_sign_up_again_as_somebody_new(app):
    activity_id = make.make_activity()
    mine = make.sign_up(activity_id, *WHO)
    erase(person_of(mine.registration_id))
    again = make.sign_up(activity_id, *WHO)
    assert again.place is Place.CONFIRMED
    assert person_of(again.registration_id) != person_of(mine.registration_id)


def test_nobody_and_administrators_are_not_erased(app):
    with pytest.raises(NotFound):
        erase(404)
    with pytest.raises(Refused):
        erase(make.make_staff(Role.ADMINISTRATOR))


class TestClosing:
    def test_a_closed_account_signs_in_nowhere_and_can_be_opened_again(self, app):
        office, person_id = make.make_office(), make.make_person(*WHO)
        with transaction():
            token = browser_sessions.start(person_id, device="Phone", now=make.NOW)
            erasing.disable(person_id, by_person_id=office, now=make.NOW)
        assert queries.find_identity(token, now=make.NOW) is None
        with transaction():
            erasing.enable(person_id, now=make.NOW)
        assert queries.find_identity(token, now=make.NOW) is None, "a cookie from before stays dead"
        assert queries.may_sign_in(db.session.get_one(Person, person_id))

    def test_not_oneself_and_not_an_administrator(self, app):
        office, administrator = make.make_office(), make.make_staff(Role.ADMINISTRATOR)
        for person_id in (office, administrator):
            with pytest.raises(Refused), transaction():
                erasing.disable(person_id, by_person_id=office, now=make.NOW)

    def test_who_was_erased_is_not_opened_again(self, app):
        person_id = make.make_person(*WHO)
        erase(person_id)
        with pytest.raises(Refused), transaction():
            erasing.enable(person_id, now=make.NOW)


def test_a_past_place_stays_without_a_name_and_its_link_is_void(app):
    from datetime import timedelta

    from ecwi_events.registration.queries import find_by_link, find_sign_up

    mine = make.sign_up(make.make_activity(), *WHO)
    token, person_id = find_sign_up(mine.registration_id).token, person_of(mine.registration_id)
    with transaction():
        assert erase_person(person_id, now=make.NOW + timedelta(days=400)) == 0
    assert places() == {"Erased person": "confirmed"}
    assert find_by_link(token) is None


def test_what_they_said_with_the_sign_up_of_a_merged_record_goes_too(app):
    from ecwi_events.registration import notes
    from ecwi_events.reminders import merging as merges

    activity_id, office = make.make_activity(), make.make_office()
    both = [make.sign_up(activity_id, *who).registration_id for who in (WHO, ("Olena F", "forgotten@kyiv.example"))]
    one, other = (person_of(registration_id) for registration_id in both)
    with transaction():
        for registration_id in both:
            reason = "Cannot do without an unforgettable ramp"
            notes.take_off(registration_id, reason, is_their_wish=True, by_person_id=office, now=make.NOW)
        merges.merge_people(one, other, by_person_id=None, by_administrator=False, now=make.NOW)
    assert everything().count("unforgettable ramp")
    erase(one)
    db.session.expire_all()
    assert "unforgettable" not in everything()


def test_nothing_leads_from_an_answer_about_a_session_to_the_sign_up(app):
    mine = make.sign_up(make.make_activity(), *WHO)
    uid = sa.select(Registration.uid).where(Registration.id == mine.registration_id)
    before = db.session.scalar(uid)
    erase(person_of(mine.registration_id))
    assert db.session.scalar(uid) != before


def test_their_address_for_answers_is_taken_out_of_messages_they_wrote(app):
    host, activity_id = make.make_person(*WHO), make.make_activity()
    facts = {"key": "k", "audience": Audience.CONFIRMED, "subject": "Bring a pen", "text": "Please.", "put": 1}
    with transaction() as session:
        session.add(
            ActivityMessage(
                activity_id=activity_id,
                reply_to=WHO[1],
                by_person_id=host,
                created_at=make.NOW,
                begins_at=make.NOW,
                **facts,
            )
        )
    erase(host)
    assert db.session.execute(sa.select(ActivityMessage.reply_to, ActivityMessage.subject)).one() == (
        None,
        "Bring a pen",
    )
