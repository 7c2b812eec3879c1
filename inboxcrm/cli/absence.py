"""Commands for the whole desk: being away and back, pause and resume."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import click

from inboxcrm import bootstrap
from inboxcrm.cli import times
from inboxcrm.cli.calendars import enter_calendar, tell_absence
from inboxcrm.cli.output import cell, emit, json_option, moment, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.domain.office_hours import Away
from inboxcrm.domain.text import many, one_line
from inboxcrm.errors import UserError
from inboxcrm.fetching import fetch
from inboxcrm.service import actions, away_calendars
from inboxcrm.service.household import Household
from inboxcrm.store import away_calendars as calendar_rows
from inboxcrm.store import home, views


@cli.command(short_help="Be away until a day; or list the absences.")
@click.option(
    "--until", metavar="WHEN", help="The end: a day (the whole of it), a time, a length (fri, fri 12:00, 10d)."
)
@click.option("--from", "start", metavar="WHEN", help="The beginning; now where it is not given.")
@click.option("--kind", default="away", show_default=True, help="One word, such as holiday or illness.")
@click.option("--wording", help="Your own sentence for the sender.")
@click.option("--buffer", default="0", metavar="LENGTH", help="Open time to catch up after the return, such as 4h.")
@click.option("--extend", "extending", is_flag=True, help="Extend the promises that fall due inside it.")
@click.option(
    "--ics",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Enter the events of a calendar file.",
)
@click.option("--word", metavar="WORD", help="Of them, only those with this word in summary or category.")
@click.option("--refresh", is_flag=True, help="Read the calendars of [[away_calendar]] now.")
@json_option
@click.pass_obj
def away(
    place: Place,
    until: str | None,
    start: str | None,
    kind: str,
    wording: str | None,
    buffer: str,
    extending: bool,
    ics: Path | None,
    word: str | None,
    refresh: bool,
    as_json: bool,
) -> None:
    """Be away; without --until or --ics, list the absences, those of your calendars among them."""
    with bootstrap.household(place.home) as house:
        if refresh:
            asyncio.run(away_calendars.keep_in_step(house, fetch, at_once=True))
        zone, now = house.config.owner.timezone, house.clock.now()
        if ics is not None:
            if until is not None or start is not None:
                raise UserError("--ics FILE says when; leave --from and --until out")
            enter_calendar(house, ics, word=word, kind=kind, buffer=_length(buffer, "--buffer"), extending=extending)
            return
        if until is None:
            _list_absences(house, as_json=as_json)
            return
        start_at = now if start is None else times.beginning(start, zone, now, option="--from")
        absence = Away(
            start_at, times.until(until, zone, now, option="--until"), kind, wording, _length(buffer, "--buffer")
        )
        _, inside = actions.go_away(house, absence)
        extended = actions.extend_inside(house, inside) if extending else []
        if as_json:
            emit(
                {
                    "start_at": absence.start_at,
                    "end_at": absence.end_at,
                    "promises_inside": len(inside),
                    "extended": len(extended),
                }
            )
            return
        tell_absence(absence, zone, inside, extended)


def _list_absences(house: Household, *, as_json: bool) -> None:
    zone, now = house.config.owner.timezone, house.clock.now()
    with house.database.read() as connection:
        rows = [(row, each) for row, each in home.absences(connection, since=now)]
        origins, standings = calendar_rows.origins(connection), calendar_rows.standings(connection)
    if as_json:
        for row, each in rows:
            origin = origins.get(row)
            emit({"id": row, "start_at": each.start_at, "end_at": each.end_at, "kind": each.kind, "calendar": origin})
        return
    table(
        ("id", "from", "to", "kind", "calendar", "wording"),
        [
            (row, moment(each.start_at, zone), moment(each.end_at, zone), each.kind, origins.get(row), each.wording)
            for row, each in rows
        ],
        nothing="You are not away, and no absence is planned. Plan one: inboxcrm away --until 2026-08-14",
    )
    for standing in standings.values():
        if standing.fault is not None:
            read = f"last read {moment(standing.read_at, zone)}" if standing.read_at else "never read"
            said = f"Calendar {standing.name} cannot be read ({read}): {one_line(standing.fault, 200)}"
            click.secho(said, fg="yellow")


def _length(text: str, option: str) -> timedelta:
    from inboxcrm.domain.durations import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise UserError(f"{option}: {error}") from None


WAITING = ("held", "awaiting", "queued")
"""The states of a mail that has not gone."""


@cli.command(short_help="Be back: ends or cancels absences.")
@click.argument("absence", type=int, required=False)
@click.pass_obj
def back(place: Place, absence: int | None) -> None:
    """Be back: ends the running absence and cancels planned ones, or only the one with this id."""
    with bootstrap.household(place.home) as house:
        back_again = actions.come_back(house, absence)
        waiting = house.database.reading(lambda connection: views.outbox(connection, states=WAITING))
    if absence is not None and not back_again.ended:
        raise UserError(f"no absence with the id {absence} runs or is to come. See: inboxcrm away")
    ended = back_again.ended
    click.echo("You were not away." if not ended else f"Back. {many(ended, 'absence')} ended.")
    for item in waiting:
        if item.id in back_again.reworded:
            click.echo(f"Item {item.id} to {cell(item.recipient)} says no longer that you are away.")


@cli.command()
@click.pass_obj
def pause(place: Place) -> None:
    """Stop all automatic mail at once; survives restarts."""
    with bootstrap.household(place.home) as house:
        actions.pause(house)
    click.secho("PAUSED: nothing automatic is sent until inboxcrm resume.", fg="red", bold=True)


@cli.command(short_help="Lift pause and brake; what became stale is not sent.")
@click.pass_obj
def resume(place: Place) -> None:
    """Lift the pause, and the brake that too much mail has pulled.

    What became stale while paused is dropped. What the brake held still waits for your approval, each by itself:
    inboxcrm outbox lists it. The limits count on: where the hour or the day is still full, the next mail pulls the
    brake again.
    """
    with bootstrap.household(place.home) as house:
        paused = house.database.reading(home.paused_at) is not None
        braked = house.database.reading(home.braked_at) is not None
        dropped = actions.resume(house)
        waiting = house.database.reading(lambda connection: len(views.outbox(connection, states=("awaiting",))))
    if not (paused or braked):
        click.echo("Nothing was paused: automatic mail flows as it did.")
        return
    stale = f"; {many(dropped, 'stale mail was', 'stale mails were')} dropped" if paused else ""
    click.echo(f"Automatic mail flows again{stale}.")
    if braked:
        click.echo(
            f"The brake is lifted. {many(waiting, 'mail waits', 'mails wait')} for your approval: inboxcrm outbox"
        )
