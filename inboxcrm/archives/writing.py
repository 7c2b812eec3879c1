"""Mails written to an archive with nothing changed in their octets: an mboxrd file, a Maildir, or .eml files.

What is written appears under its name when it is whole; until then, and after a crash, it has ".part" behind it.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from inboxcrm.archives import mbox
from inboxcrm.errors import UserError

_FLAGS = {"\\answered": "R", "\\flagged": "F", "\\seen": "S"}
"""In the order of a file's name; what is deleted or a draft is not marked as such, since an import leaves those out."""

_SEPARATOR = ";" if sys.platform == "win32" else ":"


class Layout(StrEnum):
    """How mails lie in an archive."""

    MBOX = "mbox"
    MAILDIR = "maildir"
    EML = "eml"


class Writer(Protocol):
    """An archive that is being written."""

    def __enter__(self) -> Self:
        """Begin under the other name."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it its name, or, after an error, take it away."""

    def add(self, raw: bytes, *, number: int, sender: str, received_at: datetime, flags: Collection[str]) -> None:
        """Lay one mail there. `number` is its own in this archive."""


def writer(path: Path, layout: Layout) -> Writer:
    """An archive at a path where nothing is yet. Raises UserError where something is, or nothing can be made."""
    if path.exists():
        raise UserError(f"{path} is there already, and nothing is written over. Give another name with --to.")
    if not path.absolute().parent.is_dir():
        raise UserError(f"{path.parent} is no folder")
    return _Mbox(path) if layout is Layout.MBOX else _Files(path, maildir=layout is Layout.MAILDIR)


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


class _Mbox:
    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        self._file = new_file(_part(self._path))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        whole = False
        try:
            with self._file:
                if error is None:
                    self._file.flush()
                    os.fsync(self._file.fileno())
                    whole = True
        except OSError:
            if error is None:
                raise  # else what went wrong first is told
        finally:
            if whole:
                _part(self._path).rename(self._path)
            else:
                _part(self._path).unlink()

    def add(self, raw: bytes, *, number: int, sender: str, received_at: datetime, flags: Collection[str]) -> None:
        del number, flags
        self._file.write(mbox.laid(raw, sender=sender, received_at=received_at))


class _Files:
    def __init__(self, path: Path, *, maildir: bool) -> None:
        self._path = path
        self._maildir = maildir

    def __enter__(self) -> Self:
        part = _part(self._path)
        if part.exists():
            shutil.rmtree(part)
        part.mkdir(mode=0o700)
        for name in ("cur", "new", "tmp") if self._maildir else ():
            (part / name).mkdir(mode=0o700)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            _part(self._path).rename(self._path)
        else:
            shutil.rmtree(_part(self._path))

    def add(self, raw: bytes, *, number: int, sender: str, received_at: datetime, flags: Collection[str]) -> None:
        del sender
        moment = received_at.timestamp()
        if self._maildir:
            letters = "".join(letter for flag, letter in _FLAGS.items() if flag in {each.lower() for each in flags})
            path = _part(self._path) / "cur" / f"{moment:.0f}.{number}.inboxcrm{_SEPARATOR}2,{letters}"
        else:
            path = _part(self._path) / f"{received_at:%Y-%m-%d}-{number:06}.eml"
        with new_file(path) as file:
            file.write(raw)
        os.utime(path, (moment, moment))


def new_file(path: Path) -> BinaryIO:
    """A new file, readable by the owner alone: it is other people's mail."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, 0o600), "wb")
