"""Commands about how a relation fares: who has gone quiet, what was given and what was taken."""

from __future__ import annotations

import click

from inboxcrm import bootstrap
from inboxcrm.cli.contacts_memory import contact_meant
from inboxcrm.cli.output import EMPTY, cell, emit, heading, json_option, moment, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.domain.touches import Class
from inboxcrm.errors import UserError
from inboxcrm.service import account
from inboxcrm.service import quiet as silences
from inboxcrm.service.household import Household
from inboxcrm.store import rhythms
from inboxcrm.store import touches as touch_rows


@cli.group("quiet", invoke_without_command=True, short_help="Who has gone quiet, by their own rhythm.")
@click.option("--all", "everything", is_flag=True, help="Also the silences you have seen, and those with a reason.")
@json_option
@click.pass_context
def quiet(context: click.Context, everything: bool, as_json: bool) -> None:
    """Who has gone quiet, measured once a day against their own rhythm, the least likely silence first.

    A broken promise before the silence is told first. Somebody to whom you owe an answer, or who told of leave, is not
    listed. Nothing is sent: call them.
    """
    if context.invoked_subcommand is not None:
        return
    place: Place = context.obj
    with bootstrap.household(place.home) as house:
        zone = house.config.owner.timezone
        rows = house.database.reading(rhythms.silent if everything else silences.remarkable)
    if as_json:
        for row in rows:
            emit(row)
        return
    table(
        ("id", "who", "", "evidence", "last word"),
        [
            (
                f"c{row.contact_id}",
                row.contact,
                row.spared or ("seen" if row.seen_last_at == row.last_at else row.silence.replace("gone", "gone?")),
                silences.evidence(row, lambda at: moment(at, zone)),
                moment(row.last_at, zone),
            )
            for row in rows
        ],
        nothing="Nobody has gone quiet.",
    )


@quiet.command("seen")
@click.argument("who", metavar="WHO")
@click.pass_obj
def seen(place: Place, who: str) -> None:
    """You have seen this silence: not told again until they have given word and fall silent anew."""
    with bootstrap.household(place.home) as house:
        contact = contact_meant(house, who)
        with house.database.write() as connection:
            rhythms.see(connection, contact.id)
    click.echo(f"Seen: {cell(contact.name)}.")


def quiet_lines(house: Household) -> None:
    """What the queue says of silences: the three least likely ones."""
    rows = house.database.reading(silences.remarkable)
    if not rows:
        return
    zone = house.config.owner.timezone
    click.echo()
    heading("Gone quiet (inboxcrm quiet)")
    for row in rows[:3]:
        click.echo(f"  {cell(row.contact)}: {silences.evidence(row, lambda at: moment(at, zone))}")


@cli.command("touches", short_help="What you gave and what you took.")
@click.option("--of", "who", metavar="WHO", help="Only of this contact, with the balance.")
@json_option
@click.pass_obj
def touches_(place: Place, who: str | None, as_json: bool) -> None:
    """Your letters and calls as give, take or neutral, the latest first; each halves in weight every 180 days."""
    with bootstrap.household(place.home) as house:
        zone, now = house.config.owner.timezone, house.clock.now()
        contact_id = None if who is None else contact_meant(house, who).id
        with house.database.read() as connection:
            rows = touch_rows.listed(connection, contact_id)
            stands = None if contact_id is None else account.balance(connection, contact_id, now=now)
    if as_json:
        for row in rows:
            emit(row)
        return
    table(
        ("ref", "when", "who", "", "because", "subject"),
        [
            (row.message_id or EMPTY, moment(row.at, zone), row.contact, row.kind, row.because, row.subject)
            for row in rows
        ],
        nothing="No touch is on record.",
    )
    if stands is not None:
        click.echo(f"Balance {stands:+.1f}")


@cli.command(short_help="Say whether a letter of yours gave or took.")
@click.argument("reference", metavar="REF")
@click.option("--give", "kind", flag_value=Class.GIVE.value, help="It gave.")
@click.option("--take", "kind", flag_value=Class.TAKE.value, help="It took.")
@click.option("--neutral", "kind", flag_value=Class.NEUTRAL.value, help="It did neither.")
@click.pass_obj
def touch(place: Place, reference: str, kind: str | None) -> None:
    """Say whether a letter of yours gave or took, where the proposal is wrong."""
    if kind is None:
        raise UserError("say what it was: --give, --take or --neutral")
    with bootstrap.household(place.home) as house:
        row = account.correct(house, reference, Class(kind))
    click.echo(f"{cell(row.contact)}: {kind}.")
