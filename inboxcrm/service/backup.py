"""Backups of a home: a folder that holds all of it, made while the daemon runs, tried before it is called one."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from inboxcrm import home
from inboxcrm.config import DATABASE
from inboxcrm.errors import UserError
from inboxcrm.service import erased_file
from inboxcrm.store import copying

MANIFEST = "backup.json"
"""What a backup consists of: each file with its SHA-256. It is written last."""

PART = ".part"
"""How the folder ends in which a backup is made, until it has its name."""

_UNNAMED = f".{DATABASE}{PART}"

PARTS = (home.CONFIG_FILE, *home.FOLDERS, home.TOKENS, home.ERASED)
"""What a home holds beside its database and what belongs to a process that runs it."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was found to be whole: where it lies, the mails on record, and octets."""

    place: Path
    mails: int
    octets: int


def make(source: Path, into: Path, *, at: datetime, look: Callable[[int, int], None] | None = None) -> Backup:
    """Back a home up into a new folder of `into`, named after the instant, that only its owner can read.

    `look` is told how far the database is copied, in pages; give it only where nobody writes to the home. The backup
    has its name once every octet is on the disk and the copy of the database was found to be sound. UserError where it
    cannot be made; nothing is left behind then.
    """
    if not (source / DATABASE).exists():
        raise UserError(f"{source} has no {DATABASE} yet: there is nothing to back up")
    place = into / f"inboxcrm-{at:%Y-%m-%dT%H%M%S}"
    part = into / f".{place.name}{PART}"
    try:
        into.mkdir(parents=True, exist_ok=True, mode=0o700)
        part.mkdir(mode=0o700)
    except OSError as error:
        raise UserError(f"{into} takes no folder: {error.strerror or error}. Name another place") from error
    try:
        copying.copy(source / DATABASE, part / DATABASE, look=look)
        for name in PARTS:
            _take_over(source / name, part / name)
        sound = copying.tried(part / DATABASE)
        files = {path.relative_to(part).as_posix(): _digest(path) for path in _files(part)}
        told = {
            "made_at": at.isoformat(),
            "home": str(source),
            "mails": sound.mails,
            "step": sound.step,
            "files": files,
        }
        (part / MANIFEST).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        octets = sum(_settle(path) for path in _files(part))
        part.rename(place)
        _settle_names(into)
    except OSError as error:
        raise UserError(f"the backup cannot be written to {into}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Backup(place, sound.mails, octets)


@dataclass(frozen=True, slots=True)
class Later:
    """What tells who was erased after a backup was made: other homes and backups, and up to when backups do, in UTC."""

    places: tuple[Path, ...]
    until: datetime | None


def restore(
    backup: Path, target: Path, *, former: Path | None = None, say: Callable[[Later], None] | None = None
) -> Backup:
    """Put a backup into a home that does not exist yet, or is empty. UserError where it is not whole, or there is one.

    Who was erased since it was made is erased anew when the home is opened, as far as that is told by `former`, the
    home that was put aside, by the home that was backed up or one beside the target, or by later backups beside this
    one; `say` is told which of them do, before anything is written. The database gets its name last: where that is not
    reached the target is emptied, and after a power cut no command takes it for a home.
    """
    if former is not None and not (former / home.ERASED).exists():
        raise UserError(
            f"{former} has no file {home.ERASED}: nobody was erased there. Leave the option out, or name the home that "
            "was put aside"
        )
    files = _promised(backup)
    wrong = [name for name, digest in files.items() if not _is_as_it_was(backup / name, digest)]
    if wrong:
        raise UserError(f"{backup / wrong[0]} is missing, or not as it was backed up. Take another backup")
    mails = copying.tried(backup / DATABASE).mails
    if target.exists() and any(target.iterdir()):
        raise UserError(f"{target} is not empty. Put it aside first (mv), or restore to another place with --home")
    secret = copying.secret_of(backup / DATABASE)
    later = _later(backup, target, secret, former)
    if former is not None and former not in later.places:
        raise UserError(
            f"{former / home.ERASED} cannot be read, or is not of the home that {backup} holds. Name the home that was "
            "put aside"
        )
    if say is not None:
        say(later)
    try:
        _fill(target, backup, files)
        if secret is not None:
            erased_file.bring_over(target, secret, later.places)
        (target / _UNNAMED).rename(target / DATABASE)
    except BaseException as error:
        _empty(target)
        if isinstance(error, OSError):
            raise UserError(f"{target} cannot be written: {error.strerror or error}") from error
        raise
    return Backup(target, mails, sum(path.stat().st_size for path in _files(target)))


def _fill(target: Path, backup: Path, files: Iterable[str]) -> None:
    """Lay the files of a backup in a home. First of all it is said to have a database, or one that a power cut leaves
    without would be taken for a new home.
    """
    home.create(target)
    home.keep_in_mind(target)
    for name in files:
        into = target / (_UNNAMED if name == DATABASE else name)
        into.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.copyfile(backup / name, into)
        _settle(into)


def _empty(folder: Path) -> None:
    """Take away what was laid there, as far as the disk lets it."""
    for each in folder.iterdir() if folder.is_dir() else ():
        if each.is_dir():
            shutil.rmtree(each, ignore_errors=True)
        else:
            with suppress(OSError):
                each.unlink()


def _later(backup: Path, target: Path, secret: bytes | None, former: Path | None) -> Later:
    """Who tells of erasures in the home of this secret, other than the backup itself."""
    if secret is None:
        return Later((), None)
    own = backup.absolute()
    beside = sorted(each.parent for each in own.parent.glob(f"*/{MANIFEST}") if each.parent != own)
    telling = [each for each in beside if erased_file.read(each, secret)]
    made = [at for each in (own, *telling) if (at := _made_at(each)) is not None]
    homes = ([] if former is None else [former]) + _homes_near(own, target)
    places = [*(each for each in homes if erased_file.read(each, secret)), *telling]
    return Later(tuple(dict.fromkeys(places)), max(made, default=None))


def _homes_near(backup: Path, target: Path) -> list[Path]:
    """Where the home that was backed up may lie still: in its place, or put aside beside the new one."""
    home_then = _said(backup, "home")
    found = [] if home_then is None else [Path(home_then)]
    with suppress(OSError):  # of what may not be looked into, nothing is known
        found += sorted(target.absolute().parent.iterdir())
    return [each for each in found if each != backup and _is_told_in(each)]


def _is_told_in(folder: Path) -> bool:
    """Whether a folder that is no backup has a file of those who were erased."""
    try:
        return (folder / home.ERASED).is_file() and not (folder / MANIFEST).exists()
    except OSError:
        return False


def _made_at(backup: Path) -> datetime | None:
    told = _said(backup, "made_at")
    try:
        return None if told is None else datetime.fromisoformat(told)
    except ValueError:
        return None


def step_of(backup: Path) -> str | None:
    """The step of the schema at which a backup was made; None where its folder is none, or does not say."""
    return _said(backup, "step")


def _said(backup: Path, what: str) -> str | None:
    try:
        return str(json.loads((backup / MANIFEST).read_text("utf-8"))[what])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _promised(backup: Path) -> dict[str, str]:
    """Which files a backup says that it holds; none of them lies outside of it."""
    try:
        files = json.loads((backup / MANIFEST).read_text("utf-8"))["files"]
        named = {str(name): str(digest) for name, digest in files.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{backup} is not a backup of inboxcrm: it has no readable {MANIFEST}") from error
    beyond = [name for name in named if Path(name).is_absolute() or ".." in Path(name).parts]
    if beyond or DATABASE not in named:
        raise UserError(f"{backup / MANIFEST} is not what inboxcrm wrote. Take another backup")
    return named


def _take_over(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    elif source.exists():
        shutil.copyfile(source, target)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_as_it_was(path: Path, digest: str) -> bool:
    try:
        return _digest(path) == digest
    except OSError:
        return False


def _settle_names(folder: Path) -> None:
    """Have the names in a folder on the disk too; Windows opens no folder, and needs none to be opened."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _settle(path: Path) -> int:
    """Have a file on the disk, readable by its owner alone; answers its octets."""
    path.chmod(0o600)
    with path.open("r+b") as file:
        os.fsync(file.fileno())
    return path.stat().st_size
