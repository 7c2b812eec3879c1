"""Commands that read archives of mail into the home, and write them."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import click

from inboxcrm import bootstrap
from inboxcrm.archives.found import Leaving
from inboxcrm.archives.mbox import Form
from inboxcrm.archives.writing import Layout, new_file
from inboxcrm.cli import times
from inboxcrm.cli.contacts_memory import contact_meant
from inboxcrm.cli.output import emit, json_option, moment, table
from inboxcrm.cli.progress import Telling
from inboxcrm.cli.root import Place, cli
from inboxcrm.domain.text import many
from inboxcrm.errors import UserError
from inboxcrm.parsing import Parser
from inboxcrm.service import exporting, meant
from inboxcrm.service.household import Household
from inboxcrm.service.importing import Import, Imported
from inboxcrm.store import imports, selection, views
from inboxcrm.store.selection import Selection


@cli.command("import", short_help="Read mbox, Maildir, eml and Takeout into the archive.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--spam", is_flag=True, help="Also what a Takeout labels as spam.")
@click.option("--trash", is_flag=True, help="Also what was deleted: Takeout's trash, and flagged so in a Maildir.")
@click.option("--form", type=click.Choice([each.value for each in Form]), default=Form.AUTO.value, show_default=True,
              help="The dialect of mbox files, where the guess is wrong.")  # fmt: skip
@click.option("--broken", is_flag=True, help="List what earlier imports found to be no mail.")
@click.option("--to", "folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
              help="With --broken: write each piece there as it stood.")  # fmt: skip
@json_option
@click.pass_obj
def import_(
    place: Place, paths: tuple[Path, ...], spam: bool, trash: bool, form: str, broken: bool, folder: Path | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Read archives of mail: mbox, Maildir, .eml, a Google Takeout (.zip, .tgz, or unpacked). Folders are searched.

    Nothing imported is ever acknowledged or owed. What you sent is filed as your own mail. Spam, trash, chats and
    drafts are left out. What is on record already is not filed again, also when it came by IMAP.

    An import may be stopped at any time, by Ctrl-C or a power cut: the same command goes on where it was. A piece that
    is no mail stops nothing: it is kept apart and counted.
    """
    with bootstrap.household(place.home) as house:
        if broken:
            _show_broken(house, folder, as_json=as_json)
            return
        if not paths:
            raise UserError("give the files or folders to read: inboxcrm import PATH...")
        wanted = {Leaving.SPAM: spam, Leaving.TRASH: trash}
        leaving = frozenset(each for each in Leaving if not wanted.get(each, False))
        imported = asyncio.run(_import(house, paths, leaving, Form(form)))
    if as_json:
        emit(imported)
    else:
        click.echo(_told(imported))


async def _import(house: Household, paths: tuple[Path, ...], leaving: frozenset[Leaving], form: Form) -> Imported:
    with Telling("import") as telling:

        def look(so_far: Imported) -> None:
            telling.look(so_far.read, so_far.octets, so_far.seen)

        async with Parser() as parser:
            try:
                return await Import(house, parser, leaving=leaving, form=form, look=look).run(paths)
            except asyncio.CancelledError:
                telling.stopped("Stopped. The same command goes on where it was.")
                raise


def _told(imported: Imported) -> str:
    said = [f"{many(imported.seen, 'mail')} read, {imported.new} of them new"]
    if imported.known:
        said.append(f"{imported.known} were on record")
    if imported.left_out:
        said.append(f"{imported.left_out} spam, trash, chats or drafts left out")
    if imported.quarantined:
        said.append(f"{imported.quarantined} no mail (inboxcrm import --broken)")
    if imported.passed_over:
        said.append(f"{many(imported.passed_over, 'other file')} passed over")
    return ", ".join(said) + "."


def _show_broken(house: Household, folder: Path | None, *, as_json: bool) -> None:
    with house.database.read() as connection:
        rows = imports.quarantined(connection)
        if folder is not None:
            _write_broken(connection, folder)
    if as_json:
        for row in rows:
            emit(row)
        return
    zone = house.config.owner.timezone
    table(
        ("id", "noticed", "octets", "at", "why", "source"),
        [(row.id, moment(row.noticed_at, zone), row.octets, row.position, row.why, row.source) for row in rows],
        nothing="Every piece of every import was a mail.",
    )


def _write_broken(connection: sqlite3.Connection, folder: Path) -> None:
    """Write the pieces as they stood, readable by the owner alone: they may be people's mail all the same."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for number, octets in imports.octets_of_broken(connection):
            with new_file(folder / f"broken-{number}.bin") as file:
                file.write(octets)
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror or error}") from error


@cli.command(short_help="Write mail to mbox, Maildir or eml, as it came.")
@click.option("--to", "path", type=click.Path(path_type=Path), required=True, metavar="PATH",
              help="Where to write; nothing may be there yet.")  # fmt: skip
@click.option("--layout", type=click.Choice([each.value for each in Layout]), default=Layout.MBOX.value,
              show_default=True, help="One mboxrd file, a Maildir, or a folder of .eml files.")  # fmt: skip
@click.option("--contact", "who", metavar="WHO", help="What this contact wrote or got.")
@click.option("--organisation", metavar="WHO", help="What anybody of this organisation wrote or got.")
@click.option("--matter", metavar="REF", help="The matter of this message.")
@click.option("--since", metavar="DAY", help="From this day or time on.")
@click.option("--until", metavar="DAY", help="Up to the end of this day, or before this time.")
@click.option("--folder", metavar="NAME", help="What lies in this folder.")
@click.option("--search", "words", metavar="WORDS", help="What holds all of these words.")
@json_option
@click.pass_obj
def export(
    place: Place, path: Path, layout: str, who: str | None, organisation: str | None, matter: str | None,
    since: str | None, until: str | None, folder: str | None, words: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Write mail to an archive that other programs read, with nothing changed in it; `import` reads the same back.

    Without conditions everything is written; of several, all must hold. What the commands know besides the mail is
    written by export-contact, one person at a time.
    """
    with bootstrap.household(place.home) as house:
        wanted = _selection(house, who, organisation, matter, since, until, folder, words)
        with Telling("export") as telling:
            written = exporting.export(
                house, wanted, path, Layout(layout), look=lambda done, whole: telling.look(done, whole, done)
            )
        unread = _unread(house, wanted)
    if as_json:
        emit(written)
    else:
        click.echo(f"{many(written.mails, 'mail')}, {many(written.octets, 'octet')}, written to {written.to}.")
    if unread:
        click.echo(f"{unread:,} more of theirs are listed and not read yet: they are not in it.", err=True)


def _unread(house: Household, wanted: Selection) -> int:
    if wanted.contact_id is None:
        return 0
    contact_id = wanted.contact_id
    return house.database.reading(lambda connection: views.count_listed(connection, contact_id))


def _selection(
    house: Household, who: str | None, organisation: str | None, matter: str | None, since: str | None,
    until: str | None, folder: str | None, words: str | None,
) -> Selection:  # fmt: skip
    now, zone = house.clock.now(), house.config.owner.timezone
    with house.database.read() as connection:
        if folder is not None and folder not in selection.folder_names(connection):
            known = ", ".join(selection.folder_names(connection))
            raise UserError(f"no folder {folder!r} was read. There are: {known or 'none'}")
        return Selection(
            contact_id=None if who is None else contact_meant(house, who).id,
            organisation_id=None if organisation is None else meant.organisation_of(connection, organisation).id,
            matter_id=None if matter is None else _matter_of(house, matter),
            since=None if since is None else times.past(since, zone, now, option="--since"),
            until=None if until is None else times.until(until, zone, now, option="--until"),
            folder=folder,
            words=words,
            zone=zone,
        )


def _matter_of(house: Household, reference: str) -> int:
    row_id = meant.message_of(house, reference)
    row = house.database.reading(lambda connection: views.message(connection, row_id))
    if row is None or row.matter_id is None:
        raise UserError(f"message {reference} belongs to no matter: it is of a robot or a list")
    return row.matter_id
