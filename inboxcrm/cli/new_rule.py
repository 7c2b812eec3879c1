"""`inboxcrm rules new`: asks for a rule by an example, shows which mail it would have met, and writes it."""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

import click

from inboxcrm import bootstrap
from inboxcrm.cli.output import cell, heading, moment
from inboxcrm.cli.root import Place
from inboxcrm.cli.rules import rules_group
from inboxcrm.clock import SystemClock
from inboxcrm.domain.rules import Situation
from inboxcrm.domain.text import many
from inboxcrm.errors import UserError
from inboxcrm.service import meant, new_rule, rehearse
from inboxcrm.service.household import Household
from inboxcrm.store import messages, views

if TYPE_CHECKING:
    from inboxcrm.rulebook import RuleBook

T = TypeVar("T")


@rules_group.command("new")
@click.option("--from", "example", metavar="REF|FILE", help="The example: a stored mail, or a mail file.")
@click.option("--by", type=click.Choice(("sender", "domain", "subject", "text")), help="What tells such mail apart.")
@click.option("--words", metavar="PHRASE", help="The phrase to look for, with --by subject or text.")
@click.option("--name", metavar="NAME", help="What the rule is called.")
@click.option("--do", "actions", multiple=True, metavar="ACTION", help="hold, quiet, stop, or KEY=VALUE; repeatable.")
@click.option("--file", "file_name", default="30-mine.toml", show_default=True, help="The file in your rules folder.")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 3660), help="How far back to look.")
@click.option("--yes", is_flag=True, help="Write it without asking.")
@click.pass_obj
def new(
    place: Place,
    example: str | None,
    by: str | None,
    words: str | None,
    name: str | None,
    actions: tuple[str, ...],
    file_name: str,
    days: int,
    yes: bool,
) -> None:
    """Write a rule from an example mail, and show which stored mail it would have met.

    Asks what no option says. KEY=VALUE is an action of docs/rules.md, such as tag=harbour, target=4h, notify=owner or
    note="phone?". Nothing is written before you have seen the rule and what it meets.
    """
    with bootstrap.household(place.home) as house, house.database.read() as connection:
        file = new_rule.place(house, file_name)
        situation = _asked(
            example,
            "Like which mail (a REF of inboxcrm search, or a file)",
            lambda reference: new_rule.example_of(house, connection, *_example(house, connection, reference)),
        )
        if example is None:
            click.echo(f"  {_of(situation, house.config.owner.timezone)}")
        if by is None:
            by = click.prompt("What tells such mail apart", type=click.Choice(tuple(map(str, new_rule.By))))
            if by == new_rule.By.SUBJECT and words is None:
                words = click.prompt("Which words of the subject", default=situation.message.subject)
        told_by = new_rule.By(by)
        needed = told_by is new_rule.By.TEXT and words is None
        when = _asked(
            None if needed else words or "",
            "Which phrase",
            lambda phrase: new_rule.condition(situation, told_by, phrase or None),
        )
        free = _asked(name, "What is the rule called", lambda given: new_rule.free_name(house, given))

        def made(said: tuple[str, ...]) -> tuple[new_rule.NewRule, RuleBook]:
            rule = new_rule.NewRule(free, when, dict(map(_action, said)))
            return rule, new_rule.checked(house, rule, file)

        if actions:
            rule, book = made(actions)
        else:
            what = "What shall it do (hold, quiet, tag=..., target=4h, notify=owner)"
            rule, book = _asked(None, what, lambda said: made(_split(said)))
        since = house.clock.now() - timedelta(days=days)
        found = new_rule.tried(house, connection, book, rule.name, situation, since=since)
        click.echo(f"\n{rule.text}")
        _print_tried(found, house.config.owner.timezone, days)
    if not yes and not click.confirm(f"Write it to {file}?"):
        click.echo("Nothing was written.")
        return
    new_rule.write(file, rule)
    click.echo(f"Written to {file}; a running daemon takes it over now.")


def _asked(given: str | None, question: str, take: Callable[[str], T]) -> T:
    """What an option says, else what a person answers; of a person asked again until it can be used."""
    if given is not None:
        return take(given)
    while True:
        try:
            return take(str(click.prompt(question)))
        except UserError as error:
            click.secho(str(error), fg="red")


def _split(said: str) -> tuple[str, ...]:
    """Actions written on one line; quotation marks hold several words together."""
    try:
        return tuple(shlex.split(said))
    except ValueError:
        raise UserError(f"{said!r}: a quotation mark is not closed") from None


def _print_tried(found: new_rule.Tried, zone: ZoneInfo, days: int) -> None:
    """The mails that a new rule would have met, and what would have come of the newest of them."""
    shown = found.met[-20:]
    heading(f"It would have met {len(found.met)} of {many(found.asked, 'mail')} of {many(days, 'day')}")
    if len(shown) < len(found.met):
        click.echo(f"The newest {len(shown)} of them:")
    for each in shown:
        click.echo(
            f"{each.id:>6}  {_of(each.rehearsal.situation, zone)}\n        with it  {cell(each.rehearsal.outcome)}"
        )
    if not found.example:
        click.secho("It would not meet the example itself: other words, or another way of telling.", fg="yellow")


def _of(situation: Situation, zone: ZoneInfo) -> str:
    """When a mail came, who wrote it and its subject, on one line."""
    message = situation.message
    sender = message.author.spec if message.author else None
    return f"{moment(situation.received_at, zone)}  {cell(sender)}  {cell(message.subject)}"


def _example(house: Household, connection: sqlite3.Connection, reference: str) -> tuple[bytes, datetime]:
    """The bytes of the example, and when it came."""
    path = Path(reference)
    if path.suffix == ".eml" and not path.is_file():
        raise UserError(f"no such file: {path}")
    if path.is_file():
        raw = path.read_bytes()
        return raw, rehearse.date_of(raw) or SystemClock().now()
    row_id = meant.message_of(house, reference)
    row, stored = views.message(connection, row_id), messages.raw(connection, row_id)
    assert row is not None
    assert stored is not None
    return stored, row.received_at


def _action(written: str) -> tuple[str, str]:
    """One action as TOML writes it: a word alone is `true`, lists and tables as they are, all else a text."""
    key, equals, value = (part.strip() for part in written.partition("="))
    if not equals or value == "true":
        return key, "true"
    return key, value if value.startswith(("{", "[")) else new_rule.quoted(value.strip('"'))
