"""kill -9 at each point at which something has been done and its record has not, and a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from inboxcrm.testing.imap_server import Exchange, MailServer
from inboxcrm.testing.smtp_server import Mood, Step, SubmissionServer
from tests.whole.daemon import PASSWORD, Running, ask, held, make_home, until
from tests.whole.letters import delivered, letter
from tests.whole.program import PATIENCE

pytestmark = pytest.mark.slow

BOB, EVE = "bob@client.example", "eve@other.example"
STALLED = timedelta(seconds=1)


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

    async def reaches(self, state: str) -> None:
        await until(lambda: self.state() == state, f"Bob's acknowledgement is {self.state()}, not {state}")


Kill = Callable[[Scene, Running], Awaitable[None]]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        mail = await stack.enter_async_context(MailServer())
        sink = await stack.enter_async_context(SubmissionServer(user="ann", password=PASSWORD))
        mail.account("ann", PASSWORD)
        yield Scene(mail, sink, make_home(tmp_path / "home", imap=mail.port, smtp=sink.port))


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
    await asyncio.wait_for(half.wait(), 30)
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
    await asyncio.wait_for(gone.wait(), 30)
    await scene.reaches("queued")
    await daemon.kill()
    scene.mail.faults.clear()


def killed_at(step: Step, state: str) -> Kill:
    """The submission server stops answering at this step."""

    async def kill(scene: Scene, daemon: Running) -> None:
        scene.sink.moods.append(Mood(step, stall=True))
        scene.post("one", BOB)
        await scene.reaches(state)
        await asyncio.sleep(0.3)
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
    mood = Mood(Step.FINAL, delay=STALLED, times=1)
    scene.sink.moods.append(mood)
    scene.post("one", BOB)
    await until(lambda: mood.times == 0, "no mail was handed over")
    with held(scene.home):
        await until(lambda: scene.sent_to(BOB), "nothing was sent")
        await asyncio.sleep(0.3)
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
    await asyncio.wait_for(gone.wait(), 30)
    await daemon.kill()
    scene.mail.faults.clear()


SENT, DOUBT = "sent", "unknown"


@pytest.mark.parametrize(
    ("kill", "ends", "copies"),
    [
        pytest.param(killed_in_the_midst_of_the_fetch, SENT, 1, id="in the midst of the fetch"),
        pytest.param(killed_after_the_fetch, SENT, 1, id="after the fetch"),
        pytest.param(killed_after_the_commit, SENT, 1, id="after the commit"),
        pytest.param(killed_at(Step.CONNECT, "sending connect"), SENT, 1, id="before the greeting"),
        pytest.param(killed_at(Step.RCPT, "sending data"), SENT, 1, id="before RCPT is answered"),
        pytest.param(killed_at(Step.DATA, "sending data"), SENT, 1, id="before DATA is answered"),
        pytest.param(killed_at(Step.BODY, "sending body"), DOUBT, 0, id="inside the body"),
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
    ("step", "state"),
    [
        pytest.param(Step.CONNECT, "sending connect", id="before the greeting"),
        pytest.param(Step.BODY, "sending body", id="inside the body"),
    ],
)
async def test_sigterm_ends_a_daemon_whose_server_does_not_answer(scene: Scene, step: Step, state: str) -> None:
    async with Running(scene.home) as daemon:
        await daemon.watching()
        scene.sink.moods.append(Mood(step, stall=True))
        scene.post("one", BOB)
        await scene.reaches(state)

        assert await daemon.terminate(within=5) == 0


async def test_once_reads_everything_delivers_what_is_due_and_ends(scene: Scene) -> None:
    async with Running(scene.home, "--once") as first:
        assert await asyncio.wait_for(first.process.wait(), PATIENCE) == 0
    scene.post("one", BOB)

    async with Running(scene.home, "--once") as second:
        assert await asyncio.wait_for(second.process.wait(), PATIENCE) == 0

    assert scene.sent_to(BOB) == 1
    assert scene.state() == "sent body"
