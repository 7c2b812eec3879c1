"""How lengths of time are read and written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inboxcrm.domain.durations import format_duration, format_hours, parse_duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", timedelta(seconds=90)),
        ("10m", timedelta(minutes=10)),
        ("4h", timedelta(hours=4)),
        ("2d", timedelta(days=2)),
        ("1h30m", timedelta(minutes=90)),
        ("1d 4h", timedelta(hours=28)),
        (" 8 H ", timedelta(hours=8)),
        ("0", timedelta(0)),
        ("0s", timedelta(0)),
    ],
)
def test_a_length_is_read(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text", ["", "8", "h", "-1h", "1.5h", "8 hours", "1m1h", "1h1h", "1w", "4h,", "9999999s", "1h x"]
)
def test_what_is_no_length_is_refused_with_the_way_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match="write it like"):
        parse_duration(text)


@given(st.integers(0, 10**7).map(lambda seconds: timedelta(seconds=seconds)))
def test_what_is_written_is_read_back(length: timedelta) -> None:
    assert parse_duration(format_duration(length)) == length


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(seconds=90), "1m 30s"),
        (timedelta(hours=28), "1d 4h"),
        (timedelta(0), "0s"),
        (-timedelta(minutes=5), "-5m"),
        (timedelta(milliseconds=100), "0s"),
    ],
)
def test_a_length_is_written_largest_unit_first(length: timedelta, expected: str) -> None:
    assert format_duration(length) == expected


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(hours=30, minutes=15), "30h 15m"),
        (timedelta(hours=8), "8h"),
        (timedelta(minutes=45), "45m"),
        (timedelta(0), "0m"),
        (-timedelta(hours=2), "-2h"),
    ],
)
def test_open_time_is_written_without_days(length: timedelta, expected: str) -> None:
    assert format_hours(length) == expected
