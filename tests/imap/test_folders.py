"""Which folders are read, in what order, and what becomes of them when other programs move things about."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta

import pytest

from inboxcrm.imap.account import Timing
from inboxcrm.imap.folders import choose
from inboxcrm.imap.names import Listed
from inboxcrm.imap.watcher import ImapMailbox
from inboxcrm.ports import FolderRole
from inboxcrm.testing.clock import FakeClock
from inboxcrm.testing.imap_server import Account, Exchange, MailServer
from tests.imap.conftest import NOON, MakeMailbox
from tests.imap.record import Record, letter
from tests.imap.test_sync import YESTERDAY, bodies_asked_for


def folder(name: str, *attributes: str) -> Listed:
    return Listed(name, frozenset(attributes), "/")


@pytest.mark.parametrize(
    ("found", "configured", "watched"),
    [
        pytest.param([folder("INBOX")], (), ["INBOX"], id="inbox-alone"),
        pytest.param(
            [folder("INBOX"), folder("Old", "archive"), folder("Out", "sent"), folder("Junk", "junk")],
            (),
            ["INBOX", "Out", "Old"],
            id="sent-and-archive-by-special-use",
        ),
        pytest.param(
            [folder("INBOX"), folder("Clients"), folder("Archive", "archive")],
            ("Clients", "Archive"),
            ["INBOX", "Archive", "Clients"],
            id="others-by-choice-and-none-twice",
        ),
        pytest.param([folder("INBOX"), folder("All", "all")], (), ["INBOX"], id="everything-again-is-not-read"),
        pytest.param(
            [folder("INBOX"), folder("Archive", "archive", "noselect")], (), ["INBOX"], id="not-what-cannot-be-opened"
        ),
    ],
)
def test_which_folders_are_read(found: list[Listed], configured: tuple[str, ...], watched: list[str]) -> None:
    assert [name for name, _ in choose(found, configured).watched] == watched


async def test_a_mail_that_is_archived_and_brought_back_is_one_mail(
    ann: Account, mailbox: ImapMailbox, record: Record
) -> None:
    await record.keep(mailbox.catch_up(record))
    inbox, archive = ann.folder("INBOX"), ann.folder("Archive")
    raw = inbox.append(letter(1), received_at=NOON).raw
    await record.keep(mailbox.catch_up(record))

    inbox.expunge([1])
    archive.append(raw, received_at=NOON)
    await record.keep(mailbox.catch_up(record))
    archive.expunge([1])
    inbox.append(raw, received_at=NOON)
    await record.keep(mailbox.catch_up(record))

    assert record.agrees_with(inbox)
    assert record.agrees_with(archive)


async def test_old_mail_that_is_put_into_the_archive_is_no_news(
    ann: Account, mailbox: ImapMailbox, record: Record, clock: FakeClock
) -> None:
    await record.keep(mailbox.catch_up(record))
    clock.advance(timedelta(minutes=30))

    ann.folder("Archive").append(letter(1), received_at=YESTERDAY)
    ann.folder("Archive").append(letter(2), received_at=clock.now())
    await record.keep(mailbox.catch_up(record))

    assert record.live == [letter(2)]
    assert record.agrees_with(ann.folder("Archive"))


@pytest.mark.parametrize("server", [(), ("CONDSTORE",)], ids=["qresync", "neither"], indirect=True)
async def test_a_renamed_folder_is_recognised_and_nothing_of_it_read_again(
    server: MailServer, ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    for number in range(20):
        ann.folder("Archive").append(letter(number), received_at=YESTERDAY)
    await record.keep(make_mailbox().catch_up(record))
    before = bodies_asked_for(server)

    ann.rename("Archive", "Ablage")
    ann.folder("Ablage").set_flags(3, ["\\Flagged"])
    await record.keep(make_mailbox().catch_up(record))
    await record.keep(make_mailbox().catch_up(record))

    assert bodies_asked_for(server) == before
    assert record.agrees_with(ann.folder("Ablage"))
    assert "Archive" not in record.positions


async def test_another_folder_with_the_same_numbers_is_not_taken_for_the_one_that_went(
    ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    ann.folder("Archive").append(letter(1), received_at=YESTERDAY)
    await record.keep(make_mailbox().catch_up(record))

    validity = ann.folder("Archive").uid_validity
    ann.delete("Archive")
    other = ann.folder("Other")
    other.uid_validity = validity
    other.append(letter(2), received_at=YESTERDAY)
    await record.keep(make_mailbox(folders=("Other",)).catch_up(record))

    assert record.agrees_with(other)
    assert record.held["Archive"] != {}


async def test_every_folder_shows_its_newest_before_one_is_read_to_its_end(
    ann: Account, mailbox: ImapMailbox, record: Record
) -> None:
    for number in range(700):
        ann.folder("INBOX").append(letter(number), received_at=YESTERDAY)
    for number in range(700, 850):
        ann.folder("Sent").append(letter(number), received_at=YESTERDAY)

    async for batch in mailbox.watch(record):
        record.commit(batch)
        if all(record.agrees_with(ann.folder(name)) for name in ("INBOX", "Sent")):
            break

    order = [batch.folder for batch in record.batches if batch.arrivals]
    assert order.index("Sent") < 3
    assert order.count("INBOX") == 4


async def test_the_newest_of_a_large_folder_are_read_before_the_rest_is_listed(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record
) -> None:
    for number in range(2100):
        ann.folder("INBOX").append(letter(number), received_at=YESTERDAY)

    await record.keep(mailbox.watch(record), most=2)

    first = next(batch for batch in record.batches if batch.arrivals)
    assert [one.uid for one in first.arrivals] == list(range(2100, 2050, -1))
    assert first.remaining == 2050
    asked = [line for line in server.traffic.lines if b"UID SEARCH" in line]
    assert [line.split()[-1] for line in asked] == [b"2001:2100"]
    assert server.traffic.connections == 1  # no second one was waited for

    await record.keep(mailbox.catch_up(record))
    assert record.agrees_with(ann.folder("INBOX"))


def test_the_archive_has_a_role_of_its_own() -> None:
    assert choose([folder("INBOX"), folder("Old", "archive")], ()).watched[1] == ("Old", FolderRole.ARCHIVE)


CLIENTS = ("Clients",)


@pytest.mark.parametrize("server", [(), ("CONDSTORE",)], ids=["qresync", "neither"], indirect=True)
@pytest.mark.parametrize("held", [12, 0], ids=["with mail", "empty"])
async def test_a_folder_of_the_settings_that_was_renamed_is_followed(
    server: MailServer, ann: Account, make_mailbox: MakeMailbox, record: Record, held: int
) -> None:
    ann.folder("Private").append(letter(100), received_at=YESTERDAY)
    ann.folder("Clients")
    for number in range(held):
        ann.folder("Clients").append(letter(number), received_at=YESTERDAY)
    await record.keep(make_mailbox(folders=CLIENTS).catch_up(record))
    before = bodies_asked_for(server)

    for old, new in itertools.pairwise(("Clients", "Customers", "Kunden")):
        ann.rename(old, new)
        await record.keep(make_mailbox(folders=CLIENTS).catch_up(record))
    assert bodies_asked_for(server) == before

    server.traffic.clear()
    ann.folder("Kunden").append(letter(50), received_at=NOON)
    again = make_mailbox(folders=CLIENTS)
    await record.keep(again.catch_up(record))

    assert record.live == [letter(50)]
    assert record.agrees_with(ann.folder("Kunden"))
    assert again.status.missing_folders == ()
    assert "Private" not in record.positions
    assert server.traffic.commands["STATUS"] == 0  # the name was remembered


async def test_a_folder_of_the_settings_that_is_renamed_meanwhile_is_followed(
    ann: Account, make_mailbox: MakeMailbox, record: Record, clock: FakeClock
) -> None:
    ann.folder("Clients").append(letter(1), received_at=YESTERDAY)
    mailbox = make_mailbox(folders=CLIENTS, timing=Timing(poll=0.1))

    async for batch in mailbox.watch(record):
        record.commit(batch)
        if batch.folder == "Clients" and batch.arrivals:
            ann.rename("Clients", "Kunden")
            ann.folder("Kunden").append(letter(2), received_at=NOON)
            clock.advance(timedelta(minutes=2))  # when the other folders are looked at
        if record.live:
            break

    assert record.live == [letter(2)]
    assert record.agrees_with(ann.folder("Kunden"))


@pytest.mark.parametrize(
    ("held", "others"),
    [
        pytest.param(1, {"Private": 1}, id="another has other mail under its numbers"),
        pytest.param(1, {"Private": 0}, id="another is empty"),
        pytest.param(0, {"Private": 0, "Secret": 0}, id="it was empty, and two others are"),
    ],
)
async def test_a_folder_of_the_settings_that_is_gone_is_sought_in_vain(
    ann: Account, make_mailbox: MakeMailbox, record: Record, held: int, others: dict[str, int]
) -> None:
    validity = ann.folder("Clients").uid_validity
    for _ in range(held):
        ann.folder("Clients").append(letter(1), received_at=YESTERDAY)
    await record.keep(make_mailbox(folders=CLIENTS).catch_up(record))
    ann.delete("Clients")
    for name, count in others.items():
        ann.folder(name).uid_validity = validity
        for _ in range(count):
            ann.folder(name).append(letter(2), received_at=YESTERDAY)

    mailbox = make_mailbox(folders=CLIENTS)
    await record.keep(mailbox.catch_up(record))

    assert mailbox.status.missing_folders == CLIENTS
    assert not others.keys() & record.positions.keys()


async def test_a_folder_renumbered_before_its_turn_is_read_under_its_new_numbers(
    server: MailServer, ann: Account, mailbox: ImapMailbox, record: Record
) -> None:
    inbox = ann.folder("INBOX")
    for number in range(60):
        inbox.append(letter(number), received_at=YESTERDAY)
    left = [1]

    async def renumber(exchange: Exchange) -> bool:
        if left and exchange.command is not None and b"Archive" in exchange.command.raw:
            left.clear()
            inbox.reset_uid_validity()
        return False

    server.faults["EXAMINE"] = renumber
    async with asyncio.timeout(60):
        await record.keep(mailbox.catch_up(record))

    assert not left
    assert record.agrees_with(inbox)
