"""What to do with a folder, given what is on record and what the server says. Nothing here asks anybody anything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from inboxcrm.imap.examined import Opened
from inboxcrm.ports import CLOCKS_MAY_DIFFER, Arrival, Position

BATCH_MESSAGES = 100
BACKLOG_MESSAGES = 250
"""Messages of one fetch, and of one of a backlog, where nobody waits for each."""

BATCH_OCTETS = 4 << 20
ALONE_OCTETS = 2 << 20
"""A message above this is fetched by itself."""

RECENT = 400
"""How many of the newest messages have their flags looked at where the server keeps no mod-sequences."""

_SUSPICIOUS_SHARE = 0.2


class Way(Enum):
    """How a folder is taken up."""

    FIRST = "first"
    RESET = "reset"
    RECONCILE = "reconcile"
    CONTINUE = "continue"


class Changes(Enum):
    """How flags that changed are learnt: not at all, told by EXAMINE, asked for, all of them, the newest of them."""

    NONE = "none"
    TOLD = "told"
    ASK = "ask"
    ALL = "all"
    RECENT = "recent"


def way(stored: Position | None, opened: Opened) -> Way:
    """UIDVALIDITY is compared for inequality (it may go down); a UIDNEXT that goes down is illegal and happens."""
    if stored is None:
        return Way.FIRST
    if stored.uid_validity != opened.uid_validity:
        return Way.RESET
    if opened.uid_next is not None and opened.uid_next < stored.uid_next:
        return Way.RECONCILE
    return Way.CONTINUE


def changes(stored: Position, opened: Opened, *, told: bool) -> Changes:
    """`told`: EXAMINE was asked by QRESYNC. A mod-sequence that vanished or went back is no basis (RFC 7162)."""
    if opened.highest_modseq is None:
        return Changes.RECENT
    if stored.highest_modseq is None or opened.highest_modseq < stored.highest_modseq:
        return Changes.ALL
    if opened.highest_modseq == stored.highest_modseq:
        return Changes.NONE
    return Changes.TOLD if told else Changes.ASK


def as_it_was(stored: Position, opened: Opened, *, exists: int) -> bool:
    """Whether EXAMINE tells nothing that is not on record; `exists` is how many messages there were when that was read.

    Only for a folder whose changes the server counts: without a mod-sequence nothing is known of flags (RFC 7162).
    """
    return (
        way(stored, opened) is Way.CONTINUE
        and opened.uid_next == stored.uid_next
        and opened.exists == exists
        and changes(stored, opened, told=True) is Changes.NONE
        and not (opened.vanished or opened.changed)
    )


def newer(uids: Iterable[int], uid_next: int) -> list[int]:
    """Those at or above `uid_next`: a search for `n:*` always names the last message (RFC 3501 section 6.4.8)."""
    return [uid for uid in uids if uid >= uid_next]


def batches(
    sizes: Sequence[tuple[int, int]], *, most: int = BATCH_MESSAGES, octets: int = BATCH_OCTETS
) -> list[list[int]]:
    """Cut (uid, octets), in the order given, into fetches of bounded number and size; big ones alone."""
    cut: list[list[int]] = []
    room = 0
    for uid, size in sizes:
        alone = size > ALONE_OCTETS
        if not cut or alone or size > room or len(cut[-1]) >= most:
            cut.append([])
            room = octets
        cut[-1].append(uid)
        room = -1 if alone else room - size
    return cut


def suspicious(vanished: int, known: int) -> bool:
    """Whether so much of a folder is said to be gone that the server must be asked again."""
    return vanished > known * _SUSPICIOUS_SHARE


LONG = 60.0
"""Seconds a first reading may still take before it is worth while to list first what it will bring: for less than that
nobody begins to search."""

QUICK = 1 / 150
"""Seconds for a mail: where mails come faster it is this machine that takes the time, not the line, and the list, of a
millisecond for each, would take a good part of it."""

SURE = 2.0
"""Seconds a first reading must have taken before its pace is believed."""


def lists_first(
    *, mails: int, octets: int, seconds: float, left: int, mean_size: float | None = None, waits: bool = False
) -> bool:
    """Whether the rest of a first reading is listed before it is read, since the reading takes long.

    So far `mails` of `octets` came in `seconds`; `left` are still to come, of `mean_size` octets where sizes are known:
    small mails come first. `waits`: nothing may be read just now, for hours.
    """
    if left <= 0 or waits:
        return left > 0
    if seconds < SURE or not mails:
        return False
    by_count = seconds / mails
    by_size = seconds / octets * mean_size if octets and mean_size is not None else 0.0
    each = max(by_count, by_size)
    return each > QUICK and each * left > LONG


def was_delivered(received_at: datetime, position: Position, *, now: datetime) -> bool:
    """Whether mail that came to the top of a folder was delivered there, and not moved: what is moved or copied keeps
    its INTERNALDATE, which is older than the last look or, in a first reading, than the first.

    The server's clock is not ours.
    """
    since = _put_right(position.checked_at or position.news_since, now)
    return since is not None and received_at > since - CLOCKS_MAY_DIFFER


LONG_AGO = timedelta(days=30)
"""After which what lies among junk is thrown away nearly everywhere: what is found there is no older."""

FOLDERFUL = 20
"""How many mails of long ago nobody puts into a folder one by one, with less than an hour between two of them."""


def is_of_long_ago(received_at: datetime, *, now: datetime) -> bool:
    """Whether mail that comes now was received so long ago that it is history wherever it is put, if much of it comes:
    a folder that is emptied there, a mailbox that is copied. A few may each be a letter that was overlooked.
    """
    return received_at < now - LONG_AGO


def is_news(arrival: Arrival, position: Position, *, now: datetime) -> bool:
    """Whether mail that is not on record, wherever it lies, came when the folder had been opened. By its number, or by
    its date where it was renumbered and the numbers tell nothing.
    """
    if position.baseline:
        return arrival.uid >= position.baseline
    since = _put_right(position.news_since, now)
    return since is not None and arrival.received_at > since


def _put_right(noted: datetime | None, now: datetime) -> datetime | None:
    """What was noted by a clock that ran ahead and is right now tells nothing: then it is the day that counts."""
    if noted is None or noted <= now + CLOCKS_MAY_DIFFER:
        return noted
    return now - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Advance:
    """Where a step leaves a folder's position; what is None stays as it is.

    Two connections read one folder, the top and the backlog: each moves only its own part, on whatever was committed
    last. `fresh` replaces the position altogether.
    """

    fresh: Position | None = None
    uid_next: int | None = None
    highest_modseq: int | None = None
    backfill_below: int | None = None
    backfilled: bool = False
    listed_below: int | None = None
    owed: tuple[int, ...] = ()
    settled: tuple[int, ...] = ()
    checked_at: datetime | None = None
    object_id: str | None = None

    def apply(self, position: Position | None) -> Position:
        """The position once this step is committed."""
        if self.fresh is not None:
            return self.fresh
        if position is None:
            raise ValueError("a folder without a position takes a fresh one")
        below = None if self.backfilled else self.backfill_below or position.backfill_below
        return replace(
            position,
            uid_next=max(position.uid_next, self.uid_next or 0),
            highest_modseq=self.highest_modseq or position.highest_modseq,
            backfill_below=below,
            listed_below=None if below is None else self.listed_below or position.listed_below,
            pending=tuple(sorted({*position.pending, *self.owed} - {*self.settled})),
            checked_at=(self.checked_at or position.checked_at) if below is None else position.checked_at,
            object_id=self.object_id or position.object_id,
        )


def baseline(opened: Opened, *, uid_next: int, now: datetime, absent_at: datetime | None = None) -> Position:
    """The first position of a folder: all that is there now is history, read newest first. Where the folder was not
    there, or not read, at `absent_at`, what came since is news: a filter makes a folder for the mail that it puts
    there, and the owner names one in the settings while nobody watches.
    """
    empty = opened.exists == 0
    return Position(
        opened.uid_validity,
        uid_next,
        opened.highest_modseq,
        backfill_below=None if empty else uid_next,
        baseline=uid_next if absent_at is None else 0,
        checked_at=now if empty else None,
        object_id=opened.object_id,
        news_since=now if absent_at is None else absent_at - CLOCKS_MAY_DIFFER,
    )


def renumbered(stored: Position, opened: Opened, *, uid_next: int, unknown: Sequence[int]) -> Position:
    """After a UIDVALIDITY reset: the known are linked again, the unknown are read like a backlog, some of which may be
    news.
    """
    return Position(
        opened.uid_validity,
        uid_next,
        opened.highest_modseq,
        backfill_below=max(unknown) + 1 if unknown else None,
        checked_at=stored.checked_at,
        object_id=opened.object_id,
        news_since=_news_since(stored),
    )


def reconciled(stored: Position, *, uid_next: int, unknown: Sequence[int], pending: Iterable[int]) -> Position:
    """After UIDNEXT went down: the mod-sequence is asked anew; of what is owed, `pending` may still come."""
    return replace(
        stored,
        uid_next=uid_next,
        highest_modseq=None,
        backfill_below=max(unknown) + 1 if unknown else None,
        baseline=0,
        listed_below=None,
        pending=tuple(sorted({*stored.pending} & {*pending})),
        news_since=_news_since(stored),
    )


def _news_since(stored: Position) -> datetime | None:
    """From when on what is unknown is news once the numbers tell nothing any longer.

    While old mail was read it is the instant that held then. Mail of the last minutes before a check was seen then, and
    is matched by its id.
    """
    if stored.backfill_below is not None or stored.checked_at is None:
        return stored.news_since
    return stored.checked_at - CLOCKS_MAY_DIFFER
