"""Where somebody is who reads the mail on record beside its arrival, a few at a time: each has a cursor of its own."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from inboxcrm.service.household import Household
from inboxcrm.store import home, views


class Numbered(Protocol):
    """Something that stands in a row of the mail on record."""

    @property
    def id(self) -> int:
        """The number of the row."""


T = TypeVar("T")
Row = TypeVar("Row", bound=Numbered)
Heard = TypeVar("Heard")


async def read_new(
    household: Household,
    cursor: str,
    *,
    ask: Callable[[sqlite3.Connection, int], list[Row]],
    hear: Callable[[Row], Heard],
    keep: Callable[[sqlite3.Connection, Sequence[tuple[Row, Heard]]], int],
) -> int:
    """Read what came since the last time, round by round; answers the sum of what `keep` made of each.

    `ask` finds the next few behind a row, `hear` looks at one of them, in a thread, and `keep` notes what was heard of
    all of them in the transaction that moves the cursor.
    """
    made = 0
    while rows := await household.run(unread, household, cursor, ask):
        heard = await asyncio.to_thread(lambda some: [(row, hear(row)) for row in some], rows)
        made += await household.jot(_keep, cursor, heard, keep)
        await asyncio.sleep(0)
    return made


def _keep(
    connection: sqlite3.Connection,
    cursor: str,
    heard: Sequence[tuple[Row, Heard]],
    keep: Callable[[sqlite3.Connection, Sequence[tuple[Row, Heard]]], int],
) -> int:
    made = keep(connection, heard)
    move(connection, cursor, heard[-1][0].id)
    return made


def unread(household: Household, cursor: str, ask: Callable[[sqlite3.Connection, int], list[T]]) -> list[T]:
    """What `ask` finds behind the row that the cursor stands at; where that is nothing, the cursor goes to the end.

    Whoever keeps what was found moves the cursor with `move`, in the same transaction.
    """
    with household.database.read() as connection:
        after, newest = int(home.value(connection, cursor) or 0), views.newest_id(connection)
        found = [] if newest <= after else ask(connection, after)
    if not found and newest > after:
        with household.database.write(durable=False) as connection:
            move(connection, cursor, newest)
    return found


def move(connection: sqlite3.Connection, cursor: str, row_id: int) -> None:
    """Everything to this row was read."""
    home.set_value(connection, cursor, str(row_id))
