"""How the mail providers that many owners use differ, as far as a client notices: what a server in a test imitates.

After their own documentation and what mail programs report of them; no provider was asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from inboxcrm.testing.imap_faults import Exchange, Fault
from inboxcrm.testing.imap_folders import SPECIAL_USE


@dataclass(frozen=True, slots=True)
class Profile:
    """One provider: capabilities it lacks and adds, folder names with their use, and what it does in its own way.

    `timings`: each OK says in its comment how long the command took, and the end of IDLE is told ahead of what comes.
    """

    name: str
    without: frozenset[str] = frozenset()
    adds: tuple[str, ...] = ()
    folders: Mapping[str, str] = field(default_factory=lambda: SPECIAL_USE)
    faults: Mapping[str, Fault] = field(default_factory=dict)
    timings: bool = False


async def _never_announces(exchange: Exchange) -> bool:
    """IDLE that begins and falls silent."""
    await exchange.send(b"+ idling\r\n")
    await exchange.read_line()
    await exchange.send(exchange.tag + b" OK IDLE completed.\r\n")
    return True


async def _without_enabled(exchange: Exchange) -> bool:
    """ENABLE is said to be there and answered without a word of what was enabled."""
    await exchange.send(exchange.tag + b" OK ENABLE completed.\r\n")
    return True


async def _short_sets(exchange: Exchange) -> bool:
    """A sequence set of more than a hundred parts is refused."""
    asked = exchange.session.host.traffic.lines[-1].split(b" ")[3]
    if asked.count(b",") < 100:
        return False
    await exchange.send(exchange.tag + b" BAD [CLIENTBUG] UID FETCH Command arguments invalid\r\n")
    return True


async def _wrong_sizes(exchange: Exchange) -> bool:
    """RFC822.SIZE is that of another form of the message."""
    answer = await exchange.answer()
    await exchange.send(re.sub(rb"RFC822\.SIZE (\d+)", lambda m: b"RFC822.SIZE %d" % (int(m[1]) * 11 // 10), answer))
    return True


async def _drops_the_first(exchange: Exchange) -> bool:
    """The first connections of a burst are told that there are too many."""
    if exchange.session.host.traffic.connections % 3 != 1:
        return False
    await exchange.send(b"* BYE [UNAVAILABLE] Too many simultaneous connections\r\n")
    exchange.close()
    return True


GMAIL = Profile(
    "Gmail",
    without=frozenset({"QRESYNC"}),
    adds=("X-GM-EXT-1",),
    folders={
        "[Gmail]/All Mail": "\\All",
        "[Gmail]/Drafts": "\\Drafts",
        "[Gmail]/Sent Mail": "\\Sent",
        "[Gmail]/Spam": "\\Junk",
        "[Gmail]/Trash": "\\Trash",
    },
)
MICROSOFT_365 = Profile(
    "Microsoft 365",
    without=frozenset({"CONDSTORE", "ENABLE"}),
    folders={
        "Archive": "\\Archive",
        "Deleted Items": "\\Trash",
        "Drafts": "\\Drafts",
        "Junk Email": "\\Junk",
        "Sent Items": "\\Sent",
    },
    faults={"IDLE": _never_announces},
)
ICLOUD = Profile(
    "iCloud",
    folders={
        "Archive": "\\Archive",
        "Deleted Messages": "\\Trash",
        "Drafts": "\\Drafts",
        "Junk": "\\Junk",
        "Sent Messages": "\\Sent",
    },
    faults={"ENABLE": _without_enabled},
)
YAHOO = Profile(
    "Yahoo",
    without=frozenset({"IDLE", "CONDSTORE", "ENABLE"}),
    folders={"Archive": "\\Archive", "Bulk": "\\Junk", "Draft": "\\Drafts", "Sent": "\\Sent", "Trash": "\\Trash"},
    faults={"UID FETCH": _short_sets, "GREETING": _drops_the_first},
)
FASTMAIL = Profile("Fastmail", adds=("OBJECTID",))
EXCHANGE = Profile(
    "Exchange on premises",
    without=frozenset({"CONDSTORE", "ENABLE", "SPECIAL-USE", "MOVE", "ID"}),
    folders={
        "Archiv": "\\Archive",
        "Entw\u00fcrfe": "\\Drafts",
        "Gel\u00f6schte Elemente": "\\Trash",
        "Gesendete Elemente": "\\Sent",
        "Junk-E-Mail": "\\Junk",
    },
    faults={"UID FETCH": _wrong_sizes},
)
PROTON_BRIDGE = Profile(
    "Proton Mail Bridge", without=frozenset({"CONDSTORE", "ENABLE"}), folders={**SPECIAL_USE, "All Mail": "\\All"}
)
DOVECOT = Profile("Dovecot", timings=True)

PROFILES = (GMAIL, MICROSOFT_365, ICLOUD, YAHOO, FASTMAIL, EXCHANGE, PROTON_BRIDGE, DOVECOT)
