"""What are the octets of one part of a mail?"""

from __future__ import annotations

import binascii
from dataclasses import dataclass, field, replace

from inboxcrm.domain import certified
from inboxcrm.domain.charsets import decode
from inboxcrm.domain.fields import base64_octets, read_block
from inboxcrm.domain.message import Part
from inboxcrm.domain.mime import headers_end
from inboxcrm.domain.structure import Node, Walk
from inboxcrm.domain.text import storable

LONGEST_HTML = 1_000_000


@dataclass(slots=True)
class _Places(Walk):
    """The walk over the parts that also notes where each of them lies, and how it is encoded."""

    places: dict[str, tuple[Part, int, int, str]] = field(default_factory=dict)
    certified: bool = False

    def _leaf(self, node: Node, content_type: str) -> None:
        Walk._leaf(self, node, content_type)
        part = self.parts[-1]
        self.places.setdefault(part.path, (part, node.start, node.end, node.described.encoding))


def part(raw: bytes, path: str) -> tuple[Part, bytes] | None:
    """A part by its IMAP section number, with its decoded octets; None where the mail has no such part.

    A section below a mail inside the mail ("2.1" where "2" is message/rfc822) is looked for in that one.
    """
    walk = _walk(raw)
    found = walk.places.get(path)
    if found is not None:
        return found[0], _octets(raw, *found[1:])
    for number, (mail, *_) in enumerate(walk.mails):
        if path.startswith(f"{mail}."):
            within = part(walk.mail(number), path.removeprefix(f"{mail}."))
            return None if within is None else (replace(within[0], path=path), within[1])
    return None


def html(raw: bytes) -> str | None:
    """The letter's HTML as it was written, or None where there is no HTML. It is hostile: clean it before it is shown.

    The first HTML part that is no attachment; at most `LONGEST_HTML` octets of it.
    """
    walk = _walk(raw)
    if walk.certified and walk.mails:
        raw = walk.mail(0)
        walk = _walk(raw)
    for found, start, end, encoding in walk.places.values():
        if found.content_type == "text/html" and not found.attached:
            octets = _octets(raw, start, min(end, start + LONGEST_HTML), encoding)
            return storable(decode(octets, found.charset)[0])
    return None


def written(raw: bytes, most: int) -> str:
    """What every textual part says, attached ones and returned mail too, decoded; at most `most` octets of it.

    Parts that hold another mail are read as they stand, and never taken apart.
    """
    pieces: list[str] = []
    for found, start, end, encoding in _walk(raw).places.values():
        if most <= 0:
            break
        if found.content_type.startswith(("text/", "message/")):
            octets = _octets(raw, start, min(end, start + most * 2), encoding)[:most]
            most -= len(octets)
            pieces.append(storable(decode(octets, found.charset)[0]))
    return "\n".join(pieces)


def _walk(raw: bytes) -> _Places:
    body_at = headers_end(raw)
    fields: dict[str, list[str]] = {}
    for name, value in read_block(raw[:body_at][:262_144]).fields:
        if name.startswith("content-") or name == certified.MARK:
            fields.setdefault(name, []).append(value)
    walk = _Places(raw, {}, certified=certified.MARK in fields)
    walk.run(fields, body_at if fields else 0)
    return walk


def _octets(raw: bytes, start: int, end: int, encoding: str) -> bytes:
    octets = raw[start:end]
    if encoding == "base64":
        return base64_octets(octets)
    return binascii.a2b_qp(octets) if encoding == "quoted-printable" else octets
