"""How a folder's name travels: modified UTF-7 (RFC 3501 section 5.1.3)."""

from __future__ import annotations

import base64
import binascii
import re


def encode_folder_name(name: str) -> bytes:
    """The name as it goes over the wire."""

    def shift(found: re.Match[str]) -> str:
        text = base64.b64encode(found[0].encode("utf-16-be")).rstrip(b"=").replace(b"/", b",").decode("ascii")
        return f"&{text}-"

    return re.sub(r"[^\x20-\x7e]+", shift, name.replace("&", "&-")).encode("ascii")


def decode_folder_name(name: bytes) -> str:
    """The name as people know it; a shift sequence that cannot be read stays as it is."""

    def unshift(found: re.Match[str]) -> str:
        if not found[1]:
            return "&"
        text = found[1].replace(",", "/")
        try:
            return base64.b64decode(text + "=" * (-len(text) % 4)).decode("utf-16-be")
        except (binascii.Error, UnicodeDecodeError):
            return found[0]

    return re.sub(r"&([^-]*)-", unshift, name.decode("utf-8", "replace"))
