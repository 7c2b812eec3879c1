"""Calendars: promises and absences as a file that other programs subscribe to, and absences read from one.

The library for them is imported when it is needed: it takes longer than most commands do.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from inboxcrm import bootstrap
from inboxcrm.cli.output import cell, emit, fields_of, heading, moment, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.domain.office_hours import Away
from inboxcrm.domain.text import many
from inboxcrm.errors import UserError
from inboxcrm.service import actions, outlook
from inboxcrm.service.household import Household
from inboxcrm.service.renewal import Renewed
from inboxcrm.store import home, views
from inboxcrm.store.views import OwedRow

MOST_OCTETS = 10 * 1024 * 1024
"""A calendar file larger than this is not read."""


@cli.command(short_help="Write the promises and absences as a calendar file (.ics).")
@click.option("--out", required=True, metavar="FILE", help="Where to; - is standard output.")
@click.pass_obj
def calendar(place: Place, out: str) -> None:
    """Write what is owed, and when you are away, as an iCalendar file that a calendar program can subscribe to.

    The file is readable by you alone: it names your correspondents and their subjects.
    """
    from inboxcrm.service import agenda

    with bootstrap.household(place.home) as house:
        now = house.clock.now()
        written = house.database.reading(lambda connection: agenda.feed(house, connection, now=now))
    if out == "-":
        sys.stdout.buffer.write(written)
        return
    target = Path(out)
    fresh = target.with_name(f".{target.name}.new")
    try:
        fresh.touch(mode=0o600)
        fresh.write_bytes(written)
        fresh.replace(target)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise UserError(f"{out} cannot be written: {error.strerror}") from None
    click.echo(f"{many(written.count(b'BEGIN:VEVENT'), 'event')} written to {out}.")


def enter_calendar(
    house: Household, file: Path, *, word: str | None, kind: str, buffer: timedelta, extending: bool
) -> None:
    """Enter the absences of a calendar file, each once however often the file is read."""
    from inboxcrm.service import away_events

    if file.stat().st_size > MOST_OCTETS:
        raise UserError(f"{file} is larger than {MOST_OCTETS // 1024 // 1024} MB: not read")
    zone, now = house.config.owner.timezone, house.clock.now()
    found = away_events.absences(file.read_bytes(), word=word, zone=zone, now=now)
    known = {(away.start_at, away.end_at) for _, away in house.database.reading(home.absences)}
    entered = 0
    for each in found.absences:
        absence = Away(each.start.astimezone(UTC), each.end.astimezone(UTC), kind, None, buffer)
        if (absence.start_at, absence.end_at) in known:
            continue
        entered += 1
        _, inside = actions.go_away(house, absence)
        tell_absence(absence, zone, inside, actions.extend_inside(house, inside) if extending else [])
    if not found.absences:
        click.echo("No event of that file is an absence to come" + (f" with the word {word!r}." if word else "."))
    elif not entered:
        click.echo("Nothing new: every absence of that file stands here already (inboxcrm away lists them).")
    for name in found.passed_over:
        click.echo(f"Passed over, because it repeats oftener than daily: {cell(name)}.")


def tell_absence(
    absence: Away, zone: ZoneInfo, inside: Sequence[OwedRow], extended: Sequence[tuple[OwedRow, Renewed]]
) -> None:
    """Say which absence was entered, and what becomes of the promises inside it."""
    click.echo(f"Away from {moment(absence.start_at, zone)} to {moment(absence.end_at, zone)}.")
    _tell_extended(zone, extended)
    left = _not_among(inside, extended)
    if left and extended:
        heading("No honest date can be told within 60 days (inboxcrm extend REF --until DAY):")
    elif left:
        heading("Promises that fall due inside it (inboxcrm promises --unlikely --extend, or extend REF):")
    for row in left:
        click.echo(f"  {row.message_id}  {moment(row.due_at, zone)}  {cell(row.contact)}  {cell(row.subject)}")


def show_unlikely(house: Household, *, extending: bool, as_json: bool) -> None:
    """List the promises that can hardly be kept since the calendar was edited, or extend them."""
    outlook.refresh(house)
    zone, now = house.config.owner.timezone, house.clock.now()
    rows = house.database.reading(lambda connection: views.unlikely(connection, now=now))
    extended = actions.extend_inside(house, rows) if extending else []
    if as_json:
        given = {row.promise_id: renewed.due_at for row, renewed in extended}
        for row in rows:
            emit({**fields_of(row), "extended_to": given.get(row.promise_id)})
        return
    _tell_extended(zone, extended)
    table(
        ("ref", "who", "due", "told", "why", "subject"),
        [
            (
                row.message_id,
                row.contact,
                moment(row.due_at, zone),
                moment(row.told_due_at, zone),
                row.unlikely,
                row.subject,
            )
            for row in _not_among(rows, extended)
        ],
        nothing="" if extended else "Every promise can be kept as far as your calendar goes.",
    )
    if rows and not extending:
        click.echo("\nNew dates for all of them, each with its mail: inboxcrm promises --unlikely --extend")
    elif _not_among(rows, extended):
        click.echo("\nNo honest date can be told for these within 60 days: inboxcrm extend REF --until DAY")


def _tell_extended(zone: ZoneInfo, extended: Sequence[tuple[OwedRow, Renewed]]) -> None:
    for row, renewed in extended:
        said = f"now stands at {moment(renewed.due_at, zone)}. {renewed.sentence(row.contact)}"
        click.echo(f"  {row.message_id}  {cell(row.contact)}: the promise {said}")


def _not_among(rows: Sequence[OwedRow], extended: Sequence[tuple[OwedRow, Renewed]]) -> list[OwedRow]:
    done = {row.promise_id for row, _ in extended}
    return [row for row in rows if row.promise_id not in done]
