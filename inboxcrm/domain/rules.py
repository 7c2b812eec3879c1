"""Which rules speak for this message, and because of what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Match:
    """One rule that met the message: its name and the condition that held."""

    rule: str
    because: str


@dataclass(frozen=True, slots=True)
class Word:
    """What the rules that met a message say together. A rule can make the machine quieter, never louder.

    `acknowledge`: the template of the first rule that names one. `hold`: a person must approve. `quiet`: no
    acknowledgement. `no_promise`: no answer is owed. `target`: open office time instead of the plan's.
    """

    matches: tuple[Match, ...] = ()
    acknowledge: str | None = None
    hold: bool = False
    quiet: bool = False
    no_promise: bool = False
    target: timedelta | None = None
    tags: tuple[str, ...] = ()
