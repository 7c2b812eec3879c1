"""What becomes of a mail when a person in it is erased, and how their address is taken out of a mail that stays."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from enum import StrEnum

from inboxcrm.domain.mime import headers_end

NOBODY = "erased@erased.invalid"
"""What stands in the place of an erased address (RFC 2606: nobody can have it)."""

_ADDRESS_FIELDS = frozenset(
    ("from", "sender", "reply-to", "to", "cc", "bcc", "resent-from", "resent-sender", "resent-to", "resent-cc",
     "resent-bcc", "mail-followup-to", "mail-reply-to", "disposition-notification-to", "return-receipt-to")
)  # fmt: skip
_FIELD = re.compile(rb"[^\n]*\n?(?:[ \t][^\n]*\n?)*")


class Fate(StrEnum):
    """What becomes of a mail."""

    ERASED = "erased"
    REDACTED = "redacted"
    UNTOUCHED = "untouched"


def fate(*, author: str | None, people: Collection[str], erased: Collection[str], own: Collection[str]) -> Fate:
    """What becomes of a mail of `author` to and from `people`, given the keys of those erased and of the owner.

    What the person wrote goes, and what the owner wrote to nobody else. What others wrote, or the owner to others too,
    is theirs as well: it stays, and the person's address goes out of it.
    """
    gone, mine = frozenset(erased), frozenset(own)
    if author in gone:
        return Fate.ERASED
    if not gone.intersection(people):
        return Fate.UNTOUCHED
    others = frozenset(people) - gone - mine
    if author is not None and author not in mine:
        return Fate.REDACTED
    return Fate.REDACTED if others else Fate.ERASED


def redact(raw: bytes, addresses: Iterable[str]) -> bytes:
    """The mail without these addresses: out of the lists of people with the name beside them, elsewhere replaced.

    Names in the letter stay, and what is encoded in base64 is not looked into.
    """
    sought = _pattern(addresses)
    end = headers_end(raw)
    head = b"".join(_redacted_field(field, sought) for field in _FIELD.findall(raw[:end]))
    return head + sought.sub(NOBODY.encode(), raw[end:])


def redact_text(text: str, addresses: Iterable[str]) -> str:
    """The text with these addresses replaced."""
    octets = text.encode("utf-8", "surrogatepass")
    return _pattern(addresses).sub(NOBODY.encode(), octets).decode("utf-8", "surrogatepass")


def _pattern(addresses: Iterable[str]) -> re.Pattern[bytes]:
    """Any of the addresses whole, so that bob@x.example does not match in jacob@x.example."""
    listed = b"|".join(sorted({re.escape(each.encode("utf-8", "surrogatepass")) for each in addresses if each}))
    return re.compile(rb"(?<![A-Za-z0-9._%+'-])(?:" + listed + rb")(?![A-Za-z0-9-]|\.[A-Za-z0-9])", re.IGNORECASE)


def _redacted_field(field: bytes, sought: re.Pattern[bytes]) -> bytes:
    if not sought.search(field):
        return field
    name, colon, value = field.partition(b":")
    if name.strip().lower().decode("latin-1") not in _ADDRESS_FIELDS:
        return sought.sub(NOBODY.encode(), field)
    ending = b"\r\n" if value.endswith(b"\r\n") else b"\n" if value.endswith(b"\n") else b""
    pieces = _at_commas(value[: len(value) - len(ending)])
    kept = [b" " + NOBODY.encode() if sought.search(piece) else piece for piece in pieces]
    return name + colon + b",".join(kept) + ending


def _at_commas(value: bytes) -> list[bytes]:
    """The members of a list of addresses as they are written: commas in quotes, comments and <> do not part them."""
    pieces, start, depth, quoted, angle, skip = [], 0, 0, False, False, False
    for at, octet in enumerate(value):
        if skip:
            skip = False
            continue
        match chr(octet):
            case "\\":
                skip = True
            case '"' if not depth:
                quoted = not quoted
            case "(" if not quoted:
                depth += 1
            case ")" if not quoted and depth:
                depth -= 1
            case "<" if not quoted and not depth:
                angle = True
            case ">" if not quoted and not depth:
                angle = False
            case "," if not (quoted or depth or angle):
                pieces.append(value[start:at])
                start = at + 1
    return [*pieces, value[start:]]
