"""Asks the rules about what no mail but time brings about: days that return, and silences the owner is to hear of.

It runs beside the mail. Each rule does its part once about each return and each silence, in one transaction with the
note that it did; drafts wait for the owner's hand, and one that is sent counts as the year's greeting.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zlib import crc32

from inboxcrm.config import Owner
from inboxcrm.domain.deeds import IN_TIME, Commit, Deeds, On
from inboxcrm.domain.plan import Silence
from inboxcrm.domain.situation import Standing
from inboxcrm.domain.text import one_line
from inboxcrm.service import drafting, keeping, notify, quiet, workflows
from inboxcrm.service.household import Household
from inboxcrm.service.keeping import Coming
from inboxcrm.service.workflows import LONGEST_OUTCOME, NOTICE
from inboxcrm.store import commitments, contacts, folders, home, occasions, rules_in_time
from inboxcrm.store.rhythms import RhythmRow
from inboxcrm.store.rules_in_time import Occurrence

ASKED = "rules_asked_in_time"
A_DAY = timedelta(days=1)

OLD_SILENCES = 5
"""About how many silences rules are asked that were there before the mailbox was: the latest. A first reading of many
years brings hundreds, which nobody can call; all of them are listed (`inboxcrm quiet`).
"""


@dataclass(frozen=True, slots=True)
class Thing:
    """One return or one silence: what rules are asked about it, and what it is called."""

    on: On
    contact_id: int
    contact: str
    about: str
    standing: Standing
    occasion_id: int | None = None
    year: int | None = None
    good_until: datetime | None = None


async def ask(household: Household) -> int:
    """Ask about what is due and was not asked about yet, and keep drafts in step; answers how much was done."""
    done = 0
    if await household.read(_drafts_are_behind):
        done += await household.write(_keep_in_step, household)
    stamp = await household.read(lambda connection: _stamp(household, connection))
    if stamp == await household.read(lambda connection: home.value(connection, ASKED)):
        return done
    for thing in await household.read(lambda connection: _things(household, connection)):
        done += await household.write(_ask, household, thing)
    await household.jot(home.set_value, ASKED, stamp)
    return done


def _stamp(household: Household, connection: sqlite3.Connection) -> str:
    """What has to change before asking again can bring anything: the day, the occasions, the silences, the rules."""
    today = household.clock.now().astimezone(household.config.owner.timezone).date()
    newest = occasions.newest(connection)
    measured = home.value(connection, quiet.MEASURED) or ""
    rules = [rule for rule in household.rules.rules if rule.on in IN_TIME]
    return f"{today} {newest} {measured} {crc32(repr(rules).encode())}"


def _things(household: Household, connection: sqlite3.Connection) -> list[Thing]:
    return [*_returns(household, connection), *_silences(household, connection)]


def _returns(household: Household, connection: sqlite3.Connection) -> Iterator[Thing]:
    """The days that are due and were not greeted yet."""
    if not household.rules.asks(On.OCCASION):
        return
    for each in keeping.coming(household, connection):
        if each.due and not each.greeted:
            yield of_return(connection, each, household.config.owner)


def _silences(household: Household, connection: sqlite3.Connection) -> Iterator[Thing]:
    """The silences that the owner is to hear of; of those that were there before the mailbox, the latest only."""
    if not household.rules.asks(On.QUIET):
        return
    since = folders.last_enrolled(connection)
    rows = quiet.remarkable(connection)
    before = sorted((row for row in rows if since is not None and row.told_since < since), key=lambda row: row.last_at)
    passed_over = {row.contact_id for row in before[:-OLD_SILENCES]}
    for row in rows:
        if row.contact_id not in passed_over:
            yield of_silence(connection, row, household.config.owner)


def of_return(connection: sqlite3.Connection, each: Coming, owner: Owner) -> Thing:
    """The return of a day, as rules are asked about it."""
    on, row = each.turn.on, each.row
    card, language = _card(connection, row.contact_id, owner)
    number = each.turn.number or 0
    return Thing(
        On.OCCASION,
        row.contact_id,
        row.contact,
        f"occasion:{row.id}:{on.year}",
        Standing(row.contact, card.organisation, card.plan, language, row.kind, number, row.note),
        row.id,
        on.year,
        datetime.combine(on + A_DAY, time(0), tzinfo=owner.timezone),
    )


def of_silence(connection: sqlite3.Connection, row: RhythmRow, owner: Owner) -> Thing:
    """A silence, as rules are asked about it."""
    card, language = _card(connection, row.contact_id, owner)
    return Thing(
        On.QUIET,
        row.contact_id,
        row.contact,
        f"silence:{row.contact_id}:{row.last_at.isoformat()}",
        Standing(
            row.contact,
            card.organisation,
            card.plan,
            language,
            silent_days=row.silent_days,
            typical_days=row.typical_days or 0.0,
            gone=row.silence == "gone",
            broken=row.broken_at is not None,
        ),
    )


def _card(connection: sqlite3.Connection, contact_id: int, owner: Owner) -> tuple[contacts.Card, str]:
    card = contacts.card(connection, contact_id)
    return card, card.language or owner.language


def _ask(connection: sqlite3.Connection, household: Household, thing: Thing) -> int:
    """Ask the rules about one thing, and do what those say that have not done it yet; answers how many did."""
    now, done = household.clock.now(), 0
    word = household.rules.speak(thing.standing, on=thing.on)
    because = {match.rule: match.because for match in word.matches}
    for follow in word.follows:
        begun = rules_in_time.begin(
            connection,
            Occurrence(
                follow.rule,
                follow.origin,
                thing.on,
                thing.contact_id,
                thing.about,
                now,
                because[follow.rule],
                occasion_id=thing.occasion_id,
                year=thing.year,
            ),
        )
        if begun is None:
            continue
        told: list[str] = []
        item_id = None
        for step in follow.steps:
            item_id = _do(connection, household, thing, step.deeds, begun, told, now) or item_id
        rules_in_time.end(connection, begun, one_line("; ".join(told), LONGEST_OUTCOME), item_id)
        done += 1
    return done


def _do(
    connection: sqlite3.Connection,
    household: Household,
    thing: Thing,
    deeds: Deeds,
    begun: int,
    told: list[str],
    now: datetime,
) -> int | None:
    """Do the deeds of one rule, and write down in `told` what came of them; answers the draft, if there is one."""
    item = None
    if deeds.draft is not None:
        drafted = _draft(connection, household, thing, deeds.draft, begun, now)
        if isinstance(drafted, Silence):
            told.append(drafted.because)
        else:
            item = drafted
            told.append(f"drafted {deeds.draft}, item {drafted}")
    if deeds.notify:
        note = deeds.note or f"your rule on = {thing.on}"
        home.raise_alarm(connection, NOTICE, f"c{thing.contact_id} {one_line(thing.contact, 60)}: {note}", now=now)
        word = notify.Word(key=f"in-time:{begun}", kind=NOTICE, title=note, about=thing.contact)
        notify.tell(household, connection, word, now=now)
        told.append("told you")
    if deeds.commitment is not None:
        _commit(connection, household, thing, deeds.commitment, now)
        told.append(f"suggested: {deeds.commitment.what}")
    return item


def _draft(
    connection: sqlite3.Connection, household: Household, thing: Thing, template: str, begun: int, now: datetime
) -> int | Silence:
    letter = rules_in_time.last_letter(connection, thing.contact_id)
    if letter is None:
        return Silence("there is no letter between you by which to write to them")
    told = drafting.about(household, connection, letter)
    if isinstance(told, Silence):
        return told
    key = f"in-time:{begun}"
    return drafting.draft(
        household, connection, told, template=template, dedupe_key=key, now=now, good_until=thing.good_until
    )


def _commit(connection: sqlite3.Connection, household: Household, thing: Thing, what: Commit, now: datetime) -> None:
    zone, calendar = household.config.owner.timezone, household.calendar(connection, now, None)
    commitments.add(
        connection,
        message_id=None,
        contact_id=thing.contact_id,
        matter_id=None,
        side="mine" if what.mine else "theirs",
        kind="deed",
        quote=what.what,
        detail="",
        said_at=now,
        due_on=None if what.within is None else what.within.after(now, calendar).astimezone(zone).date(),
        state=commitments.SUGGESTED,
    )


def _drafts_are_behind(connection: sqlite3.Connection) -> bool:
    return bool(rules_in_time.sent_greetings(connection) or rules_in_time.needless_drafts(connection))


def _keep_in_step(connection: sqlite3.Connection, household: Household) -> int:
    """A drafted greeting that has gone out is the year's; where the owner greeted otherwise the draft is taken back."""
    now, moved = household.clock.now(), 0
    for occasion_id, year in rules_in_time.sent_greetings(connection):
        moved += occasions.greet(connection, occasion_id, year, how="mail", now=now)
        home.journal(connection, "greeted", f"occasion {occasion_id}", {"year": year, "how": "mail"}, now=now)
    for item_id in rules_in_time.needless_drafts(connection):
        workflows.take_back(connection, item_id, now, "greeted meanwhile")
        moved += 1
    return moved
