"""What a thousand mailboxes cost that wait for mail, and how soon each is woken.

    python -m bench.idle [-n 1000] [--seconds 20] [--tls] [--dovecot]

The mailboxes live in this process, which keeps its memory as the daemon does, the in-process IMAP server in another.
`--polls` lets the looks by the clock run too (INBOX every five minutes, Sent and the archive every two), which the
figures without it leave out. What they cost for good shows from the third look of each kind on, whose answer is known:
`--settle 660` waits for it, the window without it shows the first looks. `--dovecot` has the server say with each
answer how long it took, as Dovecot does.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from inboxcrm import allocation
from inboxcrm.cli.running import keep_what_is_loaded
from inboxcrm.clock import SystemClock
from inboxcrm.config import MailboxConfig, PasswordSource, Security, Server
from inboxcrm.imap.account import Timing
from inboxcrm.imap.heartbeat import Heartbeat
from inboxcrm.imap.watcher import ImapMailbox
from inboxcrm.ports import LostFolder, MailboxState, Position
from inboxcrm.testing.imap_profiles import DOVECOT, Profile
from inboxcrm.testing.imap_server import MailServer
from tests.servers.certificates import Certificate, make_certificate

WAKES = 200
LETTER = b"Message-ID: <%d@example.org>\r\nFrom: bob@example.net\r\nSubject: hello\r\n\r\nhello\r\n"


class Remembered:
    """KnownFolders that keeps positions and nothing else."""

    def __init__(self) -> None:
        self.positions: dict[str, Position] = {}

    async def position(self, mailbox: str, folder: str) -> Position | None:
        del mailbox
        return self.positions.get(folder)

    async def uids(self, mailbox: str, folder: str) -> Sequence[int]:
        del mailbox, folder
        return ()

    async def relink(self, mailbox: str, folder: str, message_ids: Sequence[tuple[int, str, int]]) -> Sequence[int]:
        del mailbox, folder
        return [uid for uid, _, _ in message_ids]

    async def newest(
        self, mailbox: str, folder: str, *, among: Sequence[int] | None = None
    ) -> Sequence[tuple[int, str | None, datetime]]:
        del mailbox, folder, among
        return ()

    async def last_read(self, mailbox: str) -> None:
        del mailbox

    async def by_server_id(self, mailbox: str, server_ids: Sequence[str]) -> frozenset[str]:
        del mailbox, server_ids
        return frozenset()

    async def lost(self, mailbox: str, uid_validity: int, *, listed: frozenset[str]) -> Sequence[LostFolder]:
        del mailbox, uid_validity, listed
        return ()

    async def followed(self, mailbox: str) -> Mapping[str, str]:
        del mailbox
        return {}

    async def wanted(self, mailbox: str) -> Sequence[tuple[str, int]]:
        del mailbox
        return ()


async def serve(count: int, tls_from: str | None, profile: Profile | None) -> None:
    """The server's process: says its port, then appends a letter to the account that each line of stdin names."""
    raise_limit()
    context = None
    if tls_from is not None:
        context = Certificate(Path(tls_from) / "cert.pem", Path(tls_from) / "key.pem").server_context()
    async with MailServer(tls=context, profile=profile) as server:
        for number in range(count):
            server.account(f"u{number}", "pw")
        print(server.port, flush=True)
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            number = int(line)
            server.account(f"u{number}").folder("INBOX").append(LETTER % number)
            print(time.monotonic(), flush=True)


async def watch(mailbox: ImapMailbox, known: Remembered, arrived: asyncio.Queue[float]) -> None:
    async for batch in mailbox.watch(known):
        known.positions[batch.folder] = batch.position
        if batch.live:
            arrived.put_nowait(time.monotonic())


async def measure(
    server: Process, config: MailboxConfig, *, count: int, settle: float, seconds: float, timing: Timing
) -> tuple[float, float, list[float]]:
    """Megabytes that the mailboxes added, CPU milliseconds a second, and seconds from push to letter."""
    assert server.stdin is not None
    assert server.stdout is not None
    clock, arrived = SystemClock(), asyncio.Queue[float]()
    heartbeat = Heartbeat(clock, logging.getLogger("bench.idle"), every=timing.heartbeat)
    before = resident()
    mailboxes = [
        ImapMailbox(_for_user(config, number), lambda: "pw", clock, timing=timing, heartbeat=heartbeat)
        for number in range(count)
    ]
    tasks = []
    for start in range(0, count, 50):
        part = mailboxes[start : start + 50]
        tasks += [asyncio.create_task(watch(one, Remembered(), arrived)) for one in part]
        while not all(one.status.state is MailboxState.WATCHING for one in part):  # noqa: ASYNC110 - tells nobody
            await asyncio.sleep(0.05)
    while descriptors() > 1.02 * count + 50:  # noqa: ASYNC110 - the connections that read at the start are closing
        await asyncio.sleep(0.5)
    await asyncio.sleep(5)
    keep_what_is_loaded()
    await asyncio.sleep(settle)
    used, started = time.process_time(), time.monotonic()
    await asyncio.sleep(seconds)
    cpu = (time.process_time() - used) / (time.monotonic() - started) * 1000
    size = resident() - before
    delays = []
    for _ in range(WAKES):
        server.stdin.write(b"%d\n" % random.randrange(count))
        pushed_at = float(await server.stdout.readline())
        delays.append(await arrived.get() - pushed_at)
        await asyncio.sleep(0.02)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.gather(*(one.close() for one in mailboxes))
    return size, cpu, delays


def descriptors() -> int:
    """How many this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def resident() -> float:
    """Megabytes of memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def raise_limit() -> None:
    """Descriptors as many as the system lets us have: one for each mailbox."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _for_user(config: MailboxConfig, number: int) -> MailboxConfig:
    return replace(config, name=f"m{number}", user=f"u{number}")


async def run(arguments: argparse.Namespace) -> None:
    """Start the server, measure, print."""
    raise_limit()
    allocation.give_back()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.idle", "--serve", "-n", str(arguments.n)]
        ca_file = None
        if arguments.tls:
            ca_file = make_certificate(Path(folder)).cert
            command += ["--tls-from", folder]
        if arguments.dovecot:
            command.append("--dovecot")
        server = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            port = int(await server.stdout.readline())
            where = Server("127.0.0.1", port, Security.TLS if arguments.tls else Security.NONE, ca_file)
            config = MailboxConfig("m", where, where, "u", PasswordSource(env="UNUSED"))
            timing = Timing() if arguments.polls else Timing(idle=540.0, poll=86400.0, others=86400.0)
            size, cpu, delays = await measure(
                server,
                config,
                count=arguments.n,
                settle=arguments.settle,
                seconds=arguments.seconds,
                timing=timing,
            )
        finally:
            server.stdin.close()
            await server.wait()
    how = f"{'TLS' if arguments.tls else 'plain'}, {'with' if arguments.polls else 'without'} looks by the clock"
    delays = sorted(delay * 1000 for delay in delays)
    print(f"{arguments.n} mailboxes idle, {how}")
    print(f"  memory added   {size:8.1f} MB   ({size / arguments.n * 1000:.0f} kB each)")
    print(f"  CPU            {cpu:8.2f} ms a second")
    print(
        f"  push to letter {statistics.median(delays):8.1f} ms p50, {delays[int(len(delays) * 0.99)]:.1f} ms p99, "
        f"{delays[-1]:.1f} ms at most of {len(delays)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=1000, help="mailboxes")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long the CPU is measured")
    parser.add_argument("--settle", type=float, default=0.0, help="seconds to wait before it is measured")
    parser.add_argument("--tls", action="store_true", help="over TLS")
    parser.add_argument("--dovecot", action="store_true", help="the server tells how long each command took")
    parser.add_argument("--polls", action="store_true", help="with the looks by the clock")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--tls-from", default=None, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        asyncio.run(serve(arguments.n, arguments.tls_from, DOVECOT if arguments.dovecot else None))
    else:
        asyncio.run(run(arguments))


if __name__ == "__main__":
    main()
