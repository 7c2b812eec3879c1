"""Calls at moments that many share: one timer of the event loop for all that is due at one of them.

A mailbox that waits sets a deadline with each look and needs it hardly ever. A timer of its own for each of a thousand
mailboxes costs the loop more than what the server says.
"""

from __future__ import annotations

import asyncio
import math
from typing import Protocol
from weakref import WeakKeyDictionary

MARK = 5.0
"""Seconds between two marks: one turn of the event loop does what many mailboxes have to do at one."""

LONG = 15.0
"""Pauses from here on end at a mark."""


class Waiting(Protocol):
    """Something that is called at a moment."""

    def come(self, at: float) -> None:
        """That moment is here; it may be one that is waited for no longer."""


class Marks:
    """Who is to be called when, by the clock of one event loop, which is the running one."""

    __slots__ = ("__weakref__", "_due")

    def __init__(self) -> None:
        self._due: dict[float, set[Waiting]] = {}

    def call(self, who: Waiting, at: float) -> None:
        """Call at that moment."""
        due = self._due.get(at)
        if due is None:
            due = self._due[at] = set()
            asyncio.get_running_loop().call_at(at, self._come, at)
        due.add(who)

    def forget(self, who: Waiting, at: float) -> None:
        """Do not call after all."""
        due = self._due.get(at)
        if due is not None:
            due.discard(who)

    def _come(self, at: float) -> None:
        due = self._due[at]
        while due:
            who = due.pop()
            try:
                who.come(at)
            except Exception as error:  # told as the loop would; the others have their turn
                told = {"message": f"{who!r} failed at a mark", "exception": error}
                asyncio.get_running_loop().call_exception_handler(told)
        del self._due[at]


def before(at: float, *, pause: float) -> float:
    """The mark at or before this moment, which a pause of so many seconds leads to; a short one is left as it is."""
    return at if pause < LONG else math.floor(at / MARK) * MARK


def after(at: float, *, pause: float) -> float:
    """The mark at or after this moment; a short pause is left as it is."""
    return at if pause < LONG else math.ceil(at / MARK) * MARK


_BY_LOOP: WeakKeyDictionary[asyncio.AbstractEventLoop, Marks] = WeakKeyDictionary()


def here() -> Marks:
    """Those of the running event loop."""
    return _BY_LOOP.setdefault(asyncio.get_running_loop(), Marks())
