"""How a contact is called and addressed: formally, or familiarly by the first name."""

from __future__ import annotations

import re
from enum import StrEnum


class Form(StrEnum):
    """The forms of address of languages that have two, such as Sie and du."""

    FORMAL = "formal"
    FAMILIAR = "familiar"


_TITLES = frozenset(
    ("dr", "prof", "mr", "mrs", "ms", "herr", "frau", "madame", "monsieur", "mme", "sig", "sra", "sr", "ing", "mag")
)
_CHARACTERS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def first_name(name: str) -> str | None:
    """The given name in a name as people write it; None where it cannot be told.

    "Builder, Bob" is turned round. A name in characters has the family name first: the part behind the space is given.
    """
    if _CHARACTERS.search(name):
        parts = name.split()
        return parts[1] if len(parts) == 2 else None
    _, comma, given = name.partition(",")
    words = [word for word in (given if comma else name).split() if word.strip(".").lower() not in _TITLES]
    if not words or "@" in name or not words[0][0].isalpha() or words[0].endswith("."):
        return None
    return words[0]
