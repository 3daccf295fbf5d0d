import re
from datetime import timedelta

import pytest

from ecwi_events.programme import outcomes
from tests import make
from tests.web.conftest import words


@pytest.fixture
def organisation(app):
    return make.make_organisation()


@pytest.fixture
def activity_id(organisation):
    return make.make_activity(host_id=organisation)


@pytest.fixture
def host(client, organisation):
    make.signed_in(client, make.make_host(organisation))
    return client


def address(activity_id):
    return f"/host/activities/{activity_id}/outcomes"


def there(activity_id):
    return [(one.kind.value, one.text) for one in outcomes.outcomes_of(activity_id)]


def test_a_host_adds_changes_orders_and_removes_outcomes(host, activity_id):
    for kind, text in (
        ("achieved", "One"),
        ("planned", "Hoped"),
        ("achieved", "Two"),
        ("achieved", " Three\r\n lines "),
    ):
        assert host.post(address(activity_id), data={"kind": kind, "text": text}).status_code == 303
    ids = {one.text: one.id for one in outcomes.outcomes_of(activity_id)}
    assert host.post(f"{address(activity_id)}/{ids['Two']}", data={"act": "up"}).status_code == 303
    assert [text for kind, text in there(activity_id) if kind == "achieved"] == ["Two", "One", "Three lines"]
    host.post(f"{address(activity_id)}/{ids['Two']}", data={"act": "up"})  # it is the first already
    host.post(f"{address(activity_id)}/{ids['Hoped']}", data={"kind": "achieved", "text": "Reached & kept"})
    host.post(f"{address(activity_id)}/{ids['One']}/remove")
    assert [text for _, text in there(activity_id)] == ["Two", "Three lines", "Reached & kept"]
    shown = words(host.get(address(activity_id)))
    assert "Reached & kept" in shown and shown.index("Two") < shown.index("Three lines")
    assert host.post(f"{address(activity_id)}/{ids['One']}/remove").status_code == 404


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"kind": "achieved", "text": " "}, "Say what was learned or changed"),
        ({"kind": "achieved", "text": "x" * 501}, "Use 500 letters or fewer"),
        ({"kind": "wished", "text": "Good"}, "Choose planned or achieved"),
    ],
)
def test_what_cannot_be_taken_is_said_and_stays_in_the_form(host, activity_id, typed, said):
    answer = host.post(address(activity_id), data=typed)
    assert answer.status_code == 422 and said in answer.text and typed["text"].strip() in answer.text
    host.post(address(activity_id), data={"kind": "achieved", "text": "Good"})
    [one] = outcomes.outcomes_of(activity_id)
    answer = host.post(f"{address(activity_id)}/{one.id}", data=typed)
    assert answer.status_code == 422 and f'id="text-{one.id}' in answer.text and said in answer.text
    assert there(activity_id) == [("achieved", "Good")]


def test_the_same_form_sent_twice_makes_one_outcome(host, activity_id):
    word = re.search(r'name="once" value="([^"]+)"', host.get(address(activity_id)).text)[1]
    for _ in range(2):
        assert host.post(address(activity_id), data={"kind": "achieved", "text": "A", "once": word}).status_code == 303
    assert there(activity_id) == [("achieved", "A")] and "sent before" in host.get(address(activity_id)).text


def test_a_hundred_outcomes_are_enough(host, activity_id):
    for number in range(outcomes.MOST):
        host.post(address(activity_id), data={"kind": "achieved", "text": f"Number {number}"})
    answer = host.post(address(activity_id), data={"kind": "achieved", "text": "One more"})
    assert answer.status_code == 422 and "can have 100 outcomes" in answer.text


def test_outcomes_of_others_look_as_if_they_did_not_exist(host, activity_id):
    other = make.make_activity()
    assert host.get(address(other)).status_code == 404
    assert host.post(address(other), data={"kind": "achieved", "text": "Mine"}).status_code == 404
    host.post(address(activity_id), data={"kind": "achieved", "text": "Good"})
    [one] = outcomes.outcomes_of(activity_id)
    make.signed_in(host, make.make_office())
    assert host.post(f"{address(other)}/{one.id}", data={"act": "up"}).status_code == 404
    assert host.post(f"{address(other)}/{one.id}/remove").status_code == 404
    assert there(other) == [] and there(activity_id) == [("achieved", "Good")]


def test_the_page_asks_the_same_number_of_questions_for_one_outcome_and_for_many(host, activity_id, asked):
    def questions():
        asked.clear()
        host.get(address(activity_id))
        return len(asked)

    host.post(address(activity_id), data={"kind": "achieved", "text": "One"})
    one = questions()
    for _ in range(4):
        host.post(address(activity_id), data={"kind": "planned", "text": "More"})
    assert questions() == one


def undos(host, activity_id):
    """Return where the buttons that undo lead to."""
    return re.findall(r'action="([^"]*/removed/\d+/undo)"', host.get(address(activity_id)).text)


def test_a_removed_outcome_comes_back_to_its_place_for_ten_minutes(host, activity_id, the_clock):
    for text in ("One", "Two", "Three"):
        host.post(address(activity_id), data={"kind": "achieved", "text": text})
    ids = {one.text: one.id for one in outcomes.outcomes_of(activity_id)}
    for text in ("Two", "One"):
        host.post(f"{address(activity_id)}/{ids[text]}/remove")
    page = words(host.get(address(activity_id)))
    assert "The outcome is removed. You can undo this for ten minutes." in page and "Removed a moment ago:" in page
    one, two = undos(host, activity_id)
    assert host.post(two).status_code == 303
    assert there(activity_id) == [("achieved", "Two"), ("achieved", "Three")]
    the_clock.now += timedelta(minutes=9, seconds=59)
    assert host.post(one).status_code == 303
    assert [text for _, text in there(activity_id)] == ["One", "Two", "Three"]
    assert "Removed a moment ago" not in words(host.get(address(activity_id)))


def test_undo_pressed_twice_says_that_the_outcome_is_back_and_makes_it_once(host, activity_id):
    host.post(address(activity_id), data={"kind": "achieved", "text": "One"})
    (one,) = outcomes.outcomes_of(activity_id)
    host.post(f"{address(activity_id)}/{one.id}/remove")
    (undo,) = undos(host, activity_id)
    assert host.post(undo).status_code == 303
    again = host.post(undo)
    assert (again.status_code, again.headers["Location"]) == (303, address(activity_id))
    assert "This outcome is back already, or its ten minutes are over." in words(host.get(address(activity_id)))
    assert there(activity_id) == [("achieved", "One")]


def test_after_ten_minutes_and_for_others_nothing_comes_back(host, activity_id, the_clock):
    host.post(address(activity_id), data={"kind": "planned", "text": "One"})
    (one,) = outcomes.outcomes_of(activity_id)
    host.post(f"{address(activity_id)}/{one.id}/remove")
    (undo,) = undos(host, activity_id)
    other = make.make_activity(host_id=make.make_organisation("Other"))
    assert host.post(undo.replace(address(activity_id), address(other))).status_code == 404
    for bad in ("x", "²", "99999999999"):
        assert host.post(f"{address(activity_id)}/removed/{bad}/undo").status_code == 404
    assert there(activity_id) == []
    the_clock.now += timedelta(minutes=10)
    assert "Removed a moment ago" not in words(host.get(address(activity_id)))
    late = host.post(undo)
    assert late.status_code == 409 and "Ten minutes are over." in words(late)
    assert there(activity_id) == []


def test_what_another_activity_lost_does_not_come_back_here(host, activity_id, organisation):
    host.post(address(activity_id), data={"kind": "planned", "text": "One"})
    (one,) = outcomes.outcomes_of(activity_id)
    host.post(f"{address(activity_id)}/{one.id}/remove")
    (undo,) = undos(host, activity_id)
    second = make.make_activity("Second", host_id=organisation)
    assert host.post(undo.replace(address(activity_id), address(second))).status_code == 303
    assert (there(activity_id), there(second)) == ([], []) and len(undos(host, activity_id)) == 1


def forms(host, activity_id, text):
    """Return the forms about one outcome as its page has them: where each goes, and what it carries."""
    page = host.get(address(activity_id)).text
    found = re.findall(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', page, re.DOTALL)
    return {
        to.rpartition("/")[2] if to.endswith(("remove", "undo")) else "save": (to, {"seen": text})
        for to, inside in found
        if f'name="seen" value="{text}"' in inside
    }


@pytest.fixture
def stale(host, activity_id):
    """Forms of an outcome whose number belongs to another one by now, as SQLite may give it."""
    for text in ("One", "Two"):
        host.post(address(activity_id), data={"kind": "achieved", "text": text})
    found = forms(host, activity_id, "Two")
    two = outcomes.outcomes_of(activity_id)[1].id
    host.post(f"{address(activity_id)}/{two}", data={"kind": "achieved", "text": "Three"})
    return found


def test_a_form_about_an_outcome_that_is_another_by_now_changes_nothing(host, activity_id, stale):
    to, seen = stale["remove"]
    gone = host.post(to, data=seen)
    assert gone.status_code == 404 and "This outcome was changed or removed meanwhile." in words(gone)
    to, seen = stale["save"]
    assert host.post(to, data={**seen, "act": "up"}).status_code == 404
    answer = host.post(to, data={**seen, "kind": "achieved", "text": "Two, better"})
    assert answer.status_code == 422 and "It says something else now: “Three”." in words(answer)
    assert "Two, better</textarea>" in answer.text and there(activity_id) == [
        ("achieved", "One"),
        ("achieved", "Three"),
    ]
    host.post(to, data={"seen": "Three", "kind": "achieved", "text": "Two, better"})
    assert there(activity_id)[1] == ("achieved", "Two, better"), "who saves again has seen it"


def test_an_undo_puts_back_what_it_named_or_nothing(host, activity_id):
    for text in ("One", "Two"):
        host.post(address(activity_id), data={"kind": "achieved", "text": text})
    ids = {one.text: one.id for one in outcomes.outcomes_of(activity_id)}
    host.post(f"{address(activity_id)}/{ids['Two']}/remove", data={"seen": "Two"})
    to, seen = forms(host, activity_id, "Two")["undo"]
    host.post(to, data=seen)
    host.post(f"{address(activity_id)}/{ids['One']}/remove", data={"seen": "One"})  # SQLite gives it the same number
    assert host.post(to, data=seen).status_code == 303
    assert there(activity_id) == [("achieved", "Two")] and len(undos(host, activity_id)) == 1
