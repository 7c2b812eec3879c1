"""Does the daemon itself still move? Leaves a sign of life while it does, and ends it where it stands still.

A loop or a thread that hangs tells nobody: whoever would tell hangs with it. So a thread of its own looks, tells the
owner by the ways that are set, and ends the process, for the system to start it anew; what was on its way is found as
after any crash.
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta

from inboxcrm import home
from inboxcrm.domain.ringing import wait
from inboxcrm.ports import Notifier
from inboxcrm.service.household import Household
from inboxcrm.service.notify import Word, calm_of, try_now, written

log = logging.getLogger("inboxcrm.watchman")

STANDS = "daemon-stands-still"

STILL = timedelta(minutes=15)
"""How long without a sign of life, which is given each minute, is too long."""

LOOK = timedelta(minutes=1)
LOOKS = 3
"""How often in a row it must be found still: a process that was stopped and goes on needs a moment."""

TELLING = timedelta(seconds=60)
"""How long the owner may take to be told."""

FAILED = 70
"""The exit code: ours to mend (EX_SOFTWARE), and a failure for what starts the daemon anew."""


class Watchman:
    """Told of each sign of life by the daemon; looks from outside of its loop between `start` and `stop`."""

    def __init__(
        self,
        household: Household,
        routes: Mapping[str, Notifier],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        end: Callable[[int], object] = os._exit,
    ) -> None:
        self._household = household
        self._routes = routes
        self._monotonic = monotonic
        self._end = end
        self._beat_at = monotonic()
        self._looks = 0
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def beat(self) -> None:
        """The daemon does its work: its loop turns, and the database answers."""
        self._beat_at = self._monotonic()
        home.beat(self._household.config.home)

    def start(self) -> None:
        """Look each minute, on a thread that keeps no process alive."""
        self.beat()
        self._thread = threading.Thread(target=self._watch, name="watchman", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more: the daemon ends by itself."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(1.0)

    def look(self) -> None:
        """One look; does not return where the daemon is ended."""
        still = self._monotonic() - self._beat_at >= STILL.total_seconds()
        self._looks = self._looks + 1 if still else 0
        if self._looks >= LOOKS:
            self._give_up()

    def _watch(self) -> None:
        while not self._stopped.wait(LOOK.total_seconds()):
            self.look()

    def _give_up(self) -> None:
        log.critical("daemon.stands_still", extra={"minutes": round((self._monotonic() - self._beat_at) / 60)})
        with suppress(OSError, ValueError, RuntimeError):  # a stderr that is no file shows none
            faulthandler.dump_traceback()
        teller = threading.Thread(target=self._tell, name="watchman tells", daemon=True)
        teller.start()
        teller.join(TELLING.total_seconds())
        self._end(FAILED)

    def _tell(self) -> None:
        """By every way there is, in a loop of its own: that of the daemon stands, and so may its database."""
        config, now = self._household.config, self._household.clock.now()
        if wait(now, urgent=True, rang_at=(), calm=calm_of(config)) is not None:
            return
        word = Word(
            f"{STANDS}:{now.isoformat()}",
            STANDS,
            "inboxcrm stood still and ended itself",
            about="Where the system keeps it running it starts anew. Run `inboxcrm status`.",
            urgent=True,
        )
        for way, wrong in asyncio.run(try_now(self._routes, written(word, config.notify.show))).items():
            if wrong is not None:
                log.error("watchman.not_told", extra={"route": way, "cause": wrong})
