"""A database that is busy for longer than the watchman's patience: waited for while it works, not while it hangs."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from inboxcrm.daemon import Daemon
from inboxcrm.errors import TransientError
from inboxcrm.fetching import fetch
from inboxcrm.service.notify import Notify
from inboxcrm.service.watchman import FAILED, LOOK, LOOKS, STILL, Watchman
from inboxcrm.store import database
from tests.service.house import House

LONG = int(STILL / LOOK) + LOOKS
"""Minutes after which a daemon that stands still is ended."""

A_STATEMENT = """
    WITH RECURSIVE each(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM each WHERE n < ?)
    SELECT MAX(n) FROM each
"""


class Watched:
    """A daemon whose vigil has begun a look, with a watchman whose minutes the test lets pass."""

    def __init__(self, house: House) -> None:
        self.ended, self._now = list[int](), 0.0
        household = house.household
        self.daemon = Daemon(household, house.ingest, house.deliver, {}, Notify(household, {}), fetch)
        self.daemon._watchman = Watchman(household, {}, monotonic=lambda: self._now, end=self.ended.append)

    async def minutes(self, count: int, *, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Each with the loops of the daemon that fall into it, while `meanwhile` says what the database does."""
        for _ in range(count):
            meanwhile()
            await self.daemon._wait_with_the_vigil()
            self._now += LOOK.total_seconds()
            self.daemon._watchman.look()


@pytest.fixture
def watched(house: House) -> Watched:
    return Watched(house)


class Busy:
    """Keeps the store's thread until it is let go; what comes next waits behind."""

    def __init__(self) -> None:
        self._end = threading.Event()

    def work(self) -> None:
        self._end.wait()

    @contextmanager
    def at_work(self, house: House) -> Iterator[None]:
        """Behind this what the block asks for waits."""
        house.household._thread.submit(self.work)
        try:
            yield
        finally:
            self._end.set()


async def test_a_daemon_whose_database_hangs_is_ended(house: House, watched: Watched) -> None:
    with Busy().at_work(house):
        vigil = asyncio.ensure_future(watched.daemon._keep_vigil())
        await asyncio.sleep(0)

        await watched.minutes(LONG)

        assert set(watched.ended) == {FAILED}
    await vigil


async def test_a_daemon_whose_vigil_waits_behind_others_that_get_their_turn_is_not(
    house: House, watched: Watched
) -> None:
    """As while another process erases: each mailbox in turn waits half a minute for the lock, in vain."""
    with Busy().at_work(house):
        vigil = asyncio.ensure_future(watched.daemon._keep_vigil())
        await asyncio.sleep(0)

        def in_vain() -> None:
            with suppress(TransientError):
                house.household._turn(locked)

        await watched.minutes(3 * LONG, meanwhile=in_vain)

        assert watched.ended == []
        await watched.minutes(LONG)
        assert set(watched.ended) == {FAILED}
    await vigil


def locked() -> None:
    raise TransientError("another process holds it")


async def test_a_daemon_whose_vigil_waits_for_one_long_statement_is_not(house: House, watched: Watched) -> None:
    """Its statement goes on for as long as minutes are looked at."""
    enough = threading.Event()

    def statement(connection: sqlite3.Connection) -> None:
        while not enough.is_set():
            connection.execute(A_STATEMENT, (database.SIGN_EVERY,)).fetchone()

    at_work = asyncio.ensure_future(house.household.read(statement))
    vigil = asyncio.ensure_future(watched.daemon._keep_vigil())
    await asyncio.sleep(0)
    seen = house.household.moves

    def until_it_has_moved() -> None:
        nonlocal seen
        while house.household.moves == seen:
            time.sleep(0.001)
        seen = house.household.moves

    await watched.minutes(2 * LONG, meanwhile=until_it_has_moved)
    enough.set()
    await asyncio.gather(at_work, vigil)

    assert watched.ended == []


async def test_a_vigil_that_has_done_its_look_needs_no_other_sign(house: House, watched: Watched) -> None:
    """Nor is another one taken for it: what hangs in the vigil itself is ended."""
    await watched.daemon._keep_vigil()

    def others_work() -> None:
        house.household._turn(lambda: None)

    await watched.minutes(LONG, meanwhile=others_work)

    assert set(watched.ended) == {FAILED}
