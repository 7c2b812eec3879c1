"""A home that is put back to an earlier day, again and again: what it sent since lies in Sent, and goes no more."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.safety.ledger import most_common
from tests.service.house import MONDAY, House, mail

pytestmark = pytest.mark.slow
MEMORY = Path("/dev/shm")  # where there is one: every commit waits for the disk
STEPS = ("first letter", "second letter", "ten minutes", "a day", "backup", "restore", "restore", "clock back")


class Restorable:
    """A house, the server's Sent, which no restore touches, and the backups of the house."""

    def __init__(self, folder: Path) -> None:
        self.house = House(folder)
        self.letters: list[bytes] = []
        self.backup: Path | None = None

    async def step(self, name: str) -> None:
        """One thing happens."""
        match name:
            case "first letter" | "second letter":
                await self._letter(len(name))
            case "ten minutes":
                await self._time(timedelta(minutes=11))
            case "a day":
                await self._time(timedelta(days=1))
            case "backup":
                self._copy()
            case "restore":
                await self._restore()
            case _:
                self.house.clock.jump(timedelta(minutes=-40))

    async def _letter(self, number: int) -> None:
        raw = mail(number, sender=f"Bob {number} <bob{number}@client.example>", text=f"Letter {number}.\n", at=MONDAY)
        if raw not in self.letters:
            self.letters.append(raw)
            await self.house.arrive(raw)

    async def _time(self, by: timedelta) -> None:
        self.house.clock.advance(by)
        if self.house.transport.sent:
            self.house.mailbox.news.clear()
            await self.house.refresh_brings(*(sent.raw for sent in self.house.transport.sent))
        await self.house.deliver.run_once()

    def _copy(self) -> None:
        place = self.house.folder / "backup.db"
        place.unlink(missing_ok=True)
        database = self.house.household.config.database
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(place)) as target:
            source.backup(target)
        self.backup = place

    async def _restore(self) -> None:
        if self.backup is None:
            return
        self.house.close()
        database = self.house.household.config.database
        for beside in database.parent.glob("inboxcrm.db*"):
            beside.unlink()
        shutil.copy(self.backup, database)
        self.house._open()
        await self.house.deliver.recover()
        for raw in self.letters:
            await self.house.arrive(raw)


async def _play(steps: list[str], folder: Path) -> None:
    restorable = Restorable(folder)
    try:
        for step in (*steps, "ten minutes", "ten minutes"):
            await restorable.step(step)
        sent = restorable.house.transport.sent
        assert most_common(one.recipient for one in sent) <= 1
        assert len(sent) <= len(restorable.letters)
    finally:
        restorable.house.close()


@given(st.lists(st.sampled_from(STEPS), min_size=4, max_size=12))
@example(["backup", "first letter", "ten minutes", "restore", "ten minutes"])
@example(["first letter", "backup", "ten minutes", "restore", "ten minutes"])
@example(["first letter", "backup", "ten minutes", "clock back", "restore", "a day"])
@settings(max_examples=30)
def test_no_restored_backup_sends_what_lies_in_sent(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        asyncio.run(_play(steps, Path(folder)))
