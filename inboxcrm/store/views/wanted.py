"""What the words of a search ask for: which words, of whom, and of which days."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from inboxcrm.store.times import to_text

MAX_TERMS = 32

BEGINNING = 3
"""How many Latin letters or digits make a beginning worth looking for: shorter ones begin every other word."""

_TERM = re.compile(r'(?i:(from|to|since|until):)?(?:"([^"]*)"|(\S+))')
_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_COLUMNS = {"from": "sender", "to": "recipients"}


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or words one behind the other; `column` None is anywhere. `open`: it may be a word's beginning."""

    text: str
    column: str | None = None
    open: bool = False

    @property
    def is_phrase(self) -> bool:
        """Whether it is several words, whose places must be held against one another."""
        return len(self.text.split()) > 1

    @property
    def expression(self) -> str:
        """This term for FTS5. Its text is data: quoted, no operator in it means anything."""
        return self.anywhere if self.column is None else f"{self.column} : {self.anywhere}"

    @property
    def anywhere(self) -> str:
        """The same without its column."""
        return '"' + self.text.replace('"', '""') + '"' + ("*" if self.open else "")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Mails that hold every term and came from `since` on, before `until` (as times are stored; None is any time)."""

    terms: tuple[Term, ...] = ()
    since: str | None = None
    until: str | None = None

    @property
    def open(self) -> bool:
        """Whether the last word may be a beginning."""
        return any(term.open for term in self.terms)

    @property
    def whole(self) -> Wanted:
        """The same with the last word as it stands."""
        return replace(self, terms=tuple(replace(term, open=False) for term in self.terms))

    @property
    def expression(self) -> str:
        """All terms for FTS5; empty where none is asked for."""
        return " AND ".join(term.expression for term in self.terms)


def wanted(words: str, zone: tzinfo = UTC) -> Wanted | None:
    """Read what a person typed; None where it asks for nothing.

    Words all stand in the mail, those in a pair of quotes one behind the other. `from:` and `to:` before a word look at
    the people only; `since:` and `until:` take a year, a month or a day of `zone`, the last one included. All else is a
    word as it stands. The last word may be a beginning.
    """
    terms: list[Term] = []
    days: dict[str, str] = {}
    found = list(_TERM.finditer(words.replace("\0", " ")))
    for each in found:
        name, phrase, word = (each[1] or "").lower(), each[2], each[3]
        days_meant = _days(word or "", zone) if name in ("since", "until") else None
        if days_meant is not None:
            days[name] = days_meant[name == "until"]
        elif name in _COLUMNS:
            terms.append(Term(word or phrase, _COLUMNS[name], open=each is found[-1] and _may_begin(word)))
        elif name:
            terms.append(Term(each[0], open=each is found[-1] and _may_begin(word)))
        elif word or phrase:
            terms.append(Term(word or phrase, open=each is found[-1] and _may_begin(word)))
    if not terms and not days:
        return None
    return Wanted(tuple(terms[:MAX_TERMS]), **days)


def _may_begin(word: str | None) -> bool:
    if not word or not word[-1].isalnum():
        return False
    tail = re.split(r"[\W_]", word)[-1]
    return len(tail) >= BEGINNING or not tail.isascii()


def _days(written: str, zone: tzinfo) -> tuple[str, str] | None:
    """The first instant of a year, month or day, and the one behind its last; None where it is none."""
    match = _DAY.fullmatch(written)
    if match is None:
        return None
    year, month, day = int(match[1]), int(match[2] or 1), int(match[3] or 1)
    try:
        first = date(year, month, day)
        last = first if match[3] else date(year, month if match[2] else 12, calendar.monthrange(year, month)[1])
        return _midnight(first, zone), _midnight(last + timedelta(days=1), zone)
    except (ValueError, OverflowError):
        return None


def _midnight(day: date, zone: tzinfo) -> str:
    return to_text(datetime.combine(day, time(), zone))
