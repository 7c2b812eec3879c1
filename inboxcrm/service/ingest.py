"""Takes what arrived, one mail or a batch, through gather, decide and commit."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.domain.reply_safety import judge
from inboxcrm.parsing import Parsed, Parser
from inboxcrm.ports import Arrival, Batch, FolderRole, LostFolder, Position
from inboxcrm.service import decide, erased, faults, file, gathering
from inboxcrm.service import listed as lists
from inboxcrm.service.faults import CLOCK_SLACK
from inboxcrm.service.household import Household
from inboxcrm.spool import fingerprint
from inboxcrm.store import folders, listings, messages, tombstones
from inboxcrm.store.batch_register import BatchRegister
from inboxcrm.store.register import Register

log = logging.getLogger("inboxcrm.ingest")

FOUND_TOGETHER = 2000
"""Old mails that are entered into the full-text index by one statement, while more of them are coming."""

Hurry = Callable[[sqlite3.Connection], Callable[[bool], None] | None]
"""Looks at the outbox on the store's thread, at the end of the transaction that put something new into it, and sets out
with what may leave. What it answers must be told whether that transaction was committed; None where nothing set out."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a batch came to, for the log and the loops: `wake` asks for a look at the outbox."""

    new: int
    wake: bool


@dataclass(frozen=True, slots=True)
class _Read:
    arrival: Arrival
    fingerprint: bytes
    parsed: Parsed


class Ingest:
    """Commits batches; the folder position moves in the same transaction as the mail it covers."""

    def __init__(self, household: Household, parser: Parser) -> None:
        self._household = household
        self._parser = parser

    async def take(self, batch: Batch, *, hurry: Hurry | None = None) -> Taken:
        """Parse, decide and commit a batch: all of it, or nothing and the same batch comes again.

        With `hurry` the caller sees to `index` once what is urgent is done.
        """
        fingerprints = [fingerprint(arrival.raw) for arrival in batch.arrivals]
        pairs = list(zip(batch.arrivals, fingerprints, strict=True))
        known = await self._household.run(self._known, fingerprints) if len(pairs) > 1 else frozenset()
        fresh = [(arrival, mark) for arrival, mark in pairs if mark not in known]
        raws = [arrival.raw for arrival, _ in fresh]
        parsed = await self._parser.parse_many(raws, language=batch.live) if raws else []
        listed = await self._parser.parse_many([one.fields for one in batch.listed]) if batch.listed else []
        reads = {mark: _Read(arrival, mark, each) for (arrival, mark), each in zip(fresh, parsed, strict=True)}
        taken = await self._household.run(self._commit, batch, fingerprints, reads, hurry, listed)
        log.info(
            "ingest.batch",
            extra={
                "mailbox": batch.mailbox,
                "folder": batch.folder,
                "arrivals": len(batch.arrivals),
                "new": taken.new,
                "listed": len(batch.listed),
                "live": batch.live,
                "remaining": batch.remaining,
            },
        )
        return taken

    async def index(self) -> None:
        """Make what was taken be found by its words. What a crash leaves out is entered with the next message."""
        await self._household.run(self._index)

    def _index(self, at_least: int = 1) -> None:
        with self._household.database.statement() as connection:
            messages.index(connection, at_least=at_least)

    async def start(self) -> None:
        """Return when mail can be parsed; raises InternalError where the parsing worker does not start."""
        await self._parser.start()

    async def warm(self) -> None:
        """Have rules, texts and the language model loaded before the first live mail asks for them: it takes seconds.

        Raises RuleError and TemplateError.
        """
        await self._household.run(lambda: self._household.rules)
        await self._parser.start(language=True)

    def _known(self, fingerprints: Sequence[bytes]) -> frozenset[bytes]:
        with self._household.database.read() as connection:
            return frozenset(messages.ids_of_fingerprints(connection, fingerprints))

    def _commit(
        self,
        batch: Batch,
        fingerprints: Sequence[bytes],
        reads: dict[bytes, _Read],
        hurry: Hurry | None,
        listed: Sequence[Parsed],
    ) -> Taken:
        now = self._household.clock.now()
        entered: dict[bytes, int] = {}
        located: list[tuple[int, int, frozenset[str]]] = []
        wake = False
        with _told_the_end() as setting_out, self._household.database.write() as connection:
            mailbox_id = folders.enrol(connection, batch.mailbox, now=now)
            if batch.renamed_from is not None:
                folders.rename(connection, mailbox_id, batch.renamed_from, batch.folder)
            read_at = _read_at(connection, batch)
            folder_id = folders.move_to(connection, mailbox_id, batch.folder, batch.role, batch.position)
            epoch = batch.position.uid_validity
            if batch.reset:
                folders.relink(connection, folder_id, epoch, batch.relinked)
                folders.forget_other_epochs(connection, folder_id, epoch)
            register = _register(connection, batch, reads, now)
            known = messages.ids_of_fingerprints(connection, fingerprints) if fingerprints else {}
            for arrival, mark in zip(batch.arrivals, fingerprints, strict=True):
                if mark not in known:
                    row_id, woke = self._enter(register, batch, mailbox_id, reads[mark], now, read_at)
                    known[mark] = entered[mark] = row_id
                    wake = wake or woke
                located.append((arrival.uid, known[mark], arrival.flags))
            register.flush()
            folders.locate(connection, folder_id, epoch, located)
            folders.number(
                connection,
                mailbox_id,
                [
                    (arrival.server_id, known[mark])
                    for arrival, mark in zip(batch.arrivals, fingerprints, strict=True)
                    if arrival.server_id is not None
                ],
            )
            folders.locate_numbered(connection, mailbox_id, folder_id, epoch, batch.located)
            folders.set_flags(connection, folder_id, epoch, batch.flags)
            folders.vanish(connection, folder_id, epoch, batch.vanished)
            folders.quarantine(connection, folder_id, epoch, batch.quarantined, now=now)
            lists.follow(self._household, connection, folder_id, batch, [each.message for each in listed])
            if wake and hurry is not None and (tell := hurry(connection)) is not None:
                setting_out.append(tell)
        if hurry is None:
            self._index(FOUND_TOGETHER if batch.remaining and not batch.live else 1)
        return Taken(len(entered), wake and not setting_out)

    def _enter(
        self,
        register: Register,
        batch: Batch,
        mailbox_id: int,
        read: _Read,
        now: datetime,
        read_at: datetime | None,
    ) -> tuple[int, bool]:
        """One message, new to the home; answers its row and whether the outbox has something to look at."""
        arrival, parsed = read.arrival, read.parsed
        register.begin()
        filing = file.Filing(
            household=self._household,
            register=register,
            raw=arrival.raw,
            fingerprint=read.fingerprint,
            parsed=parsed,
            mailbox=batch.mailbox,
            received_at=_received_at(arrival, parsed.message.date, live=batch.live, now=now),
            origin="live" if batch.live else "backlog",
            now=now,
        )
        gone = erased.looked_up(filing)
        if gone.whole:
            return erased.husk(filing), False
        entered = self._decide(filing, batch, arrival, mailbox_id, read_at)
        if gone.keys:
            erased.take_out(filing, entered[0], gone)
        return entered

    def _decide(
        self, filing: file.Filing, batch: Batch, arrival: Arrival, mailbox_id: int, read_at: datetime | None
    ) -> tuple[int, bool]:
        register, parsed, now = filing.register, filing.parsed, filing.now
        mailbox = self._household.mailbox(batch.mailbox)
        if (batch.role is FolderRole.SENT or arrival.sent) and file.is_outgoing(
            self._household, register, parsed.message
        ):
            return file.outgoing(filing), True
        gathered = gathering.gather(filing, mailbox, batch, read_at=read_at)
        verdict = judge(
            parsed.message,
            history=gathered.history,
            settings=gathered.settings,
            now=now,
            circumstances=gathered.circumstances,
        )
        if verdict.failed:
            faults.gate_failed(register.connection, verdict, now=now)
        if not batch.live:
            return file.history(filing, verdict), False
        return decide.live(filing, mailbox_id, gathered, verdict)


def _read_at(connection: sqlite3.Connection, batch: Batch) -> datetime | None:
    """When the folder of live mail was last read to its end, before this batch is put on record."""
    before = folders.folder(connection, batch.mailbox, batch.folder) if batch.live else None
    return None if before is None else before.position.checked_at


def _received_at(arrival: Arrival, date: datetime | None, *, live: bool, now: datetime) -> datetime:
    """When a mail was received: as the server says, unless its clock runs ahead, by which answers are owed too late.

    A time to come is believed where the sender's date is to come as well: then it is this machine's clock that is
    behind. Else live mail was received when it is read, and old mail when it was written.
    """
    latest = now + CLOCK_SLACK
    if arrival.received_at <= latest or date is None or date > latest:
        return arrival.received_at
    return now if live else date


@contextmanager
def _told_the_end() -> Iterator[list[Callable[[bool], None]]]:
    """Around a transaction: tells those who are put into the list whether it was committed."""
    those: list[Callable[[bool], None]] = []
    stands = False
    try:
        yield those
        stands = True
    finally:
        for tell in those:
            tell(stands)


def _register(connection: sqlite3.Connection, batch: Batch, reads: Mapping[bytes, _Read], now: datetime) -> Register:
    """What a batch is filed with: old mail together; live mail one by one, since more is asked about it, and old mail
    too once somebody was erased who may be in it. A batch without a new mail (flags, say) asks nothing of the kind.
    """
    if batch.live or not reads or tombstones.any_laid(connection):
        return Register(connection)
    mails = [read.parsed.message for read in reads.values()]
    quoted = [one for mail in mails for one in gathering.quoted_ids(mail)]
    return BatchRegister(connection, mails, quoted=quoted, now=now)


class Known:
    """What the store remembers of folders, for the mailbox (ports.KnownFolders)."""

    def __init__(self, household: Household) -> None:
        self._household = household

    async def position(self, mailbox: str, folder: str) -> Position | None:
        """How far the folder was read, or None before its first batch."""
        return await self._household.run(self._position, mailbox, folder)

    async def uids(self, mailbox: str, folder: str) -> Sequence[int]:
        """Every UID on record."""
        return await self._household.run(
            self._household.database.reading, lambda connection: folders.uids(connection, mailbox, folder)
        )

    async def relink(self, mailbox: str, folder: str, message_ids: Sequence[tuple[int, str, int]]) -> Sequence[int]:
        """The UIDs that match no message of the folder for certain after a UIDVALIDITY reset."""
        return await self._household.run(
            self._household.database.reading,
            lambda connection: folders.unknown(connection, mailbox, folder, message_ids),
        )

    async def newest(
        self, mailbox: str, folder: str, *, among: Sequence[int] | None = None
    ) -> Sequence[tuple[int, str | None, datetime]]:
        """The newest few messages of a folder, or of these in it: (UID, Message-ID, when it was received)."""
        return await self._household.run(
            self._household.database.reading,
            lambda connection: folders.newest(connection, mailbox, folder, among=among),
        )

    async def by_server_id(self, mailbox: str, server_ids: Sequence[str]) -> frozenset[str]:
        """Of these numbers of the server, those of messages on record."""
        return await self._household.run(
            self._household.database.reading,
            lambda connection: folders.numbered(connection, mailbox, server_ids),
        )

    async def lost(self, mailbox: str, uid_validity: int, *, listed: frozenset[str]) -> Sequence[LostFolder]:
        """Folders on record whose names are gone from the server."""
        return await self._household.run(
            self._household.database.reading,
            lambda connection: folders.lost(connection, mailbox, uid_validity, listed=listed),
        )

    async def followed(self, mailbox: str) -> Mapping[str, str]:
        """Folders that were renamed: the name each had once, and the name it has now."""
        return await self._household.run(
            self._household.database.reading, lambda connection: folders.followed(connection, mailbox)
        )

    async def last_read(self, mailbox: str) -> tuple[datetime, datetime] | None:
        """When the mailbox was first seen, and when it was last known to be read; None where it never was."""
        return await self._household.run(
            self._household.database.reading, lambda connection: folders.last_read(connection, mailbox)
        )

    async def wanted(self, mailbox: str) -> Sequence[tuple[str, int]]:
        """Of messages that are only listed, those that somebody waits for."""
        return await self._household.run(
            self._household.database.reading, lambda connection: listings.wanted(connection, mailbox)
        )

    def _position(self, mailbox: str, name: str) -> Position | None:
        with self._household.database.read() as connection:
            found = folders.folder(connection, mailbox, name)
        return None if found is None else found.position
