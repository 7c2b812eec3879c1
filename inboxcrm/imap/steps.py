"""One step of reading a folder: what it brought, and how it moves the position."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from inboxcrm.imap.decisions import Advance
from inboxcrm.ports import Arrival, Batch, FolderRole, Listed, Position
from inboxcrm.spool import Spool

if TYPE_CHECKING:
    from inboxcrm.imap.link import Link


@dataclass(frozen=True, slots=True)
class Step:
    """A batch that does not know its position yet: that is settled when it is handed out, after those before it.

    `numbering` says which of the folder's numberings its UIDs are of, as this process counts them.
    """

    folder: str
    role: FolderRole
    uid_validity: int
    advance: Advance
    arrivals: Sequence[Arrival] = ()
    live: bool = False
    flags: Sequence[tuple[int, frozenset[str]]] = ()
    vanished: Sequence[tuple[int, int]] = ()
    reset: bool = False
    remaining: int = 0
    quarantined: Sequence[tuple[int, str]] = ()
    relinked: Sequence[tuple[int, str, int]] = ()
    renamed_from: str | None = None
    located: Sequence[tuple[int, str, frozenset[str]]] = ()
    listed: Sequence[Listed] = ()
    numbering: int = 0

    def batch(self, mailbox: str, memory: FolderMemory) -> Batch | None:
        """The batch on top of what was committed last; None when the folder was renumbered since."""
        position = memory.position
        renumbered = position is None or position.uid_validity != self.uid_validity
        if self.advance.fresh is None and (renumbered or self.numbering != memory.numbering):
            return None
        moved = self.advance.apply(position)
        return Batch(
            mailbox,
            self.folder,
            self.role,
            moved,
            arrivals=self.arrivals,
            live=self.live,
            flags=self.flags,
            vanished=self.vanished,
            reset=self.reset,
            remaining=self.remaining,
            quarantined=self.quarantined,
            relinked=self.relinked,
            renamed_from=self.renamed_from,
            located=self.located,
            listed=self.listed,
            unlisted=position is not None and position.listed_below is not None and moved.listed_below is None,
        )


@dataclass(slots=True)
class Half:
    """A large message as far as it was read; the next connection goes on from there, and the next process.

    `found`: an earlier process left it, and its number may have been given to another message since.
    """

    octets: Spool
    found: bool = False
    flags: frozenset[str] = frozenset()
    received_at: datetime | None = None
    server_id: str | None = None
    sent: bool = False


@dataclass(slots=True)
class Doubts:
    """Messages that cannot be read like others: how often the connection died over them, which are too large, which are
    large and read in pieces, and how far that came.
    """

    strikes: dict[int, int] = field(default_factory=dict)
    too_large: set[int] = field(default_factory=set)
    large: set[int] = field(default_factory=set)
    halves: dict[int, Half] = field(default_factory=dict)

    def clear(self) -> None:
        """The numbers mean other messages now."""
        self.strikes.clear()
        self.too_large.clear()
        self.large.clear()
        for half in self.halves.values():
            half.octets.discard()
        self.halves.clear()

    def strike(self, uids: Sequence[int]) -> None:
        """The connection ended while these were read."""
        for uid in uids:
            self.strikes[uid] = self.strikes.get(uid, 0) + 1


@dataclass(slots=True)
class Pace:
    """How fast a first reading went: `mails` of `octets` came in `seconds`; of `sized` mails the sizes are known."""

    mails: int = 0
    octets: int = 0
    seconds: float = 0.0
    sized: int = 0
    sized_octets: int = 0

    def came(self, arrived: Sequence[Arrival], seconds: float) -> None:
        """A batch took so long."""
        self.mails += len(arrived)
        self.octets += sum(len(one.raw) for one in arrived)
        self.seconds += seconds

    def told(self, sizes: Sequence[int]) -> None:
        """The server told the sizes of mails that come next."""
        self.sized += len(sizes)
        self.sized_octets += sum(sizes)

    def __add__(self, other: Pace) -> Pace:
        return Pace(
            self.mails + other.mails,
            self.octets + other.octets,
            self.seconds + other.seconds,
            self.sized + other.sized,
            self.sized_octets + other.sized_octets,
        )


@dataclass(slots=True)
class ListProgress:
    """How far this process listed what a first reading still brings, down to the UID `below`, committed or on its way.

    `losses` counts how often the connection ended over the next of it, `skipped` what was passed over for that. `off`:
    the folder is not listed any further. `wished` are those that somebody waited for and that were asked for before
    their turn, once each.
    """

    below: int | None = None
    wished: set[int] = field(default_factory=set)
    losses: int = 0
    skipped: int = 0
    off: bool = False


_HOUR = 3600.0

LOOKS_OF_INBOX = 2
"""The first of them may have begun before the mail was seen elsewhere."""

KeptFrom = Callable[[], datetime | None]
"""The instant before which the owner keeps no mail, whatever it is; None where some is kept for good."""


@dataclass(slots=True)
class FolderMemory:
    """What this process remembers of a folder between two looks; what must survive it is in `position`.

    `position` is the last one committed; who holds `turn` puts something on record on top of it. `backlog` holds the
    UIDs a first reading still has to bring, ascending, once they are known, `brought` how many batches of it came in
    this process. `again`: the folder is to be looked at once more when what was found is on record. `listed` names the
    account's folders, and `all_mail` says that it holds what the others hold (Gmail); `awaited` is new mail there that
    INBOX is to bring, which alone decides about it, and how often INBOX was read to its end since that was first seen.
    A first reading leaves on the server what came before `kept_from`, and `too_old` are the UIDs of that, as last
    asked. `put_off`: what went was not looked for, since not all was read yet. `tries` says how often a missing body
    was asked for, and when next, `compared_at` when flags were last compared that the server counts no changes of
    (monotonic seconds).
    """

    name: str
    role: FolderRole
    loaded: bool = False
    position: Position | None = None
    backlog: list[int] | None = None
    planned: list[list[int]] = field(default_factory=list)
    brought: int = 0
    first: bool = False
    again: bool = False
    awaited: dict[int, int] = field(default_factory=dict)
    listed: frozenset[str] = frozenset()
    all_mail: bool = False
    kept_from: KeptFrom = lambda: None
    too_old: frozenset[int] = frozenset()
    told: dict[str, int] | None = None
    checked_over: weakref.ref[Link] | None = None
    remaining: int = 0
    doubts: Doubts = field(default_factory=Doubts)
    tries: dict[int, tuple[int, float]] = field(default_factory=dict)
    flags: dict[int, frozenset[str]] = field(default_factory=dict)
    absent_at: datetime | None = None
    compared_at: float = 0.0
    put_off: bool = False
    deep_due: float = 0.0
    resets: int = 0
    old_came: int = 0
    old_came_at: float = 0.0
    pace: Pace = field(default_factory=Pace)
    listing: ListProgress = field(default_factory=ListProgress)
    numbering: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def unread(self) -> bool:
        """Whether a first reading still has to bring something."""
        return self.position is not None and self.position.backfill_below is not None

    @property
    def uncompared(self) -> bool:
        """Whether all is read, and what went meanwhile is still to be looked for."""
        return self.put_off and not self.unread

    def flags_overdue(self, since: float) -> bool:
        """Whether the flags of a folder whose changes the server does not count were not compared since (monotonic)."""
        return self.position is not None and self.position.highest_modseq is None and self.compared_at < since

    def owed_due(self, now: float) -> bool:
        """Whether a body that did not come is to be asked for again (monotonic); no change of the folder tells so."""
        pending = () if self.position is None else self.position.pending
        return any(self.tries.get(uid, (0, 0.0))[1] <= now for uid in pending)

    @property
    def renumbered(self) -> bool:
        """Whether what has other numbers now is still to be read, some of which may be news."""
        return self.unread and self.position is not None and not self.position.baseline

    def looked_again(self) -> bool:
        """Whether another look is asked for, which is taken now."""
        again, self.again = self.again, False
        return again

    @property
    def listed_below(self) -> int | None:
        """Down to which UID the rest of a first reading is listed; 1 when all of it is."""
        if self.listing.below is not None or self.position is None:
            return self.listing.below
        return self.position.listed_below

    @property
    def overdue(self) -> frozenset[int]:
        """What INBOX was to bring and, read to its end twice since, did not: it is poisoned there, or lies there no
        longer.
        """
        return frozenset(uid for uid, looks in self.awaited.items() if looks >= LOOKS_OF_INBOX)

    def await_from_inbox(self, uids: Sequence[int]) -> None:
        """INBOX is to bring these, and no others any longer."""
        self.awaited = {uid: self.awaited.get(uid, 0) for uid in uids}

    def old_mail_comes(self, count: int, now: float) -> int:
        """So many mails of long ago came (monotonic); how many it were since there was an hour without one."""
        if count:
            self.old_came = count + (self.old_came if now < self.old_came_at + _HOUR else 0)
            self.old_came_at = now
        return self.old_came

    def inbox_was_read(self) -> None:
        """INBOX was read to its end once more."""
        for uid in self.awaited:
            self.awaited[uid] += 1

    def plan_anew(self, backlog: list[int] | None) -> None:
        """These UIDs are to be read now; what was planned, listed and awaited before means nothing any longer."""
        self.backlog, self.planned, self.listing, self.awaited = backlog, [], ListProgress(), {}

    def out_of_turn(self, uids: Collection[int]) -> None:
        """These were dealt with before their turn."""
        done = {*uids}
        if self.backlog is not None:
            self.backlog[:] = [uid for uid in self.backlog if uid not in done]
        left = ([uid for uid in group if uid not in done] for group in self.planned)
        self.planned = [group for group in left if group]

    def committed(self, batch: Batch) -> None:
        """What was handed out is on record."""
        self.position = batch.position
        if self.uncompared:
            self.told = None  # looked at again soon
        self.remaining = batch.remaining
        for arrival in batch.arrivals:
            if isinstance(arrival.raw, Spool):
                arrival.raw.discard()

    def forget(self) -> None:
        """Start again from what is on record: somebody did not commit what they were given."""
        self.loaded = False
        self.position = None
        self.plan_anew(None)
        self.told = None
        self.flags.clear()
