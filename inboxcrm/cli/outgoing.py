"""Commands about mail that goes out: what waits, and the owner's word on it."""

from __future__ import annotations

import click

from inboxcrm import bootstrap
from inboxcrm.cli.desk import banner
from inboxcrm.cli.output import emit, json_option, moment, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.service import outgoing, watched
from inboxcrm.store import views


@cli.command(short_help="What waits to go out, was shown, or went.")
@click.option("--all", "everything", is_flag=True, help="Also what is over.")
@click.option("--raw", "item", type=int, metavar="ITEM", help="Write this mail's bytes to standard output.")
@json_option
@click.pass_obj
def outbox(place: Place, everything: bool, item: int | None, as_json: bool) -> None:
    """What waits to go out, was shown in shadow, or went; --raw ITEM writes the very bytes of one mail."""
    if item is not None:
        _raw(place, item)
        return
    waiting = ("held", "awaiting", "queued", "sending", "unknown", "shadow")
    with bootstrap.household(place.home) as house:
        zone = house.config.owner.timezone
        rows = house.database.reading(
            lambda connection: views.outbox(connection, states=() if everything else waiting, limit=200)
        )
        if as_json:
            for row in rows:
                emit(row)
            return
        banner(house)
        table(
            ("item", "state", "to", "template", "goes after", "note", "subject"),
            [
                (row.id, row.state, row.recipient, row.template, moment(row.send_after, zone), row.reply, row.subject)
                for row in rows
            ],
            nothing="Nothing waits to go out.",
        )


def _raw(place: Place, item_id: int) -> None:
    """The bytes as they go, went or would go out; the envelope on standard error."""
    with bootstrap.household(place.home) as house:
        item = outgoing.item(house, item_id)
    click.echo(f"MAIL FROM:<{item.envelope_from}>  RCPT TO:<{item.recipient}>", err=True)
    click.echo(item.raw, nl=False)


@cli.command()
@click.argument("item", type=int)
@click.pass_obj
def approve(place: Place, item: int) -> None:
    """Let a waiting mail go (ITEM as listed by outbox)."""
    with bootstrap.household(place.home) as house:
        click.echo(f"Item {item} is {outgoing.approve(house, item)}; {watched.on_its_way(house)}.")


@cli.command()
@click.argument("item", type=int)
@click.pass_obj
def reject(place: Place, item: int) -> None:
    """Drop a waiting mail; its promise stands, silently."""
    with bootstrap.household(place.home) as house:
        click.echo(f"Item {item} is {outgoing.reject(house, item)}.")


@cli.command("send-again", short_help="Send a mail of yours of unknown fate once more.")
@click.argument("item", type=int)
@click.pass_obj
def send_again(place: Place, item: int) -> None:
    """Send a mail of your own writing once more, of which nobody knows whether it left (state unknown in outbox)."""
    with bootstrap.household(place.home) as house:
        click.echo(f"Item {item} is {outgoing.send_again(house, item)}; {watched.on_its_way(house)}.")


@cli.command(short_help="Leave a mail of unknown fate alone.")
@click.argument("item", type=int)
@click.pass_obj
def dismiss(place: Place, item: int) -> None:
    """Leave a mail of unknown fate alone (state unknown in outbox): it counts as not sent."""
    with bootstrap.household(place.home) as house:
        click.echo(f"Item {item} is {outgoing.dismiss(house, item)}.")
