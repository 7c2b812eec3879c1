"""What a rule's condition may ask about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from inboxcrm.domain.message import Message


@dataclass(frozen=True, slots=True)
class Situation:
    """One live mail with what was known when it came: its sender, the office and the verdict.

    `text` is the newly written part of the letter, without quotes. `plan` and `organisation` are "" where there is
    none. `known`: the owner wrote to the sender, imported or confirmed them. `open`, `holiday` and `away` describe the
    office at the time of receipt. `asked` counts how often the sender has asked in this matter, this mail included;
    `exchanges` how many mails people wrote in it before. `slow`: an answer ordinarily takes longer than people expect.
    `urgent`: it is marked so, and the sender's plan gives them a way to the owner after hours.
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
    exchanges: int = 0
    slow: bool = False
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a contact on a day, for what time alone brings about.

    `contact`, `organisation`, `plan` and `language` are as in `Situation`. Of an occasion: its kind, which return it is
    (0 where that is not known) and the owner's note. Of a silence: how long it is and how long gaps usually are, in
    days; `gone`: it is less likely than one in a hundred; `broken`: a promise to them was broken before it.
    """

    contact: str
    organisation: str
    plan: str
    language: str
    kind: str = ""
    number: int = 0
    note: str = ""
    silent_days: float = 0.0
    typical_days: float = 0.0
    gone: bool = False
    broken: bool = False
