"""Where the words of a search stand in the messages it found.

FTS5's own `snippet()` reads every word of a letter twice, a long one in a third of a millisecond. Here likely places
are found by how the words begin, and FTS5 is only asked which of the words that stand there it takes for the same;
where no place was likely, it gets the whole letter.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from inboxcrm.store.views.wanted import Wanted

TOKENS, WIDTH, BEFORE = 14, 110, 30
"""How much a snippet shows: words of a whole letter; characters round a place, and how many of them before it."""

PLACES = 3
"""Likely places of one term that are looked at in one text."""

ENDING, SHORTEST = 3, 4
"""Letters at the end of a word that its other forms may not have, and how many it keeps at least."""

BEGINNING = 20_000
"""Characters of a letter in which places are looked for before the whole of it is."""

ELLIPSIS = " … "

TOKENIZER = 'tokenize="porter unicode61 remove_diacritics 2"'
"""How the full-text index tells words apart."""

_LOOKED_AT: Mapping[str | None, tuple[tuple[int, ...], ...]] = {
    None: ((0, 3), (1, 2)),
    "sender": ((1,),),
    "recipients": ((2,),),
}
"""The columns in which a term is looked for, and those after them if it stands in none of these."""

_WORD = re.compile(r"[^\W_]+")
_LATIN = (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))

_Texts = tuple[str, str, str, str]

_own = threading.local()


def snippets(
    connection: sqlite3.Connection, asked: Wanted, row_ids: Collection[int], *, marks: tuple[str, str]
) -> dict[int, str]:
    """By row, the words found with `marks` round them and some words about; a row that holds none is left out."""
    if not asked.terms or not row_ids:
        return {}
    texts = _texts(connection, row_ids, most=BEGINNING)
    likely = {row_id: _likely(asked, each) for row_id, each in texts.items()}
    right = _right(asked, sorted({run.text for runs in likely.values() for run in runs}))
    found: dict[int, str] = {}
    for row_id, runs in likely.items():
        sure = [run for run in runs if run.text in right[run.term]]
        if sure:
            found[row_id] = _shown(texts[row_id], sure, marks)
    rest = texts.keys() - found.keys()
    return found | _of_whole_letters(asked, _texts(connection, rest), marks) if rest else found


def _texts(connection: sqlite3.Connection, row_ids: Collection[int], *, most: int = 1 << 30) -> dict[int, _Texts]:
    """What is searched of these rows, the first `most` characters of each."""
    rows = connection.execute(
        """
        SELECT id, subject, sender, SUBSTR(recipients, 1, :most), SUBSTR(text, 1, :most)
        FROM search_source
        WHERE id IN (SELECT value FROM json_each(:ids))
        """,
        {"ids": json.dumps(list(row_ids)), "most": most},
    )
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}


class _Run(NamedTuple):
    """Words of a text that may be a term's, and where they stand."""

    term: int
    column: int
    start: int
    end: int
    text: str


def _likely(asked: Wanted, texts: _Texts) -> list[_Run]:
    """Where each term may stand: in the capitals people use, else in any and without accents, which takes longer.

    Terms of people come last: of two places alike in what they hold, the one with the words is shown.
    """
    runs: list[_Run] = []
    for number, term in sorted(enumerate(asked.terms), key=lambda each: each[1].column is not None):
        beginnings, pattern = _beginnings(term.text)
        found: list[_Run] = []
        for columns in _LOOKED_AT[term.column]:
            for column in columns:
                found += _runs(number, column, texts[column], beginnings, pattern)
            if found:
                break
        else:
            beginnings, pattern = _beginnings(_folded(term.text))
            for columns in _LOOKED_AT[term.column]:
                for column in columns:
                    found += _runs(number, column, _folded(texts[column]), beginnings, pattern)
        runs += found
    return runs


def _runs(number: int, column: int, text: str, beginnings: Iterable[str], pattern: re.Pattern[str]) -> list[_Run]:
    """Where words begin like a term's, one behind the other: the first few places."""
    found: list[_Run] = []
    for beginning in beginnings:
        at = text.find(beginning)
        while at >= 0 and len(found) < PLACES:
            if not text[at - 1 : at].isalnum() and (match := pattern.match(text, at)):
                found.append(_Run(number, column, at, match.end(), match[0]))
            at = text.find(beginning, at + 1)
        if found:
            break
    return found


@lru_cache(maxsize=64)
def _beginnings(words: str) -> tuple[tuple[str, ...], re.Pattern[str]]:
    """How the first word may begin, and all of them, whatever their capitals."""
    stems = [word[: max(SHORTEST, len(word) - ENDING)].lower() for word in _WORD.findall(words)]
    first = stems[:1]
    return (
        tuple(dict.fromkeys(form for stem in first for form in (stem, stem.capitalize(), stem.upper()))),
        re.compile(r"[\W_]+".join(re.escape(stem) + r"[^\W_]*" for stem in stems), re.IGNORECASE),
    )


def _right(asked: Wanted, written: Sequence[str]) -> list[set[str]]:
    """For each term, those of these words that are the term's."""
    memory = _table_in_memory()
    memory.execute("BEGIN")
    try:
        memory.executemany("INSERT INTO lines (rowid, text) VALUES (?, ?)", enumerate(written))
        return [
            {written[row] for (row,) in memory.execute("SELECT rowid FROM lines WHERE lines MATCH ?", (term.anywhere,))}
            for term in asked.terms
        ]
    finally:
        memory.execute("ROLLBACK")


def _table_in_memory() -> sqlite3.Connection:
    """This thread's own, empty: to make one takes longer than to ask it."""
    memory: sqlite3.Connection | None = getattr(_own, "memory", None)
    if memory is None:
        memory = _own.memory = sqlite3.connect(":memory:", isolation_level=None)
        memory.execute(f"CREATE VIRTUAL TABLE lines USING fts5(subject, sender, recipients, text, {TOKENIZER})")
    return memory


def _shown(texts: _Texts, runs: Sequence[_Run], marks: tuple[str, str]) -> str:
    """The piece of a text with the most terms in it; of several the first."""
    best = max(runs, key=lambda run: len({each.term for each in runs if _near(run, each)}))
    text = texts[best.column]
    start, end = _piece(text, best)
    shown = [ELLIPSIS] if start else []
    at = start
    for run in sorted((each for each in runs if each.column == best.column), key=lambda each: each.start):
        if at <= run.start and run.end <= end:
            shown += [text[at : run.start], marks[0], text[run.start : run.end], marks[1]]
            at = run.end
    return "".join([*shown, text[at:end], ELLIPSIS if end < len(text) else ""])


def _near(run: _Run, other: _Run) -> bool:
    return other.column == run.column and run.start <= other.start and other.end <= run.start + WIDTH - BEFORE


def _piece(text: str, run: _Run) -> tuple[int, int]:
    """What is shown round a place, from the beginning of a word to the end of one."""
    if len(text) <= WIDTH:
        return 0, len(text)
    start = 0 if run.start <= BEFORE else text.find(" ", run.start - BEFORE, run.start) + 1 or run.start
    end = max(run.end, start + WIDTH)
    return start, len(text) if end >= len(text) else max(run.end, text.rfind(" ", run.end, end))


def _of_whole_letters(asked: Wanted, texts: Mapping[int, _Texts], marks: tuple[str, str]) -> dict[int, str]:
    memory = _table_in_memory()
    any_term = " OR ".join(term.expression for term in asked.terms)
    rows = [(row_id, *each) for row_id, each in texts.items()]
    memory.execute("BEGIN")
    try:
        memory.executemany("INSERT INTO lines (rowid, subject, sender, recipients, text) VALUES (?, ?, ?, ?, ?)", rows)
        found = memory.execute(
            "SELECT rowid, snippet(lines, -1, ?, ?, ?, ?) FROM lines WHERE lines MATCH ?",
            (*marks, ELLIPSIS, TOKENS, any_term),
        )
        return dict(found.fetchall())
    finally:
        memory.execute("ROLLBACK")


def _folded(text: str) -> str:
    """In lower case and without the accents of Latin letters, place for place."""
    return text.lower() if text.isascii() else text.translate(_bases()).lower()


@lru_cache(maxsize=1)
def _bases() -> dict[int, str]:
    """Of each Latin letter the plain one; of all letters only the Turkish capital İ becomes two in lower case."""
    return {letter: unicodedata.normalize("NFD", chr(letter))[0] for letter in _LATIN}
