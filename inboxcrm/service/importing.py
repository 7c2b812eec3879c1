"""Files archives of mail: mbox, Maildir, eml, Takeout. Nothing imported is ever acknowledged or owed."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path

from inboxcrm.archives.find import find
from inboxcrm.archives.found import Found, Leaving, Source, Unreadable
from inboxcrm.archives.mbox import Form
from inboxcrm.domain.message import Message
from inboxcrm.domain.reply_safety import Circumstances, History, judge
from inboxcrm.parsing import Parsed, Parser
from inboxcrm.service import erased, file
from inboxcrm.service.full_text import put_together_some
from inboxcrm.service.gathering import quoted_ids
from inboxcrm.service.household import Household
from inboxcrm.spool import Spool, fingerprint
from inboxcrm.store import imports, messages, tombstones
from inboxcrm.store.batch_register import BatchRegister
from inboxcrm.store.database import attempt
from inboxcrm.store.register import Register

BATCH = 250
BATCH_OCTETS = 8 << 20
"""How many mails, and about how many octets of them, are filed in one transaction."""

_UNFIT = (ValueError, OverflowError, RecursionError, sqlite3.IntegrityError, sqlite3.DataError)
"""What a mail may break the filing with."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to so far, in mails, and how far it is, in octets of `octets`.

    `known` were on record, `left_out` are spam, trash, chats and drafts, `quarantined` are no mail. `resumed` is how
    many octets an earlier import of the same files had filed.
    """

    seen: int = 0
    new: int = 0
    known: int = 0
    left_out: int = 0
    quarantined: int = 0
    passed_over: int = 0
    read: int = 0
    octets: int = 0
    resumed: int = 0


@dataclass(frozen=True, slots=True)
class _Batch:
    source: Source
    found: tuple[Found | Unreadable, ...]


@dataclass(frozen=True, slots=True)
class _Mail:
    """A mail that is not on record. `on_wire`: its fingerprint with the line ends of the network, if they differ."""

    found: Found
    fingerprint: bytes
    on_wire: bytes | None

    @property
    def marks(self) -> tuple[bytes, ...]:
        """By which it may be known."""
        return (self.fingerprint,) if self.on_wire is None else (self.fingerprint, self.on_wire)


class Import:
    """Files what lies in archives, in batches of one transaction each, with the place where to go on.

    Nothing is filed twice: what was filed before is known by its octets, whatever line ends a file gives them.
    `leaving` are the kinds of mail that are left out.
    """

    def __init__(
        self,
        household: Household,
        parser: Parser,
        *,
        leaving: frozenset[Leaving] = frozenset(Leaving),
        form: Form = Form.AUTO,
        look: Callable[[Imported], None] = lambda _: None,
    ) -> None:
        self._household = household
        self._parser = parser
        self._leaving = leaving
        self._form = form
        self._look = look

    async def run(self, paths: Sequence[Path]) -> Imported:
        """Import everything. Raises UserError for what holds no mail; may be stopped and repeated without harm.

        After a stop, however it came about, the same import goes on with the mail after the last that was filed.
        """
        house = self._household
        found = await house.run(lambda: find(paths, form=self._form))
        total = Imported(passed_over=found.passed_over, octets=sum(each.octets for each in found.sources))
        for source in found.sources:
            start = await house.read(
                partial(imports.position, source=source.name, size=source.size, stamp=self._stamp(source))
            )
            passed = source.passed(start)
            total = replace(total, resumed=total.resumed + passed, read=total.read + passed)
            self._look(total)
            batches = _batches(source, start)
            while batch := await house.run(next, batches, None):
                total = await self._file(batch, total)
                self._look(total)
        await house.write(lambda connection: imports.unmark(connection, [each.name for each in found.sources]))
        await put_together_some(house)
        return total

    def _stamp(self, source: Source) -> str:
        """By which it is the same import: who wants spam too, or another form, has read nothing of it yet."""
        return " ".join((source.stamp, self._form, *sorted(self._leaving)))

    async def _file(self, batch: _Batch, total: Imported) -> Imported:
        fresh, left_out = await self._household.run(self._fresh, batch)
        parsed = await self._parser.parse_many([mail.found.raw for mail in fresh])
        new, refused = await self._household.write(self._commit, batch, fresh, parsed)
        mails = [each for each in batch.found if isinstance(each, Found)]
        quarantined = refused + len(batch.found) - len(mails)
        return replace(
            total,
            seen=total.seen + len(batch.found),
            new=total.new + new,
            known=total.known + len(mails) - left_out - new - refused,
            left_out=total.left_out + left_out,
            quarantined=total.quarantined + quarantined,
            read=total.read + sum(each.octets for each in batch.found),
        )

    def _fresh(self, batch: _Batch) -> tuple[list[_Mail], int]:
        """The mails that are not on record, and how many are left out."""
        kept = [each for each in batch.found if isinstance(each, Found) and each.leaving not in self._leaving]
        mails = [_Mail(each, fingerprint(each.raw), _on_wire(each.raw)) for each in kept]
        with self._household.database.read() as connection:
            fresh = _unknown(connection, mails)
        return fresh, sum(isinstance(each, Found) for each in batch.found) - len(kept)

    def _commit(
        self, connection: sqlite3.Connection, batch: _Batch, fresh: Sequence[_Mail], parsed: Sequence[Parsed]
    ) -> tuple[int, int]:
        """File a batch and how far it goes; how many are new, and how many are no mail."""
        now, source = self._household.clock.now(), batch.source
        still = {id(mail) for mail in _unknown(connection, fresh)}
        pairs = [(mail, each) for mail, each in zip(fresh, parsed, strict=True) if id(mail) in still]
        refused = self._enter_all(connection, pairs, now)
        for mail, why in refused:
            imports.quarantine(connection, source.name, mail.found.position, why, mail.found.raw, at=now)
        for broken in batch.found:
            if isinstance(broken, Unreadable):
                imports.quarantine(connection, source.name, broken.position, broken.why, broken.raw, at=now)
        imports.mark(connection, source.name, source.size, self._stamp(source), batch.found[-1].position, at=now)
        messages.index(connection)
        return len(pairs) - len(refused), len(refused)

    def _enter_all(
        self, connection: sqlite3.Connection, pairs: Sequence[tuple[_Mail, Parsed]], now: datetime
    ) -> list[tuple[_Mail, str]]:
        """File mails together, which is what makes a batch fast; one by one where one of them breaks the filing, and
        once somebody was erased who may be in them. Answers those that cannot be filed, and why.
        """
        if not tombstones.any_laid(connection):
            try:
                with attempt(connection):
                    self._enter_together(connection, pairs, now)
            except _UNFIT:
                pass
            else:
                return []
        told = ((mail, self._enter(connection, mail, each, now)) for mail, each in pairs)
        return [(mail, why) for mail, why in told if why is not None]

    def _enter_together(
        self, connection: sqlite3.Connection, pairs: Sequence[tuple[_Mail, Parsed]], now: datetime
    ) -> None:
        mails = [each.message for _, each in pairs]
        register = BatchRegister(connection, mails, quoted=[one for mail in mails for one in quoted_ids(mail)], now=now)
        rows = [self._judge_and_file(self._filing(register, *pair, now), pair[0].found) for pair in pairs]
        register.flush()
        for (mail, _), row_id in zip(pairs, rows, strict=True):
            if mail.on_wire is not None:
                imports.twin(connection, row_id, mail.on_wire)

    def _enter(self, connection: sqlite3.Connection, mail: _Mail, parsed: Parsed, now: datetime) -> str | None:
        """File one mail, or say why that cannot be done: one that breaks the filing costs nobody else's."""
        filing = self._filing(Register(connection), mail, parsed, now)
        try:
            with attempt(connection):
                gone = erased.looked_up(filing)
                row_id = erased.husk(filing) if gone.whole else self._judge_and_file(filing, mail.found)
                if gone.keys and not gone.whole:
                    erased.take_out(filing, row_id, gone)
                if mail.on_wire is not None:
                    imports.twin(connection, row_id, mail.on_wire)
        except _UNFIT as error:
            return f"it could not be filed: {type(error).__name__}: {error}"
        return None

    def _filing(self, register: Register, mail: _Mail, parsed: Parsed, now: datetime) -> file.Filing:
        return file.Filing(
            household=self._household,
            register=register,
            raw=mail.found.raw,
            fingerprint=mail.fingerprint,
            parsed=parsed,
            mailbox=self._household.config.mailboxes[0].name,
            received_at=min(now, mail.found.received_at or _received(parsed.message) or now),
            origin="import",
            now=now,
        )

    def _judge_and_file(self, filing: file.Filing, found: Found) -> int:
        author = filing.message.author
        own = author is not None and self._household.is_own(author.key)
        if own or (found.sent and file.is_outgoing(self._household, filing.register, filing.message)):
            return file.outgoing(filing)
        verdict = judge(
            filing.message,
            history=History(),
            settings=self._household.settings(self._household.mailbox(filing.mailbox)),
            now=filing.now,
            circumstances=Circumstances(received_at=filing.received_at, first_sync=True),
        )
        return file.history(filing, verdict)


def _unknown(connection: sqlite3.Connection, mails: Sequence[_Mail]) -> list[_Mail]:
    """Those that are on record neither in their octets nor with the line ends of the network; each once."""
    marks = [mark for mail in mails for mark in mail.marks]
    seen = set(messages.ids_of_fingerprints(connection, marks)) if marks else set()
    fresh = []
    for mail in mails:
        if not seen.intersection(mail.marks):
            fresh.append(mail)
            seen.update(mail.marks)
    return fresh


def _batches(source: Source, start: int) -> Iterator[_Batch]:
    held: list[Found | Unreadable] = []
    octets = 0
    for each in source.read(start):
        held.append(each)
        octets += each.octets
        if len(held) >= BATCH or octets >= BATCH_OCTETS:
            yield _Batch(source, tuple(held))
            held, octets = [], 0
    if held:
        yield _Batch(source, tuple(held))


def _on_wire(raw: bytes | Spool) -> bytes | None:
    """The fingerprint of a mail with the line ends of the network, where it does not have them."""
    if not isinstance(raw, Spool):
        bare = raw.count(b"\n") != raw.count(b"\r\n")
        return hashlib.sha256(_with_ends(raw)).digest() if bare else None
    digest, changed, last = hashlib.sha256(), False, b""
    for piece in raw.pieces():
        wire = _with_ends(last + piece)[len(last) :]
        changed = changed or len(wire) != len(piece)
        digest.update(wire)
        last = piece[-1:] if piece[-1:] == b"\r" else b""
    return digest.digest() if changed else None


def _with_ends(octets: bytes) -> bytes:
    return octets.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _received(message: Message) -> datetime | None:
    """When the topmost Received field says the mail came, else its own Date."""
    stamp = (message.first("received") or "").rpartition(";")[2].strip()
    try:
        at = parsedate_to_datetime(stamp)
    except ValueError:
        return message.date
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
