"""How a parsed mail travels from the worker back: JSON, since unpickling what a stranger's mail touched runs code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from struct import Struct
from typing import Any

from inboxcrm.domain.message import Address, Message, Part

REQUEST = Struct(">BI")
"""What stands before a mail sent to the worker: the wish (see below) and the number of octets."""

REPLY = Struct(">I")
"""What stands before an answer: its number of octets. An empty answer says that this mail could not be parsed."""

PLAIN, WITH_LANGUAGE = 0, 1
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)
READY = b"inboxcrm-parsing-1"
"""The first answer of a worker that has started."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A mail as read, the words its writer added, and their language if it was asked for and is certain."""

    message: Message
    new_text: str
    language: str | None


def to_wire(parsed: Parsed) -> bytes:
    """The octets of one answer."""
    return _ENCODER.encode((*_told(parsed.message), parsed.new_text, parsed.language)).encode()


def from_wire(octets: bytes) -> Parsed:
    """The value of one answer; raises ValueError or TypeError where it is none."""
    *fields, new_text, language = json.loads(octets)
    return Parsed(_message(fields), new_text, language)


def _told(message: Message) -> tuple[Any, ...]:
    lists = (message.from_, message.sender, message.reply_to, message.to, message.cc)
    return (
        [name for name, _ in message.headers],
        [value for _, value in message.headers],
        message.message_id,
        message.in_reply_to,
        message.references,
        [[(one.name, one.spec, one.key) for one in people] for people in lists],
        message.subject,
        message.date.isoformat() if message.date else None,
        message.content_type,
        [
            (
                part.path,
                part.content_type,
                part.filename,
                part.disposition,
                part.content_id,
                part.charset,
                part.method,
                part.size,
            )
            for part in message.parts
        ],
        message.text,
        message.html_only,
        message.size,
        message.defects,
        None if message.carried is None else _told(message.carried),
    )


def _message(fields: list[Any]) -> Message:
    (names, values, message_id, in_reply_to, references, people, subject, date, content_type, parts, text, html_only,
     size, defects, carried) = fields  # fmt: skip
    from_, sender, reply_to, to, cc = (tuple(Address(*one) for one in some) for some in people)
    return Message(
        headers=tuple(zip(names, values, strict=True)),
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
        parts=tuple(Part(*part) for part in parts),
        text=text,
        html_only=html_only,
        size=size,
        defects=tuple(defects),
        carried=None if carried is None else _message(carried),
    )
