"""All six PLAs of 2022, typed into the pages one by one, make the same edition as the file of that year.

The organisations, the year's own figures and its texts come from the file in both cases; the activities are typed.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa
import yaml

from ecwi_events.kernel.db import db, transaction
from ecwi_events.overview.importing import import_edition, read_edition
from ecwi_events.people.models import Organisation, Role
from tests import make
from tests.browser.looking import press
from tests.conftest import empty_tables
from tests.make import NOW
from tests.overview.conftest import snapshot_of


@pytest.mark.parametrize("engine_app", ["sqlite"], indirect=True)
def test_six_plas_typed_into_the_pages_make_the_edition_of_the_file(app, live, open_page, examples, the_clock):
    body = (examples / "pla-2022.yaml").read_bytes()
    told = yaml.safe_load(body)
    _import(yaml.safe_dump({**told, "activities": []}, allow_unicode=True).encode())
    organisations = {
        key: str(number) for key, number in db.session.execute(sa.select(Organisation.key, Organisation.id))
    }
    page = open_page()
    live.sign_in(page, make.make_staff(Role.OFFICE))
    for activity in told["activities"]:
        _type_in(page, live.url, activity, organisations)
    typed = snapshot_of(2022)
    db.session.rollback()
    empty_tables()
    _import(body)
    assert _without_numbers(typed) == _without_numbers(snapshot_of(2022))


def _import(body: bytes) -> None:
    with transaction():
        import_edition(read_edition(body, "pla-2022.yaml"), now=NOW)


def _type_in(page, base: str, activity: dict, organisations: dict[str, str]) -> None:
    number = _new(page, base, activity, organisations)
    _record(page, f"{base}/office/activities/{number}/edit", activity, organisations)
    _components(page, f"{base}/host/activities/{number}/components", activity)
    _declared(page, f"{base}/office/activities/{number}/declared", activity)
    for text in activity.get("outcomes", ()):
        kind = activity.get("outcomes_are", "achieved")
        _send(page, f"{base}/host/activities/{number}/outcomes", {"text": text, "kind": kind}, "Add the outcome")
    for resource in activity.get("resources", ()):
        typed = {"title": resource["title"], "url": resource.get("url", ""), "kind": "handout"}
        _send(page, f"{base}/host/activities/{number}/resources", typed, "Add the resource")
    _status(page, f"{base}/host/activities/{number}/status", activity)


def _new(page, base: str, activity: dict, organisations: dict[str, str]) -> str:
    typed = {
        "kind": "pla", "title": activity["title"], "strapline": activity["strapline"], "year": "2022",
        "description": activity["description"], "host": organisations[activity["host"]],
    }  # fmt: skip
    _send(page, f"{base}/office/activities/new", typed, "Save as draft")
    return page.url.rpartition("/")[2]


def _record(page, address: str, activity: dict, organisations: dict[str, str]) -> None:
    page.goto(address)
    _fill(page, {"target_region": activity.get("target_region", ""), "display_order": str(activity["order"])})
    _fill_rows(page, "co_host_ids", [organisations[key] for key in activity.get("co_hosts", ())])
    contributors = [organisations[key] for key in activity.get("contributors", ())]
    _fill_rows(page, "contributor_organisation", contributors)
    _fill_rows(page, "contributor_role", ["contributor"] * len(contributors))
    press(page, page.get_by_role("button", name="Save", exact=True).last)


def _components(page, address: str, activity: dict) -> None:
    page.goto(address)
    for n, part in enumerate(activity["structure"]["parts"]):
        if not page.locator(f"[name=components-{n}-kind]").count():
            press(page, page.get_by_role("button", name="Add a component"))
        row = {"kind": part["format"], "count": str(part.get("count", "")), "destination": part.get("destination", ""),
               "minutes_each": str(part.get("minutes_each", ""))}  # fmt: skip
        _fill(page, {f"components-{n}-{name}": value for name, value in row.items()})
        page.locator(f"[name=components-{n}-planned]").set_checked(part.get("planned_only", False))
    note = activity["structure"].get("note", "")
    _fill(page, {"structure_note": note, "participants_note": activity["participants"].get("instead", "")})
    press(page, page.get_by_role("button", name="Save", exact=True).last)


def _declared(page, address: str, activity: dict) -> None:
    page.goto(address)
    period, people = activity.get("period", {}), activity["participants"]
    groups = people.get("groups") or ([{"value": people["value"]}] if "value" in people else [])
    page.locator("[name=past]").check()
    page.locator("[name=open_end]").set_checked(period.get("open_end", False))
    _fill(page, {name: str(period.get(end, "")) for name, end in (("period_start", "start"), ("period_end", "end"))})
    for n, group in enumerate(groups):
        _fill(page, {f"value-{n}": str(group["value"]), f"label-{n}": group.get("label", "")})
    _fill(page, {name: people[name] for name in ("source", "note", "basis", "additive") if name in people})
    press(page, page.get_by_role("main").get_by_role("button", name="Save"))


def _status(page, address: str, activity: dict) -> None:
    """Publish it, and then move it to where it stands."""
    _send(page, f"{address}/planned", {}, "Publish")
    button = {"completed": "It is over", "postponed": "Postpone", "ongoing": "It goes on without an end"}
    typed = (
        {"reason": "As the overview says", "until": activity["replanned"]} if activity["status"] == "postponed" else {}
    )
    _send(page, f"{address}/{activity['status']}", typed, button[activity["status"]])


def _send(page, address: str, typed: dict[str, str], button: str) -> None:
    """Fill in the form that a button belongs to, and press the button."""
    if page.url != address:
        page.goto(address)
    pressed = page.get_by_role("main").get_by_role("button", name=button, exact=True).last
    _fill(page, typed, pressed)
    press(page, pressed)
    assert not page.locator(".problem").count(), page.locator(".problem").inner_text()


def _fill(page, typed: dict[str, str], button=None) -> None:
    """Put values into the fields of a form at once, as typing does; a field that is not there fails."""
    missing = (button or page.locator("main form button").last).evaluate(
        """(button, typed) => Object.entries(typed).filter(([name, value]) => {
            const field = button.form.elements[name];
            if (field) field.value = value;
            return !field || field.value.replaceAll("\\r", "") !== value;
        }).map(([name]) => name)""",
        typed,
    )
    assert missing == [], f"{page.url} does not take {missing}"


def _fill_rows(page, name: str, values: list[str]) -> None:
    for n, value in enumerate(values):
        page.locator(f"[name={name}]").nth(n).select_option(value)


def _without_numbers(value):
    """Return a snapshot without the numbers that records have in the database; all else stays, labels and order too."""
    if isinstance(value, dict):
        return {
            name: _without_numbers(inner)
            for name, inner in value.items()
            if not (name == "id" and isinstance(inner, int))
        }
    return [_without_numbers(inner) for inner in value] if isinstance(value, list) else value
