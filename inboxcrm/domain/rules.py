"""Which rules speak for this message, and because of what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from inboxcrm.domain.message import Message


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


@dataclass(frozen=True, slots=True)
class Situation:
    """What a rule's condition may ask about: the message, its sender, the office and the verdict.

    `text` is the newly written part of the letter, without quotes. `plan` and `organisation` are "" where there is
    none. `known`: the owner wrote to the sender, imported or confirmed them. `open`, `holiday` and `away` describe the
    office at the time of receipt. `asked` counts how often the sender has asked in this matter, this mail included.
    """

    message: Message
    text: str
    language: str
    outcome: str
    mail_class: str
    authenticated: bool
    contact: str
    known: bool
    organisation: str
    plan: str
    asked: int
    open: bool
    holiday: str
    away: bool
    received_at: datetime
