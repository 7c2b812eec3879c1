"""The worker process: what it answers, and that one mail at most is lost when it dies."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from errno import ENOSPC
from pathlib import Path

import pytest
import pytest_asyncio

from inboxcrm.errors import InternalError
from inboxcrm.parsing import Limits, Parser
from inboxcrm.parsing_wire import from_wire, to_wire
from inboxcrm.parsing_worker import parsed
from inboxcrm.shelf import KEPT, Shelf

MAILS = Path(__file__).parent / "mail"
LETTER = """From: Ann <ann@example.org>
To: bob@example.com
Subject: Offer
Date: Tue, 03 Mar 2026 16:05:06 +0100
Message-ID: <one@example.org>
References: <zero@example.com>
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8

Vielen Dank für die schnelle Antwort, ich rufe Sie morgen früh an.

> the old words
--b
Content-Type: application/pdf; name=a.pdf

x
--b--
""".encode()


@pytest_asyncio.fixture
async def parser() -> AsyncIterator[Parser]:
    async with Parser() as one:
        yield one


def worker_pid(parser: Parser) -> int:
    worker = parser._worker
    assert worker is not None
    return worker.pid


def test_an_answer_survives_the_way_back_whole() -> None:
    here = parsed(LETTER, language=False)

    assert from_wire(to_wire(here)) == here


async def test_the_worker_reads_as_we_would_here(parser: Parser) -> None:
    answer = await parser.parse(LETTER)

    assert answer == parsed(LETTER, language=False)
    assert answer.new_text == "Vielen Dank für die schnelle Antwort, ich rufe Sie morgen früh an."
    assert answer.language is None


async def test_the_language_is_told_where_it_is_asked_for(parser: Parser) -> None:
    await parser.start(language=True)

    assert (await parser.parse(LETTER, language=True)).language == "de"


async def test_many_are_answered_in_their_order(parser: Parser) -> None:
    raws = [LETTER.replace(b"Subject: Offer", b"Subject: %d" % number) for number in range(300)]

    answers = await parser.parse_many(raws)

    assert [one.message.subject for one in answers] == [str(number) for number in range(300)]
    assert await parser.parse_many([]) == []


@pytest.mark.parametrize("has_shelf", [True, False], ids=["by the shelf", "by the pipe alone"])
async def test_many_large_mails_are_read_whole_and_leave_no_octets_behind(
    monkeypatch: pytest.MonkeyPatch, parser: Parser, has_shelf: bool
) -> None:
    if not has_shelf:
        monkeypatch.setattr(Shelf, "made", lambda: None)
    raws = [b"Subject: %d\n\n" % number + b"%d\n" % number * 200_000 for number in range(10)]  # more than it holds

    answers = await parser.parse_many(raws)

    assert answers == [parsed(raw, language=False) for raw in raws]
    if sys.platform == "linux" and has_shelf:
        assert parser._shelf is not None
        assert os.fstat(parser._shelf.descriptor).st_size <= KEPT


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="only Linux has such files")
def test_what_the_system_takes_piece_by_piece_lies_there_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf.made()
    assert shelf is not None
    taken = os.pwritev
    monkeypatch.setattr(os, "pwritev", lambda to, mails, at: taken(to, [mails[0][:3]], at))
    mails = [b"one and", b" two", b" and three"]

    shelf.lay(mails)

    assert shelf.take(100, 0) == b"".join(mails)
    shelf.close()


async def test_mail_that_finds_no_room_on_the_shelf_goes_through_the_pipe(
    monkeypatch: pytest.MonkeyPatch, parser: Parser
) -> None:
    def full(shelf: Shelf, mails: Sequence[bytes]) -> None:
        raise OSError(ENOSPC, "no space left")

    monkeypatch.setattr(Shelf, "lay", full)

    assert await parser.parse_many([LETTER] * 3) == [parsed(LETTER, language=False)] * 3


async def test_a_worker_that_was_killed_is_replaced(parser: Parser) -> None:
    await parser.start()
    first = worker_pid(parser)
    os.kill(first, signal.SIGKILL)

    answer = await parser.parse(LETTER)

    assert answer.message.subject == "Offer"
    assert worker_pid(parser) != first


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to RLIMIT_AS")
async def test_a_mail_that_needs_too_much_memory_loses_its_body_and_no_other_mail() -> None:
    heavy = b"From: eve@example.net\nContent-Transfer-Encoding: quoted-printable\n\n" + b"x" * 40_000_000

    async with Parser(Limits(body=64 * 1024 * 1024, memory=112 * 1024 * 1024)) as parser:
        answers = await parser.parse_many([LETTER, heavy, LETTER])

    assert [one.message.subject for one in answers] == ["Offer", "", "Offer"]
    assert "unparsable" in answers[1].message.defects
    assert answers[1].message.size == len(heavy)
    assert [one.key for one in answers[1].message.from_] == ["eve@example.net"]
    assert answers[0].message.defects == answers[2].message.defects == ()


async def test_a_mail_that_takes_too_long_loses_its_body_and_no_other_mail() -> None:
    slow = b"From: eve@example.net\nContent-Type: text/html\n\n" + b"<p>x" * 480_000

    seconds, subjects = 0.25, [""]
    while subjects[0] != "Offer" or subjects[-1] != "Offer":  # a slow machine needs as long for any mail
        seconds *= 2
        async with Parser(Limits(seconds=seconds)) as parser:
            answers = await parser.parse_many([LETTER, slow, LETTER])
        subjects = [one.message.subject for one in answers]

    assert subjects == ["Offer", "", "Offer"]
    assert "unparsable" in answers[1].message.defects
    assert answers[1].message.author is not None


async def test_the_body_beyond_the_limit_is_not_read_and_the_size_stays_true() -> None:
    raw = b"From: ann@example.org\n\n" + b"x" * 5_000

    async with Parser(Limits(body=1_000)) as parser:
        message = (await parser.parse(raw)).message

    assert message.size == len(raw)
    assert message.text == "x" * 1_000
    assert message.defects == ("body-cut",)


async def test_a_worker_that_cannot_start_is_our_fault_and_said() -> None:
    async with Parser(Limits(start_seconds=0.001)) as parser:
        with pytest.raises(InternalError, match="does not start"):
            await parser.parse(LETTER)


async def test_a_cancelled_call_leaves_no_answer_for_the_next(parser: Parser) -> None:
    await parser.start()
    call = asyncio.create_task(parser.parse_many([LETTER.replace(b"Offer", b"Other")] * 200), name="cancelled")
    await asyncio.sleep(0.005)
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)

    assert (await parser.parse(LETTER)).message.subject == "Offer"


async def test_close_ends_the_worker() -> None:
    parser = Parser()
    await parser.start()
    pid = worker_pid(parser)

    await parser.close()

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_what_travels_from_the_worker_comes_back_as_it_was() -> None:
    mails = [parsed(file.read_bytes(), language=False) for file in sorted(MAILS.glob("*/*.eml"))]

    assert [from_wire(to_wire(each)) for each in mails] == mails


def test_new_words_that_do_not_begin_the_letter_survive_the_way_back_too() -> None:
    here = replace(parsed(LETTER, language=False), new_text="morgen früh")

    assert from_wire(to_wire(here)) == here


@pytest.mark.parametrize("cut", [0, 3, 40, -1], ids=str)
def test_an_answer_that_is_not_whole_is_none(cut: int) -> None:
    whole = to_wire(parsed(b"From: bob@example.com\n\nHello", language=False))

    with pytest.raises(ValueError):
        from_wire(whole[:cut])
