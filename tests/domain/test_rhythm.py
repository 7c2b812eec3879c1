"""Going quiet: the formula, its properties, and how often it is wrong about clients who are still there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.domain.rhythm import Closed, Rhythm, Silence, bound, chance, gaps, prior, rhythm, told_from, touches

START = datetime(2024, 1, 1, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
GAPS = st.lists(st.floats(3, 200), max_size=30)


def days(*numbers: float) -> list[datetime]:
    return [START + number * DAY for number in numbers]


def judged(at: list[datetime], silent: float, a0: float = 14, closed: tuple[Closed, ...] = ()) -> Rhythm:
    return rhythm(at, at[-1], now=at[-1] + silent * DAY, a0=a0, closed=closed)


def test_letters_of_one_conversation_are_one_touch_and_a_call_is_one_always() -> None:
    assert touches(days(0, 1, 2.5, 6, 8.9, 20), days(1)) == days(0, 1, 6, 20)


def test_a_conversation_that_goes_on_is_no_new_touch() -> None:
    assert touches(days(0, 2, 4, 6, 8), []) == days(0)


def test_long_closures_are_taken_out_of_gaps_and_short_ones_are_not() -> None:
    closed = (Closed(START + 5 * DAY, START + 15 * DAY), Closed(START + 20 * DAY, START + 24 * DAY))

    assert gaps(days(0, 10, 30), closed) == (5, 15)


def test_the_formula_is_the_one_that_was_given() -> None:
    known = [10.0, 14.0, 18.0]

    assert chance(known, 47, 14) == pytest.approx(((14 + 42) / (14 + 42 + 47)) ** 4)
    assert chance(known, bound(known, 14), 14) == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("silent", "expected"),
    [(20, Silence.USUAL), (60, Silence.USUAL), (75, Silence.QUIET), (110, Silence.QUIET), (125, Silence.GONE)],
)
def test_three_gaps_of_a_fortnight_grow_remarkable(silent: float, expected: Silence) -> None:
    assert judged(days(0, 10, 24, 42), silent).silence is expected


def test_a_regular_client_is_remarked_upon_after_a_few_days_more() -> None:
    at = days(*(14 * number for number in range(12)))

    assert judged(at, 14).silence is Silence.USUAL
    assert judged(at, 15).silence is Silence.QUIET


def test_one_letter_alone_is_measured_against_everybody() -> None:
    assert judged(days(0), 24 * 14 - 1).silence is Silence.USUAL
    assert judged(days(0), 24 * 14 + 1).silence is Silence.QUIET


def test_the_prior_is_the_median_of_all_and_a_month_without_any() -> None:
    assert prior([7, 14, 60]) == 14
    assert prior([]) == 30


@settings(max_examples=100)
@given(GAPS, st.floats(0, 2_000), st.floats(0, 500), st.floats(1, 200))
def test_a_longer_silence_is_never_more_likely(known: list[float], silent: float, more: float, a0: float) -> None:
    assert 0 <= chance(known, silent + more, a0) <= chance(known, silent, a0) <= 1


@settings(max_examples=100)
@given(GAPS, st.floats(1, 200), st.floats(0.2, 5))
def test_time_has_no_unit(known: list[float], a0: float, factor: float) -> None:
    scaled = [each * factor for each in known]

    assert bound(scaled, a0 * factor) == pytest.approx(bound(known, a0) * factor, rel=1e-6)


@settings(max_examples=100)
@given(GAPS, st.floats(1, 200))
def test_a_regular_rhythm_speaks_earlier_never_later(known: list[float], a0: float) -> None:
    total = a0 + sum(known)

    assert bound(known, a0) <= total * (0.04 ** (-1 / (1 + len(known))) - 1) * (1 + 1e-9)


@settings(max_examples=100)
@given(st.lists(st.floats(0, 1_000), min_size=1, max_size=40), st.lists(st.floats(0, 1_000), max_size=5))
def test_touches_are_in_order_and_hold_every_call(letters: list[float], calls: list[float]) -> None:
    found = touches(days(*letters), days(*calls))

    assert found == sorted(found)
    assert set(days(*calls)) <= set(found)
    assert min(days(*letters, *calls)) in found


# -- a simulation: clients who stay, and clients who leave

YEARS = 2


def client(random: Random, mean: float, shape: float, until: float) -> list[datetime]:
    """Letters with gamma gaps of this mean; shape 1 is as irregular as chance, 8 as regular as a calendar."""
    at, found = 0.0, []
    while at < until:
        found.append(at)
        at += max(3.0, random.gammavariate(shape, mean / shape))
    return days(*found)


def alarms(at: list[datetime], end: float, a0: float) -> list[float]:
    """The days on which the owner hears of a silence, looking once a day; of one silence once."""
    found = []
    for touch, following in zip(at, [*at[1:], START + end * DAY], strict=True):
        known = [each for each in at if each <= touch]
        day = touch
        while (day := day + DAY) < following:
            if rhythm(known, touch, now=day, a0=a0, closed=()).told:
                found.append((day - START) / DAY)
                break
    return found


@pytest.mark.parametrize("shape", [1.0, 2.0, 8.0], ids=["as irregular as chance", "ordinary", "regular"])
def test_active_clients_raise_at_most_one_false_alarm_each_in_two_years(shape: float) -> None:
    random = Random(f"active {shape}")
    means = [random.choice((7.0, 14.0, 21.0, 30.0, 45.0)) for _ in range(20)]
    cast = [client(random, mean, shape, 365.0 * YEARS) for mean in means]

    false = [len(alarms(at, (at[-1] - START) / DAY, 21)) for at in cast]

    assert sum(false) / len(false) <= 1.0


def test_who_writes_oftener_is_told_of_later_in_gaps_and_nobody_before_the_silence_is_remarkable() -> None:
    for mean in (7.0, 14.0, 30.0, 60.0):
        known = [mean * (0.4 + 0.1 * (number % 13)) for number in range(26)]
        assert told_from(known, mean) >= bound(known, mean)
    shape = [1.0, 0.3, 2.0, 0.7, 1.3, 2.9, 0.9, 1.6, 0.5, 1.1]
    weekly, monthly = [7 * each for each in shape], [30 * each for each in shape]

    assert told_from(weekly, 7) / 7 > told_from(monthly, 30) / 30


def test_a_silence_of_the_season_is_not_told_until_it_is_longer_than_last_years() -> None:
    spring = [7.0 * number for number in range(14)]
    at = days(*spring, *(365 + each for each in spring))

    def told_after(silent: float) -> bool:
        return rhythm(at, at[-1], now=at[-1] + silent * DAY, a0=14, closed=()).told

    last_year = 365 - spring[-1]
    assert not told_after(60)
    assert not told_after(last_year)
    assert told_after(1.1 * last_year + 2)


@pytest.mark.parametrize(
    ("shape", "typical", "longest"), [(2.0, 6.5, 9.0), (8.0, 3.0, 4.0)], ids=["ordinary", "regular"]
)
def test_a_client_who_leaves_after_a_year_is_noticed(shape: float, typical: float, longest: float) -> None:
    """Within this many of their own median gaps."""
    random = Random(f"leaving {shape}")
    late = []
    for _ in range(15):
        at = client(random, random.choice((7.0, 14.0, 21.0, 30.0)), shape, 365.0)
        noticed = next(day for day in alarms(at, 1_000, 21) if START + day * DAY > at[-1])
        late.append((noticed - (at[-1] - START) / DAY) / median(gaps(at)))

    assert median(late) <= typical
    assert max(late) <= longest
