"""Presses keys and reads the screen."""

from __future__ import annotations

import asyncio

from inboxcrm_tui.app import DeskApp
from textual.pilot import Pilot
from textual.widgets import Input


class Driver:
    """One person at one desk."""

    def __init__(self, app: DeskApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot

    async def settle(self) -> None:
        """Until nothing moves."""
        await self.pilot.pause()
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def type(self, text: str) -> None:
        """Type into the line that has the cursor, replacing what stands there."""
        line = self.app.focused
        assert isinstance(line, Input)
        line.value = ""
        await self.pilot.press(*("space" if char == " " else char for char in text))
        await self.settle()

    async def wait_for(self, text: str) -> None:
        """Until a text is on the screen; fails after half a minute."""
        try:
            async with asyncio.timeout(30):
                await self.settle()
                while text not in self.screen:
                    await asyncio.sleep(0.05)
                    await self.settle()
        except TimeoutError:
            raise AssertionError(f"{text!r} never came up on:\n{self.screen}") from None

    @property
    def screen(self) -> str:
        """What a person sees, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)

    def line(self, text: str) -> str:
        """The line on which a text stands, one of the list where it stands there too."""
        lines = [line for line in self.screen.split("\n") if text in line]
        return min(lines, key=lambda line: line.index(text))
