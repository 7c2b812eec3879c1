"""A home, its daemon and the servers of its mailboxes in one process, and the invariants that hold after any fault.

I1 the home holds what the servers hold; I2 no mail is acknowledged twice, and what is not acknowledged has its reason
on record; I3 nothing on the servers was touched; I4 the database and its index are sound; I5 threads and descriptors
are given back; I6 no log names a secret; I7 nothing spins.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import io
import logging
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from inboxcrm import daemon
from inboxcrm.bootstrap import rule_book, template_set
from inboxcrm.cli.logs import JsonFormatter
from inboxcrm.config import Config, MailboxConfig, PasswordSource, Security, Server
from inboxcrm.daemon import Daemon
from inboxcrm.imap.account import Timing
from inboxcrm.imap.opening import Limits
from inboxcrm.imap.watcher import ImapMailbox
from inboxcrm.ports import MailboxState, MailboxStatus
from inboxcrm.render import TemplateSet
from inboxcrm.rulebook import RuleBook
from inboxcrm.service.deliver import Deliver, Office
from inboxcrm.service.household import Household
from inboxcrm.service.ingest import Ingest
from inboxcrm.service.notify import Notify
from inboxcrm.smtp import Patience, SmtpTransport
from inboxcrm.testing.imap_folders import Watcher
from inboxcrm.testing.imap_server import Account, MailServer
from inboxcrm.testing.smtp_server import SubmissionServer
from tests.faults.fast import FastClock, loop
from tests.fresh import fresh_database
from tests.servers.proxy import FaultProxy
from tests.service.house import BORDER, HereParser, config, mail

T = TypeVar("T")

PASSWORD = "a secret that no log may hold"
WORDS = "a sentence that no log may hold"

LIMITS = Limits(connect=0.5, login=0.5, command=0.5, fetch=0.5, done=0.5, logout=0.2, literal=2_000_000, piece=16_384)
"""Real seconds: these are kept by threads."""

TIMING = Timing(close_after=30.0)
PATIENCE = Patience(connect=20, login=30, command=120, final=600)
SLOWER = {
    "LOOK": timedelta(seconds=20),
    "STATUS": timedelta(seconds=20),
    "SWEEP": timedelta(minutes=5),
    "MEMORY": timedelta(minutes=5),
}
"""How often the daemon looks without a reason: much less than in earnest, since that is most of an idle hour's work."""

HOURS = 12
"""Simulated hours within which what is waited for must come: retries pause up to six."""


@dataclass
class Place:
    """One mailbox: its two servers, and the wires between them and the home."""

    name: str
    mail: MailServer
    sink: SubmissionServer
    imap: FaultProxy
    smtp: FaultProxy

    @property
    def account(self) -> Account:
        return self.mail.account("ann")

    def config(self) -> MailboxConfig:
        return MailboxConfig(
            name=self.name,
            imap=Server(self.imap.host, self.imap.port, Security.NONE),
            smtp=Server(self.smtp.host, self.smtp.port, Security.NONE),
            user="ann",
            password=PasswordSource(env="UNUSED"),
            trusted_authserv_ids=(BORDER,),
            border_hosts=(BORDER,),
        )


class World:
    """`async with World(folder) as world:`, on a FastLoop. The invariants are asserted where the block ends well.

    `share`: another home on the mailboxes of that world.
    """

    def __init__(
        self,
        folder: Path,
        *,
        names: Sequence[str] = ("main",),
        without: Sequence[str] = (),
        limits: Limits = LIMITS,
        timing: Timing = TIMING,
        share: World | None = None,
        **acknowledge: Any,
    ) -> None:
        self.folder = folder
        self.places: dict[str, Place] = {} if share is None else share.places
        self.clock: FastClock = FastClock() if share is None else share.clock
        self._names = names
        self._shared = share is not None
        self._without = without
        self._limits = limits
        self._timing = timing
        self._acknowledge = {"grace": _NOTHING, "grace_closed": _NOTHING} | acknowledge
        self._stack = AsyncExitStack()
        self._running = AsyncExitStack()
        self._log = io.StringIO()
        self._numbers = 0
        self._before = _held()

    @property
    def main(self) -> Place:
        return self.places[self._names[0]]

    # -- life

    async def __aenter__(self) -> Self:
        handler = logging.StreamHandler(self._log)
        handler.setFormatter(JsonFormatter())
        logger = logging.getLogger("inboxcrm")
        level = logger.level
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        self._stack.callback(logger.setLevel, level)
        self._stack.callback(logger.removeHandler, handler)
        for name, every in SLOWER.items():
            self._stack.callback(setattr, daemon, name, getattr(daemon, name))
            setattr(daemon, name, every)
        for name in () if self.places else self._names:
            server = await self._stack.enter_async_context(MailServer(clock=self.clock, without=self._without))
            server.account("ann", PASSWORD)
            sink = await self._stack.enter_async_context(
                SubmissionServer(clock=self.clock, user="ann", password=PASSWORD)
            )
            imap = await self._stack.enter_async_context(FaultProxy(server.port))
            smtp = await self._stack.enter_async_context(FaultProxy(sink.port))
            self.places[name] = Place(name, server, sink, imap, smtp)
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                await self.settled()
                await self.quiet()
                await self.stop()
                self.check()
        finally:
            await self.stop()
            await self._stack.aclose()
        if kind is None and not self._shared:  # what the other world opens meanwhile is no leak of ours
            await self.nothing_is_left()

    async def start(self) -> None:
        """Start the daemon on the home, and wait until every mailbox is watched."""
        self.house = _household(self.config(), self.clock)
        self.daemon = await self._running.enter_async_context(self._daemon(self.house))
        await self.until(self._all_watched, "a mailbox is not watched")

    async def stop(self) -> None:
        """End the daemon as SIGTERM does."""
        await self._running.aclose()
        self._running = AsyncExitStack()

    def config(self) -> Config:
        """Everything is acknowledged at once."""
        places = tuple(place.config() for place in self.places.values())
        return replace(config(self.folder, **self._acknowledge), mailboxes=places)

    @asynccontextmanager
    async def _daemon(self, house: Household) -> AsyncIterator[Daemon]:
        parser = HereParser()
        ingest = Ingest(house, parser)
        offices = {place.name: self._office(place) for place in self.places.values()}
        running = Daemon(house, ingest, Deliver(house, ingest, offices), offices, Notify(house, {}), _no_calendar)
        self._task = task = asyncio.create_task(running.run(), name="daemon")
        try:
            yield running
        finally:
            running.stop()
            await task
            for office in offices.values():
                await office.mailbox.close()
                await office.transport.close()
            house.close()

    def _office(self, place: Place) -> Office:
        settings = place.config()
        return Office(
            ImapMailbox(settings, lambda: PASSWORD, self.clock, timing=self._timing, limits=self._limits),
            SmtpTransport(
                settings.smtp,
                user="ann",
                password=lambda: PASSWORD,
                account_address="ann@example.org",
                patience=PATIENCE,
            ),
            self.clock,
        )

    # -- what happens

    def letter(self, *, sender: str | None = None, **how: Any) -> bytes:
        """A mail of somebody new as it comes through the border now, with its own Message-ID and subject."""
        self._numbers += 1
        sender = sender or f"Person {self._numbers} <person@client{self._numbers}.example>"
        how = {"subject": f"Question {self._numbers}", "text": f"Dear Ann,\n\n{WORDS}?\n"} | how
        return mail(self._numbers, sender=sender, at=self.clock.now(), **how)

    def post(self, raw: bytes | None = None, *, at: str | None = None, **how: Any) -> bytes:
        """A mail arrives at a mailbox (the first, if none is named); answers its octets."""
        raw = raw or self.letter(**how)
        self.places[at or self._names[0]].account.folder("INBOX").append(raw)
        return raw

    async def answered(self, raw: bytes, *, at: str | None = None) -> None:
        """Wait until this mail's acknowledgement was accepted."""
        place, wanted = self.places[at or self._names[0]], message_id(raw)
        await self.until(lambda: answers(place)[wanted] > 0, f"{wanted} was not acknowledged")

    async def until(self, true: Callable[[], object], otherwise: str, *, hours: float = HOURS) -> None:
        """Wait on simulated time; HOURS of it, and a minute of processor time at most."""
        end, real, step = loop().time() + hours * 3600, time.process_time() + 60, 0.02
        while not true():
            if self._task.done():
                await self._task
            assert loop().time() < end, self._what_it_says(otherwise)
            assert time.process_time() < real, self._what_it_says(otherwise)
            await asyncio.sleep(step)
            step = min(30.0, step * 1.1)

    def _what_it_says(self, otherwise: str) -> str:
        return f"{otherwise}\n{self._log.getvalue()[-3000:]}"

    def status(self, name: str | None = None) -> MailboxState:
        """How a mailbox fares."""
        return self.told(name).state

    def told(self, name: str | None = None) -> MailboxStatus:
        """What is told of a mailbox."""
        return self.daemon._offices[name or self._names[0]].mailbox.status

    async def idling(self) -> set[Watcher]:
        """Wait until the first mailbox waits for news; answers the server's ends of the connections that do."""
        inbox = self.main.account.folder("INBOX")
        await self.until(lambda: any(one.idling for one in inbox.watchers), "nobody idles")
        return {one for one in inbox.watchers if one.idling}

    async def opened_anew(self, dead: set[Watcher], *, hours: float) -> None:
        """Wait until none of these connections is used any more."""
        inbox = self.main.account.folder("INBOX")
        await self.until(lambda: not dead & inbox.watchers, "the dead connection was kept", hours=hours)

    def said(self, event: str) -> int:
        """How often the log has told of this."""
        return self._log.getvalue().count(f'"event": "{event}"')

    def _all_watched(self) -> bool:
        return all(self.status(name) is MailboxState.WATCHING for name in self._names) and not any(
            self.daemon.backlogs().values()
        )

    async def settled(self) -> None:
        """Wait until the home holds what the servers hold, and nothing waits to leave."""
        await self.until(lambda: all(map(self.agrees, self.places.values())), "home and server do not agree")
        await self.until(lambda: not self.ask(_WAITING), "something still waits to leave")
        await self.until(self._all_watched, "a mailbox is not watched")

    # -- what holds

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a question."""
        return self.house.database.reading(lambda connection: [tuple(row) for row in connection.execute(sql, values)])

    def agrees(self, place: Place) -> bool:
        """I1: whether the home holds what the server holds: in each folder, under each number, with its flags."""
        mine: dict[str, Held] = {}
        for folder, validity, uid, fingerprint, flags in self.ask(_PLACES, place.name):
            there = mine.setdefault(folder, (validity, {}))[1]
            if uid is not None:
                there[uid] = (fingerprint, frozenset(flags.split()))
        return all(mine.get(name) == held(place, name) for name in ("INBOX", "Sent", *mine) if place.account.find(name))

    def check(self) -> None:
        """Assert I2, I3, I4 and I6, with the daemon at its end; I1 and I7 were waited for."""
        with sqlite3.connect(self.folder / "inboxcrm.db") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            connection.execute("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")
            outbox = connection.execute("SELECT mail_id, state, reply FROM outbox").fetchall()
            inbound = connection.execute("SELECT message_id FROM messages WHERE direction = 'in'").fetchall()
        connection.close()
        accepted = Counter(message_id(each.raw) for place in self.places.values() for each in place.sink.accepted)
        for mail_id, state, reply in outbox:
            allowed = {"sent": (1,), "unknown": (0, 1)}.get(state, (0,))
            assert accepted[mail_id] in allowed, (mail_id, state, accepted[mail_id])
            assert state in ("sent", "awaiting") or reply, (mail_id, state)
        told = sum((answers(place) for place in self.places.values()), Counter[str]())
        assert all(count <= 1 for count in told.values()), told
        assert set(told) <= {name or "" for (name,) in inbound} | {""}  # who gave no valid id is answered without it
        for place in self.places.values():
            traffic = place.mail.traffic
            assert (traffic.flag_changes, traffic.unpeeked, traffic.writable) == (0, 0, 0)
        log = self._log.getvalue()
        assert PASSWORD not in log
        assert WORDS not in log

    async def quiet(self, seconds: int = 10) -> None:
        """I7: nothing spins in the ten seconds that follow."""
        turns = loop().turns
        for _ in range(seconds):
            await asyncio.sleep(1)
        assert loop().turns - turns < 500 * seconds, "the loop spins"

    async def nothing_is_left(self) -> None:
        """I5: as many threads and descriptors as before."""
        gc.collect()
        await self.until(lambda: not _held() - self._before, f"left behind: {_held() - self._before}")


_NOTHING = timedelta(0)
_WAITING = "SELECT 1 FROM outbox WHERE state IN ('held', 'queued', 'sending') LIMIT 1"
_PLACES = """
SELECT folders.name, folders.uid_validity, locations.uid, messages.fingerprint, locations.flags
FROM folders
JOIN mailboxes ON mailboxes.id = folders.mailbox_id
LEFT JOIN locations ON locations.folder_id = folders.id AND locations.uid_validity = folders.uid_validity
LEFT JOIN messages ON messages.id = locations.message_id
WHERE mailboxes.name = ?
"""

Held = tuple[int, dict[int, tuple[bytes, frozenset[str]]]]
"""A folder's UIDVALIDITY, and the fingerprint and the flags of each mail by its UID."""


def held(place: Place, folder: str) -> Held:
    """What the server holds."""
    there = place.account.folder(folder)
    return there.uid_validity, {one.uid: (hashlib.sha256(one.raw).digest(), one.flags) for one in there.messages}


def answers(place: Place) -> Counter[str]:
    """By Message-ID of the mail answered, how many automatic mails the server accepted."""
    return Counter(_field(each.raw, b"In-Reply-To") for each in place.sink.accepted)


def message_id(raw: bytes) -> str:
    """The Message-ID of finished bytes."""
    return _field(raw, b"Message-ID")


def _field(raw: bytes, name: bytes) -> str:
    head = raw.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ")
    found = next((line for line in head.split(b"\r\n") if line.lower().startswith(name.lower() + b":")), b":")
    return found.partition(b":")[2].strip().decode("ascii", "replace")


def _held() -> Counter[str]:
    """Threads by name and descriptors by what they are; asyncio's own threads live as long as their loop."""
    threads = Counter(each.name for each in threading.enumerate() if not each.name.startswith("asyncio_"))
    descriptors = Path("/proc/self/fd")
    return threads + Counter(_target(each) for each in (descriptors.iterdir() if descriptors.exists() else ()))


def _target(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink()).partition(":")[0]
    except OSError:
        return "gone"


async def _no_calendar(*_: Any) -> bytes:
    return b""


def _household(settings: Config, clock: FastClock) -> Household:
    """A household whose shipped texts and rules are read once per process."""
    return Household(
        config=settings,
        database=fresh_database(settings.database),
        clock=clock,
        load_templates=lambda: _shipped()[0],
        load_rules=lambda *_: _shipped()[1],
    )


@cache
def _shipped() -> tuple[TemplateSet, RuleBook]:
    plain = config(Path("/nonexistent"))
    texts = template_set(plain)
    return texts, rule_book(plain, texts)
