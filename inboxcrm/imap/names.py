"""Names of folders, as LIST tells them and as commands take them."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass

from imapclient.imap_utf7 import decode as decode_utf7
from imapclient.imap_utf7 import encode as encode_utf7

from inboxcrm.imap import responses
from inboxcrm.imap.errors import ProtocolError
from inboxcrm.imap.responses import Untagged


@dataclass(frozen=True, slots=True)
class Listed:
    """One folder as LIST tells it; `attributes` in lower case, without the backslash."""

    name: str
    attributes: frozenset[str]
    delimiter: str | None


def quoted(text: str) -> bytes:
    """An IMAP quoted string (RFC 3501 section 4.3) of printable ASCII."""
    return b'"' + text.replace("\\", "\\\\").replace('"', '\\"').encode("ascii") + b'"'


def folder_name(name: str) -> bytes:
    """A folder's name as an argument: modified UTF-7 (RFC 3501 section 5.1.3), quoted."""
    encoded: bytes = encode_utf7(name)
    return quoted(re.sub(r"[\r\n\0]", "", encoded.decode("ascii")))


def listed(response: Untagged) -> Listed:
    """Read one LIST response; ProtocolError when it is none.

    A name that is no modified UTF-7 ("R&D" as it stands, or UTF-8 that nobody asked for) is shown as it came; such a
    folder cannot be opened.
    """
    parts = responses.tokens(response.rest, response.literals)
    if len(parts) < 3 or not isinstance(parts[0], list) or isinstance(parts[2], list):
        raise ProtocolError("a LIST answer without attributes, delimiter and name")
    attributes = frozenset(
        item.decode("latin-1").lower().removeprefix("\\") for item in parts[0] if isinstance(item, bytes)
    )
    delimiter = parts[1].decode("latin-1") if isinstance(parts[1], bytes) else None
    return Listed(_decoded(parts[2] if parts[2] is not None else b"NIL"), attributes, delimiter)


def _decoded(octets: bytes) -> str:
    if octets.isascii():
        with suppress(ValueError):  # of Python's codecs
            name: str = decode_utf7(octets)
            folder_name(name)
            return name
    return octets.decode("utf-8", "replace")
