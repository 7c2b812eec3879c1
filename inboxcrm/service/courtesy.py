"""Drafts the letter about office hours after the owner helped somebody without a plan while the office was closed.

A courtesy is done once: on the next open day the letter waits for the owner's hand, and a contact is never given a
second one, whatever becomes of the first. It needs a plan to invite to: one with access after hours.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from inboxcrm.domain.office_hours import OfficeCalendar
from inboxcrm.domain.plan import Silence
from inboxcrm.service import drafting, urgent
from inboxcrm.service.household import Household
from inboxcrm.store import contacts, home, outbox_questions, promises
from inboxcrm.store.promises import KeptByMail

TEMPLATE = "after-hours-policy"
LOOKED_BACK = timedelta(days=5)
"""How long ago a mail may have come: a weekend with two holidays, and no more."""


def draft_letters(household: Household, connection: sqlite3.Connection, now: datetime) -> int:
    """Draft what is due while the office is open; answers how many letters were drafted."""
    if not any(urgent.has_access(household, plan) for plan in household.config.plans):
        return 0
    calendar = household.calendar(connection, now, "")
    if not calendar.is_open(now):
        return 0
    return sum(
        _draft(household, connection, kept, now)
        for kept in promises.kept_by_mail(connection, received_since=now - LOOKED_BACK)
        if _helped_while_closed(kept, calendar)
    )


def _helped_while_closed(kept: KeptByMail, calendar: OfficeCalendar) -> bool:
    """Whether mail and answer lie in the same closed time."""
    if calendar.is_open(kept.received_at) or calendar.is_open(kept.answered_at):
        return False
    opens_at = calendar.next_opening(kept.received_at)
    return opens_at is None or kept.answered_at < opens_at


def _draft(household: Household, connection: sqlite3.Connection, kept: KeptByMail, now: datetime) -> bool:
    key = f"{TEMPLATE}:{kept.contact_id}"
    plan = contacts.card(connection, kept.contact_id).plan
    if urgent.has_access(household, plan) or outbox_questions.was_entered(connection, key):
        return False
    about = drafting.about(household, connection, kept.message_id)
    if isinstance(about, Silence):
        return False
    made = drafting.draft(household, connection, about, template=TEMPLATE, dedupe_key=key, now=now)
    if isinstance(made, Silence):
        return False
    home.journal(connection, "courtesy", f"contact {kept.contact_id}", {"item": made}, now=now)
    return True
