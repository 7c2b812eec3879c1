"""The file beside the database that tells who was erased: an older database put in its place does not know it.

It holds what the database holds of them, digests under the home's own secret, and names nobody.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from inboxcrm.errors import UserError
from inboxcrm.home import ERASED, write_whole
from inboxcrm.service.household import Household
from inboxcrm.store import tombstones
from inboxcrm.store.tombstones import Tombstone

log = logging.getLogger("inboxcrm.erased_file")

_HEAD = "inboxcrm erased, home"

HEEDED = "erased_file_heeded"
"""Under which the database keeps the stamp of the file that tells what it knows itself; nothing while none does."""


def keep(household: Household) -> bool:
    """Write down who was erased, those too of whom only the file knows; whether it tells of all of them now.

    Where it cannot be written that is said, and it is tried again when the home is next opened.
    """
    laid = household.database.reading(tombstones.laid)
    told = read(household.config.home, household.secret)
    newest = _newest_of([*told, *laid])
    try:
        if newest != told:
            _write(household.config.home, household.secret, newest)
    except UserError as error:
        log.error("erased_file.not_written", extra={"cause": str(error)})
        return False
    return True


def bring_over(target: Path, secret: bytes, places: Iterable[Path]) -> int:
    """Write down in a home what the files of other folders tell of its people; how much they tell. UserError."""
    told = [each for place in (target, *places) for each in read(place, secret)]
    if told:
        _write(target, secret, _newest_of(told))
    return len(told)


def _write(folder: Path, secret: bytes, stones: Iterable[Tombstone]) -> None:
    lines = [f"{each.kind} {each.digest} {each.erased_at.isoformat()}\n" for each in stones]
    write_whole(folder / ERASED, "".join((f"{_HEAD} {_mark(secret)}\n", *lines)))


def read(folder: Path, secret: bytes) -> list[Tombstone]:
    """What the file of a home tells; nothing where there is none, or that of a home with another secret."""
    try:
        head, *lines = (folder / ERASED).read_text(encoding="utf-8").splitlines() or [""]
    except (OSError, UnicodeDecodeError):
        return []
    return [each for line in lines if (each := _read(line)) is not None] if head == f"{_HEAD} {_mark(secret)}" else []


def _newest_of(stones: Iterable[Tombstone]) -> list[Tombstone]:
    """Of each that is told more than once the newest, oldest first."""
    last = {each.digest: each for each in sorted(stones, key=lambda each: each.erased_at)}
    return sorted(last.values(), key=lambda each: (each.erased_at, each.digest))


def stamp(folder: Path) -> str | None:
    """What changes with the file; None where there is none."""
    try:
        state = (folder / ERASED).stat()
    except OSError:
        return None
    return f"{state.st_size} {state.st_mtime_ns}"


def _read(line: str) -> Tombstone | None:
    try:
        kind, digest, at = line.split(" ")
        bytes.fromhex(digest)
        found = Tombstone(kind, digest, datetime.fromisoformat(at))
    except ValueError:
        return None
    return found if found.erased_at.tzinfo is not None else None


def _mark(secret: bytes) -> str:
    return hmac.digest(secret, b"home", "sha256").hex()
