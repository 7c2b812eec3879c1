"""Commands to write: an answer, and other words for a draft that waits."""

from __future__ import annotations

from typing import TextIO

import click

from inboxcrm import bootstrap
from inboxcrm.cli.root import Place, cli
from inboxcrm.errors import UserError
from inboxcrm.service import writing
from inboxcrm.service.writing import Words

SUBJECT = "Subject: "

text_option = click.option(
    "--text",
    "source",
    type=click.File(encoding="utf-8"),
    metavar="FILE",
    help="Take the text from a file (- is stdin).",
)
subject_option = click.option("--subject", metavar="WORDS", help="Another subject.")


@cli.command(short_help="Write an answer; it waits in the outbox.")
@click.argument("reference", metavar="REF")
@subject_option
@text_option
@click.pass_obj
def answer(place: Place, reference: str, subject: str | None, source: TextIO | None) -> None:
    """Write an answer to the mail REF in $VISUAL or $EDITOR, or take it from a file.

    It waits in the outbox: `approve ITEM` lets it go, `reword ITEM` changes it, `reject ITEM` drops it. When it has
    left, it stands in Sent and keeps the promise as if your mail program had sent it.
    """
    with bootstrap.household(place.home) as house:
        before = writing.answer_to(house, reference)
        item = writing.answer(house, reference, _written(before, subject, source))
    click.echo(f"Item {item} waits. To let it go: inboxcrm approve {item}")


@cli.command(short_help="Change the words of a draft of yours.")
@click.argument("item", type=int)
@subject_option
@text_option
@click.pass_obj
def reword(place: Place, item: int, subject: str | None, source: TextIO | None) -> None:
    """Change what a draft of yours says (ITEM as listed by outbox), in $VISUAL or $EDITOR, or take it from a file.

    Only a draft that waits for your key can be changed; what the machine writes by itself says what its template says.
    """
    with bootstrap.household(place.home) as house:
        before = writing.of_draft(house, item)
        writing.reword(house, item, _written(before, subject, source))
    click.echo(f"Kept. To let it go: inboxcrm approve {item}")


def _written(before: Words, subject: str | None, source: TextIO | None) -> Words:
    """The owner's words: from the file, else from an editor that begins with those there are."""
    title = subject or before.subject
    if source is not None:
        return Words(title, source.read())
    edited = click.edit(f"{SUBJECT}{title}\n\n{before.text}", extension=".txt", require_save=True)
    if edited is None:
        raise UserError("nothing was written, and nothing is kept")
    first, _, text = edited.partition("\n")
    if not first.startswith(SUBJECT.rstrip()):
        return Words(title, edited)
    return Words(first.removeprefix(SUBJECT.rstrip()).strip(), text.removeprefix("\n"))
