"""Which messages hold these words: the newest first, exactly, however many there are."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo

from inboxcrm.store.views.messages import MessageRow
from inboxcrm.store.views.rows import PAGE, values
from inboxcrm.store.views.snippets import snippets
from inboxcrm.store.views.wanted import Wanted, wanted

FEW = 300
"""Matches up to here are all looked up and put in order."""

AMONG = 8
"""Of more, the newest are looked for among the newest mails first, so many times as many as are wanted. Words that fill
a page by that are so common that putting all their matches in order would take long; for others SQLite does it in a few
milliseconds."""

GAP = 32
"""Row numbers that may lie between two mails of one stretch."""

STRETCHES = 24
"""Stretches of row numbers that are looked through: where mail lies more mixed than that, time does not help."""

LAST = "9999"
"""A time behind every time."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A search result: the message, and where the words were found between the marks asked for."""

    message: MessageRow
    snippet: str


def search(
    connection: sqlite3.Connection,
    words: str,
    *,
    limit: int = PAGE,
    offset: int = 0,
    marks: tuple[str, str] = ("[", "]"),
    zone: tzinfo = UTC,
) -> list[Hit]:
    """The newest messages that hold all of these words; see `wanted` for what else they may say, in days of `zone`.

    Where fewer than a page of messages hold the last word as it stands, it may be a beginning. The words are data: no
    FTS5 operator in them means anything. `marks` stand around what was found.
    """
    asked = wanted(words, zone)
    if asked is None or limit < 1:
        return []
    asked = decided(connection, asked)
    found = _found(connection, asked, offset + limit)[offset:]
    rows = _rows(connection, found)
    shown = snippets(connection, asked, [row.id for row in rows], marks=marks)
    return [Hit(row, shown.get(row.id) or row.preview) for row in rows]


def decided(connection: sqlite3.Connection, asked: Wanted) -> Wanted:
    """The same, with the last word as it stands where a page of messages hold it so."""
    whole = asked.whole
    return whole if asked.open and len(_some(connection, whole, PAGE)) == PAGE else asked


def _found(connection: sqlite3.Connection, asked: Wanted, count: int) -> list[int]:
    """The newest `count` rows, in order."""
    if not asked.terms:
        return _between(connection, asked, count)
    few = _some(connection, asked, FEW + 1)
    if len(few) <= FEW:
        return _in_order(connection, asked, few)[:count]
    return _among_newest(connection, asked, count) or _all_in_order(connection, asked, count)


def _among_newest(connection: sqlite3.Connection, asked: Wanted, count: int) -> list[int]:
    """The newest `count` rows, where so many of the newest mails of the time asked for are; else none."""
    newest = _newest(connection, asked, count * AMONG)
    stretches = _stretches(newest)
    if len(stretches) > STRETCHES:
        return []
    holding = {row for stretch in stretches for row in _within(connection, asked, stretch)}
    found = [row for row in newest if row in holding]
    return found[:count] if len(found) >= count else []


def _some(connection: sqlite3.Connection, asked: Wanted, count: int) -> list[int]:
    rows = connection.execute("SELECT rowid FROM search WHERE search MATCH ? LIMIT ?", (asked.expression, count))
    return [row[0] for row in rows]


def _within(connection: sqlite3.Connection, asked: Wanted, stretch: tuple[int, int]) -> Iterator[int]:
    rows = connection.execute(
        "SELECT rowid FROM search WHERE search MATCH ? AND rowid BETWEEN ? AND ?", (asked.expression, *stretch)
    )
    return (row[0] for row in rows)


def _stretches(rows: Sequence[int]) -> list[tuple[int, int]]:
    """The rows as few ranges of row numbers, first and last."""
    stretches: list[tuple[int, int]] = []
    for row in sorted(rows):
        if stretches and row - stretches[-1][1] <= GAP:
            stretches[-1] = (stretches[-1][0], row)
        else:
            stretches.append((row, row))
    return stretches


def _in_order(connection: sqlite3.Connection, asked: Wanted, rows: Sequence[int]) -> list[int]:
    found = connection.execute(
        """
        SELECT id FROM messages
        WHERE id IN (SELECT value FROM json_each(:rows)) AND received_at >= :since AND received_at < :until
        ORDER BY +received_at DESC, id DESC
        """,
        {"rows": json.dumps(rows), "since": asked.since or "", "until": asked.until or LAST},
    )
    return [row[0] for row in found]


def _all_in_order(connection: sqlite3.Connection, asked: Wanted, count: int) -> list[int]:
    found = connection.execute(
        """
        SELECT id FROM messages INDEXED BY messages_received
        WHERE id IN (SELECT rowid FROM search WHERE search MATCH :expression)
          AND received_at >= :since AND received_at < :until
        ORDER BY received_at DESC, id DESC
        LIMIT :count
        """,
        {
            "expression": asked.expression,
            "since": asked.since or "",
            "until": asked.until or LAST,
            "count": count,
        },
    )
    return [row[0] for row in found]


def _newest(connection: sqlite3.Connection, asked: Wanted, count: int) -> list[int]:
    """The newest rows of a time, whatever words they hold, those of which nothing is left among them."""
    found = connection.execute(
        """
        SELECT id FROM messages
        WHERE received_at >= :since AND received_at < :until
        ORDER BY received_at DESC, id DESC
        LIMIT :count
        """,
        {"since": asked.since or "", "until": asked.until or LAST, "count": count},
    )
    return [row[0] for row in found]


def _between(connection: sqlite3.Connection, asked: Wanted, count: int) -> list[int]:
    """The newest rows of a time of which something is left."""
    found = connection.execute(
        """
        SELECT id FROM messages
        WHERE received_at >= :since AND received_at < :until AND erased_at IS NULL
        ORDER BY received_at DESC, id DESC
        LIMIT :count
        """,
        {"since": asked.since or "", "until": asked.until or LAST, "count": count},
    )
    return [row[0] for row in found]


def _rows(connection: sqlite3.Connection, found: Sequence[int]) -> list[MessageRow]:
    """These messages as lists show them, in this order."""
    rows = connection.execute(
        "SELECT * FROM message_list WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(found),)
    )
    by_id = {row["id"]: MessageRow(**values(row)) for row in rows}
    return [by_id[row_id] for row_id in found if row_id in by_id]
