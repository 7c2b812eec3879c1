"""How a row of a view becomes values: instants, lists and flags by the name of their column."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from inboxcrm.store.times import to_instant_or_none

PAGE = 50

_INSTANTS = frozenset(("known_since", "away_until", "snoozed_until", "send_after"))
_FLAGS = frozenset(("stranger", "listed_whole"))
_LISTS = frozenset(("reasons", "attachments"))

_Fields = tuple[tuple[str, Callable[[Any], Any] | None], ...]


def values(row: sqlite3.Row) -> dict[str, Any]:
    """The columns of a row by the names of the fields they fill; instants are aware, lists are tuples."""
    return _values(_fields(tuple(row.keys())), row)


def all_values(rows: sqlite3.Cursor) -> Iterator[dict[str, Any]]:
    """The same of every row of one answer."""
    fields = _fields(tuple(column[0] for column in rows.description))
    return (_values(fields, row) for row in rows)


def _values(fields: _Fields, row: sqlite3.Row) -> dict[str, Any]:
    return {
        name: value if read is None else read(value) for (name, read), value in zip(fields, tuple(row), strict=True)
    }


@lru_cache(maxsize=64)
def _fields(columns: tuple[str, ...]) -> _Fields:
    """For each column the field it fills and how its value is read; None is as it stands."""
    return tuple(("mail_class" if name == "class" else name, _reader(name)) for name in columns)


def _reader(name: str) -> Callable[[Any], Any] | None:
    if name.endswith("_at") or name in _INSTANTS:
        return to_instant_or_none
    if name in _LISTS:
        return _list
    return bool if name in _FLAGS else None


def _list(written: str | None) -> tuple[Any, ...]:
    return () if written in (None, "", "[]") else tuple(json.loads(written))
