"""The program itself, run as its users run it: in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

COMMAND = (sys.executable, "-c", "from inboxcrm.cli import main; main()")
PATIENCE = 240.0
"""Seconds; a machine that runs many tests at once is slow."""


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Ours without what would lead the program to a home of the person who runs the tests."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("INBOXCRM_")}
    return {**plain, "PYTHONUNBUFFERED": "1", **(more or {})}


def inboxcrm(
    *arguments: str | Path, within: float = PATIENCE, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=within,
        stdin=subprocess.DEVNULL,
        env=environment(env),
        check=False,
    )


def rows(home: Path, *arguments: str, env: Mapping[str, str] | None = None) -> Sequence[Mapping[str, Any]]:
    """What a command prints with `--json`."""
    done = inboxcrm("--home", home, *arguments, "--json", env=env)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
