"""Which mail lies in files and folders: mbox, Maildir, eml, and a Takeout as a zip or tar file or unpacked."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from inboxcrm.archives import folders, mbox, takeout, tars, thunderbird
from inboxcrm.archives.found import Found, Leaving, Source, Unreadable, readable
from inboxcrm.archives.mbox import Form
from inboxcrm.errors import UserError

SKIPPED_AT_ONCE = 1 << 20
LINES_AT_ONCE = 1 << 16
_ZIP = b"PK\x03\x04"
_PACKED = (*tars.SUFFIXES, ".7z", ".rar")


@dataclass(frozen=True, slots=True)
class Sources:
    """What is to be read, and how many files beside it hold no mail."""

    sources: tuple[Source, ...]
    passed_over: int


def find(paths: Sequence[Path], *, form: Form = Form.AUTO) -> Sources:
    """Every source in these files and folders.

    Raises UserError for a path that holds no mail; inside a folder or an archive what is none is passed over.
    """
    sources: list[Source] = []
    passed_over = 0
    for path in paths:
        inside = _of(path.absolute(), form)
        if not inside.sources:
            raise UserError(f"{path} holds no mail files. Give an mbox file, a Maildir, .eml files or a Takeout.")
        sources += inside.sources
        passed_over += inside.passed_over
    return Sources(tuple(replace(each, name=readable(each.name)) for each in sources), passed_over)


def _of(path: Path, form: Form) -> Sources:
    try:
        if path.is_dir():
            return _folder(path, form, set())
        if not path.is_file():
            raise UserError(f"no such file or folder: {path}")
        return _file(path, form)
    except OSError as error:
        raise UserError(f"{error.filename or path} cannot be read: {error.strerror or error}") from error


def _folder(path: Path, form: Form, seen: set[tuple[int, int]]) -> Sources:
    """What lies in a folder and those below it, but those that were `seen`: links may lead back to where they lie."""
    state = path.stat()
    if (state.st_dev, state.st_ino) in seen:
        return Sources((), 0)
    seen.add((state.st_dev, state.st_ino))
    sources: list[Source] = []
    single: list[Path] = []
    passed_over = 0
    in_maildir = folders.is_maildir(path)
    if in_maildir and (own := folders.maildir(path)):
        sources.append(own)
    for each in sorted(path.iterdir()):
        if in_maildir and each.name in folders.OF_MAILDIR:
            if each.name in folders.MAILDIR_PARTS and each.is_dir():  # who files by hand names a folder "new" too
                for below in (_folder(one, form, seen) for one in folders.below(each)):
                    sources += below.sources
                    passed_over += below.passed_over
            continue  # else mail that is still being delivered
        if each.name.startswith(".") and not (each.is_dir() and folders.holds_maildirs(each)):
            continue
        if each.is_dir():
            below = _folder(each, form, seen)
            sources += below.sources
            passed_over += below.passed_over
            continue
        if not each.is_file():  # a link that leads nowhere, a pipe that would never end
            passed_over += 1
            continue
        first = _first_line(each)
        if folders.is_surely_mail(each):
            single.append(each)
        elif mbox.is_mbox(first):
            sources.append(_mbox(each, form))
        elif _is_zip(each, first):
            below = _zip(each, form)
            sources += below.sources
            passed_over += below.passed_over
        elif tars.is_tar(each):
            below = _tar(each, form)
            sources += below.sources
            passed_over += below.passed_over
        elif folders.looks_like_mail(each):
            single.append(each)
        elif not in_maildir:  # else what a server keeps beside the mail
            passed_over += 1
    if single:
        sources.append(folders.of_files(f"{path}/*" if in_maildir else str(path), single))
    return Sources(tuple(sources), passed_over)


def _file(path: Path, form: Form) -> Sources:
    first = _first_line(path)
    if mbox.is_mbox(first) and not folders.is_surely_mail(path):
        return Sources((_mbox(path, form),), 0)
    if _is_zip(path, first):
        return _zip(path, form)
    if tars.is_tar(path):
        return _tar(path, form)
    if folders.looks_like_mail(path):
        return Sources((folders.of_files(str(path), [path]),), 0)
    if path.suffix.lower() in _PACKED:
        raise UserError(f"{path} is packed in a way that is not read here. Unpack it and give the folder.")
    raise UserError(f"{path} is neither an mbox (its first line is no `From ` line) nor an .eml file")


def _is_zip(path: Path, first: bytes) -> bool:
    """By what stands at its end, else by how it begins: a download that broke off has no end, and is to be told."""
    return zipfile.is_zipfile(path) or first.startswith(_ZIP)


def _first_line(path: Path) -> bytes:
    with path.open("rb") as handle:
        return handle.readline(1000)


def _mbox(path: Path, form: Form) -> Source:
    state = path.stat()

    def read(position: int) -> Iterator[Found | Unreadable]:
        try:
            with path.open("rb") as handle:
                handle.seek(position)
                for entry in mbox.split(handle, start=position, form=form, measured=True):
                    yield _found(entry)
        except OSError as error:
            yield _broken_off(str(error.strerror or error), state.st_size)

    return Source(str(path), state.st_size, str(state.st_mtime_ns), state.st_size, read, lambda position: position)


def _zip(path: Path, form: Form) -> Sources:
    sources: list[Source] = []
    passed_over = 0
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.is_dir():
                    continue
                if PurePosixPath(member.filename).suffix.lower() == ".mbox":
                    sources.append(_member(path, member, form))
                else:
                    passed_over += 1
    except zipfile.BadZipFile as error:
        raise UserError(f"{path} is a zip file that is not whole: {error}. Fetch it again.") from error
    return Sources(tuple(sources), passed_over)


def _member(path: Path, member: zipfile.ZipInfo, form: Form) -> Source:
    """An mbox in a zip file. To go on in the middle it is unpacked, and thrown away, up to there."""

    def read(position: int) -> Iterator[Found | Unreadable]:
        try:
            with zipfile.ZipFile(path) as archive, archive.open(member) as handle:
                left = position
                while left and (skipped := handle.read(min(left, SKIPPED_AT_ONCE))):
                    left -= len(skipped)
                for entry in mbox.split(_buffered(handle), start=position, form=form):
                    yield _found(entry)
        except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
            yield _broken_off(str(error), member.file_size)

    name = f"{path}!{member.filename}"
    return Source(name, member.file_size, f"{member.CRC:08x}", member.file_size, read, lambda position: position)


def _tar(path: Path, form: Form) -> Sources:
    def read(handle: BinaryIO, position: int) -> Iterator[Found | Unreadable]:
        return map(_found, mbox.split(handle, start=position, form=form))

    sources, passed_over = tars.sources(path, read, _broken_off)
    return Sources(tuple(sources), passed_over)


def _buffered(handle: IO[bytes]) -> BinaryIO:
    """Lines of a zip file's member are read six times as fast through a buffer."""
    return io.BufferedReader(cast(io.RawIOBase, handle), LINES_AT_ONCE)


def _found(entry: mbox.Entry) -> Found | Unreadable:
    octets = entry.ends - entry.begins
    if entry.why_not is not None:
        return Unreadable(entry.why_not, entry.raw, entry.ends, octets)
    raw, deleted = thunderbird.unnoted(entry.raw)
    mail = takeout.unlabel(raw)
    leaving = Leaving.TRASH if deleted else mail.leaving
    return Found(mail.raw, entry.received_at, entry.ends, octets, sent=mail.sent, leaving=leaving)


def _broken_off(why: str, end: int) -> Unreadable:
    return Unreadable(f"the file cannot be read any further: {why}", b"", end, 0)
