"""How soon the newest 50 of 100,000 mails that hold some words are found, with the lines they stand in.

    python -m bench.search [-n 100000] [--library FILE] [--queries 60] [--check] [--parts]

The mails are made once (see `library`; minutes) and kept in FILE, their full-text index put together as the daemon does
when no mail comes; with `--parts`, if it was not yet, it is left as a first reading leaves it. Each query is asked
once, in a random order of kinds. `--check` compares every answer with all matches of the full text put in order one by
one.

Beside it stands what one plain statement takes on the same file for the same page: the matches joined to their
mails, the newest fifty with FTS5's own snippets. It is asked every other time before us and after us.
"""

from __future__ import annotations

import argparse
import random
import re
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from bench import corpus
from bench.library import SEED, library
from inboxcrm.store import full_text, views
from inboxcrm.store.views.searching import decided
from inboxcrm.store.views.wanted import wanted

MIXED = ("rare", "common", "two words", "phrase", "from and word", "days and word")
BEGINNINGS = ("a beginning", "word, beginning")


def queries(connection: sqlite3.Connection, count: int, each: int) -> list[tuple[str, str]]:
    """Kind and words of `each` queries of every kind."""
    world = corpus.World.build(count, SEED)
    english = world.words["en"][0]
    head = [word for word in dict.fromkeys(corpus.EN) if len(word) > 2]
    rng = random.Random("queries")
    texts = connection.execute(
        "SELECT text FROM letters WHERE message_id % ? = 1", (max(1, count // 2_000),)
    ).fetchall()
    asked: list[tuple[str, str]] = []
    for _ in range(each):
        common, pair = rng.choice(head), " ".join(rng.sample(head, 2))
        year, month = rng.randint(2020, 2025), rng.randint(1, 12)
        asked += [
            ("rare", rng.choice(english[4_000:])),
            ("common", common),
            ("two words", pair),
            ("phrase", f'"{_neighbours(rng.choice(texts)[0], rng)}"'),
            ("from and word", f"from:{rng.choice(corpus.FIRST)} {common}"),
            ("days and word", f"{common} since:{year}-{month:02} until:{year}-{min(12, month + 2):02}"),
            ("a beginning", rng.choice([word for word in english[:3_000] if len(word) > 4])[:4]),
            ("word, beginning", f"{common} {rng.choice(head)[:3]}"),
        ]
    rng.shuffle(asked)
    return asked


def _neighbours(text: str, rng: random.Random) -> str:
    """Two or three words of a letter as they stand there."""
    words = re.findall(r"[^\W_]+", text)
    start = rng.randrange(max(1, len(words) - 3))
    return " ".join(words[start : start + rng.choice((2, 3))])


def in_order(connection: sqlite3.Connection, words: str, limit: int) -> list[int]:
    """The rows that a search must find, by looking at every match."""
    asked = wanted(words)
    assert asked is not None
    matches = connection.execute(
        "SELECT rowid FROM search WHERE search MATCH ?", (decided(connection, asked).expression,)
    )
    found = [
        (row["received_at"], row["id"])
        for (row_id,) in matches.fetchall()
        for row in connection.execute("SELECT received_at, id FROM messages WHERE id = ?", (row_id,))
        if (asked.since or "") <= row["received_at"] < (asked.until or "9999")
    ]
    return [row_id for _, row_id in sorted(found, reverse=True)[:limit]]


PLAIN = """
SELECT messages.*, SNIPPET(search, -1, '[', ']', ' … ', 14) AS snippet
FROM search
JOIN messages ON messages.id = search.rowid
WHERE search MATCH ? AND received_at >= ? AND received_at < ?
ORDER BY received_at DESC, messages.id DESC
LIMIT 50
"""


def plainly(connection: sqlite3.Connection, words: str) -> float:
    """Seconds in which one statement answers; what the words mean is known to it."""
    asked = wanted(words)
    assert asked is not None
    asked = decided(connection, asked)
    began = time.perf_counter()
    connection.execute(PLAIN, (asked.expression, asked.since or "", asked.until or "9999")).fetchall()
    return time.perf_counter() - began


def ours(connection: sqlite3.Connection, words: str, *, check: bool) -> float:
    """Seconds in which we answer."""
    began = time.perf_counter()
    hits = views.search(connection, words)
    took = time.perf_counter() - began
    if check and [hit.message.id for hit in hits] != in_order(connection, words, views.PAGE):
        raise SystemExit(f"{words!r} found other mails than there are")
    return took


def line(name: str, seconds: list[float]) -> str:
    """A line of the table; milliseconds."""
    ordered = sorted(each * 1000 for each in seconds)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"  {name:<15} {len(ordered):5} {statistics.median(ordered):9.1f} {p95:9.1f} {ordered[-1]:9.1f}"


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("-n", type=int, default=100_000)
    options.add_argument("--library", type=Path)
    options.add_argument("--queries", type=int, default=60, help="of each kind")
    options.add_argument("--check", action="store_true")
    options.add_argument("--parts", action="store_true")
    chosen = options.parse_args()
    started = time.monotonic()
    database = library(chosen.library or Path(tempfile.gettempdir()) / f"inboxcrm-library-{chosen.n}.db", chosen.n)
    with database.statement() as connection:
        while not chosen.parts and full_text.merge(connection, 1_000):
            pass
    with database.read() as connection:
        mails, parts, waited = views.count_messages(connection), full_text.parts(connection), time.monotonic() - started
        print(f"search, newest 50 of {mails} mails, {parts} parts of the index (ready in {waited:.0f} s)")
        took: dict[str, list[float]] = {}
        plain: dict[str, list[float]] = {}
        for number, (kind, words) in enumerate(queries(connection, chosen.n, chosen.queries)):
            if number % 2:
                plain.setdefault(kind, []).append(plainly(connection, words))
            took.setdefault(kind, []).append(ours(connection, words, check=chosen.check))
            if not number % 2:
                plain.setdefault(kind, []).append(plainly(connection, words))
    database.close()
    print(f"  {'':<15} {'asked':>5} {'p50, ms':>9} {'p95, ms':>9} {'most, ms':>9}   plain FTS5: p50, p95")
    for kind in (*MIXED, *BEGINNINGS):
        print(line(kind, took[kind]) + beside(plain[kind]))
    mixed, plain_mixed = ([each for kind in MIXED for each in by_kind[kind]] for by_kind in (took, plain))
    print(line("mixed", mixed) + beside(plain_mixed))
    print(f"  of the time that plain FTS5 takes: {sum(mixed) / sum(plain_mixed):.2f}")


def beside(seconds: list[float]) -> str:
    """The end of a line of the table; milliseconds."""
    ordered = sorted(each * 1000 for each in seconds)
    return f" {statistics.median(ordered):11.1f} {ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]:9.1f}"


if __name__ == "__main__":
    main()
