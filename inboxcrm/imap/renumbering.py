"""Finding known mail again in a folder that was renumbered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from inboxcrm.domain.identifiers import message_ids
from inboxcrm.errors import PermanentError, TransientError
from inboxcrm.imap import decisions
from inboxcrm.imap.connection import Connection
from inboxcrm.imap.decisions import Advance
from inboxcrm.imap.errors import CommandRefusedError, concerns_more
from inboxcrm.imap.examined import Opened
from inboxcrm.imap.responses import Fetched
from inboxcrm.imap.steps import FolderMemory
from inboxcrm.imap.uids import closed_ranges
from inboxcrm.imap.work import METADATA, FolderWork, fetch_around
from inboxcrm.ports import Position

_MOST_RESETS = 5
_IDS = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"


class FolderUnstableError(PermanentError):
    """The server renumbers the folder again and again; it is left alone until the next start."""


async def start_over(work: FolderWork, stored: Position, opened: Opened) -> None:
    """UIDVALIDITY changed: link what is known under its new number, read the rest, fetch nothing twice."""
    memory = work.memory
    memory.resets += 1
    if memory.resets > _MOST_RESETS:
        raise FolderUnstableError(
            f"{memory.name}: the server renumbered the folder {memory.resets} times in a row; it is not read further"
        )
    memory.tries.clear()
    await _void(memory)
    present = await _present(work, opened)
    rows, relinked = await _found_again(work, stored, present)
    unknown = {*present} - {uid for uid, _, _ in relinked}
    uid_next = max(opened.uid_next or 0, max(present, default=0) + 1)
    backlog = await work.worth_reading(sorted(unknown))
    memory.plan_anew(backlog)
    position = decisions.renumbered(stored, opened, uid_next=uid_next, unknown=backlog)
    step = work.step(
        Advance(fresh=position),
        uid_validity=opened.uid_validity,
        reset=True,
        relinked=relinked,
        flags=[(uid, rows[uid].flags) for uid, _, _ in relinked],
        remaining=len(backlog),
    )
    await work.offer(step)


async def reconcile(work: FolderWork, stored: Position, opened: Opened) -> None:
    """UIDNEXT went down under the same UIDVALIDITY: compare both whole lists.

    By number where it is only told too low. Where the highest numbers are gone, they may have been given to other mail
    since (a server put back from its backup): then by what lies under each.
    """
    await _void(work.memory)
    present = await _present(work, opened)
    top = max(present, default=0) + 1
    if top < stored.uid_next:
        await _reconcile_mail(work, stored, present, uid_next=max(opened.uid_next or 0, top))
        return
    known = {*await work.uids()}
    backlog = await work.worth_reading([uid for uid in present if uid not in known and uid not in stored.pending])
    work.memory.plan_anew(backlog)
    position = decisions.reconciled(stored, uid_next=top, unknown=backlog, pending=present)
    floor = stored.backfill_below or 0
    gone = list(closed_ranges(uid for uid in known - {*present} if uid >= floor))
    await work.offer(work.step(Advance(fresh=position), vanished=gone, remaining=len(backlog)))


async def take_back(work: FolderWork, stored: Position, opened: Opened) -> None:
    """Numbers on record were given to other mail, and more beyond them: compare what lies under each."""
    await _void(work.memory)
    present = await _present(work, opened)
    uid_next = max(opened.uid_next or 0, max(present, default=0) + 1)
    await _reconcile_mail(work, stored, present, uid_next=uid_next)


@dataclass(frozen=True, slots=True)
class Top:
    """What lies at the top of what is on record. `given_away`: another mail lies under a number of it; `between`: UIDs
    among and above them that are not on record.
    """

    given_away: bool = False
    between: tuple[int, ...] = ()


async def look_at_top(work: FolderWork, stored: Position) -> Top:
    """Compare the newest few on record with what lies there now: a server that is put back from its backup, or whose
    stand-in was a mail behind, gives the highest numbers a second time.

    All that is given away lies above what was kept. So if any number on record is another mail's, the highest of those
    that are still there is; and what came under numbers of which nothing is on record any longer lies between them.
    """
    newest = await work.known.newest(work.mailbox, work.memory.name)
    if not newest:
        return Top()
    uids = [uid for uid, *_ in newest]
    there = await work.link.run(partial(_ids_among, uids=uids, last=stored.uid_next - 1))
    if there.keys().isdisjoint(uids):
        present = await work.link.run(lambda c: c.search_uids(b"ALL"))
        newest = await work.known.newest(work.mailbox, work.memory.name, among=present)
        there |= await ids_of(work, [uid for uid, *_ in newest])
    if any(_is_another(there[uid], message_id, at, stored) for uid, message_id, at in newest if uid in there):
        return Top(given_away=True)
    accounted_for = {*await work.uids(), *stored.pending}
    return Top(between=tuple(uid for uid in there if uid < stored.uid_next and uid not in accounted_for))


def _ids_among(connection: Connection, *, uids: Sequence[int], last: int) -> dict[int, Told]:
    """What the server says of these messages of the open folder, and of all between and above them up to `last`; of
    these alone where it refuses one.
    """
    try:
        found = connection.fetch_set(f"{min(uids)}:{max(*uids, last)}", _IDS)
    except CommandRefusedError as refusal:
        if refusal.status == "BAD" or concerns_more(refusal):
            raise
        found = fetch_around(connection, uids, _IDS)
    return {one.uid: _identity(one) for one in found if one.uid is not None}


def _is_another(there: Told, message_id: str | None, received_at: datetime, stored: Position) -> bool:
    """Whether the mail that lies there is not the one on record: by its Message-ID or, since a form sends each mail
    under the same one, by having come after the folder was last read, at another time than that one did.
    """
    if message_id and there.message_id and there.message_id != message_id:
        return True
    read_at = stored.checked_at or stored.news_since
    if there.received_at is None or read_at is None:
        return False
    return there.received_at > read_at and there.received_at != received_at


async def _reconcile_mail(work: FolderWork, stored: Position, present: Sequence[int], *, uid_next: int) -> None:
    rows, relinked = await _found_again(work, stored, present)
    same = {uid for uid, _, _ in relinked}
    backlog = await work.worth_reading([uid for uid in present if uid not in same])
    work.memory.plan_anew(backlog)
    position = decisions.reconciled(stored, uid_next=uid_next, unknown=backlog, pending=())
    await work.offer(
        work.step(
            Advance(fresh=position),
            reset=bool(relinked),
            relinked=relinked,
            flags=[(uid, rows[uid].flags) for uid in sorted(same)],
            vanished=list(closed_ranges({*await work.uids()} - same)),
            remaining=len(backlog),
        )
    )


async def _void(memory: FolderMemory) -> None:
    """What was read by the old numbers and is not on record holds no longer; what was just being put there is there."""
    memory.numbering += 1
    memory.flags.clear()
    memory.doubts.clear()
    async with memory.turn:
        pass


@dataclass(frozen=True, slots=True)
class Told:
    """What the server says of a message. `message_id` is empty where it has none."""

    message_id: str
    size: int
    flags: frozenset[str]
    received_at: datetime | None


async def _found_again(
    work: FolderWork, stored: Position, present: Sequence[int]
) -> tuple[dict[int, Told], tuple[tuple[int, str, int], ...]]:
    """What these are, and those of them that are on record, whatever number they had: (UID, Message-ID, size).

    What came since the last look is read, and known by its octets if it was: a form sends each mail under the same
    Message-ID, of the same size.
    """
    rows = await ids_of(work, present)
    since = stored.checked_at or stored.news_since
    named = [
        (uid, one.message_id, one.size)
        for uid, one in rows.items()
        if since is None or one.received_at is None or one.received_at <= since
    ]
    unknown = {*await work.known.relink(work.mailbox, work.memory.name, named)}
    return rows, tuple(row for row in named if row[0] not in unknown)


async def _present(work: FolderWork, opened: Opened) -> list[int]:
    """Every UID there is; TransientError when the list is shorter than the folder."""
    present = await work.link.run(lambda c: c.search_uids(b"ALL"))
    if len(present) < opened.exists:
        raise TransientError(f"{opened.folder}: the server lists {len(present)} of {opened.exists} messages")
    return present


async def ids_of(work: FolderWork, uids: Sequence[int]) -> dict[int, Told]:
    """What the server says of each."""
    told: dict[int, Told] = {}
    for start in range(0, len(uids), METADATA):
        part = uids[start : start + METADATA]
        found = await work.fetch(part, _IDS)
        told.update((one.uid, _identity(one)) for one in found if one.uid is not None)
    return told


def message_ids_of(connection: Connection, uids: Sequence[int]) -> dict[int, str]:
    """The Message-ID of each message of the open folder; empty where it has none."""
    found = fetch_around(connection, uids, _IDS)
    return {one.uid: _identity(one).message_id for one in found if one.uid is not None}


def _identity(one: Fetched) -> Told:
    block = next((value for name, value in one.sections.items() if name.startswith("BODY[HEADER")), None) or b""
    unfolded = block.decode("ascii", "replace").replace("\r\n ", " ").replace("\r\n\t", " ")
    found = message_ids(unfolded)
    return Told(found[0] if found else "", one.size or 0, one.flags or frozenset(), one.internal_date)
