"""How far long work is: a bar where somebody is looking, else a line now and then."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from inboxcrm.daemon import Daemon
from inboxcrm.domain.text import many

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

LOOK_SECONDS = 0.3
LINE_SECONDS = 10.0
"""How often a line is written where no terminal is."""


@asynccontextmanager
async def backlog_bar(daemon: Daemon) -> AsyncIterator[None]:
    """Show on stderr how far a backlog is read; silent where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    task = asyncio.get_running_loop().create_task(_show(daemon), name="progress")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _show(daemon: Daemon) -> None:
    from rich.progress import MofNCompleteColumn, TimeRemainingColumn

    with _bar("{task.description}", MofNCompleteColumn(), TimeRemainingColumn()) as progress:
        bars = {}
        while True:
            for name, left in daemon.backlogs().items():
                if left and name not in bars:
                    bars[name] = progress.add_task(f"reading {name}, newest first", total=left)
                if name in bars:
                    total = max(progress.tasks[bars[name]].total or 0, left)
                    progress.update(bars[name], total=total, completed=total - left, visible=left > 0)
            await asyncio.sleep(LOOK_SECONDS)


def _bar(first: str, *others: str | ProgressColumn) -> Progress:
    """A bar on stderr behind these words; its library is loaded only where a terminal is to show one."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress

    return Progress(first, BarColumn(), *others, console=Console(stderr=True), transient=True)


class Telling:
    """Tells on stderr how far a command is: a bar with rate and time left on a terminal, lines elsewhere."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._began = self._told = time.monotonic()
        self._begun_at: int | None = None
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.progress import TaskProgressColumn, TimeRemainingColumn

            rate = "{task.fields[mails]}, {task.fields[rate]}/s"
            self._bar = _bar("{task.description}", TaskProgressColumn(), rate, TimeRemainingColumn())
            self._bar.add_task(self._doing, total=None, mails=many(0, "mail"), rate=0)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def look(self, done: int, whole: int, mails: int) -> None:
        """It is this far of the whole, in whatever measure, and so many mails were gone through now."""
        now = time.monotonic()
        if self._begun_at is None:
            self._begun_at = done
            if done and not mails:
                self._say(f"{self._doing}: going on at {_share(done, whole)}")
        gone, rate = many(mails, "mail"), mails / max(now - self._began, 0.001)
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], total=whole, completed=done, mails=gone, rate=round(rate))
        elif now - self._told >= LINE_SECONDS:
            self._told = now
            speed = (done - self._begun_at) / max(now - self._began, 0.001)
            left = timedelta(seconds=round((whole - done) / speed)) if speed else "unknown"
            self._say(f"{self._doing}: {_share(done, whole)}, {gone}, {rate:.0f}/s, time left {left}")

    def stopped(self, said: str) -> None:
        """The last word of work that was broken off."""
        self._say(said)

    def _say(self, line: str) -> None:
        if self._bar is not None:
            self._bar.console.print(line)
        else:
            click.echo(line, err=True)


def _share(done: int, whole: int) -> str:
    return f"{done / whole:.0%}" if whole else "100%"
