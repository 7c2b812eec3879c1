"""What a reader of archives finds: a mail, or a place where there is none, and how far that is into its source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from inboxcrm.spool import Spool


class Leaving(StrEnum):
    """Why a mail of an archive is not for a record of correspondence."""

    SPAM = "spam"
    TRASH = "trash"
    CHAT = "chat"
    DRAFT = "draft"


@dataclass(frozen=True, slots=True)
class Found:
    """One mail of a source.

    `received_at` is when the source says that it came, None where it does not. `position` is how far the source is
    read once this mail is filed, in the source's own measure, and `octets` how much of it this mail took. `sent`: the
    archive says that the owner sent it.
    """

    raw: bytes | Spool
    received_at: datetime | None
    position: int
    octets: int
    sent: bool = False
    leaving: Leaving | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A place of a source that holds no mail: why, and the octets as far as they could be had."""

    why: str
    raw: bytes | Spool
    position: int
    octets: int


@dataclass(frozen=True, slots=True)
class Source:
    """A file, a member of a zip file or a folder of files, with what tells that it is the same one as before.

    `size` is the position at its end: octets, or files where it is a folder. `read` yields what follows a position.
    """

    name: str
    size: int
    stamp: str
    octets: int
    read: Callable[[int], Iterator[Found | Unreadable]]
    passed: Callable[[int], int]
    """How many octets lie before a position."""


def readable(name: str) -> str:
    """A file's name as it can be put on record: octets that are no UTF-8, which are in old names, as \\udcXX."""
    return name.encode("utf-8", "backslashreplace").decode()
