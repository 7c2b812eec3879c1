"""The one folder in which everything is kept: where it is, who may read it, and which process runs it."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import platformdirs

from inboxcrm.errors import HomeBusyError, UserError

CONFIG_FILE = "config.toml"
LOCK_FILE = "run.lock"
FOLDERS = ("rules", "templates")
"""What the owner adds to, or puts in the place of, the shipped rules and templates."""

TOKENS = "tokens"
"""The folder with the sign-ins of mailboxes whose provider takes no password; made when the first is kept there."""

HOME_VARIABLE = "INBOXCRM_HOME"

DATABASE_MARK = "has-database"
"""A file that stands in a home whose database was opened once."""

ERASED = "erased"
"""The file that tells, in digests, who was erased; it stays where an older database takes the place of this one."""

_BINARY = getattr(os, "O_BINARY", 0)
_PATIENCE_SECONDS = 0.2
_PAUSE_SECONDS = 0.02
_held: dict[Path, HomeLock] = {}
"""Locks of this process: record locks never refuse the process that holds them."""


def find(option: Path | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """The home, absolute: `--home`, else INBOXCRM_HOME, else the platform's folder for a user's data."""
    chosen = option or environ.get(HOME_VARIABLE) or platformdirs.user_data_path("inboxcrm", appauthor=False)
    return Path(chosen).expanduser().absolute()


def create(home: Path) -> None:
    """Make the home and its folders, readable by the owner alone. UserError if they cannot be made.

    A folder that is there already keeps its mode; `too_open` tells whether others can look in.
    """
    try:
        if not home.exists():
            home.mkdir(parents=True)
            home.chmod(0o700)
        for name in FOLDERS:
            (home / name).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise UserError(f"{home} cannot be made: {error.strerror or error}. Choose another with --home") from error


def keep_in_mind(home: Path) -> None:
    """Leave word that the home has a database, by which one that is gone is missed."""
    if not had_database(home):
        with suppress(OSError):  # a home that takes no writing says so elsewhere; word is left the next time
            (home / DATABASE_MARK).touch(mode=0o600)


def had_database(home: Path) -> bool:
    """Whether word was left that the home has a database."""
    return (home / DATABASE_MARK).exists()


def refuse_without(home: Path, database: Path) -> None:
    """UserError where the database that the home had is gone or empty: a new one would know of no pause, no promise and
    nothing that was answered.
    """
    if not had_database(home) or (database.exists() and database.stat().st_size):
        return
    what = "is empty" if database.exists() else "is gone"
    raise UserError(
        f"{database} {what}, and what was answered, promised and paused stood in it. Put a backup there. To begin "
        f"anew without it: rm {shlex.quote(str(home / DATABASE_MARK))}"
    )


def spool_folder(home: Path) -> Path:
    """Where large mails lie while they are read, made when it is needed."""
    return home / "spool"


def write_whole(file: Path, text: str) -> None:
    """Write a file of the home whole or not at all: the daemon reads its folder. UserError where it cannot."""
    beside = file.with_name(f".{file.name}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(file)
    except OSError as error:
        raise UserError(f"{file} cannot be written: {error.strerror or error}") from error


def too_open(home: Path) -> bool:
    """Whether other users of this machine may look into the home. Always False on Windows, where modes say nothing."""
    return sys.platform != "win32" and bool(home.stat().st_mode & 0o077)


Stamp = tuple[tuple[str, int, int], ...]
"""What tells that a folder has changed: each file's name below it, its time of change and its size."""


def stamp(folder: Path) -> Stamp:
    """The state of the files in a folder and its folders; nothing where there is no such folder."""
    seen = []
    for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
        try:
            state = file.stat()
        except OSError:
            continue
        if file.is_file():
            seen.append((file.relative_to(folder).as_posix(), state.st_mtime_ns, state.st_size))
    return tuple(seen)


class HomeLock:
    """One process runs a home: a lock the system drops when the process ends, however it ends.

    The lock file stays and holds the pid of the last holder, and a line of what keeps it from writing to the home, if
    anything does. A record lock is used, so that a worker process that outlives a killed parent does not keep the home.
    """

    def __init__(self, home: Path) -> None:
        self.path = (home / LOCK_FILE).absolute()
        self.pid = os.getpid()
        self.trouble: str | None = None
        self._file: IO[bytes] | None = None

    def acquire(self) -> None:
        """Take the lock, at once or not at all. HomeBusyError names the process that has it."""
        if self.path in _held:
            raise _busy(self.path, _held[self.path].pid)
        try:
            file = os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT | _BINARY, 0o600), "r+b")
        except OSError as error:
            raise UserError(f"{self.path} cannot be written: {error.strerror or error}") from error
        until = time.monotonic() + _PATIENCE_SECONDS  # somebody may only be asking who runs it
        while not try_lock(file):
            if time.monotonic() > until:
                file.close()
                raise _busy(self.path, _pid_in(self.path))
            time.sleep(_PAUSE_SECONDS)
        self.path.chmod(0o600)
        self.pid, self._file = os.getpid(), file
        _held[self.path] = self
        try:
            self.note(None)
        except OSError as error:
            self.release()
            raise UserError(f"{self.path} cannot be written: {error.strerror or error}") from error

    def note(self, trouble: str | None) -> None:
        """Write down what keeps the holder from writing to the home, over what was there before: a full disk has no
        other place for it. OSError where it cannot be written either.
        """
        if self._file is not None:
            self.trouble = trouble
            self._file.seek(0)
            self._file.write(f"{self.pid}\n{trouble or ''}\n".encode())
            self._file.truncate()
            self._file.flush()

    def release(self) -> None:
        """Give the lock back; nothing happens where it is not held."""
        if self._file is not None:
            _held.pop(self.path, None)
            unlock(self._file)
            with suppress(OSError):  # what a full disk did not take; the file is closed all the same
                self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def running_pid(home: Path) -> int | None:
    """The process that runs this home now; None when none does. A pid that cannot be read is 0."""
    path = (home / LOCK_FILE).absolute()
    if path in _held:
        return _held[path].pid
    try:
        file = path.open("r+b")
    except OSError:
        return None
    with file:
        if try_lock(file):
            unlock(file)
            return None
    return _pid_in(path)


def beat(home: Path) -> None:
    """Leave word that this process, which runs the home, does its work: the lock file's time of change is now.

    Nothing happens where it does not run the home, or where the file system takes no word.
    """
    if (home / LOCK_FILE).absolute() in _held:
        with suppress(OSError):
            os.utime(home / LOCK_FILE)  # by its name: a record lock is lost with any descriptor that is closed


def last_beat(home: Path) -> datetime | None:
    """When the process that runs the home gave its last sign; None where none runs it."""
    if running_pid(home) is None:
        return None
    try:
        return datetime.fromtimestamp((home / LOCK_FILE).stat().st_mtime, UTC)
    except OSError:
        return None


def note_trouble(home: Path, trouble: str | None) -> None:
    """Leave word of what keeps this process from writing to the home it runs, or that nothing does any more.

    Nothing happens where it does not run the home; OSError where the word cannot be written.
    """
    lock = _held.get((home / LOCK_FILE).absolute())
    if lock is not None:
        lock.note(trouble)


def trouble_of_running(home: Path) -> str | None:
    """What keeps the process that runs the home from writing to it, in a line; None where it writes, or none runs."""
    path = (home / LOCK_FILE).absolute()
    if path in _held:
        return _held[path].trouble  # a record lock is lost with any descriptor of its file that is closed
    if running_pid(home) is None:
        return None
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    return lines[1] or None if len(lines) > 1 else None


def _busy(path: Path, pid: int) -> HomeBusyError:
    who = f"process {pid}" if pid else "another process"
    stop = f"kill {pid}" if pid else "inboxcrm status"
    return HomeBusyError(f"{path.parent} is run by {who} already. To stop that one type: {stop}")


def _pid_in(path: Path) -> int:
    try:
        return int(path.read_bytes().partition(b"\n")[0].strip() or b"0")
    except (OSError, ValueError):
        return 0


if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30
    """Windows keeps others from reading what is locked: lock a byte that the pid never reaches."""

    def try_lock(file: IO[bytes]) -> bool:
        """Lock a file for this process, at once or not at all; False where another process has it."""
        file.seek(_FAR)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def unlock(file: IO[bytes]) -> None:
        """Give the lock back."""
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def try_lock(file: IO[bytes]) -> bool:
        """Lock a file for this process, at once or not at all; False where another process has it."""
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def unlock(file: IO[bytes]) -> None:
        """Give the lock back."""
        fcntl.lockf(file, fcntl.LOCK_UN)
