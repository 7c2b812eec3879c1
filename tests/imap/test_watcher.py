"""A mailbox that is watched: news at once, live mail first, back after every interruption."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inboxcrm.clock import SystemClock
from inboxcrm.config import Security, Server
from inboxcrm.errors import InboxcrmError, SignInNeededError
from inboxcrm.imap.account import Timing
from inboxcrm.imap.decisions import FOLDERFUL
from inboxcrm.imap.link import Link
from inboxcrm.imap.opening import Limits
from inboxcrm.imap.watcher import ImapMailbox
from inboxcrm.ports import MailboxState
from inboxcrm.testing.imap_server import Account, Exchange, MailServer
from tests.imap.record import Record, configured, letter
from tests.imap.test_sync import names
from tests.servers.certificates import Certificate

QUICK = Timing(idle=3600.0, poll=3600.0, others=3600.0, without_idle=0.05, changes=0.05, close_after=3600.0)
"""Nothing is looked at by the clock within `PATIENCE`: what comes was pushed."""

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)

PATIENCE = 60.0
"""Seconds, more than any machine needs: only what never happens is waited for as long."""


def mailbox_on(server: MailServer, *, timing: Timing = QUICK, limits: Limits | None = None) -> ImapMailbox:
    return ImapMailbox(
        configured(server.host, server.port), lambda: "secret", SystemClock(), timing=timing, limits=limits
    )


@asynccontextmanager
async def watched(mailbox: ImapMailbox, record: Record) -> AsyncIterator[None]:
    """Keep what the mailbox brings, as long as the block runs."""
    task = asyncio.create_task(record.keep(mailbox.watch(record)))
    try:
        await until(lambda: mailbox.status.state is MailboxState.WATCHING or task.done())
        yield
        if task.done():
            await task
    finally:
        task.cancel()
        await asyncio.wait([task])
        await mailbox.close()


async def until(true: Callable[[], bool], *, seconds: float = PATIENCE) -> None:
    """Wait for something to become true."""
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.002)


def settled(account: Account, record: Record) -> bool:
    return all(
        record.agrees_with(account.folder(name)) and not record.positions[name].backfill_below
        for name in ("INBOX", "Sent")
        if name in record.positions
    )


@pytest.mark.parametrize("server", [(), ("CONDSTORE",), ("IDLE",)], ids=["all", "no-modseq", "no-idle"], indirect=True)
async def test_new_mail_is_live_and_arrives_by_itself(server: MailServer, ann: Account, record: Record) -> None:
    ann.folder("INBOX").append(letter(1))
    async with watched(mailbox_on(server), record):
        await until(lambda: bool(record.held.get("INBOX")))

        ann.folder("INBOX").append(letter(2))
        await until(lambda: record.live == [letter(2)])
        ann.folder("INBOX").append(letter(3))
        await until(lambda: record.live == [letter(2), letter(3)])

    assert record.agrees_with(ann.folder("INBOX"))


async def test_old_mail_that_is_copied_into_the_inbox_while_it_is_watched_is_history_after_a_few(
    server: MailServer, ann: Account, record: Record
) -> None:
    inbox = ann.folder("INBOX")
    async with watched(mailbox_on(server), record):
        for number in range(FOLDERFUL + 2):
            inbox.append(letter(number), received_at=LONG_AGO)
            await until(lambda: record.agrees_with(inbox))

    assert len(record.live) == FOLDERFUL


async def test_a_push_needs_milliseconds_to_become_a_batch(server: MailServer, ann: Account, record: Record) -> None:
    async with watched(mailbox_on(server), record), asyncio.timeout(PATIENCE):
        took, number = PATIENCE, 0
        while took > 0.1:  # 2.5 ms on a quiet machine, and a busy one is quiet for a moment now and then
            pushed_at = asyncio.get_running_loop().time()
            ann.folder("INBOX").append(letter(number))
            number += 1
            await until(lambda number=number: len(record.live) == number)  # type: ignore[misc]  # a lambda's default
            took = asyncio.get_running_loop().time() - pushed_at


@pytest.mark.parametrize("how", ["disconnect", "bye"])
async def test_an_interruption_costs_nothing(server: MailServer, ann: Account, record: Record, how: str) -> None:
    async with watched(mailbox_on(server), record):
        if how == "bye":
            ann.folder("INBOX").drop_watchers("restarting")
        else:
            server.disconnect_all()
        ann.folder("INBOX").append(letter(1))
        await until(lambda: record.live == [letter(1)])


async def test_a_server_that_is_down_for_a_while_is_found_again(
    ann: Account, server: MailServer, record: Record
) -> None:
    mailbox = mailbox_on(server)
    async with watched(mailbox, record):
        port = server.port
        await server.stop()
        await until(lambda: mailbox.status.state is not MailboxState.WATCHING)
        ann.folder("INBOX").append(letter(1))
        await server.start(port)
        await until(lambda: record.live == [letter(1)])
        await until(lambda: mailbox.status.state is MailboxState.WATCHING)

    assert mailbox.status.cause is None


async def test_a_server_that_goes_silent_in_idle_is_left(server: MailServer, ann: Account, record: Record) -> None:
    async def silent(exchange: Exchange) -> bool:
        await exchange.send(b"+ idling\r\n")
        await exchange.stall()
        return True

    server.faults["IDLE"] = silent
    async with watched(mailbox_on(server, timing=Timing(idle=0.1, poll=0.2), limits=Limits(done=0.2)), record):
        await until(lambda: server.traffic.commands["IDLE"] >= 2, seconds=Limits().done)  # once by each connection


async def test_a_server_that_never_announces_is_polled(server: MailServer, ann: Account, record: Record) -> None:
    async def silent(exchange: Exchange) -> bool:
        await exchange.send(b"+ idling\r\n")
        await exchange.read_line()
        await exchange.send(exchange.tag + b" OK\r\n")
        return True

    async def refused(exchange: Exchange) -> bool:  # its answer would tell of new mail in INBOX as well
        await exchange.send(exchange.tag + b" NO not now\r\n")
        return True

    server.faults["IDLE"], server.faults["STATUS"] = silent, refused
    async with watched(mailbox_on(server, timing=Timing(poll=0.1)), record):
        await until(lambda: server.traffic.commands["IDLE"] > 0)
        ann.folder("INBOX").append(letter(1))
        await until(lambda: record.live == [letter(1)])


async def test_a_server_that_refuses_idle_is_polled_over_the_same_connection(
    server: MailServer, ann: Account, record: Record
) -> None:
    async def refused(exchange: Exchange) -> bool:
        await exchange.send(exchange.tag + b" NO not today\r\n")
        return True

    server.faults["IDLE"] = refused
    async with watched(mailbox_on(server), record):
        for number in (1, 2, 3):
            ann.folder("INBOX").append(letter(number))
            await until(lambda number=number: len(record.live) == number)  # type: ignore[misc]  # a lambda's default

    assert server.traffic.commands["IDLE"] == 1
    assert server.traffic.commands["LOGIN"] <= 2


async def test_what_another_client_files_in_sent_is_noticed(server: MailServer, ann: Account, record: Record) -> None:
    timing = Timing(others=0.1)
    async with watched(mailbox_on(server, timing=timing), record):
        await until(lambda: "Sent" in record.positions)
        ann.folder("Sent").append(letter(1))
        await until(lambda: record.agrees_with(ann.folder("Sent")))

    (batch,) = [batch for batch in record.batches if batch.folder == "Sent" and batch.arrivals]
    assert batch.live


@pytest.mark.parametrize("server", [("CONDSTORE",), ("CONDSTORE", "IDLE")], ids=["idles", "polls"], indirect=True)
async def test_flags_that_change_in_sent_are_learnt_where_the_server_counts_no_changes(
    server: MailServer, ann: Account, record: Record
) -> None:
    ann.folder("Sent").append(letter(1))
    mailbox = mailbox_on(server, timing=replace(QUICK, others=0.05, flags=0.0))
    async with watched(mailbox, record):
        await until(lambda: settled(ann, record) and bool(record.held.get("Sent")))
        ann.folder("Sent").set_flags(1, ["\\Answered"])

        await until(lambda: record.agrees_with(ann.folder("Sent")))


@pytest.mark.parametrize("server", [(), ("IDLE",)], ids=["idles", "polls"], indirect=True)
async def test_a_body_that_did_not_come_in_another_folder_is_asked_for_again_though_nothing_changes_there(
    server: MailServer, ann: Account, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("sync", "work"):
        monkeypatch.setattr(f"inboxcrm.imap.{module}.RETRY_AFTER", (0.1, 0.1, PATIENCE))

    async def bodiless(exchange: Exchange) -> bool:
        await exchange.send(b"* 1 FETCH (UID 1)\r\n" + exchange.tag + b" OK\r\n")
        return True

    clients = ann.folder("Clients")
    config = configured(server.host, server.port, folders=("Clients",))
    mailbox = ImapMailbox(config, lambda: "secret", SystemClock(), timing=replace(QUICK, others=0.05))
    async with watched(mailbox, record):
        await until(lambda: "Clients" in record.positions)
        server.faults["UID FETCH"] = bodiless
        clients.append(letter(1))
        await until(lambda: record.positions["Clients"].pending == (1,))
        server.faults.clear()

        await until(lambda: record.live == [letter(1)])


async def test_nothing_stays_in_memory_of_a_connection_that_was_closed(
    server: MailServer, ann: Account, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[weakref.ref[Link]] = []

    def link(*arguments: Any) -> Link:
        new = Link(*arguments)
        made.append(weakref.ref(new))
        return new

    monkeypatch.setattr("inboxcrm.imap.account.Link", link)
    async with watched(mailbox_on(server, timing=replace(QUICK, close_after=0.0)), record):
        await until(lambda: settled(ann, record) and "Sent" in record.positions)
        await until(lambda: server.traffic.commands["LOGOUT"] > 0)

        await until(lambda: gc.collect() >= 0 and len([each for each in made if each() is not None]) == 1)
    assert len(made) > 1


async def test_what_came_into_sent_is_read_though_a_sign_in_was_wanted_just_then(
    server: MailServer, ann: Account, record: Record
) -> None:
    let_in = True

    def password() -> str:
        if not let_in:
            raise SignInNeededError("sign in")
        return "secret"

    timing = replace(QUICK, others=0.05, close_after=0.0)
    mailbox = ImapMailbox(configured(server.host, server.port), password, SystemClock(), timing=timing)
    async with watched(mailbox, record):
        await until(lambda: settled(ann, record) and "Sent" in record.positions)
        await until(lambda: server.traffic.commands["LOGOUT"] > 0)
        let_in = False
        ann.folder("Sent").append(letter(1))
        await until(lambda: mailbox.status.state is MailboxState.NEEDS_USER)
        let_in = True
        mailbox.try_again(let_in_at=SystemClock().now() + timedelta(minutes=1))

        await until(lambda: record.agrees_with(ann.folder("Sent")))


async def test_a_sent_folder_that_is_made_with_the_first_answer_is_found(
    server: MailServer, ann: Account, record: Record
) -> None:
    ann.delete("Sent")
    mailbox = mailbox_on(server, timing=replace(QUICK, missing=0.05))
    async with watched(mailbox, record):
        ann.folder("Sent").append(letter(1))
        await until(lambda: record.agrees_with(ann.folder("Sent")))

    assert record.positions["Sent"].uid_next == 2


async def test_what_a_filter_makes_a_folder_of_the_settings_for_is_news(
    server: MailServer, ann: Account, record: Record
) -> None:
    config = configured(server.host, server.port, folders=("Clients",))
    timing = replace(QUICK, missing=0.05)
    mailbox = ImapMailbox(config, lambda: "secret", SystemClock(), timing=timing)
    async with watched(mailbox, record):
        await until(lambda: mailbox.status.missing_folders == ("Clients",))
        ann.folder("Clients").append(letter(1), received_at=LONG_AGO)
        ann.folder("Clients").append(letter(2))
        await until(lambda: record.agrees_with(ann.folder("Clients")))

        assert mailbox.status.missing_folders == ()
    assert record.live == [letter(2)]


async def test_refreshing_sent_brings_what_just_came_and_then_nothing(
    server: MailServer, ann: Account, record: Record
) -> None:
    mailbox = mailbox_on(server)
    async with watched(mailbox, record):
        await until(lambda: "Sent" in record.positions)
        ann.folder("Sent").append(letter(1))

        await record.keep(mailbox.refresh_sent(record))
        assert record.agrees_with(ann.folder("Sent"))
        await record.keep(mailbox.refresh_sent(record))
        assert await record.keep(mailbox.refresh_sent(record)) == 0


async def test_what_refreshing_sent_brings_takes_nothing_back_of_a_first_reading_meanwhile(
    server: MailServer, ann: Account, record: Record
) -> None:
    async def poisoned(exchange: Exchange) -> bool:
        if exchange.session.folder is not ann.folder("Sent") or not names(exchange, 5):
            return False
        await exchange.send(exchange.tag + b" NO [UNAVAILABLE] cannot read it\r\n")
        return True

    for number in range(100):
        ann.folder("Sent").append(letter(number))
    server.faults["UID FETCH"] = poisoned
    mailbox, may = mailbox_on(server), asyncio.Event()

    async def slowly() -> None:
        async for batch in mailbox.watch(record):
            if "Sent" in record.positions:
                await may.wait()
            record.commit(batch)

    reading = asyncio.create_task(slowly())
    await until(lambda: "Sent" in record.positions)
    ann.folder("Sent").append(letter(100))
    asyncio.get_running_loop().call_later(0.3, may.set)
    await record.keep(mailbox.refresh_sent(record))
    await until(lambda: record.positions["Sent"].backfill_below is None)
    reading.cancel()
    await asyncio.wait([reading])
    await mailbox.close()

    assert (record.positions["Sent"].pending, record.positions["Sent"].uid_next) == ((5,), 102)
    assert {*record.held["Sent"]} == {*range(1, 102)} - {5}


async def test_live_mail_does_not_wait_for_the_backlog(server: MailServer, ann: Account, record: Record) -> None:
    inbox, fetched = ann.folder("INBOX"), 0

    async def meanwhile(exchange: Exchange) -> bool:
        nonlocal fetched
        fetched += 1
        if fetched == 3:
            inbox.append(letter(9000))
        return False

    for number in range(1500):
        inbox.append(letter(number))
    server.faults["UID FETCH"] = meanwhile
    async with watched(mailbox_on(server), record):
        await until(lambda: fetched >= 3 and settled(ann, record))

    came = next(at for at, batch in enumerate(record.batches) if batch.live)
    assert record.live == [letter(9000)]
    assert any(batch.arrivals for batch in record.batches[came + 1 :])


@pytest.mark.parametrize("name", ["INBOX", "Archive"])
@pytest.mark.parametrize(
    "server", [(), ("QRESYNC",), ("CONDSTORE",)], ids=["all", "no-qresync", "no-modseq"], indirect=True
)
async def test_what_went_while_the_rest_of_its_folder_was_read_for_the_first_time_is_known_to_be_gone(
    server: MailServer, ann: Account, record: Record, name: str
) -> None:
    folder = ann.folder(name)

    async def meanwhile(exchange: Exchange) -> bool:
        if 600 in record.held.get(name, {}):
            folder.expunge([600])
            del server.faults["UID FETCH"]
        return False

    for number in range(600):
        folder.append(letter(number), received_at=LONG_AGO)
    server.faults["UID FETCH"] = meanwhile
    async with watched(mailbox_on(server, timing=replace(QUICK, poll=0.2, others=0.1)), record):
        await until(lambda: "UID FETCH" not in server.faults and record.agrees_with(folder))

    assert record.positions[name].backfill_below is None


async def test_a_flag_storm_is_one_pass_and_live_mail_goes_before_it(
    server: MailServer, ann: Account, record: Record
) -> None:
    inbox = ann.folder("INBOX")
    for number in range(500):
        inbox.append(letter(number))
    async with watched(mailbox_on(server, timing=replace(QUICK, changes=1.0)), record):
        await until(lambda: settled(ann, record))
        server.traffic.clear()
        for uid in range(1, 500):
            inbox.set_flags(uid, ["\\Seen"])
            if uid % 25 == 0:
                await asyncio.sleep(0.01)  # it does not come in one piece
        inbox.set_flags(500, ["\\Seen"])
        inbox.append(letter(9000))
        await until(lambda: record.agrees_with(inbox))
        passes = server.traffic.commands["EXAMINE"]

    assert record.live == [letter(9000)]
    live, last = (
        next(at for at, batch in enumerate(record.batches) if wanted(batch))
        for wanted in (lambda batch: batch.live, lambda batch: 500 in dict(batch.flags))
    )
    assert live < last
    assert passes <= 4


async def test_a_storm_of_mail_arrives_whole(server: MailServer, ann: Account, record: Record) -> None:
    async with watched(mailbox_on(server), record):
        for number in range(600):
            ann.folder("INBOX").append(letter(number))
            if number % 50 == 0:
                await asyncio.sleep(0)
        await until(lambda: len(record.live) == 600)

    assert record.agrees_with(ann.folder("INBOX"))
    assert len(set(record.live)) == 600


async def test_renumbering_while_watched_is_survived(server: MailServer, ann: Account, record: Record) -> None:
    inbox = ann.folder("INBOX")
    for number in range(20):
        inbox.append(letter(number))
    async with watched(mailbox_on(server), record):
        await until(lambda: settled(ann, record) and bool(record.held.get("INBOX")))
        server.traffic.clear()
        inbox.reset_uid_validity()
        await until(lambda: any(batch.reset for batch in record.batches))
        inbox.append(letter(100))
        await until(lambda: record.live == [letter(100)])

    assert record.agrees_with(inbox)


async def test_a_throttled_account_pauses_as_a_whole(server: MailServer, ann: Account, record: Record) -> None:
    mailbox = mailbox_on(server)
    async with watched(mailbox, record):
        await until(lambda: {"Sent", "Archive"} <= record.positions.keys())

        async def throttled(exchange: Exchange) -> bool:
            await exchange.send(exchange.tag + b" NO [THROTTLED] slowly\r\n")
            return True

        server.faults["UID SEARCH"] = throttled
        ann.folder("INBOX").append(letter(1))
        await until(lambda: mailbox.status.state is MailboxState.PAUSED)
        server.traffic.clear()
        await asyncio.sleep(0.2)

        assert server.traffic.commands["LOGIN"] == 0
        assert mailbox.status.next_attempt_at is not None
        with pytest.raises(Exception, match="slowly"):
            await mailbox.find_sent("<x@example.org>")


async def test_a_refused_login_is_not_tried_in_a_loop(server: MailServer, ann: Account, record: Record) -> None:
    mailbox = ImapMailbox(configured(server.host, server.port), lambda: "wrong", SystemClock(), timing=QUICK)
    task = asyncio.create_task(record.keep(mailbox.watch(record)))

    await until(lambda: mailbox.status.cause is not None)
    await asyncio.sleep(0.3)
    task.cancel()
    await asyncio.wait([task])
    await mailbox.close()

    assert server.traffic.commands["LOGIN"] == 1


async def test_asking_again_and_again_does_not_try_a_refused_login_again(
    server: MailServer, ann: Account, record: Record
) -> None:
    mailbox = ImapMailbox(configured(server.host, server.port), lambda: "wrong", SystemClock(), timing=QUICK)

    for _ in range(5):
        with pytest.raises(InboxcrmError):
            await record.keep(mailbox.refresh_sent(record))
    await mailbox.close()

    assert server.traffic.commands["LOGIN"] == 1


async def test_no_secret_and_no_letter_is_logged(
    server: MailServer, ann: Account, record: Record, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with watched(mailbox_on(server), record):
        ann.folder("INBOX").append(letter(1))
        await until(lambda: len(record.live) == 1)
        server.disconnect_all()
        ann.folder("INBOX").append(letter(2))
        await until(lambda: len(record.live) == 2)

    told = " ".join(str(vars(one)) for one in caplog.records if not one.name.startswith("asyncio"))
    assert "imap.reconnect" in told
    assert "secret" not in told
    assert "letter" not in told


async def test_a_copy_is_filed_in_sent_once(server: MailServer, ann: Account, record: Record) -> None:
    mailbox = mailbox_on(server)
    sent_at = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    before = await mailbox.find_sent("<m7@example.org>")
    await mailbox.file_sent(letter(7), sent_at)
    await mailbox.file_sent(letter(7), sent_at)
    after = await mailbox.find_sent("<m7@example.org>")
    part = await mailbox.find_sent("<7@example.org>")
    await mailbox.close()

    (copy,) = ann.folder("Sent").messages
    assert (before, after, part) == (False, True, False)
    assert copy.raw == letter(7)
    assert copy.flags == frozenset({"\\Seen"})
    assert copy.received_at == sent_at


@pytest.mark.parametrize("busy", ["idle", "backlog"])
async def test_cancelling_ends_at_once_and_leaves_no_thread(
    server: MailServer, ann: Account, record: Record, busy: str
) -> None:
    before = threading.active_count()
    for number in range(400 if busy == "backlog" else 0):
        ann.folder("INBOX").append(letter(number))

    async with watched(mailbox_on(server), record):
        cancelled_at = asyncio.get_running_loop().time()

    assert asyncio.get_running_loop().time() - cancelled_at < PATIENCE
    await until(lambda: threading.active_count() <= before)


async def test_waking_from_suspend_drops_every_connection(server: MailServer, ann: Account, record: Record) -> None:
    class Sleepy(SystemClock):
        late = 0.0

        def monotonic(self) -> float:
            return super().monotonic() + self.late

    clock = Sleepy()
    timing = Timing(heartbeat=0.05, poll=10_000, others=10_000)
    mailbox = ImapMailbox(configured(server.host, server.port), lambda: "secret", clock, timing=timing)
    async with watched(mailbox, record):
        await until(lambda: {"Sent", "Archive"} <= record.positions.keys())
        before = server.traffic.commands["LOGIN"]
        clock.late = 3600.0
        await until(lambda: server.traffic.commands["LOGIN"] > before)


async def test_what_the_server_wants_to_be_told_is_shown(server: MailServer, ann: Account, record: Record) -> None:
    async def full(exchange: Exchange) -> bool:
        await exchange.send(b"* OK [ALERT] Your mailbox is 98% full\r\n")
        return False

    server.faults["EXAMINE"] = full
    mailbox = ImapMailbox(configured(server.host, server.port), lambda: "secret", SystemClock(), timing=QUICK)
    async with watched(mailbox, record):
        await until(lambda: mailbox.status.alert == "Your mailbox is 98% full")
        del server.faults["EXAMINE"]

        await again(server)
        assert mailbox.status.alert == "Your mailbox is 98% full"

        mailbox._account._heard_at -= 86_400
        await again(server)
        await until(lambda: mailbox.status.alert is None)


async def again(server: MailServer) -> None:
    """The server lets every connection go, and is logged in to once more."""
    before = server.traffic.commands["IDLE"]
    server.disconnect_all()
    await until(lambda: server.traffic.commands["IDLE"] > before)


async def test_a_certificate_that_was_renewed_is_seen_by_the_next_connection(certificate: Certificate) -> None:
    """The one that watches INBOX may last for weeks, and was shown the old one."""
    async with MailServer(tls=certificate.server_context()) as server:
        server.account("ann", "secret").folder("INBOX").append(b"Subject: hello\r\n\r\nhello\r\n")
        where = Server("localhost", server.port, Security.TLS, certificate.cert)
        record = Record()
        config = replace(configured(server.host, server.port), imap=where)
        box = ImapMailbox(config, lambda: "secret", SystemClock())
        box._account.tell(certificate_until=LONG_AGO)

        await record.keep(box.catch_up(record))

        seen = box.status.certificate_until
        await box.close()
    assert seen is not None
    assert seen > LONG_AGO
