"""Commands about a person's whole file: to hand it over."""

from __future__ import annotations

from pathlib import Path

import click

from inboxcrm import bootstrap
from inboxcrm.cli.contacts_memory import contact_meant
from inboxcrm.cli.output import cell, emit, json_option
from inboxcrm.cli.progress import Telling
from inboxcrm.cli.root import Place, cli
from inboxcrm.service import client_file


@cli.command("export-contact", short_help="A person's whole file: mail, data, a page to read.")
@click.argument("who", metavar="REF")
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True, metavar="DIR",
              help="The folder to make; nothing may be there yet.")  # fmt: skip
@json_option
@click.pass_obj
def export_contact(place: Place, who: str, folder: Path, as_json: bool) -> None:
    """Write all that is kept about a person, for the person who asks for it (GDPR, articles 15 and 20).

    DIR gets mail.mbox (what they wrote and got, unchanged, with attachments), contact.json (all that is noted, for
    programs) and index.html (the same to read; it opens without a network). What is noted of other people is not in it,
    but letters name whom they name: look through it before you hand it over.

    REF is a message, or a contact by address or name (c12 is the contact with the id 12).
    """
    with bootstrap.household(place.home) as house:
        contact = contact_meant(house, who)
        with Telling("export-contact") as telling:
            written = client_file.write(
                house, contact, folder, look=lambda done, whole: telling.look(done, whole, done)
            )
    if as_json:
        emit(written)
    else:
        click.echo(f"{cell(written.contact)}: {written.mails} mails and {written.records} records in {written.to}.")
        click.echo(f"Read {folder / client_file.PAGE} before you hand it over: letters may speak of others.")
