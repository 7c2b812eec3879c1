"""Commands about days that people mentioned in their letters: what was suggested, kept or dismissed."""

from __future__ import annotations

import click

from inboxcrm import bootstrap
from inboxcrm.cli.contacts_memory import contact_meant, occasions
from inboxcrm.cli.output import EMPTY, cell, emit, json_option, moment, table
from inboxcrm.cli.root import Place
from inboxcrm.domain.occasions import LeapDay
from inboxcrm.service import keeping, told_days
from inboxcrm.store import told_occasions


@occasions.command("suggested")
@click.option("--of", "who", metavar="WHO", help="Only of this contact.")
@json_option
@click.pass_obj
def suggested(place: Place, who: str | None, as_json: bool) -> None:
    """Days that people told of themselves: birthdays, weddings, anniversaries, each with the sentence it is from.

    Nothing is kept before you say so: `occasions confirm ID`, or `occasions dismiss ID`.
    """
    with bootstrap.household(place.home) as house:
        contact_id = None if who is None else contact_meant(house, who).id
        zone = house.config.owner.timezone
        rows = house.database.reading(lambda connection: told_occasions.listed(connection, contact_id))
    if as_json:
        for row in rows:
            emit(row)
        return
    table(
        ("id", "who", "what", "day", "told on", "ref", "in their words"),
        [
            (
                row.id,
                row.contact,
                row.kind.replace("-", " "),
                row.day_in_words,
                moment(row.told_at, zone),
                row.message_id or EMPTY,
                row.quote or row.source,
            )
            for row in rows
        ],
        nothing="Nobody mentioned a day.",
    )


@occasions.command("confirm")
@click.argument("number", metavar="ID", type=int)
@click.option("--on", "day", metavar="DAY", help="The right day: 05-04, or 2019-05-04 with the year it began.")
@click.option("--leap-day", type=click.Choice([each.value for each in LeapDay]), default=LeapDay.BEFORE.value,
              show_default=True, help="Where 29 February goes in other years, with --on.")  # fmt: skip
@click.pass_obj
def confirm(place: Place, number: int, day: str | None, leap_day: str) -> None:
    """It was meant: kept as a day that returns. Where only the month was told, --on says the day."""
    with bootstrap.household(place.home) as house:
        on = None if day is None else keeping.occasion_named(told_days.of(house, number).kind, day, leap_day)
        row = told_days.confirm(house, number, on=on)
    click.echo(f"Kept as {row.id}: {row.kind.replace('-', ' ')} of {cell(row.contact)}, {row.month:02}-{row.day:02}.")


@occasions.command("dismiss")
@click.argument("number", metavar="ID", type=int)
@click.pass_obj
def dismiss(place: Place, number: int) -> None:
    """It was not meant, and is not suggested again."""
    with bootstrap.household(place.home) as house:
        row = told_days.dismiss(house, number)
    click.echo(f"Dismissed: {row.kind.replace('-', ' ')} of {cell(row.contact)}.")
