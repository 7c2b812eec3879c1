"""Has a contact gone quiet, measured against their own rhythm and never against a fixed number of days?

Half of their gaps are longer than the middle one M. Beyond it the chance of a gap of at least s falls like a Weibull
law's, `share * exp(-rate * ((s / M)**b - 1))`: b = 1 for who writes as by chance, more for who writes by the calendar,
less for who has long pauses. What lies below M (letters about one thing, the three days that make a touch) has no say.
The rate has a gamma prior of `TRUST` gaps, so each b gives `share * (B / (B + (s / M)**b - 1))**R` in closed form,
and the forms are weighed by how well they fit the gaps beyond M. For b = 1 that is the law of Lomax, by which they are
judged of whom fewer than four gaps are known: with the prior gap a0, R = 1 + n and A = a0 + sum(g), `(A / (A + s))**R`.
For all others that law is too heavy, and leavers were found late by it. After the renewal process with a shape of its
own for each client of Platzer and Reutterer, "Ticking Away the Moments" (Marketing Science 35, 2016), fitted where it
decides.

False alarms are counted by the year; silences come as often as letters. So the owner is told of a silence whose chance
comes less than once in two years at that rhythm (`EXPECTED_ALARMS`), and of one that is no longer than one of the last
two years only from a quarter beyond that; in any case within three middle gaps where one false alarm in two years is
enough for it. Nobody can promise that of every client: who knows the true law, and causes one false alarm in two years,
tells a silence within three middle gaps where gaps spread (deviation over mean) by 0.53 or less for weekly letters, 0.6
for fortnightly ones, 0.7 monthly, 0.85 every other month. `make quiet` shows how near to that this comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from math import exp, log
from statistics import median

QUIET, GONE = 0.04, 0.01
"""Chances under which a silence is remarkable; a tenth would flag an irregular fortnightly client 2.5 times a year."""

QUIET_DAYS = timedelta(days=3)
"""Silence after which the next letter is a new touch and not the same conversation."""

LONG_CLOSURE = timedelta(days=5)
"""Closed periods of the owner's longer than this are taken out of gaps and silences: nobody writes to a closed door."""

ENOUGH = 4
"""Gaps that make a rhythm of one's own."""

LATELY, AT_LEAST = timedelta(days=540), 8
"""How far back gaps say how often somebody writes now, and how many are heard however old they are."""

TWO_YEARS = timedelta(days=730)

EXPECTED_ALARMS = 0.7
"""False alarms to be expected of each client in two years: under one, as the law is an estimate."""

IN_TIME = 3.0
"""In how many of their own middle gaps the owner wants to hear of who has left, where one false alarm affords it."""

AS_LONG_BEFORE = 1.25
"""How much beyond the bound a silence has to be that is no longer than one of the last two years."""

FORMS = (0.5, 0.7, 0.85, 1.0, 1.2, 1.4, 1.7, 2.0, 2.5, 3.0, 4.0, 6.0)
UNEXPECTED = tuple((log(b / 1.4) / 0.5) ** 2 / 2 for b in FORMS)
"""The forms b that are tried, and their prior: 1.4 (a spread of 0.7 or so) is thought of first."""

TRUST = 2.0
"""How many gaps beyond the middle one the prior of the rate counts for."""

SEASON = timedelta(days=30)
"""How near to its day of the year a silence begins again."""

YEAR = timedelta(days=365)

PRIOR = 30.0
"""Days between touches where nothing is known of anybody."""

DAY = timedelta(days=1)
HALVINGS = 20
ONE = 1 - 1e-9
"""A gap as long as the middle one is beyond it, whichever way their quotient was rounded."""

NEGLIGIBLE = 1e-4
"""A form that is so much less likely than the best one is left out."""


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
    """What is known of one contact: days between late touches, the present silence in days, and its chance.

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


@dataclass(frozen=True, slots=True)
class _Few:
    """What is expected of somebody with few gaps: A in days, and R."""

    total: float
    rank: int

    def chance(self, silent: float) -> float:
        return float((self.total / (self.total + silent)) ** self.rank)

    def bound(self, level: float) -> float:
        return float(self.total * (level ** (-1 / self.rank) - 1))


@dataclass(frozen=True, slots=True)
class _Form:
    """One form of the law: its weight, b, and the B and R of the rate."""

    weight: float
    b: float
    total: float
    rank: float


@dataclass(frozen=True, slots=True)
class _Law:
    """How long one contact lets the owner wait: the middle gap in days, the share of gaps beyond it, the forms."""

    middle: float
    share: float
    forms: tuple[_Form, ...]

    def chance(self, silent: float) -> float:
        if silent <= self.middle:
            return 1 - (1 - self.share) * silent / self.middle
        times = silent / self.middle
        parts = (each.weight * pow(each.total / (each.total + times**each.b - 1), each.rank) for each in self.forms)
        return float(self.share * sum(parts))

    def bound(self, level: float) -> float:
        low, high = 0.0, log(1_000.0)
        for _ in range(HALVINGS):
            half = (low + high) / 2
            if self.chance(self.middle * exp(half)) > level:
                low = half
            else:
                high = half
        return self.middle * exp(high)


def _law(known: Sequence[float], a0: float) -> _Few | _Law:
    """The law of these gaps; a0 counts as one gap more where the middle one, a day at least, is concerned."""
    count = len(known)
    if count < ENOUGH:
        return _Few(a0 + sum(known), 1 + count)
    middle = exp((log(a0) + count * log(max(median(known), 1.0))) / (1 + count))
    beyond = [times for each in known if (times := each / middle) >= ONE]
    sum_of_logs = sum(map(log, beyond))
    rank = TRUST + len(beyond)
    totals = [TRUST / log(2) + sum(times**b - 1 for times in beyond) for b in FORMS]
    fits = [
        len(beyond) * log(b) + (b - 1) * sum_of_logs - rank * log(total) - unexpected
        for b, total, unexpected in zip(FORMS, totals, UNEXPECTED, strict=True)
    ]
    likely = [exp(fit - max(fits)) for fit in fits]
    forms = [
        _Form(each / sum(likely), b, total, rank)
        for each, b, total in zip(likely, FORMS, totals, strict=True)
        if each > NEGLIGIBLE
    ]
    return _Law(middle, (TRUST / 2 + len(beyond)) / (TRUST + count), tuple(forms))


def chance(known: Sequence[float], silent: float, a0: float) -> float:
    """How likely a silence of at least this many days is, by chance. `known` are gaps in days, `a0` the prior gap."""
    return _law(known, a0).chance(silent)


def bound(known: Sequence[float], a0: float, level: float = QUIET) -> float:
    """The silence in days whose chance is this level (below one in ten)."""
    return _law(known, a0).bound(level)


def told_from(known: Sequence[float], a0: float, longest: float = 0.0) -> float:
    """The silence in days from which the owner hears of it: the rarer, the oftener a client writes.

    Never by less than `QUIET_DAYS` beyond their middle gap: a holiday or a weekend puts off the most regular letter.
    `longest` is their longest gap of the last two years: who came back after it may do so again. Of whom few gaps are
    known, chance has not had the time to be wrong often.
    """
    law = _law(known, a0)
    once = (a0 + sum(known)) / (1 + len(known)) / (TWO_YEARS / DAY)
    told = law.bound(QUIET if len(known) < ENOUGH else min(QUIET, EXPECTED_ALARMS * once))
    told = max(told, min(longest, AS_LONG_BEFORE * told))
    if len(known) < ENOUGH:
        return told
    afforded, in_time = law.bound(min(QUIET, once)), IN_TIME * median(known)
    told = min(told, max(afforded, in_time - 1)) if afforded <= in_time else told
    return max(told, min(median(known) + QUIET_DAYS / DAY, in_time))


def same_season(at: Sequence[datetime], last_at: datetime, silent: float) -> bool:
    """Whether a silence as long, or nearly, began about a year or two before the last word: who sows in spring."""
    before = (
        (other - one) / DAY
        for one, other in pairwise(at)
        if any(abs(last_at - one - years * YEAR) <= SEASON for years in (1, 2))
    )
    return any(silent <= 1.1 * length for length in before)


def _lately(at: Sequence[datetime], all_gaps: Sequence[float]) -> tuple[float, ...]:
    """The gaps that say how often they write now."""
    recent = sum(each >= at[-1] - LATELY for each in at[:-1])
    return tuple(all_gaps[-max(recent, AT_LEAST) :])


def _longest(at: Sequence[datetime], all_gaps: Sequence[float]) -> float:
    """The longest gap that ended in the last two years, in days; 0 without one."""
    return max((gap for end, gap in zip(at[1:], all_gaps, strict=True) if end >= at[-1] - TWO_YEARS), default=0.0)


def rhythm(at: Sequence[datetime], last_at: datetime, *, now: datetime, a0: float, closed: Sequence[Closed]) -> Rhythm:
    """The rhythm of a contact with these touches (at least one), whose last word came at `last_at`."""
    all_gaps = gaps(at, closed)
    known = _lately(at, all_gaps)
    silent = _days(last_at, now, closed)
    law = _law(known, a0)
    likely = law.chance(silent)
    verdict = Silence.GONE if likely < GONE else Silence.QUIET if likely < QUIET else Silence.USUAL
    season = same_season(at, last_at, silent)
    told = told_from(known, a0, _longest(at, all_gaps))
    return Rhythm(known, silent, likely, law.bound(QUIET), verdict, told, season)
