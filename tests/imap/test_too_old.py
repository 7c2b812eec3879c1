"""What is older than anything the owner keeps stays on the server: a first reading neither lists nor fetches it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inboxcrm.imap.watcher import ImapMailbox
from inboxcrm.testing.clock import FakeClock
from inboxcrm.testing.imap_server import Account, Folder, MailServer
from tests.imap.conftest import NOON, MakeMailbox
from tests.imap.record import Record
from tests.imap.test_listing import _of as numbered
from tests.imap.test_listing import lists_asked_for, slow
from tests.imap.test_sync import EVERY_SERVER

__all__ = ["slow"]

LIMIT = NOON - timedelta(days=365)
OLD = 700
YOUNG = 600
"""Enough to be listed on a slow line."""


@pytest.fixture
def mailbox(make_mailbox: MakeMailbox) -> ImapMailbox:
    return make_mailbox(kept_from=LIMIT)


@pytest.fixture
def archive(ann: Account) -> Folder:
    """Old mail, and after it mail of the last year; one came within the day that SEARCH cannot tell."""
    folder = ann.folder("Archive")
    for number in range(OLD + YOUNG):
        first = LIMIT - timedelta(days=2 * OLD) if number < OLD else LIMIT - timedelta(hours=5)
        folder.append(numbered(folder, number), received_at=first + timedelta(hours=number))
    return folder


def fetched(record: Record) -> set[int]:
    return {one.uid for batch in record.batches for one in batch.arrivals if batch.folder == "Archive"}


@pytest.mark.usefixtures("slow")
async def test_it_is_neither_listed_nor_fetched_and_nothing_is_left_to_read(
    archive: Folder, mailbox: ImapMailbox, record: Record, server: MailServer
) -> None:
    await record.keep(mailbox.catch_up(record))

    listed = {one.uid for batch in record.batches for one in batch.listed}
    assert lists_asked_for(server)
    assert min(listed) == min(fetched(record)) == OLD + 1
    assert fetched(record) == {*range(OLD + 1, OLD + YOUNG + 1)}
    assert record.positions["Archive"].backfill_below is None
    assert [batch for batch in record.batches if batch.folder == "Archive"][-1].remaining == 0


@EVERY_SERVER
async def test_it_is_looked_for_once_and_no_look_takes_it_for_gone_or_new(
    archive: Folder, mailbox: ImapMailbox, make_mailbox: MakeMailbox, record: Record, server: MailServer,
    clock: FakeClock,
) -> None:  # fmt: skip
    await record.keep(mailbox.catch_up(record))
    await mailbox.close()
    again, before = make_mailbox(kept_from=LIMIT), fetched(record)

    searches = []
    for _ in range(3):
        clock.advance(timedelta(hours=1))
        server.traffic.clear()
        await record.keep(again.catch_up(record))
        searches.append(server.traffic.commands["UID SEARCH"])
    archive.expunge([OLD + 1])
    archive.expunge([1])
    clock.advance(timedelta(hours=1))
    await record.keep(again.catch_up(record))

    assert searches[1:] == [0, 0]
    assert fetched(record) == before
    assert {low for batch in record.batches for low, _ in batch.vanished} - {1} == {OLD + 1}  # QRESYNC tells of both
    assert record.positions["Archive"].backfill_below is None


async def test_it_stays_there_when_the_folder_is_renumbered(
    archive: Folder, mailbox: ImapMailbox, record: Record, clock: FakeClock
) -> None:
    await record.keep(mailbox.catch_up(record))
    clock.advance(timedelta(hours=2))
    archive.reset_uid_validity(None)
    before = len(record.batches)

    await record.keep(mailbox.catch_up(record))

    assert [batch.reset for batch in record.batches[before:] if batch.folder == "Archive"].count(True) == 1
    assert not [one for batch in record.batches[before:] for one in batch.arrivals]
    assert record.positions["Archive"].backfill_below is None
