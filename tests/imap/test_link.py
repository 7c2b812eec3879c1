"""A connection that is asked on a borrowed thread and waited with on the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest

from inboxcrm.config import Security, Server
from inboxcrm.imap.connection import Connection
from inboxcrm.imap.errors import ClosingError, ConnectionLostError
from inboxcrm.imap.link import Link
from inboxcrm.imap.opening import Limits
from inboxcrm.imap.waker import Waker
from inboxcrm.imap.workers import Workers
from inboxcrm.testing.imap_server import Account, Exchange, MailServer
from tests.imap.record import letter
from tests.imap.scripted import QUICK, Conversation, Talk, scripted
from tests.imap.test_watcher import PATIENCE, until
from tests.servers.certificates import make_certificate


def linked(
    server: MailServer, *, workers: Workers | None = None, ca_file: Path | None = None, limits: Limits = QUICK
) -> Link:
    security = Security.NONE if ca_file is None else Security.TLS
    where = Server(server.host, server.port, security, ca_file)

    def connect(waker: Waker) -> Connection:
        return Connection(where, user="ann", password="secret", waker=waker, limits=limits)

    return Link(connect, workers=workers or Workers())


@pytest.fixture
def imap_threads() -> Callable[[], int]:
    """How many work that did not before."""
    before = {*threading.enumerate()}
    return lambda: sum(thread.name.startswith("imap-") for thread in {*threading.enumerate()} - before)


async def until_idle(server: MailServer, count: int) -> None:
    await until(lambda: server.traffic.commands["IDLE"] >= count)


async def closed_at_once(link: Link, monkeypatch: pytest.MonkeyPatch, *, politely: bool = False) -> None:
    """Close it, with no end to the patience that would end the wait for what is still going on."""
    monkeypatch.setattr("inboxcrm.imap.link._PATIENCE", None)
    async with asyncio.timeout(PATIENCE):
        await link.close(politely=politely)


async def test_connections_that_wait_have_no_thread_and_each_hears_its_news(
    server: MailServer, ann: Account, imap_threads: Callable[[], int]
) -> None:
    workers = Workers()
    links = [linked(server, workers=workers) for _ in range(20)]
    for link in links:
        await link.run(lambda c: c.examine("INBOX"))
    waits = [asyncio.create_task(link.idle(30)) for link in links]
    await until_idle(server, 20)

    threads = imap_threads()
    ann.folder("INBOX").append(letter(1))
    news = await asyncio.gather(*waits)
    for link in links:
        await link.close()

    assert threads <= 2  # one at a time was enough to connect them
    assert all(one.exists for one in news)
    await until(lambda: imap_threads() == 0)


async def test_news_over_tls_is_heard_whatever_the_records(tmp_path: Path) -> None:
    made = make_certificate(tmp_path)
    async with MailServer(tls=made.server_context()) as server:
        ann = server.account("ann", "secret")

        async def many_at_once(exchange: Exchange) -> bool:
            await exchange.send(b"+ idling\r\n" + b"* OK Still here\r\n" * 3000 + b"* 4 EXI")
            await exchange.send(b"STS\r\n")
            await exchange.read_line()
            await exchange.send(exchange.tag + b" OK done\r\n")
            return True

        server.faults["IDLE"] = many_at_once
        async with AsyncExitStack() as stack:
            link = linked(server, ca_file=made.cert)
            stack.push_async_callback(link.close)
            await link.run(lambda c: c.examine("INBOX"))

            heard = await link.idle(5)
            del server.faults["IDLE"]
            waiting = asyncio.create_task(link.idle(5))
            await until_idle(server, 2)
            ann.folder("INBOX").append(letter(1))

            assert heard.exists
            assert (await waiting).exists


def told_to_end(talk: Talk) -> bytes:
    """INBOX is opened and waited with, a message comes, and DONE is heard and left unanswered: the tag of IDLE."""
    talk.let_in()
    talk.line()
    talk.answer(b"* 6 EXISTS", b"* OK [UIDVALIDITY 3]", b"* OK [UIDNEXT 7]", end=b"OK [READ-ONLY] done")
    idle = talk.line().partition(b" ")[0]
    talk.send(b"+ idling\r\n* 7 EXISTS\r\n")
    assert talk.line() == b"DONE"
    return idle


@contextmanager
def link_to(conversation: Conversation) -> Iterator[Link]:
    with scripted(conversation) as (where, _):

        def connect(waker: Waker) -> Connection:
            return Connection(where, user="ann", password="secret", waker=waker, limits=QUICK)

        yield Link(connect, workers=Workers())


@pytest.mark.parametrize(("ends", "found"), [(b"OK done", 7), (b"BAD what", None)], ids=["ended", "not ended"])
async def test_what_was_pushed_is_asked_for_before_the_end_of_idle_is_answered(ends: bytes, found: int | None) -> None:
    def conversation(talk: Talk) -> None:
        idle = told_to_end(talk)
        search, fetch = (talk.line().partition(b" ")[0] for _ in range(2))
        talk.send(idle + b" " + ends + b"\r\n* SEARCH 7\r\n" + search + b" OK done\r\n")
        letter = b'* 7 FETCH (UID 7 FLAGS () INTERNALDATE "22-Nov-2026 06:00:00 +0000" RFC822.SIZE 4 BODY[]<0> {4}\r\n'
        talk.send(letter + b"Hi\r\n)\r\n" + fetch + b" OK done\r\n")

    with link_to(conversation) as link:
        await link.run(lambda c: c.examine("INBOX"))
        assert (await link.idle(5)).exists
        arrival = await link.glance(7)
        await link.close()

    assert (None if arrival is None else arrival.uid) == found


async def test_any_other_question_waits_for_the_end_of_idle() -> None:
    def conversation(talk: Talk) -> None:
        talk.send(told_to_end(talk) + b" OK done\r\n")
        talk.line()
        talk.answer(b"* SEARCH 7")

    with link_to(conversation) as link:
        await link.run(lambda c: c.examine("INBOX"))
        assert (await link.idle(5)).exists
        assert await link.run(lambda c: c.search_uids(b"ALL")) == [7]
        await link.close()


async def test_closing_ends_a_wait_at_once(server: MailServer, ann: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    link = linked(server)
    await link.run(lambda c: c.examine("INBOX"))
    waiting = asyncio.create_task(link.idle(3600))
    await until_idle(server, 1)

    await closed_at_once(link, monkeypatch)

    with pytest.raises(ConnectionLostError):
        await waiting


async def test_logging_out_ends_a_wait_at_once(
    server: MailServer, ann: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = linked(server)
    await link.run(lambda c: c.examine("INBOX"))
    waiting = asyncio.create_task(link.idle(3600))
    await until_idle(server, 1)

    await closed_at_once(link, monkeypatch, politely=True)
    await asyncio.gather(waiting, return_exceptions=True)

    await until(lambda: server.traffic.commands["LOGOUT"] == 1)


async def test_closing_ends_a_question_that_is_never_answered_at_once(
    server: MailServer, ann: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(exchange: Exchange) -> bool:
        await exchange.stall()
        return True

    server.faults["EXAMINE"] = silent
    link = linked(server, limits=Limits(command=3600))
    asked = asyncio.create_task(link.run(lambda c: c.examine("INBOX")))
    await until(lambda: server.traffic.commands["EXAMINE"] > 0)

    await closed_at_once(link, monkeypatch)
    with pytest.raises(ClosingError):
        await asked


async def test_a_question_waits_until_the_wait_before_it_is_over(server: MailServer, ann: Account) -> None:
    link = linked(server)
    await link.run(lambda c: c.examine("INBOX"))
    waiting = asyncio.create_task(link.idle(30))
    await until_idle(server, 1)
    asked = asyncio.create_task(link.run(lambda c: c.search_uids(b"ALL")))

    ann.folder("INBOX").append(letter(1))

    assert (await waiting).exists
    assert await asked == [1]
    await link.close()


async def test_giving_up_before_its_turn_costs_the_connection_nothing(server: MailServer, ann: Account) -> None:
    link = linked(server)
    await link.run(lambda c: c.examine("INBOX"))
    waiting = asyncio.create_task(link.idle(30))
    await until_idle(server, 1)
    asked = asyncio.create_task(link.run(lambda c: c.search_uids(b"ALL")))
    await asyncio.sleep(0)
    asked.cancel()
    await asyncio.wait([asked])

    ann.folder("INBOX").append(letter(1))

    assert (await waiting).exists
    assert link.usable
    await link.close()


async def test_a_mail_that_ends_with_the_stream_is_heard_before_its_end(server: MailServer, ann: Account) -> None:
    async def last_words(exchange: Exchange) -> bool:
        await exchange.send(b"+ idling\r\n* BYE shutting down\r\n")
        exchange.close()
        return True

    server.faults["IDLE"] = last_words
    link = linked(server)
    await link.run(lambda c: c.examine("INBOX"))

    with pytest.raises(ConnectionLostError, match="shutting down"):
        await link.idle(5)
    await link.close()


async def test_a_free_thread_is_used_again_and_ends_with_the_last_connection(
    server: MailServer, ann: Account, imap_threads: Callable[[], int]
) -> None:
    workers = Workers()
    link = linked(server, workers=workers)

    names = [await link.run(lambda _: threading.current_thread().name) for _ in range(3)]
    await link.close()

    assert len({*names}) == 1
    await until(lambda: imap_threads() == 0)
