"""Commands about what is known of a contact: the brief, facts, occasions, and what happened outside mail."""

from __future__ import annotations

import re
from datetime import timedelta

import click

from inboxcrm import bootstrap
from inboxcrm.cli import times
from inboxcrm.cli.output import EMPTY, cell, emit, heading, json_option, moment, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.domain.deeds import CHANNELS
from inboxcrm.domain.occasions import Kind, LeapDay
from inboxcrm.domain.text import visible
from inboxcrm.domain.touches import Class
from inboxcrm.errors import UserError
from inboxcrm.service import brief as briefing
from inboxcrm.service import keeping, meant
from inboxcrm.service.household import Household
from inboxcrm.store import facts as fact_rows
from inboxcrm.store import interactions as interaction_rows
from inboxcrm.store import told_occasions, views


def contact_meant(house: Household, reference: str) -> views.ContactRow:
    """The contact of a message, by its row id or Message-ID, or a contact by address or name; `c12` is contact 12."""
    with house.database.read() as connection:
        if re.fullmatch(r"c\d+", reference):
            return meant.contact_of(connection, reference[1:])
        found = views.find(connection, reference)
        row = None if found is None else views.message(connection, found)
        if row is not None and row.contact_id is not None:
            return meant.contact_of(connection, str(row.contact_id))
        if row is not None:
            raise UserError(f"message {reference} belongs to no contact: a role, a robot or a list")
        return meant.contact_of(connection, reference)


@cli.command(short_help="One screen on a contact before answering or calling.")
@click.argument("reference", metavar="REF")
@json_option
@click.pass_obj
def brief(place: Place, reference: str, as_json: bool) -> None:
    """One screen before answering or calling: who, since when, what is open on either side, facts, occasions.

    REF is a message, or a contact by address or name (c12 is the contact with the id 12).
    """
    with bootstrap.household(place.home) as house:
        contact = contact_meant(house, reference)
        zone = house.config.owner.timezone
        with house.database.read() as connection:
            gathered = briefing.gather(house, connection, contact)
    said = briefing.lines(gathered, lambda at: f"{at.astimezone(zone):%a %Y-%m-%d}")
    if as_json:
        emit({"contact_id": contact.id, "lines": said})
        return
    last = ""
    for line in said:
        name = "" if line.name == last else line.name
        click.echo(f"{name:<11} {click.style(cell(line.text), bold=line.urgent)}")
        last = line.name


# -- facts


@cli.command(short_help="Keep what somebody said of themselves.")
@click.argument("reference", metavar="[REF]", required=False)
@click.option("--lines", metavar="FIRST-LAST", help="Which lines of the letter; without it they are shown, numbered.")
@click.option("--text", help="The fact in your words.")
@click.option("--of", "who", metavar="WHO", help="A contact, where you heard it and there is no message.")
@json_option
@click.pass_obj
def fact(
    place: Place, reference: str | None, lines: str | None, text: str | None, who: str | None, as_json: bool
) -> None:
    """Keep what somebody said of themselves: lines of a letter, your words about it, or both.

    The fact bears the date of the message and a link to it. After a year you are asked whether it is still true.
    """
    if (reference is None) == (who is None):
        raise UserError("give a message (REF), or a contact with --of WHO")
    with bootstrap.household(place.home) as house:
        if who is not None:
            row = keeping.note_of(house, contact_meant(house, who).id, text or "")
        elif lines is None and text is None:
            _numbered(house, reference or "")
            return
        else:
            row = keeping.note(house, reference or "", lines=_span(lines), text=text)
    if as_json:
        emit(row)
    else:
        click.echo(f"Kept as {row.id}, of {cell(row.contact)}: {cell(row.text)}")


def _numbered(house: Household, reference: str) -> None:
    row_id = meant.message_of(house, reference)
    text = house.database.reading(lambda connection: views.text(connection, row_id))
    for number, line in enumerate(text.splitlines(), 1):
        click.echo(f"{number:>4}  {visible(line).replace(chr(10), ' ')}")


def _span(lines: str | None) -> tuple[int, int] | None:
    if lines is None:
        return None
    match = re.fullmatch(r"(\d{1,5})(?:-(\d{1,5}))?", lines)
    if match is None:
        raise UserError(f"--lines {lines!r} is no span of lines. Write it like 3 or 3-5.")
    return int(match[1]), int(match[2] or match[1])


@cli.group("facts", invoke_without_command=True, short_help="What is known of people, and what to ask after.")
@click.option("--of", "who", metavar="WHO", help="Only of this contact.")
@click.option("--stale", is_flag=True, help="Only what was said, or last found true, more than a year ago.")
@json_option
@click.pass_context
def facts(context: click.Context, who: str | None, stale: bool, as_json: bool) -> None:
    """What is known of people, the latest first."""
    if context.invoked_subcommand is not None:
        return
    place: Place = context.obj
    with bootstrap.household(place.home) as house:
        contact_id = None if who is None else contact_meant(house, who).id
        now, zone = house.clock.now(), house.config.owner.timezone
        rows = house.database.reading(lambda connection: fact_rows.of_contact(connection, contact_id))
    rows = [row for row in rows if not stale or row.stale(now)]
    if as_json:
        for row in rows:
            emit(row)
        return
    table(
        ("id", "who", "said", "", "fact", "ref"),
        [
            (
                row.id,
                row.contact,
                moment(row.said_at, zone),
                "still true?" if row.stale(now) else EMPTY,
                row.text,
                row.message_id,
            )
            for row in rows
        ],
        nothing="Nothing is noted.",
    )


@facts.command("keep")
@click.argument("number", metavar="ID", type=int)
@click.pass_obj
def keep(place: Place, number: int) -> None:
    """It is still true: not asked after for another year."""
    with bootstrap.household(place.home) as house:
        row = keeping.still_true(house, number, true=True)
    click.echo(f"Still true: {cell(row.text)}")


@facts.command("drop")
@click.argument("number", metavar="ID", type=int)
@click.pass_obj
def drop(place: Place, number: int) -> None:
    """It is true no more."""
    with bootstrap.household(place.home) as house:
        row = keeping.still_true(house, number, true=False)
    click.echo(f"Dropped: {cell(row.text)}")


# -- occasions


@cli.group("occasions", invoke_without_command=True, short_help="Days that return every year, the nearest first.")
@click.option("--of", "who", metavar="WHO", help="Only of this contact.")
@click.option("--within", metavar="LENGTH", help="Only those as near as this (30d).")
@json_option
@click.pass_context
def occasions(context: click.Context, who: str | None, within: str | None, as_json: bool) -> None:
    """Days that return every year, the nearest first, and whether they were greeted."""
    if context.invoked_subcommand is not None:
        return
    place: Place = context.obj
    with bootstrap.household(place.home) as house:
        contact_id = None if who is None else contact_meant(house, who).id
        now, zone = house.clock.now(), house.config.owner.timezone
        near = None if within is None else times.until(within, zone, now, option="--within") - now
        with house.database.read() as connection:
            rows = keeping.coming(house, connection, contact_id=contact_id, within=near)
            told = told_occasions.listed(connection, contact_id)
    if as_json:
        for row in rows:
            emit({"id": row.row.id, "contact": row.row.contact, "kind": row.row.kind, "note": row.row.note,
                  "on": row.turn.on, "number": row.turn.number, "remind_on": row.turn.remind_on, "due": row.due,
                  "greeted": row.greeted})  # fmt: skip
        return
    table(
        ("id", "on", "who", "what", "", "told from", "note"),
        [
            (
                row.row.id,
                f"{row.turn.on:%a %Y-%m-%d}",
                row.row.contact,
                row.row.kind.replace("-", " ") + (f" ({row.turn.number})" if row.turn.number else ""),
                "greeted" if row.greeted else ("now" if row.due else EMPTY),
                row.turn.remind_on,
                row.row.note,
            )
            for row in rows
        ],
        nothing="No day returns.",
    )
    if told:
        click.echo(f"{len(told)} more told in letters, for you to keep or dismiss: inboxcrm occasions suggested")


@occasions.command("add")
@click.argument("who", metavar="WHO")
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
@click.argument("day", metavar="DAY")
@click.option("--leap-day", type=click.Choice([each.value for each in LeapDay]), default=LeapDay.BEFORE.value,
              show_default=True, help="Where 29 February goes in other years.")  # fmt: skip
@click.option("--note", default="", help="Whose, or which: the twins; version 2.")
@click.pass_obj
def add(place: Place, who: str, kind: str, day: str, leap_day: str, note: str) -> None:
    """Keep a day that returns. DAY is 2019-05-04, or 05-04 where the year is not known."""
    with bootstrap.household(place.home) as house:
        row = keeping.enter_occasion(
            house, contact_meant(house, who).id, keeping.occasion_named(kind, day, leap_day), note=note
        )
    click.echo(f"Kept as {row.id}.")


@occasions.command("drop")
@click.argument("number", metavar="ID", type=int)
@click.pass_obj
def drop_occasion(place: Place, number: int) -> None:
    """Keep it no longer."""
    with bootstrap.household(place.home) as house:
        keeping.drop_occasion(house, number)
    click.echo("Dropped.")


@occasions.command("greet")
@click.argument("number", metavar="ID", type=int)
@click.pass_obj
def greet(place: Place, number: int) -> None:
    """A greeting in the contact's language, for your hand: nothing is sent. Say `greeted` when you have written."""
    with bootstrap.household(place.home) as house:
        rendered = keeping.greeting(house, number)
    click.secho(f"Subject: {rendered.subject}", bold=True)
    click.echo()
    click.echo(rendered.text)


@occasions.command("greeted")
@click.argument("number", metavar="ID", type=int)
@click.option("--how", default="mail", show_default=True, help="By mail, by phone, by card.")
@click.pass_obj
def greeted(place: Place, number: int, how: str) -> None:
    """You have greeted them: not asked again this year."""
    with bootstrap.household(place.home) as house:
        row = keeping.greeted(house, number, how=how)
    click.echo(f"Greeted: {cell(row.contact)}.")


def occasion_lines(house: Household) -> None:
    """What the queue says of occasions: those that are due and not greeted."""
    with house.database.read() as connection:
        rows = [row for row in keeping.coming(house, connection, within=timedelta(days=14)) if row.due]
    waiting = [row for row in rows if not row.greeted]
    if not waiting:
        return
    click.echo()
    heading("Occasions (inboxcrm occasions greet ID)")
    for row in waiting:
        named = row.row.kind.replace("-", " ")
        click.echo(
            f"  {row.row.id}  {row.turn.on:%a} {row.turn.on.day} {row.turn.on:%b}: {named} of {cell(row.row.contact)}"
        )


# -- outside mail


@cli.command("log", short_help="Keep a call, a meeting, a letter or a post.")
@click.argument("who", metavar="WHO")
@click.argument("channel", type=click.Choice(CHANNELS))
@click.option("--note", default="", help="What it was about.")
@click.option("--at", metavar="WHEN", help="When, if not just now (20m, 16:30, 2026-03-27T16:30).")
@click.option("--from-them", is_flag=True, help="They called, or wrote.")
@click.option("--give", "kind", flag_value=Class.GIVE.value, help="It gave.")
@click.option("--take", "kind", flag_value=Class.TAKE.value, help="It took.")
@click.pass_obj
def log_(place: Place, who: str, channel: str, note: str, at: str | None, from_them: bool, kind: str | None) -> None:
    """Keep what happened outside mail. It ends no promise: what is still owed is told, with the command that does."""
    with bootstrap.household(place.home) as house:
        zone, now = house.config.owner.timezone, house.clock.now()
        happened_at = None if at is None else times.past(at, zone, now, option="--at")
        contact = contact_meant(house, who)
        keeping.log(
            house,
            contact.id,
            channel=channel,
            from_owner=not from_them,
            at=happened_at,
            note=note,
            kind=Class(kind or Class.NEUTRAL),
        )
        owed = [row for row in house.database.reading(views.all_owed) if row.contact_id == contact.id]
    click.echo(f"Kept: {channel}, {cell(contact.name)}.")
    how = {"phone": "--phoned", "meeting": "--met"}.get(channel, f"--other {channel}")
    for row in owed:
        click.echo(f"Still owed: {cell(row.subject)}. If this answered it: inboxcrm done {row.message_id} {how}")


@cli.command("interactions", short_help="What happened outside mail.")
@click.option("--of", "who", metavar="WHO", help="Only with this contact.")
@json_option
@click.pass_obj
def interactions_(place: Place, who: str | None, as_json: bool) -> None:
    """Calls, meetings, letters and posts, the latest first."""
    with bootstrap.household(place.home) as house:
        contact_id = None if who is None else contact_meant(house, who).id
        zone = house.config.owner.timezone
        rows = house.database.reading(lambda connection: interaction_rows.listed(connection, contact_id))
    if as_json:
        for row in rows:
            emit(row)
        return
    table(
        ("id", "when", "", "channel", "who", "note"),
        [
            (row.id, moment(row.at, zone), "←" if row.from_owner else "→", row.channel, row.contact, row.note)
            for row in rows
        ],
        nothing="Nothing is logged.",
    )


@cli.command(short_help="How somebody likes to be reached.")
@click.argument("who", metavar="WHO")
@click.argument("channel", type=click.Choice(("mail", *CHANNELS)))
@click.option("--note", default="", help="Not before ten; never on Fridays.")
@click.pass_obj
def prefer(place: Place, who: str, channel: str, note: str) -> None:
    """How somebody likes to be reached; the brief says so."""
    with bootstrap.household(place.home) as house:
        contact = contact_meant(house, who)
        keeping.prefer(house, contact.id, channel, note)
    click.echo(f"{cell(contact.name)}: by {channel}.")
