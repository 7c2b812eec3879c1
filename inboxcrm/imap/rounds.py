"""When which folder of a mailbox is looked at by the clock, and what is asked then over a connection that idles.

A thousand mailboxes that began together do not look together: each pause is a little shorter than it may be, by another
part each time, so that with the mark it ends at (see `resting`) none is longer.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from inboxcrm.imap.account import Account
from inboxcrm.imap.connection import Connection
from inboxcrm.imap.looks import ExamineQuestion, Look, Question, StatusQuestion

_SPACING = 2.0
"""Seconds between two looks at the other folders, where there is a reason for each."""

_TOGETHER = 0.25
"""What is due within this part of its pause is asked for together with what is due now."""

LATEST = 0.95
"""How much of its pause a look takes at most; the mark adds up to five seconds."""


class Rounds:
    """The looks over one connection that watches INBOX. Times are the clock's monotonic seconds.

    `stale`: INBOX is not as it was read, and is to be read in the ordinary way. `changed` is called with the name of
    another folder that is not as it was told last, `well` where the status says that something was wrong and all is
    well.
    """

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
        self._inbox = ExamineQuestion(connection, account.inbox, self._note_stale)
        self._others: dict[str, StatusQuestion] = {}

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
        """The other folders were looked at."""
        first, self._others_last = self._others_last < 0, now
        self.others_at = now + self._account.timing.others * (_anywhere() if first else _jitter())

    def hasten(self, now: float) -> None:
        """There is news in INBOX: an answer to it may soon lie in Sent."""
        if now >= self._others_last + _SPACING:
            self.others_at = now

    # -- while the connection idles

    @property
    def pause(self) -> float:
        """Seconds until the next look, or until IDLE must be renewed."""
        inbox_at = self.inbox_at if self._inbox.possible else float("inf")
        until = min(self.others_at if self._has_others else float("inf"), inbox_at) - self._account.clock.monotonic()
        return max(0.0, min(max(until, self._account.paused), self._account.idle_seconds))

    def look(self) -> Look:
        """What is due, and what is nearly due with it; only IDLE is renewed where that is nothing, or in a pause."""
        if self._account.paused:
            return Look(self._connection, ())
        now, timing = self._account.clock.monotonic(), self._account.timing
        asked: list[Question] = []
        if self._has_others and self.others_at - now <= timing.others * _TOGETHER:
            self.others_seen(now)
            asked += [self._about(name) for name in self._account.memories if name != "INBOX"]
        if self.inbox_at - now <= timing.poll * _TOGETHER and self._inbox.possible and not self.stale:
            self.inbox_at = now + timing.poll * _jitter()
            asked.append(self._inbox)
        return Look(self._connection, asked)

    def quiet(self) -> None:
        """All is as it was."""
        self._account.checked_at = self._account.clock.now()
        if self._account.cause is not None:
            self._well()

    @property
    def _has_others(self) -> bool:
        return len(self._account.memories) > 1

    def _about(self, name: str) -> StatusQuestion:
        memory = self._account.memories[name]
        question = self._others.get(name)
        if question is None or question.memory is not memory:
            question = self._others[name] = StatusQuestion(self._connection, memory, self._changed)
        return question

    def _note_stale(self) -> None:
        self.stale = True


def _jitter() -> float:
    return random.uniform(0.75, LATEST)  # noqa: S311 - spreads load, guards nothing


def _anywhere() -> float:
    return random.random()  # noqa: S311 - spreads load, guards nothing
