"""A look that hears what it heard last time: one comparison, and everything else is read in the ordinary way."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator

import pytest

from inboxcrm.imap.looks import Look
from inboxcrm.imap.refrain import Refrain
from inboxcrm.imap.waker import Waker
from inboxcrm.imap.wire import Wire
from inboxcrm.testing.imap_profiles import DOVECOT
from inboxcrm.testing.imap_server import Account, Exchange, MailServer
from tests.imap.record import Record, letter
from tests.imap.test_rounds import OFTEN, a_few_looks
from tests.imap.test_watcher import mailbox_on, until, watched

ANSWER = b'A7 OK done\r\n* STATUS "Sent" (MESSAGES 1)\r\nA8.0 OK [READ-ONLY] STATUS of A8.0\r\n+ idling\r\n'
TIMED = ANSWER.replace(b"done", b"Idle completed (0.402 + 0.401 secs).").replace(
    b"STATUS of A8.0", b"Done (0.001 secs)."
)


class Known:
    """A question whose answer is known."""

    before: bytes | None = b'* STATUS "Sent" (MESSAGES 1)\r\n'

    def ask(self) -> bytes:
        return b'STATUS "Sent" (MESSAGES)'


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Look]:
    """Those whose answers were read in the ordinary way, or line by line."""
    made: list[Look] = []
    make = Look.__init__

    def noted(look: Look, *arguments: object, **named: object) -> None:
        made.append(look)
        make(look, *arguments, **named)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(Look, "__init__", noted)
    return made


@pytest.fixture
def both() -> Iterator[tuple[Wire, socket.socket]]:
    near, far = socket.socketpair()
    with near, far:
        yield Wire(near, Waker()), far


def test_only_the_tags_change_in_what_is_asked_and_answered_again() -> None:
    refrain = Refrain(Known())
    asked = refrain.ask(b"A8")
    refrain.learn(ANSWER, tag=b"A8", leaving=b"A7")

    assert refrain.known
    assert refrain.again(b"B12") == b"DONE\r\n" + asked.replace(b"A8", b"B12")
    assert refrain.answer(b"B12", leaving=b"A8") == [
        b"A8 OK ",
        b'\r\n* STATUS "Sent" (MESSAGES 1)\r\nB12.0 OK [READ-ONLY] ',
        b"\r\n+ idling\r\n",
    ]


def test_what_a_question_cannot_vouch_for_is_not_known() -> None:
    question = Known()
    refrain = Refrain(question)
    refrain.ask(b"A8")
    assert not refrain.known
    refrain.learn(ANSWER, tag=b"A8", leaving=b"A7")
    question.before = None
    assert not refrain.known


@pytest.mark.parametrize("mark", [b"\0", b"\n\n"], ids=["tag", "comment"])
def test_an_answer_that_holds_a_mark_of_ours_is_not_learnt(mark: bytes) -> None:
    refrain = Refrain(Known())
    refrain.ask(b"A8")
    refrain.learn(ANSWER.replace(b"done", b"d" + mark + b"ne"), tag=b"A8", leaving=b"A7")

    assert not refrain.known


def learnt(answer: bytes = ANSWER) -> list[bytes]:
    """What is expected under the same tags, once this was the answer."""
    refrain = Refrain(Known())
    refrain.ask(b"A8")
    refrain.learn(answer, tag=b"A8", leaving=b"A7")
    return refrain.answer(b"A8", leaving=b"A7")


@pytest.mark.parametrize("answer", [ANSWER, TIMED], ids=["same words", "other comments"])
def test_an_answer_is_heard_wherever_it_is_cut_in_two(both: tuple[Wire, socket.socket], answer: bytes) -> None:
    wire, far = both
    for cut in range(1, len(answer)):
        far.sendall(answer[:cut])
        assert wire.receive(learnt()) is None
        far.sendall(answer[cut:])
        assert wire.receive(learnt())
        assert wire.buffered == 0


@pytest.mark.parametrize(
    "came",
    [
        ANSWER.replace(b"MESSAGES 1", b"MESSAGES 2"),
        ANSWER.replace(b"A8.0 OK", b"A8.0 NO"),
        ANSWER.replace(b"A8.0 OK", b"A9.0 OK"),
        ANSWER.replace(b"A7 OK", b"A6 OK"),
        ANSWER.replace(b"READ-ONLY", b"READ-WRITE"),
        ANSWER.replace(b"[READ-ONLY]", b"[ALERT]"),
        ANSWER.replace(b"A7 OK", b"A7 OK [ALERT]"),
        ANSWER.replace(b"STATUS of A8.0", b"[ALERT] full"),
        ANSWER.replace(b"STATUS of A8.0", b"[ale"),
        ANSWER.replace(b"* STATUS", b"* 4 EXISTS\r\n* STATUS"),
        ANSWER.replace(b"done", b"done\n* 4 EXISTS"),
        ANSWER.replace(b"OK done", b"OK\n* 4 EXISTS"),
        ANSWER.replace(b"+ idling", b"* 4 EXISTS\r\n+ idling"),
        ANSWER + b"* 4 EXISTS\r\n",
        ANSWER + b"*",
        ANSWER[: ANSWER.index(b"done")] + b"." * 2000,
        b"* BYE enough\r\n",
    ],
    ids=[
        "another count",
        "refused",
        "another tag",
        "another tag at the start",
        "another code",
        "an alert for a code",
        "an alert before a comment",
        "an alert for a comment",
        "the beginning of one",
        "news within",
        "news behind a line feed",
        "news instead of a comment",
        "news before the end",
        "news behind",
        "the beginning of news behind",
        "a comment without an end",
        "farewell",
    ],
)
def test_nothing_of_another_answer_is_passed_over(both: tuple[Wire, socket.socket], came: bytes) -> None:
    wire, far = both
    far.sendall(came)

    assert wire.receive(learnt()) is False
    assert wire.buffered == len(came)


def test_a_comment_with_a_bracket_must_be_the_same_again(both: tuple[Wire, socket.socket]) -> None:
    wire, far = both
    expected = learnt(ANSWER.replace(b"done", b"done [alert"))
    far.sendall(ANSWER)

    assert wire.receive(expected) is False


async def unread(looks: list[Look], happens: Callable[[], Awaitable[None]]) -> None:
    """Return when this has happened without an answer being read.

    Not the first time, for a refrain must be heard once; and on a slow machine one that is rare, or an answer that
    comes late, is read at any time.
    """
    async with asyncio.timeout(60):
        while True:
            looks.clear()
            await happens()
            if not looks:
                return


async def test_a_look_that_hears_the_same_again_reads_nothing(
    server: MailServer, ann: Account, record: Record, looks: list[Look]
) -> None:
    mailbox = mailbox_on(server, timing=OFTEN)
    async with watched(mailbox, record):
        await until(lambda: {"Sent", "Archive"} <= record.positions.keys())

        async def told_of_by_looks() -> None:
            checked_at = mailbox.status.last_checked_at
            mailbox._account.tell(cause="Sent is in use")
            await a_few_looks(server)
            await until(lambda: mailbox.status.cause is None)
            assert checked_at is not None
            assert (mailbox.status.last_checked_at or checked_at) > checked_at

        await unread(looks, told_of_by_looks)

        ann.folder("Archive").append(letter(1))
        await until(lambda: record.agrees_with(ann.folder("Archive")))
        assert looks != []


async def test_a_look_hears_the_same_again_where_the_server_tells_how_long_it_took(
    record: Record, looks: list[Look]
) -> None:
    async with MailServer(profile=DOVECOT) as server:
        server.account("ann", "secret")
        async with watched(mailbox_on(server, timing=OFTEN), record):
            await until(lambda: {"Sent", "Archive"} <= record.positions.keys())
            await unread(looks, lambda: a_few_looks(server))


async def dripped(exchange: Exchange) -> bool:
    await exchange.drip(await exchange.answer(), pause=0)
    return True


async def unheard_of(exchange: Exchange) -> bool:
    await exchange.send(b"* OK Still here\r\n" + await exchange.answer())
    return True


async def test_an_answer_in_pieces_is_waited_for(
    server: MailServer, ann: Account, record: Record, looks: list[Look]
) -> None:
    async with watched(mailbox_on(server, timing=OFTEN), record):
        await until(lambda: {"Sent", "Archive"} <= record.positions.keys())
        await unread(looks, lambda: met_by(server, dripped))


async def test_any_other_answer_is_read_and_costs_no_connection(
    server: MailServer, ann: Account, record: Record, looks: list[Look]
) -> None:
    async with watched(mailbox_on(server, timing=OFTEN), record):
        await until(lambda: {"Sent", "Archive"} <= record.positions.keys())
        await unread(looks, lambda: a_few_looks(server))
        await met_by(server, unheard_of)
        logins = server.traffic.commands["LOGIN"]
        ann.folder("INBOX").append(letter(2))
        found = bool(looks)
        await until(lambda: record.live == [letter(2)])

        assert found
        assert server.traffic.commands["LOGIN"] == logins


async def met_by(server: MailServer, fault: Callable[[Exchange], Awaitable[bool]]) -> None:
    """Return some looks after one of them met this fault."""
    met = asyncio.Event()

    async def once(exchange: Exchange) -> bool:
        del server.faults["STATUS"]
        met.set()
        return await fault(exchange)

    server.faults["STATUS"] = once
    await met.wait()
    await a_few_looks(server)
