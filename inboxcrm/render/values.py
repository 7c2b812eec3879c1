"""What a template may be told, and what each name means (docs/templates.md says the same, name by name)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

VALUES: Mapping[str, str] = MappingProxyType(
    {
        "due": "The promise in the language of the text, ready to follow a verb. None when no date can be told.",
        "previous_due": "The promise told before, in the same form as `due`. Never None where it is needed.",
        "reason": "One sentence that explains the date: a holiday, the office hours, an absence. None without one.",
        "sender_name": "The name of the person who wrote. None when it is not known or must not be repeated.",
        "owner_name": "The owner's name, for the signature.",
        "phone": "The number to call. None unless the sender's plan allows it and the sender is authenticated.",
        "urgent_word": "The word that marks a mail as urgent. None unless the sender's plan allows it.",
    }
)

SAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "due": "by the end of Tuesday 3 March 2026, 17:00 Zurich, 11:00 your time",
        "previous_due": "by the end of Friday 27 February 2026, 17:00 Zurich, 11:00 your time",
        "reason": "I am away and will be back on Monday 2 March 2026.",
        "sender_name": "Bob Builder",
        "owner_name": "Ann Example",
        "phone": "+41 44 555 01 00",
        "urgent_word": "URGENT",
    }
)
"""Invented values, as long as real ones are, by which the lint measures a template."""
