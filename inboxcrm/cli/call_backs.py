"""The command for calls that were asked for."""

from __future__ import annotations

import click

from inboxcrm import bootstrap
from inboxcrm.cli.output import emit, heading, json_option, moment, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.cli.times import beginning
from inboxcrm.errors import UserError
from inboxcrm.service import actions
from inboxcrm.service.household import Household
from inboxcrm.store import call_backs
from inboxcrm.store.call_backs import CallBack


@cli.command(short_help="Calls that were asked for, and for when.")
@click.argument("reference", metavar="[REF]", required=False)
@click.option("--at", "at", metavar="TIME", help="When you will call: 16:30, fri 10:00, 2026-03-27T16:30.")
@click.option("--drop", is_flag=True, help="No call is meant; the answer stays owed.")
@json_option
@click.pass_obj
def callback(place: Place, reference: str | None, at: str | None, drop: bool, as_json: bool) -> None:
    """Calls that people who wait for you have asked for, and for when.

    Where a mail names a day and an hour plainly, they stand here; else its own words do, and you set the time with
    --at. The promise keeps the date that was told. A call keeps it: inboxcrm done REF --phoned.
    """
    with bootstrap.household(place.home) as house:
        if reference is not None:
            if (at is None) == (not drop):
                raise UserError("write either --at TIME or --drop")
            zone, now = house.config.owner.timezone, house.clock.now()
            when = beginning(at, zone, now, option="--at") if at is not None else None
            actions.call_back(house, reference, at=when)
        rows = house.database.reading(call_backs.live)
        if as_json:
            for row in rows:
                emit(row)
            return
        show_calls(house, rows, nothing="Nobody who waits for you has asked for a call.")


def call_lines(house: Household) -> None:
    """The calls under the queue; nothing where none was asked for."""
    rows = house.database.reading(call_backs.live)
    if rows:
        click.echo()
        heading("They asked to be called (inboxcrm callback REF --at TIME, or done REF --phoned)")
        show_calls(house, rows, nothing="")


def show_calls(house: Household, rows: list[CallBack], *, nothing: str) -> None:
    """The calls as a table."""
    table(
        ("ref", "who", "when", "subject", "in their words"),
        [(row.message_id, row.contact, _when(house, row), row.subject, row.phrase) for row in rows],
        nothing=nothing,
    )


def _when(house: Household, row: CallBack) -> str:
    if row.call_at is not None:
        return moment(row.call_at, house.config.owner.timezone)
    return f"{row.call_on:%a %Y-%m-%d}, hour?" if row.call_on is not None else "?"
