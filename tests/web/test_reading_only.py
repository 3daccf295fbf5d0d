"""Auditors read the pages of the office and of hosts without what they may not do."""

from ecwi_events.people.models import Role
from tests import make

FRAME = '<body class="only-reads">'


def test_pages_that_an_auditor_only_reads_are_marked_and_others_are_not(app, client):
    activity_id = make.make_activity()
    make.signed_in(client, make.make_staff(Role.AUDITOR))
    assert FRAME in client.get("/office").text
    assert FRAME in client.get(f"/host/activities/{activity_id}/reminders").text
    assert FRAME not in client.get("/me/settings").text
    make.signed_in(client, make.make_office())
    assert FRAME not in client.get("/office").text


def test_the_stylesheet_hides_what_changes_something(app, client):
    make.signed_in(client, make.make_staff(Role.AUDITOR))
    page = client.get("/office").text
    address = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert ".only-reads main form[method=post] button { display: none }" in client.get(address).text
