"""Commands of the desk: what is owed, what waits to go out, being away, pausing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import click

from inboxcrm import bootstrap
from inboxcrm.cli import times
from inboxcrm.cli.calendars import enter_calendar, show_unlikely, tell_absence
from inboxcrm.cli.call_backs import call_lines
from inboxcrm.cli.commitments import memory_lines
from inboxcrm.cli.contacts_memory import occasion_lines
from inboxcrm.cli.output import cell, emit, heading, json_option, moment, table
from inboxcrm.cli.relations import quiet_lines
from inboxcrm.cli.root import Place, cli
from inboxcrm.domain.office_hours import Away
from inboxcrm.domain.text import one_line
from inboxcrm.errors import UserError
from inboxcrm.fetching import fetch
from inboxcrm.service import actions, away_calendars, homecoming, outlook
from inboxcrm.service.household import Household
from inboxcrm.store import away_calendars as calendar_rows
from inboxcrm.store import home, unowed, views


def banner(house: Household) -> None:
    """Say what must be seen before anything else: a pause, a pulled brake, and alarms."""
    outlook.refresh(house)
    with house.database.read() as connection:
        paused_at, braked_at = home.paused_at(connection), home.braked_at(connection)
        alarms = home.alarms(connection)
        doubtful = len(views.unlikely(connection, now=house.clock.now()))
        returned = homecoming.pending(house, connection, now=house.clock.now())
    zone = house.config.owner.timezone
    if paused_at is not None:
        click.secho(f"PAUSED since {moment(paused_at, zone)}: nothing is sent. inboxcrm resume", fg="red", bold=True)
    if braked_at is not None:
        since = moment(braked_at, zone)
        click.secho(f"BRAKE on since {since}: mail waits for your approval. inboxcrm resume", fg="red", bold=True)
    for alarm in alarms:
        click.secho(f"ALARM {alarm.kind}: {one_line(alarm.detail, 200)}", fg="red", bold=True)
    if returned is not None:
        said = f"Back since {moment(returned.opened_at, zone)}. What waits and what changed meanwhile: inboxcrm return"
        click.secho(said, fg="green", bold=True)
    if doubtful:
        said = f"{doubtful} promise(s) can hardly be kept since your calendar changed: inboxcrm promises --unlikely"
        click.secho(said, fg="yellow", bold=True)


@cli.command(short_help="What is owed, the most urgent first.")
@json_option
@click.pass_obj
def queue(place: Place, as_json: bool) -> None:
    """What is owed: broken first, then due today, plan, asked twice, oldest."""
    with bootstrap.household(place.home) as house:
        zone, now = house.config.owner.timezone, house.clock.now()
        outlook.refresh(house)
        rows = house.database.reading(lambda connection: views.queue(connection, now=now, zone=zone))
        if as_json:
            for row in rows:
                emit(row)
            return
        banner(house)
        piles = views.by_person(rows)
        table(
            ("ref", "who", "state", "due", "told", "asked", "subject"),
            [
                (
                    pile[0].message_id,
                    _who(pile),
                    pile[0].shown_state,
                    moment(pile[0].due_at, zone),
                    moment(pile[0].told_due_at, zone),
                    pile[0].asked,
                    pile[0].subject,
                )
                for pile in piles
            ],
            nothing="Nobody waits for an answer.",
        )
        _questions(house)
        call_lines(house)
        _follow_ups_due(house)
        _no_answer_needed(house)
        memory_lines(house)
        occasion_lines(house)
        quiet_lines(house)


def _questions(house: Household) -> None:
    asked = house.database.reading(views.questions)
    if not asked:
        return
    click.echo()
    heading("Asked of you (inboxcrm agree N, or disagree N)")
    for row in asked:
        click.echo(f"  {row.id}  {cell(row.contact)}  {cell(row.subject)}  {row.words} ({cell(row.because)})")


def _follow_ups_due(house: Household) -> None:
    due = house.database.reading(lambda connection: views.follow_ups(connection, due_by=house.clock.now()))
    if not due:
        return
    click.echo()
    heading("No word from them yet (write to them, or inboxcrm followup REF --on DAY, or --drop)")
    for row in due:
        click.echo(f"  {row.message_id}  {cell(row.contact)}  {cell(row.subject)}  ({cell(row.because)})")


def _no_answer_needed(house: Household) -> None:
    pending = house.database.reading(unowed.pending)
    if not pending:
        return
    click.echo()
    heading("No answer needed? (inboxcrm done REF --not-needed, or close REF, or owe REF)")
    for each in pending:
        row = each.message
        click.echo(f"  {row.id}  {cell(row.contact or row.sender)}  {cell(row.subject)}  ({cell(each.because)})")


def _who(pile: list[views.OwedRow]) -> str:
    first = pile[0]
    name = f"{first.contact} ({first.organisation})" if first.organisation else first.contact
    return name if len(pile) == 1 else f"{name} +{len(pile) - 1}"


@cli.command(short_help="The ledger: every promise, kept or not.")
@click.option("--limit", default=views.PAGE, show_default=True, help="How many, newest first.")
@click.option("--unlikely", is_flag=True, help="Only those that can hardly be kept since your calendar changed.")
@click.option("--extend", "extending", is_flag=True, help="With --unlikely: extend them, and have the mails written.")
@json_option
@click.pass_obj
def promises(place: Place, limit: int, unlikely: bool, extending: bool, as_json: bool) -> None:
    """The ledger: every promise, kept or not, newest first."""
    if extending and not unlikely:
        raise UserError("--extend goes with --unlikely; one promise is extended by: inboxcrm extend REF")
    with bootstrap.household(place.home) as house:
        if unlikely:
            show_unlikely(house, extending=extending, as_json=as_json)
            return
        zone = house.config.owner.timezone
        rows = house.database.reading(lambda connection: views.promises(connection, limit=limit))
        if as_json:
            for row in rows:
                emit(row)
            return
        table(
            ("ref", "state", "who", "received", "due", "ended", "how", "subject"),
            [
                (
                    row.message_id,
                    row.state,
                    row.contact,
                    moment(row.received_at, zone),
                    moment(row.due_at, zone),
                    moment(row.ended_at, zone),
                    row.ended_how,
                    row.subject,
                )
                for row in rows
            ],
            nothing="No promise was made yet.",
        )


@cli.command()
@click.argument("reference", metavar="REF")
@click.option("--phoned", "how", flag_value="phone", help="You answered by telephone.")
@click.option("--met", "how", flag_value="met", help="You answered in person.")
@click.option("--other", metavar="TEXT", help="You answered in another way; say which.")
@click.option("--not-needed", "needless", is_flag=True, help="No answer is owed after all.")
@click.option("--at", metavar="WHEN", help="When you answered, if not just now (2026-03-27T16:30).")
@json_option
@click.pass_obj
def done(
    place: Place, reference: str, how: str | None, other: str | None, needless: bool, at: str | None, as_json: bool
) -> None:
    """Keep a promise by another channel than mail."""
    if sum((how is not None, other is not None, needless)) != 1:
        raise UserError("say how: one of --phoned, --met, --other TEXT, --not-needed")
    with bootstrap.household(place.home) as house:
        acted_at = None if at is None else times.instant(at, house.config.owner.timezone, option="--at")
        if needless:
            state = actions.not_needed(house, reference)
        else:
            state = actions.done(house, reference, how=how or other or "", at=acted_at)
    if as_json:
        emit({"reference": reference, "state": state})
    else:
        click.echo(f"The promise is {state.replace('_', ' ')}.")


@cli.command(short_help="An answer is owed although a rule thought none is.")
@click.argument("reference", metavar="REF")
@click.pass_obj
def owe(place: Place, reference: str) -> None:
    """An answer is owed although a rule thought that none is: makes the promise, silently."""
    with bootstrap.household(place.home) as house:
        due_at = actions.owe(house, reference)
        click.echo(f"An answer is owed, due {moment(due_at, house.config.owner.timezone)}.")


@cli.command()
@click.argument("reference", metavar="REF")
@click.pass_obj
def withdraw(place: Place, reference: str) -> None:
    """The client says that it is settled."""
    with bootstrap.household(place.home) as house:
        state = actions.withdraw(house, reference)
    click.echo(f"The promise is {state}.")


@cli.command()
@click.argument("reference", metavar="REF")
@click.option("--until", metavar="WHEN", help="The new date; else what can honestly be expected from now.")
@click.pass_obj
def extend(place: Place, reference: str, until: str | None) -> None:
    """Give a promise a new date, and have the mail that tells it written."""
    with bootstrap.household(place.home) as house:
        zone = house.config.owner.timezone
        at = None if until is None else times.until(until, zone, house.clock.now(), option="--until")
        renewed = actions.extend_and_tell(house, reference, until=at)
        click.echo(f"The promise now stands at {moment(renewed.due_at, zone)}. {renewed.sentence('The client')}")


@cli.command(short_help="Take a row off the queue for a while.")
@click.argument("reference", metavar="REF")
@click.option("--until", metavar="WHEN", default="1d", show_default=True, help="When it comes back to the queue.")
@click.pass_obj
def snooze(place: Place, reference: str, until: str) -> None:
    """Take a row off the queue for a while; its promise keeps its date."""
    with bootstrap.household(place.home) as house:
        zone = house.config.owner.timezone
        at = times.until(until, zone, house.clock.now(), option="--until")
        actions.snooze(house, reference, until=at)
        click.echo(f"Off the queue until {moment(at, zone)}.")


@cli.command(short_help="What waits to go out, was shown, or went.")
@click.option("--all", "everything", is_flag=True, help="Also what is over.")
@click.option("--raw", "item", type=int, metavar="ITEM", help="Write this mail's bytes to standard output.")
@json_option
@click.pass_obj
def outbox(place: Place, everything: bool, item: int | None, as_json: bool) -> None:
    """What waits to go out, was shown in shadow, or went; --raw ITEM writes the very bytes of one mail."""
    if item is not None:
        _raw(place, item)
        return
    waiting = ("held", "awaiting", "queued", "sending", "unknown", "shadow")
    with bootstrap.household(place.home) as house:
        zone = house.config.owner.timezone
        rows = house.database.reading(
            lambda connection: views.outbox(connection, states=() if everything else waiting, limit=200)
        )
        if as_json:
            for row in rows:
                emit(row)
            return
        banner(house)
        table(
            ("item", "state", "to", "template", "goes after", "note", "subject"),
            [
                (row.id, row.state, row.recipient, row.template, moment(row.send_after, zone), row.reply, row.subject)
                for row in rows
            ],
            nothing="Nothing waits to go out.",
        )


def _raw(place: Place, item_id: int) -> None:
    """The bytes as they go, went or would go out; the envelope on standard error."""
    with bootstrap.household(place.home) as house:
        item = actions.outgoing(house, item_id)
    click.echo(f"MAIL FROM:<{item.envelope_from}>  RCPT TO:<{item.recipient}>", err=True)
    click.echo(item.raw, nl=False)


@cli.command()
@click.argument("item", type=int)
@click.pass_obj
def approve(place: Place, item: int) -> None:
    """Let a waiting mail go (ITEM as listed by outbox)."""
    with bootstrap.household(place.home) as house:
        click.echo(f"Item {item} is {actions.approve(house, item)}; the running daemon sends it.")


@cli.command()
@click.argument("item", type=int)
@click.pass_obj
def reject(place: Place, item: int) -> None:
    """Drop a waiting mail; its promise stands, silently."""
    with bootstrap.household(place.home) as house:
        click.echo(f"Item {item} is {actions.reject(house, item)}.")


@cli.command("send-again", short_help="Send a mail of yours of unknown fate once more.")
@click.argument("item", type=int)
@click.pass_obj
def send_again(place: Place, item: int) -> None:
    """Send a mail of your own writing once more, of which nobody knows whether it left (state unknown in outbox)."""
    with bootstrap.household(place.home) as house:
        click.echo(f"Item {item} is {actions.send_again(house, item)}; the running daemon sends it.")


@cli.command(short_help="Leave a mail of unknown fate alone.")
@click.argument("item", type=int)
@click.pass_obj
def dismiss(place: Place, item: int) -> None:
    """Leave a mail of unknown fate alone (state unknown in outbox): it counts as not sent."""
    with bootstrap.household(place.home) as house:
        click.echo(f"Item {item} is {actions.dismiss(house, item)}.")


@cli.command(short_help="Be away until a day; or list the absences.")
@click.option("--until", metavar="WHEN", help="The end: a date (its whole day), a time, or a length such as 10d.")
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
        start_at = now if start is None else times.instant(start, zone, option="--from")
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


@cli.command(short_help="Be back: ends or cancels absences.")
@click.argument("absence", type=int, required=False)
@click.pass_obj
def back(place: Place, absence: int | None) -> None:
    """Be back: ends the running absence and cancels planned ones, or only the one with this id."""
    with bootstrap.household(place.home) as house:
        ended = actions.come_back(house, absence)
    click.echo("You were not away." if not ended else f"Back. {ended} absence(s) ended.")


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
        braked = house.database.reading(home.braked_at) is not None
        dropped = actions.resume(house)
        waiting = house.database.reading(lambda connection: len(views.outbox(connection, states=("awaiting",))))
    click.echo(f"Automatic mail flows again; {dropped} stale item(s) were dropped.")
    if braked:
        click.echo(f"The brake is lifted. {waiting} mail(s) wait for your approval: inboxcrm outbox")
