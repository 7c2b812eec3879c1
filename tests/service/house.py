"""A whole house for the use cases: a real database, a clock that stands still, and fakes at the two doors."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from inboxcrm.bootstrap import assemble
from inboxcrm.config import (
    Acknowledge,
    AckPolicy,
    Config,
    MailboxConfig,
    Mode,
    Office,
    Owner,
    PasswordSource,
    PlanConfig,
    Security,
    Server,
)
from inboxcrm.errors import TransientError
from inboxcrm.parsing import Parsed, Parser
from inboxcrm.parsing_worker import parsed
from inboxcrm.ports import (
    Arrival,
    Batch,
    Delivery,
    FolderRole,
    KnownFolders,
    MailboxState,
    MailboxStatus,
    Outgoing,
    Position,
    Sent,
    StepRecorder,
)
from inboxcrm.service import deliver
from inboxcrm.service.deliver import Deliver
from inboxcrm.service.household import Household
from inboxcrm.service.ingest import Ingest, Known, Taken
from inboxcrm.service.sweep import sweep
from inboxcrm.spool import Spool
from inboxcrm.store import home, outbox, views
from inboxcrm.testing.clock import FakeClock
from tests.fresh import fresh_database

ZONE = ZoneInfo("Europe/Zurich")
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""Ten o'clock in Zurich, an hour into the working day."""

ME = "ann@example.org"
BORDER = "mx.example.org"
MAILBOX = MailboxConfig(
    name="main",
    imap=Server("127.0.0.1", 1, Security.NONE),
    smtp=Server("127.0.0.1", 1, Security.NONE),
    user=ME,
    password=PasswordSource(env="UNUSED"),
    trusted_authserv_ids=(BORDER,),
    border_hosts=(BORDER,),
)
ROLES = {"INBOX": FolderRole.INBOX, "Sent": FolderRole.SENT, "Junk": FolderRole.JUNK}


def config(folder: Path, **acknowledge: Any) -> Config:
    """Half past five ends a day of eight and a half hours; everything is acknowledged at once unless told otherwise."""
    day = ((time(9), time(17, 30)),)
    spoken: dict[str, Any] = {
        "mode": Mode.AUTO,
        "policy": AckPolicy.ALWAYS,
        "grace": timedelta(minutes=10),
        "grace_closed": timedelta(minutes=2),
    }
    return Config(
        home=folder,
        owner=Owner("Ann Example", (ME, "ann.example@example.com"), ZONE, "en"),
        mailboxes=(MAILBOX,),
        office=Office(hours=dict.fromkeys(range(5), day)),
        acknowledge=Acknowledge(**(spoken | acknowledge)),
        plans={"standard": PlanConfig("standard", timedelta(hours=8))},
    )


def mail(
    number: int = 1,
    *,
    sender: str = "Bob Client <bob@client.example>",
    to: str = f"Ann Example <{ME}>",
    cc: str | None = None,
    subject: str = "Question about the offer",
    text: str = "Dear Ann,\n\nuntil when does the offer stand?\n\nBob\n",
    at: datetime = MONDAY,
    message_id: str | None = None,
    answers: str | None = None,
    fields: Sequence[str] = (),
) -> bytes:
    """A person's mail as it arrives through our border, authenticated. `number` makes its Message-ID."""
    address = sender.rpartition("<")[2].rstrip(">")
    domain = address.rpartition("@")[2]
    stamp = format_datetime(at)
    head = [
        f"Return-Path: <{address}>",
        f"Received: from mail.{domain} by {BORDER} with ESMTPS id {number}; {stamp}",
        f"Authentication-Results: {BORDER}; dkim=pass header.d={domain}; spf=pass smtp.mailfrom={address}; dmarc=pass",
        *_letter_head(sender, to, cc, subject, answers, stamp, message_id or letter_id(number, domain)),
        *fields,
    ]
    return "\r\n".join([*head, "", *text.splitlines(), ""]).encode()


def own(
    number: int = 1,
    *,
    to: str = "Bob Client <bob@client.example>",
    cc: str | None = None,
    subject: str = "Re: Question about the offer",
    text: str = "Dear Bob,\n\nuntil the end of April.\n\nAnn\n",
    at: datetime = MONDAY + timedelta(hours=1),
    answers: str | None = None,
    sender: str = f"Ann Example <{ME}>",
    fields: Sequence[str] = (),
) -> bytes:
    """The owner's own mail as another program filed it in Sent: no trace of any border."""
    head = _letter_head(sender, to, cc, subject, answers, format_datetime(at), f"<own.{number}@example.org>")
    return "\r\n".join([*head, *fields, "", *text.splitlines(), ""]).encode()


def letter_id(number: int = 1, domain: str = "client.example") -> str:
    """The Message-ID of `mail(number)`."""
    return f"<letter.{number}@{domain}>"


def _letter_head(
    sender: str, to: str, cc: str | None, subject: str, answers: str | None, stamp: str, message_id: str
) -> list[str]:
    head = [f"From: {sender}", f"To: {to}", f"Subject: {subject}", f"Date: {stamp}", f"Message-ID: {message_id}"]
    if cc is not None:
        head.append(f"Cc: {cc}")
    if answers is not None:
        head += [f"In-Reply-To: {answers}", f"References: {answers}"]
    return [*head, "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"]


class HereParser(Parser):
    """Reads mail in this process; a mail whose bytes are in `deadly` fails the batch."""

    def __init__(self) -> None:
        super().__init__()
        self.deadly: set[bytes] = set()

    async def start(self, *, language: bool = False) -> None:
        """There is no worker to wait for."""

    async def parse_many(self, raws: Sequence[bytes | Spool], *, language: bool = False) -> list[Parsed]:
        whole = [raw if isinstance(raw, bytes) else b"".join(raw.pieces()) for raw in raws]
        if self.deadly & set(whole):
            raise RuntimeError("the parser broke")
        return [parsed(raw, language=False) for raw in whole]


@dataclass
class FakeMailbox:
    """An account whose Sent brings `news` when it is asked for, once; `broken` is raised instead."""

    news: list[Batch] = field(default_factory=list)
    filed: list[bytes] = field(default_factory=list)
    filed_at: list[datetime] = field(default_factory=list)
    found: set[str] = field(default_factory=set)
    broken: Exception | None = None
    asked: int = 0

    @property
    def status(self) -> MailboxStatus:
        return MailboxStatus(MailboxState.WATCHING)

    async def watch(self, known: KnownFolders) -> AsyncGenerator[Batch, None]:
        for batch in list[Batch]():
            yield batch

    async def catch_up(self, known: KnownFolders) -> AsyncGenerator[Batch, None]:
        for batch in list[Batch]():
            yield batch

    async def refresh_sent(self, known: KnownFolders) -> AsyncGenerator[Batch, None]:
        self.asked += 1
        if self.broken is not None:
            raise self.broken
        while self.news:
            yield self.news.pop(0)

    async def find_sent(self, message_id: str) -> bool:
        if self.broken is not None:
            raise self.broken
        return message_id in self.found

    async def file_sent(self, raw: bytes, sent_at: datetime) -> None:
        if self.broken is not None:
            raise self.broken
        self.filed.append(raw)
        self.filed_at.append(sent_at)

    def try_again(self, *, let_in_at: datetime) -> None:
        del let_in_at

    async def close(self) -> None:
        return


@dataclass
class FakeTransport:
    """A submission server that says `says` of each mail, in turn (the last one for good), after walking the steps."""

    says: list[Delivery | Exception] = field(default_factory=lambda: [Sent("250 ok")])
    sent: list[Outgoing] = field(default_factory=list)
    walk: Sequence[str] = ("connect", "mail", "rcpt", "data", "body")
    dies_at: str | None = None
    before: Any = None
    warm: bool = False
    walked: list[str] = field(default_factory=list)

    async def send(self, item: Outgoing, step: StepRecorder) -> Delivery:
        if self.before is not None:
            self.before()
        for each in self.walk:
            await step(each)
            self.walked.append(each)
            if each == self.dies_at:
                raise CrashError(each)
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(said, Exception):
            raise said
        if isinstance(said, Sent):
            self.sent.append(item)
        return said

    async def close(self) -> None:
        return


class CrashError(BaseException):
    """The process died here."""


class House:
    """One home, from the arrival of a mail to what left, with everything in between real but the two doors."""

    def __init__(self, folder: Path, clock: FakeClock | None = None, **acknowledge: Any) -> None:
        self.folder = folder
        self.clock = clock or FakeClock(MONDAY)
        self.mailbox, self.transport, self.parser = FakeMailbox(), FakeTransport(), HereParser()
        self._uids: dict[str, int] = {}
        self._settings = acknowledge
        self._open()

    def _open(self) -> None:
        settings = config(self.folder, **self._settings)
        self.household: Household = assemble(settings, fresh_database(settings.database), clock=self.clock)
        self.ingest = Ingest(self.household, self.parser)
        office = deliver.Office(self.mailbox, self.transport, self.clock)
        self.deliver = Deliver(self.household, self.ingest, {"main": office})

    def close(self) -> None:
        self.household.close()

    async def restart(self) -> None:
        """End this process and begin another on the same home."""
        self.close()
        self._open()
        await self.deliver.recover()

    def change(self, **acknowledge: Any) -> None:
        """Other settings from now on, as after an edit of config.toml."""
        self._settings |= acknowledge
        self.household.config = config(self.folder, **self._settings)

    # -- what happens to it

    def batch(
        self,
        *raws: bytes,
        folder: str = "INBOX",
        live: bool = True,
        received_at: datetime | None = None,
        flags: Sequence[str] = (),
    ) -> Batch:
        """What the mailbox would hand over for these mails; `received_at` is INTERNALDATE, now if not given."""
        first = self._uids.get(folder, 0) + 1
        self._uids[folder] = first + len(raws) - 1
        at = received_at or self.clock.now()
        arrivals = tuple(Arrival(first + i, at, frozenset(flags), raw) for i, raw in enumerate(raws))
        position = Position(7, first + len(raws), baseline=1, checked_at=self.clock.now())
        return Batch("main", folder, ROLES.get(folder, FolderRole.OTHER), position, arrivals, live)

    async def arrive(self, *raws: bytes, **how: Any) -> Taken:
        """These mails come; keywords as `batch`."""
        return await self.ingest.take(self.batch(*raws, **how))

    async def know(self, address: str = "Bob Client <bob@client.example>") -> None:
        """The owner wrote to this person long ago."""
        long_ago = MONDAY - timedelta(days=200)
        raw = own(900 + self._uids.get("Sent", 0), to=address, subject="Welcome aboard", at=long_ago)
        await self.arrive(raw, folder="Sent", live=False, received_at=long_ago)

    async def pass_time(self, **by: float) -> None:
        """Let time pass, and do what is due."""
        self.clock.advance(timedelta(**by))
        await self.deliver.run_once()

    async def crash(self) -> None:
        """Send what is due, and die where the transport says; then start again."""
        with suppress(CrashError):
            await self.deliver.run_once()
        await self.restart()

    async def sweep(self) -> int:
        return await sweep(self.household)

    async def refresh_brings(self, *raws: bytes) -> None:
        """The next look at Sent finds these."""
        self.mailbox.news.append(self.batch(*raws, folder="Sent"))

    # -- what can be seen of it

    def messages(self) -> list[views.MessageRow]:
        """Oldest row first."""
        return sorted(self.household.database.reading(views.newest), key=lambda row: row.id)

    def promises(self) -> list[views.PromiseRow]:
        """Oldest row first."""
        return sorted(self.household.database.reading(views.promises), key=lambda row: row.id)

    def promise(self) -> views.PromiseRow:
        """The only one."""
        (only,) = self.promises()
        return only

    def outbox(self) -> list[views.OutboxRow]:
        """Oldest row first."""
        return sorted(self.household.database.reading(views.outbox), key=lambda row: row.id)

    def item(self) -> views.OutboxRow:
        """The only one."""
        (only,) = self.outbox()
        return only

    def contacts(self) -> list[str]:
        return sorted(row.name for row in self.household.database.reading(views.contacts))

    def alarms(self) -> list[str]:
        return [alarm.kind for alarm in self.household.database.reading(home.alarms)]

    def story(self, row: int) -> Any:
        return self.household.database.reading(lambda connection: views.decision(connection, row))

    def events(self, promise: int) -> list[str]:
        return [step.event for step in self.household.database.reading(lambda c: views.promise_story(c, promise))]

    async def position(self, folder: str = "INBOX") -> Position | None:
        return await Known(self.household).position("main", folder)

    def mail_id(self) -> str:
        """The Message-ID of the only acknowledgement."""
        found = self.household.database.reading(lambda connection: outbox.by_id(connection, self.item().id))
        assert found is not None
        return found.mail_id

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of a query, for what no view shows."""
        with self.household.database.read() as connection:
            return [tuple(row) for row in connection.execute(sql, values)]


def moved(batch: Batch, **changes: Any) -> Batch:
    """The same batch with some fields changed."""
    return replace(batch, **changes)


@contextmanager
def held_by_another(house: House) -> Iterator[None]:
    """Meanwhile another process holds the database, and nobody waits for it."""
    with closing(sqlite3.connect(house.household.config.database, isolation_level=None)) as elsewhere:
        elsewhere.execute("BEGIN IMMEDIATE")
        house.ask("PRAGMA busy_timeout = 0")
        yield
        house.ask("PRAGMA busy_timeout = 30000")


@contextmanager
def no_room_for_an_alarm(house: House) -> Iterator[None]:
    """Meanwhile the disk is full, as whoever raises an alarm will find."""
    database = house.household.database
    ((pages,),) = house.ask("PRAGMA page_count")
    house.ask(f"PRAGMA max_page_count = {pages}")
    for size in (300, 1):
        with suppress(TransientError):
            for number in range(10_000):
                with database.write() as connection:
                    home.raise_alarm(connection, "filler", f"{number:{size}}", now=house.clock.now())
    database.hindered = None
    yield
    house.ask("PRAGMA max_page_count = 1073741823")
    database.hindered = None
