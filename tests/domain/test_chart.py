"""The parts of a bar add up, and what is there is seen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from inboxcrm.domain.chart import parts


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=4), st.integers(4, 60))
def test_the_parts_fit_and_none_that_counts_is_lost(counts: list[int], width: int) -> None:
    cells = parts(counts, width=width, most=max(sum(counts), 1))

    assert sum(cells) <= width
    assert [count > 0 for count in counts] == [cell > 0 for cell in cells]


def test_half_of_the_most_is_half_the_width() -> None:
    assert parts((5, 0), width=20, most=10) == [10, 0]


def test_nothing_is_nothing() -> None:
    assert parts((0, 0), width=20, most=0) == [0, 0]
