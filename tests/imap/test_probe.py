"""A mailbox is looked at before it is watched, and what is wrong is said so that a person can act."""

from __future__ import annotations

import socket

import pytest

from inboxcrm.errors import UserError
from inboxcrm.imap.errors import LoginRefusedError
from inboxcrm.imap.probe import MailboxUnreachableError, probe
from inboxcrm.ports import FolderRole
from inboxcrm.testing.imap_profiles import Profile
from inboxcrm.testing.imap_server import Account, Exchange, MailServer
from tests.imap.record import configured, letter


async def test_a_probe_tells_what_there_is(server: MailServer, ann: Account) -> None:
    for number in range(30):
        ann.folder("INBOX").append(letter(number))

    report = await probe(configured(server.host, server.port, folders=("Nowhere",)), lambda: "secret", newest=3)

    assert report.idle
    assert report.sent == "Sent"
    assert ("INBOX", FolderRole.INBOX) in report.folders
    assert ("Junk", FolderRole.JUNK) in report.folders
    assert report.missing == ("Nowhere",)
    assert report.inbox_count == 30
    assert [block.split()[1] for block in report.header_blocks] == [
        b"<m29@example.org>",
        b"<m28@example.org>",
        b"<m27@example.org>",
    ]
    assert all(b"hello" not in block for block in report.header_blocks)


async def test_a_wrong_password_is_named_without_being_shown(server: MailServer, ann: Account) -> None:
    with pytest.raises(LoginRefusedError, match=r"config\.toml") as caught:
        await probe(configured(server.host, server.port), lambda: "tops3cret")

    assert "tops3cret" not in str(caught.value)


async def test_a_server_that_is_not_there_is_the_users_to_mend() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(MailboxUnreachableError, match="doctor"):
        await probe(configured("127.0.0.1", port), lambda: "x")


async def test_a_full_house_is_explained(server: MailServer, ann: Account) -> None:
    async def full(exchange: Exchange) -> bool:
        await exchange.send(exchange.tag + b" NO [LIMIT] Too many connections\r\n")
        return True

    server.faults["LOGIN"] = full

    with pytest.raises(MailboxUnreachableError, match="five minutes"):
        await probe(configured(server.host, server.port), lambda: "secret")


async def test_a_password_that_cannot_be_found_is_passed_on(server: MailServer, ann: Account) -> None:
    def missing() -> str:
        raise UserError("ANN_PASSWORD is not set")

    with pytest.raises(UserError, match="ANN_PASSWORD"):
        await probe(configured(server.host, server.port), missing)


@pytest.mark.parametrize(
    ("said", "full"),
    [
        (b'* QUOTAROOT INBOX "User quota"\r\n* QUOTA "User quota" (STORAGE 190 200 MESSAGE 1 1000)\r\n', 0.95),
        (b'* QUOTAROOT INBOX ""\r\n* QUOTA "" (STORAGE 190 0)\r\n', None),
        (b"* QUOTAROOT INBOX\r\n", None),
        (b"* QUOTA what (is this\r\n", None),
        (b"* QUOTA x (STORAGE many more)\r\n", None),
    ],
    ids=["nearly full", "without a bound", "no root", "not to be read", "no numbers"],
)
async def test_a_probe_tells_how_full_the_mailbox_is(said: bytes, full: float | None) -> None:
    async def quota(exchange: Exchange) -> bool:
        await exchange.send(said + exchange.tag + b" OK Getquotaroot completed.\r\n")
        return True

    async with MailServer(profile=Profile("with bounds", adds=("QUOTA",))) as server:
        server.account("ann", "secret")
        server.faults["GETQUOTAROOT"] = quota
        report = await probe(configured(server.host, server.port), lambda: "secret")
        server.faults.clear()
        refused = await probe(configured(server.host, server.port), lambda: "secret")

    assert (report.full, refused.full) == (full, None)
