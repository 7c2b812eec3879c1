"""What the screens ask the home: each question is one short reading, each answer a value to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Connection
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from inboxcrm.domain.lookalike import Caution
from inboxcrm.service import brief, homecoming, lookalike, watched
from inboxcrm.service.brief import Line
from inboxcrm.service.household import Household
from inboxcrm.store import call_backs, commitments, facts, home, social, told_occasions, unowed, views
from inboxcrm.store.call_backs import CallBack
from inboxcrm.store.views import ContactRow, ListedRow, MessageRow, OwedRow, Step, Touch

from .asides import Aside
from .widgets.standing import Standing
from .words import short

T = TypeVar("T")

MOST_NEEDLESS = 200
"""How many mails that may need no answer are listed, the newest."""

MOST_SUGGESTED = 50
"""How many suggestions of a kind lie on the desk at once."""

WAITING = ("held", "awaiting", "queued", "sending", "unknown", "shadow")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One message with all that stands around it on the desk."""

    row: MessageRow
    text: str
    contact: ContactRow | None
    touch: Touch | None
    owed: OwedRow | None
    memory: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why a message was treated as it was."""

    row: MessageRow
    story: Mapping[str, Any] | None
    lives: Sequence[tuple[str, Sequence[Step]]]
    cautions: tuple[Caution, ...] = ()


class Desk:
    """The reading side of one home."""

    def __init__(self, household: Household) -> None:
        self.household = household

    @property
    def zone(self) -> ZoneInfo:
        """The owner's zone."""
        return self.household.config.owner.timezone

    def now(self) -> datetime:
        """The home's present instant."""
        return self.household.clock.now()

    def ask(self, question: Callable[[Connection], T]) -> T:
        """One question to the read model."""
        return self.household.database.reading(question)

    def stamp(self) -> tuple[int, int]:
        """Changes whenever anybody wrote: another process, or a part of this one."""
        with self.household.database.read() as connection:
            return self.household.database.version(), connection.total_changes

    def standing(self) -> Standing:
        """Mode, pause, alarms, mailboxes, absence."""
        now = self.now()
        with self.household.database.read() as connection:
            return Standing(
                now=now,
                zone=self.zone,
                owner=self.household.config.owner.name,
                mode=self.household.config.acknowledge.mode,
                paused_at=home.paused_at(connection),
                braked_at=home.braked_at(connection),
                alarms=tuple(home.alarms(connection)),
                mailboxes=tuple(watched.mailboxes(self.household.config.home, connection)),
                absences=tuple((row, away) for row, away in home.absences(connection) if away.end_at > now),
                returned=homecoming.pending(self.household, connection, now=now),
                awaiting=len(views.outbox(connection, states=("awaiting",), limit=100)),
            )

    def piles(self) -> list[views.Pile]:
        """The queue, one pile for each person."""
        return self.ask(lambda connection: views.piles(connection, now=self.now(), zone=self.zone))

    def asides(self) -> list[Aside]:
        """What is asked of the owner beside the promises: what people did on social networks, questions, follow-ups
        whose day has come, suggestions.
        """
        now = self.now()
        with self.household.database.read() as connection:
            return [
                *social.open_ones(connection)[:MOST_SUGGESTED],
                *views.questions(connection),
                *views.follow_ups(connection, due_by=now),
                *_suggested(connection, now),
                *unowed.pending(connection, limit=MOST_NEEDLESS),
            ]

    def calls(self) -> Mapping[int, CallBack]:
        """The calls that people who wait have asked for, by promise."""
        return {row.promise_id: row for row in self.ask(call_backs.live)}

    def owed(self, promise_id: int) -> OwedRow | None:
        """One row of the queue."""
        return self.ask(lambda connection: views.owed(connection, promise_id))

    def sheet(self, message_id: int) -> Sheet | None:
        """A message, its letter, its sender and what is owed for it."""
        with self.household.database.read() as connection:
            row = views.message(connection, message_id)
            if row is None:
                return None
            contact_id, matter_id = row.contact_id, row.matter_id
            contact = None if contact_id is None else views.contact(connection, contact_id)
            return Sheet(
                row=row,
                text=views.text(connection, message_id),
                contact=contact,
                touch=None if contact_id is None else views.last_touch(connection, contact_id),
                owed=None if matter_id is None else views.owed_in_matter(connection, matter_id),
                memory=() if contact is None else self._memory(connection, contact),
            )

    def listed(self, row_id: int) -> ListedRow | None:
        """One mail that is not read yet."""
        return self.ask(lambda connection: views.listed_mail(connection, row_id))

    def stakes(self, message_id: int) -> tuple[int | None, bool]:
        """The contact of a message, and whether anything is owed in its matter."""
        with self.household.database.read() as connection:
            row = views.message(connection, message_id)
            if row is None:
                return None, False
            owed = None if row.matter_id is None else views.owed_in_matter(connection, row.matter_id)
            return row.contact_id, owed is not None

    def _memory(self, connection: Connection, contact: ContactRow) -> tuple[Line, ...]:
        found = brief.gather(self.household, connection, contact)
        return tuple(brief.above_mail(found, self._day))

    def contact(self, contact_id: int) -> ContactRow | None:
        """Somebody on record."""
        return self.ask(lambda connection: views.contact(connection, contact_id))

    def brief(self, contact: ContactRow) -> tuple[Line, ...]:
        """Everything the brief says of a contact."""
        with self.household.database.read() as connection:
            return tuple(brief.lines(brief.gather(self.household, connection, contact), self._day))

    def _day(self, at: datetime) -> str:
        return short(at, self.zone, self.now())

    def reasons(self, message_id: int) -> Reasons | None:
        """The stored reasons of a message."""
        with self.household.database.read() as connection:
            row = views.message(connection, message_id)
            if row is None:
                return None
            promises = views.promises_of_message(connection, message_id)
            lives = [(promise.state, views.promise_story(connection, promise.id)) for promise in promises]
            odd = lookalike.cautions_about_message(connection, row)
            return Reasons(row, views.decision(connection, message_id), lives, odd)


def _suggested(connection: Connection, now: datetime) -> list[Aside]:
    """What letters seem to say, for one key: commitments, days that return, and facts that have grown old."""
    return [
        *commitments.listed(connection, states=(commitments.SUGGESTED,), limit=MOST_SUGGESTED),
        *told_occasions.listed(connection)[:MOST_SUGGESTED],
        *[row for row in facts.of_contact(connection) if row.stale(now)][:MOST_SUGGESTED],
    ]
