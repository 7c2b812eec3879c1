"""What characters do these bytes stand for, whatever their label says?"""

from __future__ import annotations

from encodings.aliases import aliases
from functools import lru_cache

_CODECS = (
    "ascii utf_8 utf_8_sig utf_16 utf_16_le utf_16_be utf_32 utf_32_le utf_32_be latin_1 iso8859_1 iso8859_2 iso8859_3"
    " iso8859_4 iso8859_5 iso8859_6 iso8859_7 iso8859_8 iso8859_9 iso8859_10 iso8859_11 iso8859_13 iso8859_14"
    " iso8859_15 iso8859_16 cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp437 cp850 cp852 cp855"
    " cp866 cp874 koi8_r koi8_u koi8_t mac_roman mac_cyrillic gb2312 gbk gb18030 hz big5 big5hkscs cp950 shift_jis"
    " cp932 euc_jp euc_jis_2004 iso2022_jp iso2022_jp_1 iso2022_jp_2 iso2022_jp_ext iso2022_kr euc_kr cp949 johab"
    " tis_620 ptcp154"
)
_ALLOWED = frozenset(_CODECS.split())
"""Codecs of characters. No UTF-7 (hides markup), no byte transformations (bombs), nothing found by importing a name."""

_WIDER = {
    "ascii": "cp1252",
    "latin_1": "cp1252",
    "iso8859_1": "cp1252",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "tis_620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "iso2022_jp": "iso2022_jp_ext",
}
"""Labels that writers use for a superset (WHATWG Encoding section 4.2)."""

_OWN_ALIASES = {
    "utf8mb4": "utf_8",
    "unicode_1_1_utf_8": "utf_8",
    "x_sjis": "cp932",
    "x_mac_roman": "mac_roman",
    "x_gbk": "gb18030",
    "ansi": "cp1252",
    "default": "utf_8",
    "x_unknown": "utf_8",
    "unknown_8bit": "utf_8",
    "iso_8859_8_i": "iso8859_8",
    "cp_850": "cp850",
    "windows_31j": "cp932",
}


@lru_cache(maxsize=256)
def codec(label: str) -> str | None:
    """The codec a charset label names, or None where it names none that shows characters."""
    name = label.strip(" \t\"'").lower().replace("-", "_").replace(" ", "_").replace(":", "_")
    if len(name) > 40:
        return None
    name = _OWN_ALIASES.get(name) or aliases.get(name) or name
    if name in _ALLOWED:
        return name
    squeezed = name.replace("iso_8859", "iso8859")
    return squeezed if squeezed in _ALLOWED else None


def decode(raw: bytes, label: str | None) -> tuple[str, str | None]:
    """The characters, and the defect met: "charset-unknown" or "charset-mismatch". Never raises.

    Bytes that are UTF-8 are read as UTF-8 even if the label says a Western single-byte set: by chance they never are.
    """
    name = codec(label) if label else "utf_8"
    defect = None if name else "charset-unknown"
    if raw.isascii() and (name is None or not name.startswith(("utf_16", "utf_32", "iso2022", "hz"))):
        return raw.decode("ascii"), defect
    name = name or "utf_8"
    if name in ("utf_16", "utf_32"):
        name = _endian(raw, name)
    wide = _WIDER.get(name, name)
    if wide in ("cp1252", "utf_8"):
        return _western(raw, name, defect)
    try:
        return raw.decode(wide), defect
    except UnicodeDecodeError:
        return raw.decode(wide, "replace"), defect or "charset-mismatch"


def _western(raw: bytes, name: str, defect: str | None) -> tuple[str, str | None]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "replace")
    else:
        return text, defect if name.startswith("utf_8") else defect or "charset-mismatch"
    wrong = name.startswith("utf_8") or name == "ascii"
    beyond_ascii = len(raw) - len(raw.decode("ascii", "ignore"))
    if name.startswith("utf_8") and text.count("\ufffd") * 4 < beyond_ascii:
        return text, defect or "charset-mismatch"
    return raw.decode("cp1252", "replace"), (defect or "charset-mismatch") if wrong else defect


def _endian(raw: bytes, name: str) -> str:
    """UTF-16 or -32 with its byte order: the mark's, else where the zeros are; RFC 2781 section 4.3 says big-endian."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or raw[:4] == b"\x00\x00\xfe\xff":
        return name
    sample = raw[:2048]
    return f"{name}_le" if sample[1::2].count(0) > sample[0::2].count(0) else f"{name}_be"
