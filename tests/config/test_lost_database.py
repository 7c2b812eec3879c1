"""A database that is gone is missed: a new one would know of no pause, no promise and nothing that was answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from inboxcrm import bootstrap, wiring
from inboxcrm.configuration import read_config
from inboxcrm.errors import UserError
from inboxcrm.home import DATABASE_MARK
from inboxcrm.web.serve import serve
from tests.config.conftest import complete


@pytest.fixture
def lost(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A home that was opened once, and whose database is gone or cut to nothing."""
    (tmp_path / "config.toml").write_text(complete())
    with bootstrap.household(tmp_path):
        pass
    for file in tmp_path.glob("inboxcrm.db*"):
        file.unlink()
    if request.param == "empty":
        (tmp_path / "inboxcrm.db").touch()
    return tmp_path


WAYS = pytest.mark.parametrize("lost", ["gone", "empty"], indirect=True)


@WAYS
async def test_a_database_that_is_gone_is_not_made_anew_without_a_word(lost: Path) -> None:
    before = sorted(lost.iterdir())
    config = read_config((lost / "config.toml").read_text(), lost)

    with pytest.raises(UserError, match="Put a backup there"), bootstrap.household(lost):
        pass
    with pytest.raises(UserError, match="Put a backup there"):
        serve(config, port=0)
    checks = {each.name: each for each in await wiring.check(config, send=False)}

    assert not checks["writing"].ok
    assert "Put a backup there" in checks["writing"].detail
    assert sorted(lost.iterdir()) == before


@WAYS
def test_who_takes_the_mark_away_begins_anew(lost: Path) -> None:
    (lost / DATABASE_MARK).unlink()

    with bootstrap.household(lost) as house:
        assert house.config.database.stat().st_size
