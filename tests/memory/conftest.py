"""The house of the service tests, and its commands."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner, Result

from inboxcrm import bootstrap
from inboxcrm.cli import commitments as _commitments
from inboxcrm.cli import contacts_memory as _contacts_memory
from inboxcrm.cli import desk as _desk
from inboxcrm.cli import duties as _duties
from inboxcrm.cli import relations as _relations
from inboxcrm.cli import social as _social
from inboxcrm.cli import told_occasions as _told_occasions
from inboxcrm.cli.root import cli
from tests.service.conftest import house, open_house
from tests.service.house import House

__all__ = ["COMMANDS", "house", "open_house", "run"]

COMMANDS = (_commitments, _contacts_memory, _desk, _duties, _relations, _social, _told_occasions)
"""The modules whose commands are tried: importing them enters the commands."""

Run = Callable[..., Result]


@pytest.fixture
def run(house: House, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on this house, by its clock."""

    @contextmanager
    def opened(*_: Any, **__: Any) -> Any:
        yield house.household

    monkeypatch.setattr(bootstrap, "household", opened)
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str, **how: Any) -> Result:
        return CliRunner().invoke(cli, list(arguments), **how)

    return call
