"""Two records of one organisation become one, and two again."""

from datetime import date

import pytest
import sqlalchemy as sa

from ecwi_events.kernel.db import Model, db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound, Refused
from ecwi_events.people import membership, queries
from ecwi_events.people import service as people
from ecwi_events.people.importing import OrganisationRecord, take_over_organisations
from ecwi_events.people.models import MembershipClass, MembershipSpell, Organisation, Role, RoleGrant
from ecwi_events.programme import merging
from ecwi_events.programme.models import ActivityOrganisation, OrganisationRole
from tests import make
from tests.make import NOW

COMPARED = (
    "person", "organisation", "organisation_alias", "membership_spell", "role_grant", "activity_organisation", "money_line",
    "affiliation",
)  # fmt: skip


def merge(kept, merged):
    with transaction():
        return merging.merge_organisations(kept, merged, by_person_id=None, now=NOW)


def everything():
    tables = Model.metadata.tables
    rows = {
        name: [tuple(row) for row in db.session.execute(sa.select(tables[name]).order_by(tables[name].c.id))]
        for name in COMPARED
    }
    db.session.rollback()
    return rows


@pytest.fixture
def two(app):
    kept = make.make_organisation("Open Academy Step by Step", country=None)
    merged = make.make_organisation("Pučko otvoreno učilište", country="HR")
    return kept, merged


def test_names_people_hosts_and_roles_belong_to_the_one_that_stays_and_back_again(two):
    kept, merged = two
    make.make_host(merged)
    person = make.make_person("Ana", organisation="Pucko otvoreno uciliste")
    activity = make.make_activity(host_id=merged)
    with transaction():
        db.session.add(ActivityOrganisation(activity_id=activity, organisation_id=kept, role=OrganisationRole.CO_HOST))
    before = everything()
    merge_id = merge(kept, merged)
    assert queries.find_organisation_id("PUCKO otvoreno učilište") == kept
    assert db.session.scalar(sa.text("SELECT organisation_id FROM person WHERE id = :id"), {"id": person}) == kept
    roles = db.session.execute(sa.select(ActivityOrganisation.organisation_id, ActivityOrganisation.role)).all()
    assert [tuple(row) for row in roles] == [(kept, OrganisationRole.HOST)], "not host and co-host at once"
    assert set(db.session.scalars(sa.select(RoleGrant.organisation_id).where(RoleGrant.role == Role.HOST))) == {kept}
    assert db.session.get(Organisation, kept).country == "HR"
    assert [name for _, name in queries.organisation_names()] == ["Open Academy Step by Step"]
    with transaction():
        assert merging.undo_merge(merge_id, now=NOW).left_alone == 0
    assert everything() == before


def test_memberships_that_overlap_become_one_long_one(two):
    kept, merged = two
    with transaction():
        spell = membership.spells_of(kept)[0]
        membership.change_spell(
            kept, spell.id, spell.membership_class, from_on=date(2011, 1, 1), to_on=date(2015, 12, 31), now=NOW
        )
        spell = membership.spells_of(merged)[0]
        membership.change_spell(merged, spell.id, spell.membership_class, from_on=date(2014, 1, 1), to_on=None, now=NOW)
    before = everything()
    merge_id = merge(kept, merged)
    rows = db.session.execute(
        sa.select(MembershipSpell.organisation_id, MembershipSpell.from_on, MembershipSpell.to_on)
    )
    assert [tuple(row) for row in rows] == [(kept, date(2011, 1, 1), None)]
    with transaction():
        merging.undo_merge(merge_id, now=NOW)
    assert everything() == before


def test_memberships_of_two_classes_on_one_day_are_not_guessed_at(two):
    kept, merged = two
    with transaction():
        spell = membership.spells_of(merged)[0]
        membership.change_spell(merged, spell.id, MembershipClass.AFFILIATE, from_on=None, to_on=None, now=NOW)
    before = everything()
    with pytest.raises(Refused, match="another class"):
        merge(kept, merged)
    assert everything() == before


def test_no_organisation_is_merged_with_itself_with_none_or_twice(two):
    kept, merged = two
    with pytest.raises(Refused):
        merge(kept, kept)
    with pytest.raises(NotFound):
        merge(kept, 999_999)
    merge(kept, merged)
    with pytest.raises(Refused, match="merged already"):
        merge(kept, merged)


def test_a_file_that_knows_the_merged_one_by_its_key_brings_it_not_back(two):
    kept, merged = two
    key = db.session.get(Organisation, merged).key
    db.session.rollback()
    merge(kept, merged)
    record = OrganisationRecord(key=key, name="Pučko otvoreno učilište", country="HR")
    with transaction():
        ids, tally = take_over_organisations([record], now=NOW)
    assert ids[key] == kept
    assert (tally.new, tally.changed, tally.same) == (0, 0, 1)
    assert db.session.get(Organisation, kept).name == "Open Academy Step by Step"


def test_a_membership_neither_ends_before_it_begins_nor_overlaps(app):
    body = make.make_organisation(member=False)
    with transaction():
        membership.add_spell(
            body, MembershipClass.FULL, from_on=date(2012, 1, 1), to_on=date(2014, 12, 31), source="test", now=NOW
        )
    for from_on, to_on in (
        (date(2014, 12, 31), None), (None, date(2012, 1, 1)), (None, None), (date(2013, 1, 1), date(2013, 2, 1)),
        (date(2016, 1, 1), date(2015, 1, 1)),
    ):  # fmt: skip
        with pytest.raises(Invalid), transaction():
            membership.add_spell(body, MembershipClass.FULL, from_on=from_on, to_on=to_on, source="test", now=NOW)
        with pytest.raises(Invalid), transaction():
            people.record_membership(body, MembershipClass.AFFILIATE, from_on=from_on, to_on=to_on, source="test")
    with transaction():
        membership.add_spell(body, MembershipClass.FULL, from_on=date(2015, 1, 1), to_on=None, source="test", now=NOW)
        membership.add_spell(
            body, MembershipClass.AFFILIATE, from_on=None, to_on=date(2011, 12, 31), source="test", now=NOW
        )
    assert [spell.membership_class.value for spell in membership.spells_of(body)] == ["full", "full", "affiliate"]
