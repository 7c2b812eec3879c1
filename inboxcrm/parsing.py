"""Reads untrusted mail in a worker process that has limits and may die: one mail is lost to a defect, no more."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import inboxcrm
from inboxcrm.domain.message import Message
from inboxcrm.domain.mime import LONGEST_HEADERS, headers_end
from inboxcrm.errors import InternalError
from inboxcrm.parsing_wire import MORE, PLAIN, READY, REPLY, REQUEST, SHELVED, WITH_LANGUAGE, Parsed, from_wire
from inboxcrm.shelf import Shelf
from inboxcrm.spool import Spool

__all__ = ["Limits", "Parsed", "Parser"]

_CHUNK = 1 << 18
"""Octets read from the worker at once: answers to several mails are waited for together."""

_ON_THE_SHELF = 8 << 20
"""Octets of the mails of one call that lie on the shelf; those beyond go through the pipe."""

UNPARSABLE = "unparsable"
BODY_CUT = "body-cut"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one mail may cost: octets of its body that are read, seconds, and octets of memory of the worker."""

    body: int = 25 * 1024 * 1024
    seconds: float = 60.0
    start_seconds: float = 30.0
    memory: int = 512 * 1024 * 1024


class Parser:
    """One worker process, started when it is first needed and again whenever it had to be killed.

    Calls are answered one after the other; a cancelled call costs the worker, never its successor's answer.
    """

    def __init__(self, limits: Limits = Limits()) -> None:
        self._limits = limits
        self._lock = asyncio.Lock()
        self._worker: Process | None = None
        self._greeted = False
        self._answers = bytearray()
        self._shelf: Shelf | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def launch(self) -> None:
        """Have the worker begin to start; whoever needs it first waits for it."""
        async with self._lock:
            if self._worker is None:
                await self._begin()

    async def start(self, *, language: bool = False) -> None:
        """Have the worker ready, with the language model loaded if wished; raises InternalError where none starts."""
        if language:
            await self.parse(b"Subject: warm up\n\nThe model is loaded by the first letter that asks for it.\n",
                             language=True)  # fmt: skip
            return
        async with self._lock:
            await self._ready()

    async def parse(self, raw: bytes, *, language: bool = False) -> Parsed:
        """Read one mail. One that breaks the limits, or the worker, has the defect "unparsable"."""
        return (await self.parse_many((raw,), language=language))[0]

    async def parse_many(self, raws: Sequence[bytes | Spool], *, language: bool = False) -> list[Parsed]:
        """Read mails, in their order. Answers come together; after a failure one by one, so that it is known which mail
        the worker died of.
        """
        answers: list[Parsed] = []
        wish = WITH_LANGUAGE if language else PLAIN
        together = len(raws) > 1
        async with self._lock:
            while len(answers) < len(raws):
                await self._read_until_failure(raws[len(answers) :], answers, wish, together=together)
                if len(answers) < len(raws) and not together:
                    answers.append(await self._headers_only(raws[len(answers)]))
                together = False
        return answers

    async def close(self) -> None:
        """End the worker; the next call would start another."""
        async with self._lock:
            await self._discard()
            if self._shelf is not None:
                self._shelf.close()
                self._shelf = None

    async def _read_until_failure(
        self, raws: Sequence[bytes | Spool], answers: list[Parsed], wish: int, *, together: bool = False
    ) -> None:
        """Append answers up to the first mail that failed; answered `together`, it may be a later one that failed."""
        worker = await self._ready()
        assert worker.stdin is not None
        shelf = self._shelf if together else None
        whole = False
        try:
            await self._send(worker.stdin, raws, wish | MORE if together else wish, shelf)
            for raw in raws:
                octets = self._here()
                if octets is None:
                    octets = await self._answer(worker, self._limits.seconds)
                if not octets:
                    return
                parsed = from_wire(octets)
                answers.append(parsed if parsed.message.size == len(raw) else _as_cut(parsed, len(raw)))
            whole = True
        except (TimeoutError, EOFError, OSError, ValueError, TypeError):
            return
        finally:
            if not whole:
                await self._discard()
            if shelf is not None:
                shelf.clear()

    async def _send(
        self, pipe: asyncio.StreamWriter, raws: Sequence[bytes | Spool], wish: int, shelf: Shelf | None
    ) -> None:
        """Ask for these mails to be read, in one write: in several, the worker would wake up as often."""
        mails = [raw if isinstance(raw, Spool) else self._within_limit(raw) for raw in raws]
        laid = 0 if shelf is None else _lay(shelf, mails)
        requests: list[bytes] = []
        place = 0
        for number, mail in enumerate(mails, 1):
            wished = wish if number < len(mails) else wish & ~MORE
            if isinstance(mail, Spool):
                pipe.write(b"".join(requests))
                requests.clear()
                await self._hand_over(pipe, mail, wished)
            elif place + len(mail) <= laid:
                requests.append(REQUEST.pack(wished | SHELVED, len(mail), place))
                place += len(mail)
            else:
                requests.append(REQUEST.pack(wished, len(mail), 0) + mail)
        pipe.write(b"".join(requests))

    async def _hand_over(self, pipe: asyncio.StreamWriter, spool: Spool, wish: int) -> None:
        """A large mail piece by piece, never more of it in memory than the pipe takes."""
        length = min(len(spool), headers_end(spool.head(LONGEST_HEADERS * 2)) + self._limits.body)
        pipe.write(REQUEST.pack(wish, length, 0))
        for piece in spool.pieces(length):
            pipe.write(piece)
            await pipe.drain()

    async def _headers_only(self, raw: bytes | Spool) -> Parsed:
        """What can be said of a mail that cannot be parsed: its header block, if that alone can."""
        answers: list[Parsed] = []
        head = raw.head(LONGEST_HEADERS * 2) if isinstance(raw, Spool) else raw
        head = head[: min(headers_end(head), LONGEST_HEADERS * 2)]
        await self._read_until_failure((head,), answers, PLAIN)
        known = answers[0].message if answers else _nothing()
        return Parsed(replace(known, size=len(raw), text="", defects=(*known.defects, UNPARSABLE)), "", None)

    def _within_limit(self, raw: bytes) -> bytes:
        if len(raw) <= self._limits.body:
            return raw
        return raw[: headers_end(raw) + self._limits.body]

    async def _ready(self) -> Process:
        """The living worker, or a new one, that has said that it is ready."""
        worker = self._worker
        if worker is None or worker.returncode is not None:
            worker = await self._begin()
        if self._greeted:
            return worker
        try:
            hello = await self._answer(worker, self._limits.start_seconds)
        except (TimeoutError, EOFError, OSError) as error:
            await self._discard()
            raise InternalError("the parsing worker does not start") from error
        if hello != READY:
            await self._discard()
            raise InternalError("the parsing worker is of another version; restart inboxcrm")
        self._greeted = True
        return worker

    async def _begin(self) -> Process:
        """A new worker, which has said nothing yet."""
        await self._discard()
        self._shelf = self._shelf or Shelf.made()
        shelf = () if self._shelf is None else (self._shelf.descriptor,)
        self._worker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "inboxcrm.parsing_worker", str(self._limits.memory), *map(str, shelf)),
            pass_fds=shelf,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            limit=1024 * 1024,
            env=_environment(),
        )
        return self._worker

    async def _answer(self, worker: Process, seconds: float) -> bytes:
        """The next answer, waited for. Raises TimeoutError, and EOFError for a dead worker."""
        async with asyncio.timeout(seconds):
            while (answer := self._here()) is None:
                await self._read_more(worker)
        return answer

    def _here(self) -> bytes | None:
        """The next answer, once all of it is here."""
        came = len(self._answers)
        if came < REPLY.size:
            return None
        end = REPLY.size + int(REPLY.unpack_from(self._answers)[0])
        if came < end:
            return None
        answer = bytes(memoryview(self._answers)[REPLY.size : end])
        del self._answers[:end]
        return answer

    async def _read_more(self, worker: Process) -> None:
        assert worker.stdout is not None
        octets = await worker.stdout.read(_CHUNK)
        if not octets:
            raise EOFError
        self._answers += octets

    async def _discard(self) -> None:
        """Kill the worker and collect it."""
        worker, self._worker, self._greeted = self._worker, None, False
        self._answers.clear()
        if worker is None:
            return
        if worker.stdin is not None:
            worker.stdin.close()
        if worker.returncode is None:
            with suppress(ProcessLookupError):
                worker.kill()
        await worker.wait()


def _lay(shelf: Shelf, mails: Sequence[bytes | Spool]) -> int:
    """Put these mails there as far as they have room; answers how many octets that is."""
    laid: list[bytes] = []
    room = _ON_THE_SHELF
    for mail in mails:
        if isinstance(mail, bytes):
            room -= len(mail)
            if room < 0:
                break
            laid.append(mail)
    shelf.lay(laid)
    return sum(map(len, laid))


def _environment() -> dict[str, str]:
    """Ours, with this very package found first and numeric libraries kept to one thread (each reserves memory)."""
    here = str(Path(inboxcrm.__file__).resolve().parent.parent)
    path = os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        "PYTHONPATH": f"{here}{os.pathsep}{path}" if path else here,
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def _as_cut(parsed: Parsed, size: int) -> Parsed:
    message = parsed.message
    return replace(parsed, message=replace(message, size=size, defects=(*message.defects, BODY_CUT)))


def _nothing() -> Message:
    return Message(
        headers=(),
        message_id=None,
        in_reply_to=(),
        references=(),
        from_=(),
        sender=(),
        reply_to=(),
        to=(),
        cc=(),
        subject="",
        date=None,
        content_type="text/plain",
        parts=(),
        text="",
        html_only=False,
        size=0,
        defects=(),
    )
