"""A mail too large to be held in memory: written as it comes, read again in pieces, gone with the object."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

IN_MEMORY = 2 << 20
"""Octets up to which a mail is held in memory after all."""

PIECE = 1 << 20


class Spool:
    """Octets in a file without a name, which no crash leaves behind. `folder` is where, the system's own place if None.

    Used by one thread at a time.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=None if folder is None else str(folder))  # noqa: SIM115 - closed by __del__
        self._hash = hashlib.sha256()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __del__(self) -> None:
        self._file.close()

    @property
    def fingerprint(self) -> bytes:
        """SHA-256 of all octets."""
        return self._hash.digest()

    def write(self, octets: bytes) -> None:
        """Add at the end."""
        self._file.seek(self._size)
        self._file.write(octets)
        self._hash.update(octets)
        self._size += len(octets)

    def head(self, octets: int) -> bytes:
        """The first octets."""
        self._file.seek(0)
        return self._file.read(octets)

    def pieces(self, octets: int | None = None) -> Iterator[bytes]:
        """All octets, or the first so many, a megabyte at a time."""
        at, end = 0, self._size if octets is None else min(octets, self._size)
        while at < end:
            self._file.seek(at)
            piece = self._file.read(min(PIECE, end - at))
            at += len(piece)
            yield piece


def fingerprint(raw: bytes | Spool) -> bytes:
    """By which a message is known: SHA-256 of its octets."""
    return raw.fingerprint if isinstance(raw, Spool) else hashlib.sha256(raw).digest()
