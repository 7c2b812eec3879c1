"""Numbers that a server gives a second time, to other mail: nothing stays on record under one that is another's now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from inboxcrm.imap.backlog import SCREEN, backfill
from inboxcrm.imap.errors import BusyError
from inboxcrm.imap.link import Link
from inboxcrm.imap.steps import FolderMemory, Step
from inboxcrm.imap.sync import FolderSync
from inboxcrm.ports import FolderRole
from inboxcrm.testing.clock import FakeClock
from inboxcrm.testing.imap_server import Account, Exchange, Folder, MailServer
from tests.imap.conftest import NOON, MakeMailbox
from tests.imap.record import NAME, Record, letter
from tests.imap.test_link import linked
from tests.imap.test_sync import asked

YESTERDAY = NOON - timedelta(days=1)
LATER = NOON + timedelta(hours=1)

EVERY_SERVER = pytest.mark.parametrize(
    "server", [(), ("QRESYNC",), ("CONDSTORE",)], ids=["qresync", "condstore", "neither"], indirect=True
)


def put_back(folder: Folder, *, lost: int, come: int) -> list[bytes]:
    """A backup is put back that lacks the last mails, and others come; their octets."""
    gone = folder.uids[-lost:]
    folder.expunge(gone)
    folder.uid_next = gone[0]
    return [folder.append(letter(5000 + 111 * n, octets=70 * n), received_at=LATER).raw for n in range(1, come + 1)]


@EVERY_SERVER
@pytest.mark.parametrize("name", ["INBOX", "Clients"])
@pytest.mark.parametrize("come", [3, 5, 15], ids=["as-many", "more", "more-than-are-asked-for"])
async def test_mail_under_numbers_that_were_given_away_again_is_read_though_uidnext_is_no_lower(
    ann: Account, make_mailbox: MakeMailbox, record: Record, clock: FakeClock, name: str, come: int
) -> None:
    folder = ann.folder(name)
    for number in range(10):
        folder.append(letter(number), received_at=YESTERDAY)
    await record.keep(make_mailbox(folders=("Clients",)).catch_up(record))
    clock.advance(timedelta(hours=2))
    fresh = put_back(folder, lost=3, come=come)
    folder.set_flags(1, ["\\Flagged"])

    for _ in range(2):
        await record.keep(make_mailbox(folders=("Clients",)).catch_up(record))

    assert record.agrees_with(folder)
    assert sorted({*record.live}) == sorted(fresh)


def fall_back(folder: Folder, *, uid_next: int, highest_modseq: int) -> None:
    """The server lost what came last, and knows nothing of it."""
    folder.expunge([uid for uid in folder.uids if uid >= uid_next])
    folder.uid_next, folder.highest_modseq = uid_next, highest_modseq
    folder._journal[:] = [one for one in folder._journal if one.modseq <= highest_modseq]


@EVERY_SERVER
@pytest.mark.parametrize("name", ["INBOX", "Clients"])
@pytest.mark.parametrize("message_id", [11, 10], ids=["another", "the same Message-ID"])
async def test_a_mail_that_takes_the_place_of_the_last_one_is_read_though_every_count_is_as_before(
    ann: Account, make_mailbox: MakeMailbox, record: Record, clock: FakeClock, name: str, message_id: int
) -> None:
    folder = ann.folder(name)
    for number in range(10):
        folder.append(letter(number), received_at=YESTERDAY)
    counts = folder.highest_modseq
    folder.append(letter(10), received_at=NOON)
    await record.keep(make_mailbox(folders=("Clients",)).catch_up(record))
    clock.advance(timedelta(hours=2))
    fall_back(folder, uid_next=11, highest_modseq=counts)  # the stand-in of a server that failed was a mail behind
    fresh = folder.append(letter(message_id, octets=140), received_at=LATER).raw

    for _ in range(2):
        await record.keep(make_mailbox(folders=("Clients",)).catch_up(record))

    assert record.agrees_with(folder)
    assert record.live == [fresh]


@EVERY_SERVER
async def test_mail_under_numbers_given_away_again_is_read_though_the_newest_of_it_is_gone(
    ann: Account, make_mailbox: MakeMailbox, record: Record, clock: FakeClock
) -> None:
    inbox = ann.folder("INBOX")
    for number in range(30):
        inbox.append(letter(number), received_at=YESTERDAY)
    await record.keep(make_mailbox().catch_up(record))
    clock.advance(timedelta(hours=2))
    fresh = put_back(inbox, lost=12, come=12)
    inbox.expunge(inbox.uids[-9:])  # the owner put these away

    for _ in range(2):
        await record.keep(make_mailbox().catch_up(record))

    assert record.agrees_with(inbox)
    assert sorted({*record.live}) == sorted(fresh[:3])


@EVERY_SERVER
async def test_mail_under_a_number_that_was_put_away_before_is_read_though_as_much_went(
    ann: Account, make_mailbox: MakeMailbox, record: Record, clock: FakeClock
) -> None:
    inbox = ann.folder("INBOX")
    for number in range(5):
        inbox.append(letter(number), received_at=YESTERDAY)
    counts = inbox.highest_modseq
    inbox.append(letter(5), received_at=YESTERDAY)
    await record.keep(make_mailbox().catch_up(record))
    inbox.expunge([6])  # the owner put it away, as is on record
    await record.keep(make_mailbox().catch_up(record))
    clock.advance(timedelta(hours=2))
    fall_back(inbox, uid_next=6, highest_modseq=counts)
    fresh = inbox.append(letter(6), received_at=LATER).raw
    inbox.expunge([2])

    for _ in range(2):
        await record.keep(make_mailbox().catch_up(record))

    assert record.agrees_with(inbox)
    assert record.live == [fresh]


class Readers:
    """Readers of INBOX, each over a connection of its own; what one offers waits to be put on record."""

    def __init__(self, server: MailServer, record: Record, clock: FakeClock) -> None:
        self._server, self._record, self._clock = server, record, clock
        self.memory = FolderMemory("INBOX", FolderRole.INBOX)
        self._links: list[Link] = []

    def one(self) -> tuple[FolderSync, list[Step]]:
        steps: list[Step] = []

        async def offer(step: Step) -> None:
            steps.append(step)

        self._links.append(link := linked(self._server))
        sync = FolderSync(link, self.memory, mailbox=NAME, known=self._record, clock=self._clock, offer=offer)
        return sync, steps

    def commit(self, steps: list[Step]) -> None:
        for step in steps:
            batch = step.batch(NAME, self.memory)
            if batch is not None:
                self._record.commit(batch)
                self.memory.committed(batch)
        steps.clear()

    async def close(self) -> None:
        for link in self._links:
            await link.close()


@pytest.fixture
async def readers(server: MailServer, record: Record, clock: FakeClock) -> AsyncIterator[Readers]:
    made = Readers(server, record, clock)
    yield made
    await made.close()


@pytest.mark.parametrize("seen_by", ["live", "errand"])
async def test_what_was_read_by_numbers_that_were_taken_back_meanwhile_is_not_put_on_record(
    readers: Readers, ann: Account, record: Record, clock: FakeClock, seen_by: str
) -> None:
    inbox = ann.folder("INBOX")
    for number in range(SCREEN + 10):
        inbox.append(letter(number), received_at=YESTERDAY)
    (errand, late), (other, steps) = readers.one(), readers.one()
    await errand.check()
    readers.commit(late)
    await backfill(errand)
    clock.advance(timedelta(hours=2))
    fresh = put_back(inbox, lost=3, come=2)
    await (other.check() if seen_by == "live" else backfill(other))

    readers.commit(steps)
    readers.commit(late)
    while readers.memory.unread:
        await backfill(other)
        readers.commit(steps)

    assert record.agrees_with(inbox)
    assert sorted(record.live) == sorted(fresh)


async def test_numbers_that_could_not_be_asked_about_are_asked_about_at_the_next_look(
    server: MailServer, readers: Readers, ann: Account, record: Record, clock: FakeClock
) -> None:
    inbox = ann.folder("INBOX")
    first, steps = readers.one()
    for number in range(10):
        inbox.append(letter(number), received_at=YESTERDAY)
    await first.check()
    readers.commit(steps)
    await backfill(first)
    readers.commit(steps)
    clock.advance(timedelta(hours=2))
    fresh = put_back(inbox, lost=3, come=15)

    async def busy(exchange: Exchange) -> bool:
        if b"MESSAGE-ID" not in asked(exchange):
            return False
        await exchange.send(exchange.tag + b" NO [INUSE] try later\r\n")
        return True

    again, steps = readers.one()
    server.faults["UID FETCH"] = busy
    with pytest.raises(BusyError):
        await again.check()
    readers.commit(steps)
    server.faults.clear()
    await again.check()
    readers.commit(steps)
    while readers.memory.unread:
        await backfill(again)
        readers.commit(steps)

    assert record.agrees_with(inbox)
    assert sorted(record.live) == sorted(fresh)
