"""Does the letter itself say that its writer is away? Read of its words, for responders that leave no mark.

No sentence tells a responder from a person who mentions a holiday: what does is that such a letter says several things
of a few kinds (gone, until when, whom to ask meanwhile, what becomes of the mail), asks nothing and names nobody.
"""

from __future__ import annotations

from inboxcrm.domain.safety.facts import Facts
from inboxcrm.domain.safety.phrases import text_names

FIRST_WORDS = 700
"""Characters of own words in which a responder says its errand."""

_BESIDES = ("away.until", "away.meanwhile", "away.mail")


def says_away(facts: Facts) -> str:
    """What gives it away, or ""; a letter to me in person must say more than another."""
    words = facts.own_words[:FIRST_WORDS]
    absent = text_names(facts.opening, "away.absent")
    if not absent:
        return ""
    besides = [said for signs in _BESIDES if (said := text_names(words, signs))]
    return f"{absent}; {besides[0]}" if len(besides) >= (2 if to_me_in_person(facts) else 1) else ""


def to_me_in_person(facts: Facts) -> bool:
    """Whether it greets me by name and asks for something or hands something over."""
    return facts.greets_me and bool(text_names(facts.own_words[:FIRST_WORDS], "away.request"))
