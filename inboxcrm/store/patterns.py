"""What LIKE is asked, where words of a person are looked for as they stand."""

from __future__ import annotations


def held(words: str) -> str:
    """The pattern of a text that holds these words; to be used with ESCAPE, a backslash."""
    plain = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{plain}%"
