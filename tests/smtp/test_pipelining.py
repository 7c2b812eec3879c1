"""Commands that leave in one write (RFC 2920), their replies, and the record that is made meanwhile."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from inboxcrm.ports import Deferred, Rejected, Sent
from inboxcrm.smtp import body_record
from inboxcrm.smtp.conversation import first_reply
from inboxcrm.smtp.replies import Reply
from inboxcrm.testing.smtp_server import Mood, Step, SubmissionServer
from tests.smtp.conftest import Connect, Steps, outgoing
from tests.smtp.scripted import EHLO, ScriptedServer, usual_but

PIPELINING = EHLO.replace(b"250-DSN", b"250-DSN\r\n250-PIPELINING")
UNKNOWN = b"550 5.1.1 unknown\r\n"


async def test_a_server_that_offers_it_gets_mail_rcpt_and_data_at_once(connect: Connect) -> None:
    said_at_data = b"250 sender\r\n250 recipient\r\n354 go\r\n"
    async with ScriptedServer(usual_but(ehlo=PIPELINING, mail=b"", rcpt=b"", data=said_at_data)) as server:
        assert isinstance(await connect(server).send(outgoing(), Steps()), Sent)
        assert len(server.bodies) == 1


async def test_another_server_gets_each_once_the_one_before_was_answered(connect: Connect) -> None:
    async with ScriptedServer(usual_but(rcpt=UNKNOWN)) as server:
        assert isinstance(await connect(server).send(outgoing(), Steps()), Rejected)
        assert b"DATA" not in server.lines


@pytest.mark.parametrize(
    "refused",
    [{"mail": UNKNOWN, "rcpt": b"503 no sender\r\n"}, {"rcpt": UNKNOWN}],
    ids=["the sender", "the recipient"],
)
async def test_a_server_that_asks_for_a_mail_it_refused_gets_none(connect: Connect, refused: dict[str, bytes]) -> None:
    """RFC 2920 section 3.1: DATA may be answered by 354 although every recipient was refused."""
    async with ScriptedServer(usual_but(ehlo=PIPELINING, **refused)) as server:
        transport = connect(server)

        assert await transport.send(outgoing(), Steps()) == Rejected("550 5.1.1 unknown")
        await asyncio.sleep(0.02)
        assert not server.bodies
        await transport.send(outgoing(), Steps())
        assert server.connections == 2


async def test_a_null_sender_that_is_refused_beside_a_354_gives_way_at_once(connect: Connect) -> None:
    """The connection waits for a mail that must not come: the account's try goes over another."""
    senders: list[bytes] = []

    def answer(line: bytes) -> bytes | None:
        if line.startswith(b"MAIL"):
            senders.append(line)
            return b"250 ok\r\n"
        if line.startswith(b"RCPT") and b"<>" in senders[-1]:
            return b"550 5.7.1 the null sender may not write to it\r\n"
        return usual_but(ehlo=PIPELINING)(line)

    async with ScriptedServer(answer) as server:
        transport = connect(server)

        assert isinstance(await transport.send(outgoing(), Steps()), Sent)
        assert (server.connections, len(server.bodies)) == (2, 1)
        assert isinstance(await transport.send(outgoing(), Steps()), Sent)
        assert [b"<>" in line for line in senders] == [True, False, False]


async def test_a_refusal_counts_although_the_server_hung_up_behind_it(connect: Connect) -> None:
    async with ScriptedServer(usual_but(ehlo=PIPELINING, mail=b"451 4.7.1 later\r\n", rcpt=None)) as server:
        assert isinstance(await connect(server).send(outgoing(), Steps()), Deferred)


async def test_while_the_server_takes_its_time_the_mail_counts_as_unsent(
    smtp_sink: SubmissionServer, connect: Connect, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body_record, "TAKEN_BACK_AFTER", 0.02)
    smtp_sink.moods.append(Mood(Step.DATA, delay=timedelta(seconds=0.4)))

    assert isinstance(await connect(smtp_sink).send(outgoing(), steps), Sent)
    assert steps == ["connect", "mail", "rcpt", "data", "body", "data", "body"]


async def test_the_body_waits_for_its_record(smtp_sink: SubmissionServer, connect: Connect) -> None:
    disk, begun = asyncio.Event(), asyncio.Event()

    async def slow(step: str) -> None:
        if step == "body":
            begun.set()
            await disk.wait()

    async with asyncio.TaskGroup() as group:
        sending = group.create_task(connect(smtp_sink).send(outgoing(), slow), name="send")
        await begun.wait()
        await asyncio.sleep(0.05)
        assert not smtp_sink.accepted
        disk.set()

    assert isinstance(sending.result(), Sent)


async def test_a_mail_that_is_cancelled_before_its_body_is_recorded_as_unsent(
    smtp_sink: SubmissionServer, connect: Connect, steps: Steps
) -> None:
    smtp_sink.moods.append(Mood(Step.DATA, stall=True, times=1))
    async with asyncio.TaskGroup() as group:
        sending = group.create_task(connect(smtp_sink).send(outgoing(), steps), name="send")
        while "body" not in steps:
            await asyncio.sleep(0.01)
        sending.cancel()

    assert sending.cancelled()
    assert steps[-2:] == ["body", "data"]


REPLIES = b"250-first\r\n250 second\r\n354 go\n221 bye\r\n"


def test_replies_are_cut_wherever_the_segments_end() -> None:
    for cut in range(len(REPLIES) + 1):
        buffer, found = bytearray(), []
        for piece in (REPLIES[:cut], REPLIES[cut:]):
            buffer += piece
            while (one := first_reply(buffer)) is not None:
                found.append(one[0])
                del buffer[: one[1]]

        assert found == [Reply(250, "first\nsecond"), Reply(354, "go"), Reply(221, "bye")]
        assert not buffer
