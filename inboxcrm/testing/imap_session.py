"""One client's connection: what it has open, what it was told, and how octets reach it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterable
from ssl import SSLContext

from inboxcrm.testing.imap_folders import Account, ChangeKind, Folder, StoredMessage
from inboxcrm.testing.imap_grammar import LITERAL_AT_END, format_set
from inboxcrm.testing.imap_host import Host
from inboxcrm.testing.tls import upgrade

_HIGH_WATER = 1 << 18


class ClientGoneError(ConnectionError):
    """The client hung up, or a fault did."""


class Session:
    """The state of one connection. Sequence numbers live here only: `known` is what this client was told, by UID."""

    def __init__(self, host: Host, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.host = host
        self.account: Account | None = None
        self.folder: Folder | None = None
        self.read_only = False
        self.condstore = False
        self.qresync = False
        self.secure = writer.get_extra_info("sslcontext") is not None
        self.known: list[int] = []
        self._reader = reader
        self._writer = writer
        self.idling = False
        self._seen_modseq = 0
        self._told: dict[int, int] = {}
        self._captured: bytearray | None = None
        self._unsent = bytearray()
        raw_socket = writer.get_extra_info("socket")
        raw_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # -- octets

    def say(self, text: str | bytes) -> None:
        """One response line; CRLF is added."""
        self.write((text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")) + b"\r\n")

    def write(self, octets: bytes) -> None:
        """Octets as they are."""
        if self._captured is not None:
            self._captured += octets
        else:
            if not self._unsent:
                asyncio.get_running_loop().call_soon(self.send)
            self._unsent += octets

    def send(self) -> None:
        """Put what was said on its way: all that is said in one turn of the loop goes in one segment, as it does from
        servers that gather their answers.
        """
        octets, self._unsent = bytes(self._unsent), bytearray()
        if octets and not self._writer.is_closing():
            self._writer.write(octets)

    async def flush(self) -> None:
        """Let the network take what was written, when it is much."""
        waiting = len(self._unsent) + self._writer.transport.get_write_buffer_size()
        if self._captured is None and waiting > _HIGH_WATER:
            await self.drain()

    async def drain(self) -> None:
        """Let the network take what was written. ClientGoneError when there is no client."""
        if self._writer.transport.get_write_buffer_size() + len(self._unsent) > _HIGH_WATER:
            self.send()
        try:
            await self._writer.drain()
        except ConnectionError as error:
            raise ClientGoneError from error

    async def read_line(self) -> bytes:
        """The next line with its line end. ClientGoneError at the end of the stream."""
        try:
            line = await self._reader.readline()
        except (ConnectionError, ValueError) as error:
            raise ClientGoneError from error
        if not line.endswith(b"\n"):
            raise ClientGoneError
        return line

    async def read_command(self) -> bytes:
        """A whole command: lines joined with their literals, continuation requests answered."""
        raw = await self.read_line()
        while announced := LITERAL_AT_END.search(raw):
            if not announced[2]:
                self.write(b"+ go ahead\r\n")
            await self.drain()
            try:
                literal = await self._reader.readexactly(int(announced[1]))
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                raise ClientGoneError from error
            raw += literal + await self.read_line()
        return raw

    async def start_tls(self, context: SSLContext) -> None:
        """Go on inside TLS. ClientGoneError when the handshake fails."""
        self.send()
        await self.drain()
        try:
            await upgrade(self._writer, context)
        except (OSError, ConnectionError) as error:
            raise ClientGoneError from error
        self.secure = True

    def close(self) -> None:
        """End politely: what was written still goes out, then FIN."""
        self.send()
        self._writer.close()

    def abort(self) -> None:
        """End with RST; what was written may be lost."""
        self.send()
        raw_socket = self._writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def capture(self, act: Callable[[], Awaitable[None]]) -> bytes:
        """What `act` would have written."""
        self._captured = bytearray()
        try:
            await act()
            return bytes(self._captured)
        finally:
            self._captured = None

    # -- the open folder

    def open(self, folder: Folder, *, read_only: bool) -> None:
        """Select a folder; what is in it now counts as told."""
        self.leave()
        self.folder, self.read_only = folder, read_only
        self.known = folder.uids
        self._seen_modseq = folder.highest_modseq
        folder.watchers.add(self)

    def leave(self) -> None:
        """Have no folder open."""
        if self.folder is not None:
            self.folder.watchers.discard(self)
        self.folder = None
        self.known = []
        self._told.clear()

    def number(self, uid: int) -> int:
        """The sequence number of a UID this client knows."""
        return bisect_left(self.known, uid) + 1

    def knows(self, uid: int) -> bool:
        """Whether this client was told of the UID, and not of its end."""
        at = bisect_left(self.known, uid)
        return at < len(self.known) and self.known[at] == uid

    def note_told(self, message: StoredMessage) -> None:
        """This client has just been told the message's flags: do not repeat them."""
        self._told[message.uid] = message.modseq

    def describe_flags(self, message: StoredMessage) -> str:
        """An untagged FETCH of the flags, with UID and MODSEQ where this client asked for them (RFC 7162)."""
        items = [f"FLAGS ({' '.join(sorted(message.flags))})"]
        if self.qresync:
            items.insert(0, f"UID {message.uid}")
        if self.condstore:
            items.append(f"MODSEQ ({message.modseq})")
        return f"* {self.number(message.uid)} FETCH ({' '.join(items)})"

    def tell_changes(self) -> None:
        """Everything that happened in the open folder since the client was last told."""
        folder = self.folder
        if folder is None or folder.highest_modseq == self._seen_modseq:
            return
        changes = folder.changes_since(self._seen_modseq)
        self._seen_modseq = folder.highest_modseq
        self._tell_expunged(change.uid for change in changes if change.kind is ChangeKind.EXPUNGED)
        arrived = [change.uid for change in changes if change.kind is ChangeKind.APPENDED and folder.get(change.uid)]
        if arrived:
            self.known = (
                sorted({*self.known, *arrived}) if arrived[0] < (self.known or [0])[-1] else self.known + arrived
            )
            self.say(f"* {len(self.known)} EXISTS")
        for uid in dict.fromkeys(change.uid for change in changes if change.kind is ChangeKind.FLAGGED):
            message = folder.get(uid)
            if message is not None and self._told.get(uid) != message.modseq:
                self.say(self.describe_flags(message))
        self._told.clear()

    def _tell_expunged(self, uids: Iterable[int]) -> None:
        gone = sorted(uid for uid in uids if self.knows(uid))
        if not gone:
            return
        if self.qresync:
            self.say(f"* VANISHED {format_set(gone)}")
        for uid in reversed(gone):
            at = bisect_left(self.known, uid)
            if not self.qresync:
                self.say(f"* {at + 1} EXPUNGE")
            del self.known[at]

    # -- being told while idle (the folder's Watcher)

    def folder_changed(self) -> None:
        if self.idling:
            self.tell_changes()

    def folder_lost(self, reason: str) -> None:
        self.say(f"* BYE {reason}")
        self.leave()
        self.close()

    async def idle_until_done(self) -> None:
        """Push changes until the client says DONE (RFC 2177)."""
        self.write(b"+ idling\r\n")
        self.tell_changes()
        self.idling = True
        try:
            await self.drain()
            await self.read_line()
        finally:
            self.idling = False
