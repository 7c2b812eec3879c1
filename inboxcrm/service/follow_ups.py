"""Their turn: from when on the owner should ask after the word they owe."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from inboxcrm.config import FollowUpStart
from inboxcrm.domain import follow_up
from inboxcrm.domain.follow_up import FollowUp
from inboxcrm.service.household import Household
from inboxcrm.store import follow_ups, matters

LOOKED_BACK = timedelta(days=400)


def propose(
    household: Household, connection: sqlite3.Connection, *, contact_id: int | None, since: datetime, now: datetime
) -> FollowUp:
    """The day on which to ask after a word that was asked for at `since`."""
    waits = (
        follow_ups.waits(connection, contact_id, before=since, since=since - LOOKED_BACK)
        if contact_id is not None
        else []
    )
    calendar = household.calendar(connection, now, plan=None)
    return follow_up.propose(since, waits, calendar, open_days=household.config.follow_up.days)


def after_our_word(
    household: Household,
    connection: sqlite3.Connection,
    *,
    matter_id: int,
    contact_id: int | None,
    text: str,
    at: datetime,
    now: datetime,
) -> None:
    """The owner's mail went out at `at`: it is their turn, and a mail that asks something starts a follow-up date.

    A date the owner chose that is still to come stays; any other begins anew with this mail.
    """
    start = household.config.follow_up.start
    if matters.turn(connection, matter_id) != "theirs" or follow_ups.chosen_ahead(connection, matter_id, now=now):
        return
    if start is FollowUpStart.ALWAYS or (start is FollowUpStart.ASKED and follow_up.asks(text)):
        found = propose(household, connection, contact_id=contact_id, since=at, now=now)
        follow_ups.begin(connection, matter_id, due_at=found.due_at, because=found.because, by_hand=False, now=now)
    else:
        follow_ups.end(connection, matter_id, "replaced", at=now)
