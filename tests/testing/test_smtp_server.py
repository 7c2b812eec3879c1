"""The submission server's moods do what they say."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes

import aiosmtplib
import pytest

from inboxcrm.testing.clock import FakeClock
from inboxcrm.testing.imap_server import MailServer
from inboxcrm.testing.smtp_server import Border, Cut, Mood, Route, Step, SubmissionServer

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LETTER = b"From: ann@example.org\r\nTo: bob@example.com\r\nSubject: hello\r\n\r\n.dot\r\nbye\r\n"


@pytest.fixture
async def sink() -> AsyncIterator[SubmissionServer]:
    async with SubmissionServer(clock=FakeClock(NOON)) as server:
        yield server


async def send(server: SubmissionServer, *, sender: str = "ann@example.org", to: str = "bob@example.com") -> str:
    """Hand over the letter step by step; answers the final reply."""
    client = aiosmtplib.SMTP(hostname=server.host, port=server.port, start_tls=False, timeout=60)
    await client.connect()
    try:
        await client.ehlo()
        await client.mail(sender)
        await client.rcpt(to)
        return str(await client.data(LETTER))
    finally:
        client.close()


async def test_a_mail_is_kept_as_it_was_sent(sink: SubmissionServer) -> None:
    await send(sink)

    [mail] = sink.accepted
    assert (mail.envelope_from, mail.recipients, mail.raw) == ("ann@example.org", ("bob@example.com",), LETTER)
    assert mail.accepted_at == NOON


async def test_the_null_sender_is_an_empty_envelope(sink: SubmissionServer) -> None:
    await send(sink, sender="")

    assert [mail.envelope_from for mail in sink.accepted] == [""]


async def test_a_server_may_refuse_the_null_sender() -> None:
    async with SubmissionServer(null_sender=False) as server:
        with pytest.raises(aiosmtplib.SMTPResponseException, match="Null sender") as refused:
            await send(server, sender="")

    assert refused.value.code == 550


@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA, Step.FINAL], ids=str)
@pytest.mark.parametrize("reply", ["451 4.7.1 Try later", "554 5.7.1 Never"], ids=["later", "never"])
async def test_a_reply_replaces_the_usual_one_and_nothing_is_kept(
    sink: SubmissionServer, step: Step, reply: str
) -> None:
    sink.moods.append(Mood(step, reply=reply))

    with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
        await send(sink)

    assert refused.value.code == int(reply[:3])
    assert sink.accepted == []


async def test_a_mood_wears_off(sink: SubmissionServer) -> None:
    sink.moods.append(Mood(Step.RCPT, reply="450 4.2.0 Greylisted", times=1))

    with pytest.raises(aiosmtplib.SMTPRecipientRefused):
        await send(sink)
    await send(sink)

    assert len(sink.accepted) == 1


async def test_a_mood_may_be_for_one_recipient_only(sink: SubmissionServer) -> None:
    sink.moods.append(Mood(Step.RCPT, recipient="Carol@example.com", reply="550 5.1.1 No such user"))

    await send(sink, to="bob@example.com")
    with pytest.raises(aiosmtplib.SMTPRecipientRefused):
        await send(sink, to="carol@example.com")

    assert [mail.recipients for mail in sink.accepted] == [("bob@example.com",)]


CUTS = [
    pytest.param(Mood(Step.CONNECT, cut=Cut.BEFORE), 0, id="at the greeting"),
    pytest.param(Mood(Step.EHLO, cut=Cut.BEFORE), 0, id="before the EHLO answer"),
    pytest.param(Mood(Step.MAIL, cut=Cut.BEFORE), 0, id="before the MAIL answer"),
    pytest.param(Mood(Step.MAIL, cut=Cut.AFTER), 0, id="after the MAIL answer"),
    pytest.param(Mood(Step.RCPT, cut=Cut.AFTER), 0, id="after the RCPT answer"),
    pytest.param(Mood(Step.DATA, cut=Cut.BEFORE), 0, id="before 354"),
    pytest.param(Mood(Step.BODY, octets=10), 0, id="inside the body"),
    pytest.param(Mood(Step.BODY, octets=10, reset=False), 0, id="inside the body, politely"),
    pytest.param(Mood(Step.FINAL, cut=Cut.BEFORE), 0, id="before 250, not kept"),
    pytest.param(Mood(Step.FINAL, cut=Cut.BEFORE, keeps=True), 1, id="before 250, kept"),
    pytest.param(Mood(Step.FINAL, cut=Cut.BEFORE, keeps=True, reset=False), 1, id="before 250, kept, politely"),
]


@pytest.mark.parametrize(("mood", "kept"), CUTS)
async def test_a_cut_ends_the_connection(sink: SubmissionServer, mood: Mood, kept: int) -> None:
    sink.moods.append(mood)

    with pytest.raises((aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPConnectError, ConnectionError)):
        await send(sink)

    assert len(sink.accepted) == kept


async def test_a_cut_after_the_final_reply_leaves_the_reply_readable(sink: SubmissionServer) -> None:
    sink.moods.append(Mood(Step.FINAL, cut=Cut.AFTER, reset=False))

    assert "queued" in await send(sink)

    assert len(sink.accepted) == 1


async def test_a_delay_comes_before_the_reply(sink: SubmissionServer) -> None:
    sink.moods.append(Mood(Step.FINAL, delay=timedelta(milliseconds=200)))
    loop = asyncio.get_running_loop()
    began = loop.time()

    await send(sink)

    assert loop.time() - began >= 0.2


async def test_a_stalled_server_is_ended_by_stop() -> None:
    async with SubmissionServer() as server:
        mood = Mood(Step.MAIL, stall=True, times=1)
        server.moods.append(mood)
        sending = asyncio.create_task(send(server), name="sending")
        async with asyncio.timeout(60):
            while mood.times:
                await asyncio.sleep(0.01)

    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await sending


async def test_octets_go_out_as_they_are(sink: SubmissionServer) -> None:
    sink.moods.append(Mood(Step.FINAL, reply=b"250-first\r\n250 last\r\n", keeps=True))

    assert "first\nlast" in await send(sink)

    assert len(sink.accepted) == 1


async def test_a_password_is_asked_for_and_checked() -> None:
    async with SubmissionServer(user="ann", password="secret") as server:
        client = aiosmtplib.SMTP(hostname=server.host, port=server.port, start_tls=False, timeout=60)
        await client.connect()
        with pytest.raises(aiosmtplib.SMTPResponseException) as unauthenticated:
            await client.mail("ann@example.org")
        with pytest.raises(aiosmtplib.SMTPAuthenticationError):
            await client.login("ann", "wrong")
        await client.login("ann", "secret")
        await client.sendmail("ann@example.org", ["bob@example.com"], LETTER)
        await client.quit()

    assert unauthenticated.value.code == 530
    assert [mail.user for mail in server.accepted] == ["ann"]


async def test_keywords_and_the_size_can_be_left_out() -> None:
    async with SubmissionServer(without={"8BITMIME", "SMTPUTF8"}, size_limit=50) as server:
        client = aiosmtplib.SMTP(hostname=server.host, port=server.port, start_tls=False, timeout=60)
        await client.connect()
        await client.ehlo()
        offered = {*client.esmtp_extensions}
        with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
            await client.mail("ann@example.org", options=[f"SIZE={len(LETTER)}"])
        client.close()

    assert "size" in offered
    assert not offered & {"8bitmime", "smtputf8", "auth"}
    assert refused.value.code == 552


@pytest.mark.parametrize("implicit", [True, False], ids=["tls", "starttls"])
async def test_mail_goes_through_tls(implicit: bool, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    async with SubmissionServer(
        tls=server_tls if implicit else None,
        starttls=None if implicit else server_tls,
        user="ann",
        password="secret",
    ) as server:
        client = aiosmtplib.SMTP(
            hostname="localhost",
            port=server.port,
            use_tls=implicit,
            start_tls=not implicit,
            tls_context=client_tls,
            username="ann",
            password="secret",
            timeout=60,
        )
        await client.connect()
        await client.sendmail("ann@example.org", ["bob@example.com"], LETTER)
        await client.quit()

    assert len(server.accepted) == 1


async def test_a_routed_mail_lands_in_the_inbox_with_the_border_servers_fields(sink: SubmissionServer) -> None:
    border = Border(host="mx.example.com", authserv_id="mx.example.com")
    async with MailServer(clock=FakeClock(NOON)) as mail:
        bob = mail.account("bob", "pw")
        sink.route("bob@example.com", Route(bob, border, lambda _: "dkim=pass header.d=example.org"))

        await send(sink, to="bob+shop@example.com")

        [message] = bob.folder("INBOX").messages
    fields = message_from_bytes(message.raw)
    assert fields["Return-Path"] == "<ann@example.org>"
    assert fields["Authentication-Results"] == "mx.example.com; dkim=pass header.d=example.org"
    assert "by mx.example.com" in fields["Received"]
    assert message.raw.endswith(LETTER)
    assert message.received_at == NOON


async def test_waiting_for_mail_ends_when_it_has_come(sink: SubmissionServer) -> None:
    waiting = asyncio.create_task(sink.wait_for(1), name="waiting")

    await send(sink)

    assert len(await waiting) == 1


async def test_waiting_for_mail_that_does_not_come_times_out(sink: SubmissionServer) -> None:
    with pytest.raises(TimeoutError):
        await sink.wait_for(1, within=timedelta(milliseconds=20))
