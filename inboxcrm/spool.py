"""A mail too large to be held in memory: written as it comes, read again in pieces."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import IO

IN_MEMORY = 2 << 20
"""Octets up to which a mail is held in memory after all."""

PIECE = 1 << 20

FORGOTTEN = timedelta(days=7)
_SUMS = ".sums"


class Spool:
    """Octets in a file without a name, which no crash leaves behind. `folder` is where, the system's own place if None.

    Used by one thread at a time.
    """

    def __init__(self, folder: Path | None = None, *, file: IO[bytes] | None = None) -> None:
        where = None if folder is None else str(folder)
        self._file: IO[bytes] = file or tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=where)  # noqa: SIM115 - closed by __del__
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

    def discard(self) -> None:
        """Nobody needs the octets any more."""


class KeptSpool(Spool):
    """Octets in a file with a name, readable by the owner alone, which another process goes on with; `discard` ends it.

    Each piece is noted beside it with the digest of all up to there: what a crash of the machine left unwritten is
    seen, and cut off, when it is taken up again. The first piece has no file before the second comes, since most mails
    end with it. Where the disk takes no more it raises OSError and is empty again.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(file=BytesIO())
        self._path = path
        self._sums = path.with_name(path.name + _SUMS)
        self._named = False
        if path.exists():
            self._go_on()

    def write(self, octets: bytes) -> None:
        """Add at the end."""
        try:
            if self._size and not self._named:
                self._take_name()
            super().write(octets)
            if self._named:
                self._note()
        except OSError:
            self.discard()
            super().__init__(file=BytesIO())
            self._named = False
            raise

    def discard(self) -> None:
        """Remove the file; what is read of it is read before."""
        with suppress(OSError):  # what a full disk did not take is tried once more
            self._file.close()
        for path in (self._path, self._sums):
            path.unlink(missing_ok=True)

    def _take_name(self) -> None:
        begun = self.head(self._size)
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        for path in (self._path, self._sums):
            path.unlink(missing_ok=True)
        self._file, self._named = self._opened(), True
        self._file.write(begun)
        self._note()

    def _opened(self) -> IO[bytes]:
        return os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")

    def _note(self) -> None:
        self._file.flush()
        self._write_sums(f"{self._size} {self.fingerprint.hex()}\n", os.O_APPEND)

    def _write_sums(self, lines: str, how: int) -> None:
        with os.fdopen(os.open(self._sums, os.O_WRONLY | os.O_CREAT | how, 0o600), "w") as sums:
            sums.write(lines)

    def _go_on(self) -> None:
        """Take up what an earlier process wrote, as far as its digests say that it is whole."""
        self._file, self._named = self._opened(), True
        whole = ""
        for size, digest in _noted(self._sums):
            longer = self._hash.copy()
            self._file.seek(self._size)
            longer.update(self._file.read(size - self._size))
            if longer.hexdigest() != digest:
                break
            self._hash, self._size = longer, size
            whole += f"{size} {digest}\n"
        self._file.truncate(self._size)
        self._write_sums(whole, os.O_TRUNC)


def _noted(sums: Path) -> Iterator[tuple[int, str]]:
    """What was noted, ascending, up to a line that was cut off."""
    lines = sums.read_text("ascii", "replace").splitlines() if sums.exists() else []
    before = 0
    for line in lines:
        size, _, digest = line.partition(" ")
        if not size.isdigit() or int(size) < before:
            return
        before = int(size)
        yield before, digest


def clear(folder: Path, *, before: datetime | None = None) -> None:
    """Remove what nobody went on with since a moment: the mail was deleted, or its folder numbered anew. Else all."""
    for path in folder.glob("*") if folder.is_dir() else ():
        with suppress(OSError):
            if before is None or path.stat().st_mtime < before.timestamp():
                path.unlink()


def fingerprint(raw: bytes | Spool) -> bytes:
    """By which a message is known: SHA-256 of its octets."""
    return raw.fingerprint if isinstance(raw, Spool) else hashlib.sha256(raw).digest()
