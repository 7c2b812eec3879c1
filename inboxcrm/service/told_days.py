"""Suggests the days that people mention in their letters, and keeps those of which the owner says that they were meant.

Nothing here stands on the path of an arriving mail: `read_new` runs beside it, a few letters at a time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import timedelta

from inboxcrm.domain import told_occasions as spoken
from inboxcrm.domain.occasions import Kind, LeapDay, Occasion
from inboxcrm.domain.quoting import new_text
from inboxcrm.domain.told_occasions import Told
from inboxcrm.errors import UserError
from inboxcrm.service import keeping, reading_along
from inboxcrm.service.commitments import languages, zone_of
from inboxcrm.service.household import Household
from inboxcrm.store import commitments, home, told_occasions
from inboxcrm.store.commitments import ReadMail
from inboxcrm.store.occasions import OccasionRow
from inboxcrm.store.told_occasions import DISMISSED, KEPT, SUGGESTED, ToldRow

CURSOR = "occasions_read_to"
LOOKED_BACK = timedelta(days=365)
"""A day that was told returns every year, so older letters are read than for what somebody would do."""

AT_ONCE = 20


async def read_new(household: Household) -> int:
    """Read the letters that came since the last time; answers how many days they told."""
    since = household.clock.now() - LOOKED_BACK
    return await reading_along.read_new(
        household,
        CURSOR,
        ask=lambda connection, after: commitments.unread(connection, after=after, since=since, limit=AT_ONCE),
        hear=lambda letter: hear(household, letter) if letter.direction == "in" else [],
        keep=_keep,
    )


def hear(household: Household, letter: ReadMail) -> list[Told]:
    """The days that the writer of a letter tells, by the patterns of its language, else of the first that hears one."""
    words = new_text(letter.text)
    zone = zone_of(letter.timezone, household.config.owner.timezone)
    said_on = letter.received_at.astimezone(zone).date()
    spoken_in = languages(letter.language, household.config.owner.language)
    return spoken.told(words, spoken_in, said_on=said_on, american=str(zone).startswith("America/"))


def _keep(connection: sqlite3.Connection, heard: Sequence[tuple[ReadMail, list[Told]]]) -> int:
    return sum(1 for letter, days in heard for _ in _suggest(connection, letter, days))


def _suggest(connection: sqlite3.Connection, letter: ReadMail, days: Sequence[Told]) -> Iterator[int]:
    for each in days if letter.contact_id is not None else ():
        made = told_occasions.suggest(
            connection,
            letter.contact_id or 0,
            kind=each.kind,
            month=each.month,
            day=each.day,
            year=each.year,
            quote=each.quote,
            source="mail",
            told_at=letter.received_at,
            message_id=letter.id,
        )
        if made is not None:
            yield made


def confirm(household: Household, told_id: int, *, on: Occasion | None = None) -> OccasionRow:
    """The owner agrees; `on` is the day where they know it better, and must be given where only a month was told.

    Raises UserError where there is no such suggestion, the day is missing, or the contact has the occasion already.
    """
    now = household.clock.now()
    with household.database.write() as connection:
        row = _of(connection, told_id)
        occasion = on or _occasion(row)
        detail = {"told": told_id}
        kept = keeping.keep_occasion(connection, row.contact_id, occasion, detail, source=row.source, now=now)
        told_occasions.decide(connection, told_id, KEPT, at=now, occasion_id=kept.id)
    return kept


def dismiss(household: Household, told_id: int) -> ToldRow:
    """It was not meant; the same day of the same contact is not suggested again."""
    now = household.clock.now()
    with household.database.write() as connection:
        row = _of(connection, told_id)
        told_occasions.decide(connection, told_id, DISMISSED, at=now)
        home.journal(connection, "occasion-dismissed", f"told {told_id}", {}, now=now)
    return row


def of(household: Household, told_id: int) -> ToldRow:
    """One suggestion that waits for the owner's word. Raises UserError where there is none."""
    with household.database.read() as connection:
        return _of(connection, told_id)


def _occasion(row: ToldRow) -> Occasion:
    if row.day is None:
        raise UserError(
            f"only the month was told ({row.quote!r}); say the day: "
            f"inboxcrm occasions confirm {row.id} --on {row.month:02}-DD"
        )
    try:
        return Occasion(Kind(row.kind), row.month, row.day, row.year, LeapDay.BEFORE)
    except ValueError as error:
        raise UserError(f"that is no day ({error}); say it: inboxcrm occasions confirm {row.id} --on MM-DD") from None


def _of(connection: sqlite3.Connection, told_id: int) -> ToldRow:
    row = told_occasions.by_id(connection, told_id)
    if row is None or row.state != SUGGESTED:
        raise UserError(f"no suggestion {told_id}. See: inboxcrm occasions suggested")
    return row
