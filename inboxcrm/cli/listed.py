"""How the commands show mail that is not read yet, and wait for one that somebody wants to see."""

from __future__ import annotations

import time
from datetime import timedelta
from zoneinfo import ZoneInfo

import click

from inboxcrm import home
from inboxcrm.cli.output import cell, emit, fact, fields_of, heading, moment
from inboxcrm.cli.root import Place
from inboxcrm.service import listed
from inboxcrm.service.household import Household
from inboxcrm.service.meant import NotFoundError
from inboxcrm.store import views
from inboxcrm.store.listings import Place as Lying
from inboxcrm.store.views import ListedRow

NOT_YET = "not read yet"

_LOOK = 0.25
"""Seconds between two looks at whether it has come."""


def told(row: ListedRow) -> dict[str, object]:
    """A listed mail for programs."""
    return {"reference": row.reference, **fields_of(row), "read": False}


def echo(rows: list[ListedRow], zone: ZoneInfo) -> None:
    """One line for each."""
    for row in rows:
        head = f"{row.reference:>6}  {moment(row.received_at, zone)}  {cell(row.sender)}"
        mark = click.style(f"({NOT_YET})", dim=True)
        click.echo(f"{head}  {click.style(cell(row.subject or '(no subject)'), bold=True)}  {mark}")


def more(count: int) -> str:
    """What stands below a list of mails on record."""
    return f"and {count:,} more {NOT_YET}"


def read_first(place: Place, house: Household, number: int, *, within: timedelta, as_json: bool) -> int | None:
    """Ask for a mail that is not read yet, and wait for it where a daemon can bring it; its row, or None where it did
    not come and all that is known of it was shown. Raises NotFoundError where it is listed no longer.
    """
    row = house.database.reading(lambda connection: views.listed_mail(connection, number))
    where = listed.ask_for(house, number)
    if row is None or where is None:
        raise NotFoundError(
            f"{views.MARK}{number} is listed no longer: it was read since, or is gone from the server. "
            "inboxcrm search finds it by its words."
        )
    watched = home.running_pid(place.home) is not None
    found = _wait(house, where, within) if watched else None
    if found is None:
        _show(row, house.config.owner.timezone, watched=watched, as_json=as_json)
    return found


def _wait(house: Household, where: Lying, within: timedelta) -> int | None:
    until = time.monotonic() + within.total_seconds()
    while (found := listed.arrived(house, where)) is None and time.monotonic() < until:
        time.sleep(_LOOK)
    return found


def _show(row: ListedRow, zone: ZoneInfo, *, watched: bool, as_json: bool) -> None:
    if as_json:
        emit(told(row))
        return
    heading(row.subject or "(no subject)")
    fact("from", row.sender)
    fact("to", row.recipients)
    fact("received", moment(row.received_at, zone))
    fact("lies in", f"{row.folder} ({row.mailbox})")
    fact("size", f"{row.size:,} octets")
    click.echo()
    if watched:
        click.echo(f"It is {NOT_YET}, and is asked for before all others. The same command shows it once it is there.")
    else:
        click.echo(f"It is {NOT_YET}. It is asked for, and comes first once the daemon runs: inboxcrm run")
