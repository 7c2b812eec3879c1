"""A daemon that is killed in the midst of a large mail."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import pytest

from inboxcrm.spool import PIECE
from inboxcrm.testing.imap_server import Exchange, MailServer
from inboxcrm.testing.smtp_server import SubmissionServer
from tests.whole.daemon import PASSWORD, Running, ask, make_home, until
from tests.whole.letters import delivered, letter

BOB = "bob@client.example"


@pytest.mark.slow
async def test_the_next_process_goes_on_with_a_large_mail_where_the_killed_one_was(tmp_path: Path) -> None:
    raw = delivered(letter("large", sender=f"Bob <{BOB}>"), sender=BOB) + b"a long line of an attachment\r\n" * 200_000
    stalled, after = asyncio.Event(), 4 * PIECE

    async def stall(exchange: Exchange) -> bool:
        if b"[]<%d." % after not in mail.traffic.lines[-1]:
            return False
        stalled.set()
        await exchange.stall()
        return True

    async with MailServer() as mail, SubmissionServer(user="ann", password=PASSWORD) as sink:
        mail.account("ann", PASSWORD).folder("INBOX").append(raw)
        mail.faults["UID FETCH"] = stall
        home = make_home(tmp_path / "home", imap=mail.port, smtp=sink.port)
        async with Running(home) as daemon:
            await asyncio.wait_for(stalled.wait(), 60)
            await daemon.kill()
        mail.faults.clear()
        mail.traffic.clear()

        async with Running(home):
            await until(lambda: ask(home, "SELECT COUNT(*) FROM messages") == [(1,)], "the mail is not on record")
            await until(lambda: not [*(home / "spool").iterdir()], "what was put down is still there")

    pieces = [line for line in mail.traffic.lines if b"BODY.PEEK[]<" in line]
    assert pieces
    assert b"[]<%d." % after in pieces[0]
    assert ask(home, "SELECT fingerprint FROM messages") == [(hashlib.sha256(raw).digest(),)]
