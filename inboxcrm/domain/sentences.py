"""The sentences of a letter, each with a copy that patterns can be matched against.

Letters are wrapped at some column, so a line's end ends a sentence only where the line is short, and a point ends none
behind a number, a single letter or a known abbreviation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 600
"""Characters of a sentence that are looked at; longer ones are no sentences."""

WRAPPED = 50
"""A line at least this long was broken by the width, not by the writer."""

_TYPED = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "–": "-", "—": "-",
                        "\u00a0": " ", "\u202f": " ", "ß": "s", "æ": "a", "œ": "o", "ø": "o", "ı": "i"})  # fmt: skip
_BULLET = re.compile(r"\s{0,20}(?:[-*•·–]|\d{1,2}[.)])\s")
_END = re.compile(r"[.!?…。！？]+[\"')»”]*(?:\s+|$)|(?<=[。！？])")
_ABBREVIATION = re.compile(
    r"(?:\w{0,12}nr|\b(?:no|nos|mr|mrs|ms|dr|st|etc|e\.g|i\.e|z\.b|d\.h|bzw|ca|evtl|ggf|inkl|str|sr|sra|sig|mme|m"
    r"|n|art|p|pp|vs|approx|dhr|mevr|prof|seg|ter|qua|qui|sex|lun|mar|mer|jeu|ven|tel)|\b[A-Za-zÀ-ÿ]|(?<![\w-])\d{1,2}|º)\.$",
    re.IGNORECASE,
)
_QUOTED = re.compile(r'"[^"]{2,400}"')


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence as it was written, and its folded copy: small letters, plain quotes, no accents on Latin letters."""

    text: str
    folded: str

    @property
    def asks(self) -> bool:
        """Whether it ends as a question."""
        return self.text.rstrip(" )\"'»”").endswith(("?", "？")) or self.text.rstrip().endswith(("か。", "か"))


def fold(text: str) -> str:
    """Small letters, plain quotes and blanks, no accents on Latin letters, no full-width Latin; as long as before."""
    if text.isascii():
        return text.lower()
    return "".join(map(_folded, text.translate(_TYPED)))


def _folded(char: str) -> str:
    if char.isascii():
        return char.lower()
    base = unicodedata.normalize("NFKD", char)[0]
    return base.lower() if base.isascii() else (char.lower() if len(char.lower()) == 1 else char)


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of new (unquoted) text, in order; what stands in quotation marks is blanked in the folded copy."""
    for block in _blocks(text):
        for written in _split(block):
            bare = written.strip()
            if bare:
                kept = bare[:LONGEST]
                yield Sentence(kept, _QUOTED.sub(lambda match: " " * len(match[0]), fold(kept)))


def _blocks(text: str) -> Iterator[str]:
    """Lines put together again where only the width of the page parted them."""
    block: list[str] = []
    for line in text.split("\n"):
        broken = block and (len(block[-1]) < WRAPPED or not line.strip() or _BULLET.match(line))
        if broken:
            yield " ".join(block)
            block = []
        if line.strip():
            block.append(line.strip())
    if block:
        yield " ".join(block)


def _split(block: str) -> Iterator[str]:
    start = 0
    for match in _END.finditer(block):
        end = match.end()
        before, behind = block[start:end].rstrip(), block[end : end + 1]
        if before.endswith(".") and (behind.islower() or _ABBREVIATION.search(before[-12:])) and behind:
            continue
        yield block[start:end]
        start = end
    yield block[start:]
