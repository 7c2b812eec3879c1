"""What of other people's text may stand in a mail of ours: one line, visible, of bounded length.

Stricter than what may be shown: whatever steers a reader or a parser instead of being read goes, by Unicode category
and not by a list of known tricks (line breaks of every kind, controls, direction overrides, zero-width characters,
lone surrogates, invisible fillers, heaps of combining marks).
"""

from __future__ import annotations

import re
import unicodedata

from inboxcrm.domain.text import cap_marks, cut, storable

SUBJECT_LENGTH = 150
NAME_LENGTH = 64
VALUE_LENGTH = 500

_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc")
"""Characters that Unicode counts as letters, marks or symbols and that no font shows."""

_BREAKING = frozenset(("Cc", "Zl", "Zp"))
_HIDDEN = frozenset(("Cf", "Cs", "Co"))
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_ADDRESS_OR_LINK = re.compile(r"@|://|\bwww\.", re.IGNORECASE)


def one_line(text: str, length: int) -> str:
    """`text` as one visible line of at most `length` characters, NFC; an ellipsis marks a cut between two letters."""
    text = text[: length * 8]
    if not (text.isascii() and text.isprintable()):
        text = cap_marks("".join(_kept(character) for character in unicodedata.normalize("NFC", text)))
    text = " ".join(text.split())
    return text if len(text) <= length else cut(text, length - 1).rstrip() + "…"


def _kept(character: str) -> str:
    category = unicodedata.category(character)
    if category in _BREAKING:
        return " "
    return "" if category in _HIDDEN or character in _INVISIBLE else character


def unsafe_characters(text: str) -> str:
    """The characters of `text` that `one_line` would not have let through: the last check before sending."""
    if text.isascii() and text.isprintable():
        return ""
    return "".join(character for character in text if _kept(character) != character)


def clean_subject(text: str) -> str:
    """A subject that may stand in ours; empty when nothing visible is left."""
    return one_line(text, SUBJECT_LENGTH)


def clean_name(text: str) -> str:
    """A display name that may stand in To or in a salutation; empty when it is none.

    What holds an address or a link is not a name but a message: an advertisement that our mail would carry.
    """
    name = one_line(text, NAME_LENGTH).strip("\"'\\ ")
    return "" if _ADDRESS_OR_LINK.search(name) else name


def letter(text: str) -> str:
    """A person's own text, laid out as they wrote it, without what no keyboard writes; ends in one line feed."""
    return _CONTROLS.sub("", storable(text)).rstrip("\n") + "\n"
