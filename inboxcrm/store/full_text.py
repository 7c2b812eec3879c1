"""Puts the parts of the full-text index together.

Whatever is entered at once is a part of its own, and a search looks into every part: after a first reading of 100,000
mails there are twenty, and a word is found in twice the time.
"""

from __future__ import annotations

import sqlite3

HEAPED_UP = 64
"""Parts of about one size that may wait for quiet; so many are merged at once, whoever waits."""


def leave_for_quiet(connection: sqlite3.Connection) -> None:
    """See that no mail's entry merges the whole of sixteen large parts, which takes seconds: from sixteen on it does a
    bounded piece of that work, until somebody merges in quiet.

    A first reading is a little quicker without this.
    """
    set_to = connection.execute("SELECT v FROM search_config WHERE k = 'crisismerge'").fetchone()
    if set_to is None or set_to[0] != HEAPED_UP:
        connection.execute("INSERT INTO search (search, rank) VALUES ('crisismerge', ?)", (HEAPED_UP,))


def merge(connection: sqlite3.Connection, pages: int) -> bool:
    """Merge four or more parts of about one size a little further, writing about so many pages (of 4 KB); whether
    there was anything to merge.

    What is written moves a count of ours by two or more, says FTS5 ("The 'merge' Command"); less is nothing.
    """
    before = connection.total_changes
    connection.execute("INSERT INTO search (search, rank) VALUES ('merge', ?)", (pages,))
    return connection.total_changes - before >= 2


def parts(connection: sqlite3.Connection) -> int:
    """How many parts the index has."""
    return int(connection.execute("SELECT COUNT(DISTINCT segid) FROM search_idx").fetchone()[0])
