"""Which messages hold these words."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from inboxcrm.store.views.messages import MessageRow, message
from inboxcrm.store.views.rows import PAGE


@dataclass(frozen=True, slots=True)
class Hit:
    """A search result: the message, and where the words were found between the marks asked for."""

    message: MessageRow
    snippet: str


CANDIDATES = 5_000
"""How many of the newest matches a search orders by time: a common word would match everything."""


def search(
    connection: sqlite3.Connection,
    words: str,
    *,
    limit: int = PAGE,
    offset: int = 0,
    marks: tuple[str, str] = ("[", "]"),
) -> list[Hit]:
    """The newest messages that hold all of these words (the last one may be a beginning).

    The words are data: each is quoted, so no FTS5 operator in them means anything. `marks` stand around what was found.
    The snippets come from one pass over the rows of the page: a lookup for each row reads all matches of a prefix anew.
    """
    query = match_expression(words)
    if not query:
        return []
    rows = connection.execute(
        """
        WITH hits AS (
          SELECT rowid FROM search WHERE search MATCH :query ORDER BY rowid DESC LIMIT :candidates
        ),
        page AS (
          SELECT messages.id AS id, messages.received_at AS at
          FROM hits
          JOIN messages ON messages.id = hits.rowid
          ORDER BY at DESC, id DESC
          LIMIT :limit OFFSET :offset
        )
        SELECT search.rowid AS id, snippet(search, -1, :before, :behind, ' … ', 14) AS snippet
        FROM search
        WHERE search MATCH :query
          AND search.rowid BETWEEN (SELECT MIN(id) FROM page) AND (SELECT MAX(id) FROM page)
          AND +search.rowid IN (SELECT id FROM page)
        """,
        {
            "query": query,
            "candidates": CANDIDATES,
            "limit": limit,
            "offset": offset,
            "before": marks[0],
            "behind": marks[1],
        },
    ).fetchall()
    hits = [Hit(found, row["snippet"]) for row in rows if (found := message(connection, row["id"])) is not None]
    return sorted(hits, key=lambda hit: (hit.message.received_at, hit.message.id), reverse=True)


MAX_SEARCH_TERMS = 32


def match_expression(words: str) -> str:
    """Free words as an FTS5 expression: every term quoted, all required, the last one as a prefix."""
    terms = [term.replace('"', '""') for term in words.replace("\0", " ").split()][:MAX_SEARCH_TERMS]
    if not terms:
        return ""
    quoted = [f'"{term}"' for term in terms]
    return " ".join(quoted) + ("*" if terms[-1][-1:].isalnum() else "")
