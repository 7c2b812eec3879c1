"""Keeps what was said: suggestions from mail on record, the owner's word on them, and the evidence that ends them.

Nothing here stands on the path of an arriving mail: `read_new` runs beside it, a few letters at a time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from inboxcrm.domain import commitments as spoken
from inboxcrm.domain.commitments import Kind, Side, Suggestion
from inboxcrm.domain.due_dates import due_on
from inboxcrm.domain.invoices import carries_invoice
from inboxcrm.domain.quoting import new_text
from inboxcrm.domain.told_occasions import told
from inboxcrm.errors import UserError
from inboxcrm.service import reading_along
from inboxcrm.service.household import Household
from inboxcrm.store import commitments, home
from inboxcrm.store.commitments import DISMISSED, DONE, OPEN, SUGGESTED, CommitmentRow, ReadMail

CURSOR = "commitments_read_to"
LOOKED_BACK = timedelta(days=30)
"""Letters older than this when they are first read suggest nothing: what they promised is over or known."""

AT_ONCE = 10
"""Letters read between two looks at what else the store has to do."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """A suggestion with the day it is due."""

    suggestion: Suggestion
    due_on: date | None


async def read_new(household: Household) -> int:
    """Read the letters that came since the last time; answers how many suggestions they made."""
    since = household.clock.now() - LOOKED_BACK
    return await reading_along.read_new(
        household,
        CURSOR,
        ask=lambda connection, after: commitments.unread(connection, after=after, since=since, limit=AT_ONCE),
        hear=partial(hear, household),
        keep=lambda connection, heard: _keep(connection, heard, now=household.clock.now()),
    )


def hear(household: Household, letter: ReadMail) -> list[_Heard]:
    """What a letter promises or asks for, by the patterns of its language, else of the first language that hears it.

    What somebody will do on their birthday is no commitment.
    """
    words = new_text(letter.text)
    zone = zone_of(letter.timezone, household.config.owner.timezone)
    said_on = letter.received_at.astimezone(zone).date()
    month_first = str(zone).startswith("America/") and letter.language in (None, "en")
    for language in languages(letter.language, household.config.owner.language):
        found = spoken.suggest(words, language)
        if found:
            days = {each.quote for each in told(words, (language,), said_on=said_on)}
            found = [each for each in found if each.kind is not Kind.DEED or each.quote not in days]
            return [
                _Heard(each, due_on(each.quote, language, said_on=said_on, month_first=month_first)) for each in found
            ]
    return []


def languages(known: str | None, owners: str) -> Sequence[str]:
    """In which languages a letter is read: its own where that is known, else the owner's first and then the others."""
    return (known,) if known is not None else tuple(dict.fromkeys((owners, *spoken.LANGUAGES)))


def zone_of(name: str | None, otherwise: ZoneInfo) -> ZoneInfo:
    """The zone a contact's card names, or the owner's."""
    try:
        return otherwise if not name else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return otherwise


def _keep(connection: sqlite3.Connection, heard: Sequence[tuple[ReadMail, list[_Heard]]], *, now: datetime) -> int:
    made = 0
    for letter, found in heard:
        _settle_by(connection, letter, now)
        for each in found:
            made += _suggest(connection, letter, each, now)
    return made


def _suggest(connection: sqlite3.Connection, letter: ReadMail, heard: _Heard, now: datetime) -> bool:
    suggestion = heard.suggestion
    if letter.contact_id is None and letter.matter_id is None:
        return False
    if commitments.was_dismissed(
        connection, contact_id=letter.contact_id, kind=suggestion.kind, quote=suggestion.quote
    ):
        return False
    made = commitments.add(
        connection,
        message_id=letter.id,
        contact_id=letter.contact_id,
        matter_id=letter.matter_id,
        side=spoken.side(suggestion.kind, from_owner=letter.direction == "out"),
        kind=suggestion.kind,
        quote=suggestion.quote,
        detail=suggestion.detail,
        said_at=letter.received_at,
        due_on=heard.due_on,
        state=SUGGESTED,
    )
    if made is not None:
        row = commitments.by_id(connection, made)
        if row is not None:
            _settle_by_invoice(connection, row, now)
    return made is not None


def _settle_by(connection: sqlite3.Connection, letter: ReadMail, now: datetime) -> None:
    """End what this mail is evidence for; where it only may be, note it for the owner to say."""
    if letter.direction == "out" and carries_invoice(letter.subject, letter.attachments):
        for row in commitments.listed(connection, limit=1_000):
            _settle_by_invoice(connection, row, now, by_message=letter.id)
    if letter.matter_id is None or not letter.attachments:
        return
    acting = Side.MINE if letter.direction == "out" else Side.THEIRS
    for row in commitments.live_of_matter(connection, letter.matter_id):
        fits = row.kind in (Kind.DEED, Kind.REQUEST) and row.side == acting
        if fits and row.said_at < letter.received_at and row.message_id != letter.id:
            commitments.note_evidence(connection, row.id, letter.id)


def _settle_by_invoice(
    connection: sqlite3.Connection, row: CommitmentRow, now: datetime, *, by_message: int | None = None
) -> None:
    """An invoice that went to this person or their organisation after they asked for it ends the instruction."""
    if row.side != Side.MINE or row.kind not in (Kind.INVOICE, Kind.ORDER_NUMBER) or not row.live:
        return
    invoice = first_invoice(connection, row.contact_id, row.organisation_id, since=row.said_at, message_id=by_message)
    if invoice is not None:
        commitments.end(connection, row.id, how="an invoice was sent", at=now, evidence_id=invoice.message_id)
        home.journal(connection, "commitment-done", f"commitment {row.id}", {"by": invoice.message_id}, now=now)


def first_invoice(
    connection: sqlite3.Connection,
    contact_id: int | None,
    organisation_id: int | None,
    *,
    since: datetime,
    message_id: int | None = None,
) -> commitments.SentFiles | None:
    """The first mail since then that took something like an invoice to this contact or organisation, or None."""
    sent = commitments.sent_with_files(
        connection, contact_id=contact_id, organisation_id=organisation_id, since=since, message_id=message_id
    )
    return next((each for each in reversed(sent) if carries_invoice(each.subject, each.attachments)), None)


def confirm(household: Household, commitment_id: int, *, until: date | None = None) -> CommitmentRow:
    """The owner agrees that this was meant; `until` is a better day. Raises UserError unless it is a suggestion."""
    now = household.clock.now()
    with household.database.write() as connection:
        row = _of(connection, commitment_id)
        if row.state != SUGGESTED:
            raise UserError(f"commitment {commitment_id} is {row.state} already. See: inboxcrm commitments")
        if until is not None:
            commitments.move(connection, commitment_id, until)
        commitments.decide(connection, commitment_id, OPEN, at=now)
        home.journal(connection, "commitment-confirmed", f"commitment {commitment_id}", {}, now=now)
        return _of(connection, commitment_id)


def dismiss(household: Household, commitment_id: int) -> None:
    """Nothing of the kind was meant, or it no longer matters; the same sentence is not suggested again."""
    now = household.clock.now()
    with household.database.write() as connection:
        row = _of(connection, commitment_id)
        if not row.live:
            raise UserError(f"commitment {commitment_id} is {row.state} already. See: inboxcrm commitments --all")
        commitments.decide(connection, commitment_id, DISMISSED, at=now)
        home.journal(connection, "commitment-dismissed", f"commitment {commitment_id}", {}, now=now)


def done(household: Household, commitment_id: int, *, how: str) -> None:
    """It was done, says the owner; `how` in their words."""
    now = household.clock.now()
    with household.database.write() as connection:
        row = _of(connection, commitment_id)
        if not row.live:
            raise UserError(f"commitment {commitment_id} is {row.state} already. See: inboxcrm commitments --all")
        commitments.end(connection, commitment_id, how=how, at=now)
        home.journal(connection, "commitment-done", f"commitment {commitment_id}", {"how": how}, now=now)


def move(household: Household, commitment_id: int, until: date | None) -> CommitmentRow:
    """Another day was agreed, or none."""
    now = household.clock.now()
    with household.database.write() as connection:
        row = _of(connection, commitment_id)
        if not row.live:
            raise UserError(f"commitment {commitment_id} is {row.state}; only one that is open has a day to move")
        commitments.move(connection, commitment_id, until)
        detail = {"due_on": None if until is None else until.isoformat()}
        home.journal(connection, "commitment-moved", f"commitment {commitment_id}", detail, now=now)
        return _of(connection, commitment_id)


def enter(
    household: Household, contact_id: int, text: str, *, side: Side, kind: Kind, until: date | None
) -> CommitmentRow:
    """Something agreed on the telephone or at a table, by hand: open at once."""
    now = household.clock.now()
    with household.database.write() as connection:
        made = commitments.add(
            connection,
            message_id=None,
            contact_id=contact_id,
            matter_id=None,
            side=side,
            kind=kind,
            quote=text,
            detail="",
            said_at=now,
            due_on=until,
            state=OPEN,
        )
        assert made is not None
        home.journal(connection, "commitment-entered", f"commitment {made}", {"side": side}, now=now)
        return _of(connection, made)


def _of(connection: sqlite3.Connection, commitment_id: int) -> CommitmentRow:
    row = commitments.by_id(connection, commitment_id)
    if row is None:
        raise UserError(f"no commitment {commitment_id}. See: inboxcrm commitments --all")
    return row


def overdue(connection: sqlite3.Connection, today: date) -> list[CommitmentRow]:
    """What should have been done by now, on either side, the longest overdue first."""
    return [row for row in commitments.listed(connection, states=(OPEN,)) if row.overdue(today)]


ENDED = (DONE, DISMISSED)
