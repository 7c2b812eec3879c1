"""Against servers that say strange things."""

from __future__ import annotations

import asyncio

import pytest

from inboxcrm.ports import Deferred, InDoubt, Rejected, Sent
from inboxcrm.smtp.conversation import LONGEST_LINE, LONGEST_REPLY, first_reply
from tests.smtp.conftest import ACCOUNT, SHORT, Connect, Steps, outgoing
from tests.smtp.scripted import ScriptedServer, usual, usual_but

TEN_MEGABYTES = 10_000_000


async def test_failures_only_are_reported_and_nothing_under_the_null_sender(connect: Connect) -> None:
    async with ScriptedServer(usual) as server:
        transport = connect(server)

        await transport.send(outgoing(""), Steps())
        await transport.send(outgoing(ACCOUNT), Steps())

        commands = [line.decode() for line in server.lines if line.startswith((b"MAIL", b"RCPT"))]
        size = len(outgoing().raw)
        assert commands == [
            f"MAIL FROM:<> SIZE={size}",
            "RCPT TO:<bob@example.com> NOTIFY=NEVER",
            f"MAIL FROM:<{ACCOUNT}> SIZE={size} RET=HDRS",
            "RCPT TO:<bob@example.com> NOTIFY=FAILURE",
        ]


async def test_nothing_is_asked_of_a_server_that_offers_nothing(connect: Connect) -> None:
    async with ScriptedServer(usual_but(ehlo=b"250 mail.example\r\n")) as server:
        assert isinstance(await connect(server).send(outgoing(), Steps()), Sent)

        assert b"MAIL FROM:<>" in server.lines
        assert b"RCPT TO:<bob@example.com>" in server.lines


@pytest.mark.parametrize("size", ["0", "-1", "many", "\u00b2", "9" * 5_000])
async def test_a_limit_of_size_that_is_none_holds_nothing_up(connect: Connect, size: str) -> None:
    ehlo = f"250-mail.example\r\n250 SIZE {size}\r\n".encode()
    async with ScriptedServer(usual_but(ehlo=ehlo)) as server:
        assert isinstance(await connect(server).send(outgoing(), Steps()), Sent)


@pytest.mark.parametrize("verb", ["ehlo", "mail", "rcpt", "data"])
@pytest.mark.parametrize(
    "said",
    [b"2" * TEN_MEGABYTES, b"250-more\r\n" * (TEN_MEGABYTES // 10), b"hello?\r\n", b"\r\n", b"\xff\xfe\r\n"],
    ids=["one endless line", "endless lines", "no code", "empty", "no text"],
)
async def test_nonsense_before_the_body_defers(connect: Connect, verb: str, said: bytes) -> None:
    async with ScriptedServer(usual_but(**{verb: said})) as server:
        delivery = await connect(server).send(outgoing(), Steps())

        assert isinstance(delivery, Deferred)
        assert len(delivery.reply) < 400
        assert not server.bodies


@pytest.mark.parametrize(
    "said",
    [b"2" * TEN_MEGABYTES, b"250-more\r\n" * (TEN_MEGABYTES // 10), b"hello?\r\n", b"354 more\r\n", None],
    ids=["one endless line", "endless lines", "no code", "354 again", "hung up"],
)
async def test_nonsense_after_the_body_is_doubt(connect: Connect, said: bytes | None) -> None:
    async with ScriptedServer(usual_but(dot=said)) as server:
        assert isinstance(await connect(server).send(outgoing(), Steps()), InDoubt)
        assert len(server.bodies) == 1


class Hasty(ScriptedServer):
    """Says `word` at the first octets of a mail, and reads the rest of it `after` it was left alone for a while."""

    def __init__(self, word: bytes) -> None:
        super().__init__(usual_but(ehlo=b"250 mail.example\r\n"))
        self._word = word
        self.heard = b""

    async def _meet(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if line != b"DATA":
            await super()._meet(line, reader, writer)
            return
        writer.write(b"354 go ahead\r\n")
        self.heard = await reader.read(1)
        writer.write(self._word)
        await asyncio.sleep(0.2)
        while piece := await reader.read(1_000_000):
            self.heard += piece


@pytest.mark.parametrize(
    ("word", "expected"),
    [(b"250 ok\r\n", InDoubt), (b"451 4.3.0 later\r\n", Deferred), (b"554 5.7.1 spam\r\n", Rejected)],
    ids=["yes", "later", "no"],
)
async def test_a_word_before_the_end_of_the_body_is_no_yes_and_the_end_does_not_leave(
    connect: Connect, word: bytes, expected: type[object]
) -> None:
    async with Hasty(word) as server:
        delivery = await connect(server).send(outgoing(text="so much to say\r\n" * (TEN_MEGABYTES // 10)), Steps())
        await asyncio.sleep(0.5)

        assert isinstance(delivery, expected)
        assert b"\r\n.\r\n" not in server.heard
        assert not server.heard.endswith(b"QUIT\r\n")


@pytest.mark.parametrize("said", [b"250 ok\r\n", b"220 what\r\n", b"334 \r\n"], ids=["250", "220", "334"])
async def test_data_that_is_not_answered_by_354_sends_no_octet(connect: Connect, said: bytes) -> None:
    async with ScriptedServer(usual_but(data=said)) as server:
        steps = Steps()

        assert isinstance(await connect(server).send(outgoing(), steps), Deferred)
        assert steps[-1] == "data"
        assert not server.bodies


async def test_a_reply_without_its_line_end_is_not_waited_for_for_ever(connect: Connect) -> None:
    async with ScriptedServer(usual_but(rcpt=b"250 ok")) as server:
        delivery = await connect(server, patience=SHORT).send(outgoing(), Steps())

        assert isinstance(delivery, Deferred)


async def test_an_answer_to_what_was_not_asked_is_not_taken_for_the_next(connect: Connect) -> None:
    async with ScriptedServer(usual_but(rcpt=b"550 5.1.1 unknown\r\n250 ok\r\n354 go\r\n250 sent\r\n")) as server:
        assert isinstance(await connect(server).send(outgoing(), Steps()), Rejected)
        assert not server.bodies


async def test_a_reply_is_shown_as_one_clean_line(connect: Connect) -> None:
    said = b"550-5.1.1 \x1b[31mred\x07\r\n550 \xe2\x80\xaegnp.exe second line\r\n"
    async with ScriptedServer(usual_but(rcpt=said)) as server:
        delivery = await connect(server).send(outgoing(), Steps())

        assert delivery == Rejected("550 5.1.1 [31mred gnp.exe second line")


@pytest.mark.parametrize("reset", [b"500 what\r\n", None], ids=["refused", "hung up"])
async def test_where_nothing_can_be_reset_the_account_writes_over_another_connection(
    connect: Connect, reset: bytes | None
) -> None:
    def answer(line: bytes) -> bytes | None:
        if line == b"RSET":
            return reset
        return b"550 5.7.1 sender <> refused\r\n" if line.startswith(b"MAIL FROM:<>") else usual(line)

    async with ScriptedServer(answer) as server:
        transport = connect(server)

        assert isinstance(await transport.send(outgoing(), Steps()), Sent)
        assert (server.connections, len(server.bodies)) == (2, 1)
        assert transport.null_sender_refused


async def test_an_account_refused_too_ends_it(connect: Connect) -> None:
    async with ScriptedServer(usual_but(mail=b"550 5.7.1 sender refused\r\n")) as server:
        assert isinstance(await connect(server).send(outgoing(), Steps()), Rejected)
        assert [line for line in server.lines if line.startswith(b"MAIL")] == [
            f"MAIL FROM:<> SIZE={len(outgoing().raw)}".encode(),
            f"MAIL FROM:<{ACCOUNT}> SIZE={len(outgoing().raw)} RET=HDRS".encode(),
        ]


async def test_a_connection_that_ends_between_a_refused_null_sender_and_its_stand_in_defers(connect: Connect) -> None:
    def answer(line: bytes) -> bytes | None:
        if line == b".":
            return b"550 5.7.60 not as this sender\r\n"
        if line.startswith(b"MAIL FROM:<a"):
            return b"421 4.7.0 enough\r\n"
        return usual(line)

    async with ScriptedServer(answer) as server:
        transport = connect(server)

        assert await transport.send(outgoing(), Steps()) == Deferred("421 4.7.0 enough")
        assert server.connections == 1
        assert not transport.null_sender_refused


@pytest.mark.parametrize(
    "octets",
    [b"2" * (LONGEST_LINE + 1), b"250-more\r\n" * (LONGEST_REPLY // 10 + 1)],
    ids=["one endless line", "endless lines"],
)
def test_a_reply_that_is_too_long_is_given_up_before_its_end(octets: bytes) -> None:
    with pytest.raises(ValueError, match="too long"):
        first_reply(bytearray(octets))
