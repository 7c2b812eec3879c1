"""The clock of the tests moves when it is told to, and not before."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest

from inboxcrm.testing.clock import FakeClock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_it_stands_still_in_utc() -> None:
    clock = FakeClock(NOON.astimezone(timezone(timedelta(hours=5))))

    assert (clock.now(), clock.now().tzinfo, clock.monotonic()) == (NOON, UTC, 0)


def test_advancing_moves_the_wall_and_the_counter() -> None:
    clock = FakeClock(NOON)

    clock.advance(timedelta(minutes=1))

    assert (clock.now(), clock.monotonic()) == (NOON + timedelta(minutes=1), 60)


def test_setting_the_wall_back_leaves_the_counter() -> None:
    clock = FakeClock(NOON)

    clock.jump(timedelta(days=-1))

    assert (clock.now(), clock.monotonic()) == (NOON - timedelta(days=1), 0)


def test_time_does_not_pass_backwards() -> None:
    with pytest.raises(ValueError, match="forwards"):
        FakeClock(NOON).advance(timedelta(seconds=-1))


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        FakeClock(NOON.replace(tzinfo=None))


async def test_sleepers_wake_when_their_time_has_come() -> None:
    clock = FakeClock(NOON)
    woken: list[int] = []

    async def sleeper(minutes: int) -> None:
        await clock.sleep(timedelta(minutes=minutes))
        woken.append(minutes)

    async with asyncio.TaskGroup() as tasks:
        for minutes in (3, 1, 0):
            tasks.create_task(sleeper(minutes), name=f"sleeper {minutes}")
        await asyncio.sleep(0.001)
        at_once = list(woken)
        clock.advance(timedelta(minutes=2))
        await asyncio.sleep(0.001)
        after_two = list(woken)
        clock.advance(timedelta(minutes=1))

    assert (at_once, after_two, woken) == ([0], [0, 1], [0, 1, 3])
