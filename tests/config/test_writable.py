"""`doctor` says what keeps the home from being written to, and goes on with the rest."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from inboxcrm import wiring
from inboxcrm.config import Config
from inboxcrm.configuration import read_config
from inboxcrm.service.checks import Check
from inboxcrm.service.writable import ROOM
from inboxcrm.store import database
from inboxcrm.store.database import Database
from tests.config.conftest import complete
from tests.limits import files_end_at


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A home with a database, and without the password of its mailbox: no server is called."""
    tmp_path.chmod(0o700)
    Database(tmp_path / "inboxcrm.db").close()
    return read_config(complete(), tmp_path)


async def writing(config: Config) -> Check:
    """What is said of it; the other checks are made all the same."""
    checks = {each.name: each for each in await wiring.check(config, send=False)}
    assert {"home", "main: password", "rules and templates"} <= checks.keys()
    return checks["writing"]


def without_right(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """As it is for whoever is not root, whom every system lets in."""
    real = os.access
    monkeypatch.setattr(os, "access", lambda asked, mode: Path(asked) != path and real(asked, mode))


async def test_a_home_that_can_be_written_is_said_to_be(config: Config) -> None:
    said = await writing(config)

    assert (said.ok, said.hint) == (True, "")
    assert [each.name for each in config.home.iterdir() if each.stat().st_size == ROOM] == []


@pytest.mark.parametrize("name", ["", "inboxcrm.db"], ids=["folder", "file"])
async def test_what_may_not_be_written_is_told_with_the_command_for_it(
    config: Config, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = config.home / name
    without_right(monkeypatch, path)

    said = await writing(config)

    assert said == Check("writing", ok=False, detail=f"{path} may not be written", hint=f"Type: chmod u+w {path}")


async def test_a_file_of_somebody_else_is_told_to_be_theirs(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    without_right(monkeypatch, config.database)
    monkeypatch.setattr(os, "geteuid", lambda: 4711)

    assert f"sudo chown -R $(id -un) {config.database}" in (await writing(config)).hint


async def test_a_disk_without_room_for_a_megabyte_is_told(config: Config) -> None:
    with files_end_at(500_000):
        said = await writing(config)

    assert not said.ok
    assert "takes no file of a megabyte: File too large" in said.detail
    assert "ulimit -f" in said.hint


async def test_a_database_that_is_held_is_told_with_who_may_hold_it(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 20)
    with closing(sqlite3.connect(config.database, isolation_level=None)) as elsewhere:
        elsewhere.execute("BEGIN IMMEDIATE")

        said = await writing(config)

    assert not said.ok
    assert "another process holds it" in said.detail
    assert "inboxcrm doctor" in said.hint


async def test_a_damaged_database_is_one_finding_among_others(config: Config) -> None:
    config.database.write_bytes(b"this is no database" * 1000)

    said = await writing(config)

    assert not said.ok
    assert "restore a backup" in said.detail
