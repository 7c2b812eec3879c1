"""Mails that lie in files of their own: Maildir, .eml, and the .emlx of Apple Mail."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from inboxcrm.archives.found import Found, Leaving, Source, Unreadable, readable

MAILDIR_PARTS = ("cur", "new")
OF_MAILDIR = (*MAILDIR_PARTS, "tmp")

_SURE = (".eml", ".emlx")
_PERHAPS = (".txt", "")
_FIELD = re.compile(rb"[!-9;-~]{1,200}:")
_OF_MAIL = re.compile(rb"(?im)^(?:from|to|date|received|message-id|return-path|delivered-to|mime-version):")
_HEAD = 65_536
"""Octets of a file in which such a field is looked for."""
_EMLX = re.compile(rb"(\d{1,12})\s*\n")
_INFO = re.compile(r"[:;!]2,([A-Za-z]*)\Z")
_SENT_FOLDER = "sent"


def is_maildir(path: Path) -> bool:
    """Whether a folder is a Maildir."""
    return any((path / part).is_dir() for part in MAILDIR_PARTS)


def holds_maildirs(path: Path) -> bool:
    """Whether a folder is one, or has some in it: `.Sent` of Maildir++, `.inbox.directory` of KMail."""
    return is_maildir(path) or any(is_maildir(each) for each in path.iterdir() if each.is_dir())


def maildir(path: Path) -> Source | None:
    """The mails of a Maildir, without those of the folders in it; a name that begins with a dot is no mail's."""
    files = [each for part in MAILDIR_PARTS for each in sorted((path / part).glob("[!.]*")) if each.is_file()]
    return of_files(str(path), files) if files else None


def below(part: Path) -> list[Path]:
    """The folders in a part of a Maildir: it has none, so that it is a folder of another kind with such a name."""
    return [each for each in sorted(part.iterdir()) if each.is_dir() and not each.name.startswith(".")]


def is_surely_mail(path: Path) -> bool:
    """Whether a file is one mail by its name, even if it begins with a From line that some program left there."""
    return path.suffix.lower() in _SURE


def looks_like_mail(path: Path) -> bool:
    """Whether a file holds one mail: by its name, else because it begins with fields, of which one is a mail's."""
    if is_surely_mail(path):
        return True
    if path.suffix.lower() not in _PERHAPS:
        return False
    with path.open("rb") as handle:
        head = re.split(rb"\r?\n\r?\n", handle.read(_HEAD), maxsplit=1)[0]
    return _FIELD.match(head) is not None and _OF_MAIL.search(head) is not None


def of_files(name: str, files: Sequence[Path]) -> Source:
    """Files with a mail each; positions count files."""
    sizes = [each.stat().st_size for each in files]
    listed = "\0".join(_base(each) for each in files).encode("utf-8", "surrogateescape")

    def read(position: int) -> Iterator[Found | Unreadable]:
        for number in range(position, len(files)):
            yield _read(files[number], number + 1, sizes[number])

    return Source(
        name=name,
        size=len(files),
        stamp=hashlib.sha256(listed).hexdigest(),
        octets=sum(sizes),
        read=read,
        passed=lambda position: sum(sizes[:position]),
    )


def _base(path: Path) -> str:
    """A file's name without the flags, which change while a Maildir is in use."""
    return _INFO.sub("", path.name)


def _read(path: Path, position: int, size: int) -> Found | Unreadable:
    try:
        raw = path.read_bytes()
        modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError as error:
        return Unreadable(f"{readable(path.name)}: {error.strerror or error}", b"", position, size)
    in_maildir = path.parent.name in MAILDIR_PARTS
    info = _INFO.search(path.name)
    flags = info[1] if info and in_maildir else ""
    leaving = Leaving.TRASH if "T" in flags else Leaving.DRAFT if "D" in flags else None
    sent = in_maildir and path.parent.parent.name.lower().lstrip(".").startswith(_SENT_FOLDER)
    if path.suffix.lower() == ".emlx":
        raw = _out_of_emlx(raw)
    if not raw.strip():
        return Unreadable(f"{readable(path.name)}: it is empty", raw, position, size)
    delivered = in_maildir and not is_surely_mail(path)  # else a copy, whose file is as old as the copying
    return Found(raw, modified if delivered else None, position, size, sent=sent, leaving=leaving)


def _out_of_emlx(raw: bytes) -> bytes:
    """Apple Mail writes the mail's length on a line before it and a property list behind it."""
    length = _EMLX.match(raw)
    return raw if length is None else raw[length.end() : length.end() + int(length[1])]
