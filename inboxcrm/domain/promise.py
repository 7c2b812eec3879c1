"""What becomes of a promise: its states, the table of moves between them, and when the owner is warned.

The duty to answer lasts while the promise is live (`open`, `extended`, `broken`) and is over for good in the others.
A matter has at most one live promise. Entries are only ever appended; the state is where `replay` leads.

    state      answered  answered-late  warned    extended  due-passed  chased    withdrawn  needless
    open       kept      kept_late      open      extended  broken      open      withdrawn  moot
    extended   kept      kept_late      extended  extended  broken      extended  withdrawn  moot
    broken     kept      kept_late      -         extended  -           broken    withdrawn  moot
    the rest   -         -              -         -         -           -         -          -

Three more take back what turned out to be none. `not-due` makes a `broken` one `open`: the clock that broke it ran
ahead. `unchased` leaves a live one where it stands, asked once less. `taken-back` leaves an ended one where it stands:
its end was a slip, and another promise lives on in its place.

The time of an answer is that of the act, not of the reading of it: a promise found broken while the machine slept
becomes `kept` when Sent shows an answer in time, and an open one `kept_late` when the answer came after the due time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from inboxcrm.domain.office_hours import OfficeCalendar

WARN_AFTER = 0.75
"""The share of the open time after which the owner is warned."""

AUTOMATIC_EXTENSIONS = 1
"""How often the machine may extend one promise by itself."""


class State(StrEnum):
    """Where a promise stands."""

    OPEN = "open"
    EXTENDED = "extended"
    BROKEN = "broken"
    KEPT = "kept"
    KEPT_LATE = "kept_late"
    WITHDRAWN = "withdrawn"
    MOOT = "moot"

    @property
    def live(self) -> bool:
        """Whether the duty to answer still stands."""
        return self in LIVE


LIVE = frozenset({State.OPEN, State.EXTENDED, State.BROKEN})


class Event(StrEnum):
    """What can happen to a promise once it is made."""

    ANSWERED = "answered"
    ANSWERED_LATE = "answered-late"
    WARNED = "warned"
    EXTENDED = "extended"
    DUE_PASSED = "due-passed"
    CHASED = "chased"
    WITHDRAWN = "withdrawn"
    NEEDLESS = "needless"
    NOT_DUE = "not-due"
    UNCHASED = "unchased"
    TAKEN_BACK = "taken-back"


_ENDS = {
    Event.ANSWERED: State.KEPT,
    Event.ANSWERED_LATE: State.KEPT_LATE,
    Event.WITHDRAWN: State.WITHDRAWN,
    Event.NEEDLESS: State.MOOT,
}

TRANSITIONS: Mapping[State, Mapping[Event, State]] = MappingProxyType(
    {
        State.OPEN: {
            **_ENDS,
            Event.WARNED: State.OPEN,
            Event.EXTENDED: State.EXTENDED,
            Event.DUE_PASSED: State.BROKEN,
            Event.CHASED: State.OPEN,
            Event.UNCHASED: State.OPEN,
        },
        State.EXTENDED: {
            **_ENDS,
            Event.WARNED: State.EXTENDED,
            Event.EXTENDED: State.EXTENDED,
            Event.DUE_PASSED: State.BROKEN,
            Event.CHASED: State.EXTENDED,
            Event.UNCHASED: State.EXTENDED,
        },
        State.BROKEN: {
            **_ENDS,
            Event.EXTENDED: State.EXTENDED,
            Event.CHASED: State.BROKEN,
            Event.UNCHASED: State.BROKEN,
            Event.NOT_DUE: State.OPEN,
        },
        **{state: {Event.TAKEN_BACK: state} for state in _ENDS.values()},
    }
)

CHANGES = frozenset((state, after) for state, moves in TRANSITIONS.items() for after in moves.values())
"""Every change of state there is, for the constraint that repeats the table in the database."""


class NoSuchMoveError(ValueError):
    """The table has no such move, or the move lacks what it needs."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger: what happened and when (the act, not the reading of it).

    `due_at` is the new time of an extension, None with every other event; `automatic` marks what the machine did
    without a key pressed.
    """

    event: Event
    at: datetime
    due_at: datetime | None = None
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Promise:
    """The duty to answer one matter. Instants are aware; `due_at` is None where no date could be told.

    `counted_from` is where its open time begins: the receipt, or the last extension. `told` says whether the sender
    knows the time. `chasers` counts how often the sender asked again.
    """

    received_at: datetime
    due_at: datetime | None
    counted_from: datetime
    told: bool = False
    state: State = State.OPEN
    warned_at: datetime | None = None
    ended_at: datetime | None = None
    extensions: int = 0
    automatic_extensions: int = 0
    chasers: int = 0


def made(received_at: datetime, due_at: datetime | None, *, told: bool = False) -> Promise:
    """A new promise, made with the message: the duty exists whether the sender is told or not."""
    return Promise(received_at=received_at, due_at=due_at, counted_from=received_at, told=told)


def answered(promise: Promise, at: datetime, *, automatic: bool = False) -> Entry:
    """The entry for an answer given at this instant: in time up to and including the due time, late after it."""
    late = promise.due_at is not None and at > promise.due_at
    return Entry(Event.ANSWERED_LATE if late else Event.ANSWERED, at, automatic=automatic)


def allows(promise: Promise, event: Event, *, automatic: bool = False) -> bool:
    """Whether the table has this move, the machine's own extensions are not used up, and they asked again at all."""
    if automatic and event is Event.EXTENDED and promise.automatic_extensions >= AUTOMATIC_EXTENSIONS:
        return False
    if event is Event.UNCHASED and not promise.chasers:
        return False
    return event in TRANSITIONS[promise.state]


def move(promise: Promise, entry: Entry) -> Promise:
    """The promise after this entry. NoSuchMoveError where `allows` says no or an extension is no later date."""
    if not allows(promise, entry.event, automatic=entry.automatic):
        raise NoSuchMoveError(f"{promise.state.value}: no move on {entry.event.value}")
    after = replace(promise, state=TRANSITIONS[promise.state][entry.event])
    if entry.event is Event.EXTENDED:
        return _extended(after, entry)
    if entry.event is Event.WARNED:
        return replace(after, warned_at=entry.at)
    if entry.event is Event.CHASED:
        return replace(after, chasers=promise.chasers + 1)
    if entry.event is Event.UNCHASED:
        return replace(after, chasers=promise.chasers - 1)
    if entry.event is Event.NOT_DUE:
        return replace(after, warned_at=_before(promise.warned_at, entry.at))
    return replace(after, ended_at=entry.at) if promise.state.live and not after.state.live else after


def replay(promise: Promise, entries: Iterable[Entry]) -> Promise:
    """The promise after all of these entries, oldest first."""
    for entry in entries:
        promise = move(promise, entry)
    return promise


def warn_at(promise: Promise, calendar: OfficeCalendar) -> datetime | None:
    """When three quarters of the promise's open time are gone; None without a date.

    Never after the due time; the due time itself when no open time lies before it.
    """
    if promise.due_at is None:
        return None
    open_time = calendar.open_between(promise.counted_from, promise.due_at)
    within = promise.due_at - promise.counted_from
    at = calendar.add_open(promise.counted_from, open_time * WARN_AFTER, within=within)
    return promise.due_at if at is None else at


def _before(warned_at: datetime | None, at: datetime) -> datetime | None:
    """The time of a warning, unless the same wrong clock gave it."""
    return None if warned_at is None or warned_at > at else warned_at


def _extended(promise: Promise, entry: Entry) -> Promise:
    floor = entry.at if promise.due_at is None else max(entry.at, promise.due_at)
    if entry.due_at is None or entry.due_at <= floor:
        raise NoSuchMoveError("an extension needs a date later than now and than the one before")
    return replace(
        promise,
        due_at=entry.due_at,
        counted_from=entry.at,
        warned_at=None,
        extensions=promise.extensions + 1,
        automatic_extensions=promise.automatic_extensions + entry.automatic,
    )
