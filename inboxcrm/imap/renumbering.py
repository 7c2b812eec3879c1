"""Finding known mail again in a folder that was renumbered."""

from __future__ import annotations

from collections.abc import Sequence

from inboxcrm.domain.identifiers import message_ids
from inboxcrm.errors import PermanentError, TransientError
from inboxcrm.imap import decisions
from inboxcrm.imap.connection import Connection
from inboxcrm.imap.decisions import Advance
from inboxcrm.imap.examined import Opened
from inboxcrm.imap.responses import Fetched
from inboxcrm.imap.uids import closed_ranges
from inboxcrm.imap.work import METADATA, FolderWork, fetch_around
from inboxcrm.ports import Position

_MOST_RESETS = 5
_IDS = "(UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])"


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
    memory.flags.clear()
    memory.doubts.clear()
    present = await _present(work, opened)
    rows, relinked = await _found_again(work, present)
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
        flags=[(uid, rows[uid][2]) for uid, _, _ in relinked],
        remaining=len(backlog),
    )
    await work.offer(step)


async def reconcile(work: FolderWork, stored: Position, opened: Opened) -> None:
    """UIDNEXT went down under the same UIDVALIDITY: compare both whole lists.

    By number where it is only told too low. Where the highest numbers are gone, they may have been given to other mail
    since (a server put back from its backup): then by what lies under each.
    """
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


async def _reconcile_mail(work: FolderWork, stored: Position, present: Sequence[int], *, uid_next: int) -> None:
    memory = work.memory
    memory.flags.clear()
    memory.doubts.clear()
    rows, relinked = await _found_again(work, present)
    same = {uid for uid, _, _ in relinked}
    backlog = await work.worth_reading([uid for uid in present if uid not in same])
    memory.plan_anew(backlog)
    position = decisions.reconciled(stored, uid_next=uid_next, unknown=backlog, pending=())
    await work.offer(
        work.step(
            Advance(fresh=position),
            reset=bool(relinked),
            relinked=relinked,
            flags=[(uid, rows[uid][2]) for uid in sorted(same)],
            vanished=list(closed_ranges({*await work.uids()} - same)),
            remaining=len(backlog),
        )
    )


Known = dict[int, tuple[str, int, frozenset[str]]]
"""Message-ID (empty where there is none), size and flags by UID."""


async def _found_again(work: FolderWork, present: Sequence[int]) -> tuple[Known, tuple[tuple[int, str, int], ...]]:
    """What these are, and those of them that are on record, whatever number they had: (UID, Message-ID, size)."""
    rows = await ids_of(work, present)
    named = [(uid, name, size) for uid, (name, size, _) in rows.items()]
    unknown = {*await work.known.relink(work.mailbox, work.memory.name, named)}
    return rows, tuple(row for row in named if row[0] not in unknown)


async def _present(work: FolderWork, opened: Opened) -> list[int]:
    """Every UID there is; TransientError when the list is shorter than the folder."""
    present = await work.link.run(lambda c: c.search_uids(b"ALL"))
    if len(present) < opened.exists:
        raise TransientError(f"{opened.folder}: the server lists {len(present)} of {opened.exists} messages")
    return present


async def ids_of(work: FolderWork, uids: Sequence[int]) -> Known:
    """What the server says of each."""
    told: Known = {}
    for start in range(0, len(uids), METADATA):
        part = uids[start : start + METADATA]
        found = await work.fetch(part, _IDS)
        told.update((one.uid, _identity(one)) for one in found if one.uid is not None)
    return told


def message_ids_of(connection: Connection, uids: Sequence[int]) -> dict[int, str]:
    """The Message-ID of each message of the open folder; empty where it has none."""
    found = fetch_around(connection, uids, _IDS)
    return {one.uid: _identity(one)[0] for one in found if one.uid is not None}


def _identity(one: Fetched) -> tuple[str, int, frozenset[str]]:
    block = next((value for name, value in one.sections.items() if name.startswith("BODY[HEADER")), None) or b""
    unfolded = block.decode("ascii", "replace").replace("\r\n ", " ").replace("\r\n\t", " ")
    found = message_ids(unfolded)
    return (found[0] if found else "", one.size or 0, one.flags or frozenset())
