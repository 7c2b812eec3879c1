"""What several lanes wait for together: whether the transaction that claimed their mails was committed."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from inboxcrm.service.leaving import Claim


@pytest.mark.parametrize("stands", [True, False])
async def test_a_lane_that_is_cancelled_leaves_the_claim_to_the_others(stands: bool) -> None:
    claim = Claim()
    cancelled, waiting = (asyncio.create_task(claim.stands()) for _ in range(2))
    await asyncio.sleep(0)

    cancelled.cancel()
    with suppress(asyncio.CancelledError):
        await cancelled
    await asyncio.to_thread(claim.settle, stands)

    assert await waiting is stands
    assert await claim.stands() is stands
