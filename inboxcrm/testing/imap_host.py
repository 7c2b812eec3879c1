"""What all connections of one server share: what it offers, who has an account, what clients did."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ssl import SSLContext

from inboxcrm.ports import Clock
from inboxcrm.testing.imap_folders import SPECIAL_USE, Account

CAPABILITIES = (
    "IMAP4rev1",
    "SASL-IR",
    "LITERAL+",
    "ID",
    "ENABLE",
    "IDLE",
    "NAMESPACE",
    "CHILDREN",
    "UIDPLUS",
    "MOVE",
    "UNSELECT",
    "SPECIAL-USE",
    "CONDSTORE",
    "QRESYNC",
    "AUTH=PLAIN",
)


@dataclass(slots=True)
class Traffic:
    """What clients did, for tests that must show that nothing was touched.

    `commands` counts by name ("UID FETCH"); `unpeeked` the FETCHes of a body without PEEK; `writable` the SELECTs;
    `lines` holds the last thousand commands as they came, literals included.
    """

    commands: Counter[str] = field(default_factory=Counter)
    connections: int = 0
    unpeeked: int = 0
    lines: deque[bytes] = field(default_factory=lambda: deque(maxlen=1000))

    @property
    def writable(self) -> int:
        return self.commands["SELECT"]

    @property
    def flag_changes(self) -> int:
        """STORE commands, by UID or not."""
        return self.commands["STORE"] + self.commands["UID STORE"]

    def clear(self) -> None:
        """Count from zero again."""
        self.commands.clear()
        self.lines.clear()
        self.connections = self.unpeeked = 0


@dataclass(slots=True)
class Host:
    """What all sessions of one server share. `bearer` says whether a token is good for a user; None takes no tokens."""

    clock: Clock
    capabilities: tuple[str, ...]
    bearer: Callable[[str, str], bool] | None = None
    accounts: dict[str, Account] = field(default_factory=dict)
    traffic: Traffic = field(default_factory=Traffic)
    starttls: SSLContext | None = None
    special_use: Mapping[str, str] = field(default_factory=lambda: SPECIAL_USE)

    def has(self, capability: str) -> bool:
        return capability in self.capabilities
