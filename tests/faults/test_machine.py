"""What the machine itself may do: names not found, clocks that jump, disks that fill up, an end in the midst."""

from __future__ import annotations

import asyncio
import socket
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from inboxcrm.ports import MailboxState
from tests.faults.conftest import Play, Story, around
from tests.faults.server_faults import asks_for_body, times
from tests.faults.world import World, message_id
from tests.limits import files_end_at

pytestmark = pytest.mark.slow


async def resolver(world: World, *, answer: Any) -> None:
    """The first mailbox's host is not found, or not for long; the second goes on meanwhile."""
    real = socket.getaddrinfo
    release = threading.Event()
    asked = threading.Event()

    def lookup(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        if port == world.main.imap.port and not release.is_set():
            asked.set()
            answer(release)
        return real(host, port, *rest, **named)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", lookup)
        await world.main.imap.cut_all()
        await world.until(asked.is_set, "nobody asked")
        await world.answered(world.post(at="other"), at="other")
        assert world.status() is not MailboxState.WATCHING
        release.set()
        await world.answered(world.post())


def not_found(_: threading.Event) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def late(release: threading.Event) -> None:
    release.wait(60)


@pytest.mark.parametrize("answer", [not_found, late], ids=["not found", "late"])
def test_a_name_that_is_not_found_stops_no_other_mailbox(play: Play, answer: Any) -> None:
    play(lambda world: resolver(world, answer=answer), names=("main", "other"))


async def slept(world: World) -> None:
    """The clocks have gone on by an hour: every connection is opened anew at once."""
    listening = await world.idling()
    world.clock.jump(timedelta(hours=1))
    await world.opened_anew(listening, hours=1 / 60)


async def a_day_ahead(world: World) -> None:
    """The same, and what waited for its time does not come all at once."""
    listening, before = await world.idling(), world.main.imap.connections
    world.clock.jump(timedelta(days=1))
    await world.opened_anew(listening, hours=1 / 60)
    await asyncio.sleep(300)
    assert world.main.imap.connections - before < 10


async def disk_full(world: World) -> None:
    """Nothing can be written for a while; the position in the mailbox stays where it was."""
    connection = world.house.database._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    text = "".join(f"{number:x} " for number in range(30_000))
    raws = [world.post(text=text) for _ in range(3)]
    await asyncio.sleep(120)
    assert not world.ask("SELECT 1 FROM messages WHERE message_id = ?", message_id(raws[-1]))
    connection.execute("PRAGMA max_page_count = 1073741823")
    for raw in raws:
        await world.answered(raw)


async def disk_fails(world: World) -> None:
    """No file can grow for an hour, which SQLite calls an error of the disk; the server is asked ever more seldom."""
    before = world.main.imap.connections
    with files_end_at(4096):
        raw = world.post()
        await asyncio.sleep(3_600)
        assert world.main.imap.connections - before < 60
        assert not world.ask("SELECT 1 FROM messages WHERE message_id = ?", message_id(raw))
    await world.answered(raw)


async def locked(world: World) -> None:
    """Another process is in the midst of writing for longer than we wait."""
    world.house.database._connection.execute("PRAGMA busy_timeout = 20")
    path = world.folder / "inboxcrm.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        raw = world.post()
        await asyncio.sleep(30)
        assert not world.ask("SELECT 1 FROM messages WHERE message_id = ?", message_id(raw))
        other.execute("ROLLBACK")
    await world.answered(raw)


async def ended_in_the_midst_of_a_fetch(world: World) -> None:
    """Told to stop while a mail is half read, it ends, and reads the mail when it is started again."""
    halfway = asyncio.Event()

    async def stall(exchange: Any) -> bool:
        answer = await exchange.answer()
        await exchange.send(answer[: len(answer) // 2])
        halfway.set()
        await exchange.stall()
        return True

    world.main.mail.faults["UID FETCH"] = times(1, stall, where=asks_for_body)
    raw = world.post()
    await halfway.wait()
    await world.stop()
    await world.start()
    await world.answered(raw)


async def ended_in_idle(world: World) -> None:
    await world.idling()
    await world.stop()
    raw = world.post()
    await world.start()
    await world.answered(raw)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(a_day_ahead, id="46 the clock jumps a day ahead"),
        pytest.param(slept, id="48 the machine slept"),
        pytest.param(disk_full, id="49 the disk is full"),
        pytest.param(disk_fails, id="49 the disk takes no writing"),
        pytest.param(locked, id="50 the database is held by another process"),
        pytest.param(ended_in_the_midst_of_a_fetch, id="66 stopped in the midst of a FETCH"),
        pytest.param(ended_in_idle, id="66 stopped in IDLE"),
    ],
)
def test_a_machine_that_fails_loses_nothing(play: Play, fault: Story) -> None:
    play(around(fault))


async def malformed(world: World, *, head: bytes, body: bytes = b"Gr\xfc\xdfe,\x00 can you come?\r\n") -> None:
    """What cannot be decoded is read all the same, and those behind it are not held up."""
    plain = world.letter()
    before, _, _ = plain.partition(b"\r\n\r\n")
    kept = [line for line in before.split(b"\r\n") if not line.lower().startswith(head.lower().partition(b":")[0])]
    raw = world.post(b"\r\n".join([*kept, head]) + b"\r\n\r\n" + body)
    behind = world.post()
    await world.answered(raw)
    await world.answered(behind)


MALFORMED = {
    "a charset that is none": b"Content-Type: text/plain; charset=x-nonsense\0",
    "another charset than its own": b"Content-Type: text/plain; charset=utf-16",
    "an encoding that is none": b"Content-Transfer-Encoding: quite-printable",
    "a multipart without parts": b"Content-Type: multipart/mixed",
    "a date that is none": b"Date: the day before yesterday",
    "a date without an end": b"Date: " + b"Mon, " * 20_000,
    "a subject of no charset": b"Subject: =?x-nonsense?B?////?= =?utf-8?Q?=ZZ?=",
}


@pytest.mark.parametrize("head", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_mail_that_is_malformed_is_read_and_holds_up_none(play: Play, head: bytes) -> None:
    play(around(partial(malformed, head=head)))


HOSTILE_IDS = {
    "none": None,
    "of ten thousand octets": f"<{'x' * 10_000}@client.example>",
    "with a line end": "<a@client.example>\r\n X-Injected: yes",
    "with NUL and other letters": "<\0caf\u00e9@client.example>",
}


@pytest.mark.parametrize("value", HOSTILE_IDS.values(), ids=HOSTILE_IDS.keys())
def test_a_mail_whose_message_id_is_none_is_stored_and_answered_once(play: Play, value: str | None) -> None:
    async def story(world: World) -> None:
        raw = world.letter()
        own = f"Message-ID: {message_id(raw)}\r\n".encode()
        assert own in raw
        raw = raw.replace(own, b"" if value is None else f"Message-ID: {value}\r\n".encode())
        world.post(raw)
        await world.until(lambda: world.main.sink.accepted, "not answered")
        (accepted,) = world.main.sink.accepted
        assert b"X-Injected" not in accepted.raw.partition(b"\r\n\r\n")[0]
        await world.settled()

    play(story)
