"""Fields that a program put before a mail in its archive. They are no part of the mail as it was sent and received."""

from __future__ import annotations

import re
from collections.abc import Sequence

from inboxcrm.spool import Spool

LONGEST = 64 * 1024
"""Octets in which they must end."""


def fields(raw: bytes | Spool, names: str) -> list[bytes]:
    """Those at the very beginning of a mail whose names the expression matches, each with its line end."""
    head = raw.head(LONGEST) if isinstance(raw, Spool) else raw[:LONGEST]
    one = re.compile(rf"(?:{names}):.*(?:\r?\n[ \t].*)*\r?\n".encode(), re.IGNORECASE)
    found: list[bytes] = []
    at = 0
    while match := one.match(head, at):
        found.append(match[0])
        at = match.end()
    return found


def without(raw: bytes | Spool, taken: Sequence[bytes]) -> bytes | Spool:
    """A mail without these fields at its beginning."""
    octets = sum(map(len, taken))
    if not octets:
        return raw
    if not isinstance(raw, Spool):
        return raw[octets:]
    rest, skip = Spool(), octets
    for piece in raw.pieces():
        rest.write(piece[skip:])
        skip = max(0, skip - len(piece))
    return rest
