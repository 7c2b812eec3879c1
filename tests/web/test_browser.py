"""A real browser in the window: follows the pages, and hostile mail runs nothing and loads nothing."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from pathlib import Path

from inboxcrm.config import Mode
from inboxcrm.web.serve import start
from tests.web import home
from tests.whole.program import PATIENCE

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=3000",
)


async def test_a_browser_follows_the_pages_and_hostile_mail_runs_nothing(chromium: str, tmp_path: Path) -> None:
    rows = home.build(tmp_path / "inboxcrm.db")
    loads: list[str] = []
    server = await start(tmp_path / "inboxcrm.db", home.OWNER, mode=Mode.AUTO, clock=home.FixedClock())
    trap = await asyncio.start_server(lambda reader, writer: _note(reader, writer, loads), "127.0.0.1", 0)
    profile = tmp_path / "profile"

    async def dump(path: str) -> str:
        return await asyncio.to_thread(
            _dump, chromium, profile, trap.sockets[0].getsockname()[1], _at(server.url, path)
        )

    try:
        desk = await dump("/")
        contact = re.search(r'href="(/-/inboxcrm/contact/\d+)"', desk)
        assert contact is not None
        card = await dump(contact[1])
        message = re.search(r'href="(/-/inboxcrm/message/\d+)"', card)
        assert message is not None
        text = await dump(message[1])
        framed = await dump(f"{message[1]}?html=1")
        letter = await dump(f"{message[1]}/html")
        before = list(loads)
        await asyncio.to_thread(
            _dump, chromium, profile, trap.sockets[0].getsockname()[1], "http://evil.example/control"
        )
    finally:
        trap.close()
        await trap.wait_closed()
        await server.stop()

    assert message[1] == f"/-/inboxcrm/message/{rows.message}"
    assert "answer owed" in desk
    assert "could you send the offer?" in text
    assert "<b>Ann</b>" in letter
    for page in (desk, card, text, framed, letter):
        assert "<title>owned" not in page
    assert before == []
    assert loads, "the trap must catch a load, or its silence proves nothing"


def _at(start_address: str, path: str) -> str:
    """A page, with the start token: each run of the browser comes in by itself."""
    base, _, token = start_address.partition("/?token=")
    return f"{base}{path}{'&' if '?' in path else '?'}token={token}"


def _dump(chromium: str, profile: Path, trap: int, address: str) -> str:
    """The page as the browser has it after everything ran; whatever is not loopback goes to the trap."""
    done = subprocess.run(
        [
            chromium,
            *FLAGS,
            f"--user-data-dir={profile}",
            f"--proxy-server=http://127.0.0.1:{trap}",
            "--dump-dom",
            address,
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
        env={key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")},
    )
    return done.stdout


async def _note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, loads: list[str]) -> None:
    line = (await reader.readline()).decode("latin-1").strip()
    if "evil.example" in line:
        loads.append(line)
    writer.close()
