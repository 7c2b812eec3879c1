"""One step of reading a folder: what it brought, and how it moves the position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from inboxcrm.imap.decisions import Advance
from inboxcrm.ports import Arrival, Batch, FolderRole, Position
from inboxcrm.spool import Spool


@dataclass(frozen=True, slots=True)
class Step:
    """A batch that does not know its position yet: that is settled when it is handed out, after those before it."""

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

    def batch(self, mailbox: str, position: Position | None) -> Batch | None:
        """The batch on top of what was committed last; None when the folder was renumbered since."""
        stale = position is not None and position.uid_validity != self.uid_validity
        if self.advance.fresh is None and (stale or position is None):
            return None
        return Batch(
            mailbox,
            self.folder,
            self.role,
            self.advance.apply(position),
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
        )


@dataclass(slots=True)
class Half:
    """A large message as far as it was read; the next connection goes on from there, and the next process."""

    octets: Spool
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
class FolderMemory:
    """What this process remembers of a folder between two looks; what must survive it is in `position`.

    `position` is the last one committed. `backlog` holds the UIDs a first reading still has to bring, ascending, once
    they are known, `brought` how many batches of it came in this process. `listed` names the account's folders, and
    `all_mail` says that it holds what the others hold (Gmail). `tries` says how often a missing body was asked for, and
    when next (monotonic seconds).
    """

    name: str
    role: FolderRole
    loaded: bool = False
    position: Position | None = None
    backlog: list[int] | None = None
    planned: list[list[int]] = field(default_factory=list)
    brought: int = 0
    first: bool = False
    listed: frozenset[str] = frozenset()
    all_mail: bool = False
    told: dict[str, int] | None = None
    checked_over: object | None = None
    remaining: int = 0
    doubts: Doubts = field(default_factory=Doubts)
    tries: dict[int, tuple[int, float]] = field(default_factory=dict)
    flags: dict[int, frozenset[str]] = field(default_factory=dict)
    deep_due: float = 0.0
    resets: int = 0

    @property
    def unread(self) -> bool:
        """Whether a first reading still has to bring something."""
        return self.position is not None and self.position.backfill_below is not None

    def committed(self, batch: Batch) -> None:
        """What was handed out is on record."""
        self.position = batch.position
        self.remaining = batch.remaining
        for arrival in batch.arrivals:
            if isinstance(arrival.raw, Spool):
                arrival.raw.discard()

    def forget(self) -> None:
        """Start again from what is on record: somebody did not commit what they were given."""
        self.loaded = False
        self.position = None
        self.backlog = None
        self.planned = []
        self.told = None
        self.flags.clear()
