"""How a sender marks a mail as urgent: a word in the subject, a header of their program, or a tag on the address."""

from __future__ import annotations

import re
from collections.abc import Callable

from inboxcrm.domain.message import Message

TAG = "urgent"
"""ann+urgent@example.org reaches ann@example.org, and says it in the address."""

_WORD = re.compile(
    r"""
    (?P<not>\b(?:not|non|no|isn['’]t|nicht|kein\w*|pas|n['’]est\spas|não|nao|niet|geen|weniger|less|moins)\b
      [\s-]+(?:\w+[\s-]+)?)?
    (?P<word>\b(?:urgent(?:e|es|i|ly)?|urgentissimo|dringend(?:e[rs]?)?|eilt|eilig|spoed|emergency|notfall)\b
      |緊急|至急)
    (?P<later>[\sではー]*(?:ない|ありません))?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_LONGEST_SUBJECT = 1_000

_HEADERS: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("x-priority", lambda value: value.startswith("1")),
    ("importance", lambda value: value.startswith("high")),
    ("priority", lambda value: value.startswith("urgent")),
    ("x-msmail-priority", lambda value: value.startswith("high")),
)
"""RFC 2156 section 5.3.4 and 5.3.6 (Importance, Priority); X-Priority and X-MSMail-Priority are usage."""


def mark(message: Message, *, is_own: Callable[[str], bool]) -> str | None:
    """By what the mail is marked, in words for the owner; None where it is not.

    `is_own` tells whether an address key is the owner's. Programs set the headers at a click, so a mark alone means
    little: who may ring the owner is for the plan to say.
    """
    for found in _WORD.finditer(message.subject[:_LONGEST_SUBJECT]):
        if not found["not"] and not found["later"]:
            return f'"{found["word"]}" in the subject'
    for name, says in _HEADERS:
        if any(says(value.strip().lower()) for value in message.all(name)):
            return f"the header {name.title()}"
    for recipient in message.recipients:
        if recipient.local.partition("+")[2] == TAG and is_own(recipient.key):
            return f"the address {recipient.key}"
    return None
