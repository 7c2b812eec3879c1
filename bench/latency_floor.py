"""The shortest way from a pushed mail to an answer at the submission server, for `bench.latency` to compare with.

IMAPClient in a thread, the standard library's parser, one durable commit of the raw mail, one line of thanks by
aiosmtplib over a kept connection. No contact, no gate, no promise, no ledger: what any program on these libraries pays.
"""

from __future__ import annotations

import asyncio
import email
import email.utils
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosmtplib
import imapclient

WAKE_UP = 1.0
"""Seconds after which the watching thread looks again, also for what came between two waits."""


@asynccontextmanager
async def answering(folder: Path, *, imap: int, smtp: int, user: str, password: str) -> AsyncIterator[None]:
    """Answers everything that arrives in INBOX while the block lasts."""
    arrived: asyncio.Queue[bytes | None] = asyncio.Queue()
    loop, ended = asyncio.get_running_loop(), threading.Event()

    def watch() -> None:
        with imapclient.IMAPClient("127.0.0.1", imap, ssl=False) as client:
            client.login(user, password)
            client.select_folder("INBOX", readonly=True)
            following = 1
            loop.call_soon_threadsafe(arrived.put_nowait, None)
            while not ended.is_set():
                client.idle()
                client.idle_check(timeout=WAKE_UP)
                client.idle_done()
                while found := client.fetch([following], ["BODY.PEEK[]"]):
                    loop.call_soon_threadsafe(arrived.put_nowait, found[following][b"BODY[]"])
                    following += 1

    async def answer() -> None:
        book = sqlite3.connect(folder / "floor.db", isolation_level=None)
        book.execute("PRAGMA journal_mode = WAL")
        book.execute("PRAGMA synchronous = FULL")
        book.execute("CREATE TABLE mail (id INTEGER PRIMARY KEY, raw BLOB)")
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=smtp, use_tls=False, start_tls=False) as sender:
            while (raw := await arrived.get()) is not None:
                _, author = email.utils.parseaddr(email.message_from_bytes(raw)["From"])
                book.execute("INSERT INTO mail (raw) VALUES (?)", (raw,))
                thanks = f"From: {user}@example.org\r\nTo: {author}\r\nSubject: Thank you\r\n\r\nIt came.\r\n"
                await sender.sendmail(f"{user}@example.org", [author], thanks.encode())

    watching = asyncio.create_task(asyncio.to_thread(watch))
    await arrived.get()
    working = asyncio.create_task(answer())
    try:
        yield
    finally:
        ended.set()
        await watching
        arrived.put_nowait(None)
        await working
