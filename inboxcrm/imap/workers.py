"""Threads for blocking work on connections: as many as there is work at a time, none for a connection that waits."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable

from inboxcrm.imap.waker import Bell

Work = Callable[[Bell], Callable[[], None]]
"""Blocking work; its waits may be cut short by the bell. It raises nothing and answers how to tell that it is done."""

_LINGER = 2.0
"""Seconds a thread without work stays for the next."""


class Workers:
    """Threads that are lent to connections. They are daemons: one stuck in a name look-up is left behind."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._free: list[_Worker] = []
        self._numbers = itertools.count(1)
        self._users = 0

    def join(self) -> None:
        """Somebody may have work."""
        with self._lock:
            self._users += 1

    def leave(self) -> None:
        """Somebody will have no more work; after the last of them the free threads end at once."""
        with self._lock:
            self._users -= 1
            dismissed = [] if self._users else self._free
            if dismissed:
                self._free = []
        for worker in dismissed:
            worker.tasks.put(None)
        for worker in dismissed:
            worker.thread.join(0.2)

    def give(self, work: Work) -> None:
        """Have it done by a free thread, the one that rested least, or by a new one.

        Raises OSError or RuntimeError where the system has no descriptor or thread left; nothing is done then.
        """
        with self._lock:
            worker = self._free.pop() if self._free else None
        if worker is None:
            worker = _Worker(self, next(self._numbers))
        worker.tasks.put(work)

    def free(self, worker: _Worker) -> bool:
        """Keep the thread for later; False when nobody will have work."""
        with self._lock:
            if not self._users:
                return False
            self._free.append(worker)
            return True

    def dismiss(self, worker: _Worker) -> bool:
        """Whether the thread may end: False when work was given to it a moment ago."""
        with self._lock:
            if worker not in self._free:
                return False
            self._free.remove(worker)
            return True


class _Worker:
    """One thread and its bell."""

    def __init__(self, home: Workers, number: int) -> None:
        self.tasks: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._home = home
        self._bell = Bell()  # here, where whoever asked hears that there is no descriptor left
        self.thread = threading.Thread(target=self._run, name=f"imap-{number}", daemon=True)
        try:
            self.thread.start()
        except BaseException:
            self._bell.close()
            raise

    def _run(self) -> None:
        bell = self._bell
        try:
            work = self.tasks.get()
            while work is not None:
                tell = work(bell)
                free = self._home.free(self)  # before it is told: the next work comes as soon as it is
                tell()
                del work, tell  # what they hold must not live until the next work comes
                work = self._next() if free else None
        finally:
            bell.close()

    def _next(self) -> Work | None:
        while True:
            try:
                return self.tasks.get(timeout=_LINGER)
            except queue.Empty:
                if self._home.dismiss(self):
                    return None


SHARED = Workers()
"""The threads of this process."""
