"""What a store would remember, in memory, checked against what the server holds."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import cast

from inboxcrm.config import MailboxConfig, PasswordSource, Security, Server
from inboxcrm.ports import Batch, Listed, LostFolder, Position
from inboxcrm.spool import Spool
from inboxcrm.testing.imap_server import Folder

NAME = "main"


class Record:
    """KnownFolders, and the batches that were committed."""

    def __init__(self) -> None:
        self.positions: dict[str, Position] = {}
        self.held: dict[str, dict[int, tuple[bytes, frozenset[str]]]] = {}
        self.quarantined: dict[str, dict[int, str]] = {}
        self.batches: list[Batch] = []
        self.live: list[bytes] = []
        self.sent: list[bytes] = []
        self.received: dict[bytes, datetime] = {}
        self.read: tuple[datetime, datetime] | None = None
        self.numbered: dict[str, bytes] = {}
        self.renamed: dict[str, str] = {}
        self.listed: dict[str, dict[int, Listed]] = {}
        self.wishes: list[tuple[str, int]] = []

    async def position(self, mailbox: str, folder: str) -> Position | None:
        assert mailbox == NAME
        return self.positions.get(folder)

    async def uids(self, mailbox: str, folder: str) -> Sequence[int]:
        assert mailbox == NAME
        return sorted({*self.held.get(folder, {}), *self.quarantined.get(folder, {})})

    async def relink(self, mailbox: str, folder: str, message_ids: Sequence[tuple[int, str, int]]) -> Sequence[int]:
        assert mailbox == NAME
        known = self._by_message_id(folder)
        return [uid for uid, name, _ in message_ids if name not in known]

    async def newest(
        self, mailbox: str, folder: str, *, among: Sequence[int] | None = None
    ) -> Sequence[tuple[int, str | None, datetime]]:
        assert mailbox == NAME
        ids = {raw: name for name, raw in self._by_message_id(folder).items()}
        held = self.held.get(folder, {})
        uids = sorted((uid for uid in held if among is None or uid in among), reverse=True)[:8]
        return [(uid, ids.get(held[uid][0]), self.received[held[uid][0]]) for uid in uids]

    async def by_server_id(self, mailbox: str, server_ids: Sequence[str]) -> frozenset[str]:
        assert mailbox == NAME
        return frozenset(server_ids) & self.numbered.keys()

    async def lost(self, mailbox: str, uid_validity: int, *, listed: frozenset[str]) -> Sequence[LostFolder]:
        assert mailbox == NAME
        return [
            LostFolder(name, position, [(uid, one) for one, uid in self._uids_by_id(name).items()])
            for name, position in self.positions.items()
            if position.uid_validity == uid_validity and name not in listed
        ]

    async def followed(self, mailbox: str) -> Mapping[str, str]:
        assert mailbox == NAME
        return self.renamed

    async def last_read(self, mailbox: str) -> tuple[datetime, datetime] | None:
        assert mailbox == NAME
        return self.read

    async def wanted(self, mailbox: str) -> Sequence[tuple[str, int]]:
        assert mailbox == NAME
        return [(folder, uid) for folder, uid in self.wishes if uid in self.listed.get(folder, {})]

    def commit(self, batch: Batch) -> None:
        """What one transaction of the store would do."""
        self.batches.append(batch)
        self._list(batch)
        if batch.renamed_from is not None:
            self.held[batch.folder] = self.held.pop(batch.renamed_from)
            self.quarantined[batch.folder] = self.quarantined.pop(batch.renamed_from)
            del self.positions[batch.renamed_from]
            self.renamed = {
                old: batch.folder if name == batch.renamed_from else name for old, name in self.renamed.items()
            }
            self.renamed[batch.renamed_from] = batch.folder
        held = self.held.setdefault(batch.folder, {})
        poisoned = self.quarantined.setdefault(batch.folder, {})
        if batch.reset:
            known = self._by_message_id(batch.folder)
            held.clear()
            poisoned.clear()
            held.update({uid: (known[name], frozenset()) for uid, name, _ in batch.relinked})
        for low, high in batch.vanished:
            for uid in [uid for uid in held if low <= uid <= high]:
                del held[uid]
            for uid in [uid for uid in poisoned if low <= uid <= high]:
                del poisoned[uid]
        for uid, flags in batch.flags:
            if uid in held:
                held[uid] = (held[uid][0], flags)
        for one in batch.arrivals:
            raw = b"".join(one.raw.pieces()) if isinstance(one.raw, Spool) else one.raw
            held[one.uid] = (raw, one.flags)
            self.received.setdefault(raw, one.received_at)
            poisoned.pop(one.uid, None)
            if batch.live:
                self.live.append(raw)
            if one.sent:
                self.sent.append(raw)
            if one.server_id is not None:
                self.numbered[one.server_id] = raw
        held.update({uid: (self.numbered[server_id], flags) for uid, server_id, flags in batch.located})
        poisoned.update(batch.quarantined)
        self.positions[batch.folder] = batch.position

    def _list(self, batch: Batch) -> None:
        """What is listed of a folder: what a first reading will bring, and nothing else."""
        listed = self.listed.setdefault(batch.folder, {})
        if batch.renamed_from is not None:
            listed.update(self.listed.pop(batch.renamed_from))
        gone = {one.uid for one in batch.arrivals} | {uid for uid, *_ in (*batch.located, *batch.quarantined)}
        for uid in [*listed]:
            if batch.unlisted or uid in gone or any(low <= uid <= high for low, high in batch.vanished):
                del listed[uid]
        listed.update((one.uid, one) for one in batch.listed)

    async def keep(self, batches: AsyncIterator[Batch], *, most: int | None = None) -> int:
        """Commit batches until they end, or until `most` are committed; answers how many there were."""
        count = 0
        async with aclosing(cast("AsyncGenerator[Batch, None]", batches)) as stream:
            async for batch in stream:
                self.commit(batch)
                count += 1
                if most is not None and count >= most:
                    break
        return count

    def agrees_with(self, folder: Folder) -> bool:
        """Whether record and server hold the same messages with the same flags."""
        theirs = {one.uid: (one.raw, one.flags) for one in folder.messages}
        return theirs == self.held.get(folder.name, {})

    def _uids_by_id(self, folder: str) -> dict[str, int]:
        known = {raw: name for name, raw in self._by_message_id(folder).items()}
        return {known[raw]: uid for uid, (raw, _) in self.held.get(folder, {}).items() if raw in known}

    def _by_message_id(self, folder: str) -> dict[str, bytes]:
        found = {}
        for raw, _ in self.held.get(folder, {}).values():
            if match := re.search(rb"(?m)^Message-ID: (<\S+>)", raw):
                found[match[1].decode()] = raw
        return found


def configured(host: str, port: int, *, folders: tuple[str, ...] = (), user: str = "ann") -> MailboxConfig:
    """A mailbox on a server of this machine."""
    server = Server(host, port, Security.NONE)
    return MailboxConfig(NAME, server, server, user, PasswordSource(env="UNUSED"), folders=folders)


def letter(number: int, *, octets: int = 0) -> bytes:
    """A mail with its own Message-ID."""
    body = b"x" * 70 + b"\r\n"
    head = b"Message-ID: <m%d@example.org>\r\nSubject: letter %d\r\n\r\nhello\r\n" % (number, number)
    return head + body * (octets // len(body))
