"""How a wait on a socket is cut short from outside: a bell that the waiting thread hears, and the order to stop."""

from __future__ import annotations

import contextlib
import socket

from inboxcrm.imap.errors import ClosingError


class Bell:
    """Something a selector can watch that another thread can ring. A ring only wakes; it carries no meaning."""

    def __init__(self) -> None:
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._far.setblocking(False)

    def fileno(self) -> int:
        """What a selector watches."""
        return self._near.fileno()

    def ring(self) -> None:
        """Wake whoever watches."""
        with contextlib.suppress(OSError):  # a full pipe has a ring in it already; a closed one needs none
            self._far.send(b"!")

    def silence(self) -> None:
        """Forget the rings so far."""
        with contextlib.suppress(BlockingIOError):
            while self._near.recv(64):
                pass

    def close(self) -> None:
        """Give the two descriptors back."""
        self._near.close()
        self._far.close()


class Waker:
    """Ends every wait of one connection for good. It has a bell only while a thread works for the connection."""

    def __init__(self) -> None:
        self.bell: Bell | None = None
        self.stopping = False

    def stop(self) -> None:
        """End the wait that is running, and all that follow, with ClosingError."""
        self.stopping = True
        if (bell := self.bell) is not None:
            bell.ring()

    def heed(self) -> None:
        """Raise ClosingError when stopping."""
        if self.bell is not None:
            self.bell.silence()
        if self.stopping:
            raise ClosingError("closing")
