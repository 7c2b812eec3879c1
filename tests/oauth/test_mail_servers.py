"""A token opens IMAP and SMTP: by the best mechanism offered, and with another token when it is refused."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from inboxcrm.config import MailboxConfig, Security, Server
from inboxcrm.errors import TransientError, UserError
from inboxcrm.imap.account import Timing
from inboxcrm.imap.connection import Connection
from inboxcrm.imap.errors import LoginRefusedError, ProtocolError
from inboxcrm.imap.waker import Waker
from inboxcrm.imap.watcher import ImapMailbox
from inboxcrm.oauth.source import TokenSource
from inboxcrm.ports import Bearer, Deferred, MailboxState, Sent
from inboxcrm.sasl import explained, present
from inboxcrm.smtp import SmtpTransport
from inboxcrm.testing.clock import FakeClock
from inboxcrm.testing.imap_server import Exchange, MailServer
from inboxcrm.testing.smtp_server import Mood, Step, SubmissionServer
from tests.imap.record import Record, letter
from tests.imap.scripted import Talk, scripted
from tests.imap.test_watcher import QUICK, until, watched
from tests.oauth.conftest import custom, granted, signed_in_by
from tests.oauth.provider import Provider
from tests.smtp.conftest import Steps, outgoing
from tests.smtp.scripted import ScriptedServer, usual_but

ANN = "ann@example.org"
GOOD = Bearer("good-token")


def takes(user: str, token: str) -> bool:
    return (user, token) == (ANN, GOOD.token)


@pytest.fixture
async def imap() -> AsyncIterator[MailServer]:
    async with MailServer(bearer=takes) as server:
        server.account(ANN, "a password nobody uses")
        yield server


def tokens_shown(server: MailServer) -> list[str]:
    """By OAUTHBEARER and at once, by whatever connection, oldest first."""
    said = [line.split() for line in server.traffic.lines if b"AUTHENTICATE" in line]
    return [base64.b64decode(words[3]).decode().split("Bearer ")[1].rstrip("\x01") for words in said]


def log_in(server: MailServer | Server, credential: str | Bearer) -> None:
    where = Server(server.host, server.port, Security.NONE)
    Connection(where, user=ANN, password=credential, waker=Waker()).drop()


# -- how it is said


def test_a_token_is_said_as_rfc_7628_shows_it() -> None:
    shown = present(Bearer("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="), "user@example.com",
                    host="server.example.com", port=143, offered=["PLAIN", "OAUTHBEARER", "XOAUTH2"])  # fmt: skip

    assert shown is not None
    assert shown.mechanism == "OAUTHBEARER"
    assert shown.line == (  # section 4.1
        b"bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyI"
        b"HZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB"
    )
    assert shown.last_line == b"AQ=="


def test_a_token_is_said_as_google_shows_it() -> None:
    shown = present(Bearer("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"), "someuser@example.com",
                    host="imap.example.com", port=993, offered=["xoauth2"])  # fmt: skip

    assert shown is not None
    assert shown.line == (
        b"dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0"
        b"Q2cBAQ=="
    )
    assert shown.last_line == b""


def test_a_name_with_a_comma_does_not_end_early() -> None:
    shown = present(GOOD, "a,b=c", host="h", port=1, offered=["OAUTHBEARER"])

    assert shown is not None
    assert shown.initial.startswith(b"n,a=a=2Cb=3Dc,\x01")


@pytest.mark.parametrize(
    ("challenge", "told"),
    [
        (
            b'{"status":"401","schemes":"bearer","scope":"https://mail.example/"}',
            "status 401, scope https://mail.example/",
        ),
        (b'{"status":"invalid_token"}', "status invalid_token"),
        (b'{"status":"\\u202eevil"}', "status evil"),
        (b"[]", ""),
        (b"\xff", ""),
    ],
)
def test_the_servers_explanation_is_read_with_care(challenge: bytes, told: str) -> None:
    assert explained(base64.b64encode(challenge)) == told
    assert explained(challenge) == ""


# -- IMAP


@pytest.mark.parametrize(
    ("without", "mechanism"),
    [((), b"OAUTHBEARER"), (("AUTH=OAUTHBEARER",), b"XOAUTH2"), (("SASL-IR",), b"OAUTHBEARER")],
    ids=["both", "only XOAUTH2", "no initial response"],
)
async def test_a_token_opens_imap_and_a_wrong_one_is_explained(without: tuple[str, ...], mechanism: bytes) -> None:
    async with MailServer(bearer=takes, without=without) as server:
        server.account(ANN, "a password nobody uses")

        await asyncio.to_thread(log_in, server, GOOD)
        with pytest.raises(LoginRefusedError, match=r"(?s)status (401|invalid_token), scope mail.*`inboxcrm sign-in`"):
            await asyncio.to_thread(log_in, server, Bearer("bad"))

        said = [line.split() for line in server.traffic.lines if b"AUTHENTICATE" in line]
        assert [words[2] for words in said] == [mechanism] * 2


async def test_a_server_that_takes_no_tokens_is_told_and_hears_none() -> None:
    async with MailServer() as server:
        server.account(ANN, "a password nobody uses")

        with pytest.raises(LoginRefusedError, match="takes no token"):
            await asyncio.to_thread(log_in, server, GOOD)

        assert not any(GOOD.token.encode() in line for line in server.traffic.lines)
        assert server.traffic.commands["AUTHENTICATE"] == 0


def test_a_server_that_asks_for_ever_is_left() -> None:
    def conversation(talk: Talk) -> None:
        talk.send(b"* OK hello\r\n")
        talk.line()
        talk.answer(b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR")
        for _ in range(3):
            talk.line()
            talk.send(b"+ \r\n")

    with scripted(conversation) as (server, _), pytest.raises(ProtocolError, match="does not come to an end"):
        log_in(server, GOOD)


async def test_a_password_without_initial_response_is_asked_for() -> None:
    async with MailServer(without=["SASL-IR"]) as server:
        server.account(ANN, "blåbær grød")

        await asyncio.to_thread(log_in, server, "blåbær grød")
        with pytest.raises(LoginRefusedError, match="app password"):
            await asyncio.to_thread(log_in, server, "blåbær")


# -- SMTP


@pytest.mark.parametrize(("without", "mechanism"), [((), "OAUTHBEARER"), (("OAUTHBEARER",), "XOAUTH2")])
async def test_a_token_opens_smtp(without: tuple[str, ...], mechanism: str) -> None:
    offered = b"250-mail.example\r\n250 AUTH " + mechanism.encode() + b"\r\n"
    async with ScriptedServer(usual_but(ehlo=offered, auth=b"235 welcome\r\n")) as scripted_server:
        transport = by_token(scripted_server, lambda: GOOD)
        assert isinstance(await transport.send(outgoing(), Steps()), Sent)
        [said] = [line for line in scripted_server.lines if line.startswith(b"AUTH")]
        assert said.split()[1] == mechanism.encode()
        await transport.close()

    async with SubmissionServer(bearer=takes) as server:
        transport = by_token(server, lambda: GOOD)
        assert isinstance(await transport.send(outgoing(), Steps()), Sent)
        assert server.accepted[0].user == ANN
        await transport.close()


async def test_a_refused_token_is_exchanged_once_and_then_pauses_the_account() -> None:
    given_back = list[str]()
    numbers = iter(range(9))

    def bad() -> Bearer:
        name = f"bad-{next(numbers)}"
        return Bearer(name, lambda: given_back.append(name))

    async with SubmissionServer(bearer=takes) as server:
        delivery = await by_token(server, bad).send(outgoing(), Steps())

        assert isinstance(delivery, Deferred)
        assert delivery.pause_all
        assert delivery.reply.startswith("535")
        assert "status invalid_token, scope mail" in delivery.reply
        assert server.connections == 2
        assert given_back == ["bad-0"]


async def test_a_token_that_cannot_be_checked_now_is_kept() -> None:
    given_back = list[int]()
    async with SubmissionServer(bearer=takes) as server:
        server.moods.append(Mood(Step.AUTH, reply="454 4.7.0 Temporary authentication failure", times=1))
        transport = by_token(server, lambda: Bearer(GOOD.token, lambda: given_back.append(1)))

        assert await transport.send(outgoing(), Steps()) == Deferred("454 4.7.0 Temporary authentication failure")
        assert isinstance(await transport.send(outgoing(), Steps()), Sent)
        assert given_back == []
        await transport.close()


@pytest.mark.parametrize(("error", "pauses"), [(UserError("sign in"), True), (TransientError("later"), False)])
async def test_a_token_that_cannot_be_had_costs_no_connection(error: Exception, pauses: bool) -> None:
    def none() -> Bearer:
        raise error

    async with SubmissionServer(bearer=takes) as server:
        assert await by_token(server, none).send(outgoing(), Steps()) == Deferred(str(error), pause_all=pauses)
        assert server.connections == 0


async def test_a_server_without_tokens_pauses_the_account() -> None:
    async with SubmissionServer(user=ANN, password="x") as server:
        delivery = await by_token(server, lambda: GOOD).send(outgoing(), Steps())

        assert isinstance(delivery, Deferred)
        assert delivery.pause_all
        assert "takes no token" in delivery.reply


async def test_what_a_server_repeats_of_a_token_is_not_kept() -> None:
    said = b"535 5.7.8 " + GOOD.token.encode() + b" is wrong\r\n"
    async with ScriptedServer(usual_but(ehlo=b"250-m\r\n250 AUTH XOAUTH2\r\n", auth=said)) as server:
        delivery = await by_token(server, lambda: GOOD).send(outgoing(), Steps())

        assert isinstance(delivery, Deferred)
        assert GOOD.token not in delivery.reply
        assert "*** is wrong" in delivery.reply


def by_token(server: SubmissionServer | ScriptedServer, ask: Callable[[], Bearer]) -> SmtpTransport:
    where = Server(server.host, server.port, Security.NONE)
    return SmtpTransport(where, user=ANN, password=ask, account_address=ANN)


# -- a mailbox that is signed in to


class House:
    """A provider, its two servers, and the mailbox over them."""

    def __init__(
        self, provider: Provider, imap: MailServer, smtp: SubmissionServer, home: Path, clock: FakeClock
    ) -> None:
        self.provider, self.imap, self.smtp, self.clock = provider, imap, smtp, clock
        places = [Server(each.host, each.port, Security.NONE) for each in (imap, smtp)]
        self.config: MailboxConfig = signed_in_by(custom(provider), *places)
        self.source = TokenSource(self.config, home, clock)
        self.source.keep(granted(provider, clock))
        self.inbox = imap.account(ANN, "a password nobody uses").folder("INBOX")

    def mailbox(self, *, timing: Timing = QUICK) -> ImapMailbox:
        return ImapMailbox(self.config, self.source, self.clock, timing=timing)

    def transport(self) -> SmtpTransport:
        return SmtpTransport(self.config.smtp, user=ANN, password=self.source, account_address=ANN)


@pytest.fixture
async def house(provider: Provider, tmp_path: Path, clock: FakeClock) -> AsyncIterator[House]:
    async with MailServer(bearer=provider.good) as imap, SubmissionServer(bearer=provider.good) as smtp:
        yield House(provider, imap, smtp, tmp_path, clock)


async def test_one_token_opens_both_doors_and_is_renewed_once_for_both(house: House) -> None:
    house.clock.advance(timedelta(hours=1))
    house.provider.delay = 0.05
    transport, record = house.transport(), Record()

    async with watched(house.mailbox(), record):
        sent = await asyncio.gather(*(transport.send(outgoing(), Steps()) for _ in range(3)))
        house.inbox.append(letter(1))
        await until(lambda: len(record.live) == 1)

    await transport.close()
    assert all(isinstance(each, Sent) for each in sent)
    assert len(house.provider.asked) == 1


async def test_a_session_whose_token_ended_is_opened_again_at_once_with_another(house: House) -> None:
    record, sent_away = Record(), list[int]()

    async def expires(exchange: Exchange) -> bool:
        if sent_away:
            return False
        sent_away.append(1)
        await exchange.send(b"* BYE Session invalidated - AccessTokenExpired\r\n")
        exchange.close()
        return True

    house.imap.faults["IDLE"] = expires
    mailbox = house.mailbox()
    async with watched(mailbox, record):
        await until(lambda: len(house.provider.asked) == 1 and mailbox.status.state is MailboxState.WATCHING)
        house.inbox.append(letter(1))
        await until(lambda: len(record.live) == 1)

    assert len(house.provider.asked) == 1


async def test_a_token_that_was_revoked_early_is_exchanged_without_anybodys_help(house: House) -> None:
    [revoked] = house.provider.access_tokens
    house.provider.access_tokens.clear()

    async with watched(house.mailbox(), Record()):
        assert len(house.provider.asked) == 1
        [exchanged] = house.provider.access_tokens
        refused, *accepted = tokens_shown(house.imap)

    assert refused == revoked
    assert set(accepted) == {exchanged}  # by INBOX's connection, and maybe by the errands' already


async def test_a_withdrawn_grant_waits_for_its_owner_without_trying_and_goes_on_when_they_signed_in(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inboxcrm.imap.retries._MINUTE", 0.05)
    house.provider.refuse_grants()
    house.clock.advance(timedelta(hours=1))
    mailbox, record = house.mailbox(), Record()
    task = asyncio.create_task(record.keep(mailbox.watch(record)))
    ticking = asyncio.create_task(tick(house.clock))

    await until(lambda: mailbox.status.state is MailboxState.NEEDS_USER)
    await asyncio.sleep(0.3)
    cause = mailbox.status.cause
    asked, logged_in = len(house.provider.asked), house.imap.traffic.commands["AUTHENTICATE"]
    house.source.keep(granted(house.provider, house.clock))
    await until(lambda: mailbox.status.state is MailboxState.WATCHING)

    for each in (task, ticking):
        each.cancel()
    await asyncio.wait([task, ticking])
    await mailbox.close()
    assert (asked, logged_in) == (1, 0)
    assert cause is not None
    assert "Type: inboxcrm sign-in main" in cause


async def tick(clock: FakeClock) -> None:
    while True:
        await asyncio.sleep(0.01)
        clock.advance(timedelta(seconds=0.01))


@pytest.mark.parametrize("mood", [(503, {}), (400, {"error": "temporarily_unavailable"})])
async def test_a_provider_that_is_down_never_asks_for_the_owner_and_leaves_idling_alone(
    house: House, mood: tuple[int, object]
) -> None:
    house.provider.moods.extend([mood] * 3)
    record, mailbox = Record(), house.mailbox()
    async with watched(mailbox, record):
        house.clock.advance(timedelta(hours=1))
        transport = house.transport()
        deferred = await transport.send(outgoing(), Steps())
        house.inbox.append(letter(1))
        await until(lambda: len(record.live) == 1)
        await transport.close()

        assert isinstance(deferred, Deferred)
        assert not deferred.pause_all
        assert mailbox.status.state is MailboxState.WATCHING
