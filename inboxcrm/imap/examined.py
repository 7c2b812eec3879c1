"""What EXAMINE says of a folder."""

from __future__ import annotations

import re
from dataclasses import dataclass

from inboxcrm.imap import responses
from inboxcrm.imap.responses import Untagged

_HIGHEST_UID = 2**32 - 1

_OBJECT_ID = re.compile(r"\(([A-Za-z0-9_-]{1,255})\)")
"""RFC 8474 section 7."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What EXAMINE said, read before anything is fetched. `uid_next`, `highest_modseq` and `object_id` (MAILBOXID, RFC
    8474 section 4.1) are None where unsaid.
    """

    folder: str
    exists: int
    uid_validity: int
    uid_next: int | None = None
    highest_modseq: int | None = None
    vanished: tuple[tuple[int, int], ...] = ()
    changed: tuple[tuple[int, frozenset[str]], ...] = ()
    object_id: str | None = None


class Examined:
    """Gathers what EXAMINE tells, line by line."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._object_id: str | None = None
        self._vanished: list[bytes] = []
        self._changed: list[tuple[int, frozenset[str]]] = []

    def take(self, response: Untagged) -> bool:
        if response.name == "EXISTS" and response.number is not None:
            self._numbers["EXISTS"] = response.number
        elif response.name == "OK":
            said = responses.status("OK", response.rest)
            if said.code in {"UIDVALIDITY", "UIDNEXT", "HIGHESTMODSEQ"} and said.argument.isdigit():
                self._numbers[said.code] = int(said.argument)
            elif said.code == "MAILBOXID" and (match := _OBJECT_ID.fullmatch(said.argument)):
                self._object_id = match[1]
        elif response.name == "VANISHED":
            self._vanished.append(response.rest.rpartition(b" ")[2])
        elif response.name == "FETCH":
            one = responses.fetched(response)
            if one.uid is not None and one.flags is not None:
                self._changed.append((one.uid, one.flags))
        return True

    @property
    def counted(self) -> bool:
        """Whether the server said how many messages there are, as it must (RFC 3501 section 6.3.1)."""
        return "EXISTS" in self._numbers

    def opened(self, folder: str) -> Opened:
        uid_next = self._numbers.get("UIDNEXT")
        last = uid_next - 1 if uid_next else _HIGHEST_UID
        return Opened(
            folder,
            self._numbers.get("EXISTS", 0),
            self._numbers.get("UIDVALIDITY", 0),
            uid_next or None,
            self._numbers.get("HIGHESTMODSEQ") or None,
            tuple(part for text in self._vanished for part in responses.uid_ranges(text, last=last)),
            tuple(self._changed),
            self._object_id,
        )
