"""A home that cannot be written to does not look like a quiet day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from inboxcrm.config import Notify
from inboxcrm.errors import TransientError
from inboxcrm.home import HomeLock, trouble_of_running
from inboxcrm.ports import Notice
from inboxcrm.service.vigil import Vigil
from inboxcrm.service.writing_watch import WritingWatch
from tests.limits import files_end_at
from tests.service.house import House


class Route:
    """A way to the owner, which works from the second time on."""

    def __init__(self) -> None:
        self.tried = 0
        self.told: list[Notice] = []

    async def tell(self, notice: Notice) -> None:
        self.tried += 1
        if self.tried == 1:
            raise TransientError("ntfy.example.org cannot be reached")
        self.told.append(notice)


class Watched:
    """A house that is watched, minute after minute."""

    def __init__(self, house: House) -> None:
        self.house, self.route = house, Route()
        house.household.config = replace(house.household.config, notify=Notify(command=("ring",)))
        self.watch = WritingWatch(house.household, {"command": self.route})

    async def minutes(self, count: int) -> None:
        for _ in range(count):
            self.house.clock.advance(timedelta(minutes=1))
            try:
                await self.watch.run_once()
            except TransientError:
                continue  # the daemon's loop goes on as well


@pytest.fixture
def watched(house: House) -> Watched:
    return Watched(house)


async def test_the_owner_is_told_past_the_database_once_and_so_is_the_end(watched: Watched, house: House) -> None:
    place = house.household.config.home
    with HomeLock(place):
        with files_end_at(4096):
            with pytest.raises(TransientError):
                await house.household.write(lambda connection: connection.execute("DELETE FROM home"))
            await watched.minutes(3)
            early, noted = watched.route.tried, trouble_of_running(place)
            await watched.minutes(30)
        during = list(watched.route.told)
        await watched.minutes(3)
        after = trouble_of_running(place)

    assert early == 0
    assert noted is not None
    assert "SQLITE_IOERR_WRITE" in noted
    assert [notice.title for notice in during] == ["inboxcrm cannot put on record what comes"]
    assert "the disk fails" in during[0].text
    assert during[0].urgent
    assert after is None
    assert house.ask("SELECT title FROM notices") == [("inboxcrm puts on record again what comes",)]


async def test_a_moment_in_which_nothing_could_be_written_is_told_nobody(watched: Watched, house: House) -> None:
    with files_end_at(4096), pytest.raises(TransientError):
        await house.household.write(lambda connection: connection.execute("DELETE FROM home"))
    await watched.minutes(30)

    assert watched.route.tried == 0
    assert house.household.database.hindered is None  # it was tried again though nothing else was to be written
    assert house.ask("SELECT title FROM notices") == []


async def test_what_comes_and_is_not_taken_counts_though_small_things_can_be_written(
    watched: Watched, house: House
) -> None:
    watched.watch.failed("main", TransientError("the disk is full"))
    await watched.minutes(20)
    during = watched.watch.stuck("main"), len(watched.route.told)
    watched.watch.went_well("main")
    await watched.minutes(1)

    assert during == ("the disk is full", 1)
    assert house.ask("SELECT title FROM notices") == [("inboxcrm puts on record again what comes",)]


async def test_a_watch_outside_is_not_told_that_all_is_well(house: House) -> None:
    pings = []

    async def ping() -> None:
        pings.append(1)

    with files_end_at(4096):
        with pytest.raises(TransientError):
            await house.household.write(lambda connection: connection.execute("DELETE FROM home"))
        await Vigil(house.household, house.deliver._offices, ping).run_once()

    assert pings == []
