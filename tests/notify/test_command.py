"""A command of the owner's is run for each notice, without a shell and without our secrets."""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from inboxcrm.errors import TransientError, UserError
from inboxcrm.notify.command import CommandNotifier
from inboxcrm.ports import Notice

NOTICE = Notice("k1", "urgent-mail", "Urgent; $(touch x)", "Bob: --help `id`", urgent=True)
NOTE_DOWN = """
import json, os, sys
here = {name: os.environ[name] for name in os.environ if name != "LC_CTYPE"}
open(sys.argv[1], "w").write(json.dumps({"argv": sys.argv[2:], "in": sys.stdin.read(), "env": here}))
"""


async def test_the_command_gets_the_text_as_input_and_the_rest_in_its_environment(tmp_path: Path) -> None:
    said = tmp_path / "said"
    command = CommandNotifier([sys.executable, "-c", NOTE_DOWN, str(said), "fixed"], environ={"PATH": "/usr/bin"})

    await command.tell(NOTICE)

    got = json.loads(said.read_text())
    assert got["argv"] == ["fixed"], "what strangers wrote is never a word of the command"
    assert got["in"] == NOTICE.text
    assert got["env"] == {
        "PATH": "/usr/bin",
        "INBOXCRM_KEY": "k1",
        "INBOXCRM_KIND": "urgent-mail",
        "INBOXCRM_TITLE": NOTICE.title,
        "INBOXCRM_TEXT": NOTICE.text,
        "INBOXCRM_URGENT": "1",
    }


async def test_secrets_of_the_daemons_environment_are_not_handed_on(tmp_path: Path) -> None:
    said = tmp_path / "said"
    environ = {"PATH": "/usr/bin", "ANN_PASSWORD": "not to be seen", "HOME": "/home/ann"}
    command = CommandNotifier([sys.executable, "-c", NOTE_DOWN, str(said)], environ=environ)

    await command.tell(NOTICE)

    env = json.loads(said.read_text())["env"]
    assert env["HOME"] == "/home/ann"
    assert "ANN_PASSWORD" not in env


async def test_a_command_that_fails_is_tried_again_later() -> None:
    with pytest.raises(TransientError, match="code 3"):
        await CommandNotifier([sys.executable, "-c", "raise SystemExit(3)"]).tell(NOTICE)


async def test_a_command_that_is_not_there_is_for_the_owner_to_mend(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be run"):
        await CommandNotifier([str(tmp_path / "gone")]).tell(NOTICE)


async def test_a_command_that_does_not_end_is_ended_with_its_children(tmp_path: Path) -> None:
    child = tmp_path / "child"
    script = (
        "import subprocess,sys,time; p=subprocess.Popen(['sleep','300']); open(sys.argv[1],'w').write(str(p.pid)); "
    )
    argv, within = [sys.executable, "-c", script + "time.sleep(300)", str(child)], timedelta(seconds=1)

    while not (child.exists() and child.read_text()):  # a slow machine has not begun by then
        within *= 2
        with pytest.raises(TransientError, match="did not end"):
            await CommandNotifier(argv, within=within).tell(NOTICE)

    stat = Path(f"/proc/{child.read_text()}/stat")
    async with asyncio.timeout(30):  # it was told to end; the system takes it away when it comes to it
        while stat.exists() and stat.read_text().split()[2] != "Z":
            await asyncio.sleep(0.01)


async def test_a_command_that_reads_nothing_does_no_harm() -> None:
    long = Notice("k", "trial", "t", "x" * 100_000, urgent=False)

    await CommandNotifier([sys.executable, "-c", "import os; os.close(0)"], environ={}).tell(long)
