"""Does the learned answer time hold? Simulated owners, or any mbox of real correspondence.

    python bench/learning.py                                    the experiment, under two minutes
    python bench/learning.py --sweep                            the half-lives compared
    python bench/learning.py --mbox FILE --owner ann@example.org

Every simulated owner answers in log-normal or bimodal open time (half each), receives 1 to 20 mails an office day and
works 8 hours on 5 days. `L` is judged by the true distribution, not by a sample; the told time by the product's own
calendar and rounding.
"""

from __future__ import annotations

import argparse
import mailbox
import math
import random
import re
import statistics
import time as stopwatch
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from email.header import Header
from email.utils import getaddresses, parsedate_to_datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from inboxcrm.domain.expectation import expect
from inboxcrm.domain.learning import HALF_LIFE, HALF_LIFE_ANSWERS, MARGIN, Observation, percentile
from inboxcrm.domain.office_hours import Interval, OfficeCalendar

EPOCH = datetime(2026, 1, 5, 8, tzinfo=UTC)
MINUTES_A_DAY = 480.0
CALENDAR = OfficeCalendar(ZoneInfo("Europe/Zurich"), {day: (Interval(time(9), time(17)),) for day in range(5)})
SETTLED, AFTER_CHANGE, SLOWER = 60, 30, 3.0
LOOKED_AT = 150
"""How many of the newest mails the product learns from."""
Estimate = Callable[..., timedelta | None]


@dataclass(frozen=True)
class Owner:
    """Answers in open minutes: with chance `quick_share` around `quick`, else around `slow`, log-normally."""

    quick: float
    slow: float
    quick_share: float
    spread: float
    mails_a_day: float

    def answer(self, dice: random.Random) -> float:
        """One answer time."""
        median = self.quick if dice.random() < self.quick_share else self.slow
        return median * math.exp(dice.gauss(0, self.spread))

    def within(self, minutes: float) -> float:
        """The true share of answers within this time."""
        return self.quick_share * self._below(minutes, self.quick) + (1 - self.quick_share) * self._below(
            minutes, self.slow
        )

    def slower(self, times: float) -> Owner:
        """The same owner after a change of habits."""
        return Owner(self.quick * times, self.slow * times, self.quick_share, self.spread, self.mails_a_day)

    def _below(self, minutes: float, median: float) -> float:
        return 0.5 * (1 + math.erf(math.log(max(minutes, 1e-9) / median) / self.spread / math.sqrt(2)))


@dataclass(frozen=True)
class Mail:
    """Instants on the line of office minutes."""

    received: float
    answered: float


def owners(number: int, dice: random.Random) -> Iterator[Owner]:
    """Half log-normal, half bimodal: minutes in between meetings, or the next quiet morning."""
    for index in range(number):
        rate = math.exp(dice.uniform(math.log(1), math.log(20)))
        median = math.exp(dice.uniform(math.log(30), math.log(600)))
        if index % 2:
            yield Owner(median, median, 1.0, dice.uniform(0.6, 1.4), rate)
        else:
            quick = dice.uniform(10, 60)
            yield Owner(quick, quick * dice.uniform(8, 20), dice.uniform(0.4, 0.75), dice.uniform(0.3, 0.7), rate)


def mails(owner: Owner, number: int, start: float, dice: random.Random) -> list[Mail]:
    """Mails that arrive at random, each with its answer."""
    received, made = start, []
    for _ in range(number):
        received += dice.expovariate(owner.mails_a_day / MINUTES_A_DAY)
        made.append(Mail(received, received + owner.answer(dice)))
    return made


def instant_of(minutes: float) -> datetime:
    """Office minutes as calendar time: five office days make a week."""
    return EPOCH + timedelta(days=minutes / MINUTES_A_DAY * 7 / 5)


def observed(history: Sequence[Mail], now: float, *, count_open: bool = True) -> list[Observation]:
    """What the owner's records show at this moment."""
    seen = []
    for mail in history:
        answered = mail.answered <= now
        if mail.received <= now and (answered or count_open):
            minutes = min(mail.answered, now) - mail.received
            seen.append(Observation(instant_of(mail.received), timedelta(minutes=minutes), answered))
    return seen


def learned(history: Sequence[Mail], now: float, estimate: Estimate, *, count_open: bool = True) -> float:
    """`L` in minutes at this moment."""
    found = estimate(observed(history, now, count_open=count_open), now=instant_of(now))
    return found / timedelta(minutes=1) if found is not None else 0.0


def when_answered(history: Sequence[Mail], number: int) -> float:
    """The moment at which so many of these mails have their answer."""
    return sorted(mail.answered for mail in history)[number - 1]


@dataclass(frozen=True)
class Run:
    """The shares one owner's `L` covers in each situation."""

    settled: float
    settled_closed_only: float
    told: float
    changed: tuple[float, ...]
    backlog: float
    backlog_closed_only: float
    after_holiday: float
    given_up: float


CHECKPOINTS = (0, 10, 20, AFTER_CHANGE)


def run(owner: Owner, estimate: Estimate, dice: random.Random, *, told_draws: int) -> Run:
    """One owner through all situations."""
    before = mails(owner, 2 * SETTLED + 40, 0.0, dice)
    now = when_answered(before, SETTLED)
    history = [mail for mail in before if mail.received <= now]
    level = learned(history, now, estimate)
    slow = owner.slower(SLOWER)
    after = mails(slow, 3 * AFTER_CHANGE + 60, now, dice)
    changed = []
    for number in CHECKPOINTS:
        moment = when_answered(after, number) if number else now
        changed.append(slow.within(learned([*history, *after], moment, estimate)))
    backlog_history, backlog_now, swamped = growing_backlog(owner, history, now, dice)
    return Run(
        settled=owner.within(level),
        settled_closed_only=owner.within(learned(history, now, estimate, count_open=False)),
        told=told_share(owner, level, dice, told_draws),
        changed=tuple(changed),
        backlog=swamped.within(learned(backlog_history, backlog_now, estimate)),
        backlog_closed_only=swamped.within(learned(backlog_history, backlog_now, estimate, count_open=False)),
        after_holiday=owner.within(learned(*with_holiday(owner, history, now, dice), estimate)),
        given_up=owner.within(learned(*a_quarter_given_up(owner, dice), estimate)),
    )


def growing_backlog(
    owner: Owner, history: list[Mail], now: float, dice: random.Random
) -> tuple[list[Mail], float, Owner]:
    """Answers get slower mail by mail, up to twice the time over forty mails; judged at the end."""
    grown, moment = list(history), now
    for number in range(40):
        grown += mails(owner.slower(1 + number / 39), 1, moment, dice)
        moment = grown[-1].received
    return grown, moment, owner.slower(2.0)


def with_holiday(owner: Owner, history: list[Mail], now: float, dice: random.Random) -> tuple[list[Mail], float]:
    """Two weeks away: no office minutes pass, the mails pile up and the first days after are slow; judged then.

    The twenty mails found on the desk are answered at twice the usual time, the ten after it as usual.
    """
    pile = [Mail(now, now + owner.slower(2.0).answer(dice)) for _ in range(20)]
    usual = mails(owner, 10, now, dice)
    return [*history, *pile, *usual], usual[-1].received


def a_quarter_given_up(owner: Owner, dice: random.Random) -> tuple[list[Mail], float]:
    """A quarter of the mail is never answered, and stays open; judged, by what is answered, after six weeks or more."""
    number = max(LOOKED_AT, round(30 * owner.mails_a_day))
    history = [
        replace(mail, answered=math.inf) if dice.random() < 0.25 else mail for mail in mails(owner, number, 0.0, dice)
    ]
    return history[-LOOKED_AT:], history[-1].received


def told_share(owner: Owner, level: float, dice: random.Random, draws: int) -> float:
    """The share answered by the told time: `L` with its margin, rounded up on the product's own calendar."""
    kept = 0
    for _ in range(draws):
        received = EPOCH + timedelta(minutes=dice.uniform(0, 28 * 24 * 60))
        told = expect(received, target=timedelta(minutes=level * MARGIN), calendar=CALENDAR).due_at
        answered = CALENDAR.add_open(received, timedelta(minutes=owner.answer(dice)), within=timedelta(days=400))
        kept += told is not None and answered is not None and answered <= told
    return kept / draws


def experiment(number: int, estimate: Estimate, *, seed: int = 4, told_draws: int = 25) -> list[Run]:
    """All owners, each with dice of its own, so that estimates are compared on the same mails."""
    chosen = owners(number, random.Random(seed))
    return [
        run(owner, estimate, random.Random(seed * 1_000_003 + index), told_draws=told_draws)
        for index, owner in enumerate(chosen)
    ]


def report(runs: Sequence[Run]) -> Iterator[str]:
    """The table, in percent: mean over owners, and the middle 80% of owners."""
    yield f"{'share of answers within L':<46}{'mean':>7}{'10%':>7}{'90%':>7}"
    rows: list[tuple[str, Callable[[Run], float]]] = [
        (f"after {SETTLED} answers", lambda each: each.settled),
        (f"after {SETTLED} answers, open matters ignored", lambda each: each.settled_closed_only),
        *(
            (f"x{SLOWER:.0f} slower, {count} answers later", partial(_changed, index=index))
            for index, count in enumerate(CHECKPOINTS)
        ),
        ("growing backlog", lambda each: each.backlog),
        ("growing backlog, open matters ignored", lambda each: each.backlog_closed_only),
        ("after a holiday", lambda each: each.after_holiday),
        ("a quarter never answered", lambda each: each.given_up),
    ]
    for name, value in rows:
        yield _row(name, [value(each) for each in runs])
    if any(each.told for each in runs):
        yield _row("within the told time (margin, rounded up)", [each.told for each in runs])


def _changed(each: Run, *, index: int) -> float:
    return each.changed[index]


def _row(name: str, shares: Sequence[float]) -> str:
    tenths = statistics.quantiles(shares, n=10)
    return f"{name:<46}{100 * statistics.mean(shares):>7.1f}{100 * tenths[0]:>7.1f}{100 * tenths[-1]:>7.1f}"


def sweep(number: int) -> Iterator[str]:
    """Half-lives compared: what settles well and what recovers in time."""
    yield f"{'days':>6}{'answers':>9}{'settled':>9}{'x3 +10':>8}{'x3 +20':>8}{'x3 +30':>8}{'backlog':>9}{'holiday':>9}"
    for days in (15, 30, 60, 120):
        for answers in (10.0, 15.0, 20.0, 30.0, math.inf):
            estimate = partial(percentile, half_life=timedelta(days=days), half_life_answers=answers)
            runs = experiment(number, estimate, told_draws=1)
            values = [
                statistics.mean(each.settled for each in runs),
                *(statistics.mean(each.changed[index] for each in runs) for index in (1, 2, 3)),
                statistics.mean(each.backlog for each in runs),
                statistics.mean(each.after_holiday for each in runs),
            ]
            shares = "".join(
                f"{100 * value:>{width}.1f}" for value, width in zip(values, (9, 8, 8, 8, 9, 9), strict=True)
            )
            yield f"{days:>6}{answers:>9.0f}{shares}"


@dataclass(frozen=True)
class Letter:
    """What is read of one real mail."""

    at: datetime
    author: str
    message_id: str
    answers: tuple[str, ...]


def letters(path: Path) -> Iterator[Letter]:
    """The mails of an mbox that have a date, an author and a Message-ID, in no order."""
    for mail in mailbox.mbox(path, create=False):
        fields = {name: _text(mail.get(name)) for name in ("date", "from", "message-id", "references", "in-reply-to")}
        try:
            at = parsedate_to_datetime(fields["date"])
        except ValueError:
            continue
        authors = [spec.lower() for _, spec in getaddresses([fields["from"]]) if spec]
        ids = re.findall(r"<[^<>\s]+>", fields["message-id"])
        answers = tuple(re.findall(r"<[^<>\s]+>", fields["references"] + " " + fields["in-reply-to"]))
        if authors and ids:
            yield Letter(at if at.tzinfo else at.replace(tzinfo=UTC), authors[0], ids[0], answers)


def _text(value: str | Header | None) -> str:
    return "" if value is None else str(value)


def correspondence(path: Path, owner: str) -> Iterator[str]:
    """`L` judged on real mail: for each answered mail, learned from what was known when it came."""
    every = sorted(letters(path), key=lambda letter: letter.at)
    first_answer: dict[str, datetime] = {}
    for letter in every:
        if letter.author == owner.lower():
            for message_id in letter.answers:
                first_answer.setdefault(message_id, letter.at)
    wanted = [letter for letter in every if letter.author != owner.lower() and letter.message_id in first_answer]
    inside: list[bool] = []
    for index, letter in enumerate(wanted):
        known = [_seen(earlier, first_answer[earlier.message_id], letter.at) for earlier in wanted[:index]]
        level = percentile(known, now=letter.at)
        if sum(each.answered for each in known) >= SETTLED and level is not None:
            inside.append(CALENDAR.open_between(letter.at, first_answer[letter.message_id]) <= level)
    yield f"{len(every)} mails, {len(wanted)} answered by {owner}, {len(inside)} judged after {SETTLED} answers"
    if inside:
        share = statistics.mean(inside)
        error = 1.96 * math.sqrt(share * (1 - share) / len(inside))
        yield f"within L: {100 * share:.1f}% (+- {100 * error:.1f})"


def _seen(letter: Letter, answered_at: datetime, now: datetime) -> Observation:
    known = answered_at <= now
    return Observation(letter.at, CALENDAR.open_between(letter.at, min(answered_at, now)), known)


def main() -> None:
    """Run what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--owners", type=int, default=500)
    parser.add_argument("--sweep", action="store_true")
    parser.add_argument("--mbox", type=Path)
    parser.add_argument("--owner", default="")
    asked = parser.parse_args()
    began = stopwatch.perf_counter()
    if asked.mbox:
        if not asked.owner:
            parser.error("--mbox needs --owner ADDRESS")
        lines = correspondence(asked.mbox, asked.owner)
    elif asked.sweep:
        lines = sweep(asked.owners)
    else:
        print(f"{asked.owners} owners, half-life {HALF_LIFE.days} days and {HALF_LIFE_ANSWERS:.0f} answers")
        lines = report(experiment(asked.owners, percentile))
    for line in lines:
        print(line)
    print(f"{stopwatch.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    main()
