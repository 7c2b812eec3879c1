"""Commands about what was said: commitments on either side, and a second look at a letter before it goes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import click

from inboxcrm import bootstrap
from inboxcrm.cli.output import EMPTY, cell, emit, heading, json_option, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.domain.commitments import Kind, Side
from inboxcrm.domain.mime import parse
from inboxcrm.domain.text import one_line
from inboxcrm.errors import UserError
from inboxcrm.service import commitments as keeping
from inboxcrm.service import meant, second_look
from inboxcrm.service.household import Household
from inboxcrm.store import commitments as store
from inboxcrm.store.commitments import CommitmentRow

WHOSE = {"mine": "you", "theirs": "they"}
SAID = {
    Kind.DEED: "will do",
    Kind.REQUEST: "asked",
    Kind.INVOICE: "invoice",
    Kind.ORDER_NUMBER: "order number",
    Kind.PAYMENT: "will pay",
}


def day(text: str, *, option: str) -> date:
    """A day as people type it. Raises UserError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(f"{option} {text!r} is no day. Write it like 2026-03-27.") from None


def today(house: Household) -> date:
    """The date on the owner's wall."""
    return house.clock.now().astimezone(house.config.owner.timezone).date()


@cli.group("commitments", invoke_without_command=True, short_help="What was said: by you, by them, and by when.")
@click.option("--all", "everything", is_flag=True, help="Also what is done or dismissed.")
@click.option("--who", metavar="WHO", help="Only of this contact: an id, an address or a name.")
@json_option
@click.pass_context
def commitments_(context: click.Context, everything: bool, who: str | None, as_json: bool) -> None:
    """What was said, on either side: the overdue first, then by day, then suggestions.

    Suggestions come from the unquoted words of letters. They bind nobody until you confirm them; a sentence that you
    dismissed is not suggested again. An invoice in Sent ends an instruction by itself.
    """
    if context.invoked_subcommand is not None:
        return
    place: Place = context.obj
    states = (store.OPEN, store.SUGGESTED, *(keeping.ENDED if everything else ()))
    with bootstrap.household(place.home) as house:
        with house.database.read() as connection:
            contact = None if who is None else meant.contact_of(connection, who).id
            rows = store.listed(connection, contact_id=contact, states=states)
        if as_json:
            for row in rows:
                emit(row)
            return
        shown(rows, today(house))


def shown(rows: Sequence[CommitmentRow], on: date) -> None:
    """A table of commitments."""
    table(
        ("id", "state", "who", "what", "by", "contact", "said"),
        [
            (
                row.id,
                "overdue" if row.overdue(on) else row.state,
                WHOSE[row.side],
                SAID[Kind(row.kind)] + (f" {row.detail}" if row.detail else ""),
                row.due_on or EMPTY,
                row.contact or row.organisation,
                row.quote + (f" (done? see {row.evidence_id})" if row.live and row.evidence_id else ""),
            )
            for row in rows
        ],
        nothing="Nobody has said that they would do anything.",
    )


@commitments_.command("confirm")
@click.argument("ids", metavar="ID...", type=int, nargs=-1, required=True)
@click.option("--by", "until", metavar="DAY", help="A better day than the one that was read (2026-03-27).")
@click.pass_obj
def confirm(place: Place, ids: tuple[int, ...], until: str | None) -> None:
    """This was meant: it is kept until it is done."""
    with bootstrap.household(place.home) as house:
        for each in ids:
            row = keeping.confirm(house, each, until=None if until is None else day(until, option="--by"))
            click.echo(f"Kept, by {row.due_on or 'no day'}: {one_line(row.quote, 100)}")


@commitments_.command("dismiss")
@click.argument("ids", metavar="ID...", type=int, nargs=-1, required=True)
@click.pass_obj
def dismiss(place: Place, ids: tuple[int, ...]) -> None:
    """Nothing of the kind was meant; the same sentence is not suggested again."""
    with bootstrap.household(place.home) as house:
        for each in ids:
            keeping.dismiss(house, each)
    click.echo(f"Dismissed: {len(ids)}.")


@commitments_.command("done")
@click.argument("ids", metavar="ID...", type=int, nargs=-1, required=True)
@click.option("--how", default="done", metavar="TEXT", show_default=True, help="In your words.")
@click.pass_obj
def done(place: Place, ids: tuple[int, ...], how: str) -> None:
    """It has been done."""
    with bootstrap.household(place.home) as house:
        for each in ids:
            keeping.done(house, each, how=how)
    click.echo(f"Done: {len(ids)}.")


@commitments_.command("move")
@click.argument("number", metavar="ID", type=int)
@click.option("--by", "until", metavar="DAY", help="The new day; without it, no day.")
@click.pass_obj
def move(place: Place, number: int, until: str | None) -> None:
    """Another day was agreed."""
    with bootstrap.household(place.home) as house:
        row = keeping.move(house, number, None if until is None else day(until, option="--by"))
    click.echo(f"Now by {row.due_on or 'no day'}: {one_line(row.quote, 100)}")


@commitments_.command("add")
@click.argument("who", metavar="WHO")
@click.argument("text")
@click.option("--mine", "side", flag_value=Side.MINE.value, help="You will do it.")
@click.option("--theirs", "side", flag_value=Side.THEIRS.value, help="They will do it.")
@click.option("--by", "until", metavar="DAY", help="By when (2026-03-27).")
@click.option("--kind", type=click.Choice([kind.value for kind in Kind]), default=Kind.DEED.value, show_default=True)
@click.pass_obj
def add(place: Place, who: str, text: str, side: str | None, until: str | None, kind: str) -> None:
    """Something that was agreed by telephone or at a table."""
    if side is None:
        raise UserError("say who will do it: --mine or --theirs")
    with bootstrap.household(place.home) as house:
        with house.database.read() as connection:
            contact = meant.contact_of(connection, who)
        on = None if until is None else day(until, option="--by")
        row = keeping.enter(house, contact.id, text, side=Side(side), kind=Kind(kind), until=on)
    click.echo(f"Kept as {row.id}.")


@cli.command(short_help="A second look at a letter before it goes.")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--to", "who", metavar="WHO", help="The contact it goes to; else the To field of a mail.")
@click.option("--subject", default="", help="The subject, where the file is bare text.")
@json_option
@click.pass_obj
def check(place: Place, file: Path, who: str | None, subject: str, as_json: bool) -> None:
    """A second look at a letter before it goes: FILE is a mail (.eml) or bare text, - reads it from the input.

    A payment reminder is stopped when no invoice is in Sent, with what they had asked for. Before a letter that takes
    you see how the account of give and take stands. Leaves 1 when the letter should not go like this, 0 otherwise.
    Nothing is sent either way.
    """
    raw = sys.stdin.buffer.read() if str(file) == "-" else _read(file)
    with bootstrap.household(place.home) as house:
        now = house.clock.now()
        with house.database.read() as connection:
            letter = _letter(house, raw, who=who, subject=subject, is_mail=file.suffix == ".eml")
            findings = second_look.look(house, connection, letter, now=now)
        with house.database.write() as connection:
            second_look.asked(connection, letter, findings)
    for finding in findings:
        if as_json:
            emit(finding)
        else:
            click.echo(f"{'STOP' if finding.stops else 'Know'}: {cell(finding.sentence)}")
    if not findings and not as_json:
        click.echo("Nothing stands against it.")
    if any(finding.stops for finding in findings):
        raise SystemExit(1)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}") from error


def _letter(house: Household, raw: bytes, *, who: str | None, subject: str, is_mail: bool) -> second_look.Letter:
    with house.database.read() as connection:
        if not is_mail:
            if who is None:
                raise UserError("say to whom it goes: --to WHO (an id, an address or a name)")
            return second_look.Letter(meant.contact_of(connection, who).id, subject, raw.decode("utf-8", "replace"))
        message = parse(raw)
        others = [address.spec for address in message.recipients if not house.is_own(address.key)]
        if who is None and not others:
            raise UserError("the mail names nobody in To or Cc but yourself; give --to WHO")
        contact = meant.contact_of(connection, who or others[0])
        files = tuple((part.filename or "", part.content_type) for part in message.attachments)
        return second_look.Letter(contact.id, subject or message.subject, message.text, attachments=files)


def memory_lines(house: Household) -> None:
    """What the queue says of commitments: the overdue ones, and how many suggestions wait."""
    on = today(house)
    with house.database.read() as connection:
        late = keeping.overdue(connection, on)
        suggested = store.listed(connection, states=(store.SUGGESTED,))
    if not late and not suggested:
        return
    click.echo()
    heading("What was said (inboxcrm commitments)")
    for row in late:
        whose = "you are late" if row.side == Side.MINE else "they are late"
        click.echo(f"  {row.id}  {whose}, due {row.due_on}: {cell(row.contact)}: {one_line(row.quote, 90)}")
    if suggested:
        newest = max(row.said_at for row in suggested)
        click.echo(f"  {len(suggested)} to confirm or dismiss, the newest of {_on(newest, house)}")


def _on(at: datetime, house: Household) -> str:
    return f"{at.astimezone(house.config.owner.timezone):%a %Y-%m-%d}"
