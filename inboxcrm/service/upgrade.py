"""Opens a home's database; one that an older version wrote is backed up before it is brought up to date."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from inboxcrm.config import DATABASE
from inboxcrm.domain.text import many
from inboxcrm.errors import SchemaTooNewError, UserError
from inboxcrm.home import refuse_without, running_pid
from inboxcrm.ports import Clock
from inboxcrm.service import backup
from inboxcrm.service.backup import Backup
from inboxcrm.store.database import Database

log = logging.getLogger("inboxcrm.upgrade")

FOLDER = "before-upgrade"
"""Where in the home its backups lie that were made before it was brought up to date."""

KEPT = 2
"""Of how many older versions of the home the last backup stays."""

ROOM = 64_000_000
"""Octets that must be free besides the copy: for what bringing the database up to date writes."""

_RATE = 25_000_000
"""Octets that are copied, read again and tried within a second, on a slow machine."""

_TELL_SECONDS = 10.0
"""How often a long copy says how far it is."""


def opened(
    home: Path, *, clock: Clock, into: Path | None = None, made: Callable[[Backup], None] | None = None
) -> Database:
    """Open the database of a home, brought up to date; an older one only after a verified backup of the home.

    The backup goes to `into`, else to the home's own folder for it, and is told to `made`. It is copied while nobody
    can write, so nothing is lost between. Raises UserError where it cannot be made, with what to type; the home is as
    it was then; and where the database that it had is gone. Else as `Database` raises.
    """

    refuse_without(home, home / DATABASE)

    def put_by(mails: int) -> None:
        found = _back_up(home, into, mails, clock)
        if made is not None:
            made(found)

    try:
        return Database(home / DATABASE, before_steps=put_by)
    except SchemaTooNewError as error:
        earlier = backups(home)
        if not earlier:
            raise
        raise SchemaTooNewError(
            f"{error} The newest made before an upgrade: inboxcrm --home NEW-FOLDER restore {earlier[-1]}"
        ) from error


def backups(home: Path) -> list[Path]:
    """The backups that were made before the home was brought up to date, oldest first."""
    folder = home / FOLDER
    return sorted(each for each in folder.iterdir() if backup.step_of(each)) if folder.is_dir() else []


def forget(home: Path) -> None:
    """Delete the backups that were made before the home was brought up to date: they hold what was erased since."""
    shutil.rmtree(home / FOLDER, ignore_errors=True)


def _back_up(home: Path, into: Path | None, mails: int, clock: Clock) -> Backup:
    _refuse_beside_another(home)
    folder = into or home / FOLDER
    if into is None:
        _clear_unfinished(folder)
    octets = _size(home)
    _refuse_without_room(home, folder, octets)
    _say(
        f"An older version wrote this home ({many(mails, 'mail')}, {octets / 1e6:,.0f} MB). It is backed up first, "
        f"which takes {'a moment' if octets < _RATE * 5 else f'some {_told(octets / _RATE)}'}"
    )
    try:
        made = backup.make(home, folder, at=clock.now(), look=_Progress(clock).look)
        if made.mails != mails:
            shutil.rmtree(made.place)
            raise UserError(f"its copy holds {many(made.mails, 'mail')} instead of {mails}")
    except UserError as error:
        raise UserError(
            f"{home} is of an older version, and its backup failed: {error}. Nothing was changed. {_elsewhere()}"
        ) from error
    if into is None:
        _keep_the_newest(home)
    _say(f"Backed up to {made.place}, and found to be whole. The home is brought up to date now")
    return made


def _refuse_beside_another(home: Path) -> None:
    """UserError where another process works on the home: it knows only the older form of the database."""
    pid = running_pid(home)
    if pid in (None, os.getpid()):
        return
    stop = f"kill {pid}" if pid else "inboxcrm status"
    raise UserError(
        f"{home} is of an older version, and a daemon of that version still runs it. Stop it first (as the system "
        f"started it, else: {stop}), then type: inboxcrm upgrade"
    )


def _clear_unfinished(folder: Path) -> None:
    """Delete what a backup left that was killed; nobody makes another one there now."""
    for part in folder.glob(f".*{backup.PART}"):
        shutil.rmtree(part, ignore_errors=True)


def _size(home: Path) -> int:
    """Octets of the database and its log: the copy takes no more."""
    files = (home / DATABASE, home / f"{DATABASE}-wal")
    return sum(file.stat().st_size for file in files if file.exists())


def _refuse_without_room(home: Path, folder: Path, octets: int) -> None:
    there = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(there).free
    if free >= octets + ROOM:
        return
    earlier = [each for each in backups(home) if each.parent == folder]
    clear = f", for instance: rm -r {earlier[0]}" if earlier else ""
    raise UserError(
        f"{home} is of an older version and must be backed up first. That takes {(octets + ROOM) / 1e6:,.0f} MB, and "
        f"{folder} has {free / 1e6:,.0f} MB free. Nothing was changed. Make room{clear}. {_elsewhere()}"
    )


def _elsewhere() -> str:
    return "To have the backup on another disk: inboxcrm upgrade --backup-to FOLDER"


def _keep_the_newest(home: Path) -> None:
    """Delete older backups: of each version of the home the newest stays, and of the newest versions only."""
    last = {backup.step_of(each): each for each in backups(home)}
    keep = sorted(last.values())[-KEPT:]
    for each in backups(home):
        if each not in keep:
            shutil.rmtree(each, ignore_errors=True)


class _Progress:
    """Says now and then how far a copy is."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = self._told = clock.monotonic()

    def look(self, done: int, whole: int) -> None:
        """So many pages of the whole are copied."""
        now = self._clock.monotonic()
        if done < whole and now - self._told >= _TELL_SECONDS:
            self._told = now
            _say(f"{done / whole:.0%} copied")
        elif done == whole and now - self._began >= _TELL_SECONDS:
            _say("copied; the copy is read again and tried")


def _told(seconds: float) -> str:
    return many(round(seconds), "second") if seconds < 120 else many(round(seconds / 60), "minute")


def _say(sentence: str) -> None:
    """Tell whoever waits: a line of the log, or of a command's stderr."""
    log.warning("home.upgrade", extra={"said": sentence})
