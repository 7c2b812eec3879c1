"""What SQL can read of a home through Datasette, whoever wrote it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from datasette.app import Datasette

from inboxcrm.store.database import Database
from inboxcrm.store.home import secret
from inboxcrm.store.reader import Reader, open_read_only
from inboxcrm.store.vault import SHOWN, lock
from tests.web import home
from tests.web.conftest import Window


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    home.build(tmp_path / "inboxcrm.db")
    connection = open_read_only(tmp_path / "inboxcrm.db")
    lock(connection, shown=True)
    yield connection
    connection.close()


@pytest.mark.parametrize("view", SHOWN)
def test_the_shown_views_can_be_read_and_counted(locked: sqlite3.Connection, view: str) -> None:
    rows = locked.execute(f"SELECT * FROM {view}").fetchall()

    assert locked.execute(f"SELECT COUNT(*) FROM {view}").fetchone()[0] == len(rows)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM home",
        "SELECT COUNT(*) FROM home",
        "SELECT 1 FROM home",
        "SELECT (SELECT value FROM home) FROM owed",
        "WITH owed AS (SELECT value FROM home) SELECT * FROM owed",
        "WITH message_list(value) AS (SELECT value FROM home) SELECT value FROM message_list",
        "SELECT value FROM main.home AS owed",
        "SELECT * FROM message_list WHERE EXISTS (SELECT 1 FROM home WHERE value LIKE 'a%')",
        "SELECT raw FROM letters",
        "SELECT text FROM letters",
        "SELECT COUNT(*) FROM letters",
        "SELECT raw FROM outbox",
        "SELECT dedupe_key FROM outbox",
        "SELECT * FROM answered",
        "SELECT * FROM search_source",
        "SELECT * FROM search",
        "SELECT rowid FROM search WHERE search MATCH 'offer'",
        "SELECT * FROM search_data",
        "SELECT * FROM events",
        "SELECT fingerprint FROM messages",
        "SELECT * FROM sqlite_stat1",
        "ATTACH DATABASE '/tmp/other.db' AS other",
        "VACUUM INTO '/tmp/other.db'",
        "CREATE TEMP VIEW owed AS SELECT * FROM home",
        "PRAGMA writable_schema = ON",
        "PRAGMA query_only = OFF",
        "UPDATE contacts SET name = 'x'",
        "SELECT load_extension('x')",
    ],
)
def test_everything_else_is_out_of_reach(locked: sqlite3.Connection, sql: str) -> None:
    with pytest.raises(sqlite3.Error):
        locked.execute(sql).fetchall()


async def test_the_secret_and_the_raw_mail_are_out_of_reach_even_with_sql_allowed(window: Window) -> None:
    book = Database(window.path)
    with book.write() as connection:
        key = secret(connection).hex()
    book.close()

    database = window.site.get_database("inboxcrm")
    for sql in ("SELECT value FROM home", "SELECT raw FROM letters", "SELECT value FROM home WHERE key = 'secret'"):
        with pytest.raises(sqlite3.DatabaseError, match="prohibited"):
            await database.execute(sql, log_sql_errors=False)
    for path in (*window.own_pages().values(), "/inboxcrm/message_list.json?_size=max", "/inboxcrm/owed.json"):
        assert key not in (await window.get(path)).text


@pytest.mark.parametrize("where", ["_where=1=(select+1+from+home)", "_where=id+in+(select+message_id+from+letters)"])
async def test_a_filter_in_sql_is_refused(window: Window, where: str) -> None:
    assert (await window.get(f"/inboxcrm/message_list.json?{where}")).status_code == 403


async def test_datasette_on_a_home_without_inboxcrm_web_shows_nothing(tmp_path: Path) -> None:
    home.build(tmp_path / "inboxcrm.db")
    site = Datasette(files=[str(tmp_path / "inboxcrm.db")])

    for path in ("/inboxcrm", "/inboxcrm/home.json", "/inboxcrm/message_list.json", "/inboxcrm.json?sql=select+1"):
        answer = await site.client.get(path)
        assert answer.status_code >= 400
        assert "bob@example.com" not in answer.text
    assert (await site.client.get("/-/inboxcrm/contacts")).status_code == 404


async def test_datasette_on_other_databases_is_as_it_was(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "other.db")
    other.execute("CREATE TABLE home (key TEXT, value TEXT)")
    other.execute("INSERT INTO home VALUES ('a', 'b')")
    other.commit()
    other.close()
    site = Datasette(files=[str(tmp_path / "other.db")])

    assert (await site.client.get("/other/home.json?_shape=array")).json() == [{"rowid": 1, "key": "a", "value": "b"}]
    assert (await site.client.get("/other.json?sql=select+1+as+x&_shape=array")).json() == [{"x": 1}]
    answer = await site.client.get("/")
    assert answer.status_code == 200
    assert "content-security-policy" not in answer.headers


async def test_the_reader_cannot_write_and_does_not_wait_for_ever(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inboxcrm.store.reader.LONGEST_QUESTION", 0.2)
    reader = Reader(window.path)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT COUNT(*) FROM n"
    try:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await reader.read(lambda connection: connection.execute("UPDATE contacts SET name = 'x'"))
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            await reader.read(lambda connection: connection.execute(endless).fetchone())
        assert await reader.read(lambda connection: connection.execute("SELECT 1").fetchone()[0]) == 1
    finally:
        reader.close()
