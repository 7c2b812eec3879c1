"""Connecting safely and logging in."""

from __future__ import annotations

import base64
import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from inboxcrm.clock import SystemClock
from inboxcrm.config import Security, Server
from inboxcrm.errors import TransientError, UserError
from inboxcrm.ports import Deferred, Sent
from inboxcrm.smtp import SmtpTransport
from inboxcrm.testing.imap_server import MailServer
from inboxcrm.testing.smtp_server import Mood, Step, SubmissionServer
from tests.servers.certificates import Certificate
from tests.smtp.conftest import ACCOUNT, Connect, Steps, outgoing
from tests.smtp.scripted import ScriptedServer, usual_but

PASSWORD = "blåbær grød"
STARTTLS_OFFERED = b"250-mail.example\r\n250 STARTTLS\r\n"


def transport_to(
    port: int, security: Security, ca_file: Path | None = None, *, password: str = PASSWORD
) -> SmtpTransport:
    server = Server("localhost", port, security, ca_file)
    return SmtpTransport(server, user="ann", password=lambda: password, account_address=ACCOUNT)


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
async def test_a_protected_log_in_sends(
    certificate: Certificate, server_tls: ssl.SSLContext, security: Security
) -> None:
    tls, starttls = (server_tls, None) if security is Security.TLS else (None, server_tls)
    async with SubmissionServer(user="ann", password=PASSWORD, tls=tls, starttls=starttls) as server:
        transport = transport_to(server.port, security, certificate.cert)

        assert isinstance(await transport.send(outgoing(), Steps()), Sent)
        assert server.accepted[0].user == "ann"
        await transport.close()


async def test_a_certificate_nobody_vouches_for_pauses_the_account(server_tls: ssl.SSLContext) -> None:
    async with SubmissionServer(user="ann", password=PASSWORD, tls=server_tls) as server:
        delivery = await transport_to(server.port, Security.TLS).send(outgoing(), Steps())

        assert isinstance(delivery, Deferred)
        assert delivery.pause_all
        assert "certificate" in delivery.reply


@pytest.mark.parametrize(
    ("there", "said"),
    [(True, "nothing speaks TLS there from the start"), (False, "nothing listens there")],
    ids=["a server without TLS", "no server"],
)
async def test_what_is_at_a_wrong_port_is_told_in_words(there: bool, said: str) -> None:
    server = SubmissionServer(user="ann", password=PASSWORD)
    async with server:
        port = server.port
        if there:
            delivery = await transport_to(port, Security.TLS).send(outgoing(), Steps())
    if not there:
        delivery = await transport_to(port, Security.TLS).send(outgoing(), Steps())

    assert isinstance(delivery, Deferred)
    assert delivery.reply.startswith(f"localhost:{port}: {said}")


async def test_a_server_of_another_kind_is_told_as_that() -> None:
    async with MailServer() as server:
        port = server.port
        delivery = await transport_to(port, Security.NONE).send(outgoing(), Steps())

    assert delivery == Deferred(f"localhost:{port}: what answers there speaks no SMTP. Another port may")


async def test_a_port_that_waits_for_tls_is_told_as_that_to_who_asks_for_starttls(
    server_tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inboxcrm.silence.LONG", 0.2)
    async with SubmissionServer(user="ann", password=PASSWORD, tls=server_tls) as server:
        delivery = await transport_to(server.port, Security.STARTTLS).send(outgoing(), Steps())

    assert isinstance(delivery, Deferred)
    assert delivery.pause_all
    assert "waits for TLS there from the start" in delivery.reply


async def test_a_certificate_nobody_vouches_for_behind_starttls_hears_no_password(server_tls: ssl.SSLContext) -> None:
    async with ScriptedServer(usual_but(ehlo=STARTTLS_OFFERED), starttls=server_tls) as server:
        delivery = await transport_to(server.port, Security.STARTTLS).send(outgoing(), Steps())

        assert isinstance(delivery, Deferred)
        assert delivery.pause_all
        assert "certificate" in delivery.reply
        assert server.lines == [b"EHLO [127.0.0.1]", b"STARTTLS"]


async def test_what_was_injected_behind_starttls_is_not_believed(
    certificate: Certificate, server_tls: ssl.SSLContext
) -> None:
    injected = b"220 go\r\n250-evil.example\r\n250 AUTH LOGIN\r\n"
    answers = usual_but(ehlo=STARTTLS_OFFERED, star=injected)
    async with ScriptedServer(answers, starttls=server_tls) as server:
        delivery = await transport_to(server.port, Security.STARTTLS, certificate.cert).send(outgoing(), Steps())

        assert isinstance(delivery, Deferred)
        assert not any(line.startswith(b"AUTH") for line in server.lines)


async def test_starttls_that_is_not_offered_ends_the_talk_before_any_password() -> None:
    async with ScriptedServer(usual_but(ehlo=b"250-mail.example\r\n250 AUTH PLAIN\r\n")) as server:
        delivery = await transport_to(server.port, Security.STARTTLS).send(outgoing(), Steps())

        assert isinstance(delivery, Deferred)
        assert delivery.pause_all
        assert not any(line.startswith((b"AUTH", b"MAIL")) for line in server.lines)


async def test_a_wrong_password_pauses_the_account_and_is_tried_once(
    certificate: Certificate, server_tls: ssl.SSLContext
) -> None:
    async with SubmissionServer(user="ann", password=PASSWORD, tls=server_tls) as server:
        transport = transport_to(server.port, Security.TLS, certificate.cert, password="other")

        delivery = await transport.send(outgoing(), Steps())

        assert isinstance(delivery, Deferred)
        assert delivery.pause_all
        assert delivery.reply.startswith("535")
        assert server.connections == 1


async def test_a_log_in_that_cannot_be_checked_now_pauses_nothing(
    certificate: Certificate, server_tls: ssl.SSLContext
) -> None:
    async with SubmissionServer(user="ann", password=PASSWORD, tls=server_tls) as server:
        server.moods.append(Mood(Step.AUTH, reply="454 4.7.0 Temporary authentication failure", times=1))
        transport = transport_to(server.port, Security.TLS, certificate.cert)

        assert await transport.send(outgoing(), Steps()) == Deferred("454 4.7.0 Temporary authentication failure")
        assert isinstance(await transport.send(outgoing(), Steps()), Sent)
        await transport.close()


async def test_what_a_server_repeats_of_the_password_is_not_kept(connect: Connect) -> None:
    secret = "s3cret pass"
    packed = base64.b64encode(f"\0ann\0{secret}".encode())
    said = b"535 5.7.8 no: " + packed + b" is " + secret.encode() + b"\r\n"
    async with ScriptedServer(usual_but(ehlo=b"250-mail.example\r\n250 AUTH PLAIN\r\n", auth=said)) as server:
        delivery = await connect(server, user="ann").send(outgoing(), Steps())

        assert delivery == Deferred("535 5.7.8 no: *** is ***", pause_all=True)
        assert b"AUTH PLAIN " + packed in server.lines


async def test_a_password_source_that_fails_pauses_the_account() -> None:
    def fails() -> str:
        raise UserError("config.toml: the password command failed")

    async with ScriptedServer(usual_but(ehlo=b"250-mail.example\r\n250 AUTH PLAIN\r\n")) as server:
        transport = SmtpTransport(Server(server.host, server.port, Security.NONE), user="ann", password=fails)

        delivery = await transport.send(outgoing(), Steps())

        assert delivery == Deferred("config.toml: the password command failed", pause_all=True)


@pytest.mark.parametrize(
    ("offer", "command"),
    [(b"PLAIN LOGIN CRAM-MD5", b"AUTH PLAIN"), (b"LOGIN", b"AUTH LOGIN"), (b"CRAM-MD5", b"AUTH CRAM-MD5")],
)
async def test_the_simplest_offered_method_is_used_once(connect: Connect, offer: bytes, command: bytes) -> None:
    answers = usual_but(ehlo=b"250-mail.example\r\n250 AUTH " + offer + b"\r\n", auth=b"535 no\r\n")
    async with ScriptedServer(answers) as server:
        await connect(server, user="ann").send(outgoing(), Steps())

        [said] = [line for line in server.lines if line.startswith(b"AUTH")]
        assert said.startswith(command)


async def test_a_server_with_unknown_methods_only_pauses_the_account(connect: Connect) -> None:
    async with ScriptedServer(usual_but(ehlo=b"250-mail.example\r\n250 AUTH GSSAPI\r\n")) as server:
        delivery = await connect(server, user="ann").send(outgoing(), Steps())

        assert isinstance(delivery, Deferred)
        assert delivery.pause_all


async def test_a_look_logs_in_sends_nothing_and_tells_when_the_certificate_ends(
    certificate: Certificate, server_tls: ssl.SSLContext
) -> None:
    async with SubmissionServer(user="ann", password=PASSWORD, tls=server_tls) as server:
        until = await transport_to(server.port, Security.TLS, certificate.cert).look()

        assert until is not None
        assert timedelta(days=28) < until - SystemClock().now() < timedelta(days=31)
        assert server.accepted == []


async def test_a_look_tells_what_the_owner_must_mend_from_what_may_pass(
    certificate: Certificate, server_tls: ssl.SSLContext
) -> None:
    async with SubmissionServer(user="ann", password=PASSWORD, tls=server_tls) as server:
        with pytest.raises(UserError, match="certificate"):
            await transport_to(server.port, Security.TLS).look()
        with pytest.raises(UserError, match="535"):
            await transport_to(server.port, Security.TLS, certificate.cert, password="other").look()
        server.moods.append(Mood(Step.CONNECT, reply="421 4.3.2 later", times=1))
        with pytest.raises(TransientError):
            await transport_to(server.port, Security.TLS, certificate.cert).look()
