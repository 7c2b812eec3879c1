"""Commands for reading: one contact, search, one message, and why it was decided about as it was."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click

from inboxcrm import bootstrap
from inboxcrm.cli import listed
from inboxcrm.cli.output import cell, emit, fact, fields_of, heading, json_option, letter, moment, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.domain.text import one_line
from inboxcrm.service import actions, lookalike, meant, reach
from inboxcrm.service.story import notes, speech_notes, target_line, walk_lines
from inboxcrm.store import messages, views
from inboxcrm.store import reach as reach_rows


@cli.command(short_help="One contact and the correspondence.")
@click.argument("who")
@click.option("--plan", metavar="NAME", help="Set the level of service, as named in config.toml.")
@click.option("--policy", metavar="POLICY", help="Set when to acknowledge: never, when-slow, always, once-a-day.")
@click.option("--language", metavar="CODE", help="Set the language to write in.")
@click.option("--timezone", metavar="ZONE", help="Set where their clock stands.")
@click.option("--form", metavar="FORM", help="Set how they are addressed: formal or familiar.")
@json_option
@click.pass_obj
def contact(place: Place, /, who: str, as_json: bool, **settings: str | None) -> None:
    """One contact and the correspondence; WHO is an id, an address or a name.

    The options set what holds for this contact; "default" takes a setting back.
    """
    with bootstrap.household(place.home) as house:
        zone = house.config.owner.timezone
        given = {name: value for name, value in settings.items() if value is not None}
        if given:
            actions.set_contact(house, who, given)
        with house.database.read() as connection:
            row = meant.contact_of(connection, who)
            rows = views.timeline(connection, row.id)
            ways = reach.of(connection, row.id)
            unread = views.count_listed(connection, row.id)
        if as_json:
            emit({**fields_of(row), **fields_of(ways), "not_read_yet": unread})
            for each in rows:
                emit(each)
            return
        heading(row.name)
        fact("organisation", row.organisation)
        fact("addresses", row.addresses)
        fact("known", moment(row.known_since, zone) if row.known_since else "a stranger so far")
        fact("because", row.known_because)
        fact("plan", row.plan)
        fact("policy", row.policy)
        fact("language", row.language)
        fact("time zone", row.timezone)
        fact("addressed", row.form or "formal")
        fact("away until", moment(row.away_until, zone))
        fact("undeliverable", moment(row.undeliverable_at, zone))
        fact("answers owed", row.owed)
        region = reach.home_region(house)
        for phone in ways.phones:
            fact("phone", phone.shown(region) + (" (below a letter)" if phone.state == reach_rows.SUGGESTED else ""))
        for url in ways.pages:
            fact("page", url)
        for relation in ways.relations:
            fact("related", f"{relation.words} (c{relation.other_id})")
        for role in ways.roles:
            fact("role", f"{role.role} in {role.subject or '(no subject)'}")
        click.echo()
        _messages(rows, zone, nothing="No mail.")
        if unread:
            click.echo(f"{listed.more(unread)}: inboxcrm search from:{cell(row.addresses.partition(', ')[0])}")


def _messages(rows: list[views.MessageRow], zone: ZoneInfo, *, nothing: str) -> None:
    table(
        ("ref", "when", "", "from", "subject"),
        [(row.id, moment(row.received_at, zone), _arrow(row), row.sender, row.subject) for row in rows],
        nothing=nothing,
    )


def _arrow(row: views.MessageRow) -> str:
    return {"in": "→", "out": "←", "auto": "⇠"}[row.direction]


@cli.command(short_help="Find mail by its words, subject or people.")
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", default=views.PAGE, show_default=True, help="How many, newest first.")
@json_option
@click.pass_obj
def search(place: Place, words: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find mail by the words in it, in its subject, or of the people in it: the newest that hold all of WORDS.

    \b
    "the new roof"             in double quotes: these words, one behind the other
    from:ann  to:bob           people only, by name or address
    since:2026-03              mail of that year, month (or day: 2026-03-01) and later
    until:2026                 mail up to the end of that year, month or day

    The last word may be a beginning of three letters or more, where fewer than fifty mails hold it as it stands. For
    the shell a quotation is quoted twice: inboxcrm search '"the new roof" from:ann'.

    While a mailbox is read for the first time over a slow line, mail that is not read yet comes below, found by its
    subject and people: "n" stands before its number, and inboxcrm show has it read first.
    """
    with bootstrap.household(place.home) as house:
        zone = house.config.owner.timezone
        with house.database.read() as connection:
            hits = views.search(connection, " ".join(words), limit=limit, zone=zone)
            unread = views.listed(connection, " ".join(words), limit=limit - len(hits), zone=zone)
        if as_json:
            for hit in hits:
                emit({**_fields(hit.message), "snippet": hit.snippet, "read": True})
            for row in unread:
                emit(listed.told(row))
            return
        for hit in hits:
            head = f"{hit.message.id:>6}  {moment(hit.message.received_at, zone)}  {cell(hit.message.sender)}"
            click.echo(f"{head}  {click.style(cell(hit.message.subject), bold=True)}")
            click.echo(f"        {one_line(hit.snippet, 200)}")
        listed.echo(unread, zone)
        if not (hits or unread):
            click.echo("Nothing holds all of these words.")


def _fields(row: views.MessageRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__}


@cli.command(short_help="One message: who, when, what was promised.")
@click.argument("reference", metavar="REF")
@click.option("--raw", is_flag=True, help="The bytes exactly as they came.")
@click.option("--wait", default=20.0, show_default=True, metavar="SECONDS",
              help="How long to wait for one that is not read yet.")  # fmt: skip
@json_option
@click.pass_obj
def show(place: Place, reference: str, raw: bool, wait: float, as_json: bool) -> None:
    """One message: who, when, what was promised, and the letter.

    REF is a number as lists show it, or a Message-ID. One with an "n" before it is not read yet: the daemon is asked to
    read it before all others.
    """
    with bootstrap.household(place.home) as house:
        row_id: int | None
        if (number := views.number_of(reference)) is not None:
            row_id = listed.read_first(place, house, number, within=timedelta(seconds=wait), as_json=as_json)
        else:
            row_id = meant.message_of(house, reference)
        if row_id is None:
            return
        with house.database.read() as connection:
            if raw:
                sys.stdout.buffer.write(messages.raw(connection, row_id) or b"")
                return
            row, text = views.message(connection, row_id), views.text(connection, row_id)
            owed = views.promises_of_message(connection, row_id)
        assert row is not None
        if as_json:
            emit({**_fields(row), "text": text, "promises": owed})
            return
        zone = house.config.owner.timezone
        heading(row.subject or "(no subject)")
        fact("from", row.sender)
        fact("to", row.recipients)
        fact("received", moment(row.received_at, zone))
        fact("contact", row.contact)
        fact("verdict", f"{row.outcome or 'not judged'} ({row.mail_class}) {', '.join(row.reasons)}")
        for attachment in row.attachments:
            fact("attachment", f"{attachment['name']} ({attachment['type']}, {attachment['size']} octets)")
        for promise in owed:
            fact("promise", f"{promise.state}, due {moment(promise.due_at, zone)}")
        click.echo()
        click.echo(letter(text))


@cli.command(short_help="Why a message was (not) answered, and why then.")
@click.argument("reference", metavar="REF")
@json_option
@click.pass_obj
def explain(place: Place, reference: str, as_json: bool) -> None:
    """Why a message was (not) answered, why this time, why this contact: from the stored reasons."""
    with bootstrap.household(place.home) as house:
        row_id = meant.message_of(house, reference)
        with house.database.read() as connection:
            row, story = views.message(connection, row_id), views.decision(connection, row_id)
            owed = views.promises_of_message(connection, row_id)
            odd = lookalike.cautions_about_message(connection, row)
            steps = [(promise, views.promise_story(connection, promise.id)) for promise in owed]
        assert row is not None
        if as_json:
            emit({"id": row.id, "message_id": row.message_id, "decision": story, "promises": owed, "cautions": odd})
            return
        zone = house.config.owner.timezone
        heading(f"{row.subject or '(no subject)'} — {row.sender}")
        for caution in odd:
            click.secho(f"Look twice: {cell(caution.text)}", bold=caution.urgent)
        if story is None:
            click.echo(_undecided(row))
        else:
            explained(story, zone)
        for promise, events in steps:
            heading(f"Promise: {promise.state}")
            for step in events:
                click.echo(f"  {moment(step.at, zone)}  {step.event:<14} {_detail(step.detail, zone)}")


def _undecided(row: views.MessageRow) -> str:
    if row.direction != "in":
        return "Your own mail: nothing was decided about it."
    reasons = f" ({', '.join(row.reasons)})" if row.reasons else ""
    return f"It was there before the mailbox was added, or was imported: filed and never acknowledged{reasons}."


def explained(story: Mapping[str, Any], zone: ZoneInfo) -> None:
    """Print a stored decision."""
    gate = story["gate"]
    heading(f"Gate: {gate['outcome']} ({gate['class']}) {', '.join(gate['reasons'])}")
    for finding in gate["asked"]:
        said = finding["outcome"] or "·"
        saw = f"  {finding['saw']}" if finding["saw"] else ""
        reason = f"  {finding['reason']}" if finding["reason"] else ""
        click.echo(f"  {finding['row']:<11}{said:<9}{reason}{saw}")
    for word, said in notes(story):
        fact(word, said)
    expectation = story["expectation"]
    if expectation is not None:
        heading(f"Expected time: {expectation['target_hours']} of open time")
        if story.get("target"):
            fact("target", target_line(story["target"]))
        for line in walk_lines(expectation["walk"], zone):
            click.echo(f"  {line}")
    speech = story["speech"]
    heading("Acknowledged" if speech["acknowledge"] else "Not acknowledged")
    for word, said in speech_notes(story, zone):
        fact(word, said)


def _detail(detail: Mapping[str, Any], zone: ZoneInfo) -> str:
    said = []
    if detail.get("due_at"):
        said.append(f"due {moment(datetime.fromisoformat(detail['due_at']), zone)}")
    if detail.get("how"):
        said.append(str(detail["how"]))
    return ", ".join(said)
