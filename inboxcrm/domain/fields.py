"""What a header block says: its fields, encoded words (RFC 2047) and parameters (RFC 2045, 2231)."""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from inboxcrm.domain.charsets import decode

_FIELD = re.compile(r"^(?:([!-9;-~]++)[ \t]*+:[ \t]*+([^\n]*(?:\n[ \t][^\n]*)*)|([^\n]++))", re.MULTILINE)
_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
_PARAMETER = re.compile(r';\s*+([^\s=;"]{1,200}+)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"?|([^;]*+))', re.DOTALL)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}")


class Block(NamedTuple):
    """A header block: its fields in order (names in lower case, values unfolded) and what was wrong with it."""

    fields: tuple[tuple[str, str], ...]
    defects: tuple[str, ...]


def read_block(raw: bytes) -> Block:
    """The fields of a header block. Lines that are no field are passed over, so that none below them is hidden."""
    defects: list[str] = []
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n")
        if b"\r" in raw:
            raw = raw.replace(b"\r", b" ")
            defects.append("bare-cr")
    if b"\x00" in raw:
        raw = raw.replace(b"\x00", b"")
        defects.append("nul")
    if raw.isascii():
        text = raw.decode("ascii")
    else:
        text = decode(raw, None)[0]
        defects.append("eight-bit-header")
    fields: list[tuple[str, str]] = []
    for name, value, junk in _FIELD.findall(text):
        if name:
            fields.append((name.lower(), (value.replace("\n", "") if "\n" in value else value).strip(" \t")))
        elif junk.startswith(("From ", ">From ")) and not fields:
            continue  # the separator line of an mbox
        elif "malformed-header-line" not in defects and junk.strip():
            defects.append("malformed-header-line")
    return Block(tuple(fields), tuple(defects))


def decode_words(value: str) -> str:
    """The value with its encoded words decoded (RFC 2047), adjacent ones joined, broken ones as they stand.

    Adjacent words of one charset and encoding are decoded as one run of octets: many writers cut inside a character.
    """
    if "=?" not in value:
        return value
    pieces: list[str] = []
    end = 0
    run = b""
    run_charset = ""
    for match in _ENCODED_WORD.finditer(value):
        between = value[end : match.start()]
        charset = match[1].partition("*")[0].lower()
        octets = _word_octets(match[2], match[3])
        if end and charset == run_charset and not between.strip(" \t"):
            run += octets
        else:
            pieces.append(decode(run, run_charset)[0] if run else "")
            if not end or between.strip(" \t"):
                pieces.append(between)
            run, run_charset = octets, charset
        end = match.end()
    pieces.append(decode(run, run_charset)[0] if run else "")
    pieces.append(value[end:])
    return "".join(pieces)


def _word_octets(encoding: str, text: str) -> bytes:
    octets = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(octets, header=True)
    return base64_octets(octets)


_NOT_BASE64 = bytes(sorted(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")))


def base64_octets(raw: bytes) -> bytes:
    """The octets of base64 text, as many as there are: what is no base64 is passed over, the end may be missing."""
    try:
        return binascii.a2b_base64(raw)
    except binascii.Error:
        clean = raw.partition(b"=")[0].translate(None, _NOT_BASE64)
        clean = clean[: len(clean) - (len(clean) % 4 == 1)]
        return binascii.a2b_base64(clean + b"=" * (-len(clean) % 4))


def base64_size(raw: bytes) -> int:
    """How many octets `base64_octets` would give, without making them.

    Lines of one length, as programs write them, are taken for lines like the first; all others are looked through.
    """
    text = raw.partition(b"=")[0]
    length = text.find(b"\n") + 1
    lines = len(text) // length if length else 0
    if lines > 1 and text[length - 1 :: length] == b"\n" * lines:
        return (_letters(text[:length]) * lines + _letters(text[lines * length :])) * 3 // 4
    return _letters(text) * 3 // 4


def _letters(text: bytes) -> int:
    return len(text.translate(None, _NOT_BASE64))


@lru_cache(maxsize=512)
def media_type(value: str) -> str | None:
    """The type of a Content-Type value in lower case without parameters; None where it is no type at all."""
    name = value.partition(";")[0].partition("(")[0].strip().lower()
    return name if _MEDIA_TYPE.fullmatch(name) else None


def parameters(value: str) -> Mapping[str, str]:
    """The parameters of a Content-Type or Content-Disposition value, names in lower case, the first of a name winning.

    RFC 2231 continuations and charsets are resolved, encoded words (which have no right to be there) decoded.
    """
    return _remembered(value) if len(value) <= 64 else _parameters(value)


def _parameters(value: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    for name, quoted, bare in _PARAMETER.findall(value):
        text = _QUOTED_PAIR.sub(r"\1", quoted) if "\\" in quoted else quoted or bare.strip()
        base, star, index = name.lower().partition("*")
        if not star:
            found.setdefault(base, text)
        else:
            number = index.rstrip("*")
            if not number or (number.isascii() and number.isdigit() and len(number) < 4):
                pieces.setdefault(base, {}).setdefault(int(number or 0), (name.endswith("*"), text))
    for base, numbered in pieces.items():
        found[base] = _joined([numbered[number] for number in sorted(numbered)])
    return MappingProxyType(found)


_remembered = lru_cache(maxsize=512)(_parameters)


def _joined(segments: list[tuple[bool, str]]) -> str:
    """RFC 2231 section 4.1: charset'language'octets, continued; only marked segments are percent-encoded."""
    encoded, first = segments[0]
    charset = None
    if encoded and first.count("'") >= 2:
        charset, _, rest = first.split("'", 2)
        segments[0] = (True, rest)
    octets = b"".join(
        unquote_to_bytes(text) if marked else text.encode("utf-8", "replace") for marked, text in segments
    )
    return decode(octets, charset or None)[0]
