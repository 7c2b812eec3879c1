"""The main job on an invented mailbox: the real daemon over real protocols, with servers and people made up."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from inboxcrm import bootstrap, home, wiring
from inboxcrm.clock import SystemClock
from inboxcrm.daemon import Daemon
from inboxcrm.errors import InternalError, UserError
from inboxcrm.imap.account import Timing
from inboxcrm.service.household import Household
from inboxcrm.store import views
from inboxcrm.testing.imap_server import MailServer
from inboxcrm.testing.smtp_server import Accepted, SubmissionServer
from inboxcrm.testing.story import Scene, Story, tell

T = TypeVar("T")

ZONE = ZoneInfo("Europe/Zurich")
USER = "owner"
PASSWORD_VARIABLE = "INBOXCRM_DEMO_PASSWORD"  # noqa: S105 - a name
PATIENCE = 200.0
"""Seconds a step of the story may take on the slowest machine before something must be wrong."""

ANSWERED_BEFORE_DUE = timedelta(hours=3)
EAGER = Timing(others=0.5)
"""Sent is looked at twice a second: nobody wants to watch a demo wait for two minutes."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class StoryClock(SystemClock):
    """The wall clock of the story: it runs as fast as ours and is moved to each scene."""

    def __init__(self) -> None:
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """The story's instant."""
        return super().now() + self._ahead

    def move_to(self, instant: datetime) -> None:
        """Let it be this time."""
        self._ahead = instant - super().now()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one scene: the stored message, its acknowledgement, its promise, and the bytes that left."""

    scene: Scene
    message: views.MessageRow
    acknowledgement: views.OutboxRow | None
    promise: views.PromiseRow | None
    sent: Accepted | None


class Demonstration:
    """A running demo: the story's mailbox, the daemon on it, and the scenes to be played."""

    def __init__(
        self,
        story: Story,
        server: MailServer,
        sink: SubmissionServer,
        daemon: Daemon,
        house: Household,
        clock: StoryClock,
    ) -> None:
        self.story = story
        self._daemon = daemon
        self.house = house
        self._account = server.account(USER)
        self._sink = sink
        self._clock = clock

    async def read_backlog(self) -> int:
        """Wait until everything that was in the mailbox is read; answers how many messages that is."""
        expected = len(self.story.letters)
        await self._until(lambda: self._ask(views.count_messages) >= expected, "the mailbox was not read")
        return expected

    async def play(self, scene: Scene) -> Outcome:
        """Let one mail arrive at its time, and wait until all is done about it."""
        await self.move_to(scene.received_at)
        before = self._ask(views.newest_id)
        self._account.folder("INBOX").append(scene.raw, received_at=scene.received_at)
        await self._until(
            lambda: self._ask(views.first_incoming_after, before) is not None, f"{scene.key} was not read"
        )
        row_id = self._ask(views.first_incoming_after, before)
        assert row_id is not None
        await self._until(lambda: not self._ask(_waiting), f"the outbox did not empty after {scene.key}")
        return self._outcome(scene, row_id)

    async def answer(self, scene: Scene) -> views.PromiseRow:
        """Let the owner answer with another mail program, and wait until the promise is kept."""
        message_id = _message_id(scene.raw)
        due_at = self._promise(message_id).due_at
        assert due_at is not None
        at = due_at - ANSWERED_BEFORE_DUE
        await self.move_to(at)
        self._account.folder("Sent").append(self.story.answer(scene.raw, at), received_at=at, flags=("\\Seen",))
        await self._until(lambda: self._promise(message_id).state == "kept", "the owner's answer kept no promise")
        return self._promise(message_id)

    async def move_to(self, instant: datetime) -> None:
        """Let it be this time, and have no page say that the mailbox was last looked at hours ago."""
        self._clock.move_to(instant)
        await self._daemon.note_status()

    def _promise(self, message_id: str) -> views.PromiseRow:
        with self.house.database.read() as connection:
            row_id = views.find(connection, message_id)
            assert row_id is not None
            return views.promises_of_message(connection, row_id)[0]

    def _outcome(self, scene: Scene, row_id: int) -> Outcome:
        with self.house.database.read() as connection:
            message = views.message(connection, row_id)
            assert message is not None
            acknowledgement = next((row for row in views.outbox(connection) if row.message_id == row_id), None)
            promise = next(iter(views.promises_of_message(connection, row_id)), None)
        sent = None
        if acknowledgement is not None and acknowledgement.state == "sent":
            sent = self._sink.accepted[-1]
        return Outcome(scene, message, acknowledgement, promise, sent)

    def _ask(self, question: Callable[..., T], *args: object) -> T:
        return self.house.database.reading(lambda connection: question(connection, *args))

    async def _until(self, true: Callable[[], bool], otherwise: str) -> None:
        end = self._clock.monotonic() + PATIENCE
        while not true():
            if self._clock.monotonic() > end:
                raise InternalError(f"demo: {otherwise} within {PATIENCE:.0f} s")
            await asyncio.sleep(0.02)


def _waiting(connection: sqlite3.Connection) -> bool:
    return bool(views.outbox(connection, states=("held", "queued", "sending"), limit=1))


def _message_id(raw: bytes) -> str:
    line = next(each for each in raw.splitlines() if each.lower().startswith(b"message-id:"))
    return line.partition(b":")[2].strip().decode("ascii")


def prepare(folder: Path, *, seed: int) -> Story:
    """Make an empty home ready for the story. Raises UserError where there is one already."""
    if (folder / home.CONFIG_FILE).exists():
        raise UserError(f"{folder} holds a home already and is left as it is. Name another folder with --home")
    home.create(folder)
    return tell(seed, SystemClock().now(), ZONE)


@asynccontextmanager
async def started(folder: Path, story: Story) -> AsyncIterator[Demonstration]:
    """Servers up, mailbox filled, daemon running; all of it ends with the block."""
    password = secrets.token_urlsafe(16)
    os.environ[PASSWORD_VARIABLE] = password
    clock = StoryClock()
    clock.move_to(story.arrivals[0].received_at - timedelta(minutes=30))
    async with MailServer() as server, SubmissionServer(clock=clock, user=USER, password=password) as sink:
        account = server.account(USER, password)
        for letter in story.letters:
            account.folder(letter.folder).append(letter.raw, received_at=letter.received_at, flags=letter.flags)
        (folder / home.CONFIG_FILE).write_text(settings(story, server.port, sink.port), "utf-8")
        with home.HomeLock(folder), bootstrap.household(folder, clock=clock) as house:
            async with wiring.daemon(house, network_clock=SystemClock(), timing=EAGER) as daemon, _running(daemon):
                yield Demonstration(story, server, sink, daemon, house, clock)


@asynccontextmanager
async def _running(daemon: Daemon) -> AsyncIterator[None]:
    task = asyncio.get_running_loop().create_task(daemon.run(), name="daemon")
    try:
        yield
    finally:
        daemon.stop()
        await task


def settings(story: Story, imap_port: int, smtp_port: int) -> str:
    """The demo's config.toml: what an owner would have, and an expectation short enough for the story to be told."""
    hours = "\n".join(f"hours.{DAYS[day]} = {json.dumps(_spans(spans))}" for day, spans in story.office_hours.items())
    return f"""\
# The settings of a demo. Its servers are gone when it ends; everything it did can be read here.

[owner]
name = {json.dumps(story.owner.name, ensure_ascii=False)}
addresses = [{json.dumps(story.owner.address)}]
timezone = {json.dumps(story.zone.key)}
language = "en"

[[mailbox]]
name = "main"
imap = {{ host = "127.0.0.1", port = {imap_port}, security = "none" }}
smtp = {{ host = "127.0.0.1", port = {smtp_port}, security = "none" }}
user = {json.dumps(USER)}
password = {{ env = {json.dumps(PASSWORD_VARIABLE)} }}
folders = ["Archive"]
trusted_authserv_ids = [{json.dumps(story.border)}]
border_hosts = [{json.dumps(story.border)}]

[office]
{hours}

[acknowledge]
mode = "auto"
grace = "0s"
grace_closed = "0s"
normal_expectation = "4h"

[plans.standard]
target = "8h"

[safety]
public_mail_domains = {json.dumps(list(story.public_mail_domains))}
"""


def _spans(spans: tuple[tuple[time, time], ...]) -> list[str]:
    return [f"{start:%H:%M}-{end:%H:%M}" for start, end in spans]


@contextmanager
def place(keep: Path | None) -> Iterator[Path]:
    """The folder of the demo's home: the owner's, or one that is gone afterwards."""
    if keep is not None:
        yield keep.expanduser().absolute()
        return
    with tempfile.TemporaryDirectory(prefix="inboxcrm-demo-") as folder:
        yield Path(folder)
