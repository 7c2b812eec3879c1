"""One folder over one connection: what is asked of the server and the record while it is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from inboxcrm.imap.bodies import TOO_MANY, Bodies, read_bodies
from inboxcrm.imap.connection import Connection
from inboxcrm.imap.decisions import Advance
from inboxcrm.imap.errors import CommandRefusedError, concerns_more
from inboxcrm.imap.examined import Opened
from inboxcrm.imap.link import Link
from inboxcrm.imap.opening import Limits
from inboxcrm.imap.responses import Fetched, search_date
from inboxcrm.imap.steps import FolderMemory, Step
from inboxcrm.imap.uids import within
from inboxcrm.ports import Arrival, Clock, KnownFolders, Listed, Position

Offer = Callable[[Step], Awaitable[None]]
"""Takes a step; returns when there is room for the next."""

METADATA = 500
"""Messages whose sizes, or ids, are asked for at once."""

RETRY_AFTER = (600.0, 7200.0, 86400.0)
"""Seconds until a missing body is asked for again; then it is quarantined."""

NOWHERE = Position(0, 0)
"""The position of a folder nobody looked at."""


@dataclass(slots=True)
class Survey:
    """Messages sorted by what is to be done, in the order asked for: read (with size; one whose size is not told is
    taken for small), on record already, or waiting for INBOX, which alone decides about new mail in it.
    """

    sizes: list[tuple[int, int]] = field(default_factory=list)
    located: list[tuple[int, str, frozenset[str]]] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)

    def add(
        self, uid: int, one: Fetched | None, known: frozenset[str], *, all_mail: bool, overdue: frozenset[int]
    ) -> None:
        """Sort one message in. A draft in All Mail is no mail and is left out; nobody waits for what is `overdue`."""
        if one is None:
            self.sizes.append((uid, 0))
        elif one.server_id in known and one.server_id is not None:
            self.located.append((uid, one.server_id, one.flags or frozenset()))
        elif all_mail and is_draft(one):
            return
        else:
            if all_mail and "\\inbox" in one.labels and uid not in overdue:
                self.waiting.append(uid)
            self.sizes.append((uid, one.size or 0))


def is_draft(one: Fetched) -> bool:
    """Whether the owner has not finished it."""
    return "\\draft" in one.labels or "\\Draft" in (one.flags or ())


def fetch_around(connection: Connection, uids: Sequence[int], items: str) -> list[Fetched]:
    """On the connection's thread: what the server refuses is halved, so that one bad message hides no other.

    Raises the refusal where it concerns more than these messages, or each of several that were asked for alone.
    """
    found: list[Fetched] = []
    groups, refused = [uids], 0
    while groups:
        group = groups.pop()
        try:
            found += connection.fetch_uids(group, items)
        except CommandRefusedError as refusal:
            refused += len(group) == 1
            if refusal.status == "BAD" or concerns_more(refusal) or (refused >= TOO_MANY and not found):
                raise
            if len(group) > 1:
                half = len(group) // 2
                groups += [group[half:], group[:half]]
    return found


class FolderWork:
    """One folder over one connection. `offer` is awaited with each step, in the order they must be committed."""

    def __init__(
        self,
        link: Link,
        memory: FolderMemory,
        *,
        mailbox: str,
        known: KnownFolders,
        clock: Clock,
        offer: Offer,
    ) -> None:
        self.link = link
        self.memory = memory
        self.mailbox = mailbox
        self.known = known
        self.clock = clock
        self.offer = offer

    # -- asking

    async def fetch(self, uids: Sequence[int], items: str) -> list[Fetched]:
        """These items of these messages of the open folder; of those that the server refuses nothing comes."""
        return await self.link.run(lambda c: fetch_around(c, uids, items))

    async def read(self, uids: Sequence[int]) -> Bodies:
        """Whole messages of the open folder."""
        now = self.clock.now()
        return await self.link.run(lambda c: read_bodies(c, uids, doubts=self.memory.doubts, seen_at=now))

    async def survey(self, uids: Sequence[int]) -> Survey:
        """What these messages are, before any body is asked for."""
        told: dict[int, Fetched] = {}
        connection = await self.link.open()
        for start in range(0, len(uids), METADATA):
            found = await self.fetch(uids[start : start + METADATA], connection.items())
            told.update((one.uid, one) for one in found if one.uid is not None)
        self._note_large({uid: one.size or 0 for uid, one in told.items()}, connection.limits)
        ids = [one.server_id for one in told.values() if one.server_id is not None]
        known = await self.known.by_server_id(self.mailbox, ids) if ids else frozenset()
        survey, overdue = Survey(), self.memory.overdue
        for uid in uids:
            survey.add(uid, told.get(uid), known, all_mail=self.memory.all_mail, overdue=overdue)
        return survey

    def _note_large(self, sizes: dict[int, int], limits: Limits) -> None:
        doubts = self.memory.doubts
        doubts.too_large.update(uid for uid, size in sizes.items() if size > limits.literal)
        doubts.large.update(uid for uid, size in sizes.items() if limits.piece < size <= limits.literal)

    async def uid_next(self, opened: Opened) -> int:
        """UIDNEXT; where EXAMINE leaves it out, behind the last message that it counted: what came since is new."""
        if opened.uid_next is not None:
            return opened.uid_next
        if not opened.exists:
            return 1
        last = await self.link.run(lambda c: c.search_uids(b"%d" % opened.exists))
        return max(last or await self.link.run(lambda c: c.search_uids(b"ALL")), default=0) + 1

    async def uids(self) -> Sequence[int]:
        """Every UID on record in this folder."""
        return await self.known.uids(self.mailbox, self.memory.name)

    async def worth_reading(self, uids: Sequence[int]) -> list[int]:
        """Those of these that are not older than all that the owner keeps.

        SEARCH knows days and no zone (RFC 3501 section 6.4.4): what came within a day of that instant is read.
        """
        limit = self.memory.kept_from()
        if limit is None:
            return [*uids]
        criteria = b"BEFORE " + search_date(limit - timedelta(days=1))
        self.memory.too_old = frozenset(await self.link.run(lambda c: c.search_uids(criteria)))
        return [uid for uid in uids if uid not in self.memory.too_old]

    async def count_known(self, ranges: Sequence[tuple[int, int]]) -> int:
        """How many messages on record lie in these ranges."""
        return len(within(ranges, await self.uids()))

    # -- telling

    def owe(self, uids: Sequence[int]) -> None:
        """Remember that these must be asked for again."""
        for uid in uids:
            self.memory.tries[uid] = (0, self.clock.monotonic() + RETRY_AFTER[0])

    def step(
        self,
        advance: Advance,
        *,
        uid_validity: int | None = None,
        arrivals: Sequence[Arrival] = (),
        live: bool = False,
        flags: Sequence[tuple[int, frozenset[str]]] = (),
        vanished: Sequence[tuple[int, int]] = (),
        reset: bool = False,
        remaining: int | None = None,
        quarantined: Sequence[tuple[int, str]] = (),
        relinked: Sequence[tuple[int, str, int]] = (),
        renamed_from: str | None = None,
        located: Sequence[tuple[int, str, frozenset[str]]] = (),
        listed: Sequence[Listed] = (),
    ) -> Step:
        """A step of this folder; what is not said stays as it is."""
        memory = self.memory
        validity = uid_validity if uid_validity is not None else (memory.position or NOWHERE).uid_validity
        if remaining is None:
            remaining = len(memory.backlog) if memory.backlog is not None else memory.remaining
        return Step(
            memory.name,
            memory.role,
            validity,
            advance,
            arrivals=arrivals,
            live=live and bool(arrivals),
            flags=flags,
            vanished=vanished,
            reset=reset,
            remaining=remaining,
            quarantined=quarantined,
            relinked=relinked,
            renamed_from=renamed_from,
            located=located,
            listed=listed,
            numbering=memory.numbering,
        )
