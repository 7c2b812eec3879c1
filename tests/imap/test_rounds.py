"""Looks by the clock while a mailbox idles: no thread for them, and nothing lost whatever the server answers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from inboxcrm.imap import marks
from inboxcrm.imap.account import Timing
from inboxcrm.imap.decisions import as_it_was
from inboxcrm.imap.examined import Opened
from inboxcrm.imap.opening import Limits
from inboxcrm.imap.waker import Waker
from inboxcrm.imap.watcher import ImapMailbox
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
            await until(lambda name=name: record.agrees_with(ann.folder(name)))  # type: ignore[misc]  # a lambda's default

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
        await until(lambda: mailbox.status.alert == "Maintenance at nine")


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
        (b"* 1 EXISTS\r\nA1 OK done\r\n+ idling\r\n* 2 EXISTS\r\n", (2, False), 12),
        (b"* 1 EXISTS\r\nA1 OK done\r\n", (1, True), 0),
        (b"* 1 EXISTS\r\nA1 OK done\r\n* OK\r\n", (1, False), 6),
        (b"* 1 EXISTS\r\nA1 OK do", (0, True), 20),
        (b"* 1 EX", (0, True), 6),
        (b"", (0, True), 0),
        (b"* 2 EXISTS\r\n", (0, False), 12),
        (b"* 1 EXISTS\r\nA1 NO done\r\n", (0, False), 24),
        (b"* 1 EXISTS\r\nA1 OK [Alert] Hear\r\n", (0, False), 32),
    ],
    ids=["whole", "one", "one only", "not ended", "begun", "nothing", "another", "refused", "to be read"],
)
def test_octets_are_passed_over_only_when_they_are_those_expected(
    came: bytes, passed: tuple[int, bool], left: int
) -> None:
    near, far = socket.socketpair()
    with near, far:
        wire = Wire(near, Waker())
        far.sendall(came or b"")
        wire.take_in()

        octets, *found = wire.skip((b"* 1 EXISTS\r\nA1 OK", b"+"), unless=b"[ALERT")
        assert tuple(found) == passed
        assert octets == came[: len(came) - left]
        assert wire.buffered == left


@pytest.mark.parametrize("pause", ["poll", "others"])
def test_no_look_comes_later_than_its_pause_allows(pause: str) -> None:
    longest = getattr(Timing(), pause)

    assert marks.before(1000.2 + longest, pause=longest) == 1000.0 + longest


async def test_a_server_that_loses_what_comes_with_done_is_asked_after_it_from_then_on(
    server: MailServer, ann: Account, record: Record
) -> None:
    lost: list[bytes] = []

    async def deaf_behind_done(exchange: Exchange) -> bool:
        await exchange.send(b"+ idling\r\n")
        await exchange.read_line()
        with suppress(TimeoutError):
            async with asyncio.timeout(0.03):
                while True:
                    lost.append(await exchange.read_line())
        await exchange.send(exchange.tag + b" OK done\r\n")
        return True

    server.faults["IDLE"] = deaf_behind_done
    async with watched(mailbox_on(server, timing=OFTEN, limits=SHORT), record):
        await until(lambda: bool(lost))
        before = list(lost)
        logins = server.traffic.commands["LOGIN"]
        await until(lambda: server.traffic.commands["LOGIN"] > logins)
        await a_few_looks(server)

    assert lost == before


async def test_a_server_that_answered_in_one_breath_is_asked_so_after_a_lost_connection(
    server: MailServer, ann: Account, record: Record
) -> None:
    mailbox = mailbox_on(server, timing=OFTEN)
    async with watched(mailbox, record):
        await a_few_looks(server)
        server.disconnect_all()
        await a_few_looks(server)

    assert mailbox._account.reads_on is True


@pytest.mark.parametrize("command", ["STATUS", "EXAMINE", "IDLE"])
async def test_what_the_owner_must_be_told_is_heard_at_the_end_of_any_answer(
    server: MailServer, ann: Account, record: Record, command: str
) -> None:
    async def alert(exchange: Exchange) -> bool:
        del server.faults[command]
        if command == "IDLE":
            await exchange.send(b"+ idling\r\n")
            await exchange.read_line()
            answer = exchange.tag + b" OK done\r\n"
        else:
            answer = await exchange.answer()
        await exchange.send(answer.replace(exchange.tag + b" OK", exchange.tag + b" OK [Alert] At nine:"))
        return True

    mailbox = mailbox_on(server, timing=OFTEN)
    async with watched(mailbox, record):
        await until(lambda: {"Sent", "Archive"} <= record.positions.keys())
        await a_few_looks(server)
        server.faults[command] = alert
        await until(lambda: (mailbox.status.alert or "").startswith("At nine:"))


@pytest.mark.parametrize("command", ["GREETING", "LOGIN", "UID SEARCH", "APPEND"])
async def test_it_is_heard_over_the_other_connection_too(
    server: MailServer, mailbox: ImapMailbox, command: str
) -> None:
    async def alert(exchange: Exchange) -> bool:
        del server.faults[command]
        answer = await exchange.answer()
        await exchange.send(answer.replace(exchange.tag + b" OK", exchange.tag + b" OK [ALERT] At nine:"))
        return True

    server.faults[command] = alert

    await mailbox.file_sent(letter(1), datetime(2026, 3, 2, 12, tzinfo=UTC))

    assert (mailbox.status.alert or "").startswith("At nine:")
