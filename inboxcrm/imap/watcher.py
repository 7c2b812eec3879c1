"""When to look into a mailbox: at the start, when the server says so, when it says nothing, after every interruption.

Connection A idles on INBOX; connection B does everything else, and is closed when there is nothing else. What they find
goes through one outlet to one reader, live mail first; a folder's position moves when the reader comes back for more.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

from inboxcrm.config import MailboxConfig
from inboxcrm.errors import InboxcrmError, PermanentError, TransientError
from inboxcrm.imap import sent
from inboxcrm.imap.account import Account, Timing
from inboxcrm.imap.connection import Connection
from inboxcrm.imap.dialogue import News
from inboxcrm.imap.errors import CommandRefusedError, FolderMissingError, TooManyConnectionsError
from inboxcrm.imap.heartbeat import Heartbeat
from inboxcrm.imap.link import Link
from inboxcrm.imap.old_mail import IN_ORDER, LETTERS, Piece, next_piece, wishes_wait
from inboxcrm.imap.opening import Limits
from inboxcrm.imap.outlet import Outlet
from inboxcrm.imap.retries import WHOLE_ACCOUNT, Failures
from inboxcrm.imap.rounds import Rounds
from inboxcrm.imap.steps import LOOKS_OF_INBOX, FolderMemory, KeptFrom, Step
from inboxcrm.imap.sync import FolderSync
from inboxcrm.ports import Batch, Clock, Credentials, KnownFolders, MailboxState, MailboxStatus, Taken

Job = Callable[[Outlet], Awaitable[None]]

_NEVER = float("inf")
_LOOKS_AT_A_FOLDER = 3
"""How often a folder is looked at in a row, where a look asks for another."""

_AFTER_GIVING_WAY = 2.0
_WISHES_EVERY = 5.0
"""Seconds between two looks at whether somebody asked for a mail, while no old mail is read."""


class ImapMailbox:
    """The `Mailbox` port over IMAP. One per account; used on one event loop.

    `watch` and `catch_up` are not used at the same time. `refresh_sent`, `find_sent` and `file_sent` may be called
    while `watch` runs, from another task: inside the body of the loop over `watch` they could wait for that very loop.
    A first reading leaves on the server what came before `kept_from`.
    """

    def __init__(
        self,
        config: MailboxConfig,
        password: Credentials,
        clock: Clock,
        log: logging.Logger | None = None,
        *,
        timing: Timing | None = None,
        limits: Limits | None = None,
        heartbeat: Heartbeat | None = None,
        kept_from: KeptFrom = lambda: None,
        taken: Taken | None = None,
    ) -> None:
        """`taken`: what an earlier process read of a provider that gives so much in a day."""
        timing = timing or Timing()
        log = log or logging.getLogger("inboxcrm.imap")
        self._account = Account(
            config,
            password,
            clock,
            log,
            timing=timing,
            limits=limits or Limits(),
            kept_from=kept_from,
            taken=taken,
        )
        self._clock = clock
        self._heartbeat = heartbeat or Heartbeat(clock, log, every=timing.heartbeat)
        self._sent_lock = asyncio.Lock()
        self._due: set[str] = set()
        self._idle_refused_until = 0.0
        self._outlet: Outlet | None = None

    @property
    def status(self) -> MailboxStatus:
        """How the mailbox is doing now."""
        return self._account.status

    # -- the port

    def watch(self, known: KnownFolders) -> AsyncGenerator[Batch, None]:
        """Bring each folder up to date, newest first, then wait for news; reconnects by itself and never ends."""
        self._account.known = known

        async def job(outlet: Outlet) -> None:
            await self._account.look_back(known)
            async with self._heartbeat.listening(self._account.drop_all), asyncio.TaskGroup() as group:
                group.create_task(self._watch_inbox(known, outlet), name=f"imap-live-{self._account.name}")
                group.create_task(self._run_errands(known, outlet), name=f"imap-errands-{self._account.name}")

        return self._stream(job)

    def catch_up(self, known: KnownFolders) -> AsyncGenerator[Batch, None]:
        """The same, once, over one connection; raises what stopped it."""
        self._account.known = known

        async def job(outlet: Outlet) -> None:
            await self._account.look_back(known)
            async with self._account.errand():
                names = ["INBOX", *(name for name in self._account.memories if name != "INBOX")]
            for name in names:
                await self._check(name, known, outlet)
                if name == "INBOX" and (piece := await next_piece(self._account, known, [self._account.inbox])):
                    await self._read(piece, known, outlet)
            self._account.inbox_was_read()
            await self._see_what_inbox_brings(known, outlet)
            for name in names:
                while (memory := self._account.memories.get(name)) is not None and memory.unread:
                    piece = await next_piece(self._account, known, [memory])
                    if piece is None:
                        break
                    numbered = memory.position
                    await self._read(piece, known, outlet)
                    if not memory.backlog and memory.position is numbered:  # it has other numbers now
                        await self._check(name, known, outlet)

        return self._stream(job)

    async def _see_what_inbox_brings(self, known: KnownFolders, outlet: Outlet) -> None:
        """Where All Mail waits for what INBOX is to bring: both once more, until it came or is known not to come."""
        account = self._account
        for _ in range(LOOKS_OF_INBOX):
            waiting = [one.name for one in account.memories.values() if one.awaited]
            if not waiting:
                break
            await self._check("INBOX", known, outlet)
            account.inbox_was_read()
            for name in waiting:
                await self._check(name, known, outlet)

    async def refresh_sent(self, known: KnownFolders) -> AsyncGenerator[Batch, None]:
        """What came into Sent since it was last read; over the same connection, one round trip when nothing did.

        TransientError where it was numbered anew, and what the numbers stand for is still to be read.
        """
        async with self._sent_lock:
            for _ in range(_LOOKS_AT_A_FOLDER):
                steps: list[Step] = []
                async with self._account.errand() as link:
                    memory = await self._account.sent(link)
                    await self._sync(link, memory, known, _into(steps)).check()
                for step in steps:
                    async with memory.turn:
                        batch = step.batch(self._account.name, memory)
                        if batch is None:
                            continue
                        done = False
                        try:
                            yield batch
                            done = True
                        finally:
                            if not done:
                                memory.forget()
                        self._committed(memory, batch)
                if not memory.looked_again():
                    break
            if memory.renumbered:
                raise TransientError(f"{memory.name}: the server numbered it anew, and not all of it is read again")

    async def find_sent(self, message_id: str) -> bool:
        """Whether Sent, or All Mail, holds a mail with this Message-ID. FolderMissingError where neither exists."""
        return await sent.find(self._account, message_id)

    async def file_sent(self, raw: bytes, sent_at: datetime) -> None:
        """Append a copy to Sent, marked seen, unless it is there already."""
        await sent.file(self._account, raw, sent_at)

    def try_again(self, *, let_in_at: datetime) -> None:
        """The owner was let in at that moment: end a pause that only they could end and that began before."""
        self._account.try_again(let_in_at=let_in_at)

    async def close(self) -> None:
        """Log out and let every thread go; takes two seconds at most per connection."""
        await self._account.close()

    # -- handing out

    async def _stream(self, job: Job) -> AsyncGenerator[Batch, None]:
        outlet = self._outlet = Outlet()
        self._forget()  # what an earlier reader did not come back for
        producer = asyncio.create_task(_to_the_end(job, outlet), name=f"imap-{self._account.name}")
        finished = False
        try:
            while (ticket := await outlet.take()) is not None:
                memory = self._account.memories.get(ticket.step.folder)
                if memory is not None:
                    async with memory.turn:
                        batch = ticket.step.batch(self._account.name, memory)
                        if batch is not None:
                            yield batch
                            self._committed(memory, batch)
                outlet.commit(ticket)
            finished = True
            await producer
        finally:
            producer.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await producer
            if not finished and self._outlet is outlet:
                self._forget()

    def _forget(self) -> None:
        for memory in self._account.memories.values():
            memory.forget()

    def _committed(self, memory: FolderMemory, batch: Batch) -> None:
        memory.committed(batch)
        if batch.live:
            self._account.tell(last_mail_at=self._clock.now())
        else:
            octets = sum(len(one.raw) for one in batch.arrivals) + sum(len(one.fields) for one in batch.listed)
            self._account.allowance.spend(octets, self._clock.now())
            self._account.tell()
        if memory.unread:
            self._account.errands_wanted.set()

    def _sync(
        self,
        link: Link,
        memory: FolderMemory,
        known: KnownFolders,
        offer: Callable[[Step], Awaitable[None]],
    ) -> FolderSync:
        return FolderSync(link, memory, mailbox=self._account.name, known=known, clock=self._clock, offer=offer)

    # -- connection A: INBOX

    async def _watch_inbox(self, known: KnownFolders, outlet: Outlet) -> None:
        account = self._account
        while True:
            await account.wait_out_pause()
            account.tell(state=MailboxState.CONNECTING)
            started = self._clock.monotonic()
            link = account.new_link()
            pause = 0.0
            try:
                await self._live_session(link, known, outlet)
            except InboxcrmError as error:
                if self._clock.monotonic() - started > account.timing.proven_after:
                    account.failures.clear()
                pause = account.failed(error, account.failures).seconds
                if isinstance(error, TooManyConnectionsError) and await account.give_way():
                    pause = _AFTER_GIVING_WAY
            finally:
                account.floor.link = None
                self._errands_may_read()
                await link.close()
            await outlet.settled("INBOX")
            await account.pause(pause)

    async def _live_session(self, link: Link, known: KnownFolders, outlet: Outlet) -> None:
        account, timing = self._account, self._account.timing
        await account.admitted()
        connection = await link.open()
        account.failures.logins = 0
        account.tell(certificate_until=connection.certificate_until)
        account.log.info(
            "imap.connected",
            extra={
                "mailbox": account.name,
                "idle": connection.has("IDLE"),
                "changes": next(iter(connection.enabled), "compared"),
            },
        )
        if account.status.missing_folders:
            account.choice = None  # the owner may have put it back
        await account.discover(link)
        inbox = account.inbox
        inbox.first = not inbox.loaded
        sync = self._sync(link, inbox, known, outlet.offer)
        rounds, changes_at, news = (
            Rounds(account, connection, changed=self._changed_elsewhere, well=self._say_watching),
            _NEVER,
            News(),
        )
        account.floor.link = link
        heard = connection.alert
        account.heard(heard)
        while True:
            await account.wait_out_pause()
            async with account.floor.watching():
                now, idles = self._clock.monotonic(), self._idles(connection)
                if now >= changes_at or rounds.inbox_due(now, idles=idles):
                    await sync.check()
                    rounds.inbox_read(self._clock.monotonic())
                    changes_at = _NEVER
                elif news.exists:
                    await sync.news()
                if connection.alert is not heard:
                    heard = connection.alert
                    account.heard(heard)
                if inbox.first:
                    await self._note_checked(outlet)
                    await self._bring_first_screen(sync, outlet)
                if news.exists:
                    rounds.hasten(now)
                if not idles and now >= rounds.others_at:
                    await self._look_at_others(link)
                    rounds.others_seen(self._clock.monotonic())
                until = min(rounds.unlooked(idles=idles), changes_at, _NEVER if idles else rounds.others_at)
                news = await self._until_news(link, rounds, outlet, until - self._clock.monotonic(), idles=idles)
                if news.changes and changes_at == _NEVER:
                    changes_at = self._clock.monotonic() + timing.changes

    async def _until_news(self, link: Link, rounds: Rounds, outlet: Outlet, seconds: float, *, idles: bool) -> News:
        """Wait for news while what was found is put on record; the next is looked for once all of it is."""
        noting = asyncio.create_task(self._note_checked(outlet), name=f"imap-checked-{self._account.name}")
        try:
            news = await self._wait_for_news(link, rounds, max(0.0, seconds), idles=idles)
            await noting
            return news
        finally:
            noting.cancel()

    async def _note_checked(self, outlet: Outlet) -> None:
        await outlet.settled("INBOX")
        self._account.inbox_was_read()
        self._say_watching()

    def _say_watching(self) -> None:
        self._account.tell(state=MailboxState.WATCHING, cause=self._account.old_mail_waits, next_attempt_at=None)

    def _idles(self, connection: Connection) -> bool:
        return connection.has("IDLE") and self._clock.monotonic() >= self._idle_refused_until

    async def _wait_for_news(self, link: Link, rounds: Rounds, seconds: float, *, idles: bool) -> News:
        account = self._account
        if account.floor.wanted:
            return News()
        if idles:
            try:
                return await link.idle(seconds, rounds)
            except CommandRefusedError as error:
                if error.command != "IDLE":
                    raise
                self._idle_refused_until = self._clock.monotonic() + account.timing.idle_again
                account.log.info("imap.idle_refused", extra={"mailbox": account.name, "code": error.code})
        spread = account.timing.without_idle * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing
        await account.floor.rest(min(seconds, spread))
        return News(exists=True, changes=True)

    async def _bring_first_screen(self, sync: FolderSync, outlet: Outlet) -> None:
        """The newest mails of INBOX, over this connection: the errands' one is still to be opened.

        It is tried once in a process. Where it fails the errands bring them, so that what cannot be read keeps nobody
        from watching.
        """
        memory = sync.memory
        if memory.unread and memory.listed_below is None and self._account.old_mail_waits is None:
            await LETTERS(sync)
            await outlet.settled(sync.memory.name)
        self._errands_may_read()

    def _errands_may_read(self) -> None:
        self._account.inbox.first = False
        self._account.errands_wanted.set()

    def _changed_elsewhere(self, name: str) -> None:
        """B reads a folder that is not as it was read."""
        self._due.add(name)
        self._account.errands_wanted.set()

    async def _look_at_others(self, link: Link) -> None:
        """STATUS of each other folder, where the connection does not idle."""
        for memory in list(self._account.memories.values()):
            if memory.name == "INBOX":
                continue
            told = await link.run(partial(Connection.status_or_nothing, folder=memory.name))
            if not told or told != memory.told:
                memory.told = told
                self._changed_elsewhere(memory.name)

    # -- connection B: everything else

    async def _run_errands(self, known: KnownFolders, outlet: Outlet) -> None:
        account, failures = self._account, Failures()
        while True:
            await account.wait_out_pause()
            if account.alone and account.floor.link is None:
                await asyncio.sleep(_AFTER_GIVING_WAY)
                continue
            pause = 0.0
            try:
                worked = await self._next_errand(known, outlet)
                failures.clear()
            except FolderMissingError:
                account.choice = None
                worked = False
            except PermanentError as error:
                account.log.error("imap.folder_stopped", extra={"mailbox": account.name, "error": type(error).__name__})
                worked = False
            except WHOLE_ACCOUNT:
                worked = True  # noted where it happened; the pause is waited out above
            except InboxcrmError as error:
                pause, worked = account.failed(error, failures, watching=True).seconds, True
            if not worked:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._patience()):
                        await self._account.errands_wanted.wait()
                self._account.errands_wanted.clear()
                await account.rest()
            await account.pause(pause)

    def _patience(self) -> float | None:
        """Seconds after which there may be something to do though nobody said so."""
        account = self._account
        if wishes_wait(account):
            return _WISHES_EVERY
        until_more = account.allowance.wait(self._clock.now()).total_seconds() or None
        ends = (account.timing.close_after if account.errand_open else until_more, account.until_list)
        return min((one for one in ends if one is not None), default=None)

    async def _next_errand(self, known: KnownFolders, outlet: Outlet) -> bool:
        """Do the most urgent thing; False when there is nothing to do."""
        if self._due:
            name = self._due.pop()
            try:
                await self._check(name, known, outlet)
            except FolderMissingError:
                await self._list_again()
            except PermanentError:
                raise
            except InboxcrmError:
                self._due.add(name)
                raise
            return True
        if self._account.until_list == 0.0:
            await self._list_again()
            return True
        piece = await next_piece(self._account, known, self._account.memories.values())
        if piece is None:
            return False
        await self._read(piece, known, outlet)
        memory, _ = piece
        return bool(memory.backlog) or not memory.unread

    async def _list_again(self) -> None:
        """A folder is gone: what has another name now, or is there for the first time, is looked at soon."""
        self._account.choice = None
        async with self._account.errand():
            memories = self._account.memories.values()
            self._due.update(memory.name for memory in memories if not memory.loaded)

    async def _check(self, name: str, known: KnownFolders, outlet: Outlet) -> None:
        memory = self._account.memories.get(name)
        if memory is None:
            return
        async with self._sent_lock:
            for _ in range(_LOOKS_AT_A_FOLDER):
                async with self._account.errand() as link:
                    await self._sync(link, memory, known, outlet.offer).check()
                await outlet.settled(name)
                if not memory.looked_again():
                    break

    async def _read(self, piece: Piece, known: KnownFolders, outlet: Outlet) -> None:
        """Bring a piece of the old mail; what was asked for out of order, or is the last, is on record then."""
        memory, bring = piece
        async with self._account.errand() as link:
            await bring(self._sync(link, memory, known, outlet.offer))
        if not memory.backlog or bring not in IN_ORDER:
            await outlet.settled(memory.name)


def _into(steps: list[Step]) -> Callable[[Step], Awaitable[None]]:
    """Keeps the steps."""

    async def keep(step: Step) -> None:
        steps.append(step)

    return keep


async def _to_the_end(job: Job, outlet: Outlet) -> None:
    try:
        await job(outlet)
    finally:
        outlet.end()
