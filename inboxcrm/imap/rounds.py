"""When which folder of a mailbox is looked at by the clock, and what is asked then over a connection that idles.

A thousand mailboxes that began together do not look together: the first pause of each is any part of what it may be,
and of the later ones a half is a little shorter, so that what came together does not stay so. Each ends at a mark (see
`marks`), and none is longer than it may be.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from inboxcrm.imap.account import Account
from inboxcrm.imap.connection import Connection
from inboxcrm.imap.folders import Choice
from inboxcrm.imap.looks import ExamineQuestion, Question, StatusQuestion
from inboxcrm.imap.refrain import Refrain

_SPACING = 2.0
"""Seconds between two looks at the other folders, where there is a reason for each."""

_TOGETHER = 0.25
"""What is due within this part of its pause is asked for together with what is due now."""


class Rounds:
    """The looks over one connection that watches INBOX. Times are the clock's monotonic seconds.

    `stale`: INBOX is not as it was read, and is to be read in the ordinary way. `changed` is called with the name of
    another folder that is not as it was told last, `well` where the status says that something was wrong and all is
    well.
    """

    __slots__ = (
        "_account",
        "_changed",
        "_connection",
        "_inbox",
        "_listed",
        "_longest",
        "_others",
        "_others_last",
        "_refrains",
        "_well",
        "inbox_at",
        "others_at",
        "stale",
    )

    def __init__(
        self, account: Account, connection: Connection, *, changed: Callable[[str], None], well: Callable[[], None]
    ) -> None:
        self.stale = False
        self.inbox_at = 0.0
        self.others_at = 0.0
        self._account = account
        self._connection = connection
        self._changed = changed
        self._well = well
        self._others_last = -_SPACING
        self._longest = account.idle_seconds
        self._inbox = ExamineQuestion(connection, account.inbox, self._note_stale)
        self._others: list[StatusQuestion] = []
        self._listed: Choice | None = None
        self._refrains: dict[tuple[bool, bool], Refrain[Question]] = {}
        """By whether the other folders are asked about, and whether INBOX is."""

    def inbox_due(self, now: float, *, idles: bool) -> bool:
        """Whether INBOX must be read in the ordinary way now. `idles`: what can be asked meanwhile is asked there."""
        return self.stale or self.unlooked(idles=idles) <= now

    def unlooked(self, *, idles: bool) -> float:
        """When INBOX is due in the ordinary way: never while a look over the idle connection does as well."""
        opened = self._connection.selected
        if opened is None or opened.folder != self._account.inbox.name:
            return 0.0
        return float("inf") if idles and self._inbox.possible else self.inbox_at

    def inbox_read(self, now: float) -> None:
        """INBOX was read in the ordinary way."""
        self.stale = False
        self.inbox_at = now + self._account.timing.poll * (_jitter() if self.inbox_at else _anywhere())

    def others_seen(self, now: float) -> None:
        """The other folders were looked at. Their status tells nothing of what a folder still owes, nor of flags where
        the server counts no changes.
        """
        flags_since = now - self._account.timing.flags
        for memory in self._account.memories.values():
            if memory.name != "INBOX" and (memory.owed_due(now) or memory.flags_overdue(flags_since)):
                self._changed(memory.name)
        first, self._others_last = self._others_last < 0, now
        self.others_at = now + self._account.timing.others * (_anywhere() if first else _jitter())

    def hasten(self, now: float) -> None:
        """There is news in INBOX: an answer to it may soon lie in Sent."""
        if now >= self._others_last + _SPACING:
            self.others_at = now

    # -- while the connection idles

    def due(self) -> Refrain[Question]:
        """What is to be asked now: what is due, and what is nearly due with it; only IDLE is renewed where that is
        nothing, or in a pause.
        """
        account = self._account
        now, timing = account.clock.monotonic(), account.timing
        others, with_inbox = False, False
        if account.closed_until <= now:
            latest = now + timing.poll * _TOGETHER
            if self.others_at <= now + timing.others * _TOGETHER and self._questions():
                self.others_seen(now)
                others = True
                latest = max(latest, now + timing.others)  # or it would be due before the others are again
            if self.inbox_at <= latest and self._inbox.possible and not self.stale:
                self.inbox_at = now + timing.poll * _jitter()
                with_inbox = True
        refrain = self._refrains.get((others, with_inbox))
        if refrain is None:
            asked: list[Question] = [*(self._others if others else ()), *((self._inbox,) if with_inbox else ())]
            refrain = self._refrains[others, with_inbox] = Refrain(*asked)
        return refrain

    def pause(self) -> float:
        """Seconds until the next look is due, or IDLE must be renewed, if all stays as it is."""
        account = self._account
        now = account.clock.monotonic()
        at = now + self._longest
        if self.others_at < at and self._questions():
            at = self.others_at
        if self.inbox_at < at and self._inbox.possible:
            at = self.inbox_at
        if at < account.closed_until:
            at = min(account.closed_until, now + self._longest)
        return max(0.0, at - now)

    def quiet(self) -> None:
        """All is as it was."""
        account = self._account
        account.inbox_was_read()
        if account.cause is not None:
            self._well()

    @property
    def in_one_breath(self) -> bool | None:
        """Whether what is asked goes out together with DONE: so it is until the server was seen to be at a loss. None
        where it was not seen to read on yet.
        """
        return self._account.reads_on

    def reads_on(self) -> None:
        """The server answered what was asked in the same breath as DONE."""
        self._account.reads_on = True

    def lost_in_one_breath(self) -> None:
        """The connection was lost over it; a server that could answer before is not to blame for that."""
        if self._account.reads_on is None:
            self._account.reads_on = False

    def _questions(self) -> list[StatusQuestion]:
        """One for each other folder; the folders are those of the last LIST."""
        account = self._account
        if account.choice is not self._listed:
            self._listed = account.choice
            self._others = [self._about(name) for name in account.memories if name != "INBOX"]
            self._refrains.clear()
        return self._others

    def _about(self, name: str) -> StatusQuestion:
        memory = self._account.memories[name]
        for question in self._others:
            if question.memory is memory:
                return question
        return StatusQuestion(self._connection, memory, self._changed)

    def _note_stale(self) -> None:
        self.stale = True


def _jitter() -> float:
    return min(1.0, 0.96 + 0.08 * random.random())  # noqa: S311 - spreads load, guards nothing


def _anywhere() -> float:
    return random.random()  # noqa: S311 - spreads load, guards nothing
