"""Reads mail files into the archive: mbox, Maildir and eml. Nothing imported is ever acknowledged or owed."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from pathlib import Path

from inboxcrm.domain.message import Message
from inboxcrm.domain.reply_safety import Circumstances, History, judge
from inboxcrm.errors import UserError
from inboxcrm.parsing import Parsed, Parser
from inboxcrm.service import file
from inboxcrm.service.household import Household
from inboxcrm.store import messages

BATCH = 100
MAILDIR_PARTS = ("cur", "new")

_FROM_LINE = re.compile(rb"^From \S+ .*\d{4}\s*$|^From - ")
_ENDINGS = (".eml", ".emlx", ".msg", ".txt", "")


@dataclass(frozen=True, slots=True)
class Found:
    """One mail on disk. `received_at` is when the file says that it came, None where it does not."""

    raw: bytes
    received_at: datetime | None


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to so far."""

    seen: int
    new: int


def find(paths: Sequence[Path]) -> Iterator[Found]:
    """Every mail in these files and folders. Raises UserError for a path that is none of mbox, Maildir or eml."""
    for path in paths:
        if path.is_dir() and any((path / part).is_dir() for part in MAILDIR_PARTS):
            yield from _maildir(path)
        elif path.is_dir():
            inside = sorted(each for each in path.rglob("*") if each.is_file() and not each.name.startswith("."))
            if not inside:
                raise UserError(f"{path} holds no mail files. Give an mbox file, a Maildir or .eml files.")
            yield from find(inside)
        elif path.is_file():
            yield from _file(path)
        else:
            raise UserError(f"no such file or folder: {path}")


def _maildir(path: Path) -> Iterator[Found]:
    for part in MAILDIR_PARTS:
        for each in sorted((path / part).glob("*")):
            if each.is_file():
                yield Found(each.read_bytes(), _modified(each))
    for below in sorted(each for each in path.glob(".*") if (each / "cur").is_dir()):
        yield from _maildir(below)


def _modified(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _file(path: Path) -> Iterator[Found]:
    with path.open("rb") as handle:
        first = handle.readline(1000)
    if _FROM_LINE.match(first):
        yield from _mbox(path)
    elif path.suffix.lower() in _ENDINGS:
        yield Found(path.read_bytes(), None)
    else:
        raise UserError(f"{path} is neither an mbox (its first line is no `From ` line) nor an .eml file")


def _mbox(path: Path) -> Iterator[Found]:
    """Split at `From ` lines that follow an empty line (RFC 4155); the mails' own bytes stay as they are."""
    lines: list[bytes] = []
    at: datetime | None = None
    with path.open("rb") as handle:
        after_empty = True
        for line in handle:
            if after_empty and _FROM_LINE.match(line):
                if lines:
                    yield Found(_without_separator(lines), at)
                lines, at = [], _from_line_date(line)
            else:
                lines.append(line)
            after_empty = line in (b"\n", b"\r\n")
    if lines:
        yield Found(_without_separator(lines), at)


def _without_separator(lines: list[bytes]) -> bytes:
    if lines[-1] in (b"\n", b"\r\n"):
        lines.pop()
    return b"".join(lines)


def _from_line_date(line: bytes) -> datetime | None:
    written = line.decode("ascii", "replace").split(None, 2)[-1].strip()
    try:
        return datetime.strptime(written, "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC)
    except ValueError:
        return None


class Import:
    """Files what `find` finds, in batches of one transaction each; what is on record already is passed over."""

    def __init__(self, household: Household, parser: Parser) -> None:
        self._household = household
        self._parser = parser

    async def run(self, paths: Sequence[Path]) -> Imported:
        """Import everything; may be repeated, or resumed after a stop, without harm."""
        seen = new = 0
        found = find(paths)
        while batch := await self._household.run(lambda: list(islice(found, BATCH))):
            parsed = await self._parser.parse_many([each.raw for each in batch])
            new += await self._household.write(self._commit, batch, parsed)
            seen += len(batch)
        return Imported(seen, new)

    def _commit(self, connection: sqlite3.Connection, batch: Sequence[Found], parsed: Sequence[Parsed]) -> int:
        now = self._household.clock.now()
        entered = []
        for found, each in zip(batch, parsed, strict=True):
            fingerprint = hashlib.sha256(found.raw).digest()
            if messages.id_of_fingerprint(connection, fingerprint) is not None:
                continue
            filing = file.Filing(
                household=self._household,
                connection=connection,
                raw=found.raw,
                fingerprint=fingerprint,
                parsed=each,
                mailbox=self._household.config.mailboxes[0].name,
                received_at=min(now, found.received_at or _received(each.message) or now),
                origin="import",
                now=now,
            )
            entered.append(self._file(filing))
        messages.index(connection)
        return len(entered)

    def _file(self, filing: file.Filing) -> int:
        author = filing.message.author
        if author is not None and self._household.is_own(author.key):
            return file.outgoing(filing)
        verdict = judge(
            filing.message,
            history=History(),
            settings=self._household.settings(self._household.mailbox(filing.mailbox)),
            now=filing.now,
            circumstances=Circumstances(received_at=filing.received_at, first_sync=True),
        )
        return file.history(filing, verdict)


def _received(message: Message) -> datetime | None:
    """When the topmost Received field says the mail came, else its own Date."""
    stamp = (message.first("received") or "").rpartition(";")[2].strip()
    try:
        at = parsedate_to_datetime(stamp)
    except ValueError:
        return message.date
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
