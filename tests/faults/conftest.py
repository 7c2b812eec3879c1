"""Runs a story in a world of its own, on a loop on which nobody waits in vain."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults.fast import run
from tests.faults.world import World

Story = Callable[[World], Awaitable[None]]
Play = Callable[..., None]


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Plays a story; keywords as World takes them. The invariants are asserted at its end."""

    def play_it(story: Story, **settings: Any) -> None:
        async def whole() -> None:
            async with World(tmp_path, **settings) as world:
                await story(world)

        run(whole())

    return play_it


def around(fault: Story) -> Story:
    """The fault between two mails that are answered, so that what it broke would show."""

    async def story(world: World) -> None:
        await world.answered(world.post())
        await fault(world)
        await world.answered(world.post())

    return story
