"""What a person may say about whose turn it is: wait for a word until a day, wait no longer, close the matter."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from inboxcrm.domain.follow_up import FollowUp
from inboxcrm.errors import UserError
from inboxcrm.service.follow_ups import propose
from inboxcrm.service.household import Household
from inboxcrm.service.meant import message_of
from inboxcrm.store import follow_ups, home, matters, promises, unowed, views
from inboxcrm.store.times import to_text
from inboxcrm.store.views import FollowUpRow


def follow_up_on(household: Household, reference: str, *, at: datetime | None = None) -> FollowUpRow:
    """It is their turn in the matter of this mail: ask after a word at `at`, or on the day that is proposed.

    Raises NotFoundError, or UserError when the mail has no matter, the time has passed, or the owner owes the word.
    """
    now = household.clock.now()
    row_id = message_of(household, reference)
    with household.database.write() as connection:
        matter_id, contact_id, last_at = _matter_of(connection, row_id, reference)
        if at is not None and at <= now:
            when = at.astimezone(household.config.owner.timezone)
            raise UserError(f"{when:%Y-%m-%d %H:%M} is not in the future; give a later time")
        if promises.live_of_matter(connection, matter_id) is not None:
            raise UserError(f"it is your turn: an answer is owed for {reference}. snooze REF puts it off")
        if at is None:
            found = propose(household, connection, contact_id=contact_id, since=last_at, now=now)
            if found.due_at <= now:
                found = propose(household, connection, contact_id=contact_id, since=now, now=now)
        else:
            found = FollowUp(at, "you chose the day")
        follow_ups.begin(
            connection, matter_id, due_at=found.due_at, because=found.because, by_hand=at is not None, now=now
        )
        detail = {"due_at": to_text(found.due_at), "turn": matters.turn(connection, matter_id)}
        matters.set_turn(connection, matter_id, "theirs")
        home.journal(connection, "follow-up", f"matter {matter_id}", detail, now=now)
        row = views.follow_up_of(connection, matter_id)
    if row is None:
        raise UserError(f"there is no mail of a person in the matter of {reference}")
    return row


def drop(household: Household, reference: str) -> None:
    """Wait for no word in the matter of this mail; whose turn it is stays. Raises UserError when no date stood."""
    now = household.clock.now()
    row_id = message_of(household, reference)
    with household.database.write() as connection:
        matter_id, _, _ = _matter_of(connection, row_id, reference)
        if not follow_ups.end(connection, matter_id, "dropped", at=now):
            raise UserError(f"no follow-up date stands for {reference}. See: inboxcrm follow-ups")
        home.journal(connection, "follow-up-dropped", f"matter {matter_id}", {}, now=now)


def close(household: Household, reference: str) -> None:
    """Nobody owes a word in the matter of this mail any more: ends its follow-up date and its "no answer needed?".

    Raises UserError where the owner owes an answer: `done`, `withdraw` or `not needed` say what became of that.
    """
    now = household.clock.now()
    row_id = message_of(household, reference)
    with household.database.write() as connection:
        matter_id, _, _ = _matter_of(connection, row_id, reference)
        if promises.live_of_matter(connection, matter_id) is not None:
            raise UserError(f"an answer is owed for {reference}: inboxcrm withdraw REF if they say that it is settled")
        follow_ups.end(connection, matter_id, "closed", at=now)
        unowed.settle_matter(connection, matter_id, at=now)
        detail = {"turn": matters.turn(connection, matter_id)}
        matters.set_turn(connection, matter_id, "nobody")
        home.journal(connection, "close", f"matter {matter_id}", detail, now=now)


def _matter_of(connection: sqlite3.Connection, row_id: int, reference: str) -> tuple[int, int | None, datetime]:
    """The matter of a message, its contact, and when its last mail of a person came or went."""
    row = views.message(connection, row_id)
    matter = None if row is None or row.matter_id is None else views.matter(connection, row.matter_id)
    if matter is None:
        raise UserError(f"{reference} belongs to no matter: it is mail of a list or a robot")
    return matter.id, matter.contact_id, matter.last_at
