"""How long from the push of a new mail to its acknowledgement accepted by the submission server.

    python -m bench.latency [-n 200]

The real daemon against the in-process IMAP and SMTP servers, grace 0. Printed beside the shortest way there is on the
same libraries and servers (`latency_floor`), and what the disk takes for one small durable commit.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.latency_floor import answering
from inboxcrm import bootstrap
from inboxcrm.cli.running import keep_what_is_loaded
from inboxcrm.service.household import Household
from inboxcrm.testing.imap_folders import Account
from inboxcrm.testing.imap_server import MailServer
from inboxcrm.testing.smtp_server import SubmissionServer

PASSWORD_VARIABLE = "INBOXCRM_BENCH_PASSWORD"
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
user = "ann"
password = {{ env = "{variable}" }}
trusted_authserv_ids = ["mx.example.org"]
border_hosts = ["mx.example.org"]

[acknowledge]
mode = "auto"
policy = "always"
grace = "0s"
grace_closed = "0s"
"""


async def measure(folder: Path, count: int) -> list[float]:
    """Seconds from APPEND on the server to the mail accepted by the sink, one by one."""
    os.environ[PASSWORD_VARIABLE] = "pw"
    async with MailServer() as server, SubmissionServer() as sink:
        account = server.account("ann", "pw")
        text = SETTINGS.format(imap=server.port, smtp=sink.port, variable=PASSWORD_VARIABLE)
        (folder / "config.toml").write_text(text, "utf-8")
        with bootstrap.household(folder) as house:
            async with bootstrap.daemon(house) as daemon:
                loaded = asyncio.Event()
                daemon.when_ready = loaded.set
                running = asyncio.create_task(daemon.run())
                await loaded.wait()
                keep_what_is_loaded()  # as `inboxcrm run` does
                await asyncio.sleep(SETTLES)
                took = []
                for number in range(count + WARM_UP):
                    make_room(house)
                    took.append(await one(account, sink, number))
                daemon.stop()
                await running
    return took[WARM_UP:]


async def measure_floor(folder: Path, count: int) -> list[float]:
    """The same for the shortest way."""
    async with MailServer() as server, SubmissionServer() as sink:
        account = server.account("ann", "pw")
        async with answering(folder, imap=server.port, smtp=sink.port, user="ann", password="pw"):
            took = [await one(account, sink, number) for number in range(count + WARM_UP)]
    return took[WARM_UP:]


async def one(account: Account, sink: SubmissionServer, number: int) -> float:
    """One mail, each from another sender, so that no limit on senders is met."""
    stamp = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime())
    raw = MAIL.format(number=number, date=stamp, run=os.getpid()).replace("\n", "\r\n").encode()
    before = len(sink.accepted)
    started = time.perf_counter()
    account.folder("INBOX").append(raw)
    await sink.wait_for(before + 1)
    took = time.perf_counter() - started
    await asyncio.sleep(PAUSE)
    return took


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


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("-n", type=int, default=200)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="inboxcrm-bench-") as name:
        folder = Path(name)
        took = asyncio.run(measure(folder, chosen.n))
        floor = asyncio.run(measure_floor(folder, chosen.n))
        commit = durable_commit(folder)
    p50, p99 = (quantile(took, share) * 1000 for share in (0.5, 0.99))
    shortest = quantile(floor, 0.5) * 1000
    print(f"push to acknowledgement  p50 {p50:.1f} ms, p99 {p99:.1f} ms over {len(took)} mails")
    print(f"the shortest way         p50 {shortest:.1f} ms; ours takes {p50 / shortest:.1f} times as long")
    print(f"one small durable commit {commit * 1000:.2f} ms")


if __name__ == "__main__":
    main()
