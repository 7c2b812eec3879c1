"""A house for every test, and a way to open one with other settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.house import House

OpenHouse = Callable[..., House]


@pytest.fixture
def open_house(tmp_path: Path) -> Iterator[OpenHouse]:
    """Opens a house with these settings of [acknowledge]."""
    opened: list[House] = []

    def make(**acknowledge: Any) -> House:
        opened.append(House(tmp_path, **acknowledge))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def house(open_house: OpenHouse) -> House:
    """In mode auto, under the policy always, with ten minutes of grace."""
    return open_house()
