"""A copy of the home's database while others go on writing to it, and whether a copy is sound."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from inboxcrm.errors import UserError
from inboxcrm.store import migrations


def copy(source: Path, target: Path) -> None:
    """Copy the file as it is at one instant into one file of its own; whoever writes meanwhile does not wait.

    Raises UserError where the one cannot be read or the other not be written.
    """
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as whole,
            closing(sqlite3.connect(target, isolation_level=None)) as copied,
        ):
            whole.backup(copied)  # in one step: a write in between would have it begin anew
            copied.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise UserError(f"{source} cannot be copied to {target}: {error}") from error


def mails(path: Path) -> int:
    """How many mails a sound copy holds.

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
            return int(connection.execute("SELECT COUNT(*) FROM messages").fetchone()[0])
    except sqlite3.Error as error:
        raise UserError(f"{path} is not a sound inboxcrm database ({error})") from error
