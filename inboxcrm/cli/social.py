"""Commands about what people did on social networks, as the networks' notices tell."""

from __future__ import annotations

import click

from inboxcrm import bootstrap
from inboxcrm.cli.contacts_memory import contact_meant
from inboxcrm.cli.output import cell, emit, json_option, moment, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.service import social as noticing
from inboxcrm.store import social as store


@cli.group("social", invoke_without_command=True, short_help="What people did on social networks.")
@json_option
@click.pass_context
def social(context: click.Context, as_json: bool) -> None:
    """What people did on social networks, as their notices tell, the oldest first; with the time you set yourself.

    Only mail whose sender the gate believed is a notice. It is never acknowledged. Answer there, then close it.
    """
    if context.invoked_subcommand is not None:
        return
    place: Place = context.obj
    with bootstrap.household(place.home) as house:
        zone = house.config.owner.timezone
        rows = house.database.reading(store.open_ones)
    if as_json:
        for row in rows:
            emit(row)
        return
    table(
        ("ref", "when", "answer by", "network", "what", "who", "page"),
        [
            (
                row.message_id,
                moment(row.at, zone),
                moment(row.due_at, zone),
                row.network,
                row.what,
                row.contact or f"{row.who}?",
                row.profile,
            )
            for row in rows
        ],
        nothing="Nothing waits there.",
    )


@social.command("link")
@click.argument("reference", metavar="REF")
@click.argument("who", metavar="WHO")
@click.pass_obj
def link(place: Place, reference: str, who: str) -> None:
    """Say who that is; their page is remembered."""
    with bootstrap.household(place.home) as house:
        row = noticing.say_who(house, reference, contact_meant(house, who).id)
    click.echo(f"{cell(row.contact)}: {row.what} on {row.network}.")


@social.command("close")
@click.argument("reference", metavar="REF")
@click.pass_obj
def close(place: Place, reference: str) -> None:
    """Answered there, or in no need of an answer."""
    with bootstrap.household(place.home) as house:
        noticing.close(house, reference)
    click.echo("Closed.")
