"""Coming back: the stack that lies on the desk after an absence."""

from __future__ import annotations

import click

from inboxcrm import bootstrap
from inboxcrm.cli.output import cell, emit, fields_of, heading, json_option, moment
from inboxcrm.cli.root import Place, cli
from inboxcrm.domain.text import many
from inboxcrm.service import homecoming
from inboxcrm.service.homecoming import SAID, Sheet, Stack
from inboxcrm.service.household import Household
from inboxcrm.store.homecoming import Meanwhile


@cli.command("return", short_help="After being away: what waits, and what changed.")
@click.option("--done", "finished", is_flag=True, help="You have gone through it.")
@json_option
@click.pass_obj
def return_(place: Place, finished: bool, as_json: bool) -> None:
    """The stack after an absence: one person after another as in the queue, what each was told, what changed meanwhile.

    It opens with the first office minute after an absence of at least one working day, and is offered until --done.
    """
    with bootstrap.household(place.home) as house:
        if finished:
            closed = homecoming.done(house)
            click.echo("Gone through." if closed else _why_none(house))
            return
        with house.database.read() as connection:
            now = house.clock.now()
            returned = homecoming.pending(house, connection, now=now)
            found = None if returned is None else homecoming.stack(house, connection, returned, now=now)
        if found is None:
            if not as_json:
                click.echo(f"{_why_none(house)} What is owed: inboxcrm queue")
            return
        if as_json:
            _as_json(found)
        else:
            _print(house, found)


def _why_none(house: Household) -> str:
    zone, now = house.config.owner.timezone, house.clock.now()
    waits = house.database.reading(lambda connection: homecoming.not_yet(house, connection, now=now))
    if waits is None:
        return homecoming.NO_RETURN
    return waits.sentence(lambda at: moment(at, zone), back="Back already? inboxcrm back")


def _as_json(found: Stack) -> None:
    for sheet in found.sheets:
        emit({"sheet": "owed", "owed": [fields_of(row) for row in sheet.owed], "news": sheet.news})
    for each in found.settled:
        emit({"sheet": "settled", "promise": fields_of(each.promise), "how": each.how})


def _print(house: Household, found: Stack) -> None:
    zone = house.config.owner.timezone
    returned = found.returned
    heading(f"Away from {moment(returned.start_at, zone)} to {moment(returned.end_at, zone)}")
    new = sum(row.received_at >= returned.start_at for sheet in found.sheets for row in sheet.owed)
    click.echo(
        f"{many(len(found.sheets), 'person waits', 'people wait')}, {many(new, 'mail')} came meanwhile, "
        f"{many(len(found.settled), 'matter')} settled."
    )
    for sheet in found.sheets:
        click.echo()
        _person(house, sheet)
    if found.settled:
        click.echo()
        heading("Settled meanwhile")
        for each in found.settled:
            who, how = cell(each.promise.contact), SAID[each.how.what]
            click.echo(
                f"  {each.promise.message_id}  {who}  {cell(each.promise.subject)}: {how}, {moment(each.how.at, zone)}"
            )
    click.echo("\nGone through it? inboxcrm return --done")


def _person(house: Household, sheet: Sheet) -> None:
    zone = house.config.owner.timezone
    first = sheet.owed[0]
    heading(f"{first.contact} ({first.organisation})" if first.organisation else first.contact)
    for row in sheet.owed:
        told = f"told {moment(row.told_due_at, zone)}" if row.told_due_at is not None else "told no date"
        due = f"due {moment(row.due_at, zone)}" if row.due_at is not None else "without a date"
        click.echo(f"  {row.message_id}  {row.shown_state}, {due}, {told}  {cell(row.subject)}")
    for each in sheet.news:
        click.echo(f"      {moment(each.at, zone)}  {_told(each)}")


def _told(each: Meanwhile) -> str:
    by = f" ({cell(each.by)})" if each.by and each.what != "wrote" else ""
    said = f": {cell(each.said)[:80]}" if each.said else ""
    return f"{SAID[each.what]}{by}{said}"
