"""Whose correspondence is shown, and by which clock?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from inboxcrm.config import Mode, Owner
from inboxcrm.ports import Clock
from inboxcrm.store.reader import Reader
from inboxcrm.web.door import Key

if TYPE_CHECKING:
    from inboxcrm.rulebook import RuleBook

DATABASE = "inboxcrm"
"""What Datasette calls the home's file, and therefore the first word of its addresses."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages need beside the rows."""

    path: Path
    reader: Reader
    owner: Owner
    mode: Callable[[], Mode]
    clock: Clock
    key: Key
    rules: RuleBook | None = None
    """The rules of the home, to foresee what they will do; None where they cannot be used."""

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which times are told."""
        return self.owner.timezone

    def now(self) -> datetime:
        """The present instant."""
        return self.clock.now()


_desks: WeakKeyDictionary[Any, Desk] = WeakKeyDictionary()


def seat(datasette: Any, desk: Desk) -> None:
    """Let this Datasette show this desk."""
    _desks[datasette] = desk


def desk_of(datasette: Any) -> Desk | None:
    """The desk that a Datasette shows; None for every Datasette that `inboxcrm web` did not start."""
    return _desks.get(datasette)
