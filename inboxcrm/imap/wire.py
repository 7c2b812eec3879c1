"""Bytes to and from one server: every wait has a deadline, can be woken, and loses nothing.

imaplib reads through a BufferedReader on a blocking socket. That hides bytes from poll(), counts time per recv (a
server that drips a byte now and then is never timed out) and cannot be woken. This reader owns one buffer and one poll.
"""

from __future__ import annotations

import contextlib
import io
import selectors
import socket
import ssl
import time
from collections.abc import Sequence

from inboxcrm.dialling import in_words
from inboxcrm.imap.errors import CommandTimeoutError, ConnectionLostError, LiteralTooLargeError, ProtocolError
from inboxcrm.imap.responses import LITERAL_END
from inboxcrm.imap.waker import Waker

MAX_LINE = 16 << 20
"""Bytes of one line; a SEARCH answer of two million UIDs fits."""

MAX_LITERAL = 80 << 20
"""Bytes of one literal; more is refused before it is read."""

_CHUNK = 1 << 18
_RECORD = 1 << 14
"""Octets of one TLS record at most: what is taken in at a time where little is expected, and no large buffer made."""
_MOST_AT_ONCE = 16
"""Reads after which the event loop gets its turn again."""

_LONGEST_COMMENT = 1024
"""Octets after which the end of a comment is waited for no longer."""

_SLOWEST = 32 * 1024
"""Bytes a second below which a literal is given up."""


class Wire:
    """One connected socket, plain or TLS, as lines and literals. Used by one thread; only its Waker by others.

    `deadline` is a time.monotonic() instant by which the command being answered must be finished; None waits for ever.
    An announced literal moves it later by the time its bytes may take, up to `latest`.
    """

    __slots__ = (
        "_buffer",
        "_encrypted",
        "_latest",
        "_max_line",
        "_max_literal",
        "_sock",
        "_start",
        "_waker",
        "_wants",
        "deadline",
    )

    def __init__(self, sock: socket.socket, waker: Waker, *, max_line: int = MAX_LINE, max_literal: int = MAX_LITERAL):
        self._sock = sock
        self._waker = waker
        self._max_line = max_line
        self._max_literal = max_literal
        self._buffer = bytearray()
        self._start = 0
        self.deadline: float | None = None
        self._latest: float | None = None
        self._wants = selectors.EVENT_READ
        self._encrypted = isinstance(sock, ssl.SSLSocket)
        sock.setblocking(False)
        _tune(sock)

    @property
    def sock(self) -> socket.socket:
        """The socket itself, for imaplib's and IMAPClient's own questions."""
        return self._sock

    @property
    def buffered(self) -> int:
        """How many received bytes nobody has read yet."""
        return len(self._buffer) - self._start

    def allow(self, seconds: float) -> None:
        """Start a new deadline for a whole command."""
        now = time.monotonic()
        self.deadline = now + seconds
        self._latest = self.deadline + self._max_literal / _SLOWEST

    def secure(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """Go over to TLS on the running connection (STARTTLS, RFC 3501 section 6.2.1)."""
        self._sock.settimeout(seconds)
        self._sock = context.wrap_socket(self._sock, server_hostname=host)
        self._sock.setblocking(False)
        self._encrypted = True

    # -- writing

    def send(self, octets: bytes) -> None:
        """Write all of it within the deadline."""
        view = memoryview(octets)
        while view:
            try:
                view = view[self._sock.send(view) :]
            except (BlockingIOError, ssl.SSLWantWriteError):
                self._ready(selectors.EVENT_WRITE)
            except ssl.SSLWantReadError:
                self._ready(selectors.EVENT_READ)
            except OSError as error:
                raise ConnectionLostError(f"nothing can be sent to the server: {in_words(error)}") from error

    def send_now(self, octets: bytes) -> None:
        """Write a few octets without waiting; ConnectionLostError where not even those find room."""
        self.deadline = 0.0
        self.send(octets)
        self.deadline = None

    # -- reading

    def heard_within(self, seconds: float) -> bool:
        """Whether the server says anything, or hangs up, within so many seconds; nothing of it is read."""
        heard = self._select(selectors.EVENT_READ, seconds)
        self._waker.heed()
        return heard

    def readline(self) -> bytes:
        """The next line with its line ending, however many segments it came in."""
        scanned = 0
        while (end := self._buffer.find(b"\n", self._start + scanned)) < 0:
            scanned = self.buffered
            if scanned > self._max_line:
                raise ProtocolError(f"a line of more than {self._max_line} bytes")
            self._fill()
        line = bytes(memoryview(self._buffer)[self._start : end + 1])
        self._start = end + 1
        return line

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes; LiteralTooLargeError before any is read when that is too many."""
        if size > self._max_literal:
            raise LiteralTooLargeError(size)
        if self.deadline is not None and self._latest is not None:
            self.deadline = min(self.deadline + size / _SLOWEST, self._latest)
        if size <= self.buffered:
            octets = bytes(memoryview(self._buffer)[self._start : self._start + size])
            self._start += size
            return octets
        return self._read_long(size)

    def has_response(self) -> bool:
        """Whether a whole response is here already, its literals included, so that reading it waits for nothing."""
        at = self._start
        while (end := self._buffer.find(b"\n", at)) >= 0:
            announced = LITERAL_END.search(self._buffer[max(at, end - 32) : end].rstrip(b"\r"))
            if announced is None or int(announced[1]) > self._max_literal:
                return True
            at = end + 1 + int(announced[1])
        if self.buffered > self._max_line + self._max_literal:
            raise ProtocolError(f"a line of more than {self._max_line} bytes")
        return False

    def skip(self, starts: Sequence[bytes], *, unless: bytes) -> tuple[bytes, int, bool]:
        """Pass over the next lines, as far as they are these, each with whatever more stands on its last line.

        The octets passed, how many of `starts` they were, and whether the next may yet come. None is passed where one
        holds `unless` (in upper case), however it is written.
        """
        buffer, at = self._buffer, self._start
        passed, more = 0, False
        for start in starts:
            if not buffer.startswith(start, at):
                more = start.startswith(buffer[at:])
                break
            end = buffer.find(b"\n", at + len(start))
            if end < 0:
                more = True
                break
            passed, at = passed + 1, end + 1
        octets = bytes(buffer[self._start : at])
        if unless in octets.upper():
            return b"", 0, False
        self._start = at
        return octets, passed, more

    def receive(self, pieces: Sequence[bytes]) -> bool | None:
        """Read once, without waiting; whether what is here now is exactly this, which is passed over then. None while
        it may yet become that.

        Between two pieces stands a comment: any text to the end of its line, but one with a bracket, which may be a
        code (RFC 3501 section 7.1). One read takes all of a TLS record, so that nothing is left where the event loop
        does not see it.
        """
        octets = self._try_receive(_RECORD)
        if octets is not None:
            if self._start == len(self._buffer) and _same(octets, pieces):
                return True
            self._keep(octets)
        heard = _same(self._buffer, pieces, at=self._start)
        if heard:
            self._buffer.clear()
            self._start = 0
        return heard

    def take_in(self) -> bool:
        """Keep what was received so far, without waiting; whether there was anything. The end of the stream is told by
        ConnectionLostError, after what came before it.
        """
        before = self.buffered
        self.deadline = None
        try:
            for _ in range(_MOST_AT_ONCE):
                octets = self._try_receive(_RECORD)
                if octets is None:
                    break
                self._keep(octets)
                if len(octets) < _RECORD and not self._encrypted:
                    break  # that was all there is
        except ConnectionLostError:
            if self.buffered == before:
                raise
        return self.buffered != before

    def acknowledge(self) -> None:
        """Tell the server's system at once that what it sent has come, where ours can (Linux).

        Told to stop idling and asked for the mail in one breath, Cyrus answers twice; its system holds the second
        answer back until the first is acknowledged (RFC 896), and ours would take 40 ms over that (RFC 1122 section
        4.2.3.2).
        """
        if hasattr(socket, "TCP_QUICKACK"):
            with contextlib.suppress(OSError):  # a Unix socket in a test; or it is closed, which the next read tells
                self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def close(self) -> None:
        """Close the socket at once."""
        with contextlib.suppress(OSError):
            self._sock.close()

    # -- inside

    def _read_long(self, size: int) -> bytes:
        # BytesIO hands over its own buffer: a message of 50 MB is not held twice.
        whole = io.BytesIO()
        whole.write(memoryview(self._buffer)[self._start :])
        self._buffer.clear()
        self._start = 0
        while (missing := size - whole.tell()) > 0:
            whole.write(self._receive(min(missing, _CHUNK)))
        return whole.getvalue()

    def _fill(self) -> None:
        self._keep(self._receive(_CHUNK))

    def _keep(self, octets: bytes) -> None:
        if self._start:
            del self._buffer[: self._start]
            self._start = 0
        self._buffer += octets

    def _receive(self, most: int) -> bytes:
        while (octets := self._try_receive(most)) is None:
            self.acknowledge()
            self._ready(self._wants)
        return octets

    def _try_receive(self, most: int) -> bytes | None:
        try:
            octets = self._sock.recv(most)
        except (BlockingIOError, ssl.SSLWantReadError):
            self._wants = selectors.EVENT_READ
            return None
        except ssl.SSLWantWriteError:
            self._wants = selectors.EVENT_WRITE
            return None
        except OSError as error:
            raise ConnectionLostError(f"nothing comes from the server: {in_words(error)}") from error
        if not octets:
            raise ConnectionLostError("the server closed the connection")
        # A server that drips keeps the socket readable; the deadline is for the whole command.
        if self.deadline is not None and time.monotonic() >= self.deadline:
            raise CommandTimeoutError("the answer was not finished in time")
        return octets

    def _ready(self, event: int) -> None:
        remaining = None if self.deadline is None else self.deadline - time.monotonic()
        if remaining is not None and remaining <= 0:
            raise CommandTimeoutError("the answer was not finished in time")
        self._select(event, remaining)
        self._waker.heed()

    def _select(self, event: int, seconds: float | None) -> bool:
        """Whether there was an end to the wait before its time."""
        with _selector() as selector:
            selector.register(self._sock, event)
            if self._waker.bell is not None:
                selector.register(self._waker.bell, selectors.EVENT_READ)
            return bool(selector.select(seconds))


def _same(octets: bytes | bytearray, pieces: Sequence[bytes], *, at: int = 0) -> bool | None:
    """Whether these octets are the pieces with a comment between each and the next; None while they may become that."""
    begun = False
    for piece in pieces:
        if begun:
            end = octets.find(b"\n", at)
            if octets.find(b"[", at, len(octets) if end < 0 else end) >= 0:
                return False
            if end < 0:
                return None if len(octets) - at < _LONGEST_COMMENT else False
            at = end - 1
        if not octets.startswith(piece, at):
            return None if piece.startswith(octets[at:]) else False
        at += len(piece)
        begun = True
    return at == len(octets)


def _selector() -> selectors.BaseSelector:
    """One that costs no descriptor of its own, and knows descriptors above 1023 where the system can."""
    return selectors.PollSelector() if hasattr(selectors, "PollSelector") else selectors.SelectSelector()


def _tune(sock: socket.socket) -> None:
    """No Nagle delay (imaplib writes a literal and its CRLF apart), and a dead peer noticed within two minutes."""
    options = (
        ("TCP_NODELAY", 1),
        ("TCP_KEEPIDLE", 60),
        ("TCP_KEEPINTVL", 20),
        ("TCP_KEEPCNT", 3),
        ("TCP_USER_TIMEOUT", 120_000),
    )
    with contextlib.suppress(OSError):  # a Unix socket in a test has none of these
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in options:
            if hasattr(socket, name):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
