"""The daemon has the full-text index put together while no mail comes."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from inboxcrm import daemon as daemons
from inboxcrm.daemon import Daemon
from inboxcrm.fetching import fetch
from inboxcrm.service import full_text as putting_together
from inboxcrm.service.full_text import put_together, put_together_some
from inboxcrm.service.notify import Notify
from inboxcrm.store import full_text
from tests.service.house import House, mail
from tests.store.parts import file_in_parts


@pytest.fixture
def house_in_parts(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """A home whose index has many parts, and steps without rest between them."""
    monkeypatch.setattr(putting_together, "REST", timedelta())
    monkeypatch.setattr(putting_together, "PAGES", 4)
    file_in_parts(house.household.database, 12)
    return house


def times(count: int) -> Callable[[], bool]:
    """True that often."""
    left: Iterator[bool] = iter([True] * count)
    return lambda: next(left, False)


async def test_putting_together_ends_when_mail_comes_and_goes_on_where_it_was(house_in_parts: House) -> None:
    household = house_in_parts.household

    assert not await put_together(household, quiet=times(2))
    assert household.database.reading(full_text.parts) > 3
    assert await put_together(household, quiet=lambda: True)
    assert household.database.reading(full_text.parts) <= 3


async def test_the_daemon_puts_the_index_together_once_no_mail_comes(
    house_in_parts: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemons, "QUIET", timedelta(milliseconds=20))
    household = house_in_parts.household
    daemon = Daemon(household, house_in_parts.ingest, house_in_parts.deliver, {}, Notify(household, {}), fetch)

    running = asyncio.get_running_loop().create_task(daemon.run())
    async with asyncio.timeout(30):
        while household.database.reading(full_text.parts) > 3 and not running.done():
            await asyncio.sleep(0.01)
    daemon.stop()
    await running

    assert household.database.reading(full_text.parts) <= 3


async def test_what_reads_once_and_ends_puts_some_of_the_index_together_each_time(
    house_in_parts: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(putting_together, "AT_AN_END", 2)
    household = house_in_parts.household
    daemon = Daemon(household, house_in_parts.ingest, house_in_parts.deliver, {}, Notify(household, {}), fetch)

    await daemon.run_once()
    once = household.database.reading(full_text.parts)
    for _ in range(20):
        await daemon.run_once()

    assert once > 3
    assert household.database.reading(full_text.parts) <= 3


async def test_a_home_that_is_only_read_now_and_then_never_has_many_parts(house: House) -> None:
    most = 0

    for _ in range(40):
        file_in_parts(house.household.database, 3)
        await put_together_some(house.household)
        most = max(most, house.household.database.reading(full_text.parts))

    assert most <= 12


async def test_the_index_is_left_alone_while_mail_comes(house_in_parts: House) -> None:
    household = house_in_parts.household
    daemon = Daemon(household, house_in_parts.ingest, house_in_parts.deliver, {}, Notify(household, {}), fetch)

    daemon._note_coming(house_in_parts.batch(mail()))
    await daemon._tidy()

    assert household.database.reading(full_text.parts) == 12


async def test_what_a_mail_left_is_collected_between_two_mails(house: House) -> None:
    daemon = Daemon(house.household, house.ingest, house.deliver, {}, Notify(house.household, {}), fetch)
    rounds: list[int] = []

    def noted(phase: str, about: dict[str, int]) -> None:
        rounds.append(about["generation"])

    gc.disable()  # none but those that are asked for
    gc.callbacks.append(noted)
    try:
        indexing = asyncio.get_running_loop().create_task(daemon._index())
        async with asyncio.timeout(30):
            while not rounds and not indexing.done():
                await asyncio.sleep(0.01)
        indexing.cancel()
    finally:
        gc.callbacks.remove(noted)
        gc.enable()

    assert rounds
