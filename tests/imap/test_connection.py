"""What IMAPClient 4.1.0 gets wrong, and the connection over it does not."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import ssl
import time
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inboxcrm.config import Security, Server
from inboxcrm.imap.connection import BODY, Connection
from inboxcrm.imap.errors import (
    BusyError,
    CertificateError,
    CommandRefusedError,
    CommandTimeoutError,
    ConnectionLostError,
    FolderMissingError,
    InsecureConnectionError,
    LiteralTooLargeError,
    LoginRefusedError,
    NotConnectedError,
    ServerByeError,
    ThrottledError,
    TooManyConnectionsError,
    in_words,
)
from inboxcrm.imap.opening import Limits
from inboxcrm.imap.waker import Waker
from inboxcrm.testing.imap_server import Exchange, MailServer
from tests.imap.scripted import QUICK, Talk, connected, idle, scripted
from tests.servers.certificates import Certificate, make_certificate, make_expired_certificate


def _by_starttls(server: Server) -> Server:
    return Server(server.host, server.port, Security.STARTTLS)


# -- waiting in IDLE


def test_the_end_of_the_stream_in_idle_is_an_error_and_no_endless_loop() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.send(b"+ idling\r\n")

    with connected(conversation) as connection, pytest.raises(ConnectionLostError, match="closed"):
        idle(connection, 5)


def test_news_glued_to_the_continuation_is_reported_at_once() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        tag = talk.tag
        talk.send(b"+ idling\r\n* 4 EXISTS\r\n")
        talk.line()
        talk.send(tag + b" OK done\r\n")

    with connected(conversation) as connection:
        news = idle(connection, 3600)

    assert news.exists


def test_a_line_cut_in_two_segments_is_put_together() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.send(b"+ idl")
        time.sleep(0.05)
        talk.send(b"ing\r\n* 3 FETCH (FLAGS (\\Se")
        time.sleep(0.05)
        talk.send(b"en))\r\n")
        talk.line()
        talk.answer()

    with connected(conversation) as connection:
        news = idle(connection, 5)

    assert news.changes
    assert not news.exists


def test_untagged_lines_before_the_continuation_are_collected() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.send(b"* OK Still here\r\n* 7 EXISTS\r\n+ idling\r\n")
        talk.line()
        talk.answer()

    with connected(conversation) as connection:
        assert idle(connection, 5).exists


@pytest.mark.parametrize("refusal", [b"NO not now", b"BAD what", b"OK already over"], ids=["no", "bad", "ok-at-once"])
def test_a_server_that_will_not_idle_is_a_refusal_and_the_connection_lives(refusal: bytes) -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.answer(end=refusal)
        talk.line()
        talk.answer(b"* SEARCH 1")

    with connected(conversation) as connection:
        with pytest.raises(CommandRefusedError, match="IDLE"):
            idle(connection, 5)
        assert connection.search_uids(b"ALL") == [1]


def test_a_server_that_never_answers_done_is_dead_within_the_deadline() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.send(b"+ idling\r\n")
        talk.line()
        talk.line()

    with connected(conversation, limits=Limits(done=0.3)) as connection, pytest.raises(CommandTimeoutError):
        idle(connection, 0.05)


def test_a_literal_in_idle_is_read_as_one() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.send(b"+ idling\r\n* 1 FETCH (FLAGS () X {10}\r\n* 9 EXISTS)\r\n")
        talk.line()
        talk.answer()

    with connected(conversation) as connection:
        news = idle(connection, 5)

    assert news.changes
    assert not news.exists


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


# -- coming in


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"NO [AUTHENTICATIONFAILED] no", LoginRefusedError),
        (b"NO no", LoginRefusedError),
        (b"NO [LIMIT] too many connections", TooManyConnectionsError),
        (b"NO [ALERT] Too many simultaneous connections", TooManyConnectionsError),
        (b"NO [UNAVAILABLE] later", BusyError),
        (b"BAD User is authenticated but not connected.", NotConnectedError),
    ],
    ids=["failed", "no-code", "limit", "alert", "unavailable", "m365"],
)
def test_only_a_refused_login_is_one(answer: bytes, kind: type[Exception]) -> None:
    def conversation(talk: Talk) -> None:
        talk.send(b"* OK hello\r\n")
        talk.line()
        talk.answer(b"* CAPABILITY IMAP4rev1")
        talk.line()
        talk.answer(end=answer)

    with scripted(conversation) as (server, _), pytest.raises(Exception) as caught:
        Connection(server, user="ann", password="secret", waker=Waker(), limits=QUICK)

    assert type(caught.value) is kind
    assert "secret" not in str(caught.value)


def test_a_password_with_quotes_and_other_letters_gets_through() -> None:
    def conversation(talk: Talk) -> None:
        talk.send(b"* OK hello\r\n")
        talk.line()
        talk.answer(b"* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN")
        assert talk.line().endswith(b"AUTHENTICATE PLAIN AGFubgBzw6ljcmV0")
        talk.answer()
        talk.line()
        talk.answer(b"* CAPABILITY IMAP4rev1")

    with scripted(conversation) as (server, _):
        Connection(server, user="ann", password="sécret", waker=Waker(), limits=QUICK).drop()


def test_nothing_is_sent_unprotected_to_another_machine() -> None:
    with pytest.raises(InsecureConnectionError, match="993"):
        Connection(Server("mail.example.org", 143, Security.NONE), user="a", password="b", waker=Waker())


@pytest.mark.parametrize(
    "after_starttls",
    [None, b"OK begin\r\n* OK injected\r\n"],
    ids=["not-offered", "injected"],
)
def test_no_password_is_sent_without_a_clean_starttls(after_starttls: bytes | None) -> None:
    def conversation(talk: Talk) -> None:
        talk.send(b"* OK hello\r\n")
        talk.line()
        talk.answer(b"* CAPABILITY IMAP4rev1" + (b"" if after_starttls is None else b" STARTTLS"))
        if after_starttls is not None:
            talk.line()
            talk.send(talk.tag + b" " + after_starttls)
        talk.line()

    with scripted(conversation) as (server, talk), pytest.raises(InsecureConnectionError):
        Connection(_by_starttls(server), user="ann", password="secret", waker=Waker(), limits=QUICK)

    assert not any(b"secret" in line for line in talk.heard)


def test_a_server_that_greets_us_as_logged_in_before_starttls_is_refused() -> None:
    def conversation(talk: Talk) -> None:
        talk.send(b"* PREAUTH hello\r\n")
        talk.line()
        talk.answer(b"* CAPABILITY IMAP4rev1 STARTTLS")
        talk.line()

    with scripted(conversation) as (server, _), pytest.raises(InsecureConnectionError):
        Connection(_by_starttls(server), user="ann", password="secret", waker=Waker(), limits=QUICK)


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS], ids=["tls", "starttls"])
async def test_a_certificate_of_ones_own_is_trusted_only_when_it_is_named(
    certificate: Certificate, security: Security
) -> None:
    context = certificate.server_context()
    server = MailServer(tls=context) if security is Security.TLS else MailServer(starttls=context)
    async with server:
        account = server.account("ann", "secret")
        account.folder("INBOX").append(b"Subject: hello\r\n\r\n" + b"x" * 300_000)

        def look(trust: bool) -> int:
            where = Server("localhost", server.port, security, certificate.cert if trust else None)
            connection = Connection(where, user="ann", password="secret", waker=Waker(), limits=QUICK)
            connection.examine("INBOX")
            (one,) = connection.fetch_uids([1], connection.items(BODY))
            connection.leave()
            return len(one.sections["BODY[]"] or b"")

        assert await asyncio.to_thread(look, True) == 300_018
        with pytest.raises(CertificateError, match="ca_file"):
            await asyncio.to_thread(look, False)


@pytest.mark.parametrize(
    ("names", "oldest", "said"),
    [
        pytest.param(None, None, "expired", id="expired"),
        pytest.param("DNS:elsewhere.example", None, "localhost", id="of another name"),
        pytest.param("DNS:localhost", ssl.TLSVersion.TLSv1_1, "localhost", id="an old TLS"),
    ],
)
async def test_a_certificate_that_cannot_be_trusted_is_told_with_its_reason(
    tmp_path: Path, names: str | None, oldest: ssl.TLSVersion | None, said: str
) -> None:
    shown = make_expired_certificate(tmp_path) if names is None else make_certificate(tmp_path, names=names)
    context = shown.server_context()
    if oldest is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = oldest
    async with MailServer(tls=context) as server:
        server.account("ann", "secret")
        where = Server("localhost", server.port, Security.TLS, shown.cert)

        with pytest.raises((CertificateError, ConnectionLostError), match=said) as told:
            await asyncio.to_thread(
                lambda: Connection(where, user="ann", password="secret", waker=Waker(), limits=QUICK)
            )

        assert isinstance(told.value, CertificateError) == (oldest is None)
        assert server.traffic.commands == {}


def test_a_connection_that_nobody_takes_up_ends_by_its_deadline() -> None:
    """The first packet is not answered: on Linux a listener whose queue is full drops it."""
    with socket.socket() as deaf, contextlib.ExitStack() as waiting:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(4):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(deaf.getsockname())
        where = Server("127.0.0.1", deaf.getsockname()[1], Security.NONE)

        with pytest.raises(ConnectionLostError, match="no answer came in time"):
            Connection(where, user="ann", password="secret", waker=Waker(), limits=Limits(connect=0.2))


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


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (socket.gaierror(-2, "Name or service not known"), "its name is not found"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "nothing listens there"),
        (TimeoutError("timed out"), "no answer came in time"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "it cannot be reached from here"),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "the connection was cut"),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files"),
    ],
    ids=["name", "refused", "late", "unreachable", "cut", "other"],
)
def test_a_failure_of_the_network_is_told_in_words_without_a_number(error: OSError, says: str) -> None:
    told = in_words(error)

    assert told.startswith(says)
    assert "Errno" not in told
