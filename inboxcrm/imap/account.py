"""One account as its connections share it: how to connect, which folders there are, when nobody may connect."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from inboxcrm import providers
from inboxcrm.config import MailboxConfig
from inboxcrm.errors import InboxcrmError, PermanentError, TransientError
from inboxcrm.imap.admission import SHARED
from inboxcrm.imap.allowance import Allowance
from inboxcrm.imap.connection import Connection, connect
from inboxcrm.imap.errors import (
    CommandRefusedError,
    FolderMissingError,
    TokenExpiredError,
    TooManyConnectionsError,
)
from inboxcrm.imap.floor import Floor
from inboxcrm.imap.folders import Choice, choose
from inboxcrm.imap.following import renamed, replaced
from inboxcrm.imap.link import Link
from inboxcrm.imap.opening import Limits
from inboxcrm.imap.retries import WHOLE_ACCOUNT, Failures, Pause
from inboxcrm.imap.steps import FolderMemory, KeptFrom
from inboxcrm.imap.waker import Waker
from inboxcrm.ports import (
    CLOCKS_MAY_DIFFER,
    Bearer,
    Clock,
    Credentials,
    FolderRole,
    KnownFolders,
    MailboxState,
    MailboxStatus,
    Taken,
)


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds between the things a mailbox does by itself. `idle` None: by provider; `flags`: between two looks at the
    flags of a folder other than INBOX where the server counts no changes; `missing`: between two looks for a folder of
    the settings, or Sent, that is not there.
    """

    idle: float | None = None
    poll: float = 300.0
    others: float = 120.0
    flags: float = 600.0
    missing: float = 600.0
    without_idle: float = 30.0
    changes: float = 1.0
    close_after: float = 60.0
    proven_after: float = 60.0
    heartbeat: float = 10.0
    idle_again: float = 3600.0


_SOON = timedelta(seconds=1)
_ALONE = 86_400.0
"""Seconds for which one connection does everything, after the server allowed no second one."""

_ALERT_STAYS = 86_400.0
"""Seconds for which what the server said once is kept, whoever lets us in without a word of it."""


class Account:
    """Connections to one account, its folders, and its pauses."""

    def __init__(
        self,
        config: MailboxConfig,
        password: Credentials,
        clock: Clock,
        log: logging.Logger,
        *,
        timing: Timing,
        limits: Limits,
        kept_from: KeptFrom,
        taken: Taken | None = None,
    ) -> None:
        self.config = config
        self._kept_from = kept_from
        self.name = config.name
        self.clock = clock
        self.log = log
        self.timing = timing
        self.choice: Choice | None = None
        self.known: KnownFolders | None = None
        self.memories: dict[str, FolderMemory] = {}
        self.errands_wanted = asyncio.Event()
        self._again = asyncio.Event()
        self._failed_at: datetime | None = None
        self.checked_at: datetime | None = None
        self.reads_on: bool | None = None
        """Whether the server answers what is asked in the same breath as the end of IDLE; None: not known yet."""

        self._read_at: datetime | None = None
        """When an earlier process had last read what there was: what came since is news, whichever folder is new."""

        self._listed_at = 0.0
        self._absent_at: dict[str, datetime] = {}
        """What the last LIST lacked, by name, Sent by its role."""

        self._status = MailboxStatus()
        self._heard_at = 0.0
        self._password = password
        self._shown: str | Bearer = ""
        self._limits = limits
        self.closed_until = 0.0
        """Until when nothing may be asked of the account (monotonic seconds)."""

        provider = providers.for_host(config.imap.host, config.imap.port)
        self._provider = provider
        self.allowance = Allowance(None if provider is None else provider.old_mail_per_day, taken)
        self._alone_until = 0.0
        self.floor = Floor()
        self._errand: Link | None = None
        self._errand_lock = asyncio.Lock()
        self._errand_used = 0.0
        self._links: set[Link] = set()
        self.failures = Failures()

    @property
    def status(self) -> MailboxStatus:
        """How the mailbox fares now."""
        return replace(self._status, last_checked_at=self.checked_at, taken=self.allowance.taken)

    def heard(self, alert: str | None) -> None:
        """What the server wants the owner to be told (RFC 3501 section 7.1); None: it let us in and says nothing.

        What it said stays for a day all the same: news are told once, over whichever connection there was.
        """
        now = self.clock.monotonic()
        if alert is not None:
            self._heard_at = now
            self.tell(alert=alert)
        elif self.status.alert is not None and now >= self._heard_at + _ALERT_STAYS:
            self.tell(alert=None)

    def inbox_was_read(self) -> None:
        """INBOX was read to its end just now, and all of it is on record."""
        self.checked_at = self.clock.now()
        for memory in self.memories.values():
            memory.inbox_was_read()

    @property
    def cause(self) -> str | None:
        """What the status says is wrong."""
        return self._status.cause

    # -- connections

    @property
    def idle_seconds(self) -> float:
        """How long one IDLE may last (RFC 2177 says 29 minutes; routers forget sooner)."""
        if self.timing.idle is not None:
            return self.timing.idle
        return 60.0 * (providers.IDLE_MINUTES if self._provider is None else self._provider.idle_minutes)

    def new_link(self) -> Link:
        """A connection that opens with its first call."""
        link = Link(self._connect)
        self._links = {one for one in self._links if one.usable} | {link}
        return link

    def _connect(self, waker: Waker) -> Connection:
        return connect(self.config, self._credentials, waker, self._limits)

    def _credentials(self) -> str | Bearer:
        self._shown = self._password()
        return self._shown

    @asynccontextmanager
    async def errand(self) -> AsyncIterator[Link]:
        """The connection for everything but waiting, one user at a time. Raises TransientError during a pause.

        Where the server allows one connection only it is the one that waits, which is left for that.
        """
        async with self._errand_lock:
            self._refuse_during_pause()
            if self.alone:
                async with self.floor.borrowed(self.name) as link:
                    with self._noting_pauses():
                        await self.discover(link)
                        yield link
                return
            link = await self._errand_link()
            heard = link.alert
            try:
                with self._noting_pauses():
                    await self.discover(link)
                    yield link
            except TooManyConnectionsError as error:
                await self._stand_alone()
                raise TransientError(f"mailbox {self.name}: {error}", retry_after=_SOON) from error
            except WHOLE_ACCOUNT:
                await self._put_away(link)
                raise
            except (CommandRefusedError, PermanentError):
                raise
            except BaseException:
                await self._put_away(link)
                raise
            finally:
                if link.alert not in {None, heard}:
                    self.heard(link.alert)
            self._errand_used = self.clock.monotonic()
            if link.certificate_until is not None:  # the connection that watches may be older than the server's renewal
                self.tell(certificate_until=link.certificate_until)

    @contextmanager
    def _noting_pauses(self) -> Iterator[None]:
        try:
            yield
        except WHOLE_ACCOUNT as error:
            self.failed(error, self.failures)  # whoever asks next is told to wait, and no login is tried
            raise

    async def _errand_link(self) -> Link:
        link = self._errand
        if link is None or not await _alive(link):
            await self._put_away(link)
            await self.admitted()
            link = self._errand = self.new_link()
            self.errands_wanted.set()  # whoever runs the errands closes it when it has rested
        return link

    async def admitted(self) -> None:
        """Return when a further connection may be opened."""
        await asyncio.sleep(SHARED.wait(self.config.imap.host, self.config.user, self.clock.monotonic()))

    async def give_way(self) -> bool:
        """The server allows no further connection, and INBOX has none: whether the errands' one was given up for it."""
        if self._errand is None:
            return False
        await self._stand_alone()
        return True

    @property
    def old_mail_waits(self) -> str | None:
        """Why no old mail is read just now, if it is for what the provider gives in a day."""
        seconds = self.allowance.wait(self.clock.now()).total_seconds()
        if not seconds or self._provider is None:
            return None
        hours = math.ceil(seconds / 3600)
        return f"{self._provider.name} gives so much in a day: old mail is read on in {hours} h; new mail comes as ever"

    @property
    def alone(self) -> bool:
        """Whether one connection does everything."""
        return self.clock.monotonic() < self._alone_until

    async def _stand_alone(self) -> None:
        """Ask for no second connection for a day: others of the owner's programs have theirs."""
        self._alone_until = self.clock.monotonic() + _ALONE
        self.log.info("imap.one_connection", extra={"mailbox": self.name, "hours": _ALONE / 3600})
        await self._put_away(self._errand)

    @property
    def errand_open(self) -> bool:
        """Whether there is a connection that `rest` may close."""
        return self._errand is not None

    async def rest(self) -> None:
        """Close the errands' connection when it had nothing to do for a while."""
        idle = self.clock.monotonic() - self._errand_used
        if self._errand is not None and not self._errand_lock.locked() and idle >= self.timing.close_after:
            async with self._errand_lock:
                await self._put_away(self._errand, politely=True)

    async def _put_away(self, link: Link | None, *, politely: bool = False) -> None:
        self._errand = None
        if link is not None:
            await link.close(politely=politely)
            self._links.discard(link)

    async def close(self, *, politely: bool = True) -> None:
        """Close every connection."""
        links, self._links = self._links, set()
        self._errand = None
        for link in links:
            await link.close(politely=politely)
        self.tell(state=MailboxState.OFFLINE, cause=None, next_attempt_at=None)

    async def drop_all(self) -> None:
        """Close every connection at once, without a word: the network below them is gone."""
        for link in list(self._links):
            await link.close()

    # -- folders

    async def discover(self, link: Link) -> Choice:
        """LIST once, and remember each folder to read."""
        if self.choice is None:
            gmail, asked_at = (await link.open()).has("X-GM-EXT-1"), self.clock.now()
            choice = await self._chosen(link, everything=gmail)
            self._listed_at = self.clock.monotonic()
            absent, lacks = self._absent_at, (FolderRole.SENT,) if choice.sent is None else ()
            self._absent_at = dict.fromkeys((*choice.missing, *lacks), asked_at)
            for name, role in choice.watched:
                memory = self.memories.setdefault(name, FolderMemory(name, role, kept_from=self._kept_from))
                memory.absent_at = absent.get(name) or absent.get(role) or memory.absent_at or self._unread_since(role)
            for gone in self.memories.keys() - {name for name, _ in choice.watched}:
                del self.memories[gone]
            for name in choice.missing:
                if name not in self._status.missing_folders:
                    self.log.warning("imap.folder_missing", extra={"mailbox": self.name, "folder": name})
            for memory in self.memories.values():
                memory.listed = choice.there
                memory.all_mail = gmail and memory.name == choice.all_mail
            self.choice = choice
            self.tell(missing_folders=choice.missing, watched_folders=tuple(name for name, _ in choice.watched))
        return self.choice

    async def look_back(self, known: KnownFolders) -> None:
        """Learn when an earlier process last read the mailbox; what came before that was added stays what it is."""
        told = await known.last_read(self.name)
        if told is not None:
            enrolled_at, read_at = told
            self._read_at = max(read_at, enrolled_at + CLOCKS_MAY_DIFFER)

    def _unread_since(self, role: FolderRole) -> datetime | None:
        """From when on mail in a folder that is opened for the first time is news. What came into Sent was no mail to
        the owner, and waiting for all of it to be read would put off every answer.
        """
        return None if role in {FolderRole.INBOX, FolderRole.SENT} else self._read_at

    @property
    def until_list(self) -> float | None:
        """Seconds until Sent, or a folder of the settings, that is missing is looked for again; None where none is."""
        if not self._absent_at:
            return None
        return max(0.0, self._listed_at + self.timing.missing - self.clock.monotonic())

    async def _chosen(self, link: Link, *, everything: bool) -> Choice:
        """The folders to read; one that was renamed is followed, since the settings know only its old name."""
        listed = await link.run(lambda c: c.list_all())
        choice = choose(listed, self.config.folders, everything=everything)
        if not choice.missing or self.known is None:
            return choice
        found = await renamed(link, self.known, self.name, choice, listed=listed)
        for old, new in found.items():
            self.log.info("imap.folder_followed", extra={"mailbox": self.name, "folder": old, "now": new})
        return choose(listed, replaced(self.config.folders, found), everything=everything)

    async def sent(self, link: Link) -> FolderMemory:
        """The folder that holds sent mail; FolderMissingError where there is none."""
        choice = await self.discover(link)
        if choice.sent is None:
            raise FolderMissingError(
                f"mailbox {self.name}: no folder for sent mail was found. Name it in config.toml: "
                'folders = ["sent=NAME"]. `inboxcrm doctor` lists the folders there are.'
            )
        return self.memories[choice.sent]

    @property
    def inbox(self) -> FolderMemory:
        """Where mail arrives; there is always one (RFC 3501 section 5.1)."""
        return self.memories.setdefault("INBOX", FolderMemory("INBOX", FolderRole.INBOX, kept_from=self._kept_from))

    # -- pauses

    def failed(self, error: InboxcrmError, failures: Failures, *, watching: bool = False) -> Pause:
        """Note a failure and say how long to wait for the next attempt. `watching`: INBOX is watched all the same."""
        pause = failures.pause_after(error, random.uniform)
        now = self.clock.monotonic()
        self._failed_at = self.clock.now()
        if pause.whole_account:
            self.closed_until = max(self.closed_until, now + pause.seconds)
        cause = f"{error} {pause.hint}" if pause.hint else str(error)
        if isinstance(error, FolderMissingError):
            self.choice = None
        if isinstance(error, TokenExpiredError) and isinstance(self._shown, Bearer):
            self._shown.refused()
        self.log.warning(
            "imap.reconnect",
            extra={
                "mailbox": self.name,
                "error": type(error).__name__,
                "code": getattr(error, "code", None),
                "state": pause.state.value,
                "retry_in": round(pause.seconds, 1),
            },
        )
        if watching:
            self.tell(cause=cause)
        else:
            next_attempt_at = self.clock.now() + timedelta(seconds=pause.seconds)
            self.tell(state=pause.state, cause=cause, next_attempt_at=next_attempt_at)
        return pause

    @property
    def paused(self) -> float:
        """Seconds for which nothing may be asked of the account; 0 when it may be used."""
        return max(0.0, self.closed_until - self.clock.monotonic())

    async def wait_out_pause(self) -> None:
        """Return when the account may be used again."""
        left = self.paused
        if left > 0:
            await self.pause(left)
            await self.wait_out_pause()  # the pause may have grown meanwhile

    async def pause(self, seconds: float) -> None:
        """Return after that time, or when it is to be tried again."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._again.wait()

    def try_again(self, *, let_in_at: datetime) -> None:
        """The owner was let in at that moment: end a pause that only they could end and that began before."""
        if self._status.state is not MailboxState.NEEDS_USER or self._failed_at is None or self._failed_at >= let_in_at:
            return
        self._failed_at = None
        self.closed_until = 0.0
        self.log.info("imap.try_again", extra={"mailbox": self.name})
        again, self._again = self._again, asyncio.Event()
        again.set()

    def _refuse_during_pause(self) -> None:
        left = self.paused
        if left > 0:
            raise TransientError(
                f"mailbox {self.name}: {self.status.cause or 'paused'}", retry_after=timedelta(seconds=left)
            )

    def tell(self, **facts: object) -> None:
        """Change what the status says."""
        backlog = sum(memory.remaining for memory in self.memories.values())
        self._status = _replaced(self._status, {**facts, "backlog": backlog})


def _replaced(status: MailboxStatus, facts: dict[str, object]) -> MailboxStatus:
    kept = {name: getattr(status, name) for name in MailboxStatus.__dataclass_fields__}
    return MailboxStatus(**{**kept, **facts})


async def _alive(link: Link) -> bool:
    """Whether a connection that rested can be used again; asks the socket, not the server."""
    try:
        await link.run(Connection.listen)
    except InboxcrmError:
        return False
    return True
