"""Commands that put a home by, and bring it back."""

from __future__ import annotations

import shlex
from datetime import UTC
from pathlib import Path

import click

from inboxcrm import bootstrap
from inboxcrm.cli.output import emit, json_option
from inboxcrm.cli.root import Place, cli
from inboxcrm.clock import SystemClock
from inboxcrm.domain.text import many
from inboxcrm.service import backup as backups


@cli.command("backup")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER")
@json_option
@click.pass_obj
def backup(place: Place, folder: Path, as_json: bool) -> None:
    """Copy the home into a new folder of FOLDER, while everything goes on, and try the copy.

    It holds the database, the settings, your rules and texts, and the tokens of a sign-in where they are kept in files:
    other people's mail, and what opens your mailbox. Keep it where nobody else reads. Older backups stay until you
    delete them.
    """
    made = backups.make(place.home, folder, at=SystemClock().now())
    if as_json:
        emit(made)
        return
    click.echo(f"{many(made.mails, 'mail')} in {made.place}, {made.octets / 1e6:,.1f} MB; tried and found to be whole.")
    click.echo(f"To bring it back: inboxcrm --home NEW-FOLDER restore {shlex.quote(str(made.place))}")


@cli.command("restore")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True), metavar="BACKUP")
@click.option("--erased-in", "former", type=click.Path(path_type=Path, file_okay=False, exists=True),
              metavar="OLD-HOME", help="The home that was put aside: who was erased there is erased here.")  # fmt: skip
@json_option
@click.pass_obj
def restore(place: Place, folder: Path, former: Path | None, as_json: bool) -> None:
    """Put BACKUP, a folder that `inboxcrm backup` made, into the home, which must be new or empty.

    Every file must be as it was when the backup was made. The daemon then reads from the server what came since, and
    what lies in Sent is not sent again. What was noted by hand since then is not in it.

    Whoever was erased since then is in BACKUP still. They are erased anew when the home is opened, if a later backup
    lies beside BACKUP, the old home beside the new one, or --erased-in names the home that you put aside.
    """

    def say(later: backups.Later) -> None:
        for each in later.places:
            click.echo(f"Who was erased since is known from {each}, and is erased anew.", err=True)
        if former is None:
            _warn(later)

    restored = backups.restore(folder, place.home, former=former, say=say)
    if as_json:
        emit(restored)
        return
    click.echo(f"{restored.place} holds {many(restored.mails, 'mail')} again.")
    click.echo(f"Try it: inboxcrm --home {shlex.quote(str(restored.place))} doctor")


def _warn(later: backups.Later) -> None:
    """That somebody who was erased may be back: nothing told here can know of every erasure."""
    since = "this backup was made" if later.until is None else f"{later.until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    unless = " where that does not tell of them" if later.places else ": nothing here tells who that was"
    click.echo(
        f"Whom you erased since {since} is in this home again{unless}. To have them erased anew, name the home that "
        "you put aside with --erased-in OLD-HOME, or type for each of them: inboxcrm erase-contact WHO --yes",
        err=True,
    )


@cli.command("upgrade", short_help="Bring an older home up to date, its backup first.")
@click.option("--backup-to", "folder", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
              help="Make the backup there, on another disk for instance.")  # fmt: skip
@json_option
@click.pass_obj
def upgrade(place: Place, folder: Path | None, as_json: bool) -> None:
    """Bring a home that an older version wrote up to date, after a backup of it that was tried.

    Every command does this by itself, the daemon too, with the backup in the folder before-upgrade of the home: as much
    room again as the home takes. This one is for when there is no room for it there. The last backups of two older
    versions stay in that folder until you erase somebody or clear mail away; those elsewhere are yours to delete.

    To go back: install the older version, put the home aside (mv), and restore the backup in its place.
    """
    made = bootstrap.brought_up_to_date(place.home, into=folder)
    if as_json:
        emit({"home": str(place.home), "backup": made})
    elif made is None:
        click.echo(f"{place.home} is up to date.")
    else:
        click.echo(f"{place.home} is up to date. As it was: {made.place}, {made.octets / 1e6:,.1f} MB.")
