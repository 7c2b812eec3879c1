"""Which messages hold these words: the newest first, exactly, however many there are."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, tzinfo
from heapq import nlargest
from itertools import pairwise

from inboxcrm.store.views.beginnings import spelled_out
from inboxcrm.store.views.messages import MessageRow
from inboxcrm.store.views.rows import PAGE, all_values
from inboxcrm.store.views.snippets import snippets
from inboxcrm.store.views.wanted import Wanted, wanted

SOME, FEW, MANY = 300, 600, 5_000
"""Of so many matches is told how close they lie; up to so many are looked up one by one; so many are left to SQLite."""

SPARE = 1.4
"""The newest are looked for among so many of the newest mails as should hold them, times this."""

AT_FIRST, MOST, MOST_OF_PHRASES = 4, 40, 200
"""The newest mails that are looked at for each one wanted: where nothing is known yet; at most; and at most where
looking at all matches takes long, since words must be held against one another by their places."""

RANGES = 24
"""Ranges of row numbers in which these mails are looked for."""

LOOSE = 16
"""How many rows those ranges may hold for each mail that is looked at: where mail lies more mixed than that, time does
not help."""

LAST = "9999"
"""A time behind every time."""

MATCHING = "SELECT rowid FROM search WHERE search MATCH ?"


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
    with _one_moment(connection):
        asked, found = _found(connection, asked, offset + limit)
        rows = _rows(connection, found[offset:])
        shown = snippets(connection, asked, rows, marks=marks)
    return [Hit(row, shown.get(row.id) or row.preview) for row in rows]


@contextmanager
def _one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """Within it every statement reads the same state of the mails, whatever another process writes meanwhile."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.execute("COMMIT")


def decided(connection: sqlite3.Connection, asked: Wanted) -> Wanted:
    """The same, with the last word as it stands where a page of messages hold it so."""
    whole = asked.whole
    return whole if asked.open and len(_Matching(connection, whole.expression).first(PAGE)) == PAGE else asked


def _found(connection: sqlite3.Connection, asked: Wanted, count: int) -> tuple[Wanted, list[int]]:
    """What was asked for, decided, and the newest `count` rows, in order."""
    if not asked.terms:
        return asked, _newest(connection, asked, count, erased=False)
    matching = _Matching(connection, asked.whole.expression)
    if not asked.open or len(matching.first(PAGE)) == PAGE:
        asked = asked.whole
    else:
        spelled = spelled_out(connection, asked)
        if spelled is None:  # whatever is asked of FTS5, it puts all of them together first
            every = _numbers(connection, MATCHING, (asked.expression,))
            return asked, _newest_among(connection, asked, every, count)
        matching = _Matching(connection, spelled)
        if found := _among_newest(connection, asked, matching.expression, AT_FIRST * count, count):
            return asked, found
    some = matching.first(SOME)
    if len(some) == SOME:
        wide = count + int(SPARE * count * (some[-1] - some[0] + 1) / SOME)
        most = (MOST_OF_PHRASES if any(term.is_phrase for term in asked.terms) else MOST) * count
        for each in (wide, min(3 * wide, most)) if wide <= most else ():
            if found := _among_newest(connection, asked, matching.expression, each, count):
                return asked, found
    every = matching.first(MANY)
    return asked, _newest_among(connection, asked, every if len(every) < MANY else None, count)


def _newest_among(connection: sqlite3.Connection, asked: Wanted, every: Sequence[int] | None, count: int) -> list[int]:
    """The newest `count` of these rows, which hold the words; None is of all that do."""
    if every is not None and len(every) <= FEW:
        return _in_order(connection, asked, every)[:count]
    if every is not None and len(every) > MANY:
        holding = set(every)
        found = [row for row in _newest(connection, asked, MOST * count) if row in holding]
        if len(found) >= count:
            return found[:count]
    return _down_to(connection, asked, count, among=every)


class _Matching:
    """The rows that hold the words, in the order of their numbers, read as far as they are asked for."""

    def __init__(self, connection: sqlite3.Connection, expression: str) -> None:
        self.expression = expression
        self._read: list[int] = []
        self._cursor = connection.cursor()
        self._cursor.row_factory = None
        self._begun = False

    def first(self, count: int) -> list[int]:
        """So many of them, or all there are."""
        if not self._begun:
            self._cursor.execute(MATCHING, (self.expression,))
            self._begun = True
        if len(self._read) < count:
            self._read += (row for (row,) in self._cursor.fetchmany(count - len(self._read)))
        return self._read


def _among_newest(connection: sqlite3.Connection, asked: Wanted, expression: str, wide: int, count: int) -> list[int]:
    """The newest `count` rows, where they are among the `wide` newest mails of the time asked for; else none."""
    newest = _newest(connection, asked, wide)
    ranges = _ranges(newest)
    if sum(last - first for first, last in ranges) > LOOSE * wide:
        return []
    holding = {row for each in ranges for row in _within(connection, expression, each)}
    found = [row for row in newest if row in holding]
    return found[:count] if len(found) >= count or len(newest) < wide else []


def _within(connection: sqlite3.Connection, expression: str, rows: tuple[int, int]) -> list[int]:
    return _numbers(connection, f"{MATCHING} AND rowid BETWEEN ? AND ?", (expression, *rows))


def _ranges(rows: Sequence[int]) -> list[tuple[int, int]]:
    """These rows as a few ranges of row numbers, first and last; what lies farthest apart is kept apart."""
    ordered = sorted(rows)
    gaps = [(after - row, at) for at, (row, after) in enumerate(pairwise(ordered), start=1) if after - row > len(rows)]
    begins = [0, *sorted(at for _, at in nlargest(RANGES - 1, gaps))]
    ends = [*begins[1:], len(ordered)]
    return [(ordered[begin], ordered[end - 1]) for begin, end in zip(begins, ends, strict=True) if end]


def _in_order(connection: sqlite3.Connection, asked: Wanted, rows: Sequence[int]) -> list[int]:
    return _numbers(
        connection,
        """
        SELECT id FROM messages
        WHERE id IN (SELECT value FROM json_each(:rows)) AND received_at >= :since AND received_at < :until
        ORDER BY +received_at DESC, id DESC
        """,
        {"rows": json.dumps(rows), **_time(asked)},
    )


def _down_to(
    connection: sqlite3.Connection, asked: Wanted, count: int, *, among: Sequence[int] | None = None
) -> list[int]:
    """The newest `count` rows, by going through the mails from the newest on; of all that hold the words, or of these.

    Of many only FTS5 knows them all soon enough.
    """
    matches = (
        "SELECT rowid FROM search WHERE search MATCH :sought"
        if among is None
        else "SELECT value FROM json_each(:sought)"
    )
    return _numbers(
        connection,
        f"""
        SELECT id FROM messages INDEXED BY messages_received
        WHERE id IN ({matches}) AND received_at >= :since AND received_at < :until
        ORDER BY received_at DESC, id DESC
        LIMIT :count
        """,  # noqa: S608 - conditions of our own
        {"sought": asked.expression if among is None else json.dumps(among), "count": count, **_time(asked)},
    )


def _newest(connection: sqlite3.Connection, asked: Wanted, count: int, *, erased: bool = True) -> list[int]:
    """The newest rows of a time, whatever words they hold; not `erased`: only those of which something is left."""
    (listed,) = connection.execute(
        f"""
        SELECT JSON_GROUP_ARRAY(id) FROM (
          SELECT id FROM messages
          WHERE received_at >= :since AND received_at < :until {"" if erased else "AND erased_at IS NULL"}
          ORDER BY received_at DESC, id DESC
          LIMIT :count)
        """,  # noqa: S608 - a condition of our own
        {"count": count, **_time(asked)},
    ).fetchone()
    rows: list[int] = json.loads(listed)
    return rows


def _time(asked: Wanted) -> dict[str, str]:
    return {"since": asked.since or "", "until": asked.until or LAST}


def _numbers(
    connection: sqlite3.Connection, statement: str, values: Sequence[object] | Mapping[str, object]
) -> list[int]:
    """The one column that a statement answers with."""
    cursor = connection.cursor()
    cursor.row_factory = None
    return [number for (number,) in cursor.execute(statement, values)]


def _rows(connection: sqlite3.Connection, found: Sequence[int]) -> list[MessageRow]:
    """These messages as lists show them, in this order."""
    rows = connection.execute(
        "SELECT * FROM message_list WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(found),)
    )
    by_id = {each["id"]: MessageRow(**each) for each in all_values(rows)}
    return [by_id[row_id] for row_id in found if row_id in by_id]
