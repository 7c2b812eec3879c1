"""Commands about how people are reached besides mail, and how they stand to one another."""

from __future__ import annotations

import click

from inboxcrm import bootstrap
from inboxcrm.cli.contacts import contacts
from inboxcrm.cli.contacts_memory import contact_meant
from inboxcrm.cli.output import cell, emit, json_option, table
from inboxcrm.cli.root import Place
from inboxcrm.domain.relations import KINDS
from inboxcrm.errors import UserError
from inboxcrm.service import reach
from inboxcrm.store import reach as rows_of


@contacts.command(short_help="Keep or drop a telephone number.")
@click.argument("who", metavar="WHO")
@click.argument("number", metavar="NUMBER")
@click.option("--label", default="", help="What it is: work, mobile, the cabin.")
@click.option("--drop", is_flag=True, help="It is not theirs; not suggested again.")
@click.pass_obj
def phone(place: Place, who: str, number: str, label: str, drop: bool) -> None:
    """Keep NUMBER as a number of WHO; one that was found below a letter is confirmed by that.

    A number without +41 or the like is read as dialled where they are: their time zone, else the country of their
    address, else where you are.
    """
    with bootstrap.household(place.home) as house:
        contact = contact_meant(house, who)
        if drop:
            reach.drop_phone(house, contact.id, number)
            click.echo(f"Dropped: {cell(contact.name)}.")
            return
        kept = reach.keep_phone(house, contact.id, number, label=label)
    click.echo(f"{cell(contact.name)}: {kept.international}{f' ({cell(kept.label)})' if kept.label else ''}")


@contacts.command(short_help="Telephone numbers, and those found below letters.")
@click.option("--of", "who", metavar="WHO", help="Only of this contact.")
@click.option("--suggested", is_flag=True, help="Only those found below letters and not yet kept or dropped.")
@json_option
@click.pass_obj
def phones(place: Place, who: str | None, suggested: bool, as_json: bool) -> None:
    """Telephone numbers by name. Those marked ? stood below a letter: `contacts phone WHO NUMBER` keeps one."""
    with bootstrap.household(place.home) as house:
        contact_id = None if who is None else contact_meant(house, who).id
        region = reach.home_region(house)
        state = rows_of.SUGGESTED if suggested else None
        rows = house.database.reading(lambda connection: rows_of.phones(connection, contact_id, state=state))
    if as_json:
        for row in rows:
            emit(row)
        return
    table(
        ("id", "who", "", "number", "ref"),
        [
            (f"c{row.contact_id}", row.contact, "?" if row.state == rows_of.SUGGESTED else "", row.shown(region),
             row.message_id)
            for row in rows
        ],
        nothing="No number is on record.",
    )  # fmt: skip


@contacts.command(short_help="Keep or drop a page of theirs.")
@click.argument("who", metavar="WHO")
@click.argument("url", metavar="URL")
@click.option("--drop", is_flag=True, help="It is not theirs.")
@click.pass_obj
def page(place: Place, who: str, url: str, drop: bool) -> None:
    """Keep URL as a page of WHO: a profile on a network, a site. Notices of that network are linked by it."""
    with bootstrap.household(place.home) as house:
        contact = contact_meant(house, who)
        if drop:
            reach.drop_page(house, contact.id, url)
            click.echo(f"Dropped: {cell(contact.name)}.")
            return
        kept = reach.keep_page(house, contact.id, url)
    click.echo(f"{cell(contact.name)}: {cell(kept)}")


@contacts.command(
    short_help="How somebody stands to somebody else.",
    epilog=f"KIND is one of {', '.join(KINDS)}, or your own words in quotes.",
)
@click.argument("one", metavar="A")
@click.argument("kind", metavar="[KIND]", required=False)
@click.argument("other", metavar="[B]", required=False)
@click.option("--back", metavar="WORDS", help="With your own words: how B stands to A (was trained by).")
@click.option("--drop", metavar="B", help="Forget how A and B stand to one another.")
@json_option
@click.pass_obj
def relate(
    place: Place, one: str, kind: str | None, other: str | None, back: str | None, drop: str | None, as_json: bool
) -> None:
    """Keep how A stands to B: `contacts relate dora assistant-of carl`. Both cards say it. With A alone, list it."""
    with bootstrap.household(place.home) as house:
        first = contact_meant(house, one)
        if drop is not None:
            reach.unrelate(house, first.id, contact_meant(house, drop).id)
        elif kind is not None:
            if other is None:
                raise UserError("say to whom: inboxcrm contacts relate A KIND B")
            reach.relate(house, first.id, contact_meant(house, other).id, kind, back=back)
        rows = house.database.reading(lambda connection: rows_of.relations(connection, first.id))
    if as_json:
        for row in rows:
            emit(row)
        return
    table(
        ("who", "stands", "to"),
        [(first.name, row.words, f"c{row.other_id}") for row in rows],
        nothing=f"Nothing is on record of how {cell(first.name)} stands to others.",
    )
