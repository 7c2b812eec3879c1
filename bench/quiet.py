"""Who has gone quiet: how often is the owner told of a client who is still there, and how late of one who has left?

    python -m bench.quiet                       every shape of client, about a minute
    python -m bench.quiet --clients 100         the same with smaller errors

Clients of each shape write for four years at a middle pace of 7, 14, 30 or 60 days; the home is asked once a day.
`false`: alarms each client causes in their first two years, and in the two after, although they wrote again. `found`: a
client who leaves after one year or two is told of after so many of their own middle gaps (middle and nine in ten,
counted from the last word), and the share of them within three. `knows`: an oracle's middle gaps, who knows the law of
the shape and is allowed one false alarm in two years: nobody finds leavers sooner by their silence alone.
"""

from __future__ import annotations

import argparse
import random
import time as stopwatch
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import exp, floor
from statistics import fmean, median, quantiles

from inboxcrm.domain.rhythm import QUIET_DAYS, rhythm

START = datetime(2024, 1, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR, YEARS = 365.0, 4
PACES = (7.0, 14.0, 30.0, 60.0)
OTHERS = 21.0
"""Days: the middle gap of all contacts of the home."""

WITHIN = 3.0
LEAST = QUIET_DAYS / DAY
DRAWN_BY_THE_ORACLE = 20_000
Gap = Callable[[random.Random, float, float], float]
"""One gap of a client, by dice, pace and the day it begins, in days."""


def gamma(shape: float) -> Gap:
    """Gaps of a renewal process: shape 1 writes as by chance."""
    return lambda dice, pace, _: dice.gammavariate(shape, pace / shape)


def lognormal(spread: float) -> Gap:
    """Gaps with a tail heavier than any gamma's."""
    return lambda dice, pace, _: pace * exp(dice.gauss(-spread * spread / 2, spread))


def calendar(dice: random.Random, pace: float, _: float) -> float:
    """By the calendar, give or take; one time in eight is left out."""
    times = 1
    while dice.random() < 1 / 8:
        times += 1
    return pace * times + dice.gauss(0, 0.15 * pace)


def projects(dice: random.Random, pace: float, _: float) -> float:
    """Ten letters or so about one thing, then a pause of three to six gaps."""
    return pace * dice.uniform(3, 6) if dice.random() < 0.1 else dice.gammavariate(4, pace / 4)


def slower(dice: random.Random, pace: float, day: float) -> float:
    """Twice as seldom after two years, three times after four."""
    return dice.gammavariate(4, pace * (1 + day / 730) / 4)


SHAPES: dict[str, Gap] = {
    "as chance (gamma 1)": gamma(1),
    "irregular (gamma 1.5)": gamma(1.5),
    "ordinary (gamma 2)": gamma(2),
    "gamma 3": gamma(3),
    "gamma 4": gamma(4),
    "regular (gamma 8)": gamma(8),
    "by the clock (gamma 30)": gamma(30),
    "log-normal 0.5": lognormal(0.5),
    "log-normal 0.7": lognormal(0.7),
    "calendar, some left out": calendar,
    "projects and pauses": projects,
    "slower and slower": slower,
}


@dataclass(frozen=True, slots=True)
class Found:
    """Of all clients of one shape and pace: false alarms in the first years and in later ones, and leavers' gaps."""

    early: float
    late: float
    gaps: tuple[float, ...]


def client(gap: Gap, pace: float, dice: random.Random) -> list[float]:
    """The days on which a client gives word."""
    days = [0.0]
    while days[-1] < YEARS * YEAR:
        days.append(days[-1] + max(LEAST, gap(dice, pace, days[-1])))
    return days


def told_after(days: Sequence[float]) -> int:
    """How many days after the last of these the owner is told, asking once a day."""
    at = [START + day * DAY for day in days]
    return floor(rhythm(at, at[-1], now=at[-1], a0=OTHERS, closed=()).told_from) + 1


def judged(gap: Gap, pace: float, clients: int, dice: random.Random) -> Found:
    """All clients of one shape and pace."""
    early = late = 0
    gaps = []
    for _ in range(clients):
        days = client(gap, pace, dice)
        for number, (day, following) in enumerate(pairwise(days), 1):
            if following - day > told_after(days[:number]):
                early, late = (early + 1, late) if day < 2 * YEAR else (early, late + 1)
        for left in (YEAR, 2 * YEAR):
            known = [day for day in days if day <= left]
            if len(known) > 1:
                gaps.append(told_after(known) / median(other - one for one, other in pairwise(known)))
    return Found(early / clients, late / clients, tuple(gaps))


def oracle(gap: Gap, pace: float, dice: random.Random) -> float:
    """The silence in middle gaps that an active client outlasts once in two years, by the law itself."""
    drawn = sorted(max(LEAST, gap(dice, pace, 0.0)) for _ in range(DRAWN_BY_THE_ORACLE))
    often = 2 * YEAR / fmean(drawn)
    return drawn[floor((1 - 1 / often) * len(drawn))] / median(drawn)


def report(clients: int, seed: int) -> Iterator[str]:
    """A row per shape and pace."""
    yield f"{'shape':<25}{'days':>5}{'false':>8}{'later':>7}{'found':>8}{'9 in 10':>9}{'in three':>10}{'knows':>7}"
    for name, gap in SHAPES.items():
        for pace in PACES:
            dice = random.Random(f"{name} {pace} {seed}")
            found = judged(gap, pace, clients, dice)
            share = 100 * fmean(each <= WITHIN for each in found.gaps)
            yield (
                f"{name:<25}{pace:>5.0f}{found.early:>8.2f}{found.late:>7.2f}{median(found.gaps):>8.1f}"
                f"{quantiles(found.gaps, n=10)[-1]:>9.1f}{share:>9.0f}%{oracle(gap, pace, dice):>7.1f}"
            )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=20, help="of each shape and pace")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    begun = stopwatch.process_time()
    for line in report(asked.clients, asked.seed):
        print(line, flush=True)
    print(f"{stopwatch.process_time() - begun:.1f} s of processor time")


if __name__ == "__main__":
    main()
