"""What may a stranger's SQL read of a home's file? The columns that the shown views read, and nothing else.

SQLite asks the authorizer for every column that a statement would read, whoever wrote the statement: Datasette's own
pages, a facet, a filter, or SQL from an address line. The home's secret, the raw mail and the keys of what was answered
are therefore out of reach on such a connection, not merely without a link. That a column is read on behalf of a view is
no argument: SQLite gives the name of a common table expression in the same place, and anybody can call one `owed`.
"""

from __future__ import annotations

import sqlite3

SHOWN = {
    "message_list": "Every mail: who, what, when, and what was decided.",
    "owed": "Answers that are owed, with what the sender was told.",
    "promise_list": "The ledger of promises, live and ended.",
    "promise_record": "What became of each promise, with the time that was told first.",
    "follow_up_list": "Whose word is waited for, and until when.",
    "question_list": "What is asked of the owner.",
    "matter_list": "Conversations, and whose turn it is.",
    "contact_list": "People, their organisations and addresses.",
    "outbox_list": "Outgoing automatic mail with its text.",
    "commitment_list": "What was said on either side, and what became of it.",
    "fact_list": "What contacts volunteered, with the lines it was read in.",
    "occasion_list": "Days that return every year, and when they were last greeted.",
    "rhythm_list": "How often contacts give word, and who has gone quiet.",
    "touch_list": "What was given and what was taken.",
    "interaction_list": "Calls, meetings, letters and posts outside mail.",
    "mailbox_list": "How each mailbox fares.",
}
"""The views that are shown, and what each holds."""

_SCHEMA = frozenset(  # `search_config` is what FTS5 reads when Datasette asks for the columns of a full-text table
    (
        "sqlite_master",
        "sqlite_schema",
        "sqlite_temp_master",
        "sqlite_temp_schema",
        "json_each",
        "search_config",
        "listing_search_config",
    )
)
_STEPS = frozenset((sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE, sqlite3.SQLITE_TRANSACTION))
_PRAGMAS = frozenset(
    ("data_version", "database_list", "foreign_key_list", "index_info", "index_list", "index_xinfo", "schema_version",
     "table_info", "table_list", "table_xinfo")
)  # fmt: skip


def lock(connection: sqlite3.Connection, *, shown: bool) -> None:
    """From now on this connection reads the shown views (not even those unless `shown`) and the schema: no more."""
    readable = _columns_of_the_views(connection) if shown else frozenset()

    def authorize(
        action: int, first: str | None, second: str | None, _database: str | None, _within: str | None
    ) -> int:
        if action == sqlite3.SQLITE_READ:
            allowed = (first in SHOWN and shown) or first in _SCHEMA or (first, second) in readable
        elif action == sqlite3.SQLITE_FUNCTION:
            allowed = second != "load_extension"
        elif action == sqlite3.SQLITE_UPDATE:
            allowed = (
                first == "sqlite_master"
            )  # how SQLite asks when a virtual table declares itself; the file is read-only
        else:
            allowed = action in _STEPS or (action == sqlite3.SQLITE_PRAGMA and first in _PRAGMAS)
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    connection.set_authorizer(authorize)


def _columns_of_the_views(connection: sqlite3.Connection) -> frozenset[tuple[str | None, str | None]]:
    """Every column that SQLite reads for `SELECT *` and for `COUNT(*)` of the shown views."""
    read: set[tuple[str | None, str | None]] = set()

    def note(action: int, first: str | None, second: str | None, _database: str | None, _within: str | None) -> int:
        if action == sqlite3.SQLITE_READ:
            read.add((first, second))
        return sqlite3.SQLITE_OK

    connection.set_authorizer(note)
    for view in SHOWN:
        connection.execute(f"EXPLAIN SELECT * FROM {view}").fetchall()  # noqa: S608 - our own names
        connection.execute(f"EXPLAIN SELECT COUNT(*) FROM {view}").fetchall()  # noqa: S608 - our own names
    return frozenset(read)
