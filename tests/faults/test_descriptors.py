"""A process that runs out of descriptors."""

from __future__ import annotations

import resource
import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults.conftest import Play
from tests.faults.world import World
from tests.servers.proxy import End

pytestmark = pytest.mark.slow


def wait_for_the_threads() -> None:
    """Wait, while simulated time stands, until no thread that rests is left: the next work needs one, and descriptors
    for it.
    """
    for each in threading.enumerate():
        if each.name.startswith("imap-"):
            each.join(30)
            assert not each.is_alive()


def test_a_process_without_descriptors_left_goes_on_when_there_are_some_again(play: Play) -> None:
    """No connection can be opened, and no file; what is open goes on, and nothing is lost when it is over."""

    async def story(world: World) -> None:
        await world.answered(world.post())
        wait_for_the_threads()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        taken: list[socket.socket] = []

        def starved() -> bool:
            """Whether it is told, with no descriptor left and no connection: what ends gives some back."""
            world.main.imap.spoil_all(End.RESET)
            with suppress(OSError):
                while True:
                    taken.append(socket.socket())
            return "Too many open files" in str(world.told().cause)

        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (len(list(Path("/proc/self/fd").iterdir())) + 40, hard))
            raw = world.post()
            await world.until(starved, "nobody is told")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for one in taken:
                one.close()
        await world.answered(raw)

    play(story)
