"""Does a letter of the owner's give or take, and how does the account with a contact stand?

Give: an answer, unasked help, an introduction, congratulations. Take: a reminder of payment, an offer, a deadline, a
request for a referral or a review. Neutral: logistics, and invoices. Proposed from the words, corrected by the owner.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from inboxcrm.domain.patterns import compiled, meets
from inboxcrm.domain.sentences import fold

HALF_LIFE = timedelta(days=180)
"""After this time a touch counts half: people forget, in both directions."""

LONGEST = 20_000


class Class(StrEnum):
    """What a touch is to the one who is touched."""

    GIVE = "give"
    TAKE = "take"
    NEUTRAL = "neutral"


WEIGHT: Mapping[Class, int] = {Class.GIVE: 1, Class.TAKE: -1, Class.NEUTRAL: 0}


@dataclass(frozen=True, slots=True)
class Touch:
    """One touch in the account, when it was."""

    at: datetime
    kind: Class


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a letter seems to be, and why in a few words."""

    kind: Class
    because: str


def propose(
    words: str, languages: Sequence[str], *, answers: bool = False, early: bool = False, invoice: bool = False
) -> Proposal:
    """What an outgoing letter is, from its subject and new text; the languages are tried in order.

    `answers`: it kept a promise, `early` well before it was due; `invoice`: it carries one, which never counts.
    """
    if invoice:
        return Proposal(Class.NEUTRAL, "an invoice")
    folded = fold(words[:LONGEST])
    spoken = [_phrases()[language] for language in languages if language in _phrases()]
    if any(meets(each["take"], folded) for each in spoken):
        return Proposal(Class.TAKE, "its words ask for something")
    if any(meets(each["give"], folded) for each in spoken):
        return Proposal(Class.GIVE, "its words give something")
    if answers:
        return Proposal(Class.GIVE, "an answer, earlier than promised" if early else "an answer")
    return Proposal(Class.NEUTRAL, "neither asked nor given")


def balance(touches: Iterable[Touch], now: datetime) -> float:
    """What was given less what was taken, each halved every `HALF_LIFE`."""
    return sum(WEIGHT[each.kind] * float(0.5 ** (max(now - each.at, timedelta(0)) / HALF_LIFE)) for each in touches)


def second_in_a_row(touches: Iterable[Touch]) -> bool:
    """Whether another take would be the second in a row, logistics not counted."""
    last = max((each for each in touches if each.kind is not Class.NEUTRAL), key=lambda each: each.at, default=None)
    return last is not None and last.kind is Class.TAKE


@cache
def _phrases() -> Mapping[str, Mapping[str, Sequence[Any]]]:
    source = resources.files("inboxcrm.domain").joinpath("data/touches.toml").read_text("utf-8")
    return {
        language: {kind: compiled(patterns, {}) for kind, patterns in table.items()}
        for language, table in tomllib.loads(source).items()
    }
