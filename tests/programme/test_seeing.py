"""Who may see an activity: one rule, and the same answer in lists, feeds, files and forms."""

from datetime import date

import pytest
import sqlalchemy as sa

from ecwi_events.calendars import queries as calendars
from ecwi_events.kernel.db import db, transaction
from ecwi_events.people import queries as people
from ecwi_events.people.models import MembershipClass, MembershipSpell
from ecwi_events.programme import listing, queries
from ecwi_events.programme.models import Activity, ActivityStatus, Visibility
from ecwi_events.programme.rules import STRANGER, Seen, Viewer, is_for_everybody, may_see
from tests import make
from tests.make import NOW

MEMBER = Viewer(is_member=True)
OFFICE = Viewer(sees_all=True)
HOST = Viewer(host_of=frozenset({7}))
OTHER_HOST = Viewer(host_of=frozenset({8}))
INVITED = Viewer(invitations=frozenset({"hash"}))
INVITED_ELSEWHERE = Viewer(invitations=frozenset({"other"}))
SIGNED_UP = Viewer(signed_up_for=frozenset({1}))
EVERYBODY = (STRANGER, MEMBER, OFFICE, HOST, OTHER_HOST, INVITED, INVITED_ELSEWHERE, SIGNED_UP)


def seen(status="planned", visibility="public", link_hash="hash"):
    return Seen(1, status, visibility, link_hash, (7, 9))


@pytest.mark.parametrize(
    ("visibility", "may"),
    [
        ("public", EVERYBODY),
        ("members", (MEMBER, OFFICE, HOST, SIGNED_UP)),
        ("invited", (OFFICE, HOST, INVITED, SIGNED_UP)),
    ],
)
def test_who_may_see_what(visibility, may):
    assert [viewer for viewer in EVERYBODY if may_see(seen(visibility=visibility), viewer)] == [
        viewer for viewer in EVERYBODY if viewer in may
    ]


@pytest.mark.parametrize("status", ["draft", "approved"])
@pytest.mark.parametrize("visibility", list(Visibility))
@pytest.mark.parametrize("viewer", EVERYBODY)
def test_nobody_sees_the_public_page_of_what_is_not_published(status, visibility, viewer):
    assert not may_see(seen(status, visibility), viewer)
    assert not is_for_everybody(status, visibility)


def test_without_a_link_nobody_is_invited():
    assert not may_see(seen(visibility="invited", link_hash=None), Viewer(invitations=frozenset({""})))


def show_to(activity_id, visibility, **more):
    with transaction():
        db.session.execute(sa.update(Activity).where(Activity.id == activity_id).values(visibility=visibility, **more))


@pytest.fixture
def three(app):
    """One activity for each visibility."""
    made = {}
    for visibility in Visibility:
        made[visibility] = make.make_activity(visibility.value)
        show_to(made[visibility], visibility, link_hash=f"hash of {visibility}")
    return made


def titles(found):
    return {card.title for card in found}


def test_lists_show_what_may_be_seen_and_never_what_needs_an_invitation(three):
    for viewer, expected in (
        (STRANGER, {"public"}),
        (MEMBER, {"public", "members"}),
        (OFFICE, {"public", "members"}),
        (Viewer(invitations=frozenset({"hash of invited"})), {"public"}),
    ):
        assert titles(listing.coming(now=NOW, viewer=viewer).cards) == expected
    later = NOW.replace(year=2028)
    assert titles(listing.over(now=later).cards) == {"public"}
    assert titles(listing.over(now=later, viewer=MEMBER).cards) == {"public", "members"}


def test_what_is_listed_may_be_seen(three):
    for viewer in EVERYBODY:
        for card in listing.coming(now=NOW, viewer=viewer).cards:
            assert queries.find_activity_page(card.slug, lambda viewer=viewer: viewer)


def test_pages_and_sign_ups_ask_the_same_rule(three):
    for viewer in (*EVERYBODY, Viewer(invitations=frozenset({"hash of invited"}))):
        for visibility in Visibility:
            page = queries.find_activity_page(visibility.value, lambda viewer=viewer: viewer)
            found = queries.find_public_activity(visibility.value, lambda viewer=viewer: viewer)
            assert (page is None) == (found is None)


def test_nobody_is_asked_who_they_are_for_a_public_page(three):
    def nobody_asks():
        raise AssertionError

    assert queries.find_activity_page("public", nobody_asks)
    assert queries.find_public_activity("public", nobody_asks)
    with pytest.raises(AssertionError):
        queries.find_activity_page("members", nobody_asks)


def test_the_feed_holds_what_everybody_may_see(three):
    assert [session.activity_id for session in calendars.programme_sessions(now=NOW)] == [three[Visibility.PUBLIC]]


@pytest.mark.parametrize(
    ("from_on", "to_on", "is_member"),
    [
        (None, None, True),
        (date(2026, 11, 21), date(2026, 11, 21), True),
        (None, date(2026, 11, 20), False),
        (date(2026, 11, 22), None, False),
    ],
)
def test_membership_is_that_of_the_day(app, from_on, to_on, is_member):
    organisation = make.make_organisation("House", member=False)
    person = make.make_person(organisation="House")
    with transaction():
        spell = MembershipSpell(
            organisation_id=organisation,
            membership_class=MembershipClass.FULL,
            from_on=from_on,
            to_on=to_on,
            source="t",
        )
        db.session.add(spell)
    assert people.works_for_member(person, on=NOW.date()) is is_member
    assert not people.works_for_member(make.make_person(), on=NOW.date())


def test_a_language_is_found_where_it_is_spoken_or_interpreted(app):
    plain = make.make_activity("Plain")
    rich = make.make_activity("Rich")
    with transaction():
        db.session.execute(
            sa.update(Activity).where(Activity.id == rich).values(languages=("uk", "sr"), interpretation=("ru",))
        )

    def found(language):
        return set(db.session.scalars(sa.select(Activity.id).where(queries.held_in(language))))

    assert found("en") == {plain, rich}
    assert found("uk") == found("sr") == found("ru") == {rich}
    assert found("r") == found("%") == found("k sr") == set()
    page = queries.find_activity(rich)
    assert (page.languages, page.interpretation) == (("en", "uk", "sr"), ("ru",))


def test_the_first_status_is_a_draft_for_everybody_later(app):
    activity = make.make_activity(status=ActivityStatus.DRAFT)
    assert db.session.get_one(Activity, activity).visibility is Visibility.PUBLIC
