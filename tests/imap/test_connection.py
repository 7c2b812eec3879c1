"""What IMAPClient 4.1.0 gets wrong, and the connection over it does not."""

from __future__ import annotations

import asyncio
import socket
import time
from datetime import UTC, datetime, timedelta

import pytest

from inboxcrm.config import Security, Server
from inboxcrm.imap.connection import BODY, Connection
from inboxcrm.imap.errors import (
    BusyError,
    CommandRefusedError,
    CommandTimeoutError,
    ConnectionLostError,
    FolderMissingError,
    LiteralTooLargeError,
    NotConnectedError,
    ServerByeError,
    ThrottledError,
    TooManyConnectionsError,
)
from inboxcrm.imap.opening import Limits
from inboxcrm.imap.waker import Waker
from inboxcrm.testing.imap_server import Exchange, MailServer
from tests.imap.scripted import QUICK, Talk, connected

# -- deadlines and limits


def test_a_dripping_server_is_cut_off_by_the_deadline_of_the_whole_command() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        for _ in range(100):
            talk.send(b"*")
            time.sleep(0.05)

    with connected(conversation) as connection:
        connection.limits = Limits(command=0.4)
        with pytest.raises(CommandTimeoutError):
            connection.search_uids(b"ALL")


@pytest.mark.parametrize("announced", [b"4294967296", b"83886081"], ids=["four-gigabytes", "one-over-the-limit"])
def test_a_huge_literal_is_refused_before_it_is_read(announced: bytes) -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.send(b"* 1 FETCH (UID 1 BODY[] {" + announced + b"}\r\n")
        talk.line()

    with connected(conversation) as connection:
        with pytest.raises(LiteralTooLargeError) as caught:
            connection.fetch_uids([1], connection.items(BODY))
        assert caught.value.size == int(announced)


def test_a_search_answer_of_more_than_a_megabyte_is_read() -> None:
    uids = range(1, 200_001)
    line = b"* SEARCH " + b" ".join(b"%d" % uid for uid in uids)

    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.answer(line)

    with connected(conversation, limits=Limits()) as connection:
        assert connection.search_uids(b"ALL") == list(uids)


def test_an_endless_line_is_no_protocol() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        for _ in range(40):
            talk.send(b"x" * (1 << 20))

    with connected(conversation, limits=Limits()) as connection, pytest.raises(ConnectionLostError, match="a line of"):
        connection.search_uids(b"ALL")


def test_the_connection_has_no_nagle_delay() -> None:
    with connected(Talk.let_in) as connection:
        assert connection.socket().getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert connection.socket().getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


# -- fetching


def test_fetch_takes_what_was_asked_in_any_order_with_anything_in_between() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.answer(
            b"* 9 EXISTS",
            b'* 2 FETCH (BODY[] {5}\r\nhello RFC822.SIZE 5 FLAGS (\\Seen "x") '
            b'INTERNALDATE " 1-Feb-2026 10:00:00 +0100" UID 7)',
            b"* 5 FETCH (FLAGS (\\Answered) UID 99)",
            b"* 3 EXPUNGE",
            b'* 3 FETCH (UID 8 BODY[] "quoted \\"body\\"" INTERNALDATE "nonsense")',
            b"* 4 FETCH (UID 9 BODY[] NIL)",
        )

    with connected(conversation) as connection:
        first, second, third = connection.fetch_uids([7, 8, 9], connection.items(BODY))
        news = connection.news

    assert first.sections == {"BODY[]": b"hello"}
    assert first.flags == frozenset({"\\Seen", "x"})
    assert first.size == 5
    assert first.internal_date == datetime(2026, 2, 1, 9, tzinfo=UTC)
    assert first.internal_date.utcoffset() == timedelta(hours=1)
    assert second.sections == {"BODY[]": b'quoted "body"'}
    assert second.internal_date is None
    assert third.sections == {"BODY[]": None}
    assert news.exists
    assert news.changes


def test_a_whole_range_can_be_fetched() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        assert talk.line().endswith(b"UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 12)")
        talk.answer(b"* 1 FETCH (UID 1 FLAGS () MODSEQ (9223372036854775807))")

    with connected(conversation) as connection:
        (one,) = connection.fetch_set("1:*", "(UID FLAGS)", changed_since=12)

    assert one.modseq == 2**63 - 1


def test_a_literal_shorter_than_announced_loses_the_connection() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.answer(b"* 1 FETCH (UID 1 BODY[] {5}\r\nhi)")

    with connected(conversation) as connection, pytest.raises(ConnectionLostError):
        connection.fetch_uids([1], connection.items(BODY))


# -- refusals


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"NO [THROTTLED] slow down", ThrottledError),
        (b"NO [OVERQUOTA] too much", ThrottledError),
        (b"NO Account exceeded command or bandwidth limits.", ThrottledError),
        (b"NO [INUSE] locked", BusyError),
        (b"NO [UNAVAILABLE] later", BusyError),
        (b"NO [LIMIT] enough", TooManyConnectionsError),
        (b"BAD User is authenticated but not connected.", NotConnectedError),
        (b"NO [CANNOT] no", CommandRefusedError),
    ],
    ids=["throttled", "overquota", "gmail-text", "inuse", "unavailable", "limit", "m365", "other"],
)
def test_a_refusal_is_typed_by_its_code_and_the_next_command_works(answer: bytes, kind: type[Exception]) -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.answer(end=answer)
        talk.line()
        talk.answer(b"* SEARCH 3")

    with connected(conversation) as connection:
        with pytest.raises(CommandRefusedError) as caught:
            connection.search_uids(b"ALL")
        assert connection.search_uids(b"ALL") == [3]

    assert type(caught.value) is kind


def test_read_only_inside_a_refusal_does_not_spoil_the_next_command() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.answer(end=b"NO [READ-ONLY] no")
        talk.line()
        talk.answer(b"* SEARCH 3")

    with connected(conversation) as connection:
        with pytest.raises(CommandRefusedError):
            connection.search_uids(b"ALL")
        assert connection.search_uids(b"ALL") == [3]


def test_an_ok_without_text_is_an_ok() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.answer(b"* SEARCH 3", end=b"OK")

    with connected(conversation) as connection:
        assert connection.search_uids(b"ALL") == [3]


def test_bye_says_why() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.send(b"* BYE [UNAVAILABLE] restarting\r\n")

    with connected(conversation) as connection, pytest.raises(ServerByeError, match="restarting"):
        connection.search_uids(b"ALL")


@pytest.mark.parametrize("text", [b"NO [NONEXISTENT] gone", b"NO Mailbox doesn't exist: X"], ids=["code", "text"])
def test_a_missing_folder_is_said_to_be_missing(text: bytes) -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.answer(end=text)

    with connected(conversation) as connection, pytest.raises(FolderMissingError):
        connection.examine("X")


async def test_what_happens_in_one_byte_segments_is_the_same(mail_server: MailServer) -> None:
    mail_server.account("ann", "secret").folder("INBOX").append(b"Subject: hello\r\n\r\nhi\r\n")

    async def sliced(exchange: Exchange) -> bool:
        octets = b"* 1 FETCH (UID 1 BODY[] {3}\r\nabc FLAGS ())\r\n" + exchange.tag + b" OK\r\n"
        for at in range(len(octets)):
            await exchange.send(octets[at : at + 1])
        return True

    mail_server.faults["UID FETCH"] = sliced

    def look() -> bytes | None:
        server = Server(mail_server.host, mail_server.port, Security.NONE)
        connection = Connection(server, user="ann", password="secret", waker=Waker(), limits=QUICK)
        connection.examine("INBOX")
        (one,) = connection.fetch_uids([1], connection.items(BODY))
        connection.leave()
        return one.sections["BODY[]"]

    assert await asyncio.to_thread(look) == b"abc"
