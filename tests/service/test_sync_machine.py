"""Whatever happens on a server, in whatever order, and whenever the process dies: record and server agree in the end.

The real store, the real sync and a server in this process. Other programs deliver, move, copy, delete, mark and rename
between two looks and in the middle of one; the server renumbers, takes numbers back, forgets and hangs up.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Coroutine
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from inboxcrm.errors import InboxcrmError
from inboxcrm.imap.account import Timing
from inboxcrm.imap.watcher import ImapMailbox
from inboxcrm.ports import Clock
from inboxcrm.service.ingest import Known
from inboxcrm.spool import fingerprint
from inboxcrm.testing.clock import FakeClock
from inboxcrm.testing.imap_faults import Exchange
from inboxcrm.testing.imap_profiles import DOVECOT, EXCHANGE, FASTMAIL, Profile
from inboxcrm.testing.imap_server import Account, Folder, MailServer
from tests.imap.record import configured
from tests.service.house import House, mail

EXAMPLES = int(os.environ.get("INBOXCRM_EXAMPLES", "0"))
"""How many stories are played when one asks for it; else few, and the same ones each time."""

# Whose time is up in the midst of a story fails in it, does not when it is played again, and is called flaky for that.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300 + 60 * EXAMPLES)]

MEMORY = Path("/dev/shm")  # where there is one: every commit waits for the disk

SERVERS = (
    DOVECOT,
    Profile("without QRESYNC", without=frozenset({"QRESYNC"})),
    Profile("without CONDSTORE", without=frozenset({"CONDSTORE"})),
    FASTMAIL,
    EXCHANGE,
)
CONFIGURED = "Clients"
FLAGS = ("\\Flagged", "\\Seen", "$Label1")
MINUTE = timedelta(minutes=1)
PATIENCE = 100.0
"""Seconds after which a look that brings nothing more is taken to have no end."""

MOST_GLANCES = 5000
"""How often is looked whether all is read, a fiftieth of a second apart or more: who is stopped does not look."""


ONE_LOOK = Timing(close_after=0.0)
WATCHING = Timing(idle=0.2, poll=0.2, others=0.1, without_idle=0.05, changes=0.05, proven_after=0.0)


@dataclass(frozen=True, slots=True)
class _Moving:
    """The time that people set, and a counter that runs."""

    wall: FakeClock

    def now(self) -> datetime:
        return self.wall.now()

    def monotonic(self) -> float:
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class Mishap:
    """What happens at the `at`th command of a look, counted from where the last one happened."""

    at: int
    what: str
    seed: int


MEDDLING = ("deliver", "move", "copy", "expunge", "mark", "renumber")
DEEDS = (*MEDDLING, "put_away", "rename", "make_anew")
FAILING = ("hang up", "say nothing", "refuse", "no search", "empty bodies")
MISHAPS = st.builds(
    Mishap, st.integers(0, 12), st.sampled_from(MEDDLING + FAILING), st.integers(min_value=0, max_value=1000)
)


class SyncMachine(RuleBasedStateMachine):
    """One account and one home; a clock that people set."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.loop = asyncio.Runner()
        self.house = House(self.folder)
        self.number = 0
        self.mishaps: list[Mishap] = []
        self.old: set[bytes] = set()
        self.fresh: set[bytes] = set()
        self.seen: set[bytes] = set()
        self.began = False

    def teardown(self) -> None:
        self.wait(self.close())
        self.loop.close()
        self.house.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run(work)

    async def close(self) -> None:
        await self.mailbox.close()
        await self.server.stop()

    @initialize(profile=st.sampled_from(SERVERS), old=st.integers(0, 8))
    def open(self, profile: Profile, old: int) -> None:
        self.server = MailServer(clock=self.house.clock, profile=profile)
        self.counts = "CONDSTORE" not in profile.without
        self.account: Account = self.server.account("ann", "secret")
        self.account.folder(CONFIGURED)
        self.sent = self.account.used_for("\\Sent").name
        self.archive = self.account.used_for("\\Archive").name
        self.wait(self.server.start())
        self.mailbox = self.new_mailbox()
        for _ in range(old):
            self.old.add(self.post(self.account.folder("INBOX"), ago=timedelta(days=1)))

    def new_mailbox(self, clock: Clock | None = None, *, timing: Timing = ONE_LOOK) -> ImapMailbox:
        folders = (CONFIGURED, f"sent={self.sent}", self.archive)
        return ImapMailbox(
            configured(self.server.host, self.server.port, folders=folders),
            lambda: "secret",
            clock or self.house.clock,
            timing=timing,
        )

    # -- what other programs do

    def post(self, folder: Folder, *, ago: timedelta = timedelta(0), own_id: bool = False) -> bytes:
        self.number += 1
        at = self.house.clock.now() - ago
        text = f"Dear Ann,\n\nthis is letter {self.number}.\n" + "Yes.\n" * (self.number % 7)
        same_id = "<always.the.same@client.example>" if self.number % 5 == 0 and not own_id else None
        raw = mail(self.number, text=text, at=at, message_id=same_id, subject=f"Question {self.number}")
        return folder.append(raw, received_at=at).raw

    def pick(self, seed: int) -> tuple[Folder, int] | None:
        """Some message."""
        places = [(folder, uid) for folder in self.watched() for uid in folder.uids]
        return places[seed % len(places)] if places else None

    def watched(self) -> list[Folder]:
        return [self.account.folder("INBOX"), *(one for one in self.account if one.name in self.names())]

    def names(self) -> set[str]:
        return {self.sent, self.archive, *(one.name for one in self.account if one.name.startswith(CONFIGURED))}

    def deliver(self, seed: int) -> None:
        for _ in range(seed % 4 + 1):
            raw = self.post(self.account.folder("INBOX"))
            if self.began:
                self.fresh.add(raw)

    def put_away(self, seed: int) -> None:
        """Mail that came long ago turns up elsewhere."""
        places = self.watched()[1:]
        for _ in range(seed % 3 + 1):
            self.old.add(self.post(places[seed % len(places)], ago=timedelta(days=2)))

    def move(self, seed: int) -> None:
        found = self.pick(seed)
        self.copy(seed)
        if found is not None:
            found[0].expunge([found[1]])

    def copy(self, seed: int) -> None:
        found = self.pick(seed)
        others = [one for one in self.watched() if found is not None and one is not found[0]]
        if found is not None and others:
            message = found[0].get(found[1])
            assert message is not None
            others[seed % len(others)].append(message.raw, received_at=message.received_at, flags=message.flags)

    def expunge(self, seed: int) -> None:
        if found := self.pick(seed):
            found[0].expunge([found[1]])

    def mark(self, seed: int) -> None:
        if found := self.pick(seed):
            found[0].set_flags(found[1], [FLAGS[seed % len(FLAGS)]])

    def renumber(self, seed: int) -> None:
        self.watched()[seed % len(self.watched())].reset_uid_validity()

    def rename(self, seed: int) -> None:
        now = next(one.name for one in self.account if one.name.startswith(CONFIGURED))
        self.account.rename(now, f"{CONFIGURED} {seed}")

    def make_anew(self, seed: int) -> None:
        """The archive is deleted, and there is another one under its name."""
        use = self.account.folder(self.archive).special_use
        self.account.delete(self.archive)
        self.house.clock.advance((seed % 3 + 1) * MINUTE)
        self.account.folder(self.archive).special_use = use

    @rule(deeds=st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 1000)), min_size=1, max_size=4))
    def others_do(self, deeds: list[tuple[str, int]]) -> None:
        """What other programs do between two looks."""

        async def do() -> None:
            for deed, seed in deeds:
                getattr(self, deed)(seed)

        self.wait(do())

    @rule(seed=st.integers(0, 1000), come=st.integers(0, 4))
    def put_back(self, seed: int, come: int) -> None:
        """A server put back from its backup: the last mails are gone, and their numbers are given away again, before
        that is seen or after it. To mail with an id of its own: whose number and Message-ID are another's, and whose
        size the server only estimates, is taken for that other.
        """

        async def do() -> None:
            folder = self.watched()[seed % len(self.watched())]
            folder.expunge(folder.uids[-(seed % 3 + 1) :])
            folder.uid_next = max(folder.uids, default=0) + 1
            for _ in range(come):
                if folder.name != "INBOX":
                    self.old.add(self.post(folder, ago=timedelta(days=2), own_id=True))
                    continue
                raw = self.post(folder, own_id=True)
                if self.began:
                    self.fresh.add(raw)
            await self._restart()
            await self._read()

        self.wait(do())

    # -- what this program does

    @rule(minutes=st.integers(1, 14))
    def pass_time(self, minutes: int) -> None:
        self.house.clock.advance(minutes * MINUTE)

    @rule()
    def restart(self) -> None:
        self.wait(self._restart())

    async def _restart(self) -> None:
        await self.mailbox.close()
        await self.house.restart()
        self.mailbox = self.new_mailbox()

    @rule(mishaps=st.lists(MISHAPS, max_size=3), dies_after=st.none() | st.integers(0, 6), on_record=st.booleans())
    def look(self, mishaps: list[Mishap], dies_after: int | None, on_record: bool) -> None:
        """Read what there is, while this and that happens; it may die before or after a commit."""
        self.mishaps = list(mishaps)
        self.server.faults["*"] = self.meddle
        with suppress(InboxcrmError):
            self.wait(self._read(dies_after=dies_after, on_record=on_record))
        self.server.faults.pop("*", None)
        self.mishaps = []

    @precondition(lambda _: EXAMPLES > 0)  # it takes the time that a watch takes
    @rule(deeds=st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 1000)), min_size=1, max_size=6))
    def watch(self, deeds: list[tuple[str, int]]) -> None:
        """What other programs do while the mailbox is watched is read without a question."""
        self.wait(self._watch(deeds))

    async def _watch(self, deeds: list[tuple[str, int]]) -> None:
        await self.mailbox.close()
        self.mailbox = self.new_mailbox(_Moving(self.house.clock), timing=WATCHING)
        reading = asyncio.create_task(self._take_all(self.mailbox.watch(Known(self.house.household))))
        try:
            for deed, seed in deeds:
                await asyncio.sleep(seed % 5 / 50)
                getattr(self, deed)(seed)
            for _ in range(MOST_GLANCES):
                if not (behind := self.behind()):
                    break
                await asyncio.sleep(0.02)
                assert not reading.done()
            else:
                pytest.fail(f"not read: {', '.join(behind)}; the mailbox says {self.mailbox.status}")
        finally:
            reading.cancel()
            await asyncio.wait([reading])
            await self._restart()

    def behind(self) -> list[str]:
        """The folders of which another is on record than is there."""
        return [one.name for one in self.read_now() if not self.agrees(one, flags=self.counts)]

    def agrees(self, folder: Folder, *, flags: bool = True) -> bool:
        ours = self.on_record(folder)
        theirs = {one.uid: (fingerprint(one.raw), one.flags) for one in folder.messages}
        if not flags:  # a server that counts no changes is asked about them when something else has changed
            return {uid: mark for uid, (mark, _) in ours.items()} == {uid: mark for uid, (mark, _) in theirs.items()}
        return ours == theirs

    @rule()
    def look_into_sent(self) -> None:
        with suppress(InboxcrmError):
            self.wait(self._take_all(self.mailbox.refresh_sent(Known(self.house.household))))

    async def _read(self, *, dies_after: int | None = None, on_record: bool = True) -> None:
        stream = cast("Any", self.mailbox.catch_up(Known(self.house.household)))
        async with asyncio.timeout(PATIENCE), aclosing(stream):
            count = 0
            async for batch in stream:
                if count == dies_after and not on_record:
                    return
                await self.house.ingest.take(batch)
                if count == dies_after:
                    return
                count += 1

    async def _take_all(self, stream: Any) -> None:
        async with aclosing(stream):
            async for batch in stream:
                await self.house.ingest.take(batch)

    async def meddle(self, exchange: Exchange) -> bool:
        """At each command of a look: what was plotted for it happens."""
        if not self.mishaps or exchange.command is None:
            return False
        mishap = self.mishaps[0]
        if mishap.at > 0:
            self.mishaps[0] = Mishap(mishap.at - 1, mishap.what, mishap.seed)
            return False
        if mishap.what in MEDDLING:
            self.mishaps.pop(0)
            getattr(self, mishap.what)(mishap.seed)
            return False
        return await self._fail(exchange, mishap.what)

    async def _fail(self, exchange: Exchange, what: str) -> bool:
        assert exchange.command is not None
        name, line = exchange.command.name, self.server.traffic.lines[-1]
        told = {
            "hang up": True,
            "say nothing": name == "UID FETCH",
            "refuse": name == "UID FETCH",
            "no search": name == "UID SEARCH",
            "empty bodies": b"BODY.PEEK[]" in line,
        }
        if not told[what]:
            return False
        self.mishaps.pop(0)
        if what == "hang up":
            exchange.abort()
        elif what == "refuse":
            await exchange.send(exchange.tag + b" NO [SERVERBUG] cannot do that now\r\n")
        elif what == "empty bodies":
            uid = int(exchange.command.text(0).split(b":")[0].split(b",")[0])
            await exchange.send(
                b'* 1 FETCH (UID %d FLAGS () RFC822.SIZE 5 BODY[] "")\r\n' % uid + exchange.tag + b" OK\r\n"
            )
        else:
            await exchange.send(exchange.tag + b" OK\r\n")
        return True

    # -- what must be so

    @rule()
    def all_is_well(self) -> None:
        """With nothing in the way, after a restart, three looks tell everything."""
        self.wait(self._restart())
        for _ in range(3):
            self.house.clock.advance(11 * MINUTE)
            self.wait(self._read())
        self.began = True
        there = self.read_now()
        for folder in there:
            assert self.agrees(folder), folder.name
            self.seen |= {one.raw for one in folder.messages}
        self.check_positions(there)
        self.check_messages()

    def read_now(self) -> list[Folder]:
        """The folders that are read, by name or use; one that was renamed is read where it is on record."""
        on_record = {"INBOX", *(name for (name,) in self.house.ask("SELECT name FROM folders"))}
        return [one for one in self.watched() if one.name in on_record]

    def on_record(self, folder: Folder) -> dict[int, tuple[bytes, frozenset[str]]]:
        rows = self.house.ask(
            f"""
            SELECT locations.uid, messages.fingerprint, locations.flags
            FROM locations JOIN messages ON messages.id = locations.message_id
            JOIN folders ON folders.id = locations.folder_id AND folders.uid_validity = locations.uid_validity
            WHERE folders.name = '{folder.name}'
            """
        )
        return {uid: (mark, frozenset(flags.split())) for uid, mark, flags in rows}

    def check_positions(self, there: list[Folder]) -> None:
        rows = self.house.ask("SELECT name, uid_validity, uid_next, backfill_below, pending FROM folders")
        told = {name: (validity, uid_next, below, pending) for name, validity, uid_next, below, pending in rows}
        for one in there:
            validity, uid_next, *left = told[one.name]
            assert (validity, left) == (one.uid_validity, [None, "[]"]), one.name
            assert max(one.uids, default=0) < uid_next <= one.uid_next, one.name
        assert self.house.ask("SELECT uid FROM quarantine") == []

    def check_messages(self) -> None:
        rows = self.house.ask(
            "SELECT messages.fingerprint, messages.origin, decisions.message_id IS NOT NULL "
            "FROM messages LEFT JOIN decisions ON decisions.message_id = messages.id"
        )
        stored = {mark: (origin, bool(decided)) for mark, origin, decided in rows}
        assert {fingerprint(raw) for raw in self.seen} <= stored.keys()
        inbox = {one.raw for one in self.account.folder("INBOX").messages}
        assert {stored[fingerprint(raw)] for raw in self.fresh & inbox} <= {("live", True)}
        acknowledged = self.house.ask(
            "SELECT messages.fingerprint FROM outbox JOIN messages ON messages.id = outbox.message_id "
            "WHERE outbox.kind = 'auto'"
        )
        marks = [mark for (mark,) in acknowledged]
        assert len(marks) == len({*marks})
        assert not {*marks} & {fingerprint(raw) for raw in self.old}


TestSync = SyncMachine.TestCase
TestSync.settings = settings(
    max_examples=EXAMPLES or 6,
    stateful_step_count=25,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
