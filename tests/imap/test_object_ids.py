"""A server that numbers its folders for good (OBJECTID, RFC 8474) leaves no doubt about one that was renamed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
from imapclient import IMAPClient

from inboxcrm.config import MailboxConfig, PasswordSource, Security, Server
from inboxcrm.testing.imap_folders import Account
from inboxcrm.testing.imap_profiles import FASTMAIL
from inboxcrm.testing.imap_server import MailServer
from tests.imap.conftest import MakeMailbox
from tests.imap.record import NAME, Record, letter
from tests.imap.test_real_servers import Place, same
from tests.imap.test_sync import YESTERDAY
from tests.servers.cyrus import Cyrus

CLIENTS = ("Clients",)


@pytest.fixture(params=[True, False], ids=["numbered", "not numbered"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[MailServer]:
    async with MailServer(profile=FASTMAIL if request.param else None) as one:
        yield one


@pytest.fixture
def numbered(request: pytest.FixtureRequest) -> bool:
    """Whether the server does."""
    return "not" not in str(request.node.callspec.id)


def emptied_and_filled_again(ann: Account) -> None:
    """Nothing by which it was known is left in it."""
    ann.rename("Clients", "Kunden")
    ann.folder("Kunden").expunge(ann.folder("Kunden").uids)
    ann.folder("Kunden").append(letter(50), received_at=YESTERDAY)


def beside_a_copy(ann: Account) -> None:
    """Two could be it by their numbers and their mail."""
    ann.rename("Clients", "Kunden")
    copy = ann.folder("Copy")
    copy.uid_validity = ann.folder("Kunden").uid_validity
    for number in range(3):
        copy.append(letter(number), received_at=YESTERDAY)


@pytest.mark.parametrize("change", [emptied_and_filled_again, beside_a_copy])
async def test_a_folder_of_the_settings_is_followed_by_its_number_where_its_mail_leaves_a_doubt(
    numbered: bool,
    ann: Account,
    make_mailbox: MakeMailbox,
    record: Record,
    change: Callable[[Account], None],
) -> None:
    for number in range(3):
        ann.folder("Clients").append(letter(number), received_at=YESTERDAY)
    await record.keep(make_mailbox(folders=CLIENTS).catch_up(record))

    change(ann)
    again = make_mailbox(folders=CLIENTS)
    for _ in range(2):  # it is taken over first, and read on at the next look
        await record.keep(again.catch_up(record))

    assert again.status.missing_folders == (() if numbered else CLIENTS)
    assert ("Kunden" in record.positions) is numbered
    assert "Copy" not in record.positions
    assert record.live == []
    if numbered:
        assert record.agrees_with(ann.folder("Kunden"))


async def test_a_copy_of_a_folder_that_was_deleted_is_another_folder(
    numbered: bool, ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    ann.folder("Archive").append(letter(1), received_at=YESTERDAY)
    await record.keep(make_mailbox().catch_up(record))
    validity = ann.folder("Archive").uid_validity

    ann.delete("Archive")
    copy = ann.folder("Copy")
    copy.uid_validity = validity
    copy.append(letter(1), received_at=YESTERDAY)
    await record.keep(make_mailbox(folders=("Copy",)).catch_up(record))

    assert record.agrees_with(copy)
    assert ("Archive" in record.positions) is numbered


async def test_the_number_of_a_folder_on_record_is_learnt_at_the_next_look(
    numbered: bool, ann: Account, make_mailbox: MakeMailbox, record: Record
) -> None:
    ann.folder("Archive").append(letter(1), received_at=YESTERDAY)
    await record.keep(make_mailbox().catch_up(record))
    record.positions["Archive"] = replace(record.positions["Archive"], object_id=None)

    await record.keep(make_mailbox().catch_up(record))

    wanted = ann.folder("Archive").object_id if numbered else None
    assert record.positions["Archive"].object_id == wanted


@pytest.mark.server
async def test_cyrus_renaming_a_folder_in_which_all_mail_changed_is_followed(
    cyrus: Cyrus, user: str, record: Record
) -> None:
    cyrus.add_user(user)
    where = Server(cyrus.host, cyrus.port, Security.NONE)
    config = MailboxConfig(NAME, where, where, user, PasswordSource(env="UNUSED"), folders=CLIENTS)
    place = Place(config, cyrus.password, lambda raw: cyrus.deliver(user, raw))
    client: IMAPClient = place.other_client()
    assert client.has_capability("OBJECTID")
    client.create_folder("Clients")
    client.append("Clients", letter(1))
    await record.keep(place.mailbox().catch_up(record))
    number = record.positions["Clients"].object_id

    client.rename_folder("Clients", "Kunden")
    client.select_folder("Kunden")
    client.delete_messages(client.search("ALL"))
    client.expunge()
    client.append("Kunden", letter(2))
    client.logout()
    mailbox = place.mailbox()
    for _ in range(2):
        await record.keep(mailbox.catch_up(record))
    await mailbox.close()

    assert number is not None
    assert record.positions["Kunden"].object_id == number
    assert mailbox.status.missing_folders == ()
    assert same(record, place, "Kunden")
