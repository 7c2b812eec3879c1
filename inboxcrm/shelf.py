"""Memory that two processes have open: what one lays there the other takes; a pipe would need many small steps."""

from __future__ import annotations

import os
from typing import Self


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

    def lay(self, octets: bytes, at: int) -> None:
        """Put all octets there, from this place on. Raises OSError where there is no memory for them."""
        view = memoryview(octets)
        while view:
            written = os.pwrite(self.descriptor, view, at)
            view, at = view[written:], at + written

    def take(self, size: int, at: int) -> bytes:
        """The octets from this place on; fewer where there are not so many."""
        return os.pread(self.descriptor, size, at)

    def clear(self) -> None:
        """Give its memory back to the system."""
        os.ftruncate(self.descriptor, 0)

    def close(self) -> None:
        """End it for this process."""
        os.close(self.descriptor)
