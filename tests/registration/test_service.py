"""Signing up and withdrawing, with real rows on both engines."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.mail.models import Mail
from ecwi_events.people.models import EmailAddress, Person
from ecwi_events.programme.models import ActivityStatus
from ecwi_events.registration import queries, service
from ecwi_events.registration.models import Place, Places, Registration
from ecwi_events.work.models import Work
from tests.make import NOW, make_activity, make_organisation, sign_up, withdraw

pytestmark = pytest.mark.usefixtures("app")
LATER = NOW + timedelta(minutes=3)


def counted(activity_id):
    row = db.session.scalars(sa.select(Places).where(Places.activity_id == activity_id)).one()
    db.session.refresh(row)
    return row.taken, row.waiting


def mails():
    return db.session.execute(sa.select(Mail.kind, Mail.address).order_by(Mail.id)).all()


def place_of(registration_id):
    return db.session.execute(
        sa.select(Registration.place, Registration.queue_place).where(Registration.id == registration_id)
    ).one()


def test_a_free_place_is_confirmed_and_a_mail_is_asked_for():
    activity_id = make_activity(capacity=2)
    got = sign_up(activity_id, "Olena Koval", "Olena@Koval.example", organisation="Somewhere")
    assert (got.place, got.number_in_line, got.is_repeat) == (Place.CONFIRMED, None, False)
    assert counted(activity_id) == (1, 0)
    assert mails() == [("registration.confirmed", "Olena@Koval.example")]
    kinds = db.session.scalars(sa.select(Work.kind).where(Work.kind == "mail.send")).all()
    assert kinds == ["mail.send"]
    person = db.session.scalars(sa.select(Person)).one()
    assert (person.name, person.organisation_text, person.organisation_id) == ("Olena Koval", "Somewhere", None)


def test_when_all_places_are_taken_people_wait_in_line():
    activity_id = make_activity(capacity=1)
    sign_up(activity_id)
    second, third = sign_up(activity_id), sign_up(activity_id)
    assert [(got.place, got.number_in_line) for got in (second, third)] == [(Place.WAITING, 1), (Place.WAITING, 2)]
    assert counted(activity_id) == (1, 2)
    assert [kind for kind, _ in mails()] == ["registration.confirmed", "registration.waiting", "registration.waiting"]


def test_without_a_limit_nobody_waits():
    activity_id = make_activity(capacity=None)
    assert {sign_up(activity_id).place for _ in range(3)} == {Place.CONFIRMED}


def test_the_same_address_in_other_spelling_is_the_same_person():
    activity_id = make_activity(capacity=5)
    sign_up(activity_id, "Olena Koval", "olena@koval.example")
    again = sign_up(activity_id, "Somebody Else", "  OLENA@Koval.Example ", now=LATER)
    assert (again.place, again.is_repeat) == (Place.CONFIRMED, True)
    assert counted(activity_id) == (1, 0)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(EmailAddress)) == 1
    assert db.session.scalars(sa.select(Person.name)).all() == ["Olena Koval"]
    assert [kind for kind, _ in mails()] == ["registration.confirmed", "registration.already"]


def test_a_repeat_is_told_what_a_first_sign_up_would_be_told():
    activity_id = make_activity(capacity=1)
    sign_up(activity_id, address="olena@koval.example")
    first_in_line = sign_up(activity_id, address="second@koval.example")
    repeat = sign_up(activity_id, address="olena@koval.example", now=LATER)
    assert (first_in_line.place, first_in_line.number_in_line) == (Place.WAITING, 1)
    assert (repeat.place, repeat.number_in_line) == (Place.WAITING, 2)
    assert counted(activity_id) == (1, 1)


def test_a_second_click_on_the_same_form_is_told_what_the_first_one_got():
    activity_id = make_activity(capacity=1)
    sign_up(activity_id, address="olena@koval.example")
    sign_up(activity_id, address="second@koval.example")
    clicks = [sign_up(activity_id, address=f"{who}@koval.example") for who in ("olena", "second")]
    assert [(got.place, got.number_in_line, got.is_repeat) for got in clicks] == [
        (Place.CONFIRMED, None, True), (Place.WAITING, 1, True),
    ]  # fmt: skip
    assert [kind for kind, _ in mails()] == ["registration.confirmed", "registration.waiting"]


def test_ten_repeats_in_an_hour_send_one_mail():
    activity_id = make_activity()
    for minute in range(10):
        sign_up(activity_id, address="olena@koval.example", now=NOW + timedelta(minutes=3 * minute))
    assert [kind for kind, _ in mails()] == ["registration.confirmed", "registration.already"]


def test_a_typed_name_of_a_known_organisation_is_that_organisation():
    organisation_id = make_organisation("Pučko otvoreno učilište")
    activity_id = make_activity()
    sign_up(activity_id, organisation="  pucko OTVORENO uciliste")
    assert db.session.scalars(sa.select(Person.organisation_id)).one() == organisation_id


def test_withdrawing_frees_the_place_for_the_first_in_line():
    activity_id = make_activity(capacity=1)
    first, second, third = (sign_up(activity_id) for _ in range(3))
    assert withdraw(first.registration_id)
    assert place_of(second.registration_id).place is Place.CONFIRMED
    assert place_of(third.registration_id).place is Place.WAITING
    assert counted(activity_id) == (1, 1)
    assert [kind for kind, _ in mails()][-2:] == ["registration.promoted", "registration.withdrawn"]
    assert queries.number_in_line(1, None) is None


def test_the_second_withdrawal_frees_nothing():
    activity_id = make_activity(capacity=2)
    first, _ = sign_up(activity_id), sign_up(activity_id)
    assert withdraw(first.registration_id)
    assert not withdraw(first.registration_id)
    assert counted(activity_id) == (1, 0)


def test_leaving_the_line_moves_the_others_up():
    activity_id = make_activity(capacity=1)
    _, second, third = (sign_up(activity_id) for _ in range(3))
    withdraw(second.registration_id)
    assert counted(activity_id) == (1, 1)
    assert queries.find_sign_up(third.registration_id).number_in_line == 1


def test_nobody_is_promoted_once_sign_up_is_closed():
    activity_id = make_activity(capacity=1, closes_at=NOW + timedelta(hours=1))
    first, second = sign_up(activity_id), sign_up(activity_id)
    withdraw(first.registration_id, now=NOW + timedelta(hours=2))
    assert place_of(second.registration_id).place is Place.WAITING
    assert counted(activity_id) == (0, 1)


def test_who_withdrew_comes_back_in_the_same_row_at_the_end_of_the_line():
    activity_id = make_activity(capacity=1)
    first = sign_up(activity_id, address="olena@koval.example")
    sign_up(activity_id)
    withdraw(first.registration_id)
    back = sign_up(activity_id, address="olena@koval.example")
    assert (back.registration_id, back.place, back.is_repeat) == (first.registration_id, Place.WAITING, False)
    assert counted(activity_id) == (1, 1)


def test_a_withdrawal_is_undone_while_the_place_is_free():
    activity_id = make_activity(capacity=1)
    first = sign_up(activity_id)
    withdraw(first.registration_id)
    with transaction():
        assert service.undo_withdrawal(first.registration_id, now=NOW + timedelta(minutes=9)) is Place.CONFIRMED
    assert counted(activity_id) == (1, 0)


def test_who_waited_gets_the_old_number_back():
    activity_id = make_activity(capacity=1)
    _, second, third = (sign_up(activity_id) for _ in range(3))
    withdraw(second.registration_id)
    with transaction():
        service.undo_withdrawal(second.registration_id, now=NOW)
    numbers = [queries.find_sign_up(got.registration_id).number_in_line for got in (second, third)]
    assert numbers == [1, 2]


def test_a_place_that_went_on_cannot_be_undone():
    activity_id = make_activity(capacity=1)
    first, _ = sign_up(activity_id), sign_up(activity_id)
    withdraw(first.registration_id)
    with pytest.raises(Refused) as refused, transaction():
        service.undo_withdrawal(first.registration_id, now=NOW)
    assert refused.value.code == "place_gone"
    assert counted(activity_id) == (1, 0)


def test_after_ten_minutes_nothing_is_undone():
    activity_id = make_activity(capacity=1)
    first = sign_up(activity_id)
    withdraw(first.registration_id)
    with pytest.raises(Refused) as refused, transaction():
        service.undo_withdrawal(first.registration_id, now=NOW + timedelta(minutes=10))
    assert refused.value.code == "too_late"
    assert counted(activity_id) == (0, 0)


@pytest.mark.parametrize(
    ("status", "code"), [(ActivityStatus.DRAFT, "not_planned"), (ActivityStatus.POSTPONED, "postponed")]
)
def test_a_closed_activity_takes_nobody_and_writes_nothing(status, code):
    activity_id = make_activity(status=status)
    with pytest.raises(Refused) as refused:
        sign_up(activity_id)
    assert refused.value.code == code
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Person)) == 0
    assert mails() == []


def test_a_past_activity_takes_nobody():
    activity_id = make_activity()
    with pytest.raises(Refused) as refused:
        sign_up(activity_id, now=NOW + timedelta(days=100))
    assert refused.value.code == "over"


def test_a_missing_activity_is_not_found():
    with pytest.raises(NotFound):
        sign_up(4711)


@pytest.mark.parametrize(
    ("name", "address", "organisation", "field"),
    [
        ("", "a@b.example", "", "name"),
        ("  \u200b\u202e ", "a@b.example", "", "name"),
        ("12345", "a@b.example", "", "name"),
        ("See www.win.example now", "a@b.example", "", "name"),
        ("x" * 201, "a@b.example", "", "name"),
        ("Olena", "", "", "email"),
        ("Olena", "olena", "", "email"),
        ("Olena", "olena@", "", "email"),
        ("Olena", "olena@koval.example\nBcc: all@koval.example", "", "email"),
        ("Olena", "olena@koval..example", "", "email"),
        ("Olena", "имя@koval.example", "", "email"),
        ("Olena", "a@b.example", "x" * 201, "organisation"),
    ],
)
def test_what_cannot_be_taken_names_its_field_and_writes_nothing(name, address, organisation, field):
    activity_id = make_activity()
    with pytest.raises(Invalid) as invalid, transaction():
        service.sign_up(service.SignUp(activity_id, name, address, organisation), now=NOW)
    assert list(invalid.value.fields) == [field]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Person)) == 0
    assert counted(activity_id) == (0, 0)


@pytest.mark.parametrize("name", ["Я", "Ана Марія", "O'Brien-Łukasz", "ნინო", "Nguyễn Văn An", "محمد"])
def test_names_in_any_script_are_taken(name):
    activity_id = make_activity()
    sign_up(activity_id, name)
    assert db.session.scalars(sa.select(Person.name)).one() == name


def test_the_personal_link_finds_the_sign_up_and_only_its_hash_is_kept():
    activity_id = make_activity()
    got = sign_up(activity_id)
    mine = queries.find_sign_up(got.registration_id)
    assert queries.find_by_link(mine.token).registration_id == got.registration_id
    assert queries.find_by_link(mine.token + "x") is None
    stored = db.session.execute(sa.select(Registration.link_hash, Registration.uid)).one()
    assert mine.token not in stored


def test_the_capacity_must_be_a_number_of_places():
    with pytest.raises(Invalid):
        make_activity(capacity=0)
