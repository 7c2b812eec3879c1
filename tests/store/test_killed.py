"""kill -9 in the midst of bringing a database up to date, and of entering mail into the index."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from inboxcrm.store import messages
from inboxcrm.store.database import Database
from tests.store.parts import file_in_parts

pytestmark = pytest.mark.slow

MIGRATION = """
import os, signal, sqlite3, sys
from pathlib import Path
from inboxcrm.store import database

left = int(sys.argv[2])
connect = sqlite3.connect

class Mortal(sqlite3.Connection):
    def set_progress_handler(self, *of_the_program):
        super().set_progress_handler(lambda: os.kill(os.getpid(), signal.SIGKILL), left)

def mortal(*place, **settings):
    connection = connect(*place, factory=Mortal, **settings)
    connection.set_progress_handler()
    return connection

database.sqlite3.connect = mortal
database.Database(Path(sys.argv[1])).close()
"""
INDEX = """
import os, signal, sys
from pathlib import Path
from inboxcrm.store.database import Database
from inboxcrm.store import messages

opened = Database(Path(sys.argv[1]))
opened._connection.set_progress_handler(lambda: os.kill(os.getpid(), signal.SIGKILL), int(sys.argv[2]))
with opened.write() as connection:
    connection.execute("INSERT INTO search (search) VALUES ('rebuild')")
    connection.execute("INSERT INTO search (search) VALUES ('optimize')")
"""
MERGING = """
import os, signal, sys
from pathlib import Path
from inboxcrm.store.database import Database
from inboxcrm.store import full_text

opened = Database(Path(sys.argv[1]))
opened._connection.set_progress_handler(lambda: os.kill(os.getpid(), signal.SIGKILL), int(sys.argv[2]))
with opened.statement() as connection:
    while full_text.merge(connection, 4):
        pass
"""
FILING = """
import os, signal, sys
from pathlib import Path
from inboxcrm.store.database import Database

opened = Database(Path(sys.argv[1]))
opened._connection.set_progress_handler(lambda: os.kill(os.getpid(), signal.SIGKILL), int(sys.argv[2]))
with opened.write() as connection:
    connection.execute("UPDATE letters SET raw = randomblob(40000)")
"""


def killed(program: str, path: Path, steps: int) -> int:
    """Run it until SQLite has taken so many steps; its exit status."""
    done = subprocess.run([sys.executable, "-c", program, str(path), str(steps)], check=False, capture_output=True)
    return done.returncode


def is_sound(path: Path) -> bool:
    """Whether the file can be opened by the program, and is sound with its index."""
    Database(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")
        tables = connection.execute("SELECT COUNT(*) FROM sqlite_master WHERE type = 'table'").fetchone()[0]
        return bool(connection.execute("PRAGMA integrity_check").fetchone() == ("ok",) and tables > 30)


@pytest.mark.parametrize(
    ("program", "steps"),
    [
        pytest.param(MIGRATION, 500, id="at the first steps of a migration"),
        pytest.param(MIGRATION, 3_000, id="in the midst of the migrations"),
        pytest.param(INDEX, 2_000, id="in the midst of the index"),
        pytest.param(MERGING, 50, id="in the midst of merging its parts"),
    ],
)
def test_a_process_killed_in_the_midst_of_its_work_leaves_a_sound_database(
    tmp_path: Path, program: str, steps: int
) -> None:
    path = tmp_path / "inboxcrm.db"
    if program is INDEX:
        with closing(Database(path)) as database, database.write() as connection:
            connection.executemany(
                "INSERT INTO messages (fingerprint, origin, direction, class, received_at, sender, recipients, subject,"
                " preview, size) VALUES (?, 'live', 'in', 'human', '2026-03-02T09:00:00Z', '', '', 'words', '', 1)",
                [(bytes([number]),) for number in range(200)],
            )
            connection.execute("INSERT INTO letters (message_id, raw, text) SELECT id, x'', 'more words' FROM messages")
            messages.index(connection)
    if program is MERGING:
        with closing(Database(path)) as database:
            file_in_parts(database, 12)

    assert killed(program, path, steps) == -9

    assert is_sound(path)


def test_a_transaction_larger_than_the_memory_for_it_has_not_begun_when_its_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "inboxcrm.db"
    with closing(Database(path)) as database:
        file_in_parts(database, 1, each=1200)

    assert killed(FILING, path, 9_000) == -9

    assert is_sound(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT MAX(LENGTH(raw)) FROM letters").fetchone()[0] < 40_000
