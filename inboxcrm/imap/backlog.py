"""Reading what was there before: the backlog of a folder, newest first, a batch at a time.

First comes a screenful, and of it what is small: a person looks at that while the rest is read. A mail is known by its
octets, is judged by all of them and is written down once; where that takes long, `listing` shows meanwhile what there
will be, and what somebody waits for is read before its turn.
"""

from __future__ import annotations

from collections.abc import Sequence

from inboxcrm.imap import decisions
from inboxcrm.imap.bodies import Bodies
from inboxcrm.imap.connection import Connection
from inboxcrm.imap.decisions import Advance, Way
from inboxcrm.imap.examined import Opened
from inboxcrm.imap.renumbering import reconcile
from inboxcrm.imap.work import METADATA, FolderWork, Survey
from inboxcrm.ports import Arrival, Position

SCREEN = 50
"""Messages of a folder that are read before the rest of it is listed: that list may take seconds."""

_LOOKED_AT = 2 * SCREEN
"""Of how many of the newest messages the first of small size make the first screen."""

_SOON = 128 << 10
_AT_A_TIME = 1 << 20
"""Octets up to which one of these does not wait behind the others, and that are fetched together: on a line of a
megabyte in a second the first of them is there within one.
"""


async def backfill(work: FolderWork) -> None:
    """Read the next batch that a first reading still has to bring. Brings nothing when the folder was renumbered."""
    memory = work.memory
    position, began = memory.position, work.clock.monotonic()
    if position is None or position.backfill_below is None or not await reopened(work, position):
        return
    begun = memory.brought or memory.backlog is not None or position.backfill_below != position.baseline
    if not begun and await _bring_screen(work, position):
        return
    backlog = await to_come(work, position)
    if not backlog:
        advance = Advance(backfilled=True, checked_at=work.clock.now())
        await work.offer(work.step(advance, uid_validity=position.uid_validity))
        return
    if not memory.planned:
        memory.planned = await _plan(work, backlog[: -METADATA - 1 : -1], position, backlog=backlog)
        if not memory.planned:
            return
    group = memory.planned[0]
    bodies = await work.read(group)
    if memory.backlog is backlog:
        memory.brought += 1
        del memory.planned[0]
        del backlog[-len(group) :]
        await _bring_old(work, bodies, position=position, left=len(backlog), below=min(group))
        memory.pace.came(bodies.arrived, work.clock.monotonic() - began)


async def bring(work: FolderWork, uids: Sequence[int]) -> None:
    """Read these of what a first reading still has to bring, before their turn; what is gone is told."""
    memory = work.memory
    position = memory.position
    memory.listing.wished.update(uids)
    if position is None or position.backfill_below is None or not await reopened(work, position):
        return
    backlog = await to_come(work, position)
    asked = {*uids}.intersection(backlog)
    survey = await _survey(work, sorted(asked, reverse=True), position)
    there = {uid for uid, _, _ in survey.located}
    for group in decisions.batches(survey.sizes, octets=_AT_A_TIME):
        bodies = await work.read(group)
        there.update((*(one.uid for one in bodies.arrived), *bodies.owed))
        memory.out_of_turn(group)
        await _bring_old(work, bodies, position=position, left=len(backlog), below=None)
    memory.out_of_turn(asked)
    if gone := {*uids} - there - {*await work.uids()}:
        await work.offer(
            work.step(Advance(), vanished=[(uid, uid) for uid in sorted(gone)], uid_validity=position.uid_validity)
        )


async def _bring_screen(work: FolderWork, position: Position) -> bool:
    """A screenful of the newest messages, the small ones of it; False where there is none.

    Sequence numbers only choose what to look at first; what is read is told by UID. The position does not move, since
    larger ones are passed over: the list of the rest leaves out what is on record.
    """
    opened = await work.link.run(lambda c: c.selected)
    if opened is None or not opened.exists:
        return False
    last = b"%d:%d" % (max(1, opened.exists - _LOOKED_AT + 1), opened.exists)
    found = await work.link.run(lambda c: c.search_uids(last))
    found = await work.worth_reading(found)
    known = {*await work.uids(), *position.pending}
    survey = await _survey(work, [uid for uid in found[::-1] if uid < position.baseline and uid not in known], position)
    work.memory.brought += 1
    work.memory.pace.told([size for _, size in survey.sizes])
    left = opened.exists - len(survey.located) - len(work.memory.too_old)
    soon = [(uid, size) for uid, size in survey.sizes if size <= _SOON][:SCREEN]
    for group in decisions.batches(soon, most=SCREEN, octets=_AT_A_TIME):
        left -= len(group)
        began, bodies = work.clock.monotonic(), await work.read(group)
        await _bring_old(work, bodies, position=position, left=left, below=None)
        work.memory.pace.came(bodies.arrived, work.clock.monotonic() - began)
    return bool(soon)


async def _survey(work: FolderWork, window: list[int], position: Position, *, remaining: int | None = None) -> Survey:
    """What these messages are; those on record already are told."""
    survey = await work.survey(window)
    if survey.located:
        await work.offer(
            work.step(Advance(), located=survey.located, remaining=remaining, uid_validity=position.uid_validity)
        )
    return survey


async def _plan(
    work: FolderWork, window: list[int], position: Position, *, backlog: list[int] | None = None
) -> list[list[int]]:
    """These messages in fetches of bounded size; those on record already are told, and leave the backlog."""
    survey = await _survey(work, window, position, remaining=None if backlog is None else len(backlog))
    work.memory.pace.told([size for _, size in survey.sizes])
    passed = {*window} - {uid for uid, _ in survey.sizes}
    if passed and backlog is not None:
        backlog[:] = [uid for uid in backlog if uid not in passed]
    return decisions.batches(survey.sizes, most=decisions.BACKLOG_MESSAGES)


async def reopened(work: FolderWork, position: Position) -> bool:
    """Whether the folder is open, and the one we know. Where it has other numbers, what was planned is forgotten; where
    the server took numbers back, which only a folder opened anew tells, what lies under each is compared first.
    """
    name = work.memory.name
    opened, anew = await work.link.run(lambda c: _open(c, name))
    if opened.uid_validity != position.uid_validity:
        work.memory.plan_anew(None)
        return False
    if anew and decisions.way(position, opened) is Way.RECONCILE:
        await reconcile(work, position, opened)
        return False
    return True


def _open(connection: Connection, name: str) -> tuple[Opened, bool]:
    """The folder as it is open, and whether it was opened just now."""
    opened = connection.selected
    if opened is not None and opened.folder == name:
        return opened, False
    return connection.examine(name), True


async def _bring_old(work: FolderWork, bodies: Bodies, *, position: Position, left: int, below: int | None) -> None:
    """One batch of the backlog, down to the UID `below` if all above it came; after a renumbering some may be news."""
    work.owe(bodies.owed)
    now = work.clock.now()
    news = [one for one in bodies.arrived if decisions.is_news(one, position, now=now)]
    if news:
        await work.offer(
            work.step(Advance(), arrivals=news, live=True, remaining=left, uid_validity=position.uid_validity)
        )
    told = {one.uid for one in news}
    history = [one for one in bodies.arrived if one.uid not in told]
    advance = Advance(
        backfill_below=below,
        backfilled=not left,
        owed=bodies.owed,
        checked_at=None if left else now,
    )
    await work.offer(
        work.step(
            advance,
            arrivals=sorted(history, key=_uid, reverse=True),
            quarantined=tuple(bodies.refused),
            remaining=left,
            uid_validity=position.uid_validity,
        )
    )


async def to_come(work: FolderWork, position: Position) -> list[int]:
    """The UIDs of what a first reading still has to bring, ascending."""
    if work.memory.backlog is None:
        work.memory.backlog = await _backlog(work, position)
    return work.memory.backlog


async def _backlog(work: FolderWork, position: Position) -> list[int]:
    below = position.backfill_below or 1
    criteria = b"UID 1:%d" % max(1, below - 1)
    found = await work.worth_reading(await work.link.run(lambda c: c.search_uids(criteria)))
    known = {*await work.uids(), *position.pending}
    return [uid for uid in found if uid < below and uid not in known]


def _uid(arrival: Arrival) -> int:
    return arrival.uid
