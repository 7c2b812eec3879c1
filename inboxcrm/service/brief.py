"""One screen on a contact before answering or calling: what the good assistant says at the door."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from inboxcrm.domain.exchanges import WITHIN
from inboxcrm.domain.lookalike import Caution
from inboxcrm.domain.text import one_line
from inboxcrm.service import account, keeping, lookalike, quiet, reach
from inboxcrm.service.household import Household
from inboxcrm.service.keeping import NEAR, Coming
from inboxcrm.service.reach import Reach
from inboxcrm.store import commitments, facts, interactions, rhythms, told_occasions, touches, views
from inboxcrm.store.commitments import CommitmentRow
from inboxcrm.store.facts import FactRow
from inboxcrm.store.interactions import InteractionRow, Preference
from inboxcrm.store.reach import KEPT
from inboxcrm.store.rhythms import RhythmRow
from inboxcrm.store.told_occasions import ToldRow
from inboxcrm.store.touches import TouchRow

FACTS = 3
WORDS = 140
MOST_TOLD = 3
"""How many days that were mentioned, and not kept yet, the brief names."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What is known of a contact now. `exchanges`: how often a matter went back and forth, if often enough to call."""

    contact: views.ContactRow
    touch: views.Touch | None
    owed: tuple[views.OwedRow, ...]
    mine: tuple[CommitmentRow, ...]
    theirs: tuple[CommitmentRow, ...]
    suggested: int
    told_days: tuple[ToldRow, ...]
    facts: tuple[FactRow, ...]
    occasions: tuple[Coming, ...]
    interaction: InteractionRow | None
    preference: Preference | None
    exchanges: int | None
    rhythm: RhythmRow | None
    balance: float
    touches: tuple[TouchRow, ...]
    cautions: tuple[Caution, ...]
    reach: Reach
    region: str | None
    today: date
    now: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the brief: what it is about, what it says, and whether it should stand out.

    `at_desk` is what it says where a key does what else a command is named for; empty where that is the same.
    """

    name: str
    text: str
    urgent: bool = False
    at_desk: str = ""


def gather(household: Household, connection: sqlite3.Connection, contact: views.ContactRow) -> Brief:
    """Everything the brief says of a contact."""
    now, zone = household.clock.now(), household.config.owner.timezone
    is_open = keeping.open_days(household, connection, now)
    return read(connection, contact, now=now, zone=zone, is_open=is_open, region=reach.home_region(household))


def read(
    connection: sqlite3.Connection,
    contact: views.ContactRow,
    *,
    now: datetime,
    zone: ZoneInfo,
    is_open: Callable[[date], bool],
    region: str | None = None,
) -> Brief:
    """The same from the rows alone, for a window that knows no settings; `region` is where the owner telephones."""
    today = now.astimezone(zone).date()
    kept = commitments.listed(connection, contact_id=contact.id)
    happened = interactions.listed(connection, contact.id, limit=1)
    matter_id = interactions.busiest_matter(connection, contact.id, since=now - WITHIN)
    return Brief(
        contact=contact,
        touch=views.last_touch(connection, contact.id),
        owed=tuple(views.owed_to(connection, contact.id)),
        mine=tuple(row for row in kept if row.state == commitments.OPEN and row.side == "mine"),
        theirs=tuple(row for row in kept if row.state == commitments.OPEN and row.side == "theirs"),
        told_days=tuple(told_occasions.listed(connection, contact.id)),
        suggested=sum(row.state == commitments.SUGGESTED for row in kept),
        facts=tuple(facts.of_contact(connection, contact.id, limit=FACTS)),
        occasions=tuple(keeping.returns(connection, today, is_open, contact_id=contact.id, within=NEAR)),
        interaction=next(iter(happened), None),
        preference=interactions.preference(connection, contact.id),
        exchanges=None if matter_id is None else keeping.call_proposed(connection, matter_id, now=now),
        rhythm=rhythms.of_contact(connection, contact.id),
        balance=account.balance(connection, contact.id, now=now),
        touches=tuple(touches.listed(connection, contact.id, limit=1)),
        cautions=lookalike.cautions_of(connection, contact.id),
        reach=reach.of(connection, contact.id),
        region=region,
        today=today,
        now=now,
    )


def lines(brief: Brief, when: Callable[[datetime], str]) -> list[Line]:
    """The brief in lines, the same for every window; `when` says an instant by the owner's clock."""
    return [
        *_who(brief, when),
        *_open(brief, when),
        *_known(brief, when),
        *_occasions(brief),
        *_relation(brief, when),
        *_reach(brief, when),
    ]


SHORT = frozenset(
    ("look twice", "you owe", "they owe", "said", "fact", "occasion", "day?", "rhythm", "balance", "reach by", "phone?")
)
"""What stands above every mail; who it is and the answer that is owed stand there already."""

MOST_ABOVE = 6


def above_mail(brief: Brief, when: Callable[[datetime], str]) -> list[Line]:
    """What the brief says above a mail: a few lines, what stands out first."""
    answers = [f"an answer to {one_line(owed.subject, 60) or '(no subject)'}" for owed in brief.owed]
    kept = [
        line
        for line in lines(brief, when)
        if line.name in SHORT
        and not line.text.startswith(tuple(answers))
        and not (line.name == "rhythm" and not line.urgent)
    ]
    return sorted(kept, key=lambda line: not line.urgent)[:MOST_ABOVE]


def _who(brief: Brief, when: Callable[[datetime], str]) -> Iterator[Line]:
    contact = brief.contact
    since = f"known since {when(contact.known_since)}" if contact.known_since else "a stranger so far"
    named = ", ".join(filter(None, (contact.name, contact.organisation)))
    yield Line("who", f"{one_line(named, WORDS)}; {since}")
    for caution in brief.cautions:
        yield Line("look twice", one_line(caution.text, WORDS), urgent=caution.urgent)
    if brief.touch is None:
        yield Line("last touch", "you never wrote")
    else:
        how = "" if brief.touch.how == "mail" else f" ({one_line(brief.touch.how, 40)})"
        yield Line("last touch", f"{when(brief.touch.at)}{how}")
    if contact.away_until and contact.away_until > brief.now:
        yield Line("away", f"until {when(contact.away_until)}")


def _open(brief: Brief, when: Callable[[datetime], str]) -> Iterator[Line]:
    for owed in brief.owed[:3]:
        due = "no date" if owed.due_at is None else f"due {when(owed.due_at)}"
        subject = one_line(owed.subject, 60) or "(no subject)"
        yield Line("you owe", f"an answer to {subject}, {due}", urgent=owed.state == "broken")
    for name, rows in (("you owe", brief.mine), ("they owe", brief.theirs)):
        for row in rows[:3]:
            by = "" if row.due_on is None else f", by {row.due_on}"
            late = row.overdue(brief.today)
            yield Line(name, f"{one_line(row.quote, WORDS)}{by}{' (overdue)' if late else ''}", urgent=late)
        if len(rows) > 3:
            yield Line(name, f"and {len(rows) - 3} more")
    if brief.suggested:
        waiting = f"{brief.suggested} to confirm or dismiss"
        yield Line("said", f"{waiting}: inboxcrm commitments", at_desk=f"{waiting} (7)")


def _known(brief: Brief, when: Callable[[datetime], str]) -> Iterator[Line]:
    for fact in brief.facts:
        asked = " (still true?)" if fact.stale(brief.now) else ""
        yield Line("fact", f"{one_line(fact.text, WORDS)}, {when(fact.said_at)}{asked}")


def _occasions(brief: Brief) -> Iterator[Line]:
    for each in brief.occasions:
        count = f" ({each.turn.number})" if each.turn.number else ""
        day = "today" if each.turn.on == brief.today else f"{each.turn.on:%A} {each.turn.on.day} {each.turn.on:%B}"
        greeted = ", greeted" if each.greeted else ""
        named = each.row.kind.replace("-", " ") + (f", {one_line(each.row.note, 60)}" if each.row.note else "")
        yield Line("occasion", f"{named}{count}: {day}{greeted}", urgent=each.due and not each.greeted)
    for told in brief.told_days[:MOST_TOLD]:
        words = f": “{one_line(told.quote, WORDS)}”" if told.quote else f" ({told.source})"
        waiting = f"{told.kind.replace('-', ' ')}, {_told(told)}{words}; to confirm or dismiss"
        yield Line("day?", f"{waiting}: inboxcrm occasions suggested", at_desk=f"{waiting} (7)")


def _told(told: ToldRow) -> str:
    month = f"{date(2000, told.month, 1):%B}"
    if told.day is None:
        return f"some day in {month}"
    return f"{told.day} {month}" + ("" if told.year is None else f" {told.year}")


def _relation(brief: Brief, when: Callable[[datetime], str]) -> Iterator[Line]:
    if brief.rhythm is not None:
        spared = f" ({brief.rhythm.spared})" if brief.rhythm.spared and brief.rhythm.silence != "usual" else ""
        asked = {"quiet": ". Quiet: call them?", "gone": ". Gone? Call them."}.get(brief.rhythm.silence, "")
        text = quiet.evidence(brief.rhythm, when) + spared + ("" if spared else asked)
        yield Line("rhythm", text, urgent=brief.rhythm.remarkable)
    if brief.touches:
        last = brief.touches[0]
        yield Line("balance", f"{brief.balance:+.1f}; last {last.kind} {when(last.at)} ({one_line(last.because, 60)})")


def _reach(brief: Brief, when: Callable[[datetime], str]) -> Iterator[Line]:
    if brief.interaction is not None:
        row = brief.interaction
        note = f": {one_line(row.note, WORDS)}" if row.note else ""
        yield Line("lately", f"{row.channel} {when(row.at)}{note}")
    if brief.preference is not None:
        note = f", {one_line(brief.preference.note, 80)}" if brief.preference.note else ""
        yield Line("reach by", f"{brief.preference.channel}{note}")
    yield from _ways(brief)
    if brief.exchanges is not None:
        yield Line("phone?", f"this has gone back and forth {brief.exchanges} times", urgent=True)


def _ways(brief: Brief) -> Iterator[Line]:
    """Numbers, pages, and how they stand to others."""
    kept = [row for row in brief.reach.phones if row.state == KEPT]
    for row in kept:
        yield Line("phone", row.shown(brief.region))
    if len(kept) < len(brief.reach.phones):
        found = ", ".join(row.shown(brief.region) for row in brief.reach.phones if row.state != KEPT)
        yield Line("phone", f"below their letters: {found} (inboxcrm contacts phones)")
    for url in brief.reach.pages:
        yield Line("page", one_line(url, WORDS))
    for relation in brief.reach.relations:
        yield Line("related", one_line(relation.words, WORDS))
    for role in brief.reach.roles[:3]:
        yield Line("role", f"{one_line(role.role, 60)} in {one_line(role.subject, 60) or '(no subject)'}")
