"""Where the words of a search stand in the messages it found.

FTS5's own `snippet()` reads every word of a letter twice, a long one in a third of a millisecond. Here likely places
are found by how the words begin, and FTS5 is only asked which of the words that stand there it takes for the same;
where no place was likely, it gets the whole letter.
"""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from inboxcrm.store.views.messages import MessageRow
from inboxcrm.store.views.tokens import in_memory, tokens
from inboxcrm.store.views.wanted import Wanted

TOKENS, WIDTH, BEFORE = 14, 110, 30
"""How much a snippet shows: words of a whole letter; characters round a place, and how many of them before it."""

PLACES = 3
"""Likely places of one term that are looked at in one text."""

ENDING, SHORTEST = 3, 4
"""Letters at the end of a word that its other forms may not have, and how many it keeps at least."""

APART = 12
"""Characters that a word before the longest of a phrase may be longer than its beginning, with what follows it."""

BEGINNING = 20_000
"""Characters of a letter in which places are looked for before the whole of it is."""

ELLIPSIS = " … "

_LOOKED_AT: Mapping[str | None, tuple[tuple[int, ...], ...]] = {
    None: ((0, 3), (1, 2)),
    "sender": ((1,),),
    "recipients": ((2,),),
}
"""The columns in which a term is looked for, and those after them if it stands in none of these."""

_WORD = re.compile(r"[^\W_]+")
_LATIN = (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))

_BETWEEN, _REST, _NO_MORE = r"[\W_]+", r"[^\W_]*", r"(?![^\W_])"

_Texts = tuple[str, str, str, str]


def snippets(
    connection: sqlite3.Connection, asked: Wanted, rows: Collection[MessageRow], *, marks: tuple[str, str]
) -> dict[int, str]:
    """By row, the words found with `marks` round them and some words about; a row that holds none is left out."""
    if not asked.terms or not rows:
        return {}
    texts = _texts(connection, rows, most=BEGINNING)
    likely = {row_id: _likely(asked, each) for row_id, each in texts.items()}
    right = _right(asked, sorted({run.text for runs in likely.values() for run in runs}))
    found: dict[int, str] = {}
    for row_id, runs in likely.items():
        sure = [run for run in runs if run.text in right[run.term]]
        if sure:
            found[row_id] = _shown(texts[row_id], sure, marks)
    rest = [row for row in rows if row.id not in found]
    return found | _of_whole_letters(asked, _texts(connection, rest), marks) if rest else found


def _texts(connection: sqlite3.Connection, rows: Iterable[MessageRow], *, most: int = 1 << 30) -> dict[int, _Texts]:
    """What is searched of these rows, the first `most` characters of each."""
    by_id = {row.id: row for row in rows}
    letters = connection.execute(
        """
        SELECT message_id, SUBSTR(text, 1, :most)
        FROM letters
        WHERE message_id IN (SELECT value FROM json_each(:ids))
        """,
        {"ids": json.dumps(list(by_id)), "most": most},
    )
    people = {row_id: (by_id[row_id], text) for row_id, text in letters}
    return {row_id: (row.subject, row.sender, row.recipients[:most], text) for row_id, (row, text) in people.items()}


class _Run(NamedTuple):
    """Words of a text that may be a term's, and where they stand."""

    term: int
    column: int
    start: int
    end: int
    text: str


def _likely(asked: Wanted, texts: _Texts) -> list[_Run]:
    """Where each term may stand: as it is written, else in another form, else in other capitals or with accents.

    Each takes longer than the one before. Terms of people come last: of two places alike in what they hold, the one
    with the words is shown.
    """
    runs: list[_Run] = []
    for number, term in sorted(enumerate(asked.terms), key=lambda each: each[1].column is not None):
        runs += (
            _places(number, term.column, texts, _as_written(term.text, term.open))
            or _places(number, term.column, texts, _in_any_form(term.text))
            or _places(number, term.column, texts, _in_any_form(_folded(term.text)), folded=True)
        )
    return runs


def _places(number: int, column: str | None, texts: _Texts, sought: _Sought, *, folded: bool = False) -> list[_Run]:
    for columns in _LOOKED_AT[column]:
        found: list[_Run] = []
        for each in columns:
            found += _runs(number, each, _folded(texts[each]) if folded else texts[each], sought)
        if found:
            return found
    return []


class _Sought(NamedTuple):
    """How to find some words one behind the other: by the longest of them, then by what stands before and behind.

    `forms` are the capitals people use for the longest, or for its beginning; the others may be written in any.
    """

    forms: tuple[str, ...]
    before: re.Pattern[str] | None
    reach: int
    from_there: re.Pattern[str]

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where they stand, for the first of the forms that is found at all."""
        for form in self.forms:
            found = False
            at = text.find(form)
            while at >= 0:
                if (place := self._place(text, at)) is not None:
                    found = True
                    yield place
                at = text.find(form, at + 1)
            if found:
                return

    def _place(self, text: str, at: int) -> tuple[int, int] | None:
        if text[at - 1 : at].isalnum() or (match := self.from_there.match(text, at)) is None:
            return None
        if self.before is None:
            return at, match.end()
        before = self.before.search(text, max(0, at - self.reach), at)
        return None if before is None else (before.start(), match.end())


def _runs(number: int, column: int, text: str, sought: _Sought) -> list[_Run]:
    """The first few places where a term's words may stand."""
    return [_Run(number, column, start, end, text[start:end]) for start, end in islice(sought.places(text), PLACES)]


@lru_cache(maxsize=64)
def _as_written(words: str, is_open: bool) -> _Sought:
    """These words; where they are `open`, the last may go on."""
    patterns = [re.escape(word) + _NO_MORE for word in _WORD.findall(words)]
    if is_open:
        patterns[-1:] = [re.escape(word) + _REST for word in _WORD.findall(words)[-1:]]
    return _sought(_WORD.findall(words), patterns)


@lru_cache(maxsize=64)
def _in_any_form(words: str) -> _Sought:
    """Words that begin like these, as far as the index keeps them and then some letters less."""
    written = _WORD.findall(words)
    stems = [
        word[: min(max(SHORTEST, len(word) - ENDING), _in_common(_folded(word), "".join(kept[:1])) or len(word))]
        for word, kept in zip(written, tokens(written), strict=True)
    ]
    return _sought(stems, [re.escape(stem) + _REST for stem in stems])


def _in_common(word: str, other: str) -> int:
    """How many letters from the first on are the same."""
    return next(
        (at for at, (one, two) in enumerate(zip(word, other, strict=False)) if one != two), min(len(word), len(other))
    )


def _sought(words: Sequence[str], patterns: Sequence[str]) -> _Sought:
    longest = max(range(len(words)), key=lambda number: len(words[number]), default=0)
    capitals = (
        form for word in words[longest : longest + 1] for form in (word.lower(), word.capitalize(), word.upper())
    )
    before = "".join(pattern + _BETWEEN for pattern in patterns[:longest])
    return _Sought(
        tuple(dict.fromkeys(capitals)),
        re.compile(rf"(?<![^\W_]){before}\Z", re.IGNORECASE) if before else None,
        sum(len(word) + APART for word in words[:longest]),
        re.compile(_BETWEEN.join(patterns[longest:]), re.IGNORECASE),
    )


def _right(asked: Wanted, written: Sequence[str]) -> list[set[str]]:
    """For each term, those of these words that are the term's."""
    with in_memory() as memory:
        memory.executemany("INSERT INTO lines (rowid, text) VALUES (?, ?)", enumerate(written))
        return [
            {written[row] for (row,) in memory.execute("SELECT rowid FROM lines WHERE lines MATCH ?", (term.anywhere,))}
            for term in asked.terms
        ]


def _shown(texts: _Texts, runs: Sequence[_Run], marks: tuple[str, str]) -> str:
    """The piece of a text with the most terms in it; of several the first."""
    best = (
        runs[0] if all(run.term == runs[0].term for run in runs) else max(runs, key=lambda run: _terms_near(run, runs))
    )
    text = texts[best.column]
    start, end = _piece(text, best)
    shown = [ELLIPSIS] if start else []
    at = start
    for run in sorted((each for each in runs if each.column == best.column), key=lambda each: each.start):
        if at <= run.start and run.end <= end:
            shown += [text[at : run.start], marks[0], text[run.start : run.end], marks[1]]
            at = run.end
    return "".join([*shown, text[at:end], ELLIPSIS if end < len(text) else ""])


def _terms_near(run: _Run, runs: Sequence[_Run]) -> int:
    return len({each.term for each in runs if _near(run, each)})


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
    any_term = " OR ".join(term.expression for term in asked.terms)
    rows = [(row_id, *each) for row_id, each in texts.items()]
    with in_memory() as memory:
        memory.executemany("INSERT INTO lines (rowid, subject, sender, recipients, text) VALUES (?, ?, ?, ?, ?)", rows)
        found = memory.execute(
            "SELECT rowid, snippet(lines, -1, ?, ?, ?, ?) FROM lines WHERE lines MATCH ?",
            (*marks, ELLIPSIS, TOKENS, any_term),
        )
        return dict(found.fetchall())


def _folded(text: str) -> str:
    """In lower case and without the accents of Latin letters, place for place."""
    if not text.isascii():
        bases = _bases()
        for letter in bases.keys() & set(text):
            text = text.replace(letter, bases[letter])
    return text.lower()


@lru_cache(maxsize=1)
def _bases() -> dict[str, str]:
    """Of each Latin letter the plain one; of all letters only the Turkish capital İ becomes two in lower case."""
    return {chr(letter): unicodedata.normalize("NFD", chr(letter))[0] for letter in _LATIN}
