"""How well promises were held: counted by outcome, measured in open time, and set against what was told.

Every figure is of promises, not of mails. What was settled otherwise (withdrawn, moot) counts for nothing but itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, sqrt

from inboxcrm.domain.promise import State

SHARE = 0.8
WILSON_Z = 1.959964
"""Two-sided 95%."""


@dataclass(frozen=True, slots=True)
class Line:
    """One promise as the record sees it.

    `told_due_at` is the time the sender was told first, None where nothing was told. `learned` is the percentile behind
    it, None where the target was not learned. `answer_time` is the open time from the receipt to the answer, None
    without one. `was_broken` is true for ever once the time has passed without an answer.
    """

    received_at: datetime
    state: State
    extended: bool
    was_broken: bool
    told_due_at: datetime | None
    ended_at: datetime | None
    learned: timedelta | None
    answer_time: timedelta | None
    contact: str
    organisation: str
    plan: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How many promises came to what. `extended` and `live` overlap the rest: a promise can be extended and kept."""

    made: int
    kept: int
    late: int
    broken: int
    extended: int
    live: int
    settled: int


@dataclass(frozen=True, slots=True)
class Times:
    """The answers' open times: the middle one and the one that four in five came within; None without answers."""

    answers: int
    median: timedelta | None
    within_share: timedelta | None


@dataclass(frozen=True, slots=True)
class Share:
    """A share of so many, with its 95% interval after Wilson (1927); all None while there is nothing to count."""

    hits: int
    of: int
    share: float | None
    low: float | None
    high: float | None


def tally(lines: Iterable[Line]) -> Tally:
    """The count by outcome. Broken are those that wait still; what was answered after its time is late."""
    lines = list(lines)

    def count(*states: State) -> int:
        return sum(line.state in states for line in lines)

    return Tally(
        made=len(lines),
        kept=count(State.KEPT),
        late=count(State.KEPT_LATE),
        broken=count(State.BROKEN),
        extended=sum(line.extended for line in lines),
        live=count(State.OPEN, State.EXTENDED),
        settled=count(State.WITHDRAWN, State.MOOT),
    )


def by(lines: Iterable[Line], key: Callable[[Line], str]) -> dict[str, list[Line]]:
    """The lines in groups, in the order of their names."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(key(line), []).append(line)
    return dict(sorted(groups.items()))


def times(lines: Iterable[Line]) -> Times:
    """Median and 80th percentile by nearest rank."""
    found = sorted(line.answer_time for line in lines if line.answer_time is not None)
    return Times(len(found), _rank(found, 0.5), _rank(found, SHARE))


def kept_of_told(lines: Iterable[Line], *, now: datetime, learned_only: bool = False) -> Share:
    """Of the times told, how many were held: answered by the time that was told first.

    Those whose time has not come are not counted, nor what was settled otherwise. `learned_only` asks of the times
    that were learned: they are aimed at 80 to 97 in a hundred.
    """
    asked = [line for line in lines if line.told_due_at is not None and (line.learned is not None or not learned_only)]
    decided = [line for line in asked if _decided(line, now)]
    return wilson(sum(_in_time(line) for line in decided), len(decided))


def within_learned(lines: Iterable[Line]) -> Share:
    """Of the answers whose target was learned, how many came within the percentile itself: aimed at 80 in a hundred."""
    pairs = [(line.answer_time, line.learned) for line in lines]
    known = [(took, learned) for took, learned in pairs if took is not None and learned is not None]
    return wilson(sum(took <= learned for took, learned in known), len(known))


def wilson(hits: int, of: int) -> Share:
    """The share of hits with the score interval of Wilson."""
    if of == 0:
        return Share(0, 0, None, None, None)
    share, z2 = hits / of, WILSON_Z**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = WILSON_Z * sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return Share(hits, of, share, max(0.0, middle - half), min(1.0, middle + half))


def _decided(line: Line, now: datetime) -> bool:
    if line.state in {State.WITHDRAWN, State.MOOT} or line.told_due_at is None:
        return False
    return line.answer_time is not None or now > line.told_due_at


def _in_time(line: Line) -> bool:
    return (
        line.answer_time is not None
        and line.ended_at is not None
        and line.told_due_at is not None
        and line.ended_at <= line.told_due_at
    )


def _rank(ordered: Sequence[timedelta], share: float) -> timedelta | None:
    return ordered[max(ceil(share * len(ordered)), 1) - 1] if ordered else None
