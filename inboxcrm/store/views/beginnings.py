"""Which words of the mails begin so.

What FTS5 finds by a beginning it puts together from every word that begins so before it gives the first row, a tenth of
a second for one that half of the mails hold. By the words themselves it finds the newest rows without looking at the
others.
"""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Sequence

from inboxcrm.store.views.tokens import tokens
from inboxcrm.store.views.wanted import Term, Wanted

MOST_ALONE, MOST_BESIDE = 1_000, 60
"""Words that one beginning may stand for: where nothing else is asked for; and beside other words, where each of them
is looked up for every mail that holds those."""

ENDINGS = ("", "ing", "e", "s")
"""What a stem may be asked for with."""

_LAST_WORD = re.compile(r"[^\W_]+\Z")


def spelled_out(connection: sqlite3.Connection, asked: Wanted) -> str:
    """The expression that finds the same by words in place of beginnings; as it was where they are too many."""
    most = MOST_ALONE if len(asked.terms) == 1 else MOST_BESIDE
    return " AND ".join(_of(connection, term, most) if term.open else term.expression for term in asked.terms)


def _of(connection: sqlite3.Connection, term: Term, most: int) -> str:
    last = _LAST_WORD.search(term.text)
    if last is None:
        return term.expression
    before = term.text[: last.start()]
    whole, first = tokens([term.text, before])
    if not whole or whole[:-1] != first:
        return term.expression
    words = _beginning_so(connection, whole[-1], most + 1)
    forms = _forms(words) if len(words) <= most else []
    if not forms:
        return term.expression
    any_form = " OR ".join(Term(before + form).anywhere for form in forms)
    return f"({any_form})" if term.column is None else f"{term.column} : ({any_form})"


def _beginning_so(connection: sqlite3.Connection, beginning: str, most: int) -> list[str]:
    """The words of the index that begin so, as it keeps them, up to so many: a look each, however many mails.

    No word holds the character U+0001: with it behind, a word stands right after all places where it is found.
    """
    words = connection.execute(
        """
        WITH RECURSIVE words (word) AS (
          SELECT (SELECT term FROM search_words WHERE term >= :beginning LIMIT 1)
          UNION ALL
          SELECT (SELECT term FROM search_words WHERE term >= word || CHAR(1) LIMIT 1)
          FROM words
          WHERE word < :behind
        )
        SELECT word FROM words WHERE word < :behind LIMIT :most
        """,
        {"beginning": beginning, "behind": beginning + chr(sys.maxunicode), "most": most},
    )
    return [word for (word,) in words]


def _forms(words: Sequence[str]) -> list[str]:
    """For each of these what to ask for to find it, where that is known of all of them; else none.

    The index keeps stems, and to ask for one is to have it stemmed again. That leaves most as they are; of the others
    most are what is left of the word with an ending.
    """
    by_stem: dict[str, str] = {}
    for ending in ENDINGS:
        asked = [word + ending for word in words if word not in by_stem]
        for form, found in zip(asked, tokens(asked), strict=True):
            if len(found) == 1:
                by_stem.setdefault(found[0], form)
    return [by_stem[word] for word in words] if by_stem.keys() >= set(words) else []
