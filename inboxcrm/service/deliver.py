"""Lets mail out: claims one item, sends it, records what happened.

Each mailbox has a lane of its own: its mails leave one after the other, and a server that does not answer holds up no
other mailbox's.
"""

from __future__ import annotations

import asyncio
import logging
import random
import sqlite3
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from inboxcrm.domain.address import identity
from inboxcrm.domain.outbox import OutboxEvent, OutboxState, Step, retry_at
from inboxcrm.domain.refusals import names_no_mailbox
from inboxcrm.errors import InboxcrmError, TransientError
from inboxcrm.ports import Clock, Deferred, Delivery, InDoubt, Mailbox, Outgoing, Rejected, Sent, Submission, Transport
from inboxcrm.service import doubt, own_answer, release, renewal, unsent
from inboxcrm.service.household import Household
from inboxcrm.service.ingest import Ingest, Known
from inboxcrm.service.leaving import Claim, Leaving, Steps
from inboxcrm.service.sent_unread import SentUnread
from inboxcrm.service.switch import ModeSwitch
from inboxcrm.service.unfiled import Copies, Copy
from inboxcrm.store import contacts, home, outbox, outbox_counts, outbox_questions, whereabouts
from inboxcrm.store.database import attempt

log = logging.getLogger("inboxcrm.deliver")

STOPPED = "sending-stopped"
PAUSE_AFTER_ACCOUNT_TROUBLE = timedelta(hours=1)
LOOK_AGAIN = timedelta(seconds=1)
AFTER_FAULT = timedelta(seconds=5)
"""How long a mailbox sends nothing after a fault of ours, or of the disk."""

FRESH = 0.5
"""Seconds for which a reading of Sent counts as the last look before a mail leaves: an answer takes longer to come."""

ELSEWHERE = timedelta(seconds=10)
"""How long a mail waits for the look into the Sent of other mailboxes."""

AGAIN_WHILE_UNREAD = timedelta(seconds=30)
"""How long a mail waits until Sent, which could not be read, is looked into again."""

LOOKS_FOR_DOUBTFUL = 3
"""How often Sent is searched for a mail of unknown fate; a copy that comes there later is found as Sent is read."""


@dataclass(slots=True)
class Office:
    """The two doors of one mailbox: where mail is read and where it is handed over, and the clock they go by.

    `per_minute` and `per_day`: how many mails its provider takes from us, owner's and automatic ones together.
    `submission` tries the log-in of the second door; `sign_in_until` is when the owner must have signed in again, where
    that is known.
    """

    mailbox: Mailbox
    transport: Transport
    clock: Clock
    files_sent_itself: bool = False
    per_minute: int = 30
    per_day: int = 500
    submission: Submission | None = None
    sign_in_until: Callable[[], datetime | None] = lambda: None
    sent_read_at: float | None = None
    """When the last reading of Sent that went well began, by the monotonic clock."""

    reading: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True)
class Lane:
    """What one mailbox sends now, in this order, with the step on record of each; None: it is to be claimed yet.

    `claim` is that of those with a step.
    """

    mailbox: str
    items: list[tuple[outbox.Item, Step | None]]
    claim: Claim = field(default_factory=Claim.made)


class Deliver:
    """Sends what may go, one item of a mailbox at a time; at most once where a machine wrote it."""

    def __init__(self, household: Household, ingest: Ingest, offices: Mapping[str, Office]) -> None:
        self._household = household
        self._ingest = ingest
        self._offices = offices
        self._began = household.clock.now()
        self._resting: dict[str, datetime] = {}
        self._under_way: set[str] = set()
        """Mailboxes with a lane that is not at its end; entered on the store's thread, so that none has two lanes."""

        self._found: deque[Lane] = deque()
        """What was claimed on the store's thread; taken out one by one, since that thread may add to it."""

        self.on_found: Callable[[], object] | None = None
        """Called on the store's thread when `found` has something; without it nothing is put there."""

        self._looks: dict[int, int] = {}
        self._copies = Copies(household)
        self._sent_unread = SentUnread(household)
        self._switch = ModeSwitch(household)
        self._leaving = Leaving()

    async def finish(self, *, within: timedelta) -> None:
        """At the end: begin nothing more, and give what has begun this long to be accepted, recorded and filed.

        What takes longer is in doubt.
        """
        self._leaving.ending = True
        with suppress(TimeoutError):
            async with asyncio.timeout(within.total_seconds()):
                await self._leaving.over()

    async def recover(self) -> None:
        """At start: items caught while being sent are queued again or in doubt."""
        for item in await self._household.write(self._recover):
            log.warning("outbox.in_doubt", extra={"item": item.id})

    def _recover(self, connection: sqlite3.Connection) -> list[outbox.Item]:
        now = self._household.clock.now()
        doubtful = outbox.recover_all(connection)
        for item in doubtful:
            doubt.alarm(connection, item, outbox.STOPPED, now=now)
        return doubtful

    async def run_once(self) -> datetime | None:
        """Do all that is due now, one lane after the other; answers when to look again, None while nothing waits."""
        while self._found:
            await self.send(self._found.popleft())
        for lane in await self.look():
            await self.send(lane)
        return await self.next_look()

    async def look(self) -> list[Lane]:
        """What may leave now, for each mailbox that sends nothing at the moment; every lane must be handed to `send`.

        What was claimed as it came in goes before anything is looked for.
        """
        await self._switch.follow()
        return self.found() or await self._household.run(self._find)

    async def next_look(self) -> datetime | None:
        """When the next item stirs, None while nothing waits.

        What is due and cannot go (a pause, an account at rest, a lane under way) is looked at again after `LOOK_AGAIN`.
        """
        next_at, now = await self._household.read(outbox.next_due), self._household.clock.now()
        return now + LOOK_AGAIN if next_at is not None and next_at <= now else next_at

    async def send(self, lane: Lane) -> None:
        """Send one mailbox's mails in their order. After a fault, which is raised, the mailbox rests a while."""
        try:
            for item, at in lane.items:
                await self._send(item, at, lane.claim)
        except InboxcrmError:
            until = self._household.clock.now() + AFTER_FAULT
            self._resting[lane.mailbox] = max(until, self._resting.get(lane.mailbox, until))
            raise
        finally:
            self._under_way.discard(lane.mailbox)

    def is_stopped(self, mailbox: str) -> bool:
        """Whether a mailbox rests because its account was refused or is used up."""
        until = self._resting.get(mailbox)
        return until is not None and until - self._household.clock.now() > AFTER_FAULT

    def resume(self, connection: sqlite3.Connection, mailbox: str) -> None:
        """On the store's thread: its log-in, which was refused, works again; what waited for that may leave now."""
        now = self._household.clock.now()
        self._resting.pop(mailbox, None)
        home.clear_alarms_about(connection, STOPPED, f"{mailbox}:", now=now)
        for item in outbox.in_state(connection, OutboxState.QUEUED):
            if item.mailbox == mailbox and item.attempts:
                outbox.postpone(connection, item.id, now)

    def look_at_once(self, connection: sqlite3.Connection) -> Callable[[bool], None] | None:
        """On the store's thread, at the end of the transaction that took mail in: claim what may leave at once, and
        hand it over, so that the server hears of it while the disk writes; its body waits until that is done.

        What it answers must be told whether the transaction was committed; None where nothing was handed over. Nothing
        is claimed for a mailbox that is sending; where it fails `look` finds it.

        Over a connection that is open the body follows within milliseconds: that it may begin is part of the claim.
        """
        tell_of_it = self.on_found
        if tell_of_it is None or self._found or self._switch.was_touched():
            return None
        try:
            with attempt(connection):
                lanes = self._look(connection, at_once=True)
        except InboxcrmError as error:
            log.warning("deliver.later", extra={"cause": str(error)})
            return None
        claim = Claim()
        claimed = [Lane(lane.mailbox, lane.items[:1], claim) for lane in lanes if lane.items[0][1] is not None]
        if not claimed:
            return None
        self._under_way.update(lane.mailbox for lane in claimed)
        self._found.extend(claimed)
        tell_of_it()
        return claim.settle

    async def put_back(self) -> None:
        """At the end, where `on_found` is taken away: what was claimed and nobody took is certainly unsent."""
        await self._household.run(bool)  # a transaction under way may still hand something over
        for lane in self.found():
            if not await lane.claim.stands():
                continue
            for item, _ in lane.items:
                await self._household.jot(outbox.record_step, item.id, Step.CONNECT)

    def found(self) -> list[Lane]:
        """What was claimed as mail came in and nobody has taken yet; every lane must be handed to `send`."""
        return [self._found.popleft() for _ in range(len(self._found))]

    def _find(self) -> list[Lane]:
        """On the store's thread, in one transaction: what may leave; its mailboxes are under way once it is committed.

        The transaction need not be durable: what was claimed and forgotten is queued.
        """
        with self._household.database.write(durable=False) as connection:
            lanes = self._look(connection)
        self._under_way.update(lane.mailbox for lane in lanes)
        return lanes

    async def settle_doubtful(self) -> None:
        """Look in Sent for mails of unknown fate: found means sent; a machine's mail is never sent again.

        Copies that could not be filed are tried again first.
        """
        await self._sent_unread.forget_what_waits_no_more()
        doubtful = await self._household.read(lambda connection: outbox.in_state(connection, OutboxState.UNKNOWN))
        async with asyncio.TaskGroup() as looks:
            for name, office in self._offices.items():
                mine = [item for item in doubtful if item.mailbox == name]
                copies = self._copies.due(name, at=office.clock.monotonic())
                if mine or copies:
                    looks.create_task(self._settle(office, mine, copies), name=f"settle {name}")

    async def _settle(self, office: Office, doubtful: list[outbox.Item], copies: list[Copy]) -> None:
        """The same for one mailbox: another whose server does not answer holds up none."""
        for copy in copies:
            await self._file_copy(copy, office)
        for item in doubtful:
            if self._looks.get(item.id, 0) >= LOOKS_FOR_DOUBTFUL:
                continue
            try:
                found = await office.mailbox.find_sent(item.mail_id)
            except InboxcrmError as error:
                log.warning("outbox.doubt_not_settled", extra={"item": item.id, "cause": str(error)})
                continue
            self._looks[item.id] = self._looks.get(item.id, 0) + 1
            if found:
                await self._household.write(self._record_found, item)

    def _mind_the_clock(self, now: datetime) -> None:
        """Where the clock was set back, let no account rest until the time it showed before."""
        for name, until in list(self._resting.items()):
            if until > now + PAUSE_AFTER_ACCOUNT_TROUBLE:
                self._resting[name] = now + PAUSE_AFTER_ACCOUNT_TROUBLE

    def _look(self, connection: sqlite3.Connection, *, at_once: bool = False) -> list[Lane]:
        """What may leave now by mailbox; the first of each is claimed already where its Sent was just read.

        `at_once` says that these are sent as soon as the transaction is committed.
        """
        if self._leaving.ending:
            return []
        now = self._household.clock.now()
        self._mind_the_clock(now)
        due = release.released(connection, self._household.config.acknowledge.mode, now)
        if home.paused_at(connection) is not None:
            due = [item for item in due if item.kind != "auto"]
        if not due:
            return []
        items = [
            item
            for item in due
            if item.mailbox in self._offices and item.mailbox not in self._under_way and not self._rests(item.mailbox)
        ]
        by_mailbox: dict[str, list[outbox.Item]] = {}
        for item in self._within_allowance(connection, items, now):
            by_mailbox.setdefault(item.mailbox, []).append(item)
        lanes = [self._lane(connection, mailbox, waiting, at_once) for mailbox, waiting in by_mailbox.items()]
        return [lane for lane in lanes if lane.items]

    def _lane(self, connection: sqlite3.Connection, mailbox: str, items: list[outbox.Item], at_once: bool) -> Lane:
        """These items of a mailbox, at least one, in their order."""
        office = self._offices[mailbox]
        seen = self._is_fresh(office) and (at_once or all(map(self._is_fresh, self._elsewhere(connection, items[0]))))
        if not seen:
            return Lane(mailbox, [(item, None) for item in items])
        at = Step.BODY if at_once and office.transport.warm else Step.CONNECT
        claimed = self._claim_seen(connection, items[0], at)
        first: list[tuple[outbox.Item, Step | None]] = [(items[0], at)] if claimed else []
        return Lane(mailbox, first + [(item, None) for item in items[1:]])

    def _within_allowance(
        self, connection: sqlite3.Connection, items: list[outbox.Item], now: datetime
    ) -> list[outbox.Item]:
        """Those that the providers take now; the rest waits. What was sent is counted in the outbox, over restarts."""
        left: dict[str, int] = {}
        kept = []
        for item in items:
            if item.mailbox not in left:
                office = self._offices[item.mailbox]
                in_a_minute, in_a_day = outbox_counts.sent_lately(connection, item.mailbox, now)
                left[item.mailbox] = min(office.per_minute - in_a_minute, office.per_day - in_a_day)
            left[item.mailbox] -= 1
            if left[item.mailbox] >= 0:
                kept.append(item)
        return kept

    def _rests(self, mailbox: str) -> bool:
        until = self._resting.get(mailbox)
        return until is not None and self._household.clock.now() < until

    def _claim(self, connection: sqlite3.Connection, queued: outbox.Item) -> outbox.Item | None:
        """Take it as it is now, unless since it was found due everything was paused, it was cancelled, became too late
        to be of use (the lane was long, the machine slept), or was sent before.

        A home restored from a backup derives the Message-IDs it used before: what lies in Sent is not sent again. The
        claim need not be durable: until the body begins, falling back to queued is safe.
        """
        item = outbox.by_id(connection, queued.id)
        if item is None or item.state is not OutboxState.QUEUED:
            return None
        if item.kind == "auto" and home.paused_at(connection) is not None:
            return None
        now = self._household.clock.now()
        if now >= item.expires_at:
            release.too_late(connection, item, now)
            return None
        return item if self._claim_seen(connection, item) else None

    def _claim_seen(self, connection: sqlite3.Connection, item: outbox.Item, at: Step = Step.CONNECT) -> bool:
        """The same for an item that this very transaction has read as queued, with nothing paused."""
        if release.keep_back(connection, item, self._household.config.acknowledge.mode, self._household.clock.now()):
            return False
        if outbox_questions.was_sent_before(connection, item.mail_id):
            now = self._household.clock.now()
            outbox.happen(connection, item, OutboxEvent.CANCEL, at=now, reply="was sent before: it lies in Sent")
            self._told(connection, item, now)
            return False
        return outbox.claim(connection, item, at)

    async def _send(self, item: outbox.Item, at: Step | None, claim: Claim) -> None:
        office = self._offices[item.mailbox]
        if at is None:
            taken = await self._take(item, office)
            if taken is None:
                return
            item, claim = taken, Claim.made()
        if at is Step.BODY:
            self._leaving.begin(item.id)
        try:
            await self._hand_to_server(item, office, at or Step.CONNECT, claim)
        finally:
            self._leaving.end(item.id)

    async def _hand_to_server(self, item: outbox.Item, office: Office, at: Step, claim: Claim) -> None:
        """Send what is claimed, once, write down what became of it, and see to its copy.

        Where the claim came to nothing so did the item, and another may come to stand under its number.
        """
        try:
            outgoing = Outgoing(item.raw, item.envelope_from, item.recipient)
            delivery = await office.transport.send(outgoing, Steps(self._household, self._leaving, claim, item.id, at))
        except InboxcrmError as error:
            delivery = Deferred(str(error))
        if not await claim.stands():
            return
        await self._put_on_record(item, delivery)
        log.info("outbox.attempt", extra={"item": item.id, "outcome": type(delivery).__name__.lower()})
        if isinstance(delivery, Sent) and not office.files_sent_itself:
            await self._file_copy(Copy(item, self._household.clock.now()), office)

    async def _put_on_record(self, item: outbox.Item, delivery: Delivery) -> None:
        """Write down what became of a mail, as often as it takes: nothing else of this mailbox leaves before."""
        while True:
            try:
                return await self._household.write(self._record, item, delivery)
            except TransientError as error:
                log.warning("outbox.not_recorded", extra={"item": item.id, "cause": str(error)})
                await asyncio.sleep(AFTER_FAULT.total_seconds())

    async def _take(self, item: outbox.Item, office: Office) -> outbox.Item | None:
        """Claim an item that was found due; None where it cannot go now, or must not go any more."""
        if self._leaving.ending or self._rests(item.mailbox):
            return None
        if item.kind == "auto" and await self._household.read(home.paused_at) is not None:
            return None
        if (item.kind == "auto" or self._may_lie_in_sent(item)) and not await self._sent_is_read(item, office):
            return None
        return await self._household.jot(self._claim, item)

    def _elsewhere(self, connection: sqlite3.Connection, item: outbox.Item) -> list[Office]:
        """The other mailboxes from whose Sent the owner may have answered."""
        if item.kind != "auto" or len(self._offices) == 1:
            return []
        names = whereabouts.written_from(connection, identity(item.recipient))
        return [self._offices[name] for name in names if name != item.mailbox and name in self._offices]

    async def _read_elsewhere(self, office: Office) -> None:
        """Another mailbox that is down, or slow, holds nothing up."""
        with suppress(InboxcrmError, TimeoutError):
            async with asyncio.timeout(ELSEWHERE.total_seconds()):
                await self._read_sent(office)

    def _may_lie_in_sent(self, item: outbox.Item) -> bool:
        """Whether the owner's own mail may have left already: its body was begun once, and may have been in doubt; or a
        person let it go before this start, and the home may be a backup.
        """
        return item.step is Step.BODY or (item.approved_at or item.send_after) < self._began

    async def read_ahead(self, mailbox: str) -> None:
        """Read Sent while a mail that may be answered at once is still being read; a failure shows when it is due."""
        with suppress(InboxcrmError):
            await self._read_sent(self._offices[mailbox])

    async def _sent_is_read(self, item: outbox.Item, office: Office) -> bool:
        """Read Sent once more, so that an answer given a moment ago cancels; while it cannot be read, nothing goes.

        The owner may have answered from another mailbox: those they have written to this address from are read too, as
        far as that is possible within `ELSEWHERE`.
        """
        elsewhere = await self._household.read(lambda connection: self._elsewhere(connection, item))
        mine, *_ = await asyncio.gather(
            self._read_sent(office), *(self._read_elsewhere(each) for each in elsewhere), return_exceptions=True
        )
        try:
            if isinstance(mine, BaseException):
                raise mine
        except InboxcrmError as error:
            log.warning("outbox.sent_unread", extra={"item": item.id, "cause": str(error)})
            await self._household.write(self._let_wait, item, error)
            return False
        await self._sent_unread.went_well(item.mailbox)
        return True

    def _let_wait(self, connection: sqlite3.Connection, item: outbox.Item, error: InboxcrmError) -> None:
        outbox.postpone(connection, item.id, self._household.clock.now() + AGAIN_WHILE_UNREAD)
        self._sent_unread.failed(connection, item.mailbox, error)

    def _record(self, connection: sqlite3.Connection, claimed: outbox.Item, delivery: Delivery) -> None:
        now = self._household.clock.now()
        item = outbox.by_id(connection, claimed.id)
        if item is None or item.state is not OutboxState.SENDING:
            return
        match delivery:
            case Sent(reply):
                outbox.happen(connection, item, OutboxEvent.ACCEPT, at=now, reply=reply)
                home.clear_alarms_about(connection, STOPPED, f"{item.mailbox}:", now=now)
                self._told(connection, item, now)
                own_answer.has_left(connection, item, now)
            case Rejected(reply):
                outbox.happen(connection, item, OutboxEvent.REFUSE, at=now, reply=reply)
                unsent.tell(connection, item, reply, now=now)
                if names_no_mailbox(reply):
                    contacts.mark_undeliverable(connection, identity(item.recipient), why=reply, at=now)
            case InDoubt(reply):
                outbox.happen(connection, item, OutboxEvent.DOUBT, at=now, reply=reply)
                doubt.alarm(connection, item, reply, now=now)
            case Deferred(reply, pause_all):
                self._defer(connection, item, reply, now, pause_all=pause_all)

    def _defer(
        self, connection: sqlite3.Connection, item: outbox.Item, reply: str, now: datetime, *, pause_all: bool
    ) -> None:
        if pause_all:
            self._resting[item.mailbox] = now + PAUSE_AFTER_ACCOUNT_TROUBLE
            home.clear_alarms_about(connection, STOPPED, f"{item.mailbox}:", now=now)  # many replies bear a number
            home.raise_alarm(connection, STOPPED, f"{item.mailbox}: {reply}", now=now)
        again = retry_at(item.attempts, now, item.expires_at, random.uniform(-1, 1))  # noqa: S311 - spreads load
        if again is None:
            outbox.happen(connection, item, OutboxEvent.EXPIRE, at=now, reply=reply)
            unsent.tell(connection, item, reply, now=now)
            return
        outbox.happen(connection, item, OutboxEvent.DEFER, at=now, reply=reply)
        outbox.postpone(connection, item.id, again)

    def _told(self, connection: sqlite3.Connection, item: outbox.Item, now: datetime) -> None:
        if item.promise_id is not None:
            renewal.went_out(self._household, connection, item, now)

    def _record_found(self, connection: sqlite3.Connection, sought: outbox.Item) -> None:
        item, now = outbox.by_id(connection, sought.id), self._household.clock.now()
        if item is None or item.state is not OutboxState.UNKNOWN:
            return  # a person, or its copy in Sent, said meanwhile what became of it
        outbox.happen(connection, item, OutboxEvent.FIND, at=now, reply="found in Sent")
        self._told(connection, item, now)
        doubt.calm(connection, item.id, now=now)

    async def _file_copy(self, copy: Copy, office: Office) -> None:
        """Put a copy into Sent, and read it at once: the next mail must not wait for that; a failure shows then."""
        if await self._copies.file(copy, office.mailbox, at=office.clock.monotonic()):
            office.sent_read_at = None
            with suppress(InboxcrmError):
                await self._read_sent(office)

    async def _read_sent(self, office: Office) -> None:
        async with office.reading:
            if self._is_fresh(office):
                return
            began = office.clock.monotonic()
            async with aclosing(office.mailbox.refresh_sent(Known(self._household))) as batches:
                async for batch in batches:
                    await self._ingest.take(batch)
            office.sent_read_at = began

    def _is_fresh(self, office: Office) -> bool:
        return office.sent_read_at is not None and office.clock.monotonic() < office.sent_read_at + FRESH
