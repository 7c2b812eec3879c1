"""Large mail is read in pieces, goes on where a connection ended, and never fills the memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from inboxcrm.imap.errors import ConnectionLostError
from inboxcrm.imap.opening import Limits
from inboxcrm.testing.imap_server import Account, Exchange, MailServer
from tests.imap.conftest import NOON, MakeMailbox
from tests.imap.record import Record, letter
from tests.imap.test_sync import YESTERDAY, asked

PIECES = Limits(piece=10_000, command=5.0, fetch=5.0)


def pieces_asked_for(server: MailServer) -> list[bytes]:
    return [line.rpartition(b"BODY.PEEK[]<")[2].partition(b".")[0] for line in server.traffic.lines if b"[]<" in line]


@pytest.mark.parametrize("octets", [9_990, 29_999, 30_000, 30_001, 45_000])
@pytest.mark.parametrize("live", [True, False], ids=["live", "backlog"])
async def test_a_large_mail_is_put_together_from_pieces(
    ann: Account, make_mailbox: MakeMailbox, record: Record, octets: int, live: bool
) -> None:
    mailbox = make_mailbox(limits=PIECES)
    if live:
        await record.keep(mailbox.catch_up(record))
    raw = letter(1)
    raw += b"y" * (octets - len(raw))
    ann.folder("INBOX").append(raw, received_at=YESTERDAY, flags=["\\Flagged"])

    await record.keep(mailbox.catch_up(record))

    assert record.agrees_with(ann.folder("INBOX"))
    assert len(ann.folder("INBOX").messages[0].raw) == octets


async def test_a_connection_that_ends_between_pieces_costs_one_piece(
    server: MailServer, ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    mailbox = make_mailbox(limits=PIECES)
    await record.keep(mailbox.catch_up(record))
    ann.folder("INBOX").append(letter(1, octets=60_000))
    left = 6

    async def cut(exchange: Exchange) -> bool:
        nonlocal left
        left -= 1
        if left % 2 == 0:
            exchange.abort()
        return False

    server.faults["UID FETCH"] = cut
    for _ in range(3):
        with pytest.raises(ConnectionLostError):
            await record.keep(mailbox.catch_up(record))
    server.faults.clear()
    await record.keep(mailbox.catch_up(record))

    assert record.agrees_with(ann.folder("INBOX"))
    assert record.live == [ann.folder("INBOX").messages[0].raw]
    got = [int(at) for at in pieces_asked_for(server)]
    assert got == sorted(got)


async def test_a_server_that_gives_no_pieces_is_asked_for_the_whole(
    server: MailServer, ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    async def no_pieces(exchange: Exchange) -> bool:
        if b"[]<" not in asked(exchange):
            return False
        await exchange.send((await exchange.answer()).replace(b"BODY[]<0>", b"BODY[]"))
        return True

    server.faults["UID FETCH"] = no_pieces
    ann.folder("INBOX").append(letter(1, octets=30_000), received_at=NOON)

    await record.keep(make_mailbox(limits=PIECES).catch_up(record))

    assert record.agrees_with(ann.folder("INBOX"))


async def test_a_large_mail_that_is_gone_before_its_end_is_left_out(
    server: MailServer, ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    mailbox = make_mailbox(limits=PIECES)
    await record.keep(mailbox.catch_up(record))
    inbox = ann.folder("INBOX")
    inbox.append(letter(1, octets=60_000))
    inbox.append(letter(2))

    async def gone(exchange: Exchange) -> bool:
        if b"[]<20000" in asked(exchange):
            inbox.expunge([1])
        return False

    server.faults["UID FETCH"] = gone
    await record.keep(mailbox.catch_up(record))

    assert record.live == [letter(2)]
    assert record.positions["INBOX"].pending == ()


async def test_a_large_mail_goes_on_where_the_last_process_ended(
    server: MailServer, ann: Account, make_mailbox: MakeMailbox, record: Record, tmp_path: Path
) -> None:
    kept = replace(PIECES, spool=tmp_path / "spool")
    ann.folder("INBOX").append(letter(1, octets=60_000), received_at=YESTERDAY, flags=["\\Flagged"])

    async def cut(exchange: Exchange) -> bool:
        if b"[]<40000" in asked(exchange):
            exchange.abort()
        return False

    server.faults["UID FETCH"] = cut
    with pytest.raises(ConnectionLostError):
        await record.keep(make_mailbox(limits=kept).catch_up(record))
    server.faults.clear()
    server.traffic.clear()
    await record.keep(make_mailbox(limits=kept).catch_up(record))

    assert pieces_asked_for(server)[0] == b"40000"
    assert record.agrees_with(ann.folder("INBOX"))
    assert not [*(tmp_path / "spool").iterdir()]


async def test_the_half_of_one_mail_is_no_beginning_of_another_under_its_number(
    server: MailServer, ann: Account, make_mailbox: MakeMailbox, record: Record, tmp_path: Path
) -> None:
    kept, inbox = replace(PIECES, spool=tmp_path / "spool"), ann.folder("INBOX")
    inbox.append(letter(1, octets=60_000), received_at=YESTERDAY)

    async def cut(exchange: Exchange) -> bool:
        if b"[]<40000" in asked(exchange):
            exchange.abort()
        return False

    server.faults["UID FETCH"] = cut
    with pytest.raises(ConnectionLostError):
        await record.keep(make_mailbox(limits=kept).catch_up(record))
    server.faults.clear()
    inbox.expunge([1])
    inbox.uid_next = 1  # the server was put back, and gave the number away again
    inbox.append(letter(2, octets=70_000), received_at=YESTERDAY)
    await record.keep(make_mailbox(limits=kept).catch_up(record))

    assert record.agrees_with(inbox)
    assert not [*(tmp_path / "spool").iterdir()]
