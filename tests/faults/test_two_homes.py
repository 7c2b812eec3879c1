"""Two homes on one mailbox: nobody can prevent it, and the look into Sent before each mail limits it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.faults.fast import run
from tests.faults.world import World, answers, message_id

pytestmark = pytest.mark.slow


def test_a_second_home_on_the_same_mailbox_sends_no_second_answer_once_the_first_lies_in_sent(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()

    async def story() -> None:
        async with World(first) as world:
            slower = World(second, share=world, grace=timedelta(minutes=10), grace_closed=timedelta(minutes=10))
            async with slower:
                raw = world.post()
                await world.answered(raw)
                sent = world.main.account.folder("Sent")
                await world.until(lambda: any(message_id(raw).encode() in one.raw for one in sent.messages), "no copy")
                await slower.until(lambda: slower.ask("SELECT 1 FROM outbox"), "the second home has not read it")
                await slower.settled()
                assert answers(world.main)[message_id(raw)] == 1
                assert slower.ask("SELECT state FROM outbox") == [("cancelled",)]

    run(story())
