"""Commands that take address books in and out: vCard and tables."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import click

from inboxcrm import bootstrap
from inboxcrm.cli.contacts import contacts
from inboxcrm.cli.output import emit, json_option, table
from inboxcrm.cli.root import Place
from inboxcrm.domain import card_tables, vcards
from inboxcrm.domain.text import many
from inboxcrm.errors import UserError
from inboxcrm.service import address_books

FORMATS = {"vcard4": ".vcf", "vcard3": ".vcf", "csv": ".csv"}


@contacts.command("import", short_help="Take an address book in: vCard or CSV.")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--apply", is_flag=True, help="Do it. Without it every change is shown and nothing is changed.")
@json_option
@click.pass_obj
def import_(place: Place, path: Path, apply: bool, as_json: bool) -> None:
    """Take in the people of FILE, vCard (3.0, 4.0, and what telephones write of 2.1) or CSV, by their mail addresses.

    Without --apply every change is shown and nothing is done. Nothing on record is overwritten: where the file says
    something else, both are shown (conflict) and yours stays. A birthday or anniversary becomes a suggestion:
    inboxcrm occasions. Whom you import is no stranger.
    """
    cards = address_books.read_file(path)
    with bootstrap.household(place.home) as house:
        taken = address_books.take(house, cards, source=path.name, apply=apply)
    if as_json:
        for change in taken.changes:
            emit(change)
        return
    table(
        ("card", "who", "", "what", "value"),
        [(each.where, each.who, each.kind, each.what, each.value) for each in taken.changes],
        nothing="Nothing in it is new.",
    )
    counts = Counter(each.kind for each in taken.changes)
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
    click.echo(f"{many(taken.cards, 'card')}, {taken.unchanged} of them nothing new{': ' if told else ''}{told}.")
    if taken.changes and not apply:
        click.echo("Nothing was changed. To do it: the same with --apply")
    elif taken.changes:
        click.echo("Taken in.")


@contacts.command("export", short_help="Write an address book: vCard or CSV.")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.argument("words", nargs=-1)
@click.option("--format", "shape", type=click.Choice(tuple(FORMATS)), help="By the file's ending, if not given.")
@click.pass_obj
def export(place: Place, path: Path, words: tuple[str, ...], shape: str | None) -> None:
    """Write everybody, or those whom WORDS mean, to FILE (- is the output): vCard 4.0, 3.0, or CSV.

    Names, addresses, numbers, pages, organisation, language, time zone, birthday and anniversary; facts and mail stay
    here (`inboxcrm export-contact` writes all of one person).
    """
    shape = shape or ("csv" if path.suffix.lower() == ".csv" else "vcard4")
    with bootstrap.household(place.home) as house, house.database.read() as connection:
        cards = address_books.cards_of(connection, like=" ".join(words))
    text = card_tables.write(cards) if shape == "csv" else vcards.write(cards, f"{shape[-1]}.0")
    if str(path) == "-":
        sys.stdout.buffer.write(text.encode())
        return
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(f"{path} is there already; name another file") from None
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from error
    click.echo(f"{many(len(cards), 'contact')} written to {path}.")
