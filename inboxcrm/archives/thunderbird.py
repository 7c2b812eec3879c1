"""What Thunderbird notes before a mail in its mbox files: its state, of which one bit says that it was deleted.

A deleted mail stays in the file until the folder is compacted. The notes change with every mark that is set, and are
taken off, so that the mail is the same one that IMAP brings.
"""

from __future__ import annotations

import re

from inboxcrm.archives import leading
from inboxcrm.spool import Spool

_NOTES = "X-Account-Key|X-UIDL|X-Mozilla-Status2?|X-Mozilla-Keys"
_STATUS = re.compile(rb"X-Mozilla-Status: *([0-9A-F]{4})\b", re.IGNORECASE)
_EXPUNGED = 0x0008


def unnoted(raw: bytes | Spool) -> tuple[bytes | Spool, bool]:
    """A mail without Thunderbird's notes, and whether it was deleted; one without its state is left as it is."""
    notes = leading.fields(raw, _NOTES)
    states = [int(found[1], 16) for note in notes if (found := _STATUS.match(note))]
    if not states:
        return raw, False
    return leading.without(raw, notes), bool(states[0] & _EXPUNGED)
