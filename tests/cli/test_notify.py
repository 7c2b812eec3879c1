"""`inboxcrm notify`: what was told to the owner, and whether each way works."""

from __future__ import annotations

import sys
from pathlib import Path

from inboxcrm import bootstrap
from inboxcrm.service.notify import ALARM
from inboxcrm.store import home
from tests.cli.conftest import Run
from tests.config.conftest import COMPLETE


def test_the_command_tries_each_way_and_says_what_is_wrong(tmp_path: Path, run: Run) -> None:
    works = f'command = ["{sys.executable}", "-c", "pass"]'
    (tmp_path / "config.toml").write_text(f"{COMPLETE}\n[notify]\n{works}\n")
    assert "ok   command" in run("--home", tmp_path, "notify", "--test").out
    assert "No notice was made yet" in run("--home", tmp_path, "notify").out

    (tmp_path / "config.toml").write_text(f'{COMPLETE}\n[notify]\ncommand = ["{tmp_path}/gone"]\n')
    said = run("--home", tmp_path, "notify", "--test")

    assert said.code == 2
    assert "FAIL command" in said.out


def test_without_a_way_the_command_says_where_to_set_one(tmp_path: Path, run: Run) -> None:
    (tmp_path / "config.toml").write_text(COMPLETE)

    said = run("--home", tmp_path, "notify")

    assert said.code == 2
    assert "[notify]" in said.err


def test_a_way_that_was_mended_and_tried_is_no_alarm_any_more(tmp_path: Path, run: Run) -> None:
    settings = f'{COMPLETE}\n[notify]\ncommand = ["{sys.executable}", "-c", "pass"]\n'
    (tmp_path / "config.toml").write_text(settings)
    with bootstrap.household(tmp_path) as house, house.database.write() as connection:
        for way in ("command", "webhook"):
            home.raise_alarm(connection, ALARM, f"{way}: it answered 401. See: inboxcrm notify", now=house.clock.now())

    run("--home", tmp_path, "notify", "--test")

    with bootstrap.household(tmp_path) as house:
        assert [each.detail.partition(":")[0] for each in house.database.reading(home.alarms)] == ["webhook"]
