"""Administrators give roles of the house; nobody gives any to themselves, by whatever form."""

import pytest
import sqlalchemy as sa

from ecwi_events.journal.models import JournalEntry
from ecwi_events.kernel.db import db, transaction
from ecwi_events.people import signing_in
from ecwi_events.people.models import Person, Role, RoleGrant
from ecwi_events.programme.models import Activity, ActivityStatus
from ecwi_events.registration.models import Place, Registration
from tests import make


@pytest.fixture
def administrator(client):
    person_id = make.make_staff(Role.ADMINISTRATOR, "Ada Administrator")
    make.signed_in(client, person_id)
    return client


def grants(role=None):
    asked = sa.select(RoleGrant.person_id, RoleGrant.role, RoleGrant.id)
    return db.session.execute(asked.where(RoleGrant.role == role) if role else asked).all()


def test_an_administrator_gives_a_role_and_takes_it_back(administrator):
    ana = make.make_person("Ana", "ana@a.example")
    answer = administrator.post(
        "/office/roles", data={"email": "ANA@a.example", "role": "auditor"}, follow_redirects=True
    )
    assert "Ana has the role now" in answer.text
    ((person_id, role, grant_id),) = grants(Role.AUDITOR)
    assert (person_id, role) == (ana, Role.AUDITOR)
    administrator.post(f"/office/roles/{grant_id}/take-back")
    assert grants(Role.AUDITOR) == []
    acts = db.session.scalars(sa.select(JournalEntry.act).where(JournalEntry.subject_id == ana)).all()
    assert acts[-2:] == ["grant_role", "take_role_back"]


@pytest.mark.parametrize(
    "typed",
    [
        {"email": "nobody@a.example", "role": "office"},
        {"email": "ana@a.example", "role": "host"},
        {"email": "ana@a.example", "role": "king"},
        {"email": "no address", "role": "office"},
        {},
    ],
)
def test_a_role_needs_a_person_and_a_name_that_exists(administrator, typed):
    make.make_person("Ana", "ana@a.example")
    before = grants()
    assert administrator.post("/office/roles", data=typed).status_code == 422
    assert grants() == before


def test_nobody_takes_their_own_administration_away(administrator):
    ((_, _, grant_id),) = grants(Role.ADMINISTRATOR)
    answer = administrator.post(f"/office/roles/{grant_id}/take-back")
    assert answer.status_code == 409 and "your own role" in answer.text
    assert len(grants(Role.ADMINISTRATOR)) == 1


def test_a_host_role_is_not_taken_back_here(administrator):
    make.make_host(make.make_organisation())
    ((_, _, grant_id),) = grants(Role.HOST)
    assert administrator.post(f"/office/roles/{grant_id}/take-back").status_code == 404
    assert len(grants(Role.HOST)) == 1


def test_the_office_reads_who_has_a_role_and_changes_nothing(client):
    make.signed_in(client, make.make_office())
    ((_, _, grant_id),) = grants(Role.OFFICE)
    page = client.get("/office/roles")
    assert page.status_code == 200 and "Give the role" not in page.text
    assert client.post("/office/roles", data={"email": "x@a.example", "role": "administrator"}).status_code == 403
    assert client.post(f"/office/roles/{grant_id}/take-back").status_code == 403
    assert len(grants()) == 1


def test_a_role_that_was_taken_back_ends_with_the_next_click(client):
    office = make.make_office()
    make.signed_in(client, office)
    assert client.get("/office").status_code == 200
    with transaction():
        db.session.execute(sa.delete(RoleGrant).where(RoleGrant.person_id == office))
    assert client.get("/office").status_code == 403


PRIVILEGED = {
    "role": "administrator", "roles": "administrator", "status": "planned", "place": "confirmed", "is_primary": "1",
    "person_id": "1", "by_person_id": "1", "organisation_id": "1", "disabled_at": "", "id": "1", "merged_into_id": "1",
    "activity_id": "1", "proved_at": "2026-01-01", "host_of": "1", "link_version": "7", "records_complete": "",
}  # fmt: skip


def test_a_sign_up_form_sets_nothing_but_its_own_fields(client):
    activity_id = make.make_activity(capacity=1)
    make.sign_up(activity_id)
    slug = db.session.get_one(Activity, activity_id).slug
    typed = PRIVILEGED | {"name": "Eve", "email": "eve@a.example", "zone": "UTC"}
    assert client.post(f"/a/{slug}/sign-up", data=typed).status_code == 303
    newest = db.session.scalar(sa.select(Registration).order_by(Registration.id.desc()))
    assert (newest.place, newest.link_version) == (Place.WAITING, 1)
    assert grants() == []


def test_the_form_of_an_activity_sets_no_status_and_no_number(client):
    make.signed_in(client, make.make_office())
    host = make.make_organisation()
    typed = PRIVILEGED | {"title": "Mine", "kind": "pla", "home_year": "2026", "host_id": str(host), "id": "77"}
    answer = client.post("/office/activities/new", data=typed)
    made = db.session.scalars(sa.select(Activity)).all()
    assert answer.status_code in {303, 422}
    assert all(one.status is ActivityStatus.DRAFT and one.id != 77 for one in made)
    assert [role for _, role, _ in grants()] == [Role.OFFICE]


@pytest.mark.parametrize("path", ["/me/settings", "/me/addresses", "/time-zone", "/sign-in"])
def test_no_form_of_a_member_gives_a_role(client, path):
    make.signed_in(client, make.make_person())
    client.post(path, data=PRIVILEGED | {"name": "Eve", "zone": "UTC", "email": "eve@a.example"})
    assert grants() == []


def test_a_disabled_person_comes_back_by_no_way(client, now):
    """Not by an old cookie (see the walk of the table), a link from before, a new link, or a new role."""
    ana = make.make_person("Ana", "ana@a.example")
    with transaction():
        link = signing_in.issue_sign_in_token(ana, now=now)
        db.session.execute(sa.update(Person).where(Person.id == ana).values(disabled_at=now))
    assert client.get(f"/sign-in/{link}").status_code == 410
    assert client.post(f"/sign-in/{link}").status_code == 410
    with transaction():
        late = signing_in.issue_sign_in_token(ana, now=now)
    assert client.post(f"/sign-in/{late}").status_code == 410
    client.post("/sign-in", data={"email": "ana@a.example"})
    make.signed_in(client, make.make_staff(Role.ADMINISTRATOR))
    assert client.post("/office/roles", data={"email": "ana@a.example", "role": "office"}).status_code == 422
