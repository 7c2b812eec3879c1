"""`inboxcrm run` as a process of its own, on a home made for the test, with eyes on its database and its log."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

from tests.fresh import fresh_database
from tests.whole.program import COMMAND, PATIENCE, environment

T = TypeVar("T")

PASSWORD = "a secret that no log may hold"
VARIABLE = "TEST_MAILBOX_PASSWORD"
BORDER = "mx.inbox.example"
_EVERY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

SETTINGS = """\
[owner]
name = "Ann Example"
addresses = ["{address}"]
timezone = "Europe/Zurich"
language = "en"

[[mailbox]]
name = "main"
imap = {{ host = "127.0.0.1", port = {imap}, security = "none" }}
smtp = {{ host = "127.0.0.1", port = {smtp}, security = "none" }}
user = "{user}"
password = {{ env = "{variable}" }}
trusted_authserv_ids = ["{border}"]
border_hosts = ["{border}"]

[office]
{hours}

[acknowledge]
mode = "auto"
policy = "always"
grace = "{grace}"
grace_closed = "{grace}"

[plans.standard]
target = "8h"
"""


def make_home(
    folder: Path, *, imap: int, smtp: int, user: str = "ann", address: str = "ann@inbox.example", grace: str = "0s"
) -> Path:
    """A home whose office never closes and that acknowledges every mail it may, `grace` after its arrival."""
    folder.mkdir(parents=True)
    hours = "\n".join(f'hours.{day} = ["00:00-24:00"]' for day in _EVERY)
    values = {"imap": imap, "smtp": smtp, "user": user, "address": address, "grace": grace, "hours": hours}
    (folder / "config.toml").write_text(SETTINGS.format(**values, variable=VARIABLE, border=BORDER))
    fresh_database(folder / "inboxcrm.db").close()
    return folder


async def until(true: Callable[[], T], otherwise: str, *, within: float = PATIENCE) -> T:
    """What `true` answers once it is something."""
    end = time.monotonic() + within
    while not (found := true()):
        assert time.monotonic() < end, otherwise
        await asyncio.sleep(0.02)
    return found


class Running:
    """One `inboxcrm run`. Leaving the block ends it, by SIGKILL if it still runs."""

    def __init__(self, home: Path, *arguments: str, password: str = PASSWORD) -> None:
        self.home = home
        self.log = home / "run.log"
        self._arguments = arguments
        self._password = password
        self._process: Process | None = None

    @property
    def process(self) -> Process:
        assert self._process is not None
        return self._process

    async def __aenter__(self) -> Self:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *COMMAND,
                *("--home", str(self.home), "run", "--log-format", "json", *self._arguments),
                stdin=DEVNULL,
                stdout=DEVNULL,
                stderr=log,
                env=environment({VARIABLE: self._password}),
            )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def kill(self) -> None:
        """SIGKILL: nothing of it runs any more."""
        self.process.kill()
        await self.process.wait()

    async def terminate(self) -> int:
        """SIGTERM; its exit code. A server that does not answer would be waited for longer than it is here."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            return await self.process.wait()

    async def watching(self) -> Self:
        """Wait until INBOX and Sent were read for the first time."""
        await until(self._has_read, f"the mailbox was not read; {self._tail()}")
        return self

    def _has_read(self) -> bool:
        assert self.process.returncode is None, self._tail()
        rows = ask(self.home, "SELECT name FROM folders WHERE checked_at IS NOT NULL AND backfill_below IS NULL")
        return {("INBOX",), ("Sent",)} <= set(rows)

    def _tail(self) -> str:
        return self.log.read_text()[-3000:]

    def events(self) -> list[dict[str, Any]]:
        """What it logged, every line of it JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@contextmanager
def reading(home: Path) -> Iterator[sqlite3.Connection]:
    """The home's database as any other program may read it while the daemon writes."""
    with closing(sqlite3.connect(f"file:{home / 'inboxcrm.db'}?mode=ro", uri=True, timeout=30)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def ask(home: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with reading(home) as connection:
        return [tuple(row) for row in connection.execute(sql, values)]


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Let nobody commit: another process is in the midst of writing."""
    with closing(sqlite3.connect(home / "inboxcrm.db", isolation_level=None, timeout=30)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
