"""What lies on the desk: what is owed, and what is asked of the owner beside it."""

from __future__ import annotations

import click

from inboxcrm import bootstrap
from inboxcrm.cli.call_backs import call_lines
from inboxcrm.cli.commitments import memory_lines
from inboxcrm.cli.contacts_memory import occasion_lines
from inboxcrm.cli.output import cell, emit, heading, json_option, moment, table
from inboxcrm.cli.relations import quiet_lines
from inboxcrm.cli.root import Place, cli
from inboxcrm.domain.text import many, one_line
from inboxcrm.service import homecoming, outlook
from inboxcrm.service.household import Household
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
        since = moment(paused_at, zone)
        click.secho(f"PAUSED since {since}: nothing automatic is sent. inboxcrm resume", fg="red", bold=True)
    if braked_at is not None:
        since = moment(braked_at, zone)
        click.secho(f"BRAKE on since {since}: mail waits for your approval. inboxcrm resume", fg="red", bold=True)
    for alarm in alarms:
        click.secho(f"{alarm.head}: {one_line(alarm.detail, 200)}", fg="red", bold=True)
    if returned is not None:
        said = f"Back since {moment(returned.opened_at, zone)}. What waits and what changed meanwhile: inboxcrm return"
        click.secho(said, fg="green", bold=True)
    if doubtful:
        said = (
            f"{many(doubtful, 'promise')} can hardly be kept since your calendar changed: inboxcrm promises --unlikely"
        )
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
        owed = house.database.reading(views.all_owed)
        asleep = [row.snoozed_until for row in owed if row.snoozed_until is not None and row.snoozed_until > now]
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
            nothing="Nothing is on the queue now." if asleep else "Nobody waits for an answer.",
        )
        if asleep:
            back = moment(min(asleep), zone)
            click.echo(f"{many(len(asleep), 'promise')} snoozed, back on {back} at the soonest: inboxcrm promises")
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
