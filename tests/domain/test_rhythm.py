"""Going quiet: the law, its properties, and how often it is wrong about clients who are still there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from statistics import fmean

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.quiet import SHAPES, WITHIN
from bench.quiet import judged as judged_in_bench
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


def test_three_gaps_are_judged_by_the_heavy_law_of_little_knowledge() -> None:
    known = [10.0, 14.0, 18.0]

    assert chance(known, 47, 14) == pytest.approx(((14 + 42) / (14 + 42 + 47)) ** 4)
    assert chance(known, bound(known, 14), 14) == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("silent", "expected"),
    [(20, Silence.USUAL), (60, Silence.USUAL), (75, Silence.QUIET), (110, Silence.QUIET), (125, Silence.GONE)],
)
def test_three_gaps_of_a_fortnight_grow_remarkable(silent: float, expected: Silence) -> None:
    assert judged(days(0, 10, 24, 42), silent).silence is expected


def test_a_weekly_letter_that_a_holiday_puts_off_is_no_silence() -> None:
    at = days(*(7 * number for number in range(26)))

    assert not judged(at, 9.9, a0=7).told
    assert judged(at, 10.1, a0=7).told


def test_a_regular_client_is_remarked_upon_after_a_few_days_more() -> None:
    at = days(*(14 * number for number in range(12)))

    assert judged(at, 15).silence is Silence.USUAL
    assert judged(at, 16).silence is Silence.QUIET
    assert not judged(at, 17).told
    assert judged(at, 17.1).told


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
@example([3.0] * 4, 3.0, 0.5)
@given(GAPS, st.floats(1, 200), st.floats(0.5, 5))
def test_time_has_no_unit(known: list[float], a0: float, factor: float) -> None:
    scaled = [each * factor for each in known]

    assert bound(scaled, a0 * factor) == pytest.approx(bound(known, a0) * factor, rel=1e-6)


@settings(max_examples=100)
@given(GAPS, st.floats(1, 200), st.floats(0, 400))
def test_the_owner_is_told_of_no_silence_before_it_is_remarkable(known: list[float], a0: float, longest: float) -> None:
    assert told_from(known, a0, longest) >= bound(known, a0) * (1 - 1e-6)


@settings(max_examples=100)
@given(st.lists(st.floats(3, 200), min_size=4, max_size=30), st.floats(3, 200))
def test_the_bound_is_where_the_chance_is_four_in_a_hundred(known: list[float], a0: float) -> None:
    assert chance(known, bound(known, a0), a0) == pytest.approx(0.04, rel=0.01)


def test_the_same_middle_gap_is_waited_for_longer_the_wider_gaps_spread() -> None:
    clock = [13.0, 13.5, 14.0, 14.5, 15.0] * 4
    ordinary = [7.0, 10.0, 14.0, 18.0, 24.0] * 4
    pauses = [7.0, 10.0, 14.0, 18.0, 80.0] * 4

    assert bound(clock, 14) < 18 < bound(ordinary, 14) < 40 < bound(pauses, 14)


def test_what_lies_below_the_middle_gap_has_no_say() -> None:
    beyond = [14.0, 18.0, 21.0, 25.0, 30.0]

    assert bound([3.0] * 5 + beyond, 14) == pytest.approx(bound([13.0] * 5 + beyond, 14), rel=0.1)


def test_habits_of_long_ago_are_forgotten() -> None:
    monthly = [30.0 * number for number in range(12)]
    weekly = [monthly[-1] + 7.0 * number for number in range(1, 110)]

    now = judged(days(*monthly, *weekly), 20)

    assert now.typical == 7
    assert now.told


@settings(max_examples=100)
@given(st.lists(st.floats(0, 1_000), min_size=1, max_size=40), st.lists(st.floats(0, 1_000), max_size=5))
def test_touches_are_in_order_and_hold_every_call(letters: list[float], calls: list[float]) -> None:
    found = touches(days(*letters), days(*calls))

    assert found == sorted(found)
    assert set(days(*calls)) <= set(found)
    assert min(days(*letters, *calls)) in found


def test_who_came_back_from_as_long_a_silence_is_told_of_later() -> None:
    usual = [7.0, 9.0, 14.0, 16.0, 21.0] * 6

    assert told_from(usual, 14, longest=200) == pytest.approx(1.25 * told_from(usual, 14))


def test_who_left_is_told_of_within_three_middle_gaps_where_one_false_alarm_affords_it() -> None:
    """This spread lies just within reach for who writes fortnightly: no alarm is saved by waiting for more."""
    usual = [5.0, 8.0, 11.0, 14.0, 15.0, 20.0, 27.0] * 5

    assert told_from(usual, 14, longest=45) <= 3 * 14


def test_a_silence_of_the_season_is_not_told_until_it_is_longer_than_last_years() -> None:
    spring = [7.0 * number for number in range(14)]
    at = days(*spring, *(365 + each for each in spring))

    def told_after(silent: float) -> bool:
        return rhythm(at, at[-1], now=at[-1] + silent * DAY, a0=14, closed=()).told

    last_year = 365 - spring[-1]
    assert not told_after(60)
    assert not told_after(last_year)
    assert told_after(1.1 * last_year + 2)


# -- the simulation of `make quiet`, in small


@pytest.mark.slow
def test_the_owner_hears_wrongly_of_a_client_once_in_two_years_at_most_and_of_leavers_in_time() -> None:
    """Within so many of their own middle gaps on average; an oracle needs 5.2, 3.2, 1.9 and 3.8."""
    typical = {"as chance (gamma 1)": 7.0, "ordinary (gamma 2)": 4.6, "regular (gamma 8)": 2.5, "log-normal 0.7": 4.8}
    found = {
        shape: [judged_in_bench(SHAPES[shape], pace, 5, Random(f"{shape} {pace}")) for pace in (14.0, 30.0)]
        for shape in typical
    }

    assert fmean(alarms for each in found.values() for one in each for alarms in (one.early, one.late)) <= 1.0
    for shape, longest in typical.items():
        assert fmean(gap for one in found[shape] for gap in one.gaps) <= longest, shape
    assert all(gap <= WITHIN for one in found["regular (gamma 8)"] for gap in one.gaps)
