"""What can be taken away from a mail: the whole of it, an attachment, its HTML."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass

from inboxcrm.domain import contents
from inboxcrm.store import messages
from inboxcrm.web.letters import clean_html

_ENDING = re.compile(r"\.([A-Za-z0-9]{1,8})\Z")

_PAGE = """<!doctype html><html><head><meta charset="utf-8"><title>Letter</title><style>
:root {{ color-scheme: light; }}
body {{ font: 15px/1.5 system-ui, sans-serif; color: #1d2426; background: #fff; margin: 1rem; }}
body {{ overflow-wrap: anywhere; }}
img {{ max-width: 100%; }}
blockquote {{ border-left: 2px solid #ccc; margin: .5rem 0; padding-left: .8rem; color: #555; }}
</style></head><body>{letter}</body></html>"""


@dataclass(frozen=True, slots=True)
class Download:
    """Octets, and the name they are saved under: made by us, nothing of it but the ending was ever the sender's."""

    name: str
    octets: bytes


def mail(connection: sqlite3.Connection, row_id: int) -> Download | None:
    """The mail as it came."""
    raw = messages.raw(connection, row_id)
    return None if raw is None else Download(f"mail-{row_id}.eml", raw)


def attachment(connection: sqlite3.Connection, row_id: int, path: str) -> Download | None:
    """One part of a mail, decoded, by its section number."""
    raw = messages.raw(connection, row_id)
    found = None if raw is None else contents.part(raw, path)
    if found is None:
        return None
    part, octets = found
    ending = _ENDING.search(part.filename or "")
    name = f"mail-{row_id}-part-{path.replace('.', '-')}.{ending[1].lower() if ending else 'bin'}"
    return Download(name, octets)


def html(connection: sqlite3.Connection, row_id: int) -> str | None:
    """The HTML of the letter, cleaned, as a page for the sandboxed frame."""
    raw = messages.raw(connection, row_id)
    letter = None if raw is None else contents.html(raw)
    return None if letter is None else _PAGE.format(letter=clean_html(letter))
