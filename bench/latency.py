"""How long from the push of a new mail to its acknowledgement accepted by the submission server.

    python -m bench.latency [-n 200] [--server in-process|dovecot|cyrus]

The real daemon against the in-process IMAP and SMTP servers, grace 0. Printed beside the shortest way there is on the
same libraries and servers (`latency_floor`), and what the disk takes for one small durable commit.

With another server the mail is delivered by LMTP, and printed beside that server's own push: how long after the
delivery a bare connection in IDLE hears of it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.latency_floor import answering
from inboxcrm import bootstrap, wiring
from inboxcrm.cli.running import keep_what_is_loaded, take_turns
from inboxcrm.service.household import Household
from inboxcrm.testing.imap_server import MailServer
from inboxcrm.testing.smtp_server import SubmissionServer
from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot
from tests.servers.process import MissingProgramError

PASSWORD_VARIABLE = "INBOXCRM_BENCH_PASSWORD"
USER, PASSWORD = "ann", "pw"
SERVERS: dict[str, type[Dovecot] | type[Cyrus]] = {"dovecot": Dovecot, "cyrus": Cyrus}
WARM_UP = 10
SETTLES = 1.0
"""Seconds between the start of the daemon and the first mail."""

PAUSE = 0.1
"""Seconds between two mails, in which the copy of the last one is filed."""

MAIL = """\
Return-Path: <person{number}@sender{number}.example>
Received: from out.example by mx.example.org; {date}
Authentication-Results: mx.example.org; dmarc=pass header.from=sender{number}.example
From: Person {number} <person{number}@sender{number}.example>
To: Ann Example <ann@example.org>
Subject: A question about the offer, number {number}
Date: {date}
Message-ID: <{number}.{run}@sender{number}.example>

Dear Ann,

could you tell me by when the second part of the migration may begin, and what you need from us until then?

Kind regards
Person {number}
"""
SETTINGS = """\
[owner]
name = "Ann Example"
addresses = ["ann@example.org"]
timezone = "Europe/Zurich"

[[mailbox]]
name = "main"
imap = {{ host = "127.0.0.1", port = {imap}, security = "none" }}
smtp = {{ host = "127.0.0.1", port = {smtp}, security = "none" }}
user = "{user}"
password = {{ env = "{variable}" }}
trusted_authserv_ids = ["mx.example.org"]
border_hosts = ["mx.example.org"]

[acknowledge]
mode = "auto"
policy = "always"
grace = "0s"
grace_closed = "0s"
"""


@dataclass(frozen=True, slots=True)
class Postbox:
    """Where the mails of the benchmark arrive: the port to read them at, and how one is put in."""

    port: int
    put: Callable[[bytes], Awaitable[None]]


@asynccontextmanager
async def in_process() -> AsyncIterator[Postbox]:
    """The server in this process; a mail is appended."""
    async with MailServer() as server:
        inbox = server.account(USER, PASSWORD).folder("INBOX")

        async def put(raw: bytes) -> None:
            inbox.append(raw)

        yield Postbox(server.port, put)


@asynccontextmanager
async def real(server: Dovecot | Cyrus) -> AsyncIterator[Postbox]:
    """A server beside this process; a mail is delivered by LMTP."""
    await asyncio.to_thread(server.start)
    try:
        if isinstance(server, Cyrus):
            server.add_user(USER)
        Pushed(server.port).close()  # the first log-in makes the folders

        async def put(raw: bytes) -> None:
            await asyncio.to_thread(server.deliver, USER, raw)

        yield Postbox(server.port, put)
    finally:
        await asyncio.to_thread(server.close)


class Pushed:
    """A bare connection in IDLE: when it heard of each mail, by `time.perf_counter`."""

    def __init__(self, port: int) -> None:
        self.at: list[float] = []
        self._connection = socket.create_connection(("127.0.0.1", port))
        self._answers = self._connection.makefile("rb")
        for command in (f'LOGIN {USER} "{PASSWORD}"', "EXAMINE INBOX"):
            self._connection.sendall(f"a {command}\r\n".encode())
            while not (line := self._answers.readline()).startswith(b"a "):
                if not line:
                    raise RuntimeError(f"the server hung up at {command}")
        self._connection.sendall(b"a IDLE\r\n")
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def _listen(self) -> None:
        with suppress(OSError):
            while line := self._answers.readline():
                if line.endswith(b" EXISTS\r\n"):
                    self.at.append(time.perf_counter())

    def close(self) -> None:
        """Leave the server."""
        self._connection.shutdown(socket.SHUT_RDWR)
        self._listening.join()
        self._connection.close()


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds from a mail's arrival to its acknowledgement accepted by the sink, and to the server's own push."""

    accepted: list[float]
    pushed: list[float]


async def measure(folder: Path, box: Postbox, count: int, *, pushes: bool = False) -> Times:
    """The real daemon, one mail after the other; with `pushes` the server's own are listened to."""
    os.environ[PASSWORD_VARIABLE] = PASSWORD
    async with SubmissionServer() as sink:
        text = SETTINGS.format(user=USER, imap=box.port, smtp=sink.port, variable=PASSWORD_VARIABLE)
        (folder / "config.toml").write_text(text, "utf-8")
        with bootstrap.household(folder) as house:
            async with wiring.daemon(house) as daemon:
                loaded = asyncio.Event()
                daemon.when_ready = loaded.set
                running = asyncio.create_task(daemon.run())
                await loaded.wait()
                keep_what_is_loaded()  # as `inboxcrm run` does, and the next
                take_turns()
                heard = Pushed(box.port) if pushes else None
                await asyncio.sleep(SETTLES)
                times = Times([], [])
                for number in range(count + WARM_UP):
                    make_room(house)
                    await one(box, sink, number, times, heard)
                if heard is not None:
                    heard.close()
                daemon.stop()
                await running
    return Times(times.accepted[WARM_UP:], times.pushed[WARM_UP:])


async def measure_floor(folder: Path, box: Postbox, count: int) -> Times:
    """The same for the shortest way."""
    async with (
        SubmissionServer() as sink,
        answering(folder, imap=box.port, smtp=sink.port, user=USER, password=PASSWORD),
    ):
        times = Times([], [])
        for number in range(count + WARM_UP):
            await one(box, sink, number, times, None)
    return Times(times.accepted[WARM_UP:], [])


async def one(box: Postbox, sink: SubmissionServer, number: int, times: Times, heard: Pushed | None) -> None:
    """One mail, each from another sender, so that no limit on senders is met."""
    stamp = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
    raw = MAIL.format(number=number, date=stamp, run=os.getpid()).replace("\n", "\r\n").encode()
    before, pushed = len(sink.accepted), 0 if heard is None else len(heard.at)
    started = time.perf_counter()
    await box.put(raw)
    await sink.wait_for(before + 1)
    times.accepted.append(time.perf_counter() - started)
    await asyncio.sleep(PAUSE)
    if heard is not None:
        times.pushed.extend(at - started for at in heard.at[pushed : pushed + 1])


def make_room(house: Household) -> None:
    """Let the ledger forget the benchmark's own earlier mails, which would pull the brake."""
    with house.database.write() as connection:
        connection.execute("UPDATE outbox SET created_at = '2000-01-01T00:00:00Z'")


def durable_commit(folder: Path, count: int = 200) -> float:
    """Median seconds of one small durable transaction on this disk."""
    connection = sqlite3.connect(folder / "commit.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b BLOB)")
    took = []
    for _ in range(count):
        started = time.perf_counter()
        connection.execute("INSERT INTO t (b) VALUES (?)", (b"x" * 2000,))
        took.append(time.perf_counter() - started)
    return statistics.median(took)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def compare(folder: Path, count: int) -> None:
    """The server in this process, beside the shortest way."""
    async with in_process() as box:
        took = (await measure(folder, box, count)).accepted
    async with in_process() as box:
        floor = (await measure_floor(folder, box, count)).accepted
    ratio = quantile(took, 0.5) / quantile(floor, 0.5)
    print(f"push to acknowledgement  {_told(took)}")
    print(f"the shortest way         {_told(floor)}; ours takes {ratio:.1f} times as long")
    print(f"one small durable commit {durable_commit(folder) * 1000:.2f} ms")


async def compare_push(folder: Path, server: Dovecot | Cyrus, count: int) -> None:
    """A real server, beside its own push."""
    async with real(server) as box:
        times = await measure(folder, box, count, pushes=True)
    later, push = (quantile(each, 0.5) for each in (times.accepted, times.pushed))
    print(f"delivery to acknowledgement by {type(server).__name__}  {_told(times.accepted)}")
    print(f"its own push                   {_told(times.pushed)}; the acknowledgement {later / push:.3f} times as late")


def _told(took: Sequence[float]) -> str:
    p50, p99 = (quantile(took, share) * 1000 for share in (0.5, 0.99))
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms over {len(took)} mails"


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("-n", type=int, default=200)
    options.add_argument("--server", choices=("in-process", *SERVERS), default="in-process")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="inboxcrm-bench-") as name:
        if chosen.server == "in-process":
            asyncio.run(compare(Path(name), chosen.n))
        else:
            try:
                server = SERVERS[chosen.server]()
            except MissingProgramError as error:
                print(f"delivery to acknowledgement by {chosen.server}: not measured. {error}")
            else:
                asyncio.run(compare_push(Path(name), server, chosen.n))


if __name__ == "__main__":
    main()
