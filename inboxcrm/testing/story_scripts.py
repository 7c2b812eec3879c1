"""What people in the demo's story say: conversations written by hand, with slots for what differs.

The files `data/letters.LANG.txt` hold one conversation after another:

    === tags                    what it is about and how people address each other
    subject: ...
    --- them [later]            a letter of the client; `later` puts it behind the meeting the others speak of
    body, one paragraph a line
    attach: pdf                 the letter carries a small PDF, or with `ics` the meeting for a calendar
    --- us [later]              the owner's answer

`{slot}` is replaced by a value of the thread (see story_words.py), `[one|another]` by one of its variants. Tags: `du`
and `sie` (German address), `project` or `private`, `open` for a conversation the owner has yet to answer, `money` for
one about an invoice. Salutation and closing are not written in the files; they follow from who writes to whom.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from random import Random

_VARIANTS = re.compile(r"\[([^][|]*(?:\|[^][|]*)+)\]")


@dataclass(frozen=True, slots=True)
class Line:
    """One letter of a conversation before its slots are filled."""

    ours: bool
    later: bool
    body: str
    attached: str


@dataclass(frozen=True, slots=True)
class Script:
    """One conversation before its slots are filled."""

    language: str
    tags: frozenset[str]
    subject: str
    lines: tuple[Line, ...]


@lru_cache(maxsize=8)
def scripts(language: str) -> tuple[Script, ...]:
    """Every conversation of a language ("de", "en", "es", "fr")."""
    return tuple(_script(language, block) for block in blocks(f"letters.{language}.txt"))


@lru_cache(maxsize=1)
def scenes() -> tuple[Script, ...]:
    """The mails of the demo's day, tagged "day", "evening", "stranger" and "forger"."""
    found = []
    for block in blocks("scenes.txt"):
        language = "de" if block[0] in {"evening", "stranger"} else "en"
        found.append(_script(language, block))
    return tuple(found)


@lru_cache(maxsize=16)
def blocks(name: str) -> tuple[tuple[str, str], ...]:
    """The sections of a data file: what stands behind `===`, and the text below it."""
    text = files("inboxcrm.testing").joinpath(f"data/{name}").read_text("utf-8")
    found = []
    for section in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        head, _, body = section.partition("\n")
        found.append((head.strip(), body.strip()))
    return tuple(found)


def fill(text: str, slots: Mapping[str, str], random: Random) -> str:
    """Choose among the variants, then put the values in their slots."""
    chosen = _VARIANTS.sub(lambda match: random.choice(match.group(1).split("|")), text)
    return chosen.format_map(slots)


def _script(language: str, block: tuple[str, str]) -> Script:
    tags, text = block
    head, *letters = re.split(r"^--- ", text, flags=re.MULTILINE)
    return Script(
        language,
        frozenset(tags.split()),
        head.strip().removeprefix("subject: "),
        tuple(_line(letter) for letter in letters),
    )


def _line(text: str) -> Line:
    head, _, body = text.partition("\n")
    body = body.strip()
    body, _, attached = body.partition("\nattach: ")
    return Line(head.startswith("us"), "later" in head, body.strip(), attached)
