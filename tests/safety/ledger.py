"""A house that may die between any two steps, a submission server of many moods, and what may never be seen of them."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from inboxcrm.bootstrap import rule_book, template_set
from inboxcrm.config import Mode
from inboxcrm.domain.safety.limits import Caps
from inboxcrm.ports import Deferred, Delivery, InDoubt, Outgoing, Rejected, Sent, StepRecorder
from inboxcrm.render import TemplateSet
from inboxcrm.rulebook import RuleBook
from inboxcrm.service import deliver
from inboxcrm.service.deliver import Deliver
from inboxcrm.service.household import Household
from inboxcrm.service.ingest import Ingest
from inboxcrm.store import home
from inboxcrm.store.times import to_instant
from tests.fresh import fresh_database
from tests.service.house import CrashError, House, config

T = TypeVar("T")

CAPS = Caps(
    per_sender_day=2,
    per_domain_day=3,
    per_public_domain_day=3,
    per_domain_subject_day=2,
    total_hour=4,
    total_day=6,
    new_strangers_day=4,
)
"""Small enough that a short story reaches every one of them."""

MOODS = ("takes", "defers", "rests", "refuses", "doubt, taken", "doubt, lost", "dies before", "dies after", "raises")

_IN_REPLY_TO = re.compile(rb"(?mi)^In-Reply-To: (<[^>]+>)")
_MESSAGE_ID = re.compile(rb"(?mi)^Message-ID:\s+(<[^>]+>)")


@cache
def _texts() -> tuple[TemplateSet, RuleBook]:
    """Loaded once: reading them takes longer than a whole story."""
    settings = config(Path(tempfile.gettempdir()) / "no-such-home")
    texts = template_set(settings)
    return texts, rule_book(settings, texts)


@dataclass
class Fate:
    """How many more pieces of work the store does before the process dies; None for ever."""

    left: int | None = None

    def strike(self) -> None:
        if self.left is None:
            return
        self.left -= 1
        if self.left <= 0:
            self.left = None
            raise CrashError("between two steps")


class Mortal(Household):
    """A household that dies before or after a piece of work, as its fate has it."""

    __slots__ = ("fate",)
    fate: Fate

    async def run(self, work: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        self.fate.strike()
        done = await super().run(work, *args, **kwargs)
        self.fate.strike()
        return done


@dataclass(frozen=True)
class Accepted:
    """A mail that a server really took: what it answers, and how the house stood at that moment."""

    mail_id: str
    answers: str
    recipient: str
    paused: bool
    mode: Mode


@dataclass
class Moody:
    """A submission server; what it took it keeps, whatever it says about it."""

    house: MortalHouse
    mood: str = "takes"
    files: bool = True
    accepted: list[Accepted] = field(default_factory=list)

    @property
    def warm(self) -> bool:
        return False

    async def send(self, item: Outgoing, step: StepRecorder) -> Delivery:
        for each in ("connect", "mail", "rcpt", "data"):
            await step(each)
        if self.mood == "dies before":
            self.mood = "takes"
            raise CrashError("before the body")
        if self.mood in ("defers", "rests"):
            return Deferred("451 later", pause_all=self.mood == "rests")
        if self.mood == "refuses":
            return Rejected("550 no")
        await step("body")
        if self.mood == "doubt, lost":
            return InDoubt("the line broke")
        if self.mood == "raises":
            raise CrashError("lost in the body")
        self._take(item)
        if self.mood == "dies after":
            self.mood = "takes"
            raise CrashError("after the final dot")
        return InDoubt("the line broke") if self.mood == "doubt, taken" else Sent("250 ok")

    def _take(self, item: Outgoing) -> None:
        if b"\r\nAuto-Submitted: auto-replied\r\n" not in item.raw:
            return  # a letter that the owner approved
        mail_id, answers = _MESSAGE_ID.search(item.raw), _IN_REPLY_TO.search(item.raw)
        assert mail_id is not None
        assert answers is not None, item.raw
        paused = self.house.household.database.reading(home.paused_at) is not None
        mode = self.house.household.config.acknowledge.mode
        taken = Accepted(mail_id[1].decode(), answers[1].decode(), item.recipient, paused, mode)
        self.accepted.append(taken)
        if self.files:
            self.house.mailbox.found.add(taken.mail_id)

    async def close(self) -> None:
        return


class MortalHouse(House):
    """The house of the use cases, with a fate and a moody server, on a file that outlives each process."""

    fate: Fate
    server: Moody

    def _open(self) -> None:
        if not hasattr(self, "fate"):
            self.fate, self.server = Fate(), Moody(self)
        settings = config(self.folder, **self._settings)
        texts, rules = _texts()
        household = Mortal(
            config=settings,
            database=fresh_database(settings.database),
            clock=self.clock,
            load_templates=lambda: texts,
            load_rules=lambda *_: rules,
        )
        household.fate = self.fate
        self.household = household
        self.ingest = Ingest(self.household, self.parser)
        office = deliver.Office(self.mailbox, self.server, self.clock)
        self.deliver = Deliver(self.household, self.ingest, {"main": office})

    async def restart(self) -> None:
        self.fate.left = None
        await super().restart()

    async def survive(self, work: Callable[[], Any]) -> bool:
        """Do a piece of work; where the process dies of it, in a task of a group too, begin another. Answers whether it
        was done whole.
        """
        died = False
        try:
            await work()
        except* CrashError:
            died = True
        if died:
            await self.restart()
        return not died


# -- what may never be


def ledger(house: House) -> list[dict[str, Any]]:
    """Every automatic mail on record."""
    columns = ("id", "mail_id", "state", "matter_id", "promise_id", "recipient_base", "recipient_domain", "stranger")
    rows = house.ask(
        f"SELECT {', '.join(columns)}, subject_key, created_at, due_at FROM outbox WHERE kind = 'auto' ORDER BY id"
    )
    names = (*columns, "subject_key", "created_at", "due_at")
    return [dict(zip(names, row, strict=True)) for row in rows]


def over(rows: Iterable[dict[str, Any]], key: Callable[[dict[str, Any]], object], cap: int, within: timedelta) -> bool:
    """Whether any window of this length holds more than `cap` rows under one key."""
    groups: dict[object, list[datetime]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(to_instant(row["created_at"]))
    for moments in groups.values():
        moments.sort()
        if any(later - earlier < within for earlier, later in zip(moments, moments[cap:], strict=False)):
            return True
    return False


def most_common(values: Iterable[object]) -> int:
    """How often the most frequent one comes."""
    return max(Counter(values).values(), default=0)
