"""The command line on a home that the demo left, called in this process as `main` calls it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from inboxcrm.cli import main
from tests.conftest import Played


@dataclass(frozen=True)
class Said:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[Mapping[str, Any]]:
        """Its lines of JSON."""
        assert self.code == 0, self.err
        return [json.loads(line) for line in self.out.splitlines()]


class Run(Protocol):
    """Runs one command."""

    def __call__(self, *arguments: str | Path) -> Said: ...


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`inboxcrm ARGUMENTS`, here."""

    def call(*arguments: str | Path) -> Said:
        monkeypatch.setattr("sys.argv", ["inboxcrm", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "200")
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as left:
            code = int(left.code or 0)
        return Said(code, *capsys.readouterr())

    return call


@pytest.fixture
def kept(played: Played) -> Path:
    """The home of a demo that was played; not to be written to."""
    assert played.done.returncode == 0, played.done.stderr
    return played.home


@pytest.fixture
def home(kept: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(kept, tmp_path / "home"))
