"""What a server says is not always so: it forgets a message, gives half of one, or spells a folder as it likes."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from inboxcrm.errors import TransientError
from inboxcrm.imap.opening import Limits
from inboxcrm.imap.watcher import ImapMailbox
from inboxcrm.testing.clock import FakeClock
from inboxcrm.testing.imap_faults import Fault
from inboxcrm.testing.imap_server import Account, Exchange, MailServer
from tests.imap.conftest import NOON, MakeMailbox
from tests.imap.record import Record, letter
from tests.imap.test_sync import EVERY_SERVER, YESTERDAY, asked


def bent(*, where: bytes, old: bytes, new: bytes) -> Fault:
    """The server's own answer, with something else in the place of what it says."""

    async def fault(exchange: Exchange) -> bool:
        if where not in asked(exchange):
            return False
        await exchange.send(re.sub(old, new, await exchange.answer()))
        return True

    return fault


def refuses(uid: int, *, where: bytes) -> Fault:
    """Whatever asks for this message and these items is answered NO."""

    async def fault(exchange: Exchange) -> bool:
        assert exchange.command is not None
        parts = (part.partition(b":") for part in exchange.command.text(0).split(b","))
        if where not in asked(exchange) or not any(int(low) <= uid <= int(high or low) for low, _, high in parts):
            return False
        await exchange.send(exchange.tag + b" NO [SERVERBUG] cannot read it\r\n")
        return True

    return fault


async def test_a_folder_of_which_no_count_is_told_is_no_empty_one(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record
) -> None:
    silent = bent(where=b"EXAMINE", old=rb"\* (?:\d+ EXISTS|OK \[UIDNEXT[^\r]*)\r\n", new=b"")
    server.faults["EXAMINE"] = silent
    inbox = ann.folder("INBOX")
    for number in range(3):
        inbox.append(letter(number), received_at=YESTERDAY)
    await record.keep(mailbox.catch_up(record))
    inbox.append(letter(3))
    await record.keep(mailbox.catch_up(record))
    inbox.expunge([1])

    await record.keep(mailbox.catch_up(record))

    assert record.live == [letter(3)]
    assert record.agrees_with(inbox)


@EVERY_SERVER
@pytest.mark.parametrize("count", [3, 10], ids=["among-the-newest", "below-them"])
async def test_a_message_that_a_search_left_out_is_read_when_the_counts_are_compared(
    server: MailServer, ann: Account, make_mailbox: MakeMailbox, record: Record, count: int
) -> None:
    inbox, archive = ann.folder("INBOX"), ann.folder("Archive")
    await record.keep(make_mailbox().catch_up(record))
    for number in range(count):
        inbox.append(letter(number), received_at=NOON)
        archive.append(letter(100 + number), received_at=YESTERDAY)
    server.faults["UID SEARCH"] = bent(where=b"UID 1:*", old=rb"SEARCH 1 2", new=b"SEARCH 1")
    await record.keep(make_mailbox().catch_up(record))
    before = [*record.live]
    server.faults.clear()

    await record.keep(make_mailbox().catch_up(record))

    assert before == [letter(number) for number in range(count) if number != 1]
    assert record.live == [*before, letter(1)]
    assert record.agrees_with(inbox)
    assert record.agrees_with(archive)


async def test_a_server_whose_count_of_changes_went_back_is_asked_what_is_still_there(
    ann: Account, mailbox: ImapMailbox, record: Record
) -> None:
    inbox = ann.folder("INBOX")
    for number in range(5):
        inbox.append(letter(number), received_at=YESTERDAY)
    await record.keep(mailbox.catch_up(record))
    async with mailbox._account.errand() as link:  # the same connection goes on
        inbox.expunge([2])
        inbox.highest_modseq = 2
        inbox._journal.clear()  # the server was put back, and knows of no change
        assert link.usable

    await record.keep(mailbox.catch_up(record))

    assert record.agrees_with(inbox)


@pytest.mark.parametrize("where", [b"RFC822.SIZE", b"MESSAGE-ID"], ids=["what it is", "renumbered"])
async def test_a_message_about_which_nothing_is_told_hides_no_other(
    server: MailServer, ann: Account, make_mailbox: MakeMailbox, record: Record, where: bytes
) -> None:
    inbox = ann.folder("INBOX")
    for number in range(9):
        inbox.append(letter(number), received_at=YESTERDAY)
    if where == b"MESSAGE-ID":
        await record.keep(make_mailbox().catch_up(record))
        inbox.reset_uid_validity()
    server.faults["UID FETCH"] = refuses(4, where=where)

    await record.keep(make_mailbox().catch_up(record))

    missing = {4} if where == b"RFC822.SIZE" else set()
    assert {*record.held["INBOX"]} == {*range(1, 10)} - missing
    assert {*record.positions["INBOX"].pending} == missing


async def test_a_size_that_is_none_costs_nothing(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record
) -> None:
    for number in range(3):
        ann.folder("INBOX").append(letter(number), received_at=YESTERDAY)
    server.faults["UID FETCH"] = bent(where=b"UID FETCH", old=rb"RFC822\.SIZE \d+", new=b"RFC822.SIZE -1")

    await record.keep(mailbox.catch_up(record))

    assert record.agrees_with(ann.folder("INBOX"))


@pytest.mark.parametrize("live", [True, False], ids=["live", "backlog"])
async def test_no_octets_at_all_of_a_mail_that_has_some_are_as_good_as_none(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record, clock: FakeClock, live: bool
) -> None:
    if live:
        await record.keep(mailbox.catch_up(record))
    for number in range(2):
        ann.folder("INBOX").append(letter(number), received_at=NOON)
    server.faults["UID FETCH"] = bent(where=b"BODY.PEEK[]", old=rb"(BODY\[\](?:<0>)?) \{\d+\}\r\n[^)]*", new=rb'\1 ""')
    await record.keep(mailbox.catch_up(record))
    assert (record.held["INBOX"], record.positions["INBOX"].pending) == ({}, (1, 2))
    server.faults.clear()
    clock.advance(timedelta(minutes=11))

    await record.keep(mailbox.catch_up(record))

    assert record.agrees_with(ann.folder("INBOX"))


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param((rb"(BODY\[\]<\d+>) \{(\d+)\}\r\n(.{4000})[^)]*", rb"\1 {4000}\r\n\3"), id="less than asked for"),
        pytest.param((rb"(BODY\[\]<10000>) \{\d+\}\r\n[^)]*", rb"\1 NIL"), id="NIL in the middle"),
    ],
)
async def test_a_large_mail_of_which_less_comes_than_was_asked_for_is_read_to_its_end(
    server: MailServer, ann: Account, make_mailbox: MakeMailbox, record: Record, cut: tuple[bytes, bytes]
) -> None:
    mailbox = make_mailbox(limits=Limits(piece=10_000))
    ann.folder("INBOX").append(letter(1, octets=34_567), received_at=YESTERDAY)

    async def less(exchange: Exchange) -> bool:
        if b"BODY.PEEK[]<" not in asked(exchange):
            return False
        await exchange.send(re.sub(cut[0], cut[1], await exchange.answer(), flags=re.DOTALL))
        return True

    server.faults["UID FETCH"] = less
    await record.keep(mailbox.catch_up(record))

    assert record.agrees_with(ann.folder("INBOX"))


@pytest.mark.parametrize(
    "line",
    [
        rb'* LIST () "/" "R&D"',
        rb'* LIST () "/" "a&!!!-b"',
        rb'* LIST () "/" "&2D0-"',
        b'* LIST () "/" "Envoy\xc3\xa9s"',
        rb"* LIST () NIL Odd(name",
        rb'* LIST () "\\" "a"b"',
        rb"* LIST",
    ],
)
async def test_a_folder_whose_name_makes_no_sense_keeps_no_other_from_being_read(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record, line: bytes
) -> None:
    async def odd(exchange: Exchange) -> bool:
        await exchange.send(line + b"\r\n" + await exchange.answer())
        return True

    server.faults["LIST"] = odd
    ann.folder("INBOX").append(letter(1), received_at=YESTERDAY)
    ann.folder("Sent").append(letter(2), received_at=YESTERDAY)

    await record.keep(mailbox.catch_up(record))

    assert record.agrees_with(ann.folder("INBOX"))
    assert record.agrees_with(ann.folder("Sent"))


async def test_what_came_into_a_folder_before_it_was_renamed_is_read_at_once(
    ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    ann.folder("Sent").append(letter(1), received_at=YESTERDAY)
    await record.keep(make_mailbox().catch_up(record))
    ann.folder("Sent").append(letter(2), received_at=NOON)
    ann.rename("Sent", "Gesendet")

    await record.keep(make_mailbox().refresh_sent(record))

    assert record.agrees_with(ann.folder("Gesendet"))


async def test_a_sent_folder_that_was_renumbered_is_not_called_read_before_it_is(
    ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    sent = ann.folder("Sent")
    sent.append(letter(1), received_at=YESTERDAY)
    await record.keep(make_mailbox().catch_up(record))
    sent.append(letter(2), received_at=NOON)
    sent.reset_uid_validity()
    mailbox = make_mailbox()

    with pytest.raises(TransientError, match="numbered it anew"):
        await record.keep(mailbox.refresh_sent(record))
    await record.keep(mailbox.catch_up(record))
    await record.keep(mailbox.refresh_sent(record))

    assert record.agrees_with(sent)
