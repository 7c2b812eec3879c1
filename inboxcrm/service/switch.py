"""Which mode holds now? The one in config.toml, also when the owner changes it while the daemon or a window runs.

Only the mode is taken over: it is the switch that must not wait for a restart. A file that cannot be read leaves the
last mode in force; the daemon raises an alarm.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from inboxcrm.config import Config
from inboxcrm.configuration import load
from inboxcrm.domain.modes import Mode
from inboxcrm.errors import UserError
from inboxcrm.service.household import Household
from inboxcrm.store import home

log = logging.getLogger("inboxcrm.switch")

ALARM = "config-fault"
_Stamp = tuple[int, int]


class ModeInFile:
    """The mode as config.toml has it at any time, for a window that is open beside a daemon."""

    def __init__(self, config: Config) -> None:
        self._home, self._file, self._mode = config.home, config.file, config.acknowledge.mode
        self._seen = _stamp(config.file)

    def __call__(self) -> Mode:
        """Costs one question to the file system while the file is as it was."""
        stamp = _stamp(self._file)
        if stamp is not None and stamp != self._seen:
            self._seen = stamp
            with suppress(UserError):  # the daemon's mode stays as well, and it says so
                self._mode = load(self._home).acknowledge.mode
        return self._mode


@dataclass(slots=True)
class ModeSwitch:
    """Looks whether config.toml was changed, which costs one question to the file system, and takes its mode over."""

    household: Household
    _seen: _Stamp | None = field(init=False)

    def __post_init__(self) -> None:
        self._seen = _stamp(self.household.config.file)

    def was_touched(self) -> bool:
        """Whether config.toml was changed since its mode was last taken over."""
        stamp = _stamp(self.household.config.file)
        return stamp is not None and stamp != self._seen

    async def follow(self) -> None:
        """Take a changed mode over; does nothing while the file is as it was, or gone. TransientError."""
        if not self.was_touched():
            return
        seen, now = _stamp(self.household.config.file), self.household.clock.now()
        try:
            mode = (await self.household.run(load, self.household.config.home)).acknowledge.mode
        except UserError as error:
            standing = self.household.config.acknowledge.mode
            detail = f"{str(error).splitlines()[0]}. The mode stays {standing} until config.toml can be read"
            await self.household.write(home.raise_alarm, ALARM, detail, now=now)
        else:
            self._turn(mode)
            await self.household.write(home.clear_alarms, ALARM, now=now)
        self._seen = seen  # not before: what could not be put on record is looked at again, and nothing is sent

    def _turn(self, mode: Mode) -> None:
        config = self.household.config
        if mode is not config.acknowledge.mode:
            log.warning("mode.changed", extra={"mode": mode.value, "before": config.acknowledge.mode.value})
            turn(self.household, mode)


def turn(household: Household, mode: Mode) -> None:
    """Let this mode be in force from now on."""
    config = household.config
    household.config = replace(config, acknowledge=replace(config.acknowledge, mode=mode))


def _stamp(file: Path) -> _Stamp | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
