"""The record that a mail's body may have begun, made while the server still answers DATA.

The record must be durable before the first octet of the body; waiting for the disk only once the server has said 354
would add the disk's time to the server's. Where the server takes its time, or says no, the record is taken back: until
354 nothing has left, and a process that ends there must not leave a mail in doubt.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self

from inboxcrm.domain.outbox import Step
from inboxcrm.errors import InboxcrmError
from inboxcrm.ports import StepRecorder

TAKEN_BACK_AFTER = 1.0
"""Seconds without a word of the server after which the record says again what is certain."""


class BodyRecord:
    """One mail's record: begun with DATA, standing when the body begins; whatever else ends the block takes it back."""

    def __init__(self, step: StepRecorder) -> None:
        self._step = step
        self._writing: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._stands = self._withdrawn = False

    def begin(self) -> None:
        """Start to write; DATA is about to be said."""
        self._writing = asyncio.create_task(self._step(Step.BODY), name="smtp-body-record")
        self._timer = asyncio.get_running_loop().call_later(TAKEN_BACK_AFTER, self._take_back)

    async def stand(self) -> None:
        """Return when the record is durable. Raises what `step` raised; the body must not begin then."""
        if self._writing is None:
            raise RuntimeError("the record was not begun")
        self._stop_timer()
        await self._writing
        if self._withdrawn:
            await self._step(Step.BODY)
        self._stands = True

    def _take_back(self) -> None:
        if self._writing is not None:
            self._writing = asyncio.create_task(self._withdraw(self._writing), name="smtp-body-record-back")

    async def _withdraw(self, writing: asyncio.Task[None]) -> None:
        await writing
        self._withdrawn = True
        await self._step(Step.DATA)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_timer()
        if self._stands or self._writing is None:
            return
        await asyncio.wait([self._writing])
        failed = self._writing.cancelled() or self._writing.exception() is not None
        if not failed and not self._withdrawn:
            with suppress(InboxcrmError):  # it says too much then, which is safe
                await self._step(Step.DATA)
