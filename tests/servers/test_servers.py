"""The real servers run, hand mail to one another, and can be broken in between."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import aiosmtplib
import pytest

from inboxcrm.testing.imap_server import MailServer
from inboxcrm.testing.smtp_server import Mood, Step, SubmissionServer
from tests.conftest import MakeExim
from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot
from tests.servers.exim import Exim
from tests.servers.proxy import End, FaultProxy, Plan
from tests.testing.places import Place

LETTER = (
    b"From: bob@example.org\r\n"
    b"To: ann@inbox.example\r\n"
    b"Subject: hello\r\n"
    b"Date: Mon, 02 Mar 2026 12:00:00 +0100\r\n"
    b"Message-ID: <one@example.org>\r\n"
    b"\r\n"
    b"body\r\n"
)


def wait_for_mail(place: Place, *, within: float = 60) -> bytes:
    """The first mail of INBOX, once it is there."""
    client = place.client()
    try:
        end = time.monotonic() + within
        while not client.select_folder("INBOX", readonly=True)[b"EXISTS"]:
            assert time.monotonic() < end, "no mail came"
            time.sleep(0.05)
        [items] = client.fetch([1], ["BODY.PEEK[]"]).values()
        return bytes(items[b"BODY[]"])
    finally:
        client.shutdown()


async def submit(exim: Exim, recipient: str, raw: bytes = LETTER, *, sender: str = "bob@example.org") -> None:
    async with aiosmtplib.SMTP(hostname=exim.host, port=exim.port, start_tls=False, timeout=60) as client:
        await client.ehlo()
        await client.mail(sender)
        await client.rcpt(recipient)
        await client.data(raw)


# -- delivery


async def test_exim_delivers_into_dovecot_as_a_border_server(make_exim: MakeExim, dovecot: Dovecot, user: str) -> None:
    exim = make_exim(dovecot.lmtp_port, authentication="spf=pass smtp.mailfrom=$sender_address_domain")

    await submit(exim, f"{user}@inbox.example")

    raw = await asyncio.to_thread(wait_for_mail, Place(dovecot.host, dovecot.port, user, dovecot.password))
    assert raw.startswith(b"Return-Path: <bob@example.org>\r\n")
    assert b"\r\nAuthentication-Results: mx.inbox.example; spf=pass smtp.mailfrom=example.org\r\n" in raw
    assert b"by mx.inbox.example with esmtp" in raw
    assert raw.endswith(LETTER)


async def test_exim_delivers_into_cyrus(make_exim: MakeExim, cyrus: Cyrus, user: str) -> None:
    cyrus.add_user(user)
    place = Place(cyrus.host, cyrus.port, user, cyrus.password)
    await asyncio.to_thread(lambda: place.client().shutdown())  # the first login makes the mailbox
    exim = make_exim(cyrus.lmtp_port)

    await submit(exim, f"{user}@inbox.example")

    assert (await asyncio.to_thread(wait_for_mail, place)).endswith(LETTER)


async def test_mail_for_elsewhere_reaches_the_sink(exim: Exim, smtp_sink: SubmissionServer) -> None:
    await submit(exim, "carol@example.com", sender="")

    [mail] = await smtp_sink.wait_for(1, within=timedelta(seconds=60))
    assert (mail.envelope_from, mail.recipients) == ("", ("carol@example.com",))
    assert mail.raw.endswith(LETTER)


async def test_exim_tries_again_what_the_sink_deferred(exim: Exim, smtp_sink: SubmissionServer) -> None:
    smtp_sink.moods.append(Mood(Step.RCPT, reply="451 4.7.1 Later", times=1))

    await submit(exim, "carol@example.com")

    assert len(await smtp_sink.wait_for(1, within=timedelta(seconds=60))) == 1


@pytest.mark.parametrize(
    ("local", "code"), [("greylist", 451), ("full", 452), ("nobodyhere", 550)], ids=["greylisted", "full", "unknown"]
)
async def test_exim_refuses_some_recipients(exim: Exim, local: str, code: int) -> None:
    with pytest.raises(aiosmtplib.SMTPRecipientRefused) as refused:
        await submit(exim, f"{local}@inbox.example")

    assert refused.value.code == code


async def test_a_real_bounce_has_the_null_sender(exim: Exim, smtp_sink: SubmissionServer) -> None:
    smtp_sink.moods.append(Mood(Step.RCPT, recipient="carol@example.com", reply="550 5.1.1 No such user"))

    await submit(exim, "carol@example.com")

    [bounce] = await smtp_sink.wait_for(1, within=timedelta(seconds=60))
    assert (bounce.envelope_from, bounce.recipients) == ("", ("bob@example.org",))
    assert b"multipart/report" in bounce.raw


@pytest.mark.server
def test_a_dropped_file_has_the_time_it_was_given() -> None:
    received_at = datetime(2026, 3, 2, 12, tzinfo=UTC)
    dovecot = Dovecot(mail_format="maildir")
    try:
        dovecot.start()
        dovecot.drop("ann", LETTER, received_at=received_at)
        client = Place(dovecot.host, dovecot.port, "ann", "pw").client()
        client.select_folder("INBOX", readonly=True)
        [items] = client.fetch([1], ["INTERNALDATE", "BODY.PEEK[]"]).values()
        client.shutdown()
    finally:
        dovecot.close()

    assert items[b"INTERNALDATE"] == received_at
    assert items[b"BODY[]"] == LETTER


@pytest.mark.server
def test_mail_outlives_a_restart_of_dovecot() -> None:
    dovecot = Dovecot()
    try:
        dovecot.start()
        dovecot.deliver("ann", LETTER)
        dovecot.stop()
        dovecot.start()
        raw = wait_for_mail(Place(dovecot.host, dovecot.port, "ann", "pw"))
    finally:
        dovecot.close()

    assert raw.endswith(LETTER)


def test_doveadm_renumbers_a_folder(dovecot: Dovecot, user: str) -> None:
    dovecot.deliver(user, LETTER)

    done = dovecot.doveadm("mailbox", "update", "-u", user, "--uid-validity", "7", "INBOX")

    client = Place(dovecot.host, dovecot.port, user, dovecot.password).client()
    opened = client.select_folder("INBOX", readonly=True)
    client.shutdown()
    assert done.returncode == 0, done.stderr
    assert opened[b"UIDVALIDITY"] == 7


# -- the proxy, before our own server


@pytest.fixture
def mailbox(mail_server: MailServer) -> MailServer:
    mail_server.account("ann", "pw").folder("INBOX").append(LETTER + b"x" * 5000)
    return mail_server


FETCH = b"a LOGIN ann pw\r\nb EXAMINE INBOX\r\nc UID FETCH 1 (BODY.PEEK[])\r\n"


async def talk(proxy: FaultProxy, *, within: float = 60) -> tuple[bytes, str]:
    """Everything a fetch brings, and how it ended: "done", "fin", "reset" or "silence"."""
    reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
    received = b""
    try:
        writer.write(FETCH)
        async with asyncio.timeout(within):
            while b"c OK" not in received:
                piece = await reader.read(4096)
                if not piece:
                    return received, "fin"
                received += piece
            return received, "done"
    except ConnectionError:
        return received, "reset"
    except TimeoutError:
        return received, "silence"
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("plan", "ending"),
    [
        pytest.param(Plan(), "done", id="nothing"),
        pytest.param(Plan(after=100), "reset", id="reset after octets"),
        pytest.param(Plan(after=100, end=End.FIN), "fin", id="fin after octets"),
        pytest.param(Plan(after=100, end=End.STALL), "silence", id="stall after octets"),
        pytest.param(Plan(cut_literal=500), "reset", id="reset in a literal"),
        pytest.param(Plan(on_client=rb"UID FETCH", end=End.FIN), "fin", id="fin at a command"),
        pytest.param(Plan(on_server=rb"READ-ONLY", end=End.STALL), "silence", id="stall at an answer"),
        pytest.param(Plan(swallow=True), "silence", id="swallow"),
        pytest.param(Plan(piece=7), "done", id="small pieces"),
    ],
)
async def test_the_proxy_does_as_planned(mailbox: MailServer, plan: Plan, ending: str) -> None:
    async with FaultProxy(mailbox.port, plan=plan) as proxy:
        within = 0.5 if ending == "silence" else 60
        received, ended = await talk(proxy, within=within)
        while ended == "silence" and len(received) < (plan.after or 0):  # on a slow machine it comes before its time
            received, ended = await talk(proxy, within=within)

    assert ended == ending
    if plan.after is not None and plan.end is not End.RESET:
        assert len(received) == plan.after


async def test_the_proxy_puts_octets_in_between(mailbox: MailServer) -> None:
    async with FaultProxy(mailbox.port, plan=Plan(inject=(rb"a OK", b"* BAD surprise\r\n"))) as proxy:
        received, ended = await talk(proxy)

    assert ended == "done"
    assert received.count(b"* BAD surprise\r\n") == 1


async def test_open_connections_can_be_cut(mailbox: MailServer) -> None:
    async with FaultProxy(mailbox.port) as proxy:
        reader, writer = await asyncio.open_connection(proxy.host, proxy.port)
        await reader.readline()
        await proxy.cut_all()

        with pytest.raises(ConnectionError):
            await reader.readexactly(1)
        writer.close()


async def test_new_clients_can_be_refused(mailbox: MailServer) -> None:
    async with FaultProxy(mailbox.port) as proxy:
        proxy.refuse = True

        assert (await talk(proxy))[1] == "reset"
        assert proxy.connections == 1
