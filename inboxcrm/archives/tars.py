"""Which mail lies in a tar file, packed or not: a Takeout comes as .tgz where the owner asked for that."""

from __future__ import annotations

import io
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from inboxcrm.archives.found import Found, Source, Unreadable
from inboxcrm.errors import UserError

Reader = Callable[[BinaryIO, int], Iterator[Found | Unreadable]]
"""Reads the mails of an mbox from where its handle stands, which is so many octets from its beginning."""

SUFFIXES = (".tgz", ".tar", ".gz", ".bz2", ".xz")
_AT_ONCE = 1 << 16
_FAULTS = (OSError, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError)


def is_tar(path: Path) -> bool:
    """Whether a file is a tar file, by its name and by what is in it."""
    try:
        return path.suffix.lower() in SUFFIXES and tarfile.is_tarfile(path)
    except _FAULTS:
        return False


def sources(path: Path, read: Reader, broken_off: Callable[[str, int], Unreadable]) -> tuple[list[Source], int]:
    """Each mbox in it, and how many files beside them there are. The whole of it is unpacked once, and thrown away.

    Raises UserError where it is not whole.
    """
    stamp, found, passed_over = str(path.stat().st_mtime_ns), [], 0
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if not member.isfile():
                    continue
                if PurePosixPath(member.name).suffix.lower() == ".mbox":
                    found.append(_source(path, member, stamp, read, broken_off))
                else:
                    passed_over += 1
    except _FAULTS as error:
        raise UserError(f"{path} is a tar file that is not whole: {error}. Fetch it again.") from error
    return found, passed_over


def _source(
    path: Path,
    member: tarfile.TarInfo,
    stamp: str,
    read: Reader,
    broken_off: Callable[[str, int], Unreadable],
) -> Source:
    """An mbox in it. To go on in the middle it is unpacked, and thrown away, up to there."""

    def read_from(position: int) -> Iterator[Found | Unreadable]:
        try:
            with tarfile.open(path) as archive:
                handle = cast("IO[bytes]", archive.extractfile(_at(archive, member.offset_data)))
                handle.seek(position)
                yield from read(io.BufferedReader(cast("io.RawIOBase", handle), _AT_ONCE), position)
        except _FAULTS as error:
            yield broken_off(str(error), member.size)

    name = f"{path}!{member.name}"
    return Source(name, member.size, f"{stamp}+{member.offset_data}", member.size, read_from, lambda position: position)


def _at(archive: tarfile.TarFile, offset: int) -> tarfile.TarInfo:
    """The file that begins at this offset. Two may have one name."""
    for member in archive:
        if member.offset_data == offset:
            return member
    raise EOFError("the archive has changed")
