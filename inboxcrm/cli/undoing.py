"""The command that takes back what was done last."""

from __future__ import annotations

import click

from inboxcrm import bootstrap
from inboxcrm.cli.output import cell, emit, json_option, moment
from inboxcrm.cli.root import Place, cli
from inboxcrm.service import undo as undoing


@cli.command(short_help="Take back what you did last.")
@click.option("--show", is_flag=True, help="Only say what it would be.")
@json_option
@click.pass_obj
def undo(place: Place, show: bool, as_json: bool) -> None:
    """Take back what you did last, at the desk or here: done, not needed, snooze, approve, split, merge and the like.

    What has left stays, and so does what others were told: an extension, an absence. Once more takes back the one
    before. A promise that was ended by a slip is owed as before, with its date and what was told; the slip counts
    nowhere. An acknowledgement that was dropped meanwhile stays dropped.
    """
    with bootstrap.household(place.home) as house:
        zone = house.config.owner.timezone
        found = undoing.last(house) if show else undoing.take_back(house)
    if as_json:
        if found is not None:
            emit(found)
        return
    if found is None:
        click.echo("Nothing was done yet that could be taken back.")
        return
    about = f", {cell(found.about)}" if found.about else ""
    stays = f" It stays: {found.stays}." if found.stays else ""
    click.echo(f"{'' if show else 'Taken back: '}{found.words}{about} ({moment(found.at, zone)}).{stays}")
