"""Where somebody is who reads the mail on record beside its arrival, a few at a time: each has a cursor of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from inboxcrm.service.household import Household
from inboxcrm.store import home, views

T = TypeVar("T")


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
