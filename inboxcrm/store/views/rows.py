"""How a row of a view becomes values: instants, lists and flags by the name of their column."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from inboxcrm.store.times import to_instant_or_none

PAGE = 50

_INSTANTS = frozenset(("known_since", "away_until", "snoozed_until", "send_after"))
_LISTS = frozenset(("reasons", "attachments"))


def values(row: sqlite3.Row) -> dict[str, Any]:
    """The columns of a row by the names of the fields they fill; instants are aware, lists are tuples."""
    found: dict[str, Any] = {}
    for name in row.keys():  # noqa: SIM118 - iterating a Row gives its values
        value = row[name]
        if name.endswith("_at") or name in _INSTANTS:
            value = to_instant_or_none(value)
        elif name in _LISTS:
            value = tuple(json.loads(value or "[]"))
        elif name == "stranger":
            value = bool(value)
        found["mail_class" if name == "class" else name] = value
    return found
