"""Can the home be written to? Says what is in the way, and what to type."""

from __future__ import annotations

import errno
import os
import shlex
import tempfile
from collections.abc import Callable
from pathlib import Path

from inboxcrm.config import Config
from inboxcrm.errors import InboxcrmError, TransientError
from inboxcrm.service.checks import Check
from inboxcrm.service.household import Household
from inboxcrm.store import home

NAME = "writing"

ROOM = 1_000_000
"""Octets that are written to see whether there is room: a large letter."""

BESIDE = ("", "-wal", "-shm")
"""What stands behind the name of the database in those of its files: the log, and the index of the log."""


def place(config: Config) -> Check | None:
    """What is in the way in the folder and the files there are; None where nothing is."""
    files = [config.database.with_name(config.database.name + end) for end in BESIDE]
    for path in (config.home, *(file for file in files if file.exists())):
        if not os.access(path, os.W_OK):
            return Check(NAME, ok=False, detail=f"{path} may not be written", hint=_right(path))
    try:
        with tempfile.TemporaryFile(dir=config.home) as file:
            file.write(bytes(ROOM))
            file.flush()
    except OSError as error:
        said = error.strerror or str(error)
        return Check(
            NAME, ok=False, detail=f"{config.home} takes no file of a megabyte: {said}", hint=_room(config, error)
        )
    return None


def _right(path: Path) -> str:
    """What gives the right to write."""
    named = shlex.quote(str(path))
    if hasattr(os, "statvfs") and os.statvfs(path).f_flag & os.ST_RDONLY:
        return f"The disk is mounted to be read only. Type: findmnt -T {named}, and dmesg for why"
    if hasattr(os, "geteuid") and path.stat().st_uid != os.geteuid():
        return f"It is somebody else's. Type: sudo chown -R $(id -un) {named}"
    return f"Type: chmod u+w {named}"


def _room(config: Config, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"Make room on that disk: df -h {shlex.quote(str(config.home))} shows how full it is"
    if error.errno == errno.EFBIG:
        return "Files may not grow further: ulimit -f shows the bound of this shell"
    return "See what the system says of that disk: dmesg"


def database(opened: Callable[[], Household]) -> tuple[Household | None, Check]:
    """Open the home and write to it, as a mail would; the household is the caller's to close, None where it failed."""
    household = None
    try:
        household = opened()
        with household.database.write() as connection:
            home.try_writing(connection, now=household.clock.now())
    except InboxcrmError as error:
        if household is not None:
            household.close()
        meanwhile = "Mail stays on the server until it can. " if isinstance(error, TransientError) else ""
        return None, Check(NAME, ok=False, detail=str(error), hint=f"{meanwhile}Then type: inboxcrm doctor")
    return household, Check(NAME, ok=True, detail=f"{household.config.database} takes what comes")
