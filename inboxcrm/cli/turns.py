"""Commands about whose turn it is: until when to wait for their word, and when a matter is over."""

from __future__ import annotations

import click

from inboxcrm import bootstrap
from inboxcrm.cli import times
from inboxcrm.cli.output import emit, json_option, moment, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.errors import UserError
from inboxcrm.service import asked, turns
from inboxcrm.store import views


@cli.command(short_help="Ask after their word on a day.")
@click.argument("reference", metavar="REF")
@click.option("--on", "on", metavar="DAY", help="A date, a time, or a length such as 5d; else a day is proposed.")
@click.option("--drop", "dropping", is_flag=True, help="Wait no longer.")
@json_option
@click.pass_obj
def followup(place: Place, reference: str, on: str | None, dropping: bool, as_json: bool) -> None:
    """It is their turn in the matter of REF: have it back in the queue on a day when they have not answered.

    Without --on the day comes from how long they usually take, else from [follow_up] days. Their "ok, thanks" leaves
    the day where it is, a real answer takes it off. A mail of yours that asks something sets a day by itself.
    """
    if on is not None and dropping:
        raise UserError("--on sets a day and --drop takes it off; give one of them")
    with bootstrap.household(place.home) as house:
        zone, now = house.config.owner.timezone, house.clock.now()
        if dropping:
            turns.drop(house, reference)
            click.echo("No word is waited for.")
            return
        at = None if on is None else times.beginning(on, zone, now, option="--on")
        row = turns.follow_up_on(house, reference, at=at)
    if as_json:
        emit(row)
    else:
        click.echo(f"Their turn: {row.contact} is asked after on {moment(row.due_at, zone)} ({row.because}).")


@cli.command(short_help="Whose word you wait for, and until when.")
@click.option("--due", is_flag=True, help="Only those whose day has come.")
@json_option
@click.pass_obj
def followups(place: Place, due: bool, as_json: bool) -> None:
    """Matters in which it is their turn, with the day on which to ask after it."""
    with bootstrap.household(place.home) as house:
        zone, now = house.config.owner.timezone, house.clock.now()
        rows = house.database.reading(lambda connection: views.follow_ups(connection, due_by=now if due else None))
    if as_json:
        for row in rows:
            emit(row)
        return
    table(
        ("ref", "who", "since", "ask on", "why", "subject"),
        [
            (
                row.message_id,
                row.contact,
                moment(row.since_at, zone),
                moment(row.due_at, zone),
                row.because,
                row.subject,
            )
            for row in rows
        ],
        nothing="You wait for nobody's word.",
    )


@cli.command()
@click.argument("reference", metavar="REF")
@click.pass_obj
def close(place: Place, reference: str) -> None:
    """Nobody owes a word in the matter of REF any more; a new mail opens it again."""
    with bootstrap.household(place.home) as house:
        turns.close(house, reference)
    click.echo("The matter is closed: nobody owes a word.")


@cli.command(short_help="What the program asks you.")
@json_option
@click.pass_obj
def questions(place: Place, as_json: bool) -> None:
    """What waits for your yes or no: whether a mail says that it is settled, whether a yes to an invitation was the
    answer, whether a mail on an old thread is a new matter. `agree N` and `disagree N` answer."""
    with bootstrap.household(place.home) as house:
        rows = house.database.reading(views.questions)
    if as_json:
        for row in rows:
            emit(row)
        return
    table(
        ("n", "question", "who", "because", "ref", "subject"),
        [(row.id, row.words, row.contact, row.because, row.message_id, row.subject) for row in rows],
        nothing="Nothing is asked of you.",
    )


@cli.command()
@click.argument("question", metavar="N", type=int)
@click.pass_obj
def agree(place: Place, question: int) -> None:
    """Yes to question N, as listed by questions."""
    with bootstrap.household(place.home) as house:
        click.echo(asked.agree(house, question))


@cli.command()
@click.argument("question", metavar="N", type=int)
@click.pass_obj
def disagree(place: Place, question: int) -> None:
    """No to question N: everything stays as it is."""
    with bootstrap.household(place.home) as house:
        click.echo(asked.decline(house, question))
