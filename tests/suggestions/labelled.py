"""The labelled sentences, and which half each belongs to: one to write patterns with, one to measure them on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).parent / "labelled"
FAMILIES = ("germanic", "romance", "japanese")


class Half(StrEnum):
    """What a text may be used for."""

    TUNING = "tuning"
    HELD_OUT = "held-out"


@dataclass(frozen=True, slots=True)
class Labelled:
    """One text of a language; `kind` is the commitment in it, None for a near miss, whose reason is `why`."""

    family: str
    language: str
    kind: str | None
    why: str
    text: str

    @property
    def half(self) -> Half:
        """By the hash of the text alone, so that nobody chose."""
        return Half.HELD_OUT if sha256(self.text.encode()).digest()[0] & 1 else Half.TUNING


@cache
def sentences() -> tuple[Labelled, ...]:
    """Every labelled text, in the order of the files."""
    return tuple(
        _labelled(family, line)
        for family in FAMILIES
        for line in (FOLDER / f"{family}.txt").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    )


def _labelled(family: str, line: str) -> Labelled:
    language, label, text = line.split("|", 2)
    near_miss = label.startswith("no:")
    kind, why = (None, label.removeprefix("no:")) if near_miss else (label, "")
    return Labelled(family, language, kind, why, text.replace("\\n", "\n"))
