"""Where letters take long to come, their list is there before them; it loses nothing, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from inboxcrm import providers
from inboxcrm.imap.account import Timing
from inboxcrm.imap.listing import MOST, WINDOW
from inboxcrm.imap.watcher import ImapMailbox
from inboxcrm.ports import Batch
from inboxcrm.testing.clock import FakeClock
from inboxcrm.testing.imap_faults import Fault
from inboxcrm.testing.imap_server import Account, Exchange, Folder, MailServer
from tests.imap.conftest import NOON, MakeMailbox
from tests.imap.record import Record, letter
from tests.imap.test_sync import YESTERDAY, asked

SLOWLY = timedelta(seconds=10)
"""What each fetch of letters takes on the line of these tests."""

LINES = re.compile(rb"UID FETCH (\S+) .*HEADER\.FIELDS")


@pytest.fixture
def slow(server: MailServer, clock: FakeClock) -> None:
    """Letters come slowly, and nothing else does."""

    async def take_long(exchange: Exchange) -> bool:
        if b"BODY.PEEK[]" in asked(exchange):
            clock.advance(SLOWLY)
        return False

    server.faults["UID FETCH"] = take_long


def fill(account: Account, name: str, count: int) -> Folder:
    folder = account.folder(name)
    for number in range(count):
        folder.append(_of(folder, number), received_at=YESTERDAY + timedelta(minutes=number / 10))
    return folder


def _of(folder: Folder, number: int) -> bytes:
    name = folder.name.lower().encode()
    return b"Message-ID: <%s%d@example.org>\r\nFrom: Bob <bob@client.example>\r\n" % (name, number) + letter(number)


def lists_asked_for(server: MailServer) -> list[str]:
    """The UIDs of each list that was asked for."""
    return [match[1].decode() for line in server.traffic.lines if (match := LINES.search(line))]


def kinds(record: Record) -> str:
    """The batches in their order: L for a list, a for letters."""
    return "".join("L" if batch.listed else "a" for batch in record.batches if batch.listed or batch.arrivals)


@pytest.mark.usefixtures("slow")
async def test_on_a_slow_line_the_whole_list_comes_before_the_letters_newest_first(
    ann: Account, mailbox: ImapMailbox, record: Record
) -> None:
    inbox, archive = fill(ann, "INBOX", 2 * WINDOW + 300), fill(ann, "Archive", 700)

    await record.keep(mailbox.catch_up(record))

    listed = [(batch.folder, one.uid) for batch in record.batches for one in batch.listed]
    read_before = {one.uid for batch in record.batches[:6] if batch.folder == "INBOX" for one in batch.arrivals}
    assert kinds(record).rstrip("a") == "aLLLLL"
    assert [uid for folder, uid in listed if folder == "INBOX"] == list(
        range(2 * WINDOW + 300 - len(read_before), 0, -1)
    )
    assert [uid for folder, uid in listed if folder == "Archive"] == list(range(700, 0, -1))
    assert record.listed == {"INBOX": {}, "Archive": {}, "Sent": {}}
    assert record.agrees_with(inbox)
    assert record.agrees_with(archive)
    assert record.live == []
    assert record.positions["INBOX"].listed_below is None


async def test_a_list_says_who_wrote_what_and_when_as_the_server_tells_it(
    ann: Account, mailbox: ImapMailbox, record: Record, slow: None
) -> None:
    inbox = fill(ann, "INBOX", 600)

    await record.keep(mailbox.catch_up(record))

    told = {one.uid: one for batch in record.batches for one in batch.listed}
    first = inbox.messages[0]
    assert told[1].received_at == first.received_at
    assert told[1].size == len(first.raw)
    assert b"Subject: letter 0\r\n" in told[1].fields
    assert b"From: Bob <bob@client.example>\r\n" in told[1].fields


async def test_on_a_quick_line_nothing_is_listed(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record
) -> None:
    fill(ann, "INBOX", 3 * WINDOW)

    await record.keep(mailbox.catch_up(record))

    assert lists_asked_for(server) == []


@pytest.mark.usefixtures("slow")
async def test_a_list_goes_on_where_the_process_was_killed(
    server: MailServer, ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    inbox = fill(ann, "INBOX", 3 * WINDOW)
    await record.keep(make_mailbox().catch_up(record), most=6)
    assert kinds(record) == "aLL"
    listed = {*record.listed["INBOX"]}

    await record.keep(make_mailbox().catch_up(record))

    again = [one.uid for batch in record.batches[6:] for one in batch.listed]
    assert len(listed) == 2 * WINDOW
    assert again == list(range(min(listed) - 1, 0, -1))
    assert record.listed["INBOX"] == {}
    assert record.agrees_with(inbox)


@pytest.mark.usefixtures("slow")
async def test_a_list_ends_with_the_numbers_it_was_made_of(
    ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    inbox = fill(ann, "INBOX", 3 * WINDOW)
    await record.keep(make_mailbox().catch_up(record), most=6)
    inbox.reset_uid_validity()

    await record.keep(make_mailbox().catch_up(record))

    reset = next(at for at, batch in enumerate(record.batches) if batch.reset)
    assert record.batches[reset].unlisted
    assert record.batches[reset].position.listed_below is None
    assert record.listed["INBOX"] == {}
    assert record.agrees_with(inbox)
    assert record.live == []


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize("server", [(), ("QRESYNC",)], ids=["told", "found-out"], indirect=True)
async def test_what_is_expunged_while_it_is_listed_leaves_the_list(
    ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    inbox = fill(ann, "INBOX", 3 * WINDOW)
    await record.keep(make_mailbox().catch_up(record), most=6)
    inbox.expunge(range(700, 900))

    await record.keep(make_mailbox().catch_up(record))

    assert record.listed["INBOX"] == {}
    assert record.agrees_with(inbox)


@pytest.mark.usefixtures("slow")
async def test_what_somebody_waits_for_comes_first(ann: Account, make_mailbox: MakeMailbox, record: Record) -> None:
    inbox = fill(ann, "INBOX", 3 * WINDOW)
    await record.keep(make_mailbox().catch_up(record), most=5)
    at = len(record.batches)
    record.wishes = [("INBOX", min(record.listed["INBOX"])), ("INBOX", 1_000_000)]

    await record.keep(make_mailbox().catch_up(record))

    wish = record.wishes[0][1]
    brought = [batch for batch in record.batches[at:] if batch.arrivals]
    assert [one.uid for one in brought[0].arrivals] == [wish]
    assert not brought[0].live
    assert sum(one.uid == wish for batch in record.batches for one in batch.arrivals) == 1
    assert record.listed["INBOX"] == {}
    assert record.agrees_with(inbox)


@pytest.mark.usefixtures("slow")
async def test_a_wish_for_a_mail_that_is_gone_ends_with_it(
    ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    inbox = fill(ann, "INBOX", 3 * WINDOW)
    mailbox = make_mailbox()
    gone: list[int] = []
    async for batch in mailbox.catch_up(record):
        record.commit(batch)
        if batch.listed and not gone:
            gone.append(batch.listed[-1].uid)
            inbox.expunge(gone)
            record.wishes = [("INBOX", gone[0])]

    assert any((gone[0], gone[0]) in batch.vanished for batch in record.batches)
    assert record.listed["INBOX"] == {}
    assert record.agrees_with(inbox)


def refusing(refuses: Callable[[int], bool], answer: Callable[[Exchange], Awaitable[None]]) -> Fault:
    """A fault: a list that would hold one of these UIDs is answered so."""

    async def fault(exchange: Exchange) -> bool:
        line = asked(exchange)
        match = LINES.search(line)
        if match is None:
            return False
        parts = [part.partition(b":") for part in match[1].split(b",")]
        if any(refuses(uid) for low, _, high in parts for uid in range(int(low), int(high or low) + 1)):
            await answer(exchange)
            return True
        return False

    return fault


async def _no(exchange: Exchange) -> None:
    await exchange.send(exchange.tag + b" NO not this one\r\n")


async def _bad(exchange: Exchange) -> None:
    await exchange.send(exchange.tag + b" BAD what is that?\r\n")


async def _gone(exchange: Exchange) -> None:
    exchange.abort()


def both(server: MailServer, clock: FakeClock, fault: Fault) -> None:
    """Letters come slowly, and lists are in the hands of a fault."""

    async def bend(exchange: Exchange) -> bool:
        if b"BODY.PEEK[]" in asked(exchange):
            clock.advance(SLOWLY)
            return False
        return await fault(exchange)

    server.faults["UID FETCH"] = bend


async def test_one_message_that_cannot_be_listed_hides_few_others(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record, clock: FakeClock
) -> None:
    inbox = fill(ann, "INBOX", 3 * WINDOW)
    both(server, clock, refusing(lambda uid: uid == 600, _no))

    await record.keep(mailbox.catch_up(record))

    listed = {one.uid for batch in record.batches for one in batch.listed}
    missing = {*range(1, max(listed) + 1)} - listed
    assert 600 in missing
    assert len(missing) <= 32
    assert record.agrees_with(inbox)


async def test_a_server_that_does_not_understand_is_asked_for_no_further_list(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record, clock: FakeClock
) -> None:
    inbox = fill(ann, "INBOX", 3 * WINDOW)
    both(server, clock, refusing(lambda _: True, _bad))

    await record.keep(mailbox.catch_up(record))

    assert len(lists_asked_for(server)) == 1
    assert record.agrees_with(inbox)


async def test_a_connection_that_ends_over_a_list_keeps_nothing_from_being_read(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record, clock: FakeClock
) -> None:
    inbox = fill(ann, "INBOX", 3 * WINDOW)
    both(server, clock, refusing(lambda uid: uid == 600, _gone))

    await record.keep(mailbox.catch_up(record))

    listed = {one.uid for batch in record.batches for one in batch.listed}
    assert listed
    assert 600 not in listed
    assert record.agrees_with(inbox)


async def test_a_list_is_made_of_the_beginning_of_endless_header_fields(
    ann: Account, mailbox: ImapMailbox, record: Record, slow: None
) -> None:
    inbox = fill(ann, "INBOX", WINDOW)
    everybody = b",\r\n ".join(b"p%d@example.com" % number for number in range(5000))
    inbox.append(b"Subject: all\r\nTo: " + everybody + b"\r\n\r\nhello\r\n", received_at=YESTERDAY)
    fill(ann, "INBOX", 400)

    await record.keep(mailbox.catch_up(record))

    told = {one.uid: one.fields for batch in record.batches for one in batch.listed}
    assert 0 < MOST - len(told[WINDOW + 1]) < 100
    assert told[WINDOW + 1].endswith(b"@example.com,\r\n")


async def test_while_no_old_mail_may_be_read_what_is_left_is_listed(
    ann: Account, make_mailbox: MakeMailbox, record: Record, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providers, "for_host", lambda *_: replace(providers.GMAIL, old_mail_per_day=300_000))
    inbox = ann.folder("INBOX")
    for number in range(100):
        inbox.append(letter(number, octets=9_000), received_at=YESTERDAY)
    mailbox = make_mailbox()

    await record.keep(mailbox.catch_up(record))

    left = {one.uid for one in inbox.messages} - record.held["INBOX"].keys()
    assert left
    assert {*record.listed["INBOX"]} == left
    record.wishes = [("INBOX", min(left))]
    await record.keep(mailbox.catch_up(record))
    assert left - record.held["INBOX"].keys() == left - {min(left)}  # somebody waits for that one
    clock.advance(timedelta(days=1))
    await record.keep(mailbox.catch_up(record))
    assert record.agrees_with(inbox)
    assert record.listed["INBOX"] == {}


@pytest.mark.usefixtures("slow")
async def test_new_mail_has_its_turn_between_two_windows_of_a_list(
    ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    inbox = fill(ann, "INBOX", 4 * WINDOW)
    mailbox = make_mailbox(timing=Timing(idle=30.0, poll=1e9, others=1e9, changes=0.05, close_after=1e9))
    came: list[Batch] = []
    async for batch in mailbox.watch(record):
        record.commit(batch)
        came.append(batch)
        if kinds(record).endswith("aL") and not record.live:
            inbox.append(letter(9999), received_at=NOON)
        if not any(position.backfill_below for position in record.positions.values()) and record.live:
            break

    live = next(at for at, batch in enumerate(came) if batch.live)
    assert any(batch.listed for batch in came[live:])
    assert record.live == [letter(9999)]
    assert record.agrees_with(inbox)
    assert record.listed["INBOX"] == {}


async def test_a_folder_renumbered_while_its_list_waits_is_read_under_its_new_numbers(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record, clock: FakeClock
) -> None:
    inbox = fill(ann, "INBOX", 3 * WINDOW)
    fill(ann, "Archive", 3 * WINDOW)
    opened: list[bytes] = []
    renumbered: list[bool] = []

    async def note(exchange: Exchange) -> bool:
        opened.append(asked(exchange))
        return False

    async def renumber(_: Exchange) -> bool:
        if not renumbered and record.listed.get("INBOX") and b"Archive" in opened[-1]:
            inbox.reset_uid_validity()
            renumbered.append(True)
        return False

    server.faults["EXAMINE"] = note
    both(server, clock, renumber)
    async with asyncio.timeout(60):
        await record.keep(mailbox.catch_up(record))

    assert renumbered
    assert record.agrees_with(inbox)
