"""Ways of an IMAP server to fail, as hooks for the one in this process."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from inboxcrm.testing.imap_faults import Exchange, Fault


def times(count: int, fault: Fault, *, where: Callable[[Exchange], bool] = lambda _: True) -> Fault:
    """The fault, so often and no more, where the command is meant."""
    left = [count]

    async def limited(exchange: Exchange) -> bool:
        if not left[0] or not where(exchange):
            return False
        left[0] -= 1
        return await fault(exchange)

    return limited


@dataclass(slots=True)
class Played:
    """How often a fault was played."""

    times: int = 0


def counted(fault: Fault) -> tuple[Played, Fault]:
    """The fault, and the count of how often it was played: a story whose fault never came shows nothing."""
    played = Played()

    async def noted(exchange: Exchange) -> bool:
        done = await fault(exchange)
        played.times += done
        return done

    return played, noted


def says(answer: bytes, *untagged: bytes) -> Fault:
    """Answer so instead: `answer` gets the tag."""

    async def reply(exchange: Exchange) -> bool:
        await exchange.send(b"".join(one + b"\r\n" for one in untagged) + exchange.tag + b" " + answer + b"\r\n")
        return True

    return reply


def adds(*untagged: bytes) -> Fault:
    """Say this before the true answer."""

    async def reply(exchange: Exchange) -> bool:
        if exchange.command is None or exchange.command.name in {"IDLE", "LOGOUT", "STARTTLS"}:
            return False
        answer = await exchange.answer()
        await exchange.send(b"".join(one + b"\r\n" for one in untagged) + answer)
        return True

    return reply


def bends(change: Callable[[bytes], bytes]) -> Fault:
    """Answer what the server would, changed."""

    async def reply(exchange: Exchange) -> bool:
        await exchange.send(change(await exchange.answer()))
        return True

    return reply


def bye(text: bytes) -> Fault:
    """BYE with these words, and the end of the connection."""

    async def farewell(exchange: Exchange) -> bool:
        await exchange.send(b"* BYE " + text + b"\r\n")
        exchange.close()
        return True

    return farewell


async def silent_idle(exchange: Exchange) -> bool:
    """IDLE in which nothing is ever said."""
    await exchange.send(b"+ idling\r\n")
    await exchange.read_line()
    await exchange.send(exchange.tag + b" OK done\r\n")
    return True


def asks_for_body(exchange: Exchange) -> bool:
    """A FETCH of whole messages or pieces of them."""
    return exchange.command is not None and b"BODY.PEEK[]" in exchange.command.raw


_LITERAL = re.compile(rb"BODY\[\](?:<\d+>)? \{(\d+)\}")


def announces(more: int) -> Callable[[bytes], bytes]:
    """The literal of a body is announced longer than it is, by so many octets."""

    def change(answer: bytes) -> bytes:
        return _LITERAL.sub(lambda found: found[0].replace(found[1], b"%d" % (int(found[1]) + more)), answer)

    return change


def names(word: bytes) -> Callable[[Exchange], bool]:
    """A command in which this word stands."""
    return lambda exchange: exchange.command is not None and word in exchange.command.raw


def only_ok(answer: bytes) -> bytes:
    """The tagged line alone, without what it says was sent."""
    return answer[answer[:-2].rfind(b"\r\n") + 2 :]


def undated(answer: bytes) -> bytes:
    """With an INTERNALDATE that is none."""
    return re.sub(rb'INTERNALDATE "[^"]*"', b'INTERNALDATE "the day before yesterday"', answer)
