"""`inboxcrm notify`: what was told to the owner, and whether each way works."""

from __future__ import annotations

import sys
from pathlib import Path

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
