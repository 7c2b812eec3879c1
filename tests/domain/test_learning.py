"""The learned answer time: small samples by hand, and the choice of the circle it is learned from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inboxcrm.domain.learning import Observation, Source, Target, percentile, target

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LONG = timedelta(days=365_000)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def seen(*minutes: int, answered: bool = True, days_ago: float = 0) -> list[Observation]:
    """Answers (or matters still open) after these open minutes."""
    return [Observation(NOW - timedelta(days=days_ago), each * MINUTE, answered) for each in minutes]


def level(observations: list[Observation]) -> timedelta | None:
    """The percentile with all weights alike."""
    return percentile(observations, now=NOW, half_life=LONG, half_life_answers=1e12)


def test_nothing_observed_is_nothing_learned() -> None:
    assert level([]) is None


def test_with_every_matter_answered_it_is_the_plain_percentile() -> None:
    assert level(seen(10, 20, 30, 40, 50, 60, 70, 80, 90, 100)) == 80 * MINUTE


def test_an_open_matter_raises_it() -> None:
    # Survival after 10, 20, 30: 4/5, 3/5, 2/5; the one open at 35 leaves one at risk: 0 after 40.
    assert level([*seen(10, 20, 30, 40), *seen(35, answered=False)]) == 40 * MINUTE
    assert level(seen(10, 20, 30, 40)) == 40 * MINUTE
    # Without the open one: 0.2 is reached after the fourth of five; with it, only after the fifth.
    assert level(seen(10, 20, 30, 40, 50)) == 40 * MINUTE
    assert level([*seen(10, 20, 30, 40, 50), *seen(35, answered=False)]) == 50 * MINUTE


def test_an_open_matter_younger_than_every_answer_says_nothing() -> None:
    assert level([*seen(10, 20, 30, 40, 50), *seen(5, answered=False)]) == 40 * MINUTE


def test_an_answer_and_an_open_matter_of_the_same_age_are_both_at_risk() -> None:
    # 1/2 after 10 with two at risk; the open one leaves nobody, so the longest seen stands in.
    assert level([*seen(10), *seen(10, answered=False)]) == 10 * MINUTE


def test_where_most_is_open_the_longest_seen_stands_in() -> None:
    assert level([*seen(10), *seen(20, 30, 400, answered=False)]) == 400 * MINUTE


def test_where_all_is_open_the_longest_seen_stands_in() -> None:
    assert level(seen(20, 30, 400, answered=False)) == 400 * MINUTE


def test_what_was_never_answered_does_not_count_as_answers_to_come() -> None:
    # A quarter of two months' mail was given up; of the others 80 in a hundred were answered within 80 minutes.
    answered = [each for n in range(1, 61) for each in seen(10 * (n % 10 + 1), days_ago=n)]
    given_up = [each for n in range(12, 60, 3) for each in seen(480 * n, answered=False, days_ago=n)]

    assert level([*answered, *given_up]) == 80 * MINUTE


@pytest.mark.parametrize(("minutes", "days"), [(479 * 5, 30), (480 * 8, 9)], ids=["after an absence", "in a bad week"])
def test_what_has_not_waited_long_enough_is_not_given_up(minutes: int, days: int) -> None:
    assert (
        level([*seen(*[10] * 9, days_ago=30), *seen(*[minutes] * 4, answered=False, days_ago=days)]) == minutes * MINUTE
    )


def test_no_more_than_half_is_taken_for_given_up() -> None:
    # Whoever is behind with everything is not thought to answer at once what is answered at all.
    observations = [*seen(10, 20, 30, days_ago=40), *seen(*[4_800] * 9, answered=False, days_ago=20), *seen(50)]

    assert level(observations) == 50 * MINUTE


def test_what_was_settled_without_an_answer_was_not_given_up() -> None:
    settled = [Observation(NOW - timedelta(days=30), 50 * HOUR, answered=False, settled=True)] * 4

    assert level([*seen(*[10] * 9, days_ago=30), *settled]) == 50 * HOUR


def test_old_answers_fade_by_their_age() -> None:
    old, recent = seen(*[600] * 10, days_ago=600), seen(*[10] * 10)

    assert percentile([*old, *recent], now=NOW, half_life_answers=1e12) == 10 * MINUTE
    assert level([*old, *recent]) == 600 * MINUTE


def test_old_answers_fade_by_what_came_since() -> None:
    old, recent = seen(*[10] * 60, days_ago=1), seen(*[600] * 60)

    assert percentile([*old, *recent], now=NOW) == 600 * MINUTE


def test_the_order_in_which_observations_are_given_does_not_matter() -> None:
    observations = [
        Observation(NOW - timedelta(hours=number), (number * 37 % 101) * MINUTE, number % 5 > 0) for number in range(60)
    ]

    assert percentile(reversed(observations), now=NOW) == percentile(observations, now=NOW)


@given(
    st.lists(
        st.builds(
            Observation,
            st.integers(0, 10_000).map(lambda hours: NOW - hours * HOUR),
            st.integers(0, 5_000).map(lambda minutes: minutes * MINUTE),
            st.booleans(),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_it_is_a_time_that_was_seen_and_grows_with_the_share(observations: list[Observation]) -> None:
    half, most = (percentile(observations, now=NOW, share=share) for share in (0.5, 0.8))

    assert half is not None
    assert most is not None
    assert half <= most
    assert most in {each.open_time for each in observations}


DEFAULT = 8 * HOUR


def test_too_few_answers_give_the_default() -> None:
    assert target(now=NOW, default=DEFAULT, contact=seen(*[10] * 7), everyone=seen(*[10] * 19)) == Target(
        DEFAULT, Source.DEFAULT
    )


@pytest.mark.parametrize(
    ("contact", "plan", "everyone", "source"),
    [
        (8, 20, 20, Source.CONTACT),
        (7, 20, 20, Source.PLAN),
        (7, 19, 20, Source.EVERYONE),
        (7, 19, 19, Source.DEFAULT),
    ],
)
def test_the_narrowest_circle_with_enough_answers_is_learned_from(
    contact: int, plan: int, everyone: int, source: Source
) -> None:
    found = target(
        now=NOW,
        default=DEFAULT,
        contact=seen(*[60] * contact),
        plan=seen(*[120] * plan),
        everyone=seen(*[180] * everyone),
    )

    assert found.source is source


def test_open_matters_do_not_count_as_answers() -> None:
    assert target(now=NOW, default=DEFAULT, contact=seen(*[60] * 30, answered=False)).source is Source.DEFAULT


def test_the_margin_is_added_to_what_was_learned() -> None:
    found = target(now=NOW, default=DEFAULT, contact=seen(*[100] * 8))

    assert (found.open_time, found.learned, found.answers) == (115 * MINUTE, 100 * MINUTE, 8)


def test_the_floor_holds() -> None:
    assert target(now=NOW, default=DEFAULT, contact=seen(*[5] * 8), floor=HOUR).open_time == HOUR


def test_an_unrealistic_ceiling_is_promised_and_said() -> None:
    found = target(now=NOW, default=DEFAULT, contact=seen(*[300] * 8), ceiling=4 * HOUR)

    assert (found.open_time, found.unrealistic) == (4 * HOUR, True)


def test_a_ceiling_that_only_cuts_the_margin_is_realistic() -> None:
    found = target(now=NOW, default=DEFAULT, contact=seen(*[230] * 8), ceiling=4 * HOUR)

    assert (found.open_time, found.unrealistic) == (4 * HOUR, False)


def test_the_default_keeps_within_the_ceiling() -> None:
    assert target(now=NOW, default=DEFAULT, ceiling=4 * HOUR).open_time == 4 * HOUR
