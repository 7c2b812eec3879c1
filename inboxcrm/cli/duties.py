"""Commands about what is owed: the ledger, and each way in which a promise is kept, ended or moved."""

from __future__ import annotations

import click

from inboxcrm import bootstrap
from inboxcrm.cli import times
from inboxcrm.cli.calendars import show_unlikely
from inboxcrm.cli.output import emit, json_option, moment, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.errors import UserError
from inboxcrm.service import actions
from inboxcrm.store import views


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
@click.option("--at", metavar="WHEN", help="When you answered, if not just now (20m, 16:30, 2026-03-27T16:30).")
@json_option
@click.pass_obj
def done(
    place: Place, reference: str, how: str | None, other: str | None, needless: bool, at: str | None, as_json: bool
) -> None:
    """Keep a promise by another channel than mail."""
    if sum((how is not None, other is not None, needless)) != 1:
        raise UserError("say how: one of --phoned, --met, --other TEXT, --not-needed")
    with bootstrap.household(place.home) as house:
        zone, now = house.config.owner.timezone, house.clock.now()
        acted_at = None if at is None else times.past(at, zone, now, option="--at")
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
@click.option(
    "--until",
    metavar="WHEN",
    help="The new time (fri 16:30, 2d), or a day, until its hours close; else what can honestly be expected from now.",
)
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
@click.option("--until", metavar="WHEN", default="1d", show_default=True, help="When it comes back (16:30, fri, 2d).")
@click.pass_obj
def snooze(place: Place, reference: str, until: str) -> None:
    """Take a row off the queue for a while; its promise keeps its date."""
    with bootstrap.household(place.home) as house:
        zone = house.config.owner.timezone
        at = times.until(until, zone, house.clock.now(), option="--until")
        actions.snooze(house, reference, until=at)
        click.echo(f"Off the queue until {moment(at, zone)}.")
