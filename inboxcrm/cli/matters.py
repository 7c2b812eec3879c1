"""Commands about one conversation: its mails, and parting or joining what was put together wrongly."""

from __future__ import annotations

import click

from inboxcrm import bootstrap
from inboxcrm.cli.contacts_memory import contact_meant
from inboxcrm.cli.output import emit, json_option, moment, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.domain.text import many
from inboxcrm.errors import UserError
from inboxcrm.service import meant, reach, regroup
from inboxcrm.store import reach as reach_rows
from inboxcrm.store import views

TURNS = {"mine": "your turn", "theirs": "their turn", "nobody": "nobody's turn"}


@cli.group(short_help="One conversation: show, split, merge.")
def matter() -> None:
    """A matter is one conversation with somebody about something."""


@matter.command(short_help="Its mails, oldest first, and whose turn it is.")
@click.argument("reference", metavar="REF")
@json_option
@click.pass_obj
def show(place: Place, reference: str, as_json: bool) -> None:
    """The matter of the mail REF: every mail of it, oldest first, and whose turn it is."""
    with bootstrap.household(place.home) as house:
        row_id, zone = meant.message_of(house, reference), house.config.owner.timezone
        with house.database.read() as connection:
            mail = views.message(connection, row_id)
            matter_id = None if mail is None else mail.matter_id
            found = None if matter_id is None else views.matter(connection, matter_id)
            rows = [] if found is None else views.of_matter(connection, found.id)
    if as_json:
        for row in rows:
            emit(row)
        return
    if found is not None:
        until = f", {TURNS[found.turn]}"
        click.echo(f"{found.subject or '(no subject)'} ({found.contact or 'nobody on record'}{until})")
    arrows = {"in": "to you", "out": "from you", "auto": "by machine"}
    table(
        ("ref", "when", "way", "from", "begins"),
        [(row.id, moment(row.received_at, zone), arrows[row.direction], row.sender, row.preview) for row in rows],
        nothing="It belongs to no matter: it is mail of a list or a robot.",
    )


@matter.command(short_help="Make a new matter of a mail and the later ones.")
@click.argument("reference", metavar="REF")
@click.option("--only", is_flag=True, help="Of this mail alone; the later ones stay.")
@json_option
@click.pass_obj
def split(place: Place, reference: str, only: bool, as_json: bool) -> None:
    """Make a new matter of the mail REF and the later ones of its matter. Its promise goes with it."""
    with bootstrap.household(place.home) as house:
        found = regroup.split(house, reference, only=only)
        zone = house.config.owner.timezone
    if as_json:
        emit(found)
        return
    mails = many(found.moved, "mail")
    owed = "" if found.due_at is None else f" An answer is owed in it, due {moment(found.due_at, zone)}."
    click.echo(f"A new matter with {mails}.{owed}")


@matter.command(short_help="Who decides, who pays, who is informed.")
@click.argument("reference", metavar="REF")
@click.argument("who", metavar="[WHO]", required=False)
@click.argument("role", metavar="[ROLE]", required=False)
@click.option("--drop", is_flag=True, help="They are nothing special in it.")
@json_option
@click.pass_obj
def roles(place: Place, reference: str, who: str | None, role: str | None, drop: bool, as_json: bool) -> None:
    """Who is what in the matter of the mail REF; with WHO and ROLE, keep it.

    ROLE is decides, pays, "is informed", or your own words. Somebody may be several things.
    """
    if who is not None and (role is None) is not drop:
        raise UserError("say what they are in it (decides, pays, ...), or --drop")
    with bootstrap.household(place.home) as house:
        if who is not None:
            rows = reach.give_role(house, reference, contact_meant(house, who).id, role)
        else:
            row_id = meant.message_of(house, reference)
            with house.database.read() as connection:
                mail = views.message(connection, row_id)
                matter_id = None if mail is None else mail.matter_id
                rows = [] if matter_id is None else reach_rows.roles(connection, matter_id=matter_id)
    if as_json:
        for row in rows:
            emit(row)
        return
    table(("who", "role"), [(row.contact, row.role) for row in rows], nothing="Nobody has a role in it.")


@matter.command(short_help="Put two matters together.")
@click.argument("reference", metavar="REF")
@click.argument("into", metavar="INTO")
@json_option
@click.pass_obj
def merge(place: Place, reference: str, into: str, as_json: bool) -> None:
    """Put the matter of the mail REF into the matter of the mail INTO.

    Where an answer is owed in both, the promise due first stays, and counts as asked again.
    """
    with bootstrap.household(place.home) as house:
        found = regroup.merge(house, reference, into)
    if as_json:
        emit(found)
        return
    click.echo(f"One matter now; {many(found.moved, 'mail')} moved.")
