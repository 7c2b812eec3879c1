"""One story with every provider: read what was there, hear what comes, follow what other programs do, lose nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from inboxcrm.clock import SystemClock
from inboxcrm.imap.account import Account as Shared
from inboxcrm.imap.account import Timing
from inboxcrm.imap.opening import Limits
from inboxcrm.imap.watcher import ImapMailbox
from inboxcrm.ports import MailboxState
from inboxcrm.testing.clock import FakeClock
from inboxcrm.testing.imap_profiles import (
    EXCHANGE,
    FASTMAIL,
    GMAIL,
    MICROSOFT_365,
    PROFILES,
    PROTON_BRIDGE,
    YAHOO,
    Profile,
)
from inboxcrm.testing.imap_server import Account, Exchange, Folder, MailServer
from tests.imap.conftest import NOON, MakeMailbox
from tests.imap.record import Record, configured, letter
from tests.imap.test_sync import YESTERDAY
from tests.imap.test_watcher import until, watched

TIMING = Timing(idle=0.2, poll=0.2, others=0.2, without_idle=0.05, changes=0.05)


@pytest.fixture
async def server(request: pytest.FixtureRequest) -> AsyncIterator[MailServer]:
    """A server that imitates the provider."""
    async with MailServer(profile=request.param) as one:
        yield one
        assert one.traffic.flag_changes == 0
        assert one.traffic.unpeeked == 0
        assert one.traffic.writable == 0


def every_provider(*profiles: Profile) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("server", profiles, ids=lambda one: one.name, indirect=True)


class Owner:
    """The account as its owner's other programs use it."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.inbox = account.folder("INBOX")
        self.sent = account.used_for("\\Sent")
        self.gmail = account.find("[Gmail]/All Mail")

    @property
    def archive(self) -> Folder:
        return self.gmail or self.account.used_for("\\Archive")

    def put(self, folder: Folder, raw: bytes, **details: object) -> None:
        folder.append(raw, **details)  # type: ignore[arg-type]  # handed on as they came
        if self.gmail is not None:
            self.gmail.append(raw, **details)  # type: ignore[arg-type]  # handed on as they came

    def file_away(self, uid: int) -> None:
        message = self.inbox.get(uid)
        assert message is not None
        if self.gmail is None:
            self.archive.append(message.raw, received_at=message.received_at, flags=message.flags)
        self.inbox.expunge([uid])

    def agrees(self, record: Record) -> bool:
        return all(record.agrees_with(folder) for folder in (self.inbox, self.sent, self.archive))


@every_provider(*PROFILES)
async def test_the_story_of_a_mailbox_is_the_same_with_every_provider(server: MailServer, record: Record) -> None:
    owner = Owner(server.account("ann", "secret"))
    folders = ("Archiv",) if owner.archive.name == "Archiv" else ()  # Exchange does not say what it is for
    now = SystemClock().now()
    for number in range(130):
        owner.put(owner.inbox, letter(number), received_at=now - timedelta(days=3))
    owner.inbox.expunge(range(2, 130, 2))  # gaps, so that sets of numbers are long
    for number in range(130, 135):
        owner.put(owner.sent, letter(number), received_at=now - timedelta(days=3), flags=["\\Seen"])
    config = configured(server.host, server.port, folders=folders)

    mailbox = ImapMailbox(config, lambda: "secret", SystemClock(), timing=TIMING)
    async with watched(mailbox, record):
        await until(lambda: owner.agrees(record))
        owner.put(owner.inbox, letter(200))
        await until(lambda: record.live == [letter(200)])
        owner.file_away(owner.inbox.uids[-1])
        owner.put(owner.sent, letter(201), flags=["\\Seen"])
        owner.inbox.set_flags(1, ["\\Flagged"])
        await until(lambda: owner.agrees(record))

    if owner.gmail is None:
        owner.inbox.reset_uid_validity()
    owner.put(owner.inbox, letter(202), received_at=SystemClock().now())
    owner.inbox.expunge([owner.inbox.uids[0]])
    mailbox = ImapMailbox(config, lambda: "secret", SystemClock(), timing=TIMING)
    async with watched(mailbox, record):
        await until(lambda: owner.agrees(record))

    assert [raw for raw in dict.fromkeys(record.live) if raw != letter(201)] == [letter(200), letter(202)]


@every_provider(GMAIL, FASTMAIL)
async def test_a_message_in_several_folders_is_read_once(
    server: MailServer, make_mailbox: MakeMailbox, record: Record, clock: FakeClock
) -> None:
    owner = Owner(server.account("ann", "secret"))
    for number in range(40):
        owner.put(owner.inbox, letter(number), received_at=YESTERDAY)
    await record.keep(make_mailbox().catch_up(record))
    server.traffic.clear()

    for uid in range(1, 21):
        owner.file_away(uid)
    await record.keep(make_mailbox().catch_up(record))

    assert owner.agrees(record)
    assert not any(b"BODY.PEEK[]" in line for line in server.traffic.lines)


@every_provider(GMAIL)
async def test_all_mail_leaves_drafts_alone_and_knows_what_the_owner_sent(
    server: MailServer, make_mailbox: MakeMailbox, record: Record
) -> None:
    owner = Owner(server.account("ann", "secret"))
    assert owner.gmail is not None
    owner.put(owner.account.used_for("\\Drafts"), letter(1), received_at=YESTERDAY, flags=["\\Draft"])
    owner.put(owner.sent, letter(2), received_at=YESTERDAY)
    owner.put(owner.inbox, letter(3), received_at=YESTERDAY)
    owner.gmail.append(letter(4), received_at=YESTERDAY)
    await record.keep(make_mailbox().catch_up(record))
    before = server.traffic.commands["UID SEARCH"]

    await record.keep(make_mailbox().catch_up(record))

    held = record.held["[Gmail]/All Mail"]
    assert sorted(raw for raw, _ in held.values()) == [letter(2), letter(3), letter(4)]
    assert record.sent == [letter(2)]
    assert server.traffic.commands["UID SEARCH"] - before <= 2  # the draft is no riddle


@every_provider(GMAIL)
async def test_new_mail_in_inbox_is_brought_by_inbox_even_if_all_mail_is_read_first(
    server: MailServer, make_mailbox: MakeMailbox, record: Record
) -> None:
    owner = Owner(server.account("ann", "secret"))
    mailbox = make_mailbox()
    await record.keep(mailbox.catch_up(record))
    assert owner.gmail is not None

    inbox, position = owner.inbox.uid_next, record.positions["INBOX"]
    owner.gmail.append(letter(1), received_at=NOON)
    owner.inbox.append(letter(1), received_at=NOON)
    owner.gmail.append(letter(2), received_at=NOON)
    await record.keep(mailbox._stream(lambda outlet: mailbox._check("[Gmail]/All Mail", record, outlet)))
    nothing_yet = (list(record.live), record.positions["INBOX"] == position, inbox)
    await record.keep(mailbox.catch_up(record))

    assert nothing_yet == ([], True, 1)
    folders = [batch.folder for batch in record.batches for one in batch.arrivals if one.raw == letter(1)]
    assert folders == ["INBOX"]
    assert owner.agrees(record)


@every_provider(YAHOO)
async def test_a_server_that_turns_connections_away_is_asked_again_later(server: MailServer, record: Record) -> None:
    owner = Owner(server.account("ann", "secret"))
    mailbox = ImapMailbox(configured(server.host, server.port), lambda: "secret", SystemClock(), timing=TIMING)
    async with watched(mailbox, record):
        owner.put(owner.inbox, letter(1))
        await until(lambda: record.live == [letter(1)])

    assert server.traffic.connections > server.traffic.commands["LOGIN"] > 0


@every_provider(PROTON_BRIDGE, EXCHANGE)
async def test_numbers_that_change_at_every_start_bring_nothing_twice(
    server: MailServer, make_mailbox: MakeMailbox, record: Record
) -> None:
    owner = Owner(server.account("ann", "secret"))
    for number in range(20):
        owner.put(owner.inbox, letter(number), received_at=YESTERDAY)
    for _ in range(8):
        await record.keep(make_mailbox().catch_up(record))
        owner.inbox.reset_uid_validity()
    server.traffic.clear()

    await record.keep(make_mailbox().catch_up(record))
    await asyncio.sleep(0)

    assert record.agrees_with(owner.inbox)
    assert record.live == []
    assert not any(b"BODY.PEEK[]" in line for line in server.traffic.lines)


@every_provider(MICROSOFT_365)
async def test_a_sent_mail_is_found_although_the_provider_gave_it_another_id(
    server: MailServer, make_mailbox: MakeMailbox
) -> None:
    owner = Owner(server.account("ann", "secret"))
    rewritten = letter(1).replace(b"Message-ID: <", b"X-Microsoft-Original-Message-ID: <")
    owner.put(owner.sent, b"Message-ID: <AM0P0001@prod.outlook.example>\r\n" + rewritten)
    mailbox = make_mailbox()

    assert await mailbox.find_sent("<m1@example.org>")
    assert await mailbox.find_sent("<AM0P0001@prod.outlook.example>")
    assert not await mailbox.find_sent("<m2@example.org>")


@every_provider(MICROSOFT_365)
async def test_a_provider_that_lets_us_in_and_then_connects_nothing_is_left_alone_for_minutes(
    server: MailServer, make_mailbox: MakeMailbox, record: Record
) -> None:
    async def throttled(exchange: Exchange) -> bool:
        await exchange.send(exchange.tag + b" BAD User is authenticated but not connected.\r\n")
        return True

    server.account("ann", "secret")
    server.faults["LIST"] = throttled
    mailbox = make_mailbox()
    task = asyncio.create_task(record.keep(mailbox.watch(record)))
    await until(lambda: mailbox.status.next_attempt_at is not None)
    task.cancel()
    await asyncio.wait([task])

    assert mailbox.status.state is not MailboxState.NEEDS_USER
    assert mailbox.status.next_attempt_at == NOON + timedelta(minutes=5)
    assert server.traffic.commands["LOGIN"] == 1


def test_how_long_an_idle_lasts_is_the_providers_affair() -> None:
    def idles(host: str) -> float:
        config = configured(host, 993)
        return Shared(
            config,
            lambda: "",
            SystemClock(),
            logging.getLogger(),
            timing=Timing(),
            limits=Limits(),
            kept_from=lambda: None,
        ).idle_seconds

    assert (idles("outlook.office365.com"), idles("imap.example.org")) == (300.0, 540.0)


@every_provider(*PROFILES)
async def test_every_provider_lists_what_it_gives_slowly(
    server: MailServer, make_mailbox: MakeMailbox, record: Record, clock: FakeClock
) -> None:
    owner = Owner(server.account("ann", "secret"))
    for number in range(150):
        owner.put(owner.inbox, letter(number), received_at=YESTERDAY)
    if owner.gmail is not None:
        owner.put(owner.account.used_for("\\Drafts"), letter(999), received_at=YESTERDAY, flags=["\\Draft"])

    async def take_long(exchange: Exchange) -> bool:
        if b"BODY.PEEK[]" in exchange.session.host.traffic.lines[-1]:
            clock.advance(timedelta(minutes=2))
        return own is not None and await own(exchange)

    own = server.faults.get("UID FETCH")  # what the provider does in its own way goes on
    server.faults["UID FETCH"] = take_long
    server.faults.pop("GREETING", None)  # one reading here, and no next attempt
    await record.keep(make_mailbox().catch_up(record))

    told = [(batch.folder, one.uid) for batch in record.batches for one in batch.listed]
    fields = b"".join(one.fields for batch in record.batches for one in batch.listed)
    assert [uid for folder, uid in told if folder == "INBOX"] == list(range(100, 0, -1))
    if owner.gmail is not None:  # what INBOX brought is no news there, and a draft is no mail
        assert [uid for folder, uid in told if folder == owner.gmail.name] == list(range(100, 0, -1))
    assert b"letter 99\r\n" in fields
    assert b"letter 999\r\n" not in fields
    assert not any(record.listed.values())
    assert record.agrees_with(owner.inbox)


@every_provider(GMAIL)
async def test_a_pushed_mail_that_stays_in_inbox_holds_up_nothing_that_skips_it(
    server: MailServer, record: Record
) -> None:
    owner = Owner(server.account("ann", "secret"))
    assert owner.gmail is not None
    config = configured(server.host, server.port)
    async with watched(ImapMailbox(config, lambda: "secret", SystemClock(), timing=TIMING), record):
        await until(lambda: owner.gmail is not None and owner.gmail.name in record.positions)
        owner.put(owner.inbox, letter(1))
        await until(lambda: record.live == [letter(1)])
        owner.gmail.append(letter(2))  # a filter of the owner's had it skip the inbox
        await until(lambda: owner.agrees(record))

    assert record.live == [letter(1), letter(2)]
    folders = [batch.folder for batch in record.batches for one in batch.arrivals if one.raw == letter(1)]
    assert folders == ["INBOX"]


@every_provider(GMAIL)
async def test_what_inbox_cannot_bring_is_read_where_it_lies_too(
    server: MailServer, make_mailbox: MakeMailbox, record: Record
) -> None:
    owner = Owner(server.account("ann", "secret"))
    assert owner.gmail is not None
    await record.keep(make_mailbox().catch_up(record))

    async def no_body_in_inbox(exchange: Exchange) -> bool:
        if exchange.session.folder is not owner.inbox or b"BODY.PEEK[]" not in server.traffic.lines[-1]:
            return False
        await exchange.send(exchange.tag + b" NO [UNAVAILABLE] cannot read it\r\n")
        return True

    server.faults["UID FETCH"] = no_body_in_inbox
    owner.put(owner.inbox, letter(1), received_at=NOON)
    owner.gmail.append(letter(2), received_at=NOON)
    await record.keep(make_mailbox().catch_up(record))

    assert record.quarantined["INBOX"].keys() == {1}
    assert record.agrees_with(owner.gmail)
