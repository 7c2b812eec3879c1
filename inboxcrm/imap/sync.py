"""Bringing one folder up to date: what it takes to know everything the server holds, and to lose nothing on the way.

`sync_folder` is the same at the start, after a reconnect, on a timer and after a hint; no state is derived from hints
or sequence numbers. Decisions are in `decisions`; here is what asks the server and hands out steps.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from datetime import datetime

from inboxcrm.errors import TransientError
from inboxcrm.imap import decisions
from inboxcrm.imap.bodies import Bodies, read_bodies
from inboxcrm.imap.connection import Connection
from inboxcrm.imap.decisions import Advance, Changes, Way
from inboxcrm.imap.errors import ConnectionLostError
from inboxcrm.imap.examined import Opened
from inboxcrm.imap.link import Link
from inboxcrm.imap.renaming import take_over
from inboxcrm.imap.renumbering import look_at_top, reconcile, start_over, take_back
from inboxcrm.imap.steps import FolderMemory
from inboxcrm.imap.uids import closed_ranges, within
from inboxcrm.imap.work import NOWHERE, RETRY_AFTER, FolderWork, Offer
from inboxcrm.ports import Arrival, Clock, FolderRole, KnownFolders, Position

_MOST_PENDING = 1000
_DEEP_EVERY = 3600.0
_READ_AT_ONCE = frozenset({FolderRole.INBOX, FolderRole.SENT})
"""Where a message is news by being there."""


class FolderSync(FolderWork):
    """The top of a folder: new mail, changes, and what is owed."""

    async def check(self) -> None:
        """Open the folder and bring it up to date, but for the backlog of a first reading."""
        memory = self.memory
        if not memory.loaded:
            memory.position = await self.known.position(self.mailbox, memory.name)
            memory.loaded = True
        stored = memory.position
        now = self.clock.now()
        since = (stored.uid_validity, stored.highest_modseq) if stored and stored.highest_modseq else None
        opened, told = await self.link.run(lambda c: (c.examine(memory.name, since=since), _tells(c, since)))
        same_link = memory.checked_over is not None and memory.checked_over() is self.link
        match decisions.way(stored, opened), stored:
            case Way.FIRST, _:
                if await take_over(self, opened):
                    memory.again = True  # for what came into it meanwhile
                else:
                    await self._begin(opened, now)
            case Way.RESET, Position():
                await start_over(self, stored, opened)
            case Way.RECONCILE, Position():
                await reconcile(self, stored, opened)
            case _, Position():
                memory.resets = memory.resets if same_link else 0
                if opened.object_id not in {None, stored.object_id}:
                    await self.offer(self.step(Advance(object_id=opened.object_id)))
                compare = not (told and same_link)
                await self._continue(stored, opened, now=now, told=told, compare=compare, afresh=not same_link)
        memory.checked_over = weakref.ref(self.link)  # not before: what failed half-way is compared again

    async def news(self) -> None:
        """Bring what came since, from the folder that is open already: the way taken when the server gives a hint."""
        position = self.memory.position
        if position is None:
            return
        arrived = await self._at_a_glance(position.uid_next)
        now = self.clock.now()
        if arrived is None:
            await self._bring_new(position, now)
            return
        news, _ = self._parted([arrived], position)
        advance = Advance(uid_next=position.uid_next + 1, checked_at=now)
        await self.offer(self.step(advance, arrivals=[arrived], live=bool(news)))

    async def _at_a_glance(self, uid: int) -> Arrival | None:
        """The one small message that was pushed; None where there is more to it, or a doubt about it."""
        if uid in self.memory.doubts.strikes:
            return None
        try:
            return await self.link.glance(uid)
        except ConnectionLostError:
            self.memory.doubts.strike([uid])
            raise

    async def _continue(
        self, stored: Position, opened: Opened, *, now: datetime, told: bool, compare: bool, afresh: bool
    ) -> None:
        """What a server tells by itself (QRESYNC) is compared with what there is once over each connection, and where
        its count of changes went back. `afresh`: over this connection for the first time; it may have been put back
        from its backup since the last.
        """
        how = decisions.changes(stored, opened, told=told)
        missed = 0
        if afresh:  # while the newest on record are the old ones
            top = await look_at_top(self, stored)
            if top.given_away:
                await take_back(self, stored, opened)
                return
            missed = await self._bring_between(top.between, stored)
        new = [] if opened.uid_next == stored.uid_next else await self._bring_new(stored, now)
        await self._bring_changes(stored, opened, how, now=now)
        if compare or how is Changes.ALL or self.memory.uncompared:
            await self._compare(stored, opened, new, missed=missed)
        await self._bring_owed(stored)

    async def _begin(self, opened: Opened, now: datetime) -> None:
        uid_next = await self.uid_next(opened)
        position = decisions.baseline(opened, uid_next=uid_next, now=now, absent_at=self.memory.absent_at)
        self.memory.backlog = None
        await self.offer(self.step(Advance(fresh=position), uid_validity=opened.uid_validity, remaining=opened.exists))

    async def _bring_new(self, position: Position, now: datetime) -> list[int]:
        """Mail at the top, oldest first, and its UIDs. Every one below the new `uid_next` was fetched, owed, or not
        found.
        """
        uids, first = await self.link.run(lambda c: self._look_for_new(c, position.uid_next, now))
        if uids and len(position.pending) >= _MOST_PENDING:
            raise TransientError(f"{self.memory.name}: the server withholds {len(position.pending)} messages")
        if not uids:
            return []
        cut, top = ([uids], uids[-1] + 1) if first is not None else await self._cut(uids)
        if not cut:
            await self.offer(self.step(Advance(uid_next=top, checked_at=now)))
        for index, group in enumerate(cut):
            bodies = first if first is not None else await self.read(group)
            last = index == len(cut) - 1
            advance = Advance(
                uid_next=top if last else group[-1] + 1, owed=bodies.owed, checked_at=now if last else None
            )
            self.owe(bodies.owed)
            news, moved = self._parted(bodies.arrived, position)
            if moved:
                await self.offer(self.step(Advance(), arrivals=moved))
            await self.offer(self.step(advance, arrivals=news, live=True, quarantined=tuple(bodies.refused)))
        return uids

    async def _cut(self, uids: list[int]) -> tuple[list[list[int]], int]:
        """New mail in fetches of bounded size, and the UID up to which that accounts for everything.

        What is on record already is told by where it lies now. In All Mail, mail that lies in INBOX too waits until
        INBOX has brought it, which alone decides about it; so does what came after it. Where INBOX cannot bring it, it
        is read here.
        """
        survey, top = await self.survey(uids), uids[-1] + 1
        self.memory.await_from_inbox(survey.waiting)
        if survey.waiting:
            top = survey.waiting[0]
            self.memory.told = None  # looked at again soon
            survey.sizes = [(uid, size) for uid, size in survey.sizes if uid < top]
            survey.located = [one for one in survey.located if one[0] < top]
        if survey.located:
            await self.offer(self.step(Advance(), located=survey.located))
        return decisions.batches(survey.sizes), top

    def _parted(self, arrived: Sequence[Arrival], position: Position) -> tuple[list[Arrival], list[Arrival]]:
        """What was delivered, and what somebody put there that is older: mail moved or copied keeps its INTERNALDATE.

        INBOX and Sent take everything for news but much old mail: programs that fetch mail elsewhere file it with its
        old date, and the owner puts there what they found among junk.
        """
        now = self.clock.now()
        news = [one for one in arrived if decisions.was_delivered(one.received_at, position, now=now)]
        if self.memory.role in _READ_AT_ONCE:
            delivered = {one.uid for one in news}
            put = [one for one in arrived if one.uid not in delivered]
            old = {one.uid for one in put if decisions.is_of_long_ago(one.received_at, now=now)}
            few = self.memory.old_mail_comes(len(old), self.clock.monotonic()) <= decisions.FOLDERFUL
            news = [one for one in arrived if few or one.uid not in old]
        told = {one.uid for one in news}
        return news, [one for one in arrived if one.uid not in told]

    def _look_for_new(self, connection: Connection, uid_next: int, now: datetime) -> tuple[list[int], Bodies | None]:
        """On the connection's thread: what is new and, when that is one message, the message, without another hop."""
        uids = decisions.newer(connection.search_uids(b"UID %d:*" % uid_next), uid_next)
        if len(uids) != 1 or (connection.tells_ids and self.memory.role not in _READ_AT_ONCE):
            return uids, None
        self.memory.doubts.large.update(uids)  # its size is not known; most come in one piece
        return uids, read_bodies(connection, uids, doubts=self.memory.doubts, seen_at=now)

    async def _bring_changes(self, stored: Position, opened: Opened, how: Changes, *, now: datetime) -> None:
        """Flags that changed and, where the server tells them, messages that went."""
        changed = await self._changed_flags(how, stored, opened)
        flags = [(uid, told) for uid, told in changed if uid < stored.uid_next]  # what is new brings its own along
        vanished = [(low, min(high, stored.uid_next - 1)) for low, high in opened.vanished if low < stored.uid_next]
        if vanished and decisions.suspicious(await self.count_known(vanished), len(await self.uids())):
            confirmed = await self._gone(opened)
            if confirmed is None:
                return  # asked again at the next look, from the same mod-sequence
            vanished = confirmed
        if flags or vanished or how not in {Changes.NONE, Changes.RECENT}:
            advance = Advance(highest_modseq=opened.highest_modseq, checked_at=now)
            await self.offer(self.step(advance, flags=flags, vanished=vanished))

    async def _changed_flags(
        self, how: Changes, stored: Position, opened: Opened
    ) -> Sequence[tuple[int, frozenset[str]]]:
        match how:
            case Changes.NONE:
                return ()
            case Changes.TOLD:
                return opened.changed
            case Changes.ASK:
                since = stored.highest_modseq
                found = await self.link.run(lambda c: c.fetch_set("1:*", "(UID FLAGS)", changed_since=since))
            case Changes.ALL:
                found = await self.link.run(lambda c: c.fetch_set("1:*", "(UID FLAGS)"))
            case Changes.RECENT:
                return await self._compared_flags(stored)
        return [(one.uid, one.flags) for one in found if one.uid is not None and one.flags is not None]

    async def _compared_flags(self, stored: Position) -> list[tuple[int, frozenset[str]]]:
        """Without mod-sequences: the newest at each look, all of them once an hour, and only what differs is told."""
        self.memory.compared_at = self.clock.monotonic()
        known = await self.uids()
        if not known:
            return []
        seen = self.memory.flags
        lowest = 1 if self._deep_look_due() else known[max(0, len(known) - decisions.RECENT)]
        window = f"{lowest}:{stored.uid_next - 1}"
        found = await self.link.run(lambda c: c.fetch_set(window, "(UID FLAGS)"))
        changed = [
            (one.uid, one.flags)
            for one in found
            if one.uid is not None and one.flags is not None and seen.get(one.uid) != one.flags
        ]
        seen.update(changed)
        return changed

    def _deep_look_due(self) -> bool:
        now = self.clock.monotonic()
        if now < self.memory.deep_due:
            return False
        self.memory.deep_due = now + _DEEP_EVERY
        return True

    async def _compare(self, stored: Position, opened: Opened, new: Sequence[int], *, missed: int) -> None:
        """Compare counts, and only where they differ the whole list: what went, and what lies below `uid_next` unread,
        since the server did not name it when it should have, or gave its number late. `new` is all there is above,
        `missed` how many below were read just now.
        """
        self.memory.put_off = stored.backfill_below is not None
        if self.memory.put_off:
            return
        on_record = await self.uids()
        # A look that ended early may have put more on record than its position tells, and what that was may be gone.
        if gone := [uid for uid in on_record if uid >= stored.uid_next and uid not in new]:
            await self.offer(self.step(Advance(), vanished=list(closed_ranges(gone))))
        told_gone = {*within(opened.vanished, on_record)}
        known = [uid for uid in on_record if uid not in told_gone]
        elsewhere = len({*stored.pending} - {*known})
        below_top = [uid for uid in known if uid < stored.uid_next]
        accounted = len(below_top) + elsewhere + missed + len(new)
        if accounted + len(self.memory.too_old - {*known}) == opened.exists:
            return
        left_there = {*await self._left_there()} - {*known}
        if left_there and accounted + len(left_there) == opened.exists:
            return
        present = await self._whole_list(opened)
        if present is None:
            return
        if vanished := list(closed_ranges({*below_top} - {*present})):
            await self.offer(self.step(Advance(), vanished=vanished))
        accounted_for = {*known, *stored.pending, *left_there}
        await self._bring_missed([uid for uid in present if uid < stored.uid_next and uid not in accounted_for], stored)

    async def _bring_missed(self, uids: list[int], stored: Position) -> None:
        """Read what is there and below the top, and not on record. What came after the baseline is new mail, and by its
        date what came since the folder was last read: its number may have been another's before.
        """
        survey = await self.survey(uids)
        if survey.located:
            await self.offer(self.step(Advance(), located=survey.located))
        now = self.clock.now()
        for group in decisions.batches(survey.sizes):
            bodies = await self.read(group)
            self.owe(bodies.owed)
            came = [
                one
                for one in bodies.arrived
                if decisions.is_news(one, stored, now=now) or decisions.was_delivered(one.received_at, stored, now=now)
            ]
            news, _ = self._parted(came, stored)
            told = {one.uid for one in news}
            old = [one for one in bodies.arrived if one.uid not in told]
            await self.offer(self.step(Advance(owed=bodies.owed), arrivals=old, quarantined=tuple(bodies.refused)))
            if news:
                await self.offer(self.step(Advance(), arrivals=news, live=True))

    async def _bring_between(self, uids: Sequence[int], stored: Position) -> int:
        """Read what lies unread among the newest on record, where that is not for later; how many it were.

        The counts alone would not tell where as much went meanwhile.
        """
        if not uids or stored.backfill_below is not None:
            return 0
        left_there = {*await self._left_there()}
        missed = [uid for uid in uids if uid not in left_there]
        await self._bring_missed(missed, stored)
        return len(missed)

    async def _left_there(self) -> Sequence[int]:
        """What is not read on purpose: drafts in the folder that holds everything, and what is too old to be kept."""
        await self.worth_reading(())
        drafts = await self.link.run(lambda c: c.search_uids(b"DRAFT")) if self.memory.all_mail else []
        return [*self.memory.too_old, *drafts]

    async def _whole_list(self, opened: Opened) -> list[int] | None:
        """Every UID there is; None when the server's list is not whole."""
        present = await self.link.run(lambda c: c.search_uids(b"ALL"))
        return present if len(present) >= opened.exists else None

    async def _gone(self, opened: Opened) -> list[tuple[int, int]] | None:
        """What is on record and not in the server's whole list; None when the list is not whole itself."""
        present = await self._whole_list(opened)
        if present is None:
            return None
        known = {uid for uid in await self.uids() if uid < (self.memory.position or NOWHERE).uid_next}
        return list(closed_ranges(known - {*present}))

    async def _bring_owed(self, stored: Position) -> None:
        """Ask again for bodies that did not come: three times within a day, then the message is quarantined."""
        now = self.clock.monotonic()
        tries = self.memory.tries
        due = [uid for uid in stored.pending if tries.get(uid, (0, 0.0))[1] <= now]
        for uid in due:
            count = tries.get(uid, (0, 0.0))[0] + 1
            tries[uid] = (count, now + RETRY_AFTER[min(count, len(RETRY_AFTER) - 1)])
            if uid in self.memory.doubts.strikes:
                self.memory.doubts.strikes[uid] = 2  # one more chance on the wire
            bodies = await self.read([uid])
            given_up = bool(bodies.owed) and count >= len(RETRY_AFTER)
            if bodies.owed and not given_up:
                continue
            tries.pop(uid, None)
            reasons = tuple(bodies.refused) or tuple((one, "the server gives no body") for one in bodies.missing)
            live = all(decisions.is_news(one, stored, now=self.clock.now()) for one in bodies.arrived)
            await self.offer(
                self.step(Advance(settled=(uid,)), arrivals=bodies.arrived, live=live, quarantined=reasons)
            )


async def sync_folder(
    link: Link,
    memory: FolderMemory,
    *,
    mailbox: str,
    known: KnownFolders,
    clock: Clock,
    offer: Offer,
) -> None:
    """Bring one folder up to date over this connection; its backlog is read by `backlog.backfill`."""
    await FolderSync(link, memory, mailbox=mailbox, known=known, clock=clock, offer=offer).check()


def _tells(connection: Connection, since: tuple[int, int] | None) -> bool:
    return since is not None and "QRESYNC" in connection.enabled
