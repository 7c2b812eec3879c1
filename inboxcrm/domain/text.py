"""How text that strangers wrote is made safe to store, to show and to cut."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MARKS_PER_BASE = 4
"""Combining marks kept on one character: enough for every living script, too few for a flood."""

LONGEST_LINE = 4_000
"""Characters of one line that `visible` shows before it breaks the line."""

_REMOVED = (
    "\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e0fff"
)
"""Zero-width, direction, annotation, variation and tag characters: nothing a reader misses, much a forger uses."""

_INVISIBLE = re.compile(f"[{_REMOVED}]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SUSPECT = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff{_REMOVED}]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_LONG_LINE = re.compile(rf"[^\n]{{{LONGEST_LINE}}}(?=[^\n])")


def storable(text: str) -> str:
    """The text with LF line ends, without NUL and lone surrogates: UTF-8 can encode it, SQLite can bind it."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\x00" in text:
        text = text.replace("\x00", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", text)
    return text


def visible(text: str) -> str:
    """The one choke point before a terminal: what is left can move no cursor, turn no line and hide nothing.

    Control characters but LF and TAB become their pictures (U+2400 block, U+FFFD for C1), direction and zero-width
    characters go, marks are capped per base and endless lines are broken.
    """
    text = text.replace("\r\n", "\n")
    if _SUSPECT.search(text):
        text = text.replace("\u2028", "\n").replace("\u2029", "\n")
        text = _INVISIBLE.sub("", text)
        text = _CONTROL.sub(_picture, text)
        text = _SURROGATE.sub("\ufffd", text)
    text = cap_marks(text)
    return _LONG_LINE.sub(r"\g<0>" + "\n", text) if len(text) > LONGEST_LINE else text


def plain(text: str, limit: int) -> str:
    """One line without control, direction and zero-width characters: names, subjects, file names, as we keep them."""
    text = text[: limit * 8]
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()[:limit]
    if not text.isascii():
        text = cap_marks(_SURROGATE.sub("\ufffd", _INVISIBLE.sub("", text)))
    return cut(_SPACES.sub(" ", text).strip(), limit)


def one_line(text: str, limit: int) -> str:
    """Visible text on one line of at most `limit` characters, with an ellipsis where it was longer."""
    if len(text) <= min(limit, LONGEST_LINE) and text.isascii() and text.isprintable():
        return " ".join(text.split())
    text = text[: limit * 8]
    for length in (limit * 2, limit * 8):
        looked_at = text[: length + (text[length - 1 : length + 1] == "\r\n")]  # never between the two
        shown = " ".join((looked_at if _harmless(looked_at) else visible(looked_at)).split())
        if len(shown) > limit:
            return cut(shown, max(limit - 1, 0)).rstrip() + "…"
    return shown


def many(number: int, one: str, several: str | None = None) -> str:
    """A number with its noun: `1 mail`, `2 mails`, `1,200 people`."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def _harmless(text: str) -> bool:
    """Whether `visible` would leave a text as it is, but for its line ends; a quick look that knows Western letters."""
    if len(text) > LONGEST_LINE or not text.replace("\n", " ").replace("\t", " ").isprintable():
        return False  # Python counts U+00AD and the controls as not printable
    try:
        text.encode("latin-1")  # no marks and nothing that is invisible beyond U+00AD
    except UnicodeEncodeError:
        return False
    return True


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, never between a base and its marks or inside a joined emoji (UAX 29, roughly)."""
    if len(text) <= limit:
        return text
    end = limit
    while end > max(0, limit - 32) and _continues(text, end):
        end -= 1
    return text[:end]


def cap_marks(text: str) -> str:
    """The text with at most `MARKS_PER_BASE` combining marks in a row."""
    return text if text.isascii() else _mark_flood().sub(r"\1", text)


def _picture(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


def _continues(text: str, at: int) -> bool:
    """Whether the character at `at` belongs to the one before it."""
    char, before = text[at], text[at - 1]
    if char.isascii() and before != "\u200d":
        return False
    if before == "\u200d" or char in "\u200d\ufe0e\ufe0f" or "\U0001f3fb" <= char <= "\U0001f3ff":
        return True
    if unicodedata.category(char)[0] == "M":
        return True
    return _regional(char) and _regional(before) and _regionals_before(text, at) % 2 == 1


def _regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _regionals_before(text: str, at: int) -> int:
    """How many regional indicators stand in a row before `at`, looking back 32 at most."""
    count = 0
    while count < 32 and at - count > 0 and _regional(text[at - count - 1]):
        count += 1
    return count


@lru_cache(maxsize=1)
def _mark_flood() -> re.Pattern[str]:
    """Matches a run of non-spacing marks that is too long; the class is taken from the Unicode tables once."""
    marks: list[str] = []
    start = None
    for code in range(0x300, 0x1F000):
        if unicodedata.category(chr(code)) in ("Mn", "Me"):
            start = code if start is None else start
        elif start is not None:
            marks.append(f"{chr(start)}-{chr(code - 1)}")
            start = None
    return re.compile(f"([{''.join(marks)}]{{{MARKS_PER_BASE}}})[{''.join(marks)}]+")
