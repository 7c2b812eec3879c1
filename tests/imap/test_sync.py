"""Nothing is lost, nothing is fetched twice, and one bad message stops no other."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import islice

import pytest

from inboxcrm.errors import TransientError
from inboxcrm.imap.backlog import SCREEN
from inboxcrm.imap.decisions import BACKLOG_MESSAGES
from inboxcrm.imap.errors import ConnectionLostError, ThrottledError
from inboxcrm.imap.opening import Limits
from inboxcrm.imap.watcher import ImapMailbox
from inboxcrm.testing.clock import FakeClock
from inboxcrm.testing.imap_server import Account, Exchange, MailServer
from tests.imap.conftest import NOON, MakeMailbox
from tests.imap.record import Record, letter

EVERY_SERVER = pytest.mark.parametrize(
    "server", [(), ("QRESYNC",), ("CONDSTORE",)], ids=["qresync", "condstore", "neither"], indirect=True
)
YESTERDAY = NOON - timedelta(days=1)


def asked(exchange: Exchange) -> bytes:
    """The command as the client sent it."""
    return exchange.session.host.traffic.lines[-1]


def names(exchange: Exchange, uid: int) -> bool:
    """Whether a FETCH of bodies asks for this UID."""
    line = asked(exchange)
    if b"BODY.PEEK[]" not in line:
        return False
    match = re.search(rb"UID FETCH (\S+)", line)
    parts = (part.partition(b":") for part in (match[1] if match else b"").split(b","))
    return any(int(low) <= uid <= int(high or low) for low, _, high in parts)


def bodies_asked_for(server: MailServer) -> int:
    return sum(b"BODY.PEEK[]" in line for line in server.traffic.lines)


# -- the first reading


@EVERY_SERVER
async def test_a_first_reading_brings_everything_newest_first_as_history(
    ann: Account, mailbox: ImapMailbox, record: Record
) -> None:
    for number in range(330):
        ann.folder("INBOX").append(letter(number), received_at=YESTERDAY)
    ann.folder("Sent").append(letter(999), received_at=YESTERDAY)

    await record.keep(mailbox.catch_up(record))

    assert record.agrees_with(ann.folder("INBOX"))
    assert record.agrees_with(ann.folder("Sent"))
    assert record.live == []
    order = [one.uid for batch in record.batches if batch.folder == "INBOX" for one in batch.arrivals]
    assert order == list(range(330, 0, -1))
    assert max(len(batch.arrivals) for batch in record.batches) == BACKLOG_MESSAGES
    assert record.positions["INBOX"].backfill_below is None
    assert mailbox.status.backlog == 0


async def test_large_messages_are_fetched_alone_and_batches_stay_small(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record
) -> None:
    for number, octets in enumerate([3_000_000, 100, 1_900_000, 1_900_000, 1_900_000, 1_900_000, 1_900_000, 100]):
        ann.folder("INBOX").append(letter(number, octets=octets))

    await record.keep(mailbox.catch_up(record))

    groups = [[one.uid for one in batch.arrivals] for batch in record.batches if batch.arrivals]
    assert groups == [[8, 2], [7, 6], [5, 4], [3], [1]]  # first the small ones of a screenful


async def test_what_the_first_screen_passed_over_is_read_though_the_process_ended_after_it(
    server: MailServer, ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    for number in range(3 * SCREEN):
        ann.folder("INBOX").append(letter(number, octets=200_000 if number % 10 == 7 else 0))
    await record.keep(make_mailbox().watch(record), most=2)  # where INBOX begins, and its first screen
    screen = {*record.held["INBOX"]}
    server.traffic.clear()

    await record.keep(make_mailbox().catch_up(record))

    newest = (uid for uid in range(3 * SCREEN, 0, -1) if uid % 10 != 8)
    assert screen == {*islice(newest, SCREEN)}
    assert record.agrees_with(ann.folder("INBOX"))
    assert bodies_asked_for(server) == 2  # the rest, and nothing of the screen a second time


async def test_a_first_reading_goes_on_where_it_was_interrupted(
    server: MailServer, ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    for number in range(2 * BACKLOG_MESSAGES + 50):
        ann.folder("INBOX").append(letter(number))
    await record.keep(make_mailbox().catch_up(record), most=5)  # three folders, the first screen, one batch
    read = len(record.held["INBOX"])
    server.traffic.clear()

    await record.keep(make_mailbox().catch_up(record))

    assert read == SCREEN + BACKLOG_MESSAGES
    assert record.agrees_with(ann.folder("INBOX"))
    assert bodies_asked_for(server) == 1


@EVERY_SERVER
async def test_flags_of_the_first_screen_that_change_before_the_rest_is_read_are_learnt(
    ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    inbox = ann.folder("INBOX")
    for number in range(SCREEN + 10):
        inbox.append(letter(number))
    await record.keep(make_mailbox().watch(record), most=2)  # where INBOX begins, and its first screen
    inbox.set_flags(SCREEN + 10, ["\\Answered"])

    await record.keep(make_mailbox().catch_up(record))

    assert record.agrees_with(inbox)


@EVERY_SERVER
@pytest.mark.parametrize("come", [0, 1], ids=["nothing-else", "another"])
async def test_old_mail_that_goes_away_before_the_look_that_found_it_was_over_does_not_stay_on_record(
    ann: Account, make_mailbox: MakeMailbox, record: Record, come: int
) -> None:
    clients = ann.folder("Clients")
    clients.append(letter(1), received_at=YESTERDAY)
    await record.keep(make_mailbox(folders=("Clients",)).catch_up(record))
    clients.append(letter(2), received_at=YESTERDAY)
    await record.keep(make_mailbox(folders=("Clients",)).catch_up(record), most=1)
    halfway = 2 in record.held["Clients"] and record.positions["Clients"].uid_next == 2
    clients.expunge([2])
    for number in range(come):
        clients.append(letter(3 + number))

    for _ in range(2):
        await record.keep(make_mailbox(folders=("Clients",)).catch_up(record))

    assert halfway
    assert record.agrees_with(clients)


async def test_a_batch_whose_reader_failed_comes_again(ann: Account, mailbox: ImapMailbox, record: Record) -> None:
    ann.folder("INBOX").append(letter(1))
    await record.keep(mailbox.catch_up(record))
    ann.folder("INBOX").append(letter(2))

    async for batch in mailbox.catch_up(record):
        if batch.live:
            break
    await record.keep(mailbox.catch_up(record))

    assert record.live == [letter(2)]


@pytest.mark.parametrize("count", [0, 1], ids=["empty", "one"])
async def test_the_first_message_after_the_baseline_is_live(
    ann: Account, mailbox: ImapMailbox, record: Record, count: int
) -> None:
    for number in range(count):
        ann.folder("INBOX").append(letter(number))
    await record.keep(mailbox.catch_up(record))
    ann.folder("INBOX").append(letter(100))

    await record.keep(mailbox.catch_up(record))
    again = await record.keep(mailbox.catch_up(record))

    assert record.live == [letter(100)]
    assert record.agrees_with(ann.folder("INBOX"))
    assert again <= 1  # a mod-sequence may still be noted


async def test_uidnext_may_be_left_out(server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record) -> None:
    async def silent(exchange: Exchange) -> bool:
        await exchange.send(re.sub(rb"\* OK \[UIDNEXT[^\r]*\r\n", b"", await exchange.answer()))
        return True

    server.faults["EXAMINE"] = silent
    ann.folder("INBOX").append(letter(1))
    await record.keep(mailbox.catch_up(record))
    ann.folder("INBOX").append(letter(2))

    await record.keep(mailbox.catch_up(record))

    assert record.agrees_with(ann.folder("INBOX"))
    assert record.live == [letter(2)]


@pytest.mark.parametrize("count", [0, 1], ids=["empty", "one"])
async def test_what_comes_right_after_a_folder_was_opened_is_live_though_uidnext_was_left_out(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record, count: int
) -> None:
    async def silent(exchange: Exchange) -> bool:
        await exchange.send(re.sub(rb"\* OK \[UIDNEXT[^\r]*\r\n", b"", await exchange.answer()))
        if exchange.session.folder is inbox and "INBOX" not in record.positions and len(inbox.uids) == count:
            inbox.append(letter(100))
        return True

    inbox = ann.folder("INBOX")
    for number in range(count):
        inbox.append(letter(number))
    server.faults["EXAMINE"] = silent

    for _ in range(2):
        await record.keep(mailbox.catch_up(record))

    assert record.agrees_with(inbox)
    assert record.live == [letter(100)]


# -- changes


@EVERY_SERVER
async def test_flags_and_expunges_of_another_client_are_learnt(
    ann: Account, mailbox: ImapMailbox, record: Record
) -> None:
    inbox = ann.folder("INBOX")
    for number in range(20):
        inbox.append(letter(number))
    await record.keep(mailbox.catch_up(record))
    inbox.set_flags(3, ["\\Seen", "\\Answered"])
    inbox.expunge([5, 6, 20])
    inbox.append(letter(100), flags=["\\Flagged"])

    await record.keep(mailbox.catch_up(record))

    assert record.agrees_with(inbox)
    assert record.live == [letter(100)]


async def test_much_vanishing_at_once_is_believed_only_when_a_search_agrees(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record
) -> None:
    inbox = ann.folder("INBOX")
    for number in range(20):
        inbox.append(letter(number))
    await record.keep(mailbox.catch_up(record))
    inbox.expunge([2])

    async def malformed(exchange: Exchange) -> bool:
        said = await exchange.answer()
        await exchange.send(re.sub(rb"VANISHED \(EARLIER\) \S+", b"VANISHED (EARLIER) 1:*", said))
        return True

    server.faults["EXAMINE"] = malformed
    await record.keep(mailbox.catch_up(record))

    assert record.agrees_with(inbox)
    assert len(record.held["INBOX"]) == 19


# -- renumbering


@EVERY_SERVER
@pytest.mark.parametrize("validity", [None, 7], ids=["up", "down"])
async def test_after_a_renumbering_known_mail_is_linked_and_nothing_is_fetched_twice(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record, clock: FakeClock, validity: int | None
) -> None:
    inbox = ann.folder("INBOX")
    for number in range(30):
        inbox.append(letter(number), received_at=YESTERDAY)
    await record.keep(mailbox.catch_up(record))
    clock.advance(timedelta(hours=2))
    inbox.expunge([4])
    inbox.append(letter(100), received_at=NOON - timedelta(days=3))
    inbox.append(letter(101), received_at=NOON + timedelta(hours=1))
    inbox.reset_uid_validity(validity)
    server.traffic.clear()
    before = len(record.batches)

    await record.keep(mailbox.catch_up(record))

    assert record.agrees_with(inbox)
    assert record.live == [letter(101)]
    assert sum(len(batch.arrivals) for batch in record.batches[before:]) == 2
    assert sum(batch.reset for batch in record.batches) == 1
    assert bodies_asked_for(server) == 1


async def test_a_renumbering_during_the_first_reading_makes_nothing_live(
    ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    inbox = ann.folder("INBOX")
    for number in range(150):
        inbox.append(letter(number), received_at=NOON)
    await record.keep(make_mailbox().catch_up(record), most=5)  # three folders, the first screen, one batch
    inbox.reset_uid_validity()

    await record.keep(make_mailbox().catch_up(record))

    assert record.agrees_with(inbox)
    assert record.live == []


async def test_a_mail_that_came_under_the_id_of_one_that_is_gone_is_read_after_a_renumbering(
    ann: Account, mailbox: ImapMailbox, record: Record, clock: FakeClock
) -> None:
    inbox = ann.folder("INBOX")
    inbox.append(letter(1), received_at=YESTERDAY)
    await record.keep(mailbox.catch_up(record))
    clock.advance(timedelta(hours=2))
    inbox.expunge([1])
    second = letter(1).replace(b"hello", b"help!")  # a form sends each with the same Message-ID, and as long
    inbox.append(second, received_at=NOON + timedelta(hours=1))
    inbox.reset_uid_validity()

    await record.keep(mailbox.catch_up(record))

    assert record.agrees_with(inbox)
    assert record.live == [second]


async def test_a_folder_that_is_renumbered_without_end_is_left_alone(
    ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    ann.folder("INBOX").append(letter(1))
    mailbox = make_mailbox()
    await record.keep(mailbox.catch_up(record))
    for _ in range(5):
        ann.folder("INBOX").reset_uid_validity()
        await record.keep(mailbox.catch_up(record))
    ann.folder("INBOX").reset_uid_validity()

    with pytest.raises(Exception, match="in a row"):
        await record.keep(mailbox.catch_up(record))


async def test_uidnext_going_down_means_comparing_everything(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record
) -> None:
    inbox = ann.folder("INBOX")
    for number in range(10):
        inbox.append(letter(number), received_at=YESTERDAY)
    await record.keep(mailbox.catch_up(record))
    inbox.expunge([8, 9, 10])
    inbox.uid_next = 8

    await record.keep(mailbox.catch_up(record))
    inbox.append(letter(50), received_at=NOON)
    await record.keep(mailbox.catch_up(record))

    assert record.agrees_with(inbox)
    assert record.live == [letter(50)]


async def test_what_lies_under_a_number_that_was_given_away_again_is_read(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record, clock: FakeClock
) -> None:
    inbox = ann.folder("INBOX")
    for number in range(10):
        inbox.append(letter(number), received_at=YESTERDAY)
    await record.keep(mailbox.catch_up(record))
    clock.advance(timedelta(hours=2))
    inbox.expunge([8, 9, 10])  # the server is put back from a backup, and mail comes
    inbox.uid_next = 8
    inbox.append(letter(50), received_at=NOON + timedelta(hours=1))
    inbox.append(letter(9), received_at=YESTERDAY)
    server.traffic.clear()

    await record.keep(mailbox.catch_up(record))

    assert record.agrees_with(inbox)
    assert record.live == [letter(50)]
    assert bodies_asked_for(server) == 1


# -- messages that go wrong


@pytest.mark.parametrize(
    "spoil",
    [
        lambda said: re.sub(rb"BODY\[\](?:<0>)? \{\d+\}\r\n(?s:.*?)hello\r\n\)", b"BODY[] NIL)", said),
        lambda said: re.sub(rb"(?s)\* \d+ FETCH.*\r\n(?=\S+ OK)", b"", said),
        lambda said: re.sub(rb"BODY\[\](?:<0>)? \{\d+\}\r\n(?s:.*?)hello\r\n\)", b"X 1)", said),
    ],
    ids=["nil", "nothing", "without-body"],
)
async def test_a_body_that_does_not_come_is_asked_for_later_and_is_live_then(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record, clock: FakeClock, spoil: object
) -> None:
    assert callable(spoil)
    inbox = ann.folder("INBOX")
    await record.keep(mailbox.catch_up(record))
    inbox.append(letter(1))

    async def bodiless(exchange: Exchange) -> bool:
        await exchange.send(spoil(await exchange.answer()))
        return True

    server.faults["UID FETCH"] = bodiless
    await record.keep(mailbox.catch_up(record))
    assert record.positions["INBOX"].pending == (1,)
    assert record.positions["INBOX"].uid_next == 2
    server.faults.clear()
    await record.keep(mailbox.catch_up(record))
    assert record.live == []
    clock.advance(timedelta(minutes=11))
    await record.keep(mailbox.catch_up(record))

    assert record.live == [letter(1)]
    assert not record.positions["INBOX"].pending


async def test_a_body_that_never_comes_is_quarantined_after_three_more_tries(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record, clock: FakeClock
) -> None:
    await record.keep(mailbox.catch_up(record))
    ann.folder("INBOX").append(letter(1))

    async def bodiless(exchange: Exchange) -> bool:
        await exchange.send(b"* 1 FETCH (UID 1)\r\n" + exchange.tag + b" OK\r\n")
        return True

    server.faults["UID FETCH"] = bodiless
    for hours in (0, 1, 3, 25):
        clock.advance(timedelta(hours=hours))
        assert record.quarantined.get("INBOX", {}) == {}
        await record.keep(mailbox.catch_up(record))

    assert list(record.quarantined["INBOX"]) == [1]
    assert record.positions["INBOX"].pending == ()


async def test_one_poisoned_message_is_found_and_the_others_arrive(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record, clock: FakeClock
) -> None:
    inbox = ann.folder("INBOX")
    for number in range(60):
        inbox.append(letter(number))

    async def poisoned(exchange: Exchange) -> bool:
        if names(exchange, 17):
            await exchange.send(exchange.tag + b" NO [UNAVAILABLE] cannot read it\r\n")
            return True
        return False

    server.faults["UID FETCH"] = poisoned
    await record.keep(mailbox.catch_up(record))
    assert record.quarantined["INBOX"] == {17: "cannot read it"}
    assert len(record.held["INBOX"]) == 59
    server.faults.clear()
    clock.advance(timedelta(minutes=11))
    await record.keep(mailbox.catch_up(record))

    assert record.agrees_with(inbox)
    assert record.quarantined["INBOX"] == {}
    assert record.live == []


async def test_a_server_that_refuses_everything_is_not_a_mailbox_full_of_poison(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record
) -> None:
    for number in range(10):
        ann.folder("INBOX").append(letter(number))

    async def down(exchange: Exchange) -> bool:
        if b"BODY.PEEK[]" in asked(exchange):
            await exchange.send(exchange.tag + b" NO [SERVERBUG] out of order\r\n")
            return True
        return False

    server.faults["UID FETCH"] = down
    with pytest.raises(TransientError, match="out of order"):
        await record.keep(mailbox.catch_up(record))

    assert record.quarantined["INBOX"] == {}


async def test_being_throttled_is_not_blamed_on_a_message(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record
) -> None:
    ann.folder("INBOX").append(letter(1))

    async def throttled(exchange: Exchange) -> bool:
        await exchange.send(exchange.tag + b" NO [THROTTLED] slowly\r\n")
        return True

    server.faults["UID FETCH"] = throttled
    with pytest.raises(ThrottledError):
        await record.keep(mailbox.catch_up(record))


async def test_a_message_expunged_while_it_is_fetched_is_gone_and_not_missing(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record
) -> None:
    inbox = ann.folder("INBOX")
    for number in range(5):
        inbox.append(letter(number))

    async def too_late(exchange: Exchange) -> bool:
        if b"BODY.PEEK[]" in asked(exchange):
            inbox.expunge([3])
        return False

    server.faults["UID FETCH"] = too_late
    await record.keep(mailbox.catch_up(record))

    assert record.positions["INBOX"].pending == ()
    assert record.agrees_with(inbox)


async def test_a_message_that_kills_the_connection_is_passed_over_the_third_time(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record
) -> None:
    for number in range(8):
        ann.folder("INBOX").append(letter(number))

    async def deadly(exchange: Exchange) -> bool:
        if names(exchange, 4):
            await exchange.send(b"* 4 FETCH (UID 4 BODY[] {100000}\r\nhalf of it")
            exchange.abort()
            return True
        return False

    server.faults["UID FETCH"] = deadly
    for _ in range(3):
        with pytest.raises(ConnectionLostError):
            await record.keep(mailbox.catch_up(record))
    await record.keep(mailbox.catch_up(record))

    assert sorted(record.held["INBOX"]) == [1, 2, 3, 5, 6, 7, 8]
    assert list(record.quarantined["INBOX"]) == [4]
    assert record.positions["INBOX"].pending == (4,)


async def test_a_message_above_the_limit_comes_as_its_header(
    ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    ann.folder("INBOX").append(letter(1, octets=50_000))
    ann.folder("INBOX").append(letter(2))

    await record.keep(make_mailbox(limits=Limits(literal=20_000)).catch_up(record))

    arrivals = {one.uid: one for batch in record.batches for one in batch.arrivals}
    assert not arrivals[1].complete
    raw = arrivals[1].raw
    assert isinstance(raw, bytes)
    assert raw.endswith(b"Subject: letter 1\r\n\r\n")
    assert arrivals[2].complete


async def test_a_message_that_turns_out_too_large_comes_as_its_header(
    server: MailServer, ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    await record.keep((mailbox := make_mailbox(limits=Limits(literal=20_000))).catch_up(record))
    ann.folder("INBOX").append(letter(1, octets=50_000))

    await record.keep(mailbox.catch_up(record))

    assert [one.complete for batch in record.batches for one in batch.arrivals] == [False]
