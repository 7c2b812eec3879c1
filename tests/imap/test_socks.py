"""Servers that are reached through a SOCKS proxy, IMAP and SMTP alike."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from inboxcrm.config import MailboxConfig, PasswordSource, Proxy, Security, Server
from inboxcrm.imap.probe import MailboxUnreachableError, probe
from inboxcrm.ports import Deferred, Sent
from inboxcrm.smtp import SmtpTransport
from inboxcrm.testing.imap_server import MailServer
from inboxcrm.testing.smtp_server import SubmissionServer
from tests.imap.record import letter
from tests.servers.certificates import make_certificate
from tests.servers.socks import SocksProxy
from tests.smtp.conftest import Steps, outgoing

NAME = "mail.example.org"


def reached(server: Server, **_: object) -> MailboxConfig:
    return MailboxConfig("main", server, server, "ann", PasswordSource(env="UNUSED"))


async def test_a_mailbox_is_read_and_written_through_the_proxy_which_resolves_its_name(tmp_path: Path) -> None:
    made = make_certificate(tmp_path, names=f"DNS:{NAME}")
    async with (
        MailServer(tls=made.server_context()) as server,
        SubmissionServer(tls=made.server_context()) as sink,
        SocksProxy() as through,
    ):
        server.account("ann", "secret").folder("INBOX").append(letter(1))
        proxy = Proxy(through.host, through.port)
        imap = Server(NAME, server.port, Security.TLS, made.cert, proxy)
        smtp = Server(NAME, sink.port, Security.TLS, made.cert, proxy)
        transport = SmtpTransport(smtp, user=None, account_address="ann@example.org", password=lambda: "")

        report = await probe(reached(imap), lambda: "secret")
        result = await transport.send(outgoing(), Steps())
        await transport.close()

        assert report.inbox_count == 1
        assert isinstance(result, Sent)
        assert len(sink.accepted) == 1
        assert through.asked == [NAME, NAME]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"reply": 5}, "made no connection: nothing listens there"),
        ({"reply": 4}, "its name is not found"),
        ({"reply": 9}, "its answer is 9"),
        ({"method": 255}, "wants a login"),
        (None, "cannot be reached"),
    ],
    ids=["refused there", "not found", "another", "login", "the proxy is down"],
)
async def test_why_the_proxy_made_no_connection_is_said(settings: dict[str, int] | None, said: str) -> None:
    settings, down = settings or {}, settings is None
    async with SocksProxy(reply=settings.get("reply", 0), method=settings.get("method", 0)) as through:
        port = _free_port() if down else through.port
        server = Server("127.0.0.1", 1, Security.NONE, proxy=Proxy(through.host, port))
        transport = SmtpTransport(server, user=None, account_address="ann@example.org", password=lambda: "")

        with pytest.raises(MailboxUnreachableError, match=said):
            await probe(reached(server), lambda: "secret")
        result = await transport.send(outgoing(), Steps())
        await transport.close()

        assert isinstance(result, Deferred)
        assert said in result.reply
        assert through.asked in ([], ["127.0.0.1"] * 2)


@pytest.mark.parametrize(
    ("user", "password", "said"),
    [
        ("ann", "s\u00e9same", None),
        ("ann", "wrong", "does not accept the login of ann"),
        ("ann", "", "the environment variable PROXY_PASSWORD is empty"),
        ("ann", "x" * 256, "255 octets"),
        (None, "", "wants a login: proxy = "),
    ],
    ids=["accepted", "refused", "no password", "too long", "no user"],
)
async def test_a_proxy_that_wants_a_login_is_given_it(
    user: str | None, password: str, said: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROXY_PASSWORD", password)
    kept = None if user is None else PasswordSource(env="PROXY_PASSWORD")
    async with MailServer() as mail, SocksProxy(login=("ann", "s\u00e9same")) as through:
        mail.account("ann", "secret")
        server = Server("127.0.0.1", mail.port, Security.NONE, proxy=Proxy(through.host, through.port, user, kept))

        if said is None:
            await probe(reached(server), lambda: "secret")
        else:
            with pytest.raises(MailboxUnreachableError, match=said) as refused:
                await probe(reached(server), lambda: "secret")
            assert not password or password not in str(refused.value)

        assert through.asked == ([] if said else ["127.0.0.1"])


async def test_what_is_no_proxy_is_said_to_be_none(tmp_path: Path) -> None:
    async with SubmissionServer() as no_proxy:
        server = Server("127.0.0.1", 1, Security.NONE, proxy=Proxy(no_proxy.host, no_proxy.port))

        with pytest.raises(MailboxUnreachableError, match="no SOCKS 5 proxy"):
            await probe(reached(server), lambda: "secret")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
