"""The desk over a home in a temporary folder."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from inboxcrm_tui.app import DeskApp

from tests.tui.driver import Driver
from tests.tui.home import Home, opened

Sit = Callable[..., AbstractAsyncContextManager[Driver]]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """An empty home; fill it before sitting down."""
    with opened(tmp_path) as built:
        yield built


@pytest.fixture
def sit(home: Home) -> Sit:
    """Sit down at the desk of the home, at a terminal of a width and height."""

    @asynccontextmanager
    async def sit_down(width: int = 120, height: int = 35) -> AsyncIterator[Driver]:
        app = DeskApp(home.household)
        async with app.run_test(size=(width, height), notifications=True) as pilot:
            driver = Driver(app, pilot)
            await driver.settle()
            yield driver

    return sit_down
