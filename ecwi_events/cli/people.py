"""``ecwi-events sign-in-link`` and ``create-person``: the first way in, and the way in when mail does not work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import sqlalchemy as sa

from ecwi_events.app import create_app
from ecwi_events.kernel import clock, links
from ecwi_events.kernel.db import db, transaction
from ecwi_events.kernel.errors import Invalid, NotFound
from ecwi_events.people import queries, second_factor, service, signing_in
from ecwi_events.people.models import Organisation, Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

MEMBER = "member"  # no role is needed to take part


@click.command("sign-in-link")
@click.argument("email")
def sign_in_link(email: str) -> None:
    """Print a link that signs a person in.

    It works once, within 15 minutes. For the first start, and for days when mail does not work. Give it to nobody else.
    """
    with create_app().app_context():
        with transaction():
            link = find_link(email, now=clock.utc_now())
        if link is None:
            raise NotFound(
                f"Nobody here has the address {email}. Type: "
                f"ecwi-events create-person {email} --name 'Full Name' --role office"
            )
        click.echo(link)


@click.command("create-person")
@click.argument("email")
@click.option("--name", required=True, help="The full name.")
@click.option(
    "--role",
    type=click.Choice([MEMBER, *(role.value for role in Role)]),
    default=MEMBER,
    show_default=True,
    help="What the person may do.",
)
@click.option("--organisation", help="Its key or its name; needed for a host.")
def create_person(email: str, name: str, role: str, organisation: str | None) -> None:
    """Add a person, and print a sign-in link."""
    with create_app().app_context():
        now = clock.utc_now()
        with transaction():
            organisation_id, organisation_name = _organisation(organisation, role)
            person_id = service.create_person(name, email, organisation=organisation_name, now=now)
            if role != MEMBER:
                host_of = organisation_id if role == Role.HOST else None
                service.grant_role(person_id, Role(role), organisation_id=host_of, now=now)
            link = find_link(email, now=now)
        click.echo(link)


@click.command("grant-role")
@click.argument("email")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--organisation", help="Its key or its name; needed for a host.")
def grant_role(email: str, role: str, organisation: str | None) -> None:
    """Give a role to a person who is here already, such as the first administrator."""
    with create_app().app_context():
        with transaction():
            organisation_id, _ = _organisation(organisation, role)
            host_of = organisation_id if role == Role.HOST else None
            person_id = service.get_person_id(email)
            service.grant_role(person_id, Role(role), organisation_id=host_of, now=clock.utc_now())
        click.echo(f"{email} has the role {role}.")


@click.command("forget-second-factor")
@click.argument("email")
def forget_second_factor(email: str) -> None:
    """Take the passkeys, one-time codes and recovery codes of a person away.

    For whoever lost them all. Make sure first who asks, and not by email alone. The person is signed out everywhere and sets
    up a new one after signing in.
    """
    with create_app().app_context():
        with transaction():
            second_factor.forget_all(service.get_person_id(email), now=clock.utc_now())
        click.echo(f"{email} has no second factor any more.")


def find_link(address: str, *, now: datetime) -> str | None:
    """Return a fresh sign-in link for this address, or None if nobody has it or may not sign in."""
    person = queries.find_person_by_address(address)
    if person is None or not queries.may_sign_in(person):
        return None
    return links.absolute(f"/sign-in/{signing_in.issue_sign_in_token(person.id, now=now)}")


def _organisation(key_or_name: str | None, role: str) -> tuple[int | None, str]:
    """Return id and name of the organisation that was typed; a member may name one that is not in the list."""
    if not key_or_name:
        if role == Role.HOST:
            raise Invalid({"organisation": "A host acts for one organisation. Say which: --organisation KEY"})
        return None, ""
    found = db.session.execute(
        sa.select(Organisation.id, Organisation.name).where(Organisation.key == key_or_name)
    ).one_or_none()
    if found:
        return found.id, found.name
    organisation_id = queries.find_organisation_id(key_or_name)
    if organisation_id is None and role == Role.HOST:
        raise NotFound(f"No organisation has the key or the name {key_or_name!r}.")
    return organisation_id, key_or_name


commands: Sequence[click.Command] = [sign_in_link, create_person, grant_role, forget_second_factor]
