"""The same against Dovecot and Cyrus, with another client at work beside us."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace

import pytest
from imapclient import IMAPClient

from inboxcrm.clock import SystemClock
from inboxcrm.config import MailboxConfig, PasswordSource, Security, Server
from inboxcrm.imap.account import Timing
from inboxcrm.imap.backlog import SCREEN
from inboxcrm.imap.probe import probe
from inboxcrm.imap.rounds import Rounds
from inboxcrm.imap.watcher import ImapMailbox
from inboxcrm.imap.wire import Wire
from inboxcrm.imap.workers import SHARED, Work
from tests.imap.record import NAME, Record, letter
from tests.imap.test_watcher import until, watched
from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot

TIMING = Timing(others=0.3, changes=0.1, poll=60.0)
SEEN, ANSWERED = b"\\Seen", b"\\Answered"


@dataclass
class Place:
    """A fresh account on a real server."""

    config: MailboxConfig
    password: str
    deliver: Callable[[bytes], None]

    def mailbox(self, timing: Timing = TIMING) -> ImapMailbox:
        return ImapMailbox(self.config, lambda: self.password, SystemClock(), timing=timing)

    def other_client(self) -> IMAPClient:
        """A mail program of the owner's."""
        client = IMAPClient(self.config.imap.host, self.config.imap.port, ssl=False)
        client.login(self.config.user, self.password)
        return client

    def holds(self, folder: str) -> dict[int, tuple[bytes, frozenset[str]]]:
        """Every message of a folder, read without a trace."""
        client = self.other_client()
        client.select_folder(folder, readonly=True)
        uids = client.search("ALL")
        found = client.fetch(uids, ["BODY.PEEK[]", "FLAGS"]) if uids else {}
        client.logout()
        return {
            uid: (row[b"BODY[]"], frozenset(flag.decode() for flag in row[b"FLAGS"] if flag != b"\\Recent"))
            for uid, row in found.items()
        }


@pytest.fixture(params=["dovecot", "cyrus"])
def place(request: pytest.FixtureRequest, user: str) -> Place:
    server: Dovecot | Cyrus = request.getfixturevalue(request.param)
    if isinstance(server, Cyrus):
        server.add_user(user)
    where = Server(server.host, server.port, Security.NONE)
    config = MailboxConfig(NAME, where, where, user, PasswordSource(env="UNUSED"))
    return Place(config, server.password, lambda raw: server.deliver(user, raw))


@pytest.fixture
async def mailbox(place: Place) -> AsyncIterator[ImapMailbox]:
    made = place.mailbox()
    yield made
    await made.close()


def same(record: Record, place: Place, folder: str) -> bool:
    """Whether the record holds what the server holds (Recent is nobody's business)."""
    held = {uid: (raw, flags - {"\\Recent"}) for uid, (raw, flags) in record.held.get(folder, {}).items()}
    return held == place.holds(folder)


@pytest.mark.server
async def test_everything_is_read_and_nothing_is_touched(place: Place, mailbox: ImapMailbox, record: Record) -> None:
    for number in range(12):
        place.deliver(letter(number, octets=number * 10_000))

    await record.keep(mailbox.catch_up(record))

    assert same(record, place, "INBOX")
    assert len(record.held["INBOX"]) == 12
    assert not any(SEEN.decode() in flags for _, flags in place.holds("INBOX").values())


@pytest.mark.server
async def test_looks_by_the_clock_that_find_nothing_take_no_thread(
    place: Place, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[bool] = []
    quiet = Rounds.quiet

    def counted(rounds: Rounds) -> None:
        looks.append(True)
        quiet(rounds)

    monkeypatch.setattr(Rounds, "quiet", counted)
    place.deliver(letter(1))
    mailbox = place.mailbox(replace(TIMING, poll=0.4))
    async with watched(mailbox, record):
        await until(lambda: bool(record.held.get("INBOX")) and len(looks) >= 3)
        before, give = len(looks), SHARED.give
        work: list[Work] = []

        def noted(job: Work) -> None:
            work.append(job)
            give(job)

        monkeypatch.setattr(SHARED, "give", noted)
        await until(lambda: len(looks) >= before + 4)
        done = list(work)
        place.deliver(letter(2))
        await until(lambda: record.live == [letter(2)] or len(record.held["INBOX"]) == 2)

    assert done == []


@pytest.mark.server
async def test_what_another_client_does_is_followed(place: Place, mailbox: ImapMailbox, record: Record) -> None:
    for number in range(10):
        place.deliver(letter(number))
    await record.keep(mailbox.catch_up(record))
    first, second, third = sorted(record.held["INBOX"])[:3]

    client = place.other_client()
    client.select_folder("INBOX")
    client.add_flags([first], [SEEN, ANSWERED])
    client.delete_messages([second, third])
    client.expunge()
    client.logout()
    place.deliver(letter(50))
    await record.keep(mailbox.catch_up(record))

    assert same(record, place, "INBOX")
    assert len(record.live) == 1


@pytest.mark.server
async def test_news_is_pushed_and_sent_is_watched(place: Place, record: Record) -> None:
    mailbox = place.mailbox()
    async with watched(mailbox, record):
        await until(lambda: "INBOX" in record.positions)
        await asyncio.to_thread(place.deliver, letter(1))
        await until(lambda: len(record.live) == 1)

        sent = await _sent_name(place)
        if sent is not None:
            await until(lambda: sent in record.positions)
            await asyncio.to_thread(_append, place, sent, letter(2))
            await until(lambda: len(record.held.get(sent, {})) == 1)

    assert same(record, place, "INBOX")


@pytest.mark.server
async def test_a_copy_is_filed_once(place: Place, mailbox: ImapMailbox) -> None:
    sent = await _sent_name(place)
    assert sent is not None

    await mailbox.file_sent(letter(7), SystemClock().now())
    await mailbox.file_sent(letter(7), SystemClock().now())

    assert await mailbox.find_sent("<m7@example.org>")
    assert [flags for _, flags in place.holds(sent).values()] == [frozenset({"\\Seen"})]


@pytest.mark.server
async def test_dovecot_renaming_a_folder_of_the_settings_is_followed(
    dovecot: Dovecot, user: str, record: Record
) -> None:
    where = Server(dovecot.host, dovecot.port, Security.NONE)
    config = MailboxConfig(NAME, where, where, user, PasswordSource(env="UNUSED"), folders=("Clients",))
    place = Place(config, dovecot.password, lambda raw: dovecot.deliver(user, raw))
    client = place.other_client()
    for name in ("Clients", "Private"):
        client.create_folder(name)
        client.append(name, letter(1))
    await record.keep(place.mailbox().catch_up(record))
    record.batches.clear()

    client.rename_folder("Clients", "Kunden")
    client.append("Kunden", letter(2))
    client.logout()
    for _ in range(2):
        mailbox = place.mailbox()
        await record.keep(mailbox.catch_up(record))
        await mailbox.close()
        assert mailbox.status.missing_folders == ()

    assert [len(batch.arrivals) for batch in record.batches if batch.arrivals] == [1]
    assert same(record, place, "Kunden")
    assert "Private" not in record.positions


@pytest.mark.server
async def test_dovecot_renumbering_a_folder_links_everything_again(dovecot: Dovecot, user: str, record: Record) -> None:
    where = Server(dovecot.host, dovecot.port, Security.NONE)
    place = Place(
        MailboxConfig(NAME, where, where, user, PasswordSource(env="UNUSED")),
        dovecot.password,
        lambda raw: dovecot.deliver(user, raw),
    )
    for number in range(10):
        place.deliver(letter(number))
    await record.keep(place.mailbox().catch_up(record))
    before = record.positions["INBOX"].uid_validity
    done = dovecot.doveadm("mailbox", "update", "-u", user, "--uid-validity", str(before + 7), "INBOX")
    assert done.returncode == 0, done.stderr
    record.batches.clear()

    mailbox = place.mailbox()
    await record.keep(mailbox.catch_up(record))
    await mailbox.close()

    assert record.positions["INBOX"].uid_validity == before + 7
    assert [len(batch.arrivals) for batch in record.batches] == [0]
    assert len(record.batches[0].relinked) == 10
    assert record.live == []
    assert same(record, place, "INBOX")


@pytest.mark.server
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS], ids=["tls", "starttls"])
async def test_dovecot_is_reached_over_tls(dovecot: Dovecot, user: str, security: Security) -> None:
    port = dovecot.tls_port if security is Security.TLS else dovecot.port
    where = Server("localhost", port, security, dovecot.ca_file)

    report = await probe(
        MailboxConfig(NAME, where, where, user, PasswordSource(env="UNUSED")), lambda: dovecot.password
    )

    assert report.sent == "Sent"
    assert report.idle


async def _sent_name(place: Place) -> str | None:
    return (await probe(place.config, lambda: place.password, newest=0)).sent


def _append(place: Place, folder: str, raw: bytes) -> None:
    client = place.other_client()
    client.append(folder, raw, flags=[SEEN])
    client.logout()


class _SlowClock(SystemClock):
    """A minute passes between any two looks at it: so slow is the line."""

    def __init__(self) -> None:
        self._looks = itertools.count(0, 60)

    def monotonic(self) -> float:
        return super().monotonic() + next(self._looks)


@pytest.mark.server
async def test_a_slow_line_lists_first_and_leaves_no_list_behind(place: Place, record: Record) -> None:
    for number in range(3 * SCREEN):
        place.deliver(b"From: =?utf-8?q?B=C3=B6b?= <bob@client.example>\r\n" + letter(number))
    mailbox = ImapMailbox(place.config, lambda: place.password, _SlowClock(), timing=TIMING)
    try:
        await record.keep(mailbox.catch_up(record))
    finally:
        await mailbox.close()

    told = {one.uid: one for batch in record.batches for one in batch.listed}
    theirs = place.holds("INBOX")
    assert len(told) == 2 * SCREEN
    assert all(one.size == len(theirs[uid][0]) for uid, one in told.items())
    assert all(b"From: =?utf-8?q?B=C3=B6b?= <bob@client.example>\r\n" in one.fields for one in told.values())
    assert record.listed["INBOX"] == {}
    assert same(record, place, "INBOX")
    assert not any(SEEN.decode() in flags for _, flags in theirs.values())


@pytest.mark.server
async def test_a_look_that_finds_nothing_is_not_read_twice(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[bool | None] = []
    receive = Wire.receive

    def noted(wire: Wire, pieces: Sequence[bytes]) -> bool | None:
        heard.append(receive(wire, pieces))
        return heard[-1]

    monkeypatch.setattr(Wire, "receive", noted)
    mailbox = place.mailbox(replace(TIMING, others=0.1, poll=0.2))
    async with watched(mailbox, Record()):
        await until(lambda: heard.count(True) >= 3)
