"""What a template may be told, and what each name means (docs/templates.md says the same, name by name)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from inboxcrm.domain import wording
from inboxcrm.domain.expectation import AwayUntil, Expectation
from inboxcrm.domain.office_hours import Away
from inboxcrm.domain.salutation import Form
from inboxcrm.render.languages import FALLBACK

VALUES: Mapping[str, str] = MappingProxyType(
    {
        "due": "The promise in the language of the text, ready to follow a verb. None when no date can be told.",
        "previous_due": "The promise told before, in the same form as `due`. Never None where it is needed.",
        "reason": "One sentence that explains the date: a holiday, the office hours, an absence. None without one.",
        "sender_name": "The name of the person who wrote. None when it is not known or must not be repeated.",
        "owner_name": "The owner's name, for the signature.",
        "phone": "The number to call. None unless the sender's plan allows it and the sender is authenticated.",
        "urgent_word": "The word that marks a mail as urgent. None unless the sender's plan allows it.",
        "call_at": "The time at which a call was asked for. None where it was not said, or not understood.",
        "plan_note": "A sentence of the sender's plan, from its `wording`. None without one in this language.",
        "first_name": "What a contact who is addressed familiarly is called. None for everybody else.",
        "form": "How the contact is addressed: `formal` or `familiar`, as set on the contact. Never None.",
        "day": "The day of the mail that a draft is about, with weekday and month. None in automatic mail.",
    }
)

NOT_ALWAYS = ("reason", "sender_name", "first_name", "phone", "urgent_word", "call_at", "plan_note")
"""The values that are None for somebody: a text has to read well without each of them."""

_RECEIVED_AT = datetime(2026, 2, 26, 16, 58, tzinfo=UTC)
_BEFORE = datetime(2026, 2, 27, 16, 0, tzinfo=UTC)
_DUE_AT = datetime(2026, 3, 3, 16, 0, tzinfo=UTC)
_BACK_AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
_HERE, _THERE = ZoneInfo("Europe/Zurich"), ZoneInfo("America/New_York")


@lru_cache(maxsize=32)
def samples(language: str, form: Form = Form.FORMAL) -> Mapping[str, str]:
    """Invented values in a language and form of address, as long as real ones; in English where we have no words."""
    spoken = wording.spoken(language) or FALLBACK
    away = Away(_RECEIVED_AT - timedelta(days=1), _BACK_AT)
    expectation = Expectation(_RECEIVED_AT, _DUE_AT, _DUE_AT, timedelta(hours=8), (), (AwayUntil(away, _BACK_AT),))
    return MappingProxyType(
        {
            "due": wording.due_phrase(_DUE_AT, spoken, owner_zone=_HERE, sender_zone=_THERE, form=form),
            "previous_due": wording.due_phrase(_BEFORE, spoken, owner_zone=_HERE, sender_zone=_THERE, form=form),
            "reason": wording.reason_phrase(expectation, spoken, owner_zone=_HERE),
            "sender_name": "Bob Builder",
            "owner_name": "Ann Example",
            "phone": "+41 44 555 01 00",
            "urgent_word": "URGENT",
            "plan_note": "Gold: 24/7.",
            "call_at": wording.moment_phrase(_DUE_AT, spoken, owner_zone=_HERE, said_at=_RECEIVED_AT),
            "first_name": "Bob",
            "form": form.value,
            "day": wording.date_phrase(_RECEIVED_AT.date(), spoken, said_on=_DUE_AT.date()),
        }
    )
