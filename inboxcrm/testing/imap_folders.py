"""What a mail server remembers: accounts, their folders, and every change in a folder in its order."""

from __future__ import annotations

import hashlib
import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from inboxcrm.ports import Clock

SPECIAL_USE = {
    "Sent": "\\Sent",
    "Drafts": "\\Drafts",
    "Junk": "\\Junk",
    "Trash": "\\Trash",
    "Archive": "\\Archive",
}
_BARE_LF = re.compile(rb"(?<!\r)\n")


@dataclass(slots=True)
class StoredMessage:
    """One message in one folder. `flags` are spelled as the client gave them; system flags begin with a backslash."""

    uid: int
    raw: bytes
    flags: frozenset[str]
    received_at: datetime
    modseq: int

    @property
    def number(self) -> int:
        """The same for the same octets in every folder, as X-GM-MSGID and EMAILID are."""
        return int.from_bytes(hashlib.sha256(self.raw).digest()[:7], "big")


class ChangeKind(Enum):
    """What happened to a message."""

    APPENDED = "appended"
    FLAGGED = "flagged"
    EXPUNGED = "expunged"


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of a folder's journal; `modseq` never falls (RFC 7162 section 3.1)."""

    modseq: int
    uid: int
    kind: ChangeKind


class Watcher(Protocol):
    """Somebody who has the folder open. `idling`: who is told of changes at once (RFC 2177)."""

    idling: bool

    def folder_changed(self) -> None: ...

    def folder_lost(self, reason: str) -> None: ...


_OBJECT_IDS = itertools.count(1)
"""No folder gets the number of another, and each keeps its own (MAILBOXID, RFC 8474)."""


@dataclass(slots=True, eq=False)
class Folder:
    """Messages by UID in arrival order, with the journal that CONDSTORE and QRESYNC read.

    `uid_next` may be set by a test (UIDs near 2^32, or a server that takes UIDs back).
    """

    name: str
    clock: Clock
    uid_validity: int
    special_use: str | None = None
    uid_next: int = 1
    highest_modseq: int = 1
    object_id: str = field(default_factory=lambda: f"F{next(_OBJECT_IDS)}")
    watchers: set[Watcher] = field(default_factory=set)
    _by_uid: dict[int, StoredMessage] = field(default_factory=dict)
    _uids: list[int] = field(default_factory=list)
    _journal: list[Change] = field(default_factory=list)

    @property
    def messages(self) -> list[StoredMessage]:
        """All messages by ascending UID."""
        return [self._by_uid[uid] for uid in self._uids]

    @property
    def uids(self) -> list[int]:
        """A copy of all UIDs, ascending."""
        return list(self._uids)

    def get(self, uid: int) -> StoredMessage | None:
        """The message with this UID, unless it is gone."""
        return self._by_uid.get(uid)

    def append(self, raw: bytes, *, received_at: datetime | None = None, flags: Iterable[str] = ()) -> StoredMessage:
        """Add a message and tell whoever watches. Bare LF becomes CRLF, as every IMAP server serves it.

        `received_at` is INTERNALDATE (aware; the zone is kept), the clock's present when not given.
        """
        received_at = received_at or self.clock.now()
        if received_at.tzinfo is None:
            raise ValueError("received_at must be aware")
        message = StoredMessage(
            uid=self.uid_next,
            raw=_BARE_LF.sub(b"\r\n", raw),
            flags=frozenset(flags),
            received_at=received_at,
            modseq=self._record(self.uid_next, ChangeKind.APPENDED),
        )
        self.uid_next += 1
        self._by_uid[message.uid] = message
        if self._uids and message.uid < self._uids[-1]:
            self._uids.insert(bisect_left(self._uids, message.uid), message.uid)
        else:
            self._uids.append(message.uid)
        self._tell()
        return message

    def set_flags(self, uid: int, flags: Iterable[str]) -> StoredMessage:
        """Replace a message's flags. KeyError when it is gone."""
        message = self._by_uid[uid]
        wanted = frozenset(flags)
        if wanted != message.flags:
            message.flags = wanted
            message.modseq = self._record(uid, ChangeKind.FLAGGED)
            self._tell()
        return message

    def expunge(self, uids: Collection[int]) -> list[int]:
        """Remove messages for good; answers the UIDs that were there."""
        gone = sorted(uid for uid in set(uids) if uid in self._by_uid)
        for uid in gone:
            del self._by_uid[uid]
            del self._uids[bisect_left(self._uids, uid)]
            self._record(uid, ChangeKind.EXPUNGED)
        if gone:
            self._tell()
        return gone

    def reset_uid_validity(self, uid_validity: int | None = None) -> None:
        """Renumber everything from 1 under a new UIDVALIDITY (any value may be forced); open sessions get BYE."""
        messages = self.messages
        self.uid_validity = self.uid_validity + 1 if uid_validity is None else uid_validity
        self._journal.clear()
        for uid, message in enumerate(messages, 1):
            message.uid = uid
        self._by_uid = {message.uid: message for message in messages}
        self._uids = list(self._by_uid)
        self.uid_next = len(messages) + 1
        self.drop_watchers("mailbox was renumbered")

    def drop_watchers(self, reason: str) -> None:
        """End every session that has the folder open."""
        for watcher in list(self.watchers):
            watcher.folder_lost(reason)

    def changes_since(self, modseq: int) -> list[Change]:
        """The journal after this mod-sequence, oldest first."""
        return self._journal[bisect_right(self._journal, modseq, key=lambda change: change.modseq) :]

    def vanished_since(self, modseq: int) -> list[int]:
        """UIDs expunged after this mod-sequence, ascending."""
        return sorted(change.uid for change in self.changes_since(modseq) if change.kind is ChangeKind.EXPUNGED)

    def _record(self, uid: int, kind: ChangeKind) -> int:
        self.highest_modseq += 1
        self._journal.append(Change(self.highest_modseq, uid, kind))
        return self.highest_modseq

    def _tell(self) -> None:
        for watcher in list(self.watchers):
            watcher.folder_changed()


class Account:
    """One user's folders: INBOX and those of `special_use` from the start, others when they are named."""

    def __init__(self, user: str, password: str, clock: Clock, *, special_use: Mapping[str, str] = SPECIAL_USE) -> None:
        self.user = user
        self.password = password
        self._clock = clock
        self._special_use = special_use
        self._folders: dict[str, Folder] = {}
        for name in ("INBOX", *special_use):
            self.folder(name)

    def __iter__(self) -> Iterator[Folder]:
        return iter(self._folders.values())

    def folder(self, name: str) -> Folder:
        """The folder of that name, made when there is none; INBOX in any case (RFC 3501 section 5.1)."""
        found = self.find(name)
        if found is None:
            found = Folder(
                name="INBOX" if name.upper() == "INBOX" else name,
                clock=self._clock,
                uid_validity=int(self._clock.now().timestamp()),
                special_use=self._special_use.get(name),
            )
            self._folders[found.name] = found
        return found

    def find(self, name: str) -> Folder | None:
        """The folder of that name, or None."""
        return self._folders.get("INBOX" if name.upper() == "INBOX" else name)

    def used_for(self, special_use: str) -> Folder:
        """The folder with this attribute of RFC 6154. KeyError when there is none."""
        for folder in self:
            if folder.special_use == special_use:
                return folder
        raise KeyError(special_use)

    def labels(self, message: StoredMessage) -> list[str]:
        """The labels Gmail would show of a message: the other folders that hold the same octets."""
        meant = {"\\All": None, "\\Drafts": "\\Draft", "\\Junk": "\\Spam"}
        found = []
        for folder in self:
            if any(one.number == message.number for one in folder.messages):
                label = "\\Inbox" if folder.name == "INBOX" else folder.special_use or folder.name
                found.append(meant.get(label, label))
        return [label for label in found if label is not None]

    def delete(self, name: str) -> None:
        """Remove a folder; sessions that have it open get BYE. KeyError when there is none."""
        folder = self._folders.pop(name)
        folder.drop_watchers("mailbox was deleted")

    def rename(self, name: str, new_name: str) -> None:
        """Give a folder another name; its UIDs and UIDVALIDITY stay."""
        folder = self._folders.pop(name)
        folder.name = new_name
        self._folders[new_name] = folder
