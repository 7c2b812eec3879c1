"""Runs the named loops of one home until told to stop: a watch for each mailbox, deliver, sweep, status."""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import signal
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from functools import partial

from inboxcrm.errors import InboxcrmError, TransientError
from inboxcrm.ports import Batch, FolderRole, Mailbox, MailboxState
from inboxcrm.service import left_out, let_in
from inboxcrm.service.away_calendars import Fetch, keep_in_step
from inboxcrm.service.deliver import Deliver, Lane, Office
from inboxcrm.service.doubt import settle_by_record
from inboxcrm.service.fares import Fares
from inboxcrm.service.full_text import put_together, put_together_some
from inboxcrm.service.household import Household, seconds
from inboxcrm.service.ingest import Ingest, Known
from inboxcrm.service.memory import remember
from inboxcrm.service.notify import Notify
from inboxcrm.service.reload import changes, reload
from inboxcrm.service.sending_watch import SendingWatch
from inboxcrm.service.starts import LASTED, Starts
from inboxcrm.service.sweep import sweep
from inboxcrm.service.vigil import Vigil
from inboxcrm.service.watchman import Watchman
from inboxcrm.service.writing_watch import WritingWatch

log = logging.getLogger("inboxcrm.daemon")

LOOK = timedelta(seconds=1)
"""How often the outbox is looked at without a reason: an approval at the desk gives no sign."""

SEARCHABLE = timedelta(milliseconds=50)
"""How long after it was stored a new mail is found by its words."""

FOLD_EVERY = 8
"""Mails, or handfuls that came together; some eighty pages of the database's log each."""

QUIET = timedelta(seconds=10)
"""How long after the last mail the full-text index is put together."""

SWEEP = timedelta(seconds=20)
MEMORY = timedelta(seconds=30)
"""How long after a mail its words are read for what they promise; no arriving mail waits for that."""

DOUBT = timedelta(minutes=1)
CALENDARS = timedelta(minutes=1)
STATUS = timedelta(seconds=2)
WORD = timedelta(seconds=2)
"""How often notices to the owner are looked for; in a loop of their own, which may wait for a slow server."""

VIGIL = timedelta(minutes=1)
TO_FINISH = timedelta(seconds=3)
"""How long the end waits for mails whose body is on its way: no word of the server would leave them in doubt."""

READY = timedelta(milliseconds=100)
AFTER_FAULT = timedelta(seconds=5)
AT_MOST = timedelta(minutes=5)
"""How long a mailbox is left alone where what came could not be put on record again and again: each time it is logged
in to, and the mail is fetched anew.
"""


class Daemon:
    """The running parts of one home, wired by `wiring`."""

    def __init__(
        self,
        household: Household,
        ingest: Ingest,
        deliver: Deliver,
        offices: Mapping[str, Office],
        notify: Notify,
        fetch: Fetch,
        vigil: Vigil | None = None,
    ) -> None:
        self._household = household
        self._ingest = ingest
        self._deliver = deliver
        self._offices = offices
        self._notify = notify
        self._fetch = fetch
        self._vigil = vigil or Vigil(household, offices)
        self._sending_watch = SendingWatch(household, offices, deliver)
        self._writing_watch = WritingWatch(household, notify.routes)
        self._watchman = Watchman(household, notify.routes)
        self._starts = Starts(household, notify)
        self._looks = False
        self._moves = 0
        self._fares = Fares(household, offices, self._writing_watch)
        self._stirred = asyncio.Event()
        self._unindexed = asyncio.Event()
        self._readable: set[str] = set()
        self._came_at = 0.0
        self._together = False
        self._ahead: asyncio.Queue[str] = asyncio.Queue()
        self._answers_at_once = not all((household.config.acknowledge.grace, household.config.acknowledge.grace_closed))
        self._stop = asyncio.Event()
        self.when_ready: Callable[[], object] | None = None
        """Called once all that live mail needs is loaded."""

    def stop(self) -> None:
        """End every loop; `run` returns when they have."""
        self._stop.set()

    def backlogs(self) -> dict[str, int]:
        """By mailbox, how many messages a first reading still has to bring."""
        return {name: office.mailbox.status.backlog for name, office in self._offices.items()}

    async def run(self) -> None:
        """Watch, deliver and sweep until stopped by `stop`, SIGTERM or SIGINT."""
        loop = asyncio.get_running_loop()
        fell_by: Exception | None = None
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self.stop)
        try:
            await self._as_soon_as_may_be(self._deliver.recover)
            await self._as_soon_as_may_be(self._notify.recover)
            await self._as_soon_as_may_be(partial(let_in.begin, self._household))
            await self._as_soon_as_may_be(partial(left_out.settle, self._household))
            await self._as_soon_as_may_be(self._starts.begin)
            self._watchman.start()
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(self._watch(name, office.mailbox), name=f"watch {name}")
                    for name, office in self._offices.items()
                ]
                tasks.append(group.create_task(self._make_ready(), name="ready"))
                tasks.append(group.create_task(self._deliver_loop(), name="deliver"))
                tasks.append(group.create_task(self._read_ahead(), name="read ahead"))
                tasks.append(group.create_task(self._index(), name="index"))
                tasks.append(group.create_task(self._every(QUIET, self._tidy, first=QUIET), name="full text"))
                tasks.append(group.create_task(self._every(SWEEP, self._sweep), name="sweep"))
                tasks.append(group.create_task(self._every(MEMORY, self._remember, first=MEMORY), name="memory"))
                tasks.append(group.create_task(self._every(SWEEP, self._watch_files), name="files"))
                tasks.append(group.create_task(self._every(DOUBT, self._settle_doubtful), name="doubt"))
                if self._notify.routes:
                    tasks.append(group.create_task(self._every(WORD, self._notify.run_once), name="notify"))
                tasks.append(group.create_task(self._every(CALENDARS, self._read_calendars), name="calendars"))
                tasks.append(group.create_task(self._every(VIGIL, self._keep_vigil), name="vigil"))
                tasks.append(group.create_task(self._every(VIGIL, self._wait_with_the_vigil), name="wait"))
                tasks.append(group.create_task(self._every(VIGIL, self._sending_watch.run_once), name="sending watch"))
                tasks.append(group.create_task(self._every(STATUS, self._writing_watch.run_once), name="writing watch"))
                tasks.append(group.create_task(self._every(LASTED, self._starts.lasted, first=LASTED), name="lasted"))
                tasks.append(group.create_task(self._every(STATUS, self.note_status), name="status"))
                tasks.append(group.create_task(self._every(STATUS, self._heed_the_owner), name="owner"))
                await self._stop.wait()
                log.info("daemon.stopping")
                await self._deliver.finish(within=TO_FINISH)
                for task in tasks:
                    task.cancel()
        except Exception as error:
            fell_by = error
            raise
        finally:
            for name in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(name)
            await self._note_the_end(fell_by)
            self._watchman.stop()

    async def run_once(self) -> None:
        """Read every folder, deliver what is due, sweep, and put some of the full-text index together.

        Raises what stopped a mailbox from being read.
        """
        await self._deliver.recover()
        for office in self._offices.values():
            async with aclosing(office.mailbox.catch_up(Known(self._household))) as batches:
                async for batch in batches:
                    await self._ingest.take(batch)
                    self._watchman.beat()
        await self._settle_doubtful()
        await self._deliver.run_once()
        await self._read_calendars()
        await sweep(self._household)
        await self._notify.run_once()
        await remember(self._household)
        await put_together_some(self._household)
        await self.note_status(ended=True)

    async def _watch(self, name: str, mailbox: Mailbox) -> None:
        pause = AFTER_FAULT
        while True:
            try:
                async with aclosing(mailbox.watch(Known(self._household))) as batches:
                    async for batch in batches:
                        if self._answers_at_once and batch.live and batch.role is FolderRole.INBOX and batch.arrivals:
                            self._ahead.put_nowait(name)
                        self._note_coming(batch)
                        await self._take(name, batch)
                        if batch.arrivals:
                            pause = AFTER_FAULT
            except TransientError as error:
                log.warning("watch.later", extra={"mailbox": name, "cause": str(error)})
                await asyncio.sleep(seconds(error.retry_after or pause))
                pause = min(2 * pause, AT_MOST)
            except InboxcrmError as error:
                log.error("watch.fault", extra={"mailbox": name, "cause": str(error)})
                await asyncio.sleep(seconds(AFTER_FAULT))

    async def _take(self, name: str, batch: Batch) -> None:
        """Put what came on record; what keeps it from there is told until some of this mailbox is."""
        try:
            taken = await self._ingest.take(batch, hurry=self._deliver.look_at_once if batch.live else None)
        except InboxcrmError as error:
            self._writing_watch.failed(name, error)
            raise
        self._writing_watch.went_well(name)
        if taken.wake:
            self._stirred.set()
        if batch.live:
            self._unindexed.set()
        elif batch.arrivals:
            self._readable.add(name)

    async def _read_ahead(self) -> None:
        """Read Sent while new mail is being parsed, where its acknowledgement may leave without a grace time."""
        async with asyncio.TaskGroup() as readings:
            while True:
                name = await self._ahead.get()
                readings.create_task(self._deliver.read_ahead(name), name=f"read ahead {name}")

    async def _index(self) -> None:
        """Enter new mail into the full-text index, a moment after what it set in motion.

        Every now and then what the log of the database holds is folded into its file, or some mail's commit would have
        to, which takes fifty times as long as a commit.
        """
        for turn in itertools.count(1):
            try:
                await self._ingest.index()
                if turn % FOLD_EVERY == 0:
                    await self._household.run(self._household.database.fold)
            except InboxcrmError as error:
                log.warning("index.later", extra={"cause": str(error)})
            gc.collect(1)  # what a mail left, here and not within another one, where a round takes as long as the mail
            await self._unindexed.wait()
            self._unindexed.clear()
            await asyncio.sleep(seconds(SEARCHABLE))

    def _note_coming(self, batch: Batch) -> None:
        if batch.arrivals:
            self._came_at, self._together = asyncio.get_running_loop().time(), False

    async def _tidy(self) -> None:
        """Put the full-text index together where mail has come since, and none comes."""
        if not self._together:
            self._together = await put_together(self._household, quiet=self._quiet) and self._quiet()

    def _quiet(self) -> bool:
        return asyncio.get_running_loop().time() - self._came_at >= seconds(QUIET)

    async def _deliver_loop(self) -> None:
        """Look at the outbox when mail came, when an item's time has come, and every `LOOK` for what people decided.

        What was claimed as mail came in is sent without a look. The bell is rung on a thread of its own: Linux lets who
        reads a socket run where its writer does, and the store's thread, put off its processor by the loop it woke,
        would begin to commit half a millisecond later.
        """
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as lanes:
            bell = ThreadPoolExecutor(1, thread_name_prefix="bell")
            self._deliver.on_found = lambda: bell.submit(loop.call_soon_threadsafe, self._send_found, lanes)
            try:
                while True:
                    self._stirred.clear()
                    await self._rest(await self._deliver_due(lanes))
            finally:
                self._deliver.on_found = None
                await self._put_back()
                bell.shutdown()

    async def _put_back(self) -> None:
        """Where it cannot be written down that these are unsent, the next start takes them for in doubt."""
        try:
            await self._deliver.put_back()
        except InboxcrmError as error:
            log.warning("deliver.not_put_back", extra={"cause": str(error)})

    def _send_found(self, lanes: asyncio.TaskGroup) -> None:
        if self._deliver.on_found is None:
            return  # the loop above has ended; what was claimed is queued again at the next start
        for lane in self._deliver.found():
            lanes.create_task(self._send(lane), name=f"deliver {lane.mailbox}")

    async def _deliver_due(self, lanes: asyncio.TaskGroup) -> datetime | None:
        """Let out what is due; a fault is told, and the outbox is looked at again after a while."""
        try:
            found = await self._deliver.look()
            for lane in found:
                lanes.create_task(self._send(lane), name=f"deliver {lane.mailbox}")
            return None if found else await self._deliver.next_look()  # the end of a lane stirs the next look
        except InboxcrmError as error:
            log.error("deliver.fault", extra={"cause": str(error)})
            return self._household.clock.now() + AFTER_FAULT

    async def _send(self, lane: Lane) -> None:
        try:
            await self._deliver.send(lane)
        except InboxcrmError as error:
            log.error("deliver.fault", extra={"mailbox": lane.mailbox, "cause": str(error)})
        self._stirred.set()

    async def _rest(self, next_at: datetime | None) -> None:
        """Wait for news, for the next item's time, or for the next look."""
        wait = LOOK if next_at is None else min(LOOK, next_at - self._household.clock.now())
        try:
            async with asyncio.timeout(max(0.005, seconds(wait))):
                await self._stirred.wait()
        except TimeoutError:
            return

    async def _settle_doubtful(self) -> None:
        await settle_by_record(self._household)
        await self._deliver.settle_doubtful()

    async def _read_calendars(self) -> None:
        await keep_in_step(self._household, self._fetch)

    async def _keep_vigil(self) -> None:
        """Look after the mailboxes; that it was done is the sign of life, since it takes a loop and a database."""
        self._looks = True
        try:
            await self._vigil.run_once()
        finally:
            self._looks = False
            self._watchman.beat()

    async def _wait_with_the_vigil(self) -> None:
        """While the vigil waits for its turn at the database, that this works through what came before is one too.

        Another process may hold the database for long (erasing, an upgrade): whatever is to be written waits half a
        minute for it, and every mailbox has something. Who ended itself for that would only wait again.
        """
        moves = self._household.moves
        if self._looks and moves != self._moves:
            self._watchman.beat()
        self._moves = moves

    async def _sweep(self) -> None:
        await sweep(self._household)

    async def _remember(self) -> None:
        await remember(self._household)

    async def _watch_files(self) -> None:
        """Take changed rules and texts over as they are saved; the sweep finds what the system does not tell."""
        async for _ in changes(self._household.config.home):
            await reload(self._household)

    async def _every(
        self, period: timedelta, work: Callable[[], Awaitable[None]], *, first: timedelta = timedelta()
    ) -> None:
        """Do this piece of work again and again, from `first` on; a fault is told and the next turn comes.

        One that lasts is told once: the disk that takes no writing may be that of the log.
        """
        await asyncio.sleep(seconds(first))
        told: str | None = None
        while True:
            try:
                await work()
                told = None
            except InboxcrmError as error:
                if str(error) != told:
                    told = str(error)
                    log.error("loop.fault", extra={"work": getattr(work, "__name__", "?"), "cause": told})
            await asyncio.sleep(seconds(period))

    async def _as_soon_as_may_be(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do this once, before all else, as soon as time lets it; or be told to stop first."""
        while not self._stop.is_set():
            self._watchman.beat()
            try:
                return await work()
            except TransientError as error:
                log.warning("start.later", extra={"cause": str(error)})
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), seconds(AFTER_FAULT))
        return None

    async def _make_ready(self) -> None:
        """Load what live mail needs, once the newest mails are there; a rule or text that is wrong ends the daemon."""
        await self._ingest.start()
        for _ in iter(self._all_readable, True):
            await asyncio.sleep(seconds(READY))
        await self._as_soon_as_may_be(self._ingest.warm)
        if self.when_ready is not None:
            self.when_ready()

    def _all_readable(self) -> bool:
        """Whether each mailbox is watched, and its first screen is on record or there is none to wait for."""
        fares = {name: office.mailbox.status for name, office in self._offices.items()}
        return all(
            one.state is MailboxState.WATCHING and (not one.backlog or name in self._readable)
            for name, one in fares.items()
        )

    async def _note_the_end(self, fell_by: Exception | None) -> None:
        try:
            await self.note_status(ended=True)
            await self._starts.ended(fell_by)
        except TransientError as error:
            log.warning("status.not_noted", extra={"cause": str(error)})

    async def note_status(self, *, ended: bool = False) -> None:
        """Write down how the mailboxes fare, where that changed; once the daemon has `ended`, nobody watches them."""
        await self._fares.note(ended=ended)

    async def _heed_the_owner(self) -> None:
        mailboxes = {name: office.mailbox for name, office in self._offices.items()}
        await let_in.heed(self._household, mailboxes, self._fares.noted)
