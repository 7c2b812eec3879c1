"""The process in which strangers' octets are read: `python -m inboxcrm.parsing_worker MEMORY_LIMIT [SHELF]`.

It reads requests from its standard input until that ends, answers each in turn on its standard output, opens no file
of its own accord and no connection, and may be killed at any time. SHELF is the descriptor of the shelf it was given.
"""

from __future__ import annotations

import gc
import signal
import sys
from typing import BinaryIO

from inboxcrm.domain.mime import parse
from inboxcrm.domain.quoting import new_text
from inboxcrm.parsing_wire import MORE, PLAIN, READY, REPLY, REQUEST, SHELVED, WITH_LANGUAGE, Parsed, to_wire
from inboxcrm.shelf import Shelf

TOGETHER = 256 * 1024
"""Octets of answers that are sent without waiting for more: each sending wakes the parent up."""


def parsed(raw: bytes, *, language: bool) -> Parsed:
    """Read one mail here and now, without limits."""
    message = parse(raw)
    new = new_text(message.text)
    found = None
    if language:
        from inboxcrm.domain.language import detect  # the model costs 95 MB: only where it is asked for

        found = detect(new)
    return Parsed(message, new, found)


def serve(requests: BinaryIO, replies: BinaryIO, shelf: Shelf | None = None) -> None:
    """Answer until the requests end; answers to mails that follow each other at once are sent together."""
    waiting = [_framed(READY)]
    wish = PLAIN
    while True:
        if not wish & MORE or sum(map(len, waiting)) >= TOGETHER:
            replies.write(b"".join(waiting))
            replies.flush()
            waiting.clear()
        head = requests.read(REQUEST.size)
        if len(head) < REQUEST.size:
            return
        wish, size, at = REQUEST.unpack(head)
        raw = shelf.take(size, at) if shelf is not None and wish & SHELVED else requests.read(size)
        if len(raw) < size:
            return
        try:
            answer = to_wire(parsed(raw, language=bool(wish & WITH_LANGUAGE)))
        except Exception:  # whatever it was, it was this mail's fault, and the parent says so
            answer = b""
        waiting.append(_framed(answer))


def _framed(answer: bytes) -> bytes:
    return REPLY.pack(len(answer)) + answer


def _limit_memory(octets: int) -> None:
    """Bound the address space where the system knows how (not on Windows, and macOS may refuse)."""
    try:
        import resource
    except ImportError:
        return
    try:
        resource.setrlimit(resource.RLIMIT_AS, (octets, octets))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ValueError, OSError):
        return


def _widen(pipe: BinaryIO) -> None:
    """Have the pipe take at once what is sent together, where the system can."""
    try:
        import fcntl

        fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, 2 * TOGETHER)
    except (ImportError, AttributeError, OSError):
        return


def main() -> None:
    """Run until standard input ends; the terminal's Ctrl-C is for the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory(int(sys.argv[1]))
    _widen(sys.stdout.buffer)
    gc.freeze()
    gc.set_threshold(50_000)  # reading a mail makes no cycles to look for
    shelf = Shelf(int(sys.argv[2])) if len(sys.argv) > 2 else None
    serve(sys.stdin.buffer, sys.stdout.buffer, shelf)


if __name__ == "__main__":
    main()
