"""Reading messages so that one that cannot be read stops no other."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from inboxcrm.errors import TransientError
from inboxcrm.imap.connection import BODY, HEADER, PIECE, SENT_LABEL, Connection
from inboxcrm.imap.errors import CommandRefusedError, ConnectionLostError, LiteralTooLargeError, concerns_more
from inboxcrm.imap.responses import Fetched
from inboxcrm.imap.steps import Doubts, Half
from inboxcrm.imap.uids import sequence_set
from inboxcrm.ports import Arrival
from inboxcrm.spool import IN_MEMORY, KeptSpool, Spool

_STRIKES = 3
"""How often a connection may die over one message before it is passed over."""

TOO_MANY = 4
"""Refusals in one batch, with nothing else in it, that speak against the server instead of the messages."""

_BEGINNING = "BODY.PEEK[HEADER]<0.1024>"

_TAIL = 64
"""A piece that is shorter than this part of what was asked for is the last one, whatever is said of the size."""


@dataclass(slots=True)
class Bodies:
    """What became of the messages asked for. `missing`: there, but no body came; `refused`: there, and refused."""

    arrived: list[Arrival] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)

    @property
    def owed(self) -> tuple[int, ...]:
        """What must be asked for again."""
        return (*self.missing, *(uid for uid, _ in self.refused))


def read_bodies(
    connection: Connection, uids: Sequence[int], *, doubts: Doubts, seen_at: datetime, octets: int = 0
) -> Bodies:
    """Read whole messages of the open folder; what is no longer there is in none of the answer's lists.

    A UID that a connection died over before is read by itself; `seen_at` stands in for an INTERNALDATE that is none.
    Raises what ends the connection, and refusals that concern more than these messages.
    """
    reading = _Reading(connection, doubts, seen_at, octets)
    apart = doubts.strikes.keys() | doubts.too_large | doubts.large
    clear = [uid for uid in uids if uid not in apart]
    for group in ([clear] if clear else []) + [[uid] for uid in uids if uid in apart]:
        reading.read(group)
    reading.refuse_to_believe_all()
    return reading.bodies


class _Reading:
    """One call of `read_bodies` under way."""

    def __init__(self, connection: Connection, doubts: Doubts, seen_at: datetime, octets: int) -> None:
        self.bodies = Bodies()
        self._connection = connection
        self._doubts = doubts
        self._seen_at = seen_at
        self._octets = octets
        self._refusal: CommandRefusedError | None = None

    def read(self, group: list[int]) -> None:
        """Fetch these together; bisect on a refusal."""
        if self._doubts.strikes.get(group[0], 0) >= _STRIKES:
            self.bodies.refused.append((group[0], f"the connection ended {_STRIKES} times while it was read"))
            return
        if group[0] in self._doubts.large:
            self._read_in_pieces(group[0])
            return
        whole = group[0] not in self._doubts.too_large
        try:
            items = self._connection.items(BODY if whole else HEADER)
            found = self._connection.fetch_uids(group, items, octets=self._octets)
        except CommandRefusedError as refusal:
            self._refused(group, refusal)
        except LiteralTooLargeError:
            self._suspect(group, too_large=len(group) == 1 and whole)
            raise
        except ConnectionLostError:
            self._suspect(group)
            raise
        else:
            self._sort_out(group, found, whole=whole)

    def _read_in_pieces(self, uid: int) -> None:
        """One large message; where the connection, or the process, ends, what has come is kept for the next one."""
        half = self._doubts.halves.get(uid)
        if half is None:
            spool = self._spool(uid)
            half = self._doubts.halves[uid] = Half(spool, found=len(spool) > 0)
        before = len(half.octets)
        try:
            came = self._gather(uid, half)
        except CommandRefusedError as refusal:
            self._refused([uid], refusal)
            return
        except ConnectionLostError:
            if len(half.octets) == before:
                self._suspect([uid])
            raise
        del self._doubts.halves[uid]
        self._doubts.large.discard(uid)
        if came:
            self._doubts.strikes.pop(uid, None)
            raw = half.octets if len(half.octets) > IN_MEMORY else half.octets.head(IN_MEMORY)
            if isinstance(raw, bytes):
                half.octets.discard()
            received_at = half.received_at or self._seen_at
            self.bodies.arrived.append(Arrival(uid, received_at, half.flags, raw, True, half.server_id, half.sent))
        else:  # gone meanwhile, or a server that gives no pieces: then it is asked for whole
            half.octets.discard()
            self.read([uid])

    def _spool(self, uid: int) -> Spool:
        """Where the message is put together: under a name that any process finds again, where there is a folder."""
        folder, opened = self._connection.limits.spool, self._connection.selected
        if folder is None or opened is None:
            return Spool()
        which = "\0".join((*self._connection.whose, opened.folder, str(opened.uid_validity), str(uid)))
        return KeptSpool(folder / hashlib.blake2b(which.encode(), digest_size=16).hexdigest())

    def _gather(self, uid: int, half: Half) -> bool:
        """Ask for piece after piece; False when the server gives none, or none any more before the end.

        The end is a piece that is shorter than asked for: what servers say of sizes is not always true. Where more was
        said to come than came, it is asked for all the same, since some give less at a time than they are asked for.
        """
        if half.found and not self._begins_so(uid, half.octets):
            half.octets.discard()
            half.octets = self._spool(uid)
        half.found = False
        size, shorter = min(self._connection.limits.piece, self._connection.limits.literal), False
        while True:
            at = len(half.octets)
            found = self._connection.fetch_uids([uid], self._connection.items(PIECE % (at, size)), octets=size)
            section = f"BODY[]<{at}>"
            one = next((one for one in found if section in one.sections), None)
            if one is None:
                return False
            told = one.size or 0
            if one.sections[section] is None and at < told and not shorter:
                return False
            piece = one.sections[section] or b""
            half.flags, half.received_at = one.flags or half.flags, one.internal_date or half.received_at
            half.server_id, half.sent = one.server_id, SENT_LABEL in one.labels
            _keep(half, piece)
            if len(half.octets) > self._connection.limits.literal:
                self._doubts.too_large.add(uid)
                return False
            if len(piece) < size:
                if len(half.octets) >= told or len(piece) <= size // _TAIL:
                    return bool(len(half.octets))
                shorter = True

    def _begins_so(self, uid: int, octets: Spool) -> bool:
        """Whether this is a half of that message; True where the server does not say how it begins."""
        found = self._connection.fetch_uids([uid], self._connection.items(_BEGINNING))
        heads = [head for one in found for name, head in one.sections.items() if name.startswith("BODY[HEADER]")]
        return all(octets.head(len(head)) == head for head in heads if head)

    def refuse_to_believe_all(self) -> None:
        """A server that refuses each of several messages is out of order itself; no message is to blame."""
        if self._refusal is not None and len(self.bodies.refused) >= TOO_MANY and not self.bodies.arrived:
            raise self._refusal

    def _refused(self, group: list[int], refusal: CommandRefusedError) -> None:
        if refusal.status == "BAD" or concerns_more(refusal):
            raise refusal
        if len(group) > 1:
            half = len(group) // 2
            self.read(group[:half])
            self.read(group[half:])
        elif self._still_there(group):
            self._refusal = refusal
            self.bodies.refused.append((group[0], refusal.text or "refused without a reason"))

    def _suspect(self, group: list[int], *, too_large: bool = False) -> None:
        if too_large:
            self._doubts.too_large.add(group[0])
        else:
            self._doubts.strike(group)

    def _sort_out(self, group: list[int], found: list[Fetched], *, whole: bool) -> None:
        section = "BODY[]" if whole else "BODY[HEADER]"
        came = {one.uid: one for one in found if one.uid is not None and _came(one, section)}
        for uid in group:
            if (one := came.get(uid)) is not None:
                self._doubts.strikes.pop(uid, None)
                raw = one.sections[section] or b""
                received_at = one.internal_date or self._seen_at
                flags, sent = one.flags or frozenset(), SENT_LABEL in one.labels
                self.bodies.arrived.append(Arrival(uid, received_at, flags, raw, whole, one.server_id, sent))
        if lacking := [uid for uid in group if uid not in came]:
            self.bodies.missing.extend(self._still_there(lacking))

    def _still_there(self, uids: list[int]) -> list[int]:
        """A server may answer OK without a body; only a SEARCH says that a message is gone."""
        asked = frozenset(uids)
        found = self._connection.search_uids(b"UID " + sequence_set(uids).encode("ascii"))
        return [uid for uid in found if uid in asked]


def _came(one: Fetched, section: str) -> bool:
    """Whether the octets came; none at all of a mail that is said to have some are as good as NIL."""
    return bool(one.sections.get(section)) or (one.sections.get(section) == b"" and one.size == 0)


def _keep(half: Half, piece: bytes) -> None:
    """Raises TransientError where the disk takes no more; the mail is begun again then."""
    try:
        half.octets.write(piece)
    except OSError as error:
        raise TransientError(f"a large mail cannot be put down: {error.strerror or error}") from error
