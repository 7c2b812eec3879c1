"""What only our IMAP server can do: imitate lesser providers, misbehave on demand, and tell what was done to it."""

from __future__ import annotations

import asyncio
import gc
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import pytest

from inboxcrm.testing.clock import FakeClock
from inboxcrm.testing.imap_server import Exchange, MailServer

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LETTER = b"Subject: hello\r\nMessage-ID: <one@example.org>\r\n\r\nbody\r\n"


class Line:
    """A client that says what it is told to and shows every line."""

    def __init__(self, server: MailServer, *, tls: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._tls = tls

    async def __aenter__(self) -> Self:
        name = "localhost" if self._tls else None
        self.reader, self.writer = await asyncio.open_connection(
            self._server.host, self._server.port, ssl=self._tls, server_hostname=name
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await self.writer.wait_closed()

    def send(self, octets: bytes) -> None:
        self.writer.write(octets)

    async def line(self) -> bytes:
        async with asyncio.timeout(60):
            return (await self.reader.readline()).rstrip(b"\r\n")

    async def ask(self, command: str) -> list[bytes]:
        """Send a command; every line of the answer, the tagged one last (or the last before the end)."""
        self.send(f"t {command}\r\n".encode())
        lines = [await self.line()]
        while not lines[-1].startswith((b"t ", b"+")) and not self.reader.at_eof():
            lines.append(await self.line())
        return lines

    async def log_in(self, *, opened: bool = True) -> Self:
        await self.line()
        assert (await self.ask("LOGIN ann pw"))[-1].startswith(b"t OK")
        if opened:
            assert (await self.ask("EXAMINE INBOX"))[-1].startswith(b"t OK")
        return self


@pytest.fixture
async def server() -> MailServer:
    server = MailServer(clock=FakeClock(NOON))
    server.account("ann", "pw").folder("INBOX").append(LETTER)
    return server


def bare(**options: object) -> MailServer:
    server = MailServer(**options)  # type: ignore[arg-type]  # the tests name the options
    server.account("ann", "pw").folder("INBOX").append(LETTER)
    return server


# -- lesser providers


@pytest.mark.parametrize(
    ("capability", "command"),
    [
        ("IDLE", "IDLE"),
        ("MOVE", "UID MOVE 1 Archive"),
        ("UIDPLUS", "UID EXPUNGE 1"),
        ("CONDSTORE", "EXAMINE INBOX (CONDSTORE)"),
        ("CONDSTORE", "UID FETCH 1 (FLAGS MODSEQ)"),
        ("QRESYNC", "EXAMINE INBOX (QRESYNC (1 1))"),
    ],
)
async def test_what_is_left_out_is_neither_offered_nor_done(capability: str, command: str) -> None:
    async with bare(without={capability}) as server, Line(server) as line:
        greeting = await line.line()
        await line.ask("LOGIN ann pw")
        await line.ask("SELECT INBOX")

        assert capability.encode() not in greeting.split()
        assert (await line.ask(command))[-1].startswith((b"t BAD", b"t NO"))


async def test_without_condstore_no_mod_sequence_is_told() -> None:
    async with bare(without={"CONDSTORE"}) as server, Line(server) as line:
        await line.log_in(opened=False)

        told = b"\n".join(await line.ask("EXAMINE INBOX"))

    assert b"HIGHESTMODSEQ" not in told
    assert b"UIDVALIDITY" in told


async def test_without_uidplus_an_append_names_no_uid() -> None:
    async with bare(without={"UIDPLUS"}) as server, Line(server) as line:
        await line.log_in(opened=False)

        assert await line.ask("APPEND INBOX {3+}\r\nabc") == [b"t OK Append completed."]


async def test_a_password_is_taken_by_sasl_in_one_line_or_two() -> None:
    async with bare() as server, Line(server) as line:
        await line.line()
        assert (await line.ask("AUTHENTICATE PLAIN AGFubgBwdw=="))[-1].startswith(b"t OK")

        assert (await line.ask("AUTHENTICATE PLAIN"))[-1] == b"+ "
        line.send(b"AGFubgB3cm9uZw==\r\n")
        assert (await line.line()).startswith(b"t NO [AUTHENTICATIONFAILED]")


async def test_tls_wraps_the_connection(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    async with bare(tls=server_tls) as server, Line(server, tls=client_tls) as line:
        await line.log_in()


async def test_no_password_is_taken_before_starttls(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    async with bare(starttls=server_tls) as server, Line(server) as line:
        greeting = await line.line()
        refused = await line.ask("LOGIN ann pw")
        begun = await line.ask("STARTTLS")
        await line.writer.start_tls(client_tls, server_hostname="localhost")

        assert {b"STARTTLS", b"LOGINDISABLED"} <= set(greeting.split(b"]")[0].split())
        assert refused[-1].startswith(b"t NO [PRIVACYREQUIRED]")
        assert begun[-1].startswith(b"t OK")
        assert (await line.ask("LOGIN ann pw"))[-1].startswith(b"t OK")


async def test_a_client_may_hang_up_instead_of_the_handshake(server_tls: ssl.SSLContext) -> None:
    async with bare(starttls=server_tls) as server:
        async with Line(server) as line:
            await line.line()
            assert (await line.ask("STARTTLS"))[-1].startswith(b"t OK")
        async with asyncio.timeout(60):
            while server.open_connections:
                await asyncio.sleep(0.01)
        gc.collect()


# -- misbehaviour


async def test_a_fault_may_glue_a_notification_to_the_continuation(server: MailServer) -> None:
    async def glued(exchange: Exchange) -> bool:
        await exchange.send(b"+ idling\r\n* 4 EXISTS\r\n")
        assert await exchange.read_line() == b"DONE\r\n"
        await exchange.send(exchange.tag + b" OK done\r\n")
        return True

    server.faults["IDLE"] = glued
    async with server, Line(server) as line:
        await line.log_in()
        line.send(b"t IDLE\r\n")

        assert [await line.line(), await line.line()] == [b"+ idling", b"* 4 EXISTS"]
        line.send(b"DONE\r\n")
        assert await line.line() == b"t OK done"
        assert (await line.ask("NOOP"))[-1].startswith(b"t OK")


async def test_a_fault_may_refuse_once_and_then_let_go(server: MailServer) -> None:
    async def in_use(exchange: Exchange) -> bool:
        del server.faults["EXAMINE"]
        await exchange.send(exchange.tag + b" NO [INUSE] somebody else\r\n")
        return True

    server.faults["EXAMINE"] = in_use
    async with server, Line(server) as line:
        await line.log_in(opened=False)

        assert (await line.ask("EXAMINE INBOX"))[-1] == b"t NO [INUSE] somebody else"
        assert (await line.ask("EXAMINE INBOX"))[-1].startswith(b"t OK")


async def test_a_fault_may_bend_the_usual_answer(server: MailServer) -> None:
    async def empty(exchange: Exchange) -> bool:
        answer = await exchange.answer()
        await exchange.drip(
            answer.replace(b"BODY[] {%d}\r\n%s" % (len(LETTER), LETTER), b"BODY[] NIL"), size=7, pause=0
        )
        return True

    server.faults["UID FETCH"] = empty
    async with server, Line(server) as line:
        await line.log_in()

        assert (await line.ask("UID FETCH 1 (BODY.PEEK[])"))[0] == b"* 1 FETCH (UID 1 BODY[] NIL)"


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_a_fault_may_hang_up_inside_a_literal(server: MailServer, how: str) -> None:
    async def cut(exchange: Exchange) -> bool:
        answer = await exchange.answer()
        await exchange.send(answer[:40])
        getattr(exchange, how)()
        return True

    server.faults["UID FETCH"] = cut
    async with server, Line(server) as line:
        await line.log_in()
        line.send(b"t UID FETCH 1 (BODY.PEEK[])\r\n")

        received = b""
        with suppress(ConnectionError):
            received = await line.reader.read()
        assert len(received) <= 40


async def test_a_fault_may_greet_with_bye(server: MailServer) -> None:
    async def bye(exchange: Exchange) -> bool:
        assert exchange.command is None
        await exchange.send(b"* BYE overloaded\r\n")
        exchange.close()
        return True

    server.faults["GREETING"] = bye
    async with server, Line(server) as line:
        assert await line.line() == b"* BYE overloaded"
        assert await line.line() == b""


async def test_a_stalled_session_ends_when_the_server_stops(server: MailServer) -> None:
    stalled = asyncio.Event()

    async def stall(exchange: Exchange) -> bool:
        stalled.set()
        await exchange.stall()
        return True

    server.faults["NOOP"] = stall
    async with server, Line(server) as line:
        await line.log_in()
        line.send(b"t NOOP\r\n")
        await stalled.wait()
        assert server.open_connections == 1

    assert server.open_connections == 0


async def test_a_fault_for_everything_sees_every_command(server: MailServer) -> None:
    seen = []

    async def watch(exchange: Exchange) -> bool:
        seen.append(exchange.command.name if exchange.command else "greeting")
        return False

    server.faults["*"] = watch
    async with server, Line(server) as line:
        await line.log_in()

    assert seen == ["greeting", "LOGIN", "EXAMINE"]


# -- what happened, and what happens to who watches


async def test_what_clients_did_is_counted(server: MailServer) -> None:
    async with server, Line(server) as line:
        await line.log_in()
        await line.ask("UID FETCH 1 (BODY.PEEK[])")
        untouched = (server.traffic.flag_changes, server.traffic.unpeeked, server.traffic.writable)
        await line.ask("SELECT INBOX")
        await line.ask("UID FETCH 1 (BODY[])")
        await line.ask("UID STORE 1 +FLAGS.SILENT (\\Answered)")

    assert untouched == (0, 0, 0)
    assert (server.traffic.flag_changes, server.traffic.unpeeked, server.traffic.writable) == (1, 1, 1)
    assert server.traffic.connections == 1
    assert server.account("ann").folder("INBOX").messages[0].flags == {"\\Seen", "\\Answered"}


async def test_a_renumbered_folder_ends_its_sessions_and_keeps_its_mail(server: MailServer) -> None:
    inbox = server.account("ann").folder("INBOX")
    inbox.append(LETTER)
    inbox.expunge([1])
    before = inbox.uid_validity
    async with server, Line(server) as line:
        await line.log_in()

        inbox.reset_uid_validity()

        assert (await line.line()).startswith(b"* BYE")
    assert (inbox.uids, inbox.uid_next, inbox.uid_validity) == ([1], 2, before + 1)
    assert inbox.messages[0].raw == LETTER


async def test_a_vanished_uid_is_told_by_uid_to_who_asked_for_it(server: MailServer) -> None:
    inbox = server.account("ann").folder("INBOX")
    inbox.append(LETTER)
    async with server, Line(server) as line:
        await line.log_in(opened=False)
        await line.ask("ENABLE QRESYNC")
        await line.ask("EXAMINE INBOX")
        line.send(b"t IDLE\r\n")
        await line.line()

        inbox.expunge([1])
        gone = await line.line()
        inbox.set_flags(2, {"\\Flagged"})
        flagged = await line.line()

    assert gone == b"* VANISHED 1"
    assert flagged.startswith(b"* 1 FETCH (UID 2 FLAGS (\\Flagged) MODSEQ (")


async def test_a_uid_near_the_end_is_no_special_case(server: MailServer) -> None:
    inbox = server.account("ann").folder("INBOX")
    inbox.uid_next = 2**32 - 2
    async with server, Line(server) as line:
        await line.log_in()
        inbox.append(LETTER)
        await line.ask("NOOP")

        assert (await line.ask("UID SEARCH UID 2:*"))[0] == b"* SEARCH 4294967294"


@pytest.mark.parametrize(
    "nonsense",
    ["", "LOGIN", 'LOGIN "ann', "UID", "UID FETCH", "UID FETCH x (FLAGS)", "SEARCH FOO", "STORE 1 (A", "NOT-A-COMMAND"],
)
async def test_nonsense_is_bad_and_the_session_goes_on(server: MailServer, nonsense: str) -> None:
    async with server, Line(server) as line:
        await line.log_in()

        assert (await line.ask(nonsense))[-1].startswith(b"t BAD")
        assert (await line.ask("NOOP"))[-1].startswith(b"t OK")


async def test_every_append_is_pushed_while_a_client_idles(server: MailServer) -> None:
    inbox = server.account("ann").folder("INBOX")
    async with server, Line(server) as line:
        await line.log_in()
        line.send(b"t IDLE\r\n")
        await line.line()
        before = len(inbox.messages)
        for number in range(1, 51):
            inbox.append(LETTER)
            assert await line.line() == b"* %d EXISTS" % (before + number)


async def test_three_hundred_mails_are_listed_and_read_at_once(server: MailServer) -> None:
    inbox = server.account("ann").folder("INBOX")
    for _ in range(299):
        inbox.append(LETTER + b"x" * 5000)
    async with server, Line(server) as line:
        await line.log_in()
        line.send(b"t UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])\r\n")
        octets = b""
        while not octets.endswith(b"t OK Fetch completed.\r\n"):
            octets += await line.reader.read(1 << 16)

    assert octets.count(b"\r\n* ") == 299


async def test_the_same_mail_is_there_after_a_restart(server: MailServer) -> None:
    async with server:
        pass
    async with server, Line(server) as line:
        await line.log_in(opened=False)

        assert b"* 1 EXISTS" in await line.ask("EXAMINE INBOX")
