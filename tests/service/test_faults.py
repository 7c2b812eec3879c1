"""The daemon's loops outlive what time mends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from inboxcrm import daemon as daemons
from inboxcrm import wiring
from inboxcrm.daemon import Daemon
from inboxcrm.errors import TransientError
from inboxcrm.fetching import fetch
from inboxcrm.ports import Batch, KnownFolders, MailboxStatus, Taken
from inboxcrm.service.deliver import Deliver, Office
from inboxcrm.service.notify import Notify
from tests.service.house import MAILBOX, MONDAY, FakeMailbox, House, mail

SOON = timedelta(milliseconds=20)


class Stumbling(Deliver):
    """Delivers, but for the first time of asking."""

    asked = 0

    async def run_once(self) -> datetime | None:
        self.asked += 1
        if self.asked == 1:
            raise TransientError("the database is held by another process")
        return await super().run_once()


async def test_a_database_that_was_held_for_long_does_not_end_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemons, "AFTER_FAULT", timedelta(0))
    monkeypatch.setattr(daemons, "LOOK", SOON)
    house = House(tmp_path, grace=timedelta(0))
    await house.arrive(mail())
    deliver = Stumbling(house.household, house.ingest, house.deliver._offices)
    daemon = Daemon(house.household, house.ingest, deliver, {}, Notify(house.household, {}), fetch)

    running = asyncio.get_running_loop().create_task(daemon.run())
    async with asyncio.timeout(30):
        while not house.transport.sent and not running.done():
            await asyncio.sleep(0.01)
    daemon.stop()
    await running
    house.close()

    assert len(house.transport.sent) == 1


class Limited(FakeMailbox):
    """A mailbox whose provider gives so much in a day only."""

    @property
    def status(self) -> MailboxStatus:
        return MailboxStatus(cause="so much in a day", taken=TAKEN)


TAKEN = Taken(1_400_000_000, MONDAY + timedelta(hours=20))


async def test_what_a_provider_gave_today_is_known_to_the_next_process(tmp_path: Path) -> None:
    house = House(tmp_path)
    offices = {"main": Office(Limited(), house.transport, house.clock)}
    notify = Notify(house.household, {})
    before = wiring.office(MAILBOX, house.household, house.clock).mailbox.status.taken
    await Daemon(house.household, house.ingest, house.deliver, offices, notify, fetch).note_status(ended=True)

    after = wiring.office(MAILBOX, house.household, house.clock).mailbox.status.taken
    house.close()

    assert (before, after) == (None, TAKEN)


async def test_a_promise_is_made_once_the_disk_has_room_again(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.arrive(mail(1))
    batch = house.batch(mail(2, sender="Eve <eve@new.example>", text="words " * 100_000))
    with house.household.database.read() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(TransientError):
        await house.ingest.take(batch)
    before = await house.position()

    with house.household.database.read() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    await house.ingest.take(batch)

    assert before is not None
    assert before.uid_next == 2
    assert (await house.position()) == batch.position
    assert len(house.promises()) == 2
    house.close()


class Held(FakeMailbox):
    """Its streams hold something until they are closed, and bring a mail that cannot be read."""

    def __init__(self, batch: Batch) -> None:
        super().__init__()
        self.batch = batch
        self.given_back = 0

    async def catch_up(self, known: KnownFolders) -> AsyncGenerator[Batch, None]:
        try:
            yield self.batch
        finally:
            self.given_back += 1

    refresh_sent = watch = catch_up


async def test_what_a_stream_holds_is_given_back_as_soon_as_its_reader_fails(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.arrive(mail())
    deadly = mail(2)
    house.parser.deadly.add(deadly)
    mailbox = Held(house.batch(deadly, folder="Sent"))
    offices = {"main": Office(mailbox, house.transport, house.clock)}
    deliver = Deliver(house.household, house.ingest, offices)
    daemon = Daemon(house.household, house.ingest, deliver, offices, Notify(house.household, {}), fetch)

    given_back = []
    for work in (daemon.run_once(), daemon._watch("main", mailbox), deliver.read_ahead("main")):
        with pytest.raises(RuntimeError, match="the parser broke"):
            await work
        given_back.append(mailbox.given_back)
    house.close()

    assert given_back == [1, 2, 3]
