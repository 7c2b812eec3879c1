"""Reading what was there before: the backlog of a folder, newest first, a batch at a time."""

from __future__ import annotations

from inboxcrm.imap import decisions
from inboxcrm.imap.bodies import Bodies
from inboxcrm.imap.decisions import Advance
from inboxcrm.imap.work import METADATA, FolderWork
from inboxcrm.ports import Arrival, Position

_LARGE = 2000
"""Messages in a folder above which the newest are read before the rest is listed."""


async def backfill(work: FolderWork) -> None:
    """Read the next batch that a first reading still has to bring. Brings nothing when the folder was renumbered."""
    memory = work.memory
    position = memory.position
    if position is None or position.backfill_below is None or not await _open(work, position):
        return
    if position.backfill_below == position.baseline and not memory.brought and await _bring_newest(work, position):
        return
    if memory.backlog is None:
        memory.backlog = await _backlog(work, position.backfill_below)
    backlog = memory.backlog
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
        await _bring_old(work, group, bodies, position=position, left=len(backlog))


async def _bring_newest(work: FolderWork, position: Position) -> bool:
    """The newest messages of a large folder, before its whole list is asked for: that list takes seconds of its own.

    Sequence numbers only choose what to look at first; what is read is told by UID.
    """
    opened = await work.link.run(lambda c: c.selected)
    if opened is None or opened.exists <= _LARGE:
        return False
    last = b"%d:%d" % (opened.exists - decisions.BATCH_MESSAGES + 1, opened.exists)
    uids = [uid for uid in await work.link.run(lambda c: c.search_uids(last)) if uid < position.baseline]
    work.memory.brought += 1
    group = (await _plan(work, uids[::-1], position))[:1]
    if not group:
        return False
    await _bring_old(work, group[0], await work.read(group[0]), position=position, left=opened.exists - len(group[0]))
    return True


async def _plan(
    work: FolderWork, window: list[int], position: Position, *, backlog: list[int] | None = None
) -> list[list[int]]:
    """These messages in fetches of bounded size; those on record already are told, and leave the backlog."""
    survey = await work.survey(window)
    passed = {*window} - {uid for uid, _ in survey.sizes}
    if passed and backlog is not None:
        backlog[:] = [uid for uid in backlog if uid not in passed]
    if survey.located:
        remaining = None if backlog is None else len(backlog)
        await work.offer(
            work.step(Advance(), located=survey.located, remaining=remaining, uid_validity=position.uid_validity)
        )
    return decisions.batches(survey.sizes, most=decisions.BACKLOG_MESSAGES)


async def _open(work: FolderWork, position: Position) -> bool:
    """Whether the folder is open, and the one we know."""
    name = work.memory.name
    opened = await work.link.run(lambda c: c.selected if c.selected and c.selected.folder == name else c.examine(name))
    return opened.uid_validity == position.uid_validity


async def _bring_old(work: FolderWork, group: list[int], bodies: Bodies, *, position: Position, left: int) -> None:
    """One batch of the backlog; after a renumbering some of it may be news."""
    work.owe(bodies.owed)
    news = [one for one in bodies.arrived if decisions.is_news(one.received_at, position.checked_at)]
    if news:
        await work.offer(
            work.step(Advance(), arrivals=news, live=True, remaining=left, uid_validity=position.uid_validity)
        )
    told = {one.uid for one in news}
    history = [one for one in bodies.arrived if one.uid not in told]
    advance = Advance(
        backfill_below=min(group),
        backfilled=not left,
        owed=bodies.owed,
        checked_at=None if left else work.clock.now(),
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


async def _backlog(work: FolderWork, below: int) -> list[int]:
    criteria = b"UID 1:%d" % max(1, below - 1)
    found = await work.link.run(lambda c: c.search_uids(criteria))
    known = {*await work.uids()}
    return [uid for uid in found if uid < below and uid not in known]


def _uid(arrival: Arrival) -> int:
    return arrival.uid
