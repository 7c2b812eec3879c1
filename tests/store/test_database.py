"""The one file: who may write, what is refused, and which rules the database itself keeps."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from inboxcrm.errors import SchemaTooNewError, TransientError, UserError
from inboxcrm.store import database, migrations
from inboxcrm.store.database import Database
from tests.limits import files_end_at

VIEWS = "SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "inboxcrm.db"


@pytest.fixture
def opened(path: Path) -> Iterator[Database]:
    found = Database(path)
    yield found
    found.close()


def other(path: Path) -> sqlite3.Connection:
    """Another program that has the file open."""
    return sqlite3.connect(path, isolation_level=None, timeout=0.05)


# -- writing


COLOUR = "INSERT INTO home (key, value) VALUES ('colour', 'blue')"


def colours(opened: Database) -> list[tuple[str]]:
    with opened.read() as connection:
        return [tuple(row) for row in connection.execute("SELECT value FROM home WHERE key = 'colour'")]


def fails_after_writing(opened: Database) -> None:
    with opened.write() as connection:
        connection.execute(COLOUR)
        raise ZeroDivisionError


def fails_after_a_nested_write(opened: Database) -> None:
    with opened.write():
        with opened.write() as connection:
            connection.execute(COLOUR)
        raise ZeroDivisionError


@pytest.mark.parametrize("fails", [fails_after_writing, fails_after_a_nested_write])
def test_a_transaction_that_fails_leaves_nothing(opened: Database, fails: Callable[[Database], None]) -> None:
    with pytest.raises(ZeroDivisionError):
        fails(opened)

    assert colours(opened) == []


def fill(opened: Database) -> None:
    """Leave no room for more."""
    with opened.read() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")


def make_room(opened: Database) -> None:
    with opened.read() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")


def writes_much(opened: Database) -> None:
    with opened.write() as connection:
        connection.execute(COLOUR)
        connection.execute("INSERT INTO home (key, value) VALUES ('much', ?)", ("x" * 1_000_000,))


def test_a_full_disk_is_a_matter_of_time_and_leaves_nothing(opened: Database) -> None:
    fill(opened)
    with pytest.raises(TransientError, match=r"cannot be written: .* make room on that disk"):
        writes_much(opened)
    assert colours(opened) == []
    assert opened.hindered is not None

    make_room(opened)
    writes_much(opened)
    assert colours(opened) == [("blue",)]
    assert opened.hindered is None


def test_a_disk_that_takes_no_writing_is_a_matter_of_time_and_leaves_nothing(opened: Database) -> None:
    with files_end_at(4096), pytest.raises(TransientError, match=r"SQLITE_IOERR_WRITE.*: the disk fails"):
        writes_much(opened)
    assert colours(opened) == []

    writes_much(opened)
    assert colours(opened) == [("blue",)]


def test_a_disk_that_is_read_only_by_now_is_told_as_that(opened: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))

    with files_end_at(4096), pytest.raises(TransientError, match=r"read only.*inboxcrm backup FOLDER"):
        writes_much(opened)


def test_a_disk_that_gives_nothing_is_a_matter_of_time(opened: Database) -> None:
    def question(connection: sqlite3.Connection) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
        raise error

    with pytest.raises(TransientError, match="cannot be read: disk I/O error: the disk fails"):
        opened.reading(question)


def test_a_question_that_is_wrong_is_no_matter_of_time(opened: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        opened.reading(lambda connection: connection.execute("SELECT 1 FROM nowhere"))


def test_a_commit_that_fails_leaves_no_transaction_open(path: Path) -> None:
    """Else every later write would join it, and be durable never."""
    with closing(Database(path)) as opened:
        with opened.read() as connection:
            connection.execute("CREATE TABLE child (id INTEGER REFERENCES matters DEFERRABLE INITIALLY DEFERRED)")

        with pytest.raises(sqlite3.IntegrityError), opened.write() as connection:
            connection.execute("INSERT INTO child VALUES (99)")
        with opened.write() as connection:
            connection.execute(COLOUR)

    with closing(other(path)) as elsewhere:
        assert elsewhere.execute("SELECT value FROM home WHERE key = 'colour'").fetchall() == [("blue",)]
        assert elsewhere.execute("SELECT COUNT(*) FROM child").fetchone() == (0,)


def test_a_read_then_write_waits_for_another_writer_instead_of_failing(opened: Database, path: Path) -> None:
    """A deferred transaction would fail at once with SQLITE_BUSY_SNAPSHOT (see Database)."""
    with closing(other(path)) as elsewhere, opened.write() as connection:
        connection.execute("SELECT COUNT(*) FROM home").fetchone()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            elsewhere.execute("INSERT INTO home (key, value) VALUES ('theirs', '1')")
        connection.execute("INSERT INTO home (key, value) VALUES ('ours', '1')")

    assert opened.reading(lambda c: c.execute("SELECT value FROM home WHERE key = 'ours'").fetchone()[0]) == "1"


def test_a_file_that_another_process_holds_is_a_matter_of_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 20)
    with closing(Database(path)) as opened, closing(other(path)) as elsewhere:
        elsewhere.execute("BEGIN IMMEDIATE")

        with pytest.raises(TransientError, match="another process holds it"), opened.write():
            pass

        elsewhere.execute("ROLLBACK")
        with opened.write():
            pass


def test_a_statement_by_itself_is_a_transaction_of_its_own_and_within_one_a_part_of_it(path: Path) -> None:
    def keep(opened: Database, key: str) -> None:
        with opened.statement() as connection:
            connection.execute("INSERT INTO home (key, value) VALUES (?, '1')", (key,))

    def kept(elsewhere: sqlite3.Connection) -> list[str]:
        return [key for (key,) in elsewhere.execute("SELECT key FROM home WHERE key LIKE 'ours%' ORDER BY key")]

    with closing(Database(path)) as opened, closing(other(path)) as elsewhere:
        keep(opened, "ours 1")
        assert kept(elsewhere) == ["ours 1"]

        with opened.write():
            keep(opened, "ours 2")
            assert kept(elsewhere) == ["ours 1"]
        assert kept(elsewhere) == ["ours 1", "ours 2"]


def test_a_statement_waits_like_a_transaction_for_who_holds_the_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 20)
    with closing(Database(path)) as opened, closing(other(path)) as elsewhere:
        elsewhere.execute("BEGIN IMMEDIATE")

        with pytest.raises(TransientError, match="cannot be written"), opened.statement() as connection:
            connection.execute("INSERT INTO home (key, value) VALUES ('ours', '1')")


def test_the_version_changes_when_another_process_writes(opened: Database, path: Path) -> None:
    before = opened.version()
    with opened.write() as connection:
        connection.execute("INSERT INTO home (key, value) VALUES ('ours', '1')")
    assert opened.version() == before

    with closing(other(path)) as elsewhere:
        elsewhere.execute("INSERT INTO home (key, value) VALUES ('theirs', '1')")

    assert opened.version() != before


def test_nobody_else_may_read_the_file(opened: Database, path: Path) -> None:
    assert path.stat().st_mode & 0o077 == 0


# -- opening


def test_a_file_that_another_process_holds_is_not_taken_for_a_damaged_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Database(path).close()
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 20)
    with closing(other(path)) as elsewhere:
        elsewhere.execute("PRAGMA locking_mode = EXCLUSIVE")
        elsewhere.execute("BEGIN IMMEDIATE")

        with pytest.raises(TransientError, match="another process holds it"):
            Database(path)


def test_a_file_is_not_taken_for_a_damaged_one_where_the_disk_is_full(path: Path) -> None:
    with files_end_at(4096), pytest.raises(TransientError, match="cannot be written"):
        Database(path)


def test_a_damaged_file_is_refused_and_left_alone(path: Path) -> None:
    path.write_bytes(b"this is no database" * 100)

    with pytest.raises(UserError, match="not a sound inboxcrm database"):
        Database(path)

    assert path.read_bytes() == b"this is no database" * 100


def test_a_home_of_a_newer_program_is_refused_and_left_alone(path: Path) -> None:
    Database(path).close()
    with closing(other(path)) as elsewhere:
        table = elsewhere.execute("SELECT name FROM sqlite_master WHERE name LIKE '%migrations%'").fetchone()[0]
        elsewhere.execute(
            f"INSERT INTO {table} (migration_set, name, applied_at) VALUES ('inboxcrm', 'm999_of_tomorrow', 'now')"
        )
    before = schema(path)

    with pytest.raises(SchemaTooNewError, match="newer inboxcrm"):
        Database(path)

    assert schema(path) == before


def schema(path: Path) -> list[tuple[str, str]]:
    with closing(other(path)) as elsewhere:
        return elsewhere.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()


def test_every_step_of_the_schema_has_a_number_of_its_own() -> None:
    """They are taken in the order of their names: of two with one number nobody chose which comes first."""
    numbers = [name.partition("_")[0] for name in migrations.STEPS]

    assert len(set(numbers)) == len(numbers)


def test_views_are_rebuilt_when_their_text_changed(path: Path) -> None:
    Database(path).close()
    with closing(other(path)) as elsewhere:
        expected = elsewhere.execute(VIEWS).fetchall()
        elsewhere.execute("DROP VIEW owed")
        elsewhere.execute("CREATE VIEW of_yesterday AS SELECT 1")
        elsewhere.execute("UPDATE home SET value = 'another text' WHERE key = 'views'")

    Database(path).close()

    with closing(other(path)) as elsewhere:
        assert elsewhere.execute(VIEWS).fetchall() == expected


def test_views_survive_a_migration_that_does_not_change_them(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Database(path).close()
    with closing(other(path)) as elsewhere:
        expected = elsewhere.execute(VIEWS).fetchall()
    tomorrows = {"m900_of_tomorrow": lambda: "CREATE TABLE of_tomorrow (id INTEGER PRIMARY KEY);"}
    monkeypatch.setattr(migrations, "STEPS", {**migrations.STEPS, **tomorrows})

    Database(path).close()

    with closing(other(path)) as elsewhere:
        assert elsewhere.execute("SELECT COUNT(*) FROM of_tomorrow").fetchone() == (0,)
        assert elsewhere.execute(VIEWS).fetchall() == expected


# -- rules that are constraints too


@pytest.fixture
def ledger(opened: Database) -> Database:
    """A matter with one kept and one open promise."""
    with opened.write() as connection:
        for statement in LEDGER.split(";"):
            connection.execute(statement)
    return opened


LEDGER = """
INSERT INTO matters (id, subject, subject_key, turn, opened_at, last_at) VALUES (1, '', '', 'mine', '', '');
INSERT INTO messages (id, fingerprint, origin, direction, class, received_at, sender, recipients, subject, preview,
                      size)
VALUES (1, x'01', 'live', 'in', 'human', '', '', '', '', '', 1);
INSERT INTO promises (id, matter_id, message_id, state, received_at, counted_from, target_minutes, walk)
VALUES (1, 1, 1, 'kept', '', '', 1, '[]'), (2, 1, 1, 'open', '', '', 1, '[]');
INSERT INTO promise_events (promise_id, at, event, to_state) VALUES (1, '', 'made', 'open');
"""


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        pytest.param("UPDATE promise_events SET event = 'forged'", "append-only", id="an event is not edited"),
        pytest.param("DELETE FROM promise_events", "append-only", id="an event is not removed"),
        pytest.param("UPDATE promises SET state = 'open' WHERE id = 1", "cannot move", id="an end is final"),
        pytest.param("UPDATE promises SET state = 'moot' WHERE id = 1", "cannot move", id="an end is not another end"),
        pytest.param(
            "INSERT INTO promises (matter_id, message_id, state, received_at, counted_from, target_minutes, walk)"
            " VALUES (1, 1, 'broken', '', '', 1, '[]')",
            "UNIQUE",
            id="a matter has one live promise",
        ),
        pytest.param("UPDATE promises SET state = 'forgotten' WHERE id = 2", "CHECK", id="there is no such state"),
        pytest.param("UPDATE promises SET message_id = 99 WHERE id = 2", "FOREIGN KEY", id="a promise has its mail"),
        pytest.param("UPDATE matters SET turn = 'somebody'", "CHECK", id="a turn is mine, theirs or nobody's"),
    ],
)
def test_the_database_itself_refuses(ledger: Database, statement: str, why: str) -> None:
    with pytest.raises(sqlite3.IntegrityError, match=why), ledger.write() as connection:
        connection.execute(statement)


def test_what_the_log_holds_is_folded_into_the_file(opened: Database, path: Path) -> None:
    with opened.write() as connection:
        connection.execute("INSERT INTO home (key, value) VALUES ('note', 'kept')")

    opened.fold()

    alone = path.with_name("alone.db")
    alone.write_bytes(path.read_bytes())
    with closing(sqlite3.connect(alone)) as copy:
        assert copy.execute("SELECT value FROM home WHERE key = 'note'").fetchall() == [("kept",)]
