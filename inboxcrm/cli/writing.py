"""Commands to write: an answer, and other words for a draft that waits."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click

from inboxcrm import bootstrap
from inboxcrm.cli.root import Place, cli
from inboxcrm.domain.text import one_line
from inboxcrm.errors import InboxcrmError, UserError
from inboxcrm.service import writing
from inboxcrm.service.writing import Words

SUBJECT = "Subject: "
LONGEST = 1_000
"""Of the sentences that say whom an answer reaches."""

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
        words = _written(before, subject, source)
        with _not_lost(place, words, source, again=f"answer {reference}"):
            item = writing.answer(house, reference, words)
        goes = writing.reaches(house, reference)
    click.echo(f"{one_line(goes, LONGEST)}\nItem {item} waits. To let it go: inboxcrm approve {item}")


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
        words = _written(before, subject, source)
        with _not_lost(place, words, source, again=f"reword {item}"):
            writing.reword(house, item, words)
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


@contextmanager
def _not_lost(place: Place, words: Words, source: TextIO | None, *, again: str) -> Iterator[None]:
    """What was written in the editor stays in a file of the home, for the owner alone, where it cannot be kept."""
    try:
        yield
    except InboxcrmError as error:
        if source is not None or not words.text.strip():
            raise
        file = _file_of(place.home, words.text)
        goes_on = f"inboxcrm {again} --text {shlex.quote(str(file))}"
        raise UserError(f"{error}. What you wrote is in {file}; go on with: {goes_on}") from error


def _file_of(home: Path, text: str) -> Path:
    handle, name = tempfile.mkstemp(prefix="written-", suffix=".txt", dir=home)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return Path(name)
