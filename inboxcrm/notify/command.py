"""Tells the owner by a command of their own: notify-send, a script that plays a sound, a pager's client.

No shell is involved and the words of the command are never added to: what a stranger wrote in a subject reaches the
command as its input and in its environment, where it can be no option and no second command.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from datetime import timedelta

from inboxcrm.errors import TransientError, UserError
from inboxcrm.ports import Notice

WITHIN = timedelta(seconds=10)
"""How long the command may take before it, and what it started, is ended."""

PASSED_ON = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
)
"""What the command inherits: enough to find the desktop; not the passwords that stand in the daemon's environment."""


class CommandNotifier:
    """Runs one command for each notice: its text is the input, INBOXCRM_* variables hold the rest."""

    def __init__(
        self, argv: Sequence[str], *, within: timedelta = WITHIN, environ: Mapping[str, str] = os.environ
    ) -> None:
        self._argv = tuple(argv)
        self._within = within
        self._environ = {name: environ[name] for name in PASSED_ON if name in environ}

    async def tell(self, notice: Notice) -> None:
        """Run it to its end. An exit code other than 0, or no end in time, is a TransientError."""
        name = self._argv[0]
        try:
            process = await asyncio.create_subprocess_exec(
                *self._argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env={**self._environ, **variables(notice)},
                start_new_session=True,
            )
        except (FileNotFoundError, PermissionError) as error:
            raise UserError(f'the command "{name}" cannot be run: {error.strerror}. Mend notify.command') from error
        except OSError as error:
            raise TransientError(f'the command "{name}" cannot be run: {error.strerror or error}') from error
        try:
            async with asyncio.timeout(self._within.total_seconds()):
                await process.communicate(notice.text.encode())
        except TimeoutError as error:
            limit = round(self._within.total_seconds())
            raise TransientError(f'the command "{name}" did not end within {limit} s') from error
        finally:
            await _end(process)
        if process.returncode:
            raise TransientError(f'the command "{name}" ended with code {process.returncode}')


def variables(notice: Notice) -> dict[str, str]:
    """What the command finds in its environment besides what it inherits."""
    return {
        "INBOXCRM_KEY": notice.key,
        "INBOXCRM_KIND": notice.kind,
        "INBOXCRM_TITLE": notice.title,
        "INBOXCRM_TEXT": notice.text,
        "INBOXCRM_URGENT": "1" if notice.urgent else "0",
    }


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a command that still runs, with its children: it leads a process group of its own."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
