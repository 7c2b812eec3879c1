"""What SQLite refuses, sorted by whether it works later."""

from __future__ import annotations

import sqlite3

import pytest

from inboxcrm.store.hindrance import passes, told


def refused(name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("refused")
    error.sqlite_errorcode = getattr(sqlite3, name)
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        pytest.param("SQLITE_BUSY", "another process", id="another writer"),
        pytest.param("SQLITE_BUSY_SNAPSHOT", "another process", id="another wrote between"),
        pytest.param("SQLITE_BUSY_RECOVERY", "another process", id="another recovers the log"),
        pytest.param("SQLITE_PROTOCOL", "another process", id="locks are raced for"),
        pytest.param("SQLITE_FULL", "make room", id="full"),
        pytest.param("SQLITE_IOERR", "disk fails", id="the disk"),
        pytest.param("SQLITE_IOERR_WRITE", "disk fails", id="writing"),
        pytest.param("SQLITE_IOERR_FSYNC", "disk fails", id="flushing"),
        pytest.param("SQLITE_IOERR_READ", "disk fails", id="reading"),
        pytest.param("SQLITE_IOERR_SHMSIZE", "make room", id="no room for the index of the log"),
        pytest.param("SQLITE_READONLY", "whose it is", id="a right is missing"),
        pytest.param("SQLITE_READONLY_CANTINIT", "whose it is", id="a right on the log is missing"),
        pytest.param("SQLITE_READONLY_DIRECTORY", "whose it is", id="a right on the folder is missing"),
        pytest.param("SQLITE_CANTOPEN", "opened at all", id="no descriptors"),
        pytest.param("SQLITE_CANTOPEN_ISDIR", "opened at all", id="a folder in its place"),
    ],
)
def test_what_the_disk_or_another_process_refuses_may_work_later(name: str, advice: str) -> None:
    assert passes(refused(name))
    assert advice in told(refused(name))
    assert name in told(refused(name))


@pytest.mark.parametrize(
    "name",
    [
        "SQLITE_ERROR",
        "SQLITE_LOCKED",
        "SQLITE_LOCKED_SHAREDCACHE",
        "SQLITE_CORRUPT",
        "SQLITE_CORRUPT_INDEX",
        "SQLITE_NOTADB",
        "SQLITE_CONSTRAINT_UNIQUE",
        "SQLITE_IOERR_CORRUPTFS",
        "SQLITE_IOERR_DATA",
        "SQLITE_READONLY_DBMOVED",
    ],
)
def test_what_is_damaged_or_our_own_mistake_does_not(name: str) -> None:
    assert not passes(refused(name))


def test_an_error_of_pythons_own_is_no_matter_of_time() -> None:
    assert not passes(sqlite3.ProgrammingError("Cannot operate on a closed database."))
