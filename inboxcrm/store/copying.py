"""A copy of the home's database while others go on writing to it, and whether a copy is sound."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from inboxcrm.errors import UserError
from inboxcrm.store import hindrance, migrations

AT_ONCE = 4096
"""Pages between two looks at how far a copy is: 16 MB."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A copy that was found to be sound: the mails in it, and the step of the schema up to which it was brought."""

    mails: int
    step: str


def copy(source: Path, target: Path, *, look: Callable[[int, int], None] | None = None) -> None:
    """Copy the file as it is at one instant into one file of its own; whoever writes meanwhile does not wait. On a disk
    that takes no writing, where SQLite opens nothing that has a log, the file and its log are copied as they lie there.

    `look` is told how many pages are done, of how many; it may be given only where nobody writes meanwhile.
    Raises UserError where the one cannot be read or the other not be written.
    """

    def told(_: int, left: int, whole: int) -> None:
        if look is not None:
            look(whole - left, whole)

    try:
        if hindrance.is_read_only(source):
            _as_it_lies(source, target)
            return
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as whole,
            closing(sqlite3.connect(target, isolation_level=None)) as copied,
        ):
            # in one step where others write: a write in between would have it begin anew
            whole.backup(copied, pages=-1 if look is None else AT_ONCE, progress=told)
            copied.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise UserError(f"{source} cannot be copied to {target}: {hindrance.told(error)}") from error


def _as_it_lies(source: Path, target: Path) -> None:
    """Good only where nobody can write meanwhile. The log is folded into the copy, as it would be after a crash."""
    for end in ("", "-wal"):
        file = source.with_name(source.name + end)
        if file.exists():
            shutil.copyfile(file, target.with_name(target.name + end))
    with closing(sqlite3.connect(target, isolation_level=None)) as copied:
        copied.execute("PRAGMA journal_mode = DELETE")


def tried(path: Path) -> Sound:
    """What a copy holds, which is read to its last octet.

    Raises UserError where it is damaged, is no database of ours, or was written by a newer inboxcrm.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            found = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
            if found != "ok":
                raise UserError(f"{path} is damaged: {found}")
            applied = migrations.applied(connection)
            if not applied <= migrations.STEPS.keys():
                raise UserError(f"a newer inboxcrm wrote {path}: install that version")
            mails = int(connection.execute("SELECT COUNT(*) FROM messages").fetchone()[0])
            return Sound(mails, max(applied, default=""))
    except sqlite3.Error as error:
        raise UserError(f"{path} is not a sound inboxcrm database ({error})") from error


def secret_of(path: Path) -> bytes | None:
    """The own secret of the home whose database this is; None where it has none, or cannot be asked."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT value FROM home WHERE key = 'secret'").fetchone()
    except sqlite3.Error:
        return None
    return None if row is None else bytes.fromhex(row[0])
