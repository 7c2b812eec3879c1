"""How a submission server may behave badly, step by step."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class Step(StrEnum):
    """Where in the dialogue a mood shows.

    DATA is the answer to the command (354), BODY the time while the letter flows, FINAL the answer after the lone dot.
    """

    CONNECT = "connect"
    EHLO = "ehlo"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    FINAL = "final"


class Cut(StrEnum):
    """When the connection is cut: instead of the answer, or right after it."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(slots=True)
class Mood:
    """One misbehaviour at one step.

    - `recipient`: only when the mail goes to this address (from RCPT on); None: for everybody.
    - `reply`: said instead of the usual answer; text gets its line end, bytes go out as they are.
    - `delay`: waited before anything is said.
    - `cut`: hang up; with `reset` by RST, else by FIN. At BODY the connection ends after `octets` of the letter.
    - `stall`: say nothing more and keep the connection open, until `over` is set.
    - `keeps`: at FINAL, whether a mail whose answer is replaced or cut away was accepted all the same.
    - `times`: how often it shows before it wears off; None: always.
    - `met`: set as soon as it shows; at BODY once the octets have come, at FINAL once a mail that `keeps` was accepted.
    """

    step: Step
    recipient: str | None = None
    reply: str | bytes | None = None
    delay: timedelta = timedelta(0)
    cut: Cut | None = None
    reset: bool = True
    octets: int = 0
    stall: bool = False
    keeps: bool = False
    times: int | None = None
    met: asyncio.Event = field(default_factory=asyncio.Event, compare=False, repr=False)
    over: asyncio.Event = field(default_factory=asyncio.Event, compare=False, repr=False)

    def matches(self, step: Step, recipients: list[str]) -> bool:
        """Whether it shows at this step of a mail to these recipients."""
        if step is not self.step or self.times == 0:
            return False
        return self.recipient is None or self.recipient.lower() in (address.lower() for address in recipients)

    def wear(self) -> None:
        """It has shown once more."""
        if self.times is not None:
            self.times -= 1
