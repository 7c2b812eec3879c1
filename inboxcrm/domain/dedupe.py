"""By which keys a message is recognised when it comes a second time."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from inboxcrm.domain.message import Message

SENT_AGAIN_WITHIN = timedelta(hours=1)
"""How long a mail with the same author, date, subject and words counts as the same one under a new Message-ID."""

_BODY_OCTETS = 4096


def identity_key(message: Message) -> str:
    """The key of the message itself, scoped by its author: nobody can use up another sender's Message-ID."""
    author = message.author.key if message.author is not None else ""
    if message.message_id is not None:
        return _digest("id", author, message.message_id)
    to = ",".join(address.key for address in message.to)
    return _digest("content", author, to, message.first("date") or "", message.subject, message.text[:_BODY_OCTETS])


def content_key(message: Message) -> str:
    """The key of its words: catches a mail that was sent again under a new Message-ID (see SENT_AGAIN_WITHIN)."""
    author = message.author.key if message.author is not None else ""
    return _digest("words", author, message.first("date") or "", message.subject, message.text)


def _digest(kind: str, *pieces: str) -> str:
    joined = "\0".join((kind, *pieces)).encode("utf-8", "surrogatepass")
    return f"{kind}:{hashlib.sha256(joined).hexdigest()}"
