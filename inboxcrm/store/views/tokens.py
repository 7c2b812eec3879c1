"""What the full-text index makes of words: it is asked in memory, in a table that is made as the index is."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

TOKENIZER = 'tokenize="porter unicode61 remove_diacritics 2"'
"""How the full-text index tells words apart."""

_own = threading.local()


@contextmanager
def in_memory() -> Iterator[sqlite3.Connection]:
    """The table `lines`, empty and with the columns of the index; what is entered is gone afterwards."""
    memory = _connection()
    memory.execute("BEGIN")
    try:
        yield memory
    finally:
        memory.execute("ROLLBACK")


def tokens(written: Sequence[str]) -> list[list[str]]:
    """For each text the words in it as the index keeps them, in their order."""
    found: list[list[tuple[int, str]]] = [[] for _ in written]
    with in_memory() as memory:
        memory.executemany("INSERT INTO lines (rowid, text) VALUES (?, ?)", enumerate(written))
        for row, place, token in memory.execute('SELECT doc, "offset", term FROM tokens'):
            found[row].append((place, token))
    return [[token for _, token in sorted(each)] for each in found]


def _connection() -> sqlite3.Connection:
    """This thread's own: to make one takes longer than to ask it."""
    memory: sqlite3.Connection | None = getattr(_own, "memory", None)
    if memory is None:
        memory = _own.memory = sqlite3.connect(":memory:", isolation_level=None)
        memory.execute(f"CREATE VIRTUAL TABLE lines USING fts5(subject, sender, recipients, text, {TOKENIZER})")
        memory.execute("CREATE VIRTUAL TABLE tokens USING fts5vocab(lines, instance)")
    return memory
