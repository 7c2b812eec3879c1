"""Reads a home's file from beside the daemon: never writes, never waits long, holds no one up."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

LONGEST_QUESTION = 3.0
"""Seconds after which a question is interrupted with sqlite3.OperationalError."""

_OPCODES = 4_000
"""Steps of SQLite's machine between two looks at the time."""


class Reader:
    """A few read-only connections, each on a thread of its own.

    `mode=ro`, and never `immutable=1`, which shows a file that is being written as damaged or frozen.
    """

    def __init__(self, path: Path, *, threads: int = 2) -> None:
        self.path = path
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="reader")
        self._here = threading.local()

    async def read(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Ask one question, in one consistent picture of the file. Raises sqlite3.OperationalError when it takes
        longer than `LONGEST_QUESTION`.
        """
        return await asyncio.get_running_loop().run_in_executor(self._pool, partial(self._ask, question))

    def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._connection()
        end = time.monotonic() + LONGEST_QUESTION
        connection.set_progress_handler(lambda: time.monotonic() > end, _OPCODES)
        connection.execute("BEGIN")
        try:
            return question(connection)
        finally:
            connection.set_progress_handler(None, 0)
            connection.execute("ROLLBACK")

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._here, "connection", None)
        if connection is None:
            connection = self._here.connection = open_read_only(self.path)
        return connection

    def close(self) -> None:
        """Let the threads go; their connections close with them."""
        self._pool.shutdown(wait=True)


def open_read_only(path: Path) -> sqlite3.Connection:
    """A connection that cannot write. Raises sqlite3.OperationalError where there is no such file."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA busy_timeout = 2000")
    return connection


def holds_a_home(connection: sqlite3.Connection) -> bool:
    """Whether the file behind a connection is an inboxcrm database."""
    found = connection.execute(
        """
        SELECT COUNT(*)
        FROM sqlite_master
        WHERE (type, name) IN (VALUES ('table', 'home'), ('table', 'letters'), ('table', 'promise_events'))
        """
    ).fetchone()
    return bool(found[0] == 3)
