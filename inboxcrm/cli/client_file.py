"""Commands about a person's whole file: hand it over, keep it, erase it; and about mail that has become old."""

from __future__ import annotations

from pathlib import Path

import click

from inboxcrm import bootstrap
from inboxcrm.cli.contacts_memory import contact_meant
from inboxcrm.cli.output import cell, emit, fields_of, heading, json_option, moment, table
from inboxcrm.cli.progress import Telling
from inboxcrm.cli.root import Place, cli
from inboxcrm.domain.text import many
from inboxcrm.errors import UserError
from inboxcrm.service import client_file, erasing, retention
from inboxcrm.store import erased_people


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
        click.echo(
            f"{cell(written.contact)}: {many(written.mails, 'mail')} and {many(written.records, 'record')}"
            f" in {written.to}."
        )
        click.echo(f"Read {folder / client_file.PAGE} before you hand it over: letters may speak of others.")


@cli.command("erase-contact", short_help="Erase a person for good; without --yes only counts.")
@click.argument("who", metavar="REF")
@click.option("--yes", is_flag=True, help="Do it. It cannot be undone.")
@json_option
@click.pass_obj
def erase_contact(place: Place, who: str, yes: bool, as_json: bool) -> None:
    """Erase a person (GDPR, article 17): their letters, what you wrote to them alone, all that is noted about them.

    Without --yes nothing is erased: you see what would be, to the row, and what forbids it. It is refused while an
    answer is owed, something agreed is open, mail may be on its way to them, or you hold them (inboxcrm hold).

    Letters that others take part in stay, without the person's address. What remains is a digest, so that neither the
    mailbox nor an import brings them back and nothing is answered again. Backups from before an upgrade go
    too. Nothing is deleted on the mail server, in your own backups, and in what you exported: do that yourself. REF is
    a message, or a contact by address or name.
    """
    with bootstrap.household(place.home) as house:
        contact = contact_meant(house, who)
        told = erasing.erase(house, contact) if yes else erasing.preview(house, contact)
    if as_json:
        emit(told)
        return
    one, several = ("was", "were") if told.done else ("would be", "would be")
    heading(f"{cell(told.contact)} ({'erased' if told.done else 'a preview, nothing is erased'})")
    click.echo(
        f"{many(told.erased, f'letter {one}', f'letters {several}')} erased; {told.redacted} that others take part in "
        f"{one if told.redacted == 1 else several} kept without them."
    )
    if told.mentions:
        click.echo(
            f"{many(told.mentions, 'letter holds', 'letters hold')} an address of theirs in the text; those of others "
            "stay as they are."
        )
    table(("table", "rows", ""), [(row.table, row.rows, row.deed) for row in told.counts], nothing="No row is touched.")
    for reason in told.held:
        click.secho(f"Refused: {cell(reason)}", fg="red")
    if told.done:
        click.echo("Nothing was deleted on the mail server, in your own backups, or in what you exported.")
    elif not told.held:
        click.echo(f"To do it: inboxcrm erase-contact c{told.contact_id} --yes")


@cli.command(short_help="Contacts that must not be erased.")
@click.argument("who", metavar="REF", required=False)
@click.option("--because", metavar="TEXT", help="Why they must be kept: a case, a duty by law.")
@click.option("--lift", is_flag=True, help="They need not be kept any longer.")
@json_option
@click.pass_obj
def hold(place: Place, who: str | None, because: str | None, lift: bool, as_json: bool) -> None:
    """Keep a contact from being erased, and their mail from being cleared away; without REF, list who is held."""
    if (who is None) == (because is not None or lift):
        raise UserError("give a contact with --because TEXT or --lift, or nothing to see who is held")
    if because is not None and lift:
        raise UserError("--because holds, --lift lets go: give one of them")
    with bootstrap.household(place.home) as house:
        if who is not None:
            contact = contact_meant(house, who)
            told = erasing.hold(house, contact, because) if because is not None else erasing.lift(house, contact)
            if as_json:
                emit({"contact_id": contact.id, "held": because is not None})
            else:
                click.echo(cell(told))
            return
        rows = house.database.reading(erased_people.holds)
        zone = house.config.owner.timezone
    if as_json:
        for row in rows:
            emit(row)
        return
    table(
        ("id", "who", "since", "because"),
        [(row.contact_id, row.contact, moment(row.set_at, zone), row.because) for row in rows],
        nothing="Nobody is held.",
    )


@cli.command("retention", short_help="Clear away old mail by the rules you set; without --apply only counts.")
@click.option("--apply", "applying", is_flag=True, help="Do it. It cannot be undone.")
@json_option
@click.pass_obj
def retention_(place: Place, applying: bool, as_json: bool) -> None:
    """Clear away mail that is older than [retention] in config.toml says, by class: robots, lists, social, people.

    Without --apply nothing is cleared away: you see how much would be. Mail stays while its matter is alive (an answer
    owed, a date waited for, something agreed, a question, a workflow), and while somebody in it is held; mail of people
    as long as anybody wrote in its matter. What was noted of people stays. Nothing is deleted on the mail server, and
    nothing is cleared away by itself. Backups from before an upgrade go with it. "listed" is mail that is listed and
    not read yet, and older than any class keeps.
    """
    with bootstrap.household(place.home) as house:
        rows = retention.apply(house) if applying else retention.look(house)
        zone = house.config.owner.timezone
    if as_json:
        for row in rows:
            emit({**fields_of(row), "applied": applying})
        return
    table(
        ("class", "kept for", "before", "cleared away" if applying else "would go", "octets", "needed still", "oldest"),
        [
            (
                row.kind,
                many(row.months, "month"),
                moment(row.before, zone),
                row.mails,
                row.octets,
                row.kept,
                moment(row.oldest_at, zone),
            )
            for row in rows
        ],
        nothing="No class has a time.",
    )
    if not applying and any(row.mails for row in rows):
        click.echo("To do it: inboxcrm retention --apply")
