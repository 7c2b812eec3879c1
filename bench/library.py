"""A hundred thousand mails on record, made without a server: the letters of `corpus`, parsed and filed by the store.

The rows lie as a first reading leaves them: folder after folder, each from its newest mail to its oldest, and what came
later behind them. So the order of the rows says little about the order of time, as in life.
"""

from __future__ import annotations

import hashlib
import itertools
import multiprocessing
import pickle
import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from bench import corpus
from inboxcrm.domain import mime
from inboxcrm.domain.message import Message
from inboxcrm.domain.text import one_line
from inboxcrm.store import contacts, messages
from inboxcrm.store.database import Database
from inboxcrm.store.messages import PREVIEW_LENGTH, Filed, Pile
from inboxcrm.store.times import to_text

SEED = 1
TRANSACTION = 500
"""Mails that are written together."""

LATE = 0.05
"""The share that came after the first reading, and lies in the order of its coming."""


@dataclass(frozen=True, slots=True)
class Written:
    """One generated mail."""

    folder: str
    received_at: datetime
    raw: bytes
    message: Message


class Letters(corpus.Block):
    """A block of the corpus whose mails are plain text alone: what is searched, without what is not."""

    def body(
        self,
        language: str,
        paragraphs: list[str],
        quoted: list[str],
        signature: list[str],
        with_html: bool,
        when: int,
    ) -> bytes:
        """The letter with its quotes and signature as text/plain."""
        del language, with_html, when
        text = "\n\n".join([*paragraphs, "-- \n" + "\n".join(signature), *(f"> {each}" for each in quoted)])
        return b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" + text.encode() + b"\n"


@lru_cache(maxsize=1)
def _world(count: int) -> corpus.World:
    return corpus.World.build(count, SEED)


def _block(job: tuple[int, int, int]) -> list[tuple[str, bytes]]:
    """The mails of a block, oldest first: the folder of each, and a `Written` packed small."""
    count, number, size = job
    made = sorted(Letters(_world(count), number).messages(size), key=lambda each: each.when)
    return [(each.folder, zlib.compress(pickle.dumps(_written(each)), 1)) for each in made]


def _written(made: corpus.Message) -> Written:
    return Written(made.folder, datetime.fromtimestamp(made.when, UTC), made.raw, mime.parse(made.raw))


def written(count: int) -> Iterator[Written]:
    """That many mails in the order in which a first reading and the days after it would file them."""
    size = corpus.BLOCK
    blocks = [(count, number, min(size, count - number * size)) for number in range(-(-count // size))]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        made = [each for block in pool.imap(_block, blocks) for each in block]
    late = len(made) - int(count * LATE)
    before = [[packed for folder, packed in reversed(made[:late]) if folder == wanted] for wanted in corpus.FOLDERS]
    for packed in itertools.chain(*before, (packed for _, packed in made[late:])):
        yield pickle.loads(zlib.decompress(packed))


def fill(database: Database, count: int) -> None:
    """File that many mails in a new database, each under its sender's contact, and make them findable."""
    people: dict[str, int] = {}
    batch: list[Written] = []
    for each in written(count):
        batch.append(each)
        if len(batch) == TRANSACTION:
            _file(database, batch, people)
            batch = []
    _file(database, batch, people)


def _file(database: Database, batch: list[Written], people: dict[str, int]) -> None:
    with database.write(durable=False) as connection:
        pile = Pile(connection)
        for each in batch:
            pile.add(each.message, each.raw, _filed(each, _contact(connection, each, people)))
        pile.store()
        messages.index(connection)


def _contact(connection: sqlite3.Connection, each: Written, people: dict[str, int]) -> int | None:
    author = each.message.author
    if author is None or each.folder == "Sent" or each.message.first("auto-submitted") or each.message.first("list-id"):
        return None
    if author.key not in people:
        people[author.key] = contacts.add_contact(connection, author, None, now=each.received_at)
    return people[author.key]


def _filed(each: Written, contact_id: int | None) -> Filed:
    return Filed(
        fingerprint=hashlib.sha256(each.raw + to_text(each.received_at).encode()).digest(),
        origin="backlog",
        direction="out" if each.folder == "Sent" else "in",
        mail_class="human" if contact_id is not None else "unknown",
        outcome=None,
        reasons=(),
        received_at=each.received_at,
        contact_id=contact_id,
        matter_id=None,
        language=None,
        preview=one_line(each.message.text, PREVIEW_LENGTH),
    )


def library(path: Path, count: int) -> Database:
    """The database of that many mails at this path, made there if it is not there yet."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        rough = path.with_suffix(".part")
        rough.unlink(missing_ok=True)
        database = Database(rough)
        fill(database, count)
        database.close()
        rough.rename(path)
    return Database(path)
