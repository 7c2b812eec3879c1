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

MOST = 1_000
"""Words that one beginning may stand for; to find the mails of more takes as long as FTS5 does."""

ENDINGS = ("", "ing", "e", "s")
"""What a stem may be asked for with."""

_LAST_WORD = re.compile(r"[^\W_]+\Z")


def spelled_out(connection: sqlite3.Connection, asked: Wanted) -> str | None:
    """The expression that finds the same by words in place of a beginning; None where none or too many begin so."""
    spelled = [_of(connection, term) if term.open else term.expression for term in asked.terms]
    return None if None in spelled else " AND ".join(filter(None, spelled))


def _of(connection: sqlite3.Connection, term: Term) -> str | None:
    last = _LAST_WORD.search(term.text)
    if last is None:
        return None
    before = term.text[: last.start()]
    whole, first = tokens([term.text, before])
    if not whole or whole[:-1] != first:
        return None
    words = _beginning_so(connection, whole[-1], MOST + 1)
    forms = _forms(words) if len(words) <= MOST else []
    if not forms:
        return None
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
