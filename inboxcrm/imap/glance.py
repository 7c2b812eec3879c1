"""What was just pushed, when it is one small message: fetched on the event loop, in a single round trip.

A guess that costs nothing where it fails: UID SEARCH says what is new, and the next UID is fetched in the same breath,
64 KiB of it at most. Anything else than one new message that came whole is left to the sync, which asks again.
"""

from __future__ import annotations

from collections.abc import Collection

from inboxcrm.imap import responses
from inboxcrm.imap.connection import SENT_LABEL, Connection
from inboxcrm.imap.errors import ProtocolError
from inboxcrm.imap.exchange import Exchange
from inboxcrm.imap.responses import Fetched, Response, Untagged
from inboxcrm.ports import Arrival

MOST = 1 << 16
"""Octets of a message that are asked for; one that comes up to here may go on."""

_SECTION = "BODY[]<0>"
_BODY = f"BODY.PEEK[]<0.{MOST}>"


class Glance(Exchange):
    """Two commands under way: what is new, and the first of it; behind those whose tags are in `ending`."""

    __slots__ = ("_came", "_fetch", "_items", "_left", "_new", "_refused", "_search", "_uid")

    def __init__(self, connection: Connection, uid: int, *, ending: Collection[bytes] = ()) -> None:
        super().__init__(connection)
        self._uid = uid
        self._items = connection.items(_BODY).encode("ascii")
        self._search, self._fetch = connection.new_tag(), connection.new_tag()
        self._new: set[int] = set()
        self._came: Fetched | None = None
        self._left = {self._search, self._fetch, *ending}
        self._refused = False

    async def look(self, *, patience: float) -> Arrival | None:
        """The message with this UID, if it alone is new and came whole; None for the sync to find out.

        Raises ConnectionLostError and its kin; a refusal is a None.
        """
        with self._listening():
            search = b"%s UID SEARCH UID %d:*\r\n" % (self._search, self._uid)
            self._say(search + b"%s UID FETCH %d %s\r\n" % (self._fetch, self._uid, self._items))
            await self._until(lambda: not self._left, patience)
        found, new = self._came, {uid for uid in self._new if uid >= self._uid}
        if self._refused or found is None or new != {self._uid}:
            return None
        octets = found.sections.get(_SECTION)
        if not octets or len(octets) >= MOST or found.flags is None or found.internal_date is None:
            return None
        sent = SENT_LABEL in found.labels
        return Arrival(self._uid, found.internal_date, found.flags, octets, server_id=found.server_id, sent=sent)

    def _hear(self, response: Response) -> None:
        for tag in self._left:
            if (answer := self._dialogue.completion(tag, response)) is not None:
                self._left.remove(tag)
                self._refused = self._refused or answer.status != "OK"
                return
        if not response.text.startswith(b"+"):
            self._dialogue.heard(responses.untagged(response), self._take)

    def _take(self, response: Untagged) -> bool:
        if response.name == "SEARCH":
            listed = response.rest.partition(b"(")[0].split()
            if not all(map(bytes.isdigit, listed)):
                raise ProtocolError("a SEARCH answer that is not numbers")
            self._new.update(map(int, listed))
            return True
        if response.name == "FETCH":
            one = responses.fetched(response)
            if one.uid == self._uid and _SECTION in one.sections:
                self._came = one
                return True
        return False
