"""Which Message-IDs does a header field name?"""

from __future__ import annotations

import re

from inboxcrm.domain.message import Message

LONGEST = 250
"""Characters of a Message-ID with its angle brackets; a longer one is dropped."""

MOST = 200
"""Ids read from one field: the nearest ones; more is an attack or an accident."""

ORIGINAL = "x-microsoft-original-message-id"
"""Holds the Message-ID that a mail was sent with, where Microsoft 365 gave it another one."""

_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,248}>")


def message_ids(value: str) -> tuple[str, ...]:
    """The ids of a Message-ID, In-Reply-To or References field, left to right, each once (RFC 5322 section 3.6.4).

    Strict: angle brackets, one `@` at least, printable ASCII without space, 250 characters. Everything else (comments,
    the old phrases of In-Reply-To, 8-bit junk) is dropped, so that an id can be written into a header as it stands.
    """
    found = [one for one in _MESSAGE_ID.findall(value) if "@" in one[2:-2]]
    return tuple(dict.fromkeys(found))[-MOST:] if len(found) > 1 else tuple(found)


def sent_as(message: Message) -> tuple[str, ...]:
    """The Message-ID that a mail in Sent left with, where the provider gave it another one and says so."""
    return message_ids(message.first(ORIGINAL) or "")
