"""Memory that two processes have open: what one lays there the other takes; a pipe would need many small steps."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Self

KEPT = 4 << 20
"""Octets of memory that stay for what is laid next: the system takes as long to find new memory as to fill it."""

_AT_ONCE = 1024
"""Pieces that the system takes in one call (IOV_MAX)."""


class Shelf:
    """A file without a name that is on no disk (memfd_create(2)); `descriptor` is how this process has it open."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    @classmethod
    def made(cls) -> Self | None:
        """A new one; None where the system has no such files."""
        make = getattr(os, "memfd_create", None)
        try:
            return None if make is None else cls(make("inboxcrm-mails"))
        except OSError:  # an old kernel, or a sandbox that does not allow it
            return None

    def lay(self, mails: Sequence[bytes]) -> None:
        """Put them there one behind the other. Raises OSError where there is no memory for them."""
        at = 0
        for first in range(0, len(mails), _AT_ONCE):
            some = mails[first : first + _AT_ONCE]
            end = at + sum(map(len, some))
            at += os.pwritev(self.descriptor, some, at)
            if at < end:
                at = self._lay_rest(b"".join(some)[at - end :], at)

    def _lay_rest(self, octets: bytes, at: int) -> int:
        view = memoryview(octets)
        while view:
            written = os.pwrite(self.descriptor, view, at)
            view, at = view[written:], at + written
        return at

    def take(self, size: int, at: int) -> bytes:
        """The octets from this place on; fewer where there are not so many."""
        return os.pread(self.descriptor, size, at)

    def clear(self) -> None:
        """Give its memory back to the system, but for `KEPT`."""
        if os.fstat(self.descriptor).st_size > KEPT:
            os.ftruncate(self.descriptor, KEPT)

    def close(self) -> None:
        """End it for this process."""
        os.close(self.descriptor)
