"""What comes while a folder is read for the first time is news, wherever it lies; what was there before is none."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from inboxcrm.imap.backlog import SCREEN
from inboxcrm.imap.decisions import BACKLOG_MESSAGES, FOLDERFUL
from inboxcrm.testing.clock import FakeClock
from inboxcrm.testing.imap_server import Account, Folder
from tests.imap.conftest import NOON, MakeMailbox
from tests.imap.record import Record, letter

LATER = NOON + timedelta(hours=3)
OLD = SCREEN + BACKLOG_MESSAGES + 50

EVERY_SERVER = pytest.mark.parametrize(
    "server", [(), ("QRESYNC",), ("CONDSTORE",)], ids=["qresync", "condstore", "neither"], indirect=True
)


def full(folder: Folder) -> Folder:
    """With more old mail than comes at once, the last of it minutes before the first look."""
    for number in range(OLD):
        folder.append(letter(number), received_at=NOON - timedelta(minutes=OLD - number))
    return folder


async def begun(make_mailbox: MakeMailbox, record: Record, name: str, clock: FakeClock) -> None:
    """A first reading that was interrupted: the folder's screen and a batch are on record."""
    box = make_mailbox(folders=("Clients",))
    async for batch in box.catch_up(record):
        record.commit(batch)
        if len(record.held.get(name, {})) > SCREEN:
            break
    clock.advance(timedelta(hours=4))


@EVERY_SERVER
async def test_what_a_filter_puts_into_another_folder_is_news_while_that_is_read_for_the_first_time(
    ann: Account, make_mailbox: MakeMailbox, record: Record, clock: FakeClock
) -> None:
    clients = full(ann.folder("Clients"))
    await begun(make_mailbox, record, "Clients", clock)
    clients.append(letter(OLD + 1), received_at=LATER)
    clients.append(letter(OLD + 2), received_at=NOON - timedelta(days=2))  # moved there by hand

    await record.keep(make_mailbox(folders=("Clients",)).catch_up(record))

    assert record.agrees_with(clients)
    assert record.live == [letter(OLD + 1)]


@pytest.mark.parametrize("name", ["INBOX", "Clients"])
async def test_what_came_before_a_folder_was_renumbered_in_its_first_reading_is_news(
    ann: Account, make_mailbox: MakeMailbox, record: Record, clock: FakeClock, name: str
) -> None:
    folder = full(ann.folder(name))
    await begun(make_mailbox, record, name, clock)
    folder.append(letter(OLD + 1), received_at=LATER)
    folder.reset_uid_validity()

    await record.keep(make_mailbox(folders=("Clients",)).catch_up(record))

    assert record.agrees_with(folder)
    assert record.live == [letter(OLD + 1)]


@pytest.mark.parametrize("name", ["INBOX", "Clients"])
async def test_what_came_under_numbers_taken_back_in_a_first_reading_is_news(
    ann: Account, make_mailbox: MakeMailbox, record: Record, clock: FakeClock, name: str
) -> None:
    folder = full(ann.folder(name))
    await begun(make_mailbox, record, name, clock)
    folder.expunge([OLD - 2, OLD - 1, OLD])  # put back from a backup
    folder.uid_next = OLD - 2
    folder.append(letter(OLD + 1), received_at=LATER)

    await record.keep(make_mailbox(folders=("Clients",)).catch_up(record))

    assert record.agrees_with(folder)
    assert record.live == [letter(OLD + 1)]


@EVERY_SERVER
@pytest.mark.parametrize("name", ["INBOX", "Sent"])
async def test_a_folder_of_old_mail_that_is_emptied_into_the_inbox_is_history_and_a_few_found_among_junk_are_news(
    ann: Account, make_mailbox: MakeMailbox, record: Record, clock: FakeClock, name: str
) -> None:
    folder, months = ann.folder(name), timedelta(days=90)
    await record.keep(make_mailbox().catch_up(record))
    clock.advance(timedelta(hours=2))
    for number in range(4):
        folder.append(letter(number), received_at=NOON - months)
    await record.keep(make_mailbox().catch_up(record))
    a_few = len(record.live)
    clock.advance(timedelta(hours=2))
    for number in range(10, 10 + FOLDERFUL + 1):
        folder.append(letter(number), received_at=NOON - months)
    folder.append(letter(100), received_at=NOON - timedelta(days=20))
    folder.append(letter(101), received_at=LATER)

    await record.keep(make_mailbox().catch_up(record))

    assert record.agrees_with(folder)
    assert a_few == 4
    assert sorted(record.live[a_few:]) == [letter(100), letter(101)]


async def test_old_mail_that_is_copied_into_the_inbox_one_by_one_is_history_after_a_few(
    ann: Account, make_mailbox: MakeMailbox, record: Record, clock: FakeClock
) -> None:
    inbox, mailbox, months = ann.folder("INBOX"), make_mailbox(), timedelta(days=90)
    await record.keep(mailbox.catch_up(record))
    for number in range(FOLDERFUL + 5):
        clock.advance(timedelta(minutes=1))
        inbox.append(letter(number), received_at=NOON - months)
        await record.keep(mailbox.catch_up(record))
    at_once = len(record.live)
    clock.advance(timedelta(hours=2))
    inbox.append(letter(100), received_at=NOON - months)  # found among what was overlooked

    await record.keep(mailbox.catch_up(record))

    assert record.agrees_with(inbox)
    assert at_once == FOLDERFUL
    assert record.live[-1] == letter(100)


@EVERY_SERVER
@pytest.mark.parametrize("enrolled_at", [NOON - timedelta(days=9), NOON + timedelta(hours=2)], ids=["long ago", "just"])
async def test_what_came_into_a_folder_that_is_read_for_the_first_time_since_the_mailbox_was_last_read_is_news(
    ann: Account, make_mailbox: MakeMailbox, record: Record, clock: FakeClock, enrolled_at: datetime
) -> None:
    await record.keep(make_mailbox().catch_up(record))
    record.read = (enrolled_at, NOON)
    clients = ann.folder("Clients")
    clients.append(letter(1), received_at=NOON - timedelta(days=2))
    clients.append(letter(2), received_at=NOON + timedelta(hours=1))
    clients.append(letter(3), received_at=LATER)
    clock.advance(timedelta(hours=4))

    await record.keep(make_mailbox(folders=("Clients",)).catch_up(record))  # the owner named it meanwhile

    assert record.agrees_with(clients)
    assert sorted(record.live) == [letter(number) for number in (2, 3) if enrolled_at < NOON or number == 3]


@EVERY_SERVER
async def test_what_came_while_nobody_watched_for_months_is_news_however_much_it_is(
    ann: Account, make_mailbox: MakeMailbox, record: Record, clock: FakeClock
) -> None:
    inbox = ann.folder("INBOX")
    await record.keep(make_mailbox().catch_up(record))
    letters = [letter(number) for number in range(FOLDERFUL + 5)]
    for number, one in enumerate(letters):
        inbox.append(one, received_at=NOON + timedelta(hours=number))
    clock.advance(timedelta(days=90))

    await record.keep(make_mailbox().catch_up(record))

    assert sorted(record.live) == sorted(letters)


async def test_a_clock_that_ran_ahead_makes_no_history_of_what_comes_once_it_is_right(
    ann: Account, make_mailbox: MakeMailbox, record: Record, clock: FakeClock
) -> None:
    clients = ann.folder("Clients")
    clients.append(letter(1), received_at=NOON - timedelta(days=2))
    clock.jump(timedelta(days=3650))
    await record.keep(make_mailbox(folders=("Clients",)).catch_up(record))
    clock.jump(timedelta(days=-3650, hours=4))
    clients.append(letter(2), received_at=LATER)

    await record.keep(make_mailbox(folders=("Clients",)).catch_up(record))

    assert record.live == [letter(2)]
