"""How the lines of a card that nothing here reads are kept, told and written again, whatever version they came in.

Postal addresses (ADR) are the same in every version. A picture (PHOTO) is a data URI in vCard 4.0 (RFC 6350 section
6.2.4) and base64 with ENCODING=b in 3.0 (RFC 2426 section 3.1.4); it is kept as the former. RELATED is of 4.0 alone
(section 6.6.6): in 3.0 it is written as X-RELATED.
"""

from __future__ import annotations

import re

from inboxcrm.domain.cards import KeptLine
from inboxcrm.domain.text import plain

NAMES = {"ADR": "ADR", "PHOTO": "PHOTO", "RELATED": "RELATED", "X-RELATED": "RELATED"}
LARGEST = 2_000_000
"""The longest value that is kept, in characters: a picture of one and a half megabytes."""

_DATA = re.compile(r"data:image/([\w.+-]+);base64,", re.IGNORECASE | re.ASCII)
_BASE64 = ("B", "BASE64")
_ENCODED = frozenset(("ENCODING", "CHARSET"))
_PICTURES = frozenset(("JPEG", "PNG", "GIF", "WEBP", "BMP", "HEIC"))


def kept(name: str, parameters: list[tuple[str, str]], value: str) -> KeptLine | None:
    """A line as it is kept; None for one that is not, or that is too long. `parameters` are name and value as written.

    Line breaks in the value are escaped; a bare word of vCard 2.1 is a TYPE.
    """
    told = [(key.upper(), said) if said else ("TYPE", key) for key, said in parameters]
    if name not in NAMES or not value.strip(" ;") or len(value) > LARGEST:
        return None
    if NAMES[name] == "PHOTO" and any(key == "ENCODING" and said.upper() in _BASE64 for key, said in told):
        sort = next((said.upper() for key, said in told if key == "TYPE" and said.upper() in _PICTURES), "JPEG")
        return KeptLine("PHOTO", "", f"data:image/{sort.lower()};base64,{re.sub(r'[^A-Za-z0-9+/=]', '', value)}")
    rest = "".join(f";{key}={said}" for key, said in told if key not in _ENCODED)
    return KeptLine(NAMES[name], rest, value.strip().replace("\r", "").replace("\n", "\\n"))


def written(line: KeptLine, version: str) -> str:
    """The line as it stands in a card of this version."""
    picture = _DATA.match(line.value) if line.name == "PHOTO" else None
    if version == "3.0" and picture is not None:
        return f"PHOTO;ENCODING=b;TYPE={picture[1].upper()}:{line.value[picture.end() :]}"
    if version == "3.0" and line.name == "RELATED":
        return f"X-RELATED{line.parameters}:{line.value}"
    return f"{line.name}{line.parameters}:{line.value}"


def told(line: KeptLine) -> tuple[str, str]:
    """What the line is and what it says, for people: ("postal address", "Elm Street 4, 8000 Zurich")."""
    if line.name == "ADR":
        parts = (plain(each.replace("\\n", " ").replace("\\", ""), 200) for each in re.split(r"(?<!\\);", line.value))
        return "postal address", ", ".join(filter(None, parts))
    if line.name == "RELATED":
        return "relative", plain(line.value.replace("\\", ""), 200)
    picture = _DATA.match(line.value)
    if picture is None:
        return "picture", plain(line.value, 200)
    return "picture", f"{picture[1].lower()}, {(len(line.value) - picture.end()) * 3 // 4 // 1000 or 1} kB"
