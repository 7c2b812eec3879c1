"""The account of give and take: proposed from the owner's letters after they are on record, corrected by the owner."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from inboxcrm.domain import touches as account
from inboxcrm.domain.commitments import LANGUAGES
from inboxcrm.domain.invoices import carries_invoice
from inboxcrm.domain.quoting import fresh_subject, new_text
from inboxcrm.domain.touches import Class, Proposal
from inboxcrm.errors import UserError
from inboxcrm.service import meant, reading_along
from inboxcrm.service.household import Household
from inboxcrm.store import home, touches, views
from inboxcrm.store.touches import OwnLetter, TouchRow

CURSOR = "touches_read_to"
LOOKED_BACK = timedelta(days=540)
"""Letters older than three half-lives weigh an eighth and are left out."""

AT_ONCE = 20


async def class_new(household: Household) -> int:
    """Class the owner's letters that came since the last time; answers how many."""
    since = household.clock.now() - LOOKED_BACK
    return await reading_along.read_new(
        household,
        CURSOR,
        ask=lambda connection, after: touches.unclassed(connection, after=after, since=since, limit=AT_ONCE),
        hear=partial(propose, household),
        keep=_keep,
    )


def propose(household: Household, letter: OwnLetter) -> Proposal:
    """What a letter of the owner's seems to be."""
    owners = household.config.owner.language
    files = [(each["name"] or "", each["type"] or "") for each in json.loads(letter.attachments)]
    return account.propose(
        f"{fresh_subject(letter.subject)}\n{new_text(letter.text)}",
        (letter.language,) if letter.language else tuple(dict.fromkeys((owners, *LANGUAGES))),
        answers=letter.answers,
        early=letter.early,
        invoice=carries_invoice(letter.subject, files),
    )


def _keep(connection: sqlite3.Connection, proposed: Sequence[tuple[OwnLetter, Proposal]]) -> int:
    for letter, each in proposed:
        touches.add(
            connection,
            contact_id=letter.contact_id,
            at=letter.at,
            kind=each.kind,
            because=each.because,
            message_id=letter.id,
        )
    return len(proposed)


def correct(household: Household, reference: str, kind: Class) -> TouchRow:
    """The owner says what a letter was. Raises UserError for a mail that is not theirs."""
    now = household.clock.now()
    row_id = meant.message_of(household, reference)
    with household.database.write() as connection:
        row = views.message(connection, row_id)
        assert row is not None
        if row.direction != "out" or row.contact_id is None:
            raise UserError(f"{reference} is no letter of yours to a contact; only those give or take")
        touches.add(connection, contact_id=row.contact_id, at=row.received_at, kind=kind, because="", message_id=row_id)
        touch = touches.of_message(connection, row_id)
        assert touch is not None
        touches.correct(connection, touch.id, kind, now=now)
        home.journal(connection, "touch", f"message {row_id}", {"kind": kind}, now=now)
    return touch


def balance(connection: sqlite3.Connection, contact_id: int, *, now: datetime) -> float:
    """What was given to a contact less what was taken, old touches counting less."""
    return account.balance(touches.account(connection, contact_id), now)
