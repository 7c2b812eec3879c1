"""How a connection comes about, and what is never said before it is safe."""

from __future__ import annotations

import asyncio
import errno
import re
import socket
import ssl
import threading
import warnings
from pathlib import Path

import pytest

from inboxcrm import silence
from inboxcrm.config import Security, Server
from inboxcrm.dialling import in_words
from inboxcrm.imap.connection import BODY, Connection
from inboxcrm.imap.errors import (
    BusyError,
    CertificateError,
    ConnectionLostError,
    InsecureConnectionError,
    LoginRefusedError,
    NotConnectedError,
    ProtocolError,
    TooManyConnectionsError,
)
from inboxcrm.imap.opening import Limits
from inboxcrm.imap.waker import Waker
from inboxcrm.testing.imap_server import MailServer
from inboxcrm.testing.smtp_server import SubmissionServer
from tests.deaf import deaf_place
from tests.imap.scripted import QUICK, Talk, connected, scripted
from tests.servers.certificates import Certificate, make_certificate, make_expired_certificate


def _by_starttls(server: Server) -> Server:
    return Server(server.host, server.port, Security.STARTTLS)


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


async def test_a_port_at_which_nothing_speaks_tls_is_told_as_that(server: MailServer) -> None:
    where = Server(server.host, server.port, Security.TLS)

    with pytest.raises(InsecureConnectionError, match="nothing speaks TLS there from the start"):
        await asyncio.to_thread(lambda: Connection(where, user="ann", password="secret", waker=Waker(), limits=QUICK))


async def test_a_server_of_another_kind_is_told_as_that() -> None:
    async with SubmissionServer() as server:
        where = Server(server.host, server.port, Security.NONE)

        with pytest.raises(ProtocolError, match=f":{server.port}: what answers there speaks no IMAP"):
            await asyncio.to_thread(lambda: Connection(where, user="a", password="b", waker=Waker(), limits=QUICK))


async def test_a_port_that_waits_for_tls_is_told_as_that_to_who_asks_for_starttls(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inboxcrm.silence.LONG", 0.2)
    async with MailServer(tls=certificate.server_context()) as server:
        where = Server(server.host, server.port, Security.STARTTLS, certificate.cert)

        with pytest.raises(InsecureConnectionError, match="waits for TLS there from the start"):
            await asyncio.to_thread(
                lambda: Connection(where, user="ann", password="secret", waker=Waker(), limits=QUICK)
            )


def test_a_server_that_is_slow_to_greet_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = threading.Event()

    def waits_for_tls(_: object) -> bool:
        asked.set()
        return False

    def slowly(talk: Talk) -> None:
        asked.wait()
        talk.let_in()

    monkeypatch.setattr("inboxcrm.silence.LONG", 0.0)
    monkeypatch.setattr("inboxcrm.silence.waits_for_tls", waits_for_tls)
    with connected(slowly) as connection:
        assert connection.has("IDLE")


def test_a_server_without_tls_is_not_said_to_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inboxcrm.silence._PATIENCE", 0.2)
    with scripted(Talk.let_in) as (server, _):
        assert not silence.waits_for_tls(lambda: socket.create_connection((server.host, server.port)))


async def test_a_server_that_shows_another_certificate_than_was_named_is_told_as_that(
    certificate: Certificate, tmp_path: Path
) -> None:
    named = make_certificate(tmp_path).cert
    async with MailServer(tls=certificate.server_context()) as server:
        where = Server("localhost", server.port, Security.TLS, named)

        with pytest.raises(CertificateError, match=f"No authority in {re.escape(str(named))} vouches for it"):
            await asyncio.to_thread(
                lambda: Connection(where, user="ann", password="secret", waker=Waker(), limits=QUICK)
            )


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
    with deaf_place() as where, pytest.raises(ConnectionLostError, match="no answer came in time"):
        Connection(Server(*where, Security.NONE), user="ann", password="x", waker=Waker(), limits=Limits(connect=0.2))


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
