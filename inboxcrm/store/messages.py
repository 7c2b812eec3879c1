"""The SQL of messages: rows, raw bytes, places in a thread, full text."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import zstandard

from inboxcrm.domain.message import Address, Message
from inboxcrm.domain.mime import headers_end
from inboxcrm.spool import Spool
from inboxcrm.store.times import to_instant, to_text, to_text_or_none

PREVIEW_LENGTH = 160
COMPRESSION_LEVEL = 1
"""Level 3 takes a third longer and saves 1.6% of mail with its attachments."""

BEGINNING = 1 << 17
"""Compressed octets in which the header block of any mail begins: the largest block of zstd."""

ERASED = "(erased)"
"""What stands for the sender of a mail of which nothing else is left."""

_compressor = zstandard.ZstdCompressor(level=COMPRESSION_LEVEL)
_decompressor = zstandard.ZstdDecompressor()


@dataclass(frozen=True, slots=True)
class Filed:
    """What a message's row says besides what stands in the mail itself."""

    fingerprint: bytes
    origin: str
    direction: str
    mail_class: str
    outcome: str | None
    reasons: Sequence[str]
    received_at: datetime
    contact_id: int | None
    matter_id: int | None
    language: str | None
    preview: str


def id_of_fingerprint(connection: sqlite3.Connection, fingerprint: bytes) -> int | None:
    """The row of a message whose bytes are on record already, or were in a file with other line ends."""
    return ids_of_fingerprints(connection, [fingerprint]).get(fingerprint)


def ids_of_fingerprints(connection: sqlite3.Connection, fingerprints: Sequence[bytes]) -> dict[bytes, int]:
    """The rows of those messages whose bytes are on record already, or were in a file with other line ends."""
    marks = _marks(fingerprints)
    rows = connection.execute(
        f"""
        SELECT fingerprint, message_id FROM twins WHERE fingerprint IN ({marks})
        UNION ALL
        SELECT fingerprint, id FROM messages WHERE fingerprint IN ({marks})
        """,  # noqa: S608 - the marks are question marks
        (*fingerprints, *fingerprints),
    )
    return {row[0]: row[1] for row in rows}


_INSERT = """
    INSERT INTO messages (id, fingerprint, message_id, origin, direction, class, outcome, reasons, received_at, sent_at,
                          contact_id, matter_id, sender_key, sender, recipients, subject, preview, language, size,
                          attachments, defects)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_LETTER = "INSERT INTO letters (message_id, text, raw) VALUES (?, ?, ?)"
_INSERT_PARTICIPANT = "INSERT OR IGNORE INTO participants VALUES (?, ?, ?)"


def insert(connection: sqlite3.Connection, message: Message, raw: bytes | Spool, filed: Filed) -> int:
    """Store a message with its bytes, people and text; answers its row id. `index` makes a batch of them findable."""
    cursor = connection.execute(_INSERT, _row(None, message, len(raw), filed))
    row_id = int(cursor.lastrowid or 0)
    _keep(connection, row_id, message.text, raw)
    connection.executemany(_INSERT_PARTICIPANT, list(_participants(row_id, message)))
    return row_id


class Pile:
    """Messages to be stored together, under row ids that are given beforehand; nobody else may write meanwhile."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._rows: list[tuple[object, ...]] = []
        self._letters: list[tuple[int, str, bytes]] = []
        self._participants: list[tuple[int, str, str]] = []
        self._next = self._first_free()

    def _first_free(self) -> int:
        return int(self._connection.execute("SELECT COALESCE(MAX(id), 0) + 1 FROM messages").fetchone()[0])

    def add(self, message: Message, raw: bytes | Spool, filed: Filed) -> int:
        """The same as `insert`, once `store` is called; what is too large to be held is stored at once."""
        if isinstance(raw, Spool):
            self.store()
            row_id = insert(self._connection, message, raw, filed)
            self._next = row_id + 1
            return row_id
        row_id, self._next = self._next, self._next + 1
        self._rows.append(_row(row_id, message, len(raw), filed))
        self._letters.append((row_id, message.text, _compressor.compress(raw)))
        self._participants.extend(_participants(row_id, message))
        return row_id

    def store(self) -> None:
        """Write what was added."""
        run = self._connection.executemany
        run(_INSERT, self._rows)
        run(_INSERT_LETTER, self._letters)
        run(_INSERT_PARTICIPANT, self._participants)
        self._rows, self._letters, self._participants = [], [], []


def _row(row_id: int | None, message: Message, size: int, filed: Filed) -> tuple[object, ...]:
    """The values of `_INSERT`; without a row id the next one is taken."""
    author = message.author
    return (
        row_id,
        filed.fingerprint,
        message.message_id,
        filed.origin,
        filed.direction,
        filed.mail_class,
        filed.outcome,
        json.dumps(list(filed.reasons)) if filed.reasons else "[]",
        to_text(filed.received_at),
        to_text_or_none(message.date),
        filed.contact_id,
        filed.matter_id,
        author.key if author is not None else None,
        people(message.from_),
        people(message.recipients),
        message.subject,
        filed.preview,
        filed.language,
        size,
        _attachments(message),
        json.dumps(message.defects) if message.defects else "[]",
    )


def _keep(connection: sqlite3.Connection, row_id: int, text: str, raw: bytes | Spool) -> None:
    """Text and compressed octets. A large mail is compressed twice: first to know the length to write."""
    if not isinstance(raw, Spool):
        connection.execute(_INSERT_LETTER, (row_id, text, _compressor.compress(raw)))
        return
    length = sum(map(len, _compressed(raw)))
    connection.execute("INSERT INTO letters (message_id, text, raw) VALUES (?, ?, ZEROBLOB(?))", (row_id, text, length))
    with connection.blobopen("letters", "raw", row_id) as blob:
        for piece in _compressed(raw):
            blob.write(piece)


def replace_octets(connection: sqlite3.Connection, row_id: int, raw: bytes, text: str) -> None:
    """Give a message other octets and another text. The caller sees to what is found by its words."""
    connection.execute(
        "UPDATE letters SET raw = ?, text = ? WHERE message_id = ?", (_compressor.compress(raw), text, row_id)
    )


def _compressed(spool: Spool) -> Iterator[bytes]:
    squeeze = zstandard.ZstdCompressor(level=COMPRESSION_LEVEL).compressobj(size=len(spool))
    for piece in spool.pieces():
        yield squeeze.compress(piece)
    yield squeeze.flush()


def index(connection: sqlite3.Connection, *, at_least: int = 1) -> None:
    """Enter every message that is not in the full-text index yet, which are always the last ones; fewer than `at_least`
    wait for the next call.

    One statement, because FTS5 collects terms in memory and writes them out at every savepoint, which any statement
    that may touch several rows sets: message by message it costs three times as much. What one statement entered is a
    part of its own in the index, and many small parts are merged again and again.
    """
    last, newest = connection.execute(
        "SELECT (SELECT COALESCE(MAX(id), 0) FROM search_docsize), (SELECT COALESCE(MAX(id), 0) FROM messages)"
    ).fetchone()
    if newest - last < at_least:
        return
    connection.execute(
        """
        INSERT INTO search (rowid, subject, sender, recipients, text)
        SELECT id, subject, sender, recipients, text
        FROM search_source
        WHERE id > ?
        """,
        (last,),
    )


def insert_husk(
    connection: sqlite3.Connection, fingerprint: bytes, origin: str, received_at: datetime, *, at: datetime
) -> int:
    """A mail that was erased before, read again: only that it is known, so that it is not read once more."""
    cursor = connection.execute(
        """
        INSERT INTO messages (fingerprint, origin, direction, class, received_at, sender, recipients, subject, preview,
                              size, erased_at)
        VALUES (?, ?, 'in', 'machine', ?, ?, '', '', '', 0, ?)
        """,
        (fingerprint, origin, to_text(received_at), ERASED, to_text(at)),
    )
    return int(cursor.lastrowid or 0)


def people(addresses: Iterable[Address]) -> str:
    """People as lists show them."""
    return ", ".join(f"{address.name} <{address.spec}>" if address.name else address.spec for address in addresses)


def _participants(row_id: int, message: Message) -> Iterator[tuple[int, str, str]]:
    for role, addresses in (("from", message.from_), ("to", message.to), ("cc", message.cc)):
        for address in addresses:
            yield row_id, role, address.key


def _attachments(message: Message) -> str:
    if not message.attachments:
        return "[]"
    return json.dumps(
        [
            {"path": part.path, "name": part.filename, "type": part.content_type, "size": part.size}
            for part in message.attachments
        ]
    )


def raw(connection: sqlite3.Connection, row_id: int) -> bytes | None:
    """The message's bytes exactly as they came."""
    row = connection.execute("SELECT raw FROM letters WHERE message_id = ?", (row_id,)).fetchone()
    return None if row is None else _decompressor.decompress(row["raw"])


def header(connection: sqlite3.Connection, row_id: int) -> bytes:
    """The header block of a message as it came, as far as it lies in the first part of it; empty where it is erased."""
    row = connection.execute(
        "SELECT SUBSTR(raw, 1, ?) AS beginning FROM letters WHERE message_id = ?", (BEGINNING, row_id)
    ).fetchone()
    if row is None:
        return b""
    octets = _decompressor.decompressobj().decompress(row["beginning"])
    return octets[: headers_end(octets)]


def language(connection: sqlite3.Connection, row_id: int) -> str | None:
    """The language a message was surely written in, if one was found."""
    row = connection.execute("SELECT language FROM messages WHERE id = ?", (row_id,)).fetchone()
    return None if row is None else row["language"]


def exchanges(connection: sqlite3.Connection, matter_id: int) -> int:
    """How many mails people wrote in a matter, on either side."""
    row = connection.execute(
        """
        SELECT COUNT(*)
        FROM messages
        WHERE matter_id = ? AND class <> 'machine' AND direction IN ('in', 'out')
        """,
        (matter_id,),
    ).fetchone()
    return int(row[0])


def move_to_matter(connection: sqlite3.Connection, row_id: int, matter_id: int | None) -> None:
    """Put a message into another matter."""
    connection.execute("UPDATE messages SET matter_id = ? WHERE id = ?", (matter_id, row_id))


def came_before(connection: sqlite3.Connection, message_id: str, sender_key: str) -> bool:
    """Whether a mail with this Message-ID from this sender is on record, whatever its bytes."""
    row = connection.execute(
        "SELECT 1 FROM messages WHERE message_id = ? AND sender_key = ? AND direction = 'in'", (message_id, sender_key)
    ).fetchone()
    return row is not None


def id_of(connection: sqlite3.Connection, row_id: int) -> str | None:
    """The Message-ID of a message on record."""
    row = connection.execute("SELECT message_id FROM messages WHERE id = ?", (row_id,)).fetchone()
    return None if row is None else row[0]


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


@dataclass(frozen=True, slots=True)
class Incoming:
    """A mail somebody wrote to the owner: its row, whose it is, and when it came."""

    id: int
    contact_id: int | None
    received_at: datetime


def came_after(connection: sqlite3.Connection, matter_id: int, at: datetime) -> list[Incoming]:
    """What people wrote in a matter after an instant, oldest first."""
    rows = connection.execute(
        """
        SELECT id, contact_id, received_at
        FROM messages
        WHERE matter_id = ? AND received_at > ? AND direction = 'in' AND class <> 'machine'
        ORDER BY received_at, id
        """,
        (matter_id, to_text(at)),
    )
    return [Incoming(row_id, contact_id, to_instant(received_at)) for row_id, contact_id, received_at in rows]
