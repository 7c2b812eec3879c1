"""Has a contact gone quiet, measured against their own rhythm and never against a fixed number of days?

Gaps between touches are taken as exponential, with a rate of which little is known at first: with the prior gap `a0`
and the gaps g1..gn, R = 1 + n and A = a0 + sum(g), a silence of at least s has the chance (A / (A + s))^R. Where many
regular gaps are known, a robust bound on them speaks earlier.

One silence in twenty-five lies beyond such a bound by chance, which is often for somebody who writes every week. So the
owner is told later than a silence is remarkable: beyond a bound of which each client is expected to fail once in two
years, and half a gap more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from math import ceil
from statistics import median

QUIET, GONE = 0.04, 0.01
"""Chances under which a silence is remarkable; a tenth would flag an irregular fortnightly client 2.5 times a year."""

QUIET_DAYS = timedelta(days=3)
"""Silence after which the next letter is a new touch and not the same conversation."""

LONG_CLOSURE = timedelta(days=5)
"""Closed periods of the owner's longer than this are taken out of gaps and silences: nobody writes to a closed door."""

ENOUGH, REGULAR = 8, 0.5
"""Gaps that make a rhythm, and the spread (MAD scaled to a deviation, over the median) up to which it is regular."""

ONCE_IN = 730.0
"""Days in which chance may make the owner hear of a client who is still there, once."""

CONFIRMED = 0.5
"""How long a silence has to go on, in typical gaps, beyond the bound from which the owner would hear of it."""

SEASON = timedelta(days=30)
"""How near to its day of the year a silence begins again."""

YEAR = timedelta(days=365)

PRIOR = 30.0
"""Days between touches where nothing is known of anybody."""

TO_DEVIATION = 1.4826
DAY = timedelta(days=1)


class Silence(StrEnum):
    """What a silence means."""

    USUAL = "usual"
    QUIET = "quiet"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Closed:
    """A period in which the owner was closed, in which nobody is expected to write."""

    start_at: datetime
    end_at: datetime


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What is known of one contact: days between touches, the present silence in days, and how likely it is by chance.

    `bound` is the silence in days from which it is remarkable, `told_from` that from which the owner hears of it,
    `typical` the median gap (None without gaps). `season`: they were silent at this time of the year before, too.
    """

    gaps: tuple[float, ...]
    silent: float
    chance: float
    bound: float
    silence: Silence
    told_from: float = 0.0
    season: bool = False

    @property
    def told(self) -> bool:
        """Whether the owner should hear of it now."""
        return self.silence is not Silence.USUAL and self.silent > self.told_from and not self.season

    @property
    def typical(self) -> float | None:
        """The median gap in days."""
        return median(self.gaps) if self.gaps else None


def touches(letters: Iterable[datetime], calls: Iterable[datetime]) -> list[datetime]:
    """The touches among a client's letters and logged calls, in order.

    A call is one; a letter is one after at least `QUIET_DAYS` without word, and the first is.
    """
    found: list[datetime] = []
    last: datetime | None = None
    for at, call in sorted([*((at, False) for at in letters), *((at, True) for at in calls)]):
        if call or last is None or at - last >= QUIET_DAYS:
            found.append(at)
        last = at
    return found


def gaps(at: Sequence[datetime], closed: Sequence[Closed] = ()) -> tuple[float, ...]:
    """Days between touches, the owner's long closures taken out."""
    return tuple(_days(one, other, closed) for one, other in pairwise(at))


def _days(start: datetime, end: datetime, closed: Sequence[Closed]) -> float:
    length = end - start
    for period in closed:
        if period.end_at - period.start_at > LONG_CLOSURE:
            length -= max(min(end, period.end_at) - max(start, period.start_at), timedelta(0))
    return max(length / DAY, 0.0)


def prior(medians: Iterable[float]) -> float:
    """The prior gap in days: the median of all contacts' own median gaps."""
    known = [each for each in medians if each > 0]
    return median(known) if known else PRIOR


def chance(known: Sequence[float], silent: float, a0: float) -> float:
    """How likely a silence of at least this many days is, by chance."""
    total = a0 + sum(known)
    return float((total / (total + silent)) ** (1 + len(known)))


def bound(known: Sequence[float], a0: float, level: float = QUIET) -> float:
    """The silence in days whose chance is this level; sooner where many gaps are regular.

    Regular gaps are believed: half of the rarer ones may be of the season and not of the client.
    """
    total = a0 + sum(known)
    by_chance = total * (level ** (-1 / (1 + len(known))) - 1)
    if len(known) < ENOUGH or not is_regular(known):
        return float(by_chance)
    ordered = sorted(known)
    highest = ordered[ceil(max(1 - QUIET, 1 - 2 * level) * len(ordered)) - 1]
    return float(min(by_chance, max(highest, median(known) + 3 * TO_DEVIATION * deviation(known))))


def told_from(known: Sequence[float], a0: float) -> float:
    """The silence in days from which the owner hears of it: the rarer, the oftener a client writes, and confirmed.

    Of whom few gaps are known yet, chance has not had the time to be wrong often.
    """
    mean = (a0 + sum(known)) / (1 + len(known))
    level = QUIET if len(known) < ENOUGH else min(QUIET, mean / ONCE_IN)
    return bound(known, a0, level) + CONFIRMED * (median(known) if known else a0)


def same_season(at: Sequence[datetime], last_at: datetime, silent: float) -> bool:
    """Whether a silence as long, or nearly, began about a year or two before the last word: who sows in spring."""
    before = (
        (other - one) / DAY
        for one, other in pairwise(at)
        if any(abs(last_at - one - years * YEAR) <= SEASON for years in (1, 2))
    )
    return any(silent <= 1.1 * length for length in before)


def deviation(known: Sequence[float]) -> float:
    """The median absolute deviation of gaps from their median, in days."""
    middle = median(known)
    return median(abs(each - middle) for each in known)


def is_regular(known: Sequence[float]) -> bool:
    """Whether gaps lie close enough to their median that the largest of them says something."""
    return TO_DEVIATION * deviation(known) <= REGULAR * median(known)


def rhythm(at: Sequence[datetime], last_at: datetime, *, now: datetime, a0: float, closed: Sequence[Closed]) -> Rhythm:
    """The rhythm of a contact with these touches (at least one), whose last word came at `last_at`."""
    known = gaps(at, closed)
    silent = _days(last_at, now, closed)
    likely, quiet_from = chance(known, silent, a0), bound(known, a0)
    verdict = Silence.USUAL
    if likely < GONE:
        verdict = Silence.GONE
    elif likely < QUIET or silent > quiet_from:
        verdict = Silence.QUIET
    season = same_season(at, last_at, silent)
    return Rhythm(known, silent, likely, quiet_from, verdict, told_from(known, a0), season)
