"""A home of an older version is brought up to date by whatever opens it, and that is said beside the answer."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from inboxcrm.service import upgrade
from tests.cli.conftest import Run
from tests.older import older_home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return older_home(tmp_path / "home")


def test_every_command_does_it_and_says_so_beside_its_answer(
    home: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # no log is started

    said = run("--home", home, "status", "--json")

    assert said.rows[0]["home"] == str(home)
    assert "inboxcrm: Backed up to " in said.err
    assert len(upgrade.backups(home)) == 1


@pytest.mark.parametrize("asked", [True, False], ids=["to another disk", "nowhere"])
def test_the_backup_goes_where_it_is_asked_to(home: Path, tmp_path: Path, run: Run, asked: bool) -> None:
    stick = tmp_path / "stick"

    said = run("--home", home, "upgrade", *(["--backup-to", str(stick)] if asked else []))
    again = run("--home", home, "upgrade")

    assert "is up to date. As it was: " in said.out
    assert again.out == f"{home} is up to date.\n"
    assert len([*stick.glob("*")]) == (1 if asked else 0)
    assert len(upgrade.backups(home)) == (0 if asked else 1)
