"""How a parsed mail travels from the worker back: as text, since unpickling what a stranger's mail touched runs code.

An answer is a small JSON array, and behind it the long strings as they are, whose lengths the array tells: writing and
reading a letter as a JSON string takes as long as a tenth of parsing the mail.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from struct import Struct
from typing import Any

from inboxcrm.domain.message import Address, Message, Part

REQUEST = Struct(">BII")
"""What stands before a mail sent to the worker: the wish (see below), the number of octets, and their place on the
shelf if they lie there.
"""

REPLY = Struct(">I")
"""What stands before an answer: its number of octets. An empty answer says that this mail could not be parsed."""

PLAIN, WITH_LANGUAGE, MORE, SHELVED = 0, 1, 2, 4
"""What is wished: nothing besides, the language; whether another mail follows at once, so that the answer may wait
for its own; and whether the mail lies on the shelf instead of behind the request."""

READY = b"inboxcrm-parsing-4"
"""The first answer of a worker that has started."""

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)
_DECODER = json.JSONDecoder()
_told_address = attrgetter("name", "spec", "key")
_told_part = attrgetter("path", "content_type", "filename", "disposition", "content_id", "charset", "method", "size")
_address = lru_cache(maxsize=2048)(Address)  # the same few people stand in nearly every mail


@dataclass(frozen=True, slots=True)
class Parsed:
    """A mail as read, the words its writer added, and their language if it was asked for and is certain."""

    message: Message
    new_text: str
    language: str | None


def to_wire(parsed: Parsed) -> bytes:
    """The octets of one answer."""
    long: list[str] = []
    told = _told(parsed.message, long)
    new_text: int | None = len(parsed.new_text)
    if not parsed.message.text.startswith(parsed.new_text):
        long.append(parsed.new_text)
        new_text = None
    head = _ENCODER.encode((told, new_text, parsed.language, [len(one) for one in long]))
    return "".join((head, *long)).encode()


def from_wire(octets: bytes) -> Parsed:
    """The value of one answer; raises ValueError or TypeError where it is none."""
    text = octets.decode()
    (told, new_text, language, lengths), at = _DECODER.raw_decode(text)
    if at + sum(lengths) != len(text):
        raise ValueError("an answer of another length than it says")
    long = _cut(text, at, lengths)
    message = _message(told, long)
    return Parsed(message, next(long, "") if new_text is None else message.text[:new_text], language)


def _cut(text: str, at: int, lengths: list[int]) -> Iterator[str]:
    for length in lengths:
        yield text[at : at + length]
        at += length


def _told(message: Message, long: list[str]) -> tuple[Any, ...]:
    """A message but for its long strings, which are added to `long`: no field name or value holds a line feed."""
    lists = (message.from_, message.sender, message.reply_to, message.to, message.cc)
    long.append("\n".join(chain.from_iterable(message.headers)))
    long.append(message.text)
    return (
        len(message.headers),
        message.message_id,
        message.in_reply_to,
        message.references,
        [list(map(_told_address, people)) for people in lists],
        message.subject,
        message.date.isoformat() if message.date else None,
        message.content_type,
        list(map(_told_part, message.parts)),
        message.html_only,
        message.size,
        message.defects,
        None if message.carried is None else _told(message.carried, long),
    )


def _message(fields: list[Any], long: Iterator[str]) -> Message:
    (count, message_id, in_reply_to, references, people, subject, date, content_type, parts, html_only, size, defects,
     carried) = fields  # fmt: skip
    headers, text = next(long, "").split("\n"), next(long, "")
    if count and len(headers) != 2 * count:
        raise ValueError("fields that do not match their names")
    from_, sender, reply_to, to, cc = (tuple([_address(*one) for one in some]) if some else () for some in people)
    return Message(
        headers=tuple(zip(headers[::2], headers[1::2], strict=True)) if count else (),
        message_id=message_id,
        in_reply_to=tuple(in_reply_to),
        references=tuple(references),
        from_=from_,
        sender=sender,
        reply_to=reply_to,
        to=to,
        cc=cc,
        subject=subject,
        date=datetime.fromisoformat(date) if date else None,
        content_type=content_type,
        parts=tuple([Part(*part) for part in parts]),
        text=text,
        html_only=html_only,
        size=size,
        defects=tuple(defects),
        carried=None if carried is None else _message(carried, long),
    )
