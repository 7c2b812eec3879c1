"""Looks by the clock while a mailbox idles: no thread for them, and nothing lost whatever the server answers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from inboxcrm.imap.account import Timing
from inboxcrm.imap.decisions import as_it_was
from inboxcrm.imap.examined import Opened
from inboxcrm.imap.opening import Limits
from inboxcrm.imap.resting import MARK
from inboxcrm.imap.rounds import LATEST
from inboxcrm.imap.waker import Waker
from inboxcrm.imap.wire import Wire
from inboxcrm.imap.workers import SHARED, Work
from inboxcrm.ports import MailboxState, Position
from inboxcrm.testing.imap_server import Account, Exchange, MailServer
from tests.imap.record import Record, letter
from tests.imap.test_watcher import mailbox_on, until, watched

OFTEN = Timing(idle=30.0, poll=0.2, others=0.1, without_idle=0.05, changes=0.05, close_after=30.0)
SHORT = Limits(connect=1.0, login=1.0, command=0.4, fetch=1.0, done=0.4, logout=0.2)
AS_READ = Position(uid_validity=3, uid_next=7, highest_modseq=12)


async def a_few_looks(server: MailServer) -> None:
    before = server.traffic.commands["EXAMINE"]
    await until(lambda: server.traffic.commands["EXAMINE"] >= before + 3)


@pytest.mark.parametrize("server", [(), ("QRESYNC",)], ids=["qresync", "condstore"], indirect=True)
async def test_looks_that_find_nothing_take_no_thread_and_no_new_connection(
    server: MailServer, ann: Account, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann.folder("INBOX").append(letter(1))
    mailbox = mailbox_on(server, timing=OFTEN)
    async with watched(mailbox, record):
        await until(lambda: {"Sent", "Archive"} <= record.positions.keys())
        await a_few_looks(server)
        work: list[Work] = []
        give = SHARED.give

        def noted(job: Work) -> None:
            work.append(job)
            give(job)

        monkeypatch.setattr(SHARED, "give", noted)
        server.traffic.clear()
        checked_at = mailbox.status.last_checked_at
        await a_few_looks(server)
        done, asked = list(work), dict(server.traffic.commands)
        ann.folder("Sent").append(letter(2))
        await until(lambda: record.agrees_with(ann.folder("Sent")))
        ann.folder("INBOX").append(letter(3))
        await until(lambda: record.live == [letter(2), letter(3)])

    assert done == []
    assert asked["STATUS"] >= 4
    assert "LOGIN" not in asked
    assert checked_at is not None
    assert (mailbox.status.last_checked_at or checked_at) > checked_at


async def test_a_server_that_counts_no_changes_is_read_in_the_ordinary_way(ann: Account, record: Record) -> None:
    async with MailServer(without=("CONDSTORE",)) as server:
        inbox = server.account("ann", "secret").folder("INBOX")
        inbox.append(letter(1))
        async with watched(mailbox_on(server, timing=OFTEN), record):
            await until(lambda: record.agrees_with(inbox))
            before = server.traffic.commands["UID FETCH"]
            await until(lambda: server.traffic.commands["UID FETCH"] >= before + 2)  # flags are compared


async def _bent(exchange: Exchange, bend: Callable[[bytes], bytes]) -> bool:
    await exchange.send(bend(await exchange.answer()))
    return True


async def refused(exchange: Exchange) -> bool:
    await exchange.send(exchange.tag + b" NO not now\r\n")
    return True


async def unknown(exchange: Exchange) -> bool:
    await exchange.send(exchange.tag + b" BAD what\r\n")
    return True


async def in_octets(exchange: Exchange) -> bool:
    await exchange.drip(await exchange.answer(), pause=0)
    return True


async def cut_in_two(exchange: Exchange) -> bool:
    answer = await exchange.answer()
    await exchange.send(answer[:-7])
    await asyncio.sleep(0.05)
    await exchange.send(answer[-7:])
    return True


async def named_by_literal(exchange: Exchange) -> bool:
    return await _bent(exchange, lambda said: said.replace(b"STATUS Sent ", b"STATUS {4}\r\nSent "))


async def without_an_answer(exchange: Exchange) -> bool:
    await exchange.send(exchange.tag + b" OK done\r\n")
    return True


async def with_more_said(exchange: Exchange) -> bool:
    return await _bent(exchange, lambda said: b"* OK Still here\r\n" + said)


async def farewell(exchange: Exchange) -> bool:
    await exchange.send(b"* BYE enough\r\n")
    exchange.close()
    return True


async def silence(exchange: Exchange) -> bool:
    await exchange.stall()
    return True


async def reset(exchange: Exchange) -> bool:
    exchange.abort()
    return True


async def late(exchange: Exchange) -> bool:
    await asyncio.sleep(0.1)
    return False


async def ended_at_once(exchange: Exchange) -> bool:
    await exchange.send(exchange.tag + b" OK ended\r\n")
    return True


async def no_protocol(exchange: Exchange) -> bool:
    await exchange.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    return True


_ENDS = (farewell, silence, reset, no_protocol)
"""The connection is lost by it."""


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        *(("STATUS", one) for one in (refused, unknown, in_octets, cut_in_two, named_by_literal, without_an_answer)),
        *(("STATUS", one) for one in (with_more_said, farewell, silence, reset, late, no_protocol)),
        *(("EXAMINE", one) for one in (refused, in_octets, cut_in_two, with_more_said, silence, farewell)),
        *(("IDLE", one) for one in (refused, unknown, late, silence, ended_at_once, farewell)),
    ],
)
async def test_whatever_a_look_meets_nothing_is_lost(
    server: MailServer, ann: Account, record: Record, command: str, fault: Callable[[Exchange], Awaitable[bool]]
) -> None:
    met = 0

    async def once_or_twice(exchange: Exchange) -> bool:
        nonlocal met
        met += 1
        if met == 2 or fault in _ENDS:
            del server.faults[command]
        if met == 1:
            ann.folder("INBOX").append(letter(2))
            ann.folder("Sent").append(letter(3))
        return await fault(exchange)

    ann.folder("INBOX").append(letter(1))
    async with watched(mailbox_on(server, timing=OFTEN, limits=SHORT), record):
        await until(lambda: {"Sent", "Archive"} <= record.positions.keys())
        await a_few_looks(server)
        server.faults[command] = once_or_twice
        await until(lambda: met > 0)
        for name in ("INBOX", "Sent"):
            await until(lambda name=name: record.agrees_with(ann.folder(name)), seconds=15)  # type: ignore[misc]  # a lambda's default

    assert sorted(record.live) == [letter(2), letter(3)]


async def test_an_idle_that_is_refused_for_want_of_an_open_folder_is_tried_again(
    server: MailServer, ann: Account, record: Record
) -> None:
    async def closed(exchange: Exchange) -> bool:
        del server.faults["EXAMINE"]
        exchange.session.leave()
        return await refused(exchange)

    async def only_where_one_is_open(exchange: Exchange) -> bool:
        return exchange.session.folder is None and await refused(exchange)

    server.faults["IDLE"] = only_where_one_is_open
    async with watched(mailbox_on(server, timing=OFTEN), record):
        await a_few_looks(server)
        server.faults["EXAMINE"] = closed
        await until(lambda: "EXAMINE" not in server.faults)
        before = server.traffic.commands["IDLE"]
        await until(lambda: server.traffic.commands["IDLE"] >= before + 4)


async def test_news_in_the_midst_of_a_look_is_fetched_over_the_same_connection(
    server: MailServer, ann: Account, record: Record
) -> None:
    async def meanwhile(exchange: Exchange) -> bool:
        del server.faults["STATUS"]
        ann.folder("INBOX").append(letter(2))
        return False  # the server tells of it with the answer

    async with watched(mailbox_on(server, timing=OFTEN), record):
        await until(lambda: {"Sent", "Archive"} <= record.positions.keys())
        await a_few_looks(server)
        logins = server.traffic.commands["LOGIN"]
        server.faults["STATUS"] = meanwhile
        await until(lambda: record.live == [letter(2)])

        assert server.traffic.commands["LOGIN"] == logins


async def test_what_was_wrong_is_no_longer_said_after_a_look_that_finds_all_well(
    server: MailServer, ann: Account, record: Record
) -> None:
    mailbox = mailbox_on(server, timing=OFTEN)
    async with watched(mailbox, record):
        await until(lambda: {"Sent", "Archive"} <= record.positions.keys())
        mailbox._account.tell(cause="Sent is in use")
        await until(lambda: mailbox.status.cause is None)

    assert mailbox.status.state is MailboxState.OFFLINE


async def test_what_the_owner_must_be_told_is_said_while_the_mailbox_idles(
    server: MailServer, ann: Account, record: Record
) -> None:
    async def alert(exchange: Exchange) -> bool:
        del server.faults["STATUS"]
        await exchange.send(b"* OK [ALERT] Maintenance at nine\r\n")
        return False

    mailbox = mailbox_on(server, timing=OFTEN)
    async with watched(mailbox, record):
        await a_few_looks(server)
        server.faults["STATUS"] = alert
        await until(lambda: mailbox.status.cause == "the server says: Maintenance at nine")


@pytest.mark.parametrize(
    ("opened", "same"),
    [
        ({}, True),
        ({"uid_next": 8}, False),
        ({"uid_next": None}, False),
        ({"uid_validity": 4}, False),
        ({"highest_modseq": 13}, False),
        ({"highest_modseq": None}, False),
        ({"exists": 5}, False),
        ({"vanished": ((1, 2),)}, False),
        ({"changed": ((1, frozenset({"\\Seen"})),)}, False),
    ],
    ids=str,
)
def test_a_folder_is_as_it_was_when_nothing_that_examine_tells_differs(opened: dict[str, object], same: bool) -> None:
    told = replace(Opened("INBOX", 6, 3, 7, 12), **opened)  # type: ignore[arg-type]  # fields by name

    assert as_it_was(AS_READ, told, exists=6) is same


@pytest.mark.parametrize(
    ("came", "passed", "left"),
    [
        (b"* 1 EXISTS\r\nA1 OK done\r\n+ idling\r\n", True, 10),
        (b"* 1 EXISTS\r\nA1 OK do", None, 20),
        (b"* 1 EX", None, 6),
        (b"", None, 0),
        (b"* 2 EXISTS\r\n", False, 12),
        (b"* 1 EXISTS\r\nA1 NO done\r\n", False, 24),
    ],
    ids=["whole", "not ended", "begun", "nothing", "another", "refused"],
)
def test_octets_are_passed_over_only_when_they_are_those_expected(came: bytes, passed: bool | None, left: int) -> None:
    near, far = socket.socketpair()
    with near, far:
        wire = Wire(near, Waker())
        far.sendall(came or b"")
        wire.take_in()

        assert wire.skip(b"* 1 EXISTS\r\nA1 OK") is passed
        assert wire.buffered == left


@pytest.mark.parametrize("pause", ["poll", "others"])
def test_no_look_comes_later_than_its_pause_allows(pause: str) -> None:
    longest = getattr(Timing(), pause)

    assert longest * LATEST + MARK <= longest
