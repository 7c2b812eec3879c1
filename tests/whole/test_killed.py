"""kill -9 at each point at which something has been done and its record has not, and a restart."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from inboxcrm.testing.imap_server import Exchange, MailServer
from inboxcrm.testing.smtp_server import Mood, Step, SubmissionServer
from tests.whole.daemon import PASSWORD, Running, ask, held, make_home, until
from tests.whole.letters import delivered, letter
from tests.whole.program import PATIENCE

pytestmark = pytest.mark.slow

BOB, EVE = "bob@client.example", "eve@other.example"


NOTE_STEPS = """
CREATE TABLE noted_steps (step TEXT);

CREATE TRIGGER note_step AFTER UPDATE OF step ON outbox
BEGIN
  INSERT INTO noted_steps VALUES (new.step);
END;
"""


@dataclass
class Scene:
    """A mailbox, a submission server, and a home between them."""

    mail: MailServer
    sink: SubmissionServer
    home: Path

    def post(self, key: str, sender: str) -> None:
        raw = delivered(letter(key, sender=f"Somebody <{sender}>"), sender=sender)
        self.mail.account("ann").folder("INBOX").append(raw)

    def state(self) -> str | None:
        """Where Bob's acknowledgement stands, with the step it is at."""
        found = ask(self.home, "SELECT state, step FROM outbox WHERE recipient = ?", BOB)
        return None if not found else f"{found[0][0]} {found[0][1] or ''}".strip()

    def sent_to(self, address: str) -> int:
        return sum(address in mail.recipients for mail in self.sink.accepted)

    async def reaches(self, *steps: str) -> None:
        """Wait until the last steps on record are these."""
        await until(lambda: self.steps()[-len(steps) :] == list(steps), f"the last step is not {steps[-1]}")

    def steps(self) -> list[str]:
        """Every step that was recorded of an acknowledgement, in the order of their commits."""
        return [str(step) for (step,) in ask(self.home, "SELECT step FROM noted_steps ORDER BY rowid")]


Kill = Callable[[Scene, Running], Awaitable[None]]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        mail = await stack.enter_async_context(MailServer())
        sink = await stack.enter_async_context(SubmissionServer(user="ann", password=PASSWORD))
        mail.account("ann", PASSWORD)
        home = make_home(tmp_path / "home", imap=mail.port, smtp=sink.port)
        with closing(sqlite3.connect(home / "inboxcrm.db")) as connection:
            connection.executescript(NOTE_STEPS)
        yield Scene(mail, sink, home)


async def killed_after_the_fetch(scene: Scene, daemon: Running) -> None:
    """The mail has been read, and nothing can be committed."""
    with held(scene.home):
        scene.post("one", BOB)
        fetched = scene.mail.traffic.commands["UID FETCH"]
        await until(lambda: scene.mail.traffic.commands["UID FETCH"] > fetched, "nothing was fetched")
        await asyncio.sleep(0.5)
        await daemon.kill()
    assert scene.state() is None


async def killed_in_the_midst_of_the_fetch(scene: Scene, daemon: Running) -> None:
    """Half of the mail has been read."""
    half = asyncio.Event()

    async def stall(exchange: Exchange) -> bool:
        answer = await exchange.answer()
        await exchange.send(answer[: len(answer) // 2])
        half.set()
        await exchange.stall()
        return True

    scene.mail.faults["UID FETCH"] = stall
    scene.post("one", BOB)
    await half.wait()
    await daemon.kill()
    scene.mail.faults.clear()


async def killed_after_the_commit(scene: Scene, daemon: Running) -> None:
    """The acknowledgement is on record; the last look at Sent does not come back."""
    gone = asyncio.Event()

    async def stall(exchange: Exchange) -> bool:
        if b"Sent" not in scene.mail.traffic.lines[-1]:
            return False
        gone.set()
        await exchange.stall()
        return True

    scene.mail.faults.update({"EXAMINE": stall, "STATUS": stall})
    scene.post("one", BOB)
    await gone.wait()
    await until(lambda: scene.state() == "queued", "Bob's acknowledgement is not on record")
    await daemon.kill()
    scene.mail.faults.clear()


def killed_at(step: Step, *recorded: str) -> Kill:
    """The submission server stops answering at this step, and the last that is recorded of it are these."""

    async def kill(scene: Scene, daemon: Running) -> None:
        mood = Mood(step, stall=True, octets=1)
        scene.sink.moods.append(mood)
        scene.post("one", BOB)
        await mood.met.wait()
        await scene.reaches(*recorded)
        await daemon.kill()
        scene.sink.moods.clear()

    return kill


async def killed_after_the_body(scene: Scene, daemon: Running) -> None:
    """The server has accepted the mail and its answer does not arrive."""
    scene.sink.moods.append(Mood(Step.FINAL, stall=True, keeps=True))
    scene.post("one", BOB)
    await until(lambda: scene.sent_to(BOB), "nothing was sent")
    await daemon.kill()
    scene.sink.moods.clear()


async def killed_after_the_final_250(scene: Scene, daemon: Running) -> None:
    """The server has said 250, and that cannot be committed."""
    mood = Mood(Step.FINAL, stall=True, keeps=True)
    scene.sink.moods.append(mood)
    scene.post("one", BOB)
    await mood.met.wait()
    with held(scene.home):
        mood.over.set()
        await asyncio.sleep(0.3)  # the daemon hears of it, or is killed before: all the same to what is on record
        await daemon.kill()
    scene.sink.moods.clear()


async def killed_before_the_copy_is_filed(scene: Scene, daemon: Running) -> None:
    """All is recorded but the copy in Sent."""
    gone = asyncio.Event()

    async def stall(exchange: Exchange) -> bool:
        gone.set()
        await exchange.stall()
        return True

    scene.mail.faults["APPEND"] = stall
    scene.post("one", BOB)
    await gone.wait()
    await daemon.kill()
    scene.mail.faults.clear()


SENT, DOUBT = "sent", "unknown"
TAKEN_BACK = ("body", "data")
"""The body's record is begun with DATA, and taken back while the server takes its time."""


@pytest.mark.parametrize(
    ("kill", "ends", "copies"),
    [
        pytest.param(killed_in_the_midst_of_the_fetch, SENT, 1, id="in the midst of the fetch"),
        pytest.param(killed_after_the_fetch, SENT, 1, id="after the fetch"),
        pytest.param(killed_after_the_commit, SENT, 1, id="after the commit"),
        pytest.param(killed_at(Step.CONNECT, "connect"), SENT, 1, id="before the greeting"),
        pytest.param(killed_at(Step.RCPT, *TAKEN_BACK), SENT, 1, id="before RCPT is answered"),
        pytest.param(killed_at(Step.DATA, *TAKEN_BACK), SENT, 1, id="before DATA is answered"),
        pytest.param(killed_at(Step.BODY, "body"), DOUBT, 0, id="inside the body"),
        pytest.param(killed_after_the_body, DOUBT, 1, id="after the body, before its 250"),
        pytest.param(killed_after_the_final_250, DOUBT, 1, id="after the 250, before its record"),
        pytest.param(killed_before_the_copy_is_filed, SENT, 1, id="before the copy is filed"),
    ],
)
async def test_a_daemon_that_is_killed_loses_nothing_and_sends_nothing_twice(
    scene: Scene, kill: Kill, ends: str, copies: int
) -> None:
    async with Running(scene.home) as daemon:
        await daemon.watching()
        await kill(scene, daemon)

    async with Running(scene.home) as daemon:
        await until(lambda: (scene.state() or "").split(" ")[0] == ends, f"Bob's mail is {scene.state()}, not {ends}")
        scene.post("two", EVE)
        await until(lambda: scene.sent_to(EVE), "the second daemon does not work")

    assert (scene.sent_to(BOB), scene.sent_to(EVE)) == (copies, 1)
    assert ask(scene.home, "SELECT message_id FROM messages WHERE direction = 'in' ORDER BY id") == [
        ("<one@client.example>",),
        ("<two@other.example>",),
    ]
    assert ask(scene.home, "SELECT COUNT(*) FROM promises WHERE state = 'open'") == [(2,)]
    assert PASSWORD not in daemon.log.read_text()
    shown = ask(scene.home, "SELECT kind FROM alarms WHERE cleared_at IS NULL")
    assert shown == ([("in-doubt",)] if ends == DOUBT else [])


@pytest.mark.parametrize(
    "step", [pytest.param(Step.CONNECT, id="before the greeting"), pytest.param(Step.BODY, id="inside the body")]
)
async def test_sigterm_ends_a_daemon_whose_server_does_not_answer(scene: Scene, step: Step) -> None:
    async with Running(scene.home) as daemon:
        await daemon.watching()
        mood = Mood(step, stall=True, octets=1)
        scene.sink.moods.append(mood)
        scene.post("one", BOB)
        await mood.met.wait()

        assert await daemon.terminate() == 0


async def test_once_reads_everything_delivers_what_is_due_and_ends(scene: Scene) -> None:
    async with Running(scene.home, "--once") as first:
        assert await asyncio.wait_for(first.process.wait(), PATIENCE) == 0
    scene.post("one", BOB)

    async with Running(scene.home, "--once") as second:
        assert await asyncio.wait_for(second.process.wait(), PATIENCE) == 0

    assert scene.sent_to(BOB) == 1
    assert scene.state() == "sent body"
