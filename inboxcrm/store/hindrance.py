"""Whether what SQLite refused works by itself later, and what the owner can do about it meanwhile.

SQLite tells more than one kind of each trouble by extended result codes (<https://sqlite.org/rescode.html>); the lowest
eight bits are the primary code.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

_PRIMARY = 0xFF

_PASSES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
"""What ends once there is space, the disk or a right is back, descriptors are free, or another writer is done."""

_STAYS = frozenset({sqlite3.SQLITE_IOERR_CORRUPTFS, sqlite3.SQLITE_IOERR_DATA, sqlite3.SQLITE_READONLY_DBMOVED})
"""What does not, though its kind does: octets that are damaged on the disk, a file that is another one by now."""

_MEANT = {
    sqlite3.SQLITE_BUSY: "another process holds it. See what else works on this home",
    sqlite3.SQLITE_READONLY: "see whose it is, and whether its folder and disk may be written",
    sqlite3.SQLITE_IOERR: "the disk fails, or files may not grow further. See what the system says of it: dmesg",
    sqlite3.SQLITE_IOERR_SHMSIZE: "make room on that disk, or see ulimit -f",  # the file beside it finds none
    sqlite3.SQLITE_FULL: "make room on that disk",
    sqlite3.SQLITE_CANTOPEN: "see whose it is, whether its folder is there, and whether files can be opened at all",
    sqlite3.SQLITE_PROTOCOL: "another process holds it. See what else works on this home",
}
"""What to do, by extended code or else by the primary one."""


def passes(error: sqlite3.Error) -> bool:
    """Whether the same call may work later."""
    code = _code(error)
    return code & _PRIMARY in _PASSES and code not in _STAYS


def told(error: sqlite3.Error) -> str:
    """What SQLite says, with its name for it, and what to do."""
    name = getattr(error, "sqlite_errorname", None)
    meant = _MEANT.get(_code(error)) or _MEANT.get(_code(error) & _PRIMARY)
    return f"{error}{f' ({name})' if name else ''}{f': {meant}' if meant else ''}"


def is_read_only(path: Path) -> bool:
    """Whether a file lies on a disk that takes no writing, from anybody: the system makes one that fails so."""
    if not hasattr(os, "statvfs"):
        return False
    try:
        return bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def _code(error: sqlite3.Error) -> int:
    """The extended code; 0 where the error is Python's own."""
    return getattr(error, "sqlite_errorcode", 0)
