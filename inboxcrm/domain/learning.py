"""How long the owner takes to answer, learned from the owner's own answers: the 80th percentile in open time.

An estimate after Kaplan and Meier (1958): a matter still open says "longer than this so far", so a bad week shows
before it is over. Recent answers weigh more, by age in days and by how many came since; the half-lives are chosen by
`bench/learning.py`.

Some mail is never answered: an offer nobody asked for, a thanks, a call that was not noted. Taken for answers to come,
a quarter of such mail makes six weeks of five hours. So the share of old mail that was given up is told apart, and the
percentile is that of the answers which come at all (a mixture cure model: Maller and Zhou, Biometrika 79, 1992).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from math import exp2

SHARE = 0.8
HALF_LIFE = timedelta(days=60)
HALF_LIFE_ANSWERS = 15.0
MARGIN = 1.15
"""What the told time adds to what was learned."""

GIVEN_UP_AFTER, GIVEN_UP_OPEN = timedelta(days=10), timedelta(hours=40)
"""A mail that has waited for so long by the calendar, and in open time, is not thought to be answered any more."""

MOST_GIVEN_UP = 0.5
"""No more than this share is taken for never answered: beyond it the owner may as well be behind with everything."""

ENOUGH_OF_CONTACT = 8
ENOUGH_OF_PLAN = 20
ENOUGH_OF_EVERYONE = 20


@dataclass(frozen=True, slots=True)
class Observation:
    """A mail that wanted an answer: the open time until the first answer, or until now while there is none.

    `settled`: it ended without an answer, after this time.
    """

    received_at: datetime
    open_time: timedelta
    answered: bool
    settled: bool = False

    def given_up(self, now: datetime) -> bool:
        """Whether no answer is to be expected any more."""
        waits = not self.answered and not self.settled
        return waits and self.received_at < now - GIVEN_UP_AFTER and self.open_time > GIVEN_UP_OPEN


class Source(StrEnum):
    """Whose answers a target was learned from."""

    CONTACT = "contact"
    PLAN = "plan"
    EVERYONE = "everyone"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Target:
    """The open time to promise. `learned` is the percentile itself (None with the default), `answers` its basis.

    `unrealistic` says that the plan's ceiling is under what was learned: the ceiling is promised, the owner warned.
    """

    open_time: timedelta
    source: Source
    learned: timedelta | None = None
    answers: int = 0
    unrealistic: bool = False


def percentile(
    observations: Iterable[Observation],
    *,
    now: datetime,
    share: float = SHARE,
    half_life: timedelta = HALF_LIFE,
    half_life_answers: float = HALF_LIFE_ANSWERS,
) -> timedelta | None:
    """The open time within which this share of the answers comes, or None when nothing was observed.

    Where so much is still open that the share was never reached, the longest time seen of what is not given up stands
    in: it is at least that.
    """
    newest_first = sorted(observations, key=lambda each: each.received_at, reverse=True)
    if not newest_first:
        return None
    weighed = [
        (each, exp2(-max(now - each.received_at, timedelta(0)) / half_life - since / half_life_answers))
        for since, each in enumerate(newest_first)
    ]
    never = _never_answered(weighed, now)
    weighed.sort(key=_open_time)
    at_risk, unanswered = sum(weight for _, weight in weighed), 1.0
    for open_time, group in groupby(weighed, key=_open_time):
        same = list(group)
        unanswered *= 1 - sum(weight for each, weight in same if each.answered) / at_risk
        if unanswered <= never + (1 - never) * (1 - share) + 1e-9:
            return open_time
        at_risk -= sum(weight for _, weight in same)
    waiting = [each.open_time for each, _ in weighed if not each.given_up(now)]
    return max(waiting, default=weighed[-1][0].open_time)


def target(
    *,
    now: datetime,
    default: timedelta,
    contact: Sequence[Observation] = (),
    plan: Sequence[Observation] = (),
    everyone: Sequence[Observation] = (),
    floor: timedelta = timedelta(0),
    ceiling: timedelta | None = None,
) -> Target:
    """The target learned from the narrowest circle with enough answers, with its margin, between floor and ceiling.

    Too few answers anywhere give the default, within the same bounds.
    """
    circles = (
        (Source.CONTACT, contact, ENOUGH_OF_CONTACT),
        (Source.PLAN, plan, ENOUGH_OF_PLAN),
        (Source.EVERYONE, everyone, ENOUGH_OF_EVERYONE),
    )
    for source, observations, enough in circles:
        answers = sum(each.answered for each in observations)
        learned = percentile(observations, now=now) if answers >= enough else None
        if learned is not None:
            unrealistic = ceiling is not None and learned > ceiling
            return Target(_clamped(learned * MARGIN, floor, ceiling), source, learned, answers, unrealistic)
    return Target(_clamped(default, floor, ceiling), Source.DEFAULT)


def _never_answered(weighed: Sequence[tuple[Observation, float]], now: datetime) -> float:
    """Which share of the mail that has had the time to be answered was given up."""
    old = [(each, weight) for each, weight in weighed if each.received_at < now - GIVEN_UP_AFTER]
    given_up = sum(weight for each, weight in old if each.given_up(now))
    decided = given_up + sum(weight for each, weight in old if each.answered)
    return min(given_up / decided, MOST_GIVEN_UP) if given_up else 0.0


def _open_time(weighed: tuple[Observation, float]) -> timedelta:
    return weighed[0].open_time


def _clamped(open_time: timedelta, floor: timedelta, ceiling: timedelta | None) -> timedelta:
    raised = max(open_time, floor)
    return raised if ceiling is None else min(raised, ceiling)
