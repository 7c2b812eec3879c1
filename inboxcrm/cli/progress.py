"""A bar for the first reading of a mailbox, where somebody is looking."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from inboxcrm.daemon import Daemon

LOOK_SECONDS = 0.3


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
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bars = {}
        while True:
            for name, left in daemon.backlogs().items():
                if left and name not in bars:
                    bars[name] = progress.add_task(f"reading {name}, newest first", total=left)
                if name in bars:
                    total = max(progress.tasks[bars[name]].total or 0, left)
                    progress.update(bars[name], total=total, completed=total - left)
            await asyncio.sleep(LOOK_SECONDS)
