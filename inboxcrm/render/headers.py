"""How one header field is written: ASCII octets, folded, with nothing in it that could begin another field."""

from __future__ import annotations

import base64
import re

from inboxcrm.render.clean import clean_name

LINE = 76
"""Octets a line of ours aims at; RFC 5322 section 2.1.1 asks for 78 and forbids more than 998."""

CRLF_SPACE = "\r\n "
"""Where a field goes on in the next line."""

_WORD_OCTETS = 45
"""Octets of text in one encoded word: 60 in base64, 72 with its frame (RFC 2047 section 2 allows 75)."""

_PLAIN_NAME = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]+")


def unstructured(text: str) -> str:
    """A subject: as it is where it is short ASCII, else encoded words, folded."""
    if text.isascii() and text.isprintable() and "=?" not in text and len(text) <= LINE - len("Subject: "):
        return text
    return encoded_words(text)


def encoded_words(text: str) -> str:
    """`text` as encoded words in UTF-8 and base64 (RFC 2047); no character is split between two words."""
    words: list[bytes] = [b""]
    for character in text:
        octets = character.encode()
        if len(words[-1]) + len(octets) > _WORD_OCTETS:
            words.append(b"")
        words[-1] += octets
    return CRLF_SPACE.join(f"=?utf-8?b?{base64.b64encode(word).decode('ascii')}?=" for word in words)


def mailbox(name: str, spec: str) -> str:
    """A name and an addr-spec as one mailbox of RFC 5322 section 3.4; the name alone where there is none left."""
    name = clean_name(name)
    if not name:
        return spec
    if not name.isascii() or "=?" in name:
        words = encoded_words(name)
        return f"{words}{' ' if len(words) + len(spec) + len('From:  <>') <= LINE else CRLF_SPACE}<{spec}>"
    if _PLAIN_NAME.fullmatch(name):
        return f"{name} <{spec}>"
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{spec}>'


def id_list(ids: tuple[str, ...]) -> str:
    """Message-IDs one to a line; an id is never folded or encoded."""
    return CRLF_SPACE.join(ids)


def block(fields: tuple[tuple[str, str], ...], *, utf8: bool = False) -> bytes:
    """The header block with the empty line that ends it; UnicodeEncodeError for anything but ASCII, unless `utf8`."""
    text = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return text.encode("utf-8" if utf8 else "ascii") + b"\r\n"
