"""A process that runs out of descriptors."""

from __future__ import annotations

import asyncio
import resource
import socket
from pathlib import Path

import pytest

from tests.faults.conftest import Play
from tests.faults.world import World

pytestmark = pytest.mark.slow


def test_a_process_without_descriptors_left_goes_on_when_there_are_some_again(play: Play) -> None:
    """No connection can be opened, and no file; what is open goes on, and nothing is lost when it is over."""

    async def story(world: World) -> None:
        await world.answered(world.post())
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        taken: list[socket.socket] = []
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (len(list(Path("/proc/self/fd").iterdir())) + 40, hard))
            await world.main.imap.cut_all()
            while True:
                try:
                    taken.append(socket.socket())
                except OSError:
                    break
            raw = world.post()
            await asyncio.sleep(120)
            assert world.main.imap.connections
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for one in taken:
                one.close()
        await world.answered(raw)

    play(story)
