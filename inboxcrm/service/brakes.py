"""Asks whether one more automatic mail may go out, and pulls the brake when there are too many in all."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import datetime

from inboxcrm.domain.plan import AWAY, Silence
from inboxcrm.domain.safety import limits
from inboxcrm.domain.safety.limits import Allowed, Dropped, Tripped
from inboxcrm.domain.text import many
from inboxcrm.service.file import Filing
from inboxcrm.store import home, outbox, outbox_counts
from inboxcrm.store.times import to_text

ALARM = "brake"
MOST_WAITING = 100
"""How many mails the brake holds for approval; a flood beyond it stays silent, so that the queue stays bounded."""


def check(filing: Filing, entry: outbox.Entry) -> outbox.Entry | Silence:
    """The entry as it may be made: as it is, held for approval, or not at all. Same transaction as the entry."""
    connection = filing.connection
    counts = outbox_counts.counts(connection, entry, away_text=AWAY, now=filing.now)
    candidate = limits.Candidate(
        public_domain=filing.household.is_public(entry.recipient_domain),
        away_text=entry.template == AWAY,
        form_lead=entry.form_lead,
        new_stranger=entry.stranger,
    )
    match limits.within(counts, candidate):
        case Dropped(limit, count, cap):
            sent = f"{many(count, 'automatic mail')} {limit.words} already, {cap} allowed ({limit})"
            return Silence(f"{sent}; the promise stands silently")
        case Tripped(limit, count, cap):
            _pull(connection, f"{many(count, 'automatic mail')} {limit.words}, {cap} allowed ({limit})", now=filing.now)
        case Allowed():
            pass
    if home.braked_at(connection) is None:
        return entry
    if outbox_counts.waiting_for_approval(connection) >= MOST_WAITING:
        return Silence("the brake is on, and enough mail waits for approval already")
    return replace(entry, hold=True)


def _pull(connection: sqlite3.Connection, why: str, *, now: datetime) -> None:
    if home.braked_at(connection) is None:
        home.set_value(connection, home.BRAKE, to_text(now))
        home.raise_alarm(connection, ALARM, f"{why}. Mail is held for approval until: inboxcrm resume", now=now)


def lift(connection: sqlite3.Connection, *, now: datetime) -> bool:
    """Let mail flow again; answers whether the brake was on."""
    if home.braked_at(connection) is None:
        return False
    home.set_value(connection, home.BRAKE, None)
    home.clear_alarms(connection, ALARM, now=now)
    return True
