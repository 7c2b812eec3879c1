"""Opens the home's one SQLite file, and is the only way to it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TypeVar

from inboxcrm.errors import InboxcrmError, SchemaTooNewError, TransientError, UserError
from inboxcrm.store import hindrance, migrations
from inboxcrm.store.migrations import statements

T = TypeVar("T")

BUSY_TIMEOUT_MS = 30_000

SIGN_EVERY = 10_000
"""Instructions of SQLite between two signs that it works: a millisecond of a question, a megabyte of a merged index."""


class Database:
    """One connection, shared by the threads of one process under a lock.

    Writers begin IMMEDIATE: a deferred transaction that reads first and writes later fails at once in WAL when another
    process wrote in between, whatever `busy_timeout` says.
    """

    def __init__(self, path: Path | None, *, before_steps: Callable[[int], None] | None = None) -> None:
        """Open and bring up to date; `None` is a database in memory.

        `before_steps` is called with the number of mails before a database that is older is changed, while nobody else
        can write to it; what it raises leaves the file as it is.

        Raises SchemaTooNewError when a newer inboxcrm wrote the file, UserError when it is damaged, not a database, or
        cannot be opened, TransientError when another process holds it or the disk takes no writing.
        """
        self.path = path
        self.hindered: str | None = None
        """What kept the last transaction from being made, in a sentence; None once one was."""

        self.signs = 0
        """Counts on while a statement works, however long it does; it does not while one waits for a lock."""

        self._lock = threading.RLock()
        new = path is not None and not path.exists()
        try:
            self._connection = sqlite3.connect(
                path or ":memory:", check_same_thread=False, isolation_level=None, cached_statements=512
            )
        except sqlite3.OperationalError as error:
            raise UserError(f"{path} cannot be opened ({error}). Look whose it is, and whether it is a file") from error
        self._connection.row_factory = sqlite3.Row
        self._connection.set_progress_handler(self._give_sign, SIGN_EVERY)
        try:
            self._prepare(before_steps)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            if hindrance.passes(error):
                raise self._unwritable(error) from error
            raise UserError(
                f"{path}: this is not a sound inboxcrm database ({error}). It was left as it is: restore a backup, "
                f"or try: sqlite3 {path} .recover"
            ) from error
        except InboxcrmError:
            self._connection.close()
            raise
        if new and path is not None:
            path.chmod(0o600)

    def _prepare(self, before_steps: Callable[[int], None] | None) -> None:
        run = self._connection.execute
        run(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        self._durable = True
        run("PRAGMA foreign_keys = ON")
        run("PRAGMA temp_store = MEMORY")
        run("PRAGMA cache_size = -16384")
        run("PRAGMA wal_autocheckpoint = 4000")
        run("PRAGMA journal_size_limit = 33554432")
        applied = migrations.applied(self._connection)
        if not applied <= migrations.STEPS.keys():
            raise SchemaTooNewError(
                f"{self.path}: a newer inboxcrm wrote this home. Install that version, or restore an older backup."
            )
        if migrations.STEPS.keys() - applied:
            # All steps and the views in one transaction: an upgrade that is cut off has not begun.
            with self.write() as connection:
                if before_steps is not None and migrations.is_older(connection):  # nobody took them meanwhile
                    before_steps(int(connection.execute("SELECT COUNT(*) FROM messages").fetchone()[0]))
                self._drop_views()
                migrations.apply(connection)
                connection.execute("DELETE FROM home WHERE key = 'views'")
                self._build_views()
        else:
            self._build_views()

    def _give_sign(self) -> int:
        self.signs += 1
        return 0

    def _drop_views(self) -> None:
        for (name,) in self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall():
            self._connection.execute(f'DROP VIEW "{name}"')

    def _build_views(self) -> None:
        """Rebuild the read model when its text changed; views are never migrated."""
        text = resources.files("inboxcrm.store").joinpath("views.sql").read_text("utf-8")
        stored = self._connection.execute("SELECT value FROM home WHERE key = 'views'").fetchone()
        if stored is not None and stored[0] == text:
            return
        with self.write() as connection:
            self._drop_views()
            for statement in statements(text):
                connection.execute(statement)
            connection.execute("INSERT OR REPLACE INTO home (key, value) VALUES ('views', ?)", (text,))

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is durable when the block ends, or none of it. Nested use joins the outer one.

        `durable` False spares the wait for the disk: after a power cut the transaction may never have been, which only
        suits a state that is safe to fall back from. Another process sees it either way.

        Raises TransientError when another process held the file for longer than the busy time-out, and when the disk
        is full or takes no writing: nothing of the transaction is left then, and the same call may work later.
        """
        with self._lock:
            if self._connection.in_transaction:
                yield self._connection
                return
            self._set_durable(durable)
            try:
                with self._time_may_act():
                    self._connection.execute("BEGIN IMMEDIATE")
                    yield self._connection
                    self._connection.execute("COMMIT")
                self.hindered = None
            finally:
                self._undo_unfinished()

    @contextmanager
    def statement(self) -> Iterator[sqlite3.Connection]:
        """For a large statement that is a transaction of its own, as `write(durable=False)` would make it; within one
        it joins that.

        Of what a statement overwrites within a transaction SQLite keeps the former pages in memory, lest it fail:
        merging the parts of the full-text index would take tens of megabytes.
        """
        with self._lock:
            if not self._connection.in_transaction:
                self._set_durable(False)
            with self._time_may_act():
                yield self._connection

    def _set_durable(self, durable: bool) -> None:
        if durable is not self._durable:
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable

    @contextmanager
    def _time_may_act(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            if not hindrance.passes(error):
                raise
            raise self._unwritable(error) from error

    def _unwritable(self, error: sqlite3.Error) -> TransientError:
        """What stopped a writing, and what to do about it."""
        why = hindrance.told(error)
        if self.path is not None and hindrance.is_read_only(self.path):
            why = "its disk is mounted to be read only. To go on elsewhere: inboxcrm backup FOLDER, then restore"
        self.hindered = f"{self.path} cannot be written: {why}"
        return TransientError(self.hindered)

    def fold(self) -> None:
        """Move what is in the log into the file, as far as nobody reads it; nobody waits for anybody.

        Raises TransientError when the disk takes no writing; nothing is lost then.
        """
        with self._lock, self._time_may_act():
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    @contextmanager
    def shredding(self) -> Iterator[None]:
        """Within it transactions leave nothing of what they delete in the file, its log or the full-text index.

        What another process reads meanwhile stays in the log until that process is done.
        """
        with self._lock:
            self._connection.execute("PRAGMA secure_delete = ON")
            try:
                yield
                with self.write() as connection:
                    connection.execute("INSERT INTO search (search) VALUES ('optimize')")
                    connection.execute("INSERT INTO listing_search (listing_search) VALUES ('optimize')")
                with self._time_may_act():
                    self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                self._connection.execute("PRAGMA secure_delete = OFF")

    def _undo_unfinished(self) -> None:
        """Roll back, unless the COMMIT went well or SQLite has ended the transaction itself (a full disk)."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The connection for reading, with no transaction of our own.

        Raises TransientError when the disk does not give what is asked for; the same call may work later.
        """
        with self._lock:
            try:
                yield self._connection
            except sqlite3.OperationalError as error:
                if not hindrance.passes(error):
                    raise
                raise TransientError(f"{self.path} cannot be read: {hindrance.told(error)}") from error

    def reading(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Ask one question."""
        with self.read() as connection:
            return question(connection)

    def version(self) -> int:
        """A number that changes when another process wrote (not when we did)."""
        with self.read() as connection:
            return int(connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Close the file; the write-ahead log is folded in by SQLite."""
        with self._lock:
            self._connection.close()


@contextmanager
def attempt(connection: sqlite3.Connection) -> Iterator[None]:
    """Part of a transaction that may fail by itself: what it wrote is undone, what came before stays."""
    connection.execute("SAVEPOINT attempt")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK TO attempt")
            connection.execute("RELEASE attempt")
        raise
    connection.execute("RELEASE attempt")
