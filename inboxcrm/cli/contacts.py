"""Commands about who is one person: the list of people, putting two contacts together, parting them, making two."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

import click

from inboxcrm import bootstrap
from inboxcrm.cli.contacts_memory import contact_meant
from inboxcrm.cli.output import cell, emit, json_option, moment, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.domain.merging import Value
from inboxcrm.domain.text import many
from inboxcrm.service import lookalike, merging
from inboxcrm.store import merging as merge_rows
from inboxcrm.store import views

NAMES = {
    "messages": "mail",
    "addresses": "address",
    "matters": "matter",
    "rhythms": "",
    "organisation_id": "organisation",
    "known_since": "known since",
    "known_because": "known because",
    "away_until": "away until",
}
"""What tables and settings are called; for the others the table's own name says it. Measured things are not told."""


class WordsOrCommand(click.Group):
    """A group that lists what the words after it narrow to, unless they begin with one of its commands."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `list` before words that are no command."""
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@cli.group(cls=WordsOrCommand, short_help="People; put two together, part them, make two of one.")
def contacts() -> None:
    """People on record. `inboxcrm contacts WORDS` lists them: the same as `contacts list WORDS`.

    WHO, A and B in the commands below are an id (c12), an address, a name, or a message.
    """


@contacts.command("list", short_help="People, the latest correspondents first.")
@click.argument("words", nargs=-1)
@click.option("--limit", default=views.PAGE, show_default=True, help="How many.")
@json_option
@click.pass_obj
def list_(place: Place, words: tuple[str, ...], limit: int, as_json: bool) -> None:
    """People, the latest correspondents first; WORDS narrow it to names, addresses, organisations."""
    with bootstrap.household(place.home) as house:
        zone = house.config.owner.timezone
        rows = house.database.reading(lambda connection: views.contacts(connection, like=" ".join(words), limit=limit))
    if as_json:
        for row in rows:
            emit(row)
        return
    table(
        ("id", "name", "organisation", "last", "mails", "owed", "addresses"),
        [
            (row.id, row.name, row.organisation, moment(row.last_at, zone), row.messages, row.owed, row.addresses)
            for row in rows
        ],
        nothing="No contact answers to that.",
    )


@contacts.command(short_help="Make one contact of two.")
@click.argument("kept", metavar="A")
@click.argument("merged", metavar="B")
@click.option("--dry-run", is_flag=True, help="Show what would change; change nothing.")
@json_option
@click.pass_obj
def merge(place: Place, kept: str, merged: str, dry_run: bool, as_json: bool) -> None:
    """Make one contact of A and B: everything of B goes to A, and B answers as A from now on.

    A keeps what is set on it and takes from B what it has not; where they differ, it is shown. `contacts unmerge B`
    parts them again, also after months: what came for an address of B meanwhile goes back with it.
    """
    with bootstrap.household(place.home) as house:
        one, other = contact_meant(house, kept), contact_meant(house, merged)
        done = merging.propose if dry_run else merging.merge
        proposal = done(house, one.id, other.id)
    if as_json:
        emit(proposal)
        return
    stays, goes = (f"{cell(row.name)} (c{row.id})" for row in (proposal.kept, proposal.merged))
    click.echo(f"{goes} {'would become' if dry_run else 'is now'} one with {stays}.")
    click.echo(f"  comes along: {_counted(proposal.moves)}")
    for fill in proposal.fills:
        if fill.name not in ("organisation_id", "known_because"):
            click.echo(f"  {NAMES.get(fill.name, fill.name)}: {_said(fill.before)} → {_said(fill.after)}")
    for conflict in proposal.conflicts:
        if conflict.name == "organisation_id":
            click.echo(
                f"  organisation: stays {cell(proposal.kept.organisation)}, not {cell(proposal.merged.organisation)}"
            )
            continue
        name = NAMES.get(conflict.name, conflict.name)
        click.echo(f"  {name}: stays {_said(conflict.kept)}, not {_said(conflict.other)}")
    if not dry_run:
        click.echo(f"To part them again: inboxcrm contacts unmerge c{proposal.merged.id}")


def _said(value: Value) -> str:
    """A setting; of an instant its day."""
    text = cell(value)
    return text[:10] if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]+Z", text) else text


def _counted(moves: Mapping[str, int]) -> str:
    """How many rows of which tables, in words: "3 mails, 1 fact"."""
    named = ((NAMES.get(name, name.replace("_", " ").removesuffix("s")), count) for name, count in moves.items())
    plurals = {"address": "addresses"}
    return ", ".join(many(count, name, plurals.get(name)) for name, count in named if name) or "nothing"


@contacts.command(short_help="Who may be one person.")
@click.option("--limit", default=50, show_default=True, help="How many, the likeliest first.")
@json_option
@click.pass_obj
def duplicates(place: Place, limit: int, as_json: bool) -> None:
    """Who may be one person, the likeliest first, with the reasons. Nothing is put together by itself.

    `contacts merge A B` makes them one; `contacts distinct A B` tells them apart, and they are not listed again. An
    address that only looks like a known one is never listed here: the brief warns of it.
    """
    with bootstrap.household(place.home) as house:
        pairs = house.database.reading(lambda connection: lookalike.pairs(connection, limit=limit))
    if as_json:
        for pair in pairs:
            emit({"kept_id": pair.kept.id, "kept": pair.kept.name, "merged_id": pair.merged.id,
                  "merged": pair.merged.name, "score": pair.score, "because": pair.because})  # fmt: skip
        return
    table(
        ("score", "a", "", "b", "", "because"),
        [
            (f"{pair.score:.2f}", f"c{pair.kept.id} {pair.kept.name}", pair.kept.addresses,
             f"c{pair.merged.id} {pair.merged.name}", pair.merged.addresses, ", ".join(pair.because))
            for pair in pairs
        ],
        nothing="No two contacts look like one person.",
    )  # fmt: skip


@contacts.command(short_help="These two are not one person.")
@click.argument("one", metavar="A")
@click.argument("other", metavar="B")
@click.pass_obj
def distinct(place: Place, one: str, other: str) -> None:
    """A and B are two people, however alike they look: neither suggested nor warned of again."""
    with bootstrap.household(place.home) as house:
        first, second = lookalike.tell_apart(house, contact_meant(house, one).id, contact_meant(house, other).id)
    click.echo(f"{cell(first.name)} (c{first.id}) and {cell(second.name)} (c{second.id}) are two people.")


@contacts.command(short_help="Part what was put together.")
@click.argument("reference", metavar="WHO")
@json_option
@click.pass_obj
def unmerge(place: Place, reference: str, as_json: bool) -> None:
    """Part a merged contact from the one that took it in, also after later mail, changes and other merges.

    What it had comes back to it, and what came for its addresses since. What was noted by hand meanwhile stays with
    the other. WHO is the id of the merged contact (`contacts merges` lists them), or the one that stands, where it has
    taken in only one.
    """
    with bootstrap.household(place.home) as house:
        number = int(reference[1:]) if _is_id(reference) else contact_meant(house, reference).id
        undone = merging.unmerge(house, number)
    if as_json:
        emit(undone)
        return
    click.echo(f"{cell(undone.merged)} (c{undone.merged_id}) stands alone again, apart from {cell(undone.kept)}.")


def _is_id(reference: str) -> bool:
    return reference[:1] == "c" and reference[1:].isdecimal()


@contacts.command(short_help="Who was put together with whom.")
@click.option("--all", "everything", is_flag=True, help="Also those that were parted again.")
@json_option
@click.pass_obj
def merges(place: Place, everything: bool, as_json: bool) -> None:
    """Who was put together with whom, the latest first."""
    with bootstrap.household(place.home) as house:
        zone = house.config.owner.timezone
        rows = house.database.reading(lambda connection: merge_rows.merges(connection, all_=everything))
    _merges_said(rows, zone, as_json=as_json)


def _merges_said(rows: Iterable[merge_rows.Merge], zone: ZoneInfo, *, as_json: bool) -> None:
    if as_json:
        for row in rows:
            emit(row)
        return
    table(
        ("merged", "who", "into", "when", "parted"),
        [
            (f"c{row.merged_id}", row.merged, f"c{row.kept_id} {row.kept}", moment(row.at, zone),
             moment(row.undone_at, zone))
            for row in rows
        ],
        nothing="Nobody was put together.",
    )  # fmt: skip


@contacts.command(short_help="Make two contacts of one.")
@click.argument("reference", metavar="WHO")
@click.option("--address", "addresses", multiple=True, required=True, metavar="X", help="Whose it is; may be repeated.")
@click.option("--name", metavar="NAME", help="What the new contact is called, if not as its mail says.")
@json_option
@click.pass_obj
def split(place: Place, reference: str, addresses: tuple[str, ...], name: str | None, as_json: bool) -> None:
    """Make two contacts of one that is two people: the addresses given go to the new one, with their mail.

    Promises, commitments and facts go where their mail goes; what was noted without a mail stays.
    """
    with bootstrap.household(place.home) as house:
        divided = merging.split(house, contact_meant(house, reference).id, addresses, name=name)
    if as_json:
        emit(divided)
        return
    click.echo(f"{cell(divided.new.name)} is c{divided.new.id} now: {_counted(divided.moves)}.")
    click.echo(f"The rest stays with {cell(divided.old.name)} (c{divided.old.id}).")
