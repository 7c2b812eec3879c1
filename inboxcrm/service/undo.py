"""Takes back what the owner did last, where that can be: nothing that has left, and nothing that others were told.

What was done is read in the journal, so that the command line takes back what the desk did, and the other way round.
The ledger is never edited: a promise that was ended by a slip goes on as one that has lived the same life.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from inboxcrm.domain.outbox import OutboxEvent, OutboxState
from inboxcrm.domain.promise import Entry, Event
from inboxcrm.errors import UserError
from inboxcrm.service import regroup, renewal, writing
from inboxcrm.service.household import Household
from inboxcrm.service.writing import Words
from inboxcrm.store import (
    commitments,
    facts,
    follow_ups,
    home,
    journal,
    matters,
    merging,
    outbox,
    parting,
    promises,
    social,
    told_occasions,
    unowed,
    views,
)
from inboxcrm.store.journal import Deed
from inboxcrm.store.times import to_instant_or_none


@dataclass(frozen=True, slots=True)
class Last:
    """What the owner did last: when, in words, and about whom or what. `stays` says why it cannot be taken back."""

    id: int
    at: datetime
    words: str
    about: str
    stays: str = ""


def last(household: Household) -> Last | None:
    """What would be taken back now; None where nothing was done that is known here."""
    with household.database.read() as connection:
        deed = journal.newest(connection, (*_BACK, *_STAYS))
        return None if deed is None else _told(connection, deed)


def take_back(household: Household, deed_id: int | None = None) -> Last:
    """Take back what was done last, `deed_id` where it is that still; answers what it was.

    Raises UserError, in the owner's words, where it stays or something else was done meanwhile.
    """
    now = household.clock.now()
    with household.database.write() as connection:
        deed = journal.newest(connection, (*_BACK, *_STAYS))
        if deed is None:
            raise UserError("nothing was done yet that could be taken back")
        if deed_id not in (None, deed.id):
            raise UserError("something else was done meanwhile")
        found = _told(connection, deed)
        if found.stays:
            raise UserError(f"{found.words} stays: {found.stays}")
        _BACK[deed.kind][1](_Place(household, connection, now), deed)
        home.journal(connection, journal.TAKEN_BACK, f"event {deed.id}", {"kind": deed.kind}, now=now)
    return found


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a deed is taken back: inside one transaction."""

    household: Household
    connection: sqlite3.Connection
    now: datetime


def _told(connection: sqlite3.Connection, deed: Deed) -> Last:
    if deed.kind in _STAYS:
        words, stays = _STAYS[deed.kind]
        return Last(deed.id, deed.at, words, "", stays)
    if _NEEDED.get(deed.kind, "") not in ("", *deed.detail):
        return Last(deed.id, deed.at, _BACK[deed.kind][0], "", "whom it was about was erased since")
    return Last(deed.id, deed.at, _BACK[deed.kind][0], _about(connection, deed))


def _about(connection: sqlite3.Connection, deed: Deed) -> str:
    """Whom and what a deed was about, in a line."""
    if deed.kind in ("approve", "reject", "answer-written"):
        item = views.outbox_item(connection, deed.number)
        return "" if item is None else f"{item.contact or item.recipient}: {item.subject}"
    if deed.kind.startswith("commitment"):
        row = commitments.by_id(connection, deed.number)
        return "" if row is None else f"{row.contact or 'nobody on record'}: {row.quote}"
    if deed.kind.startswith("fact"):
        fact = facts.by_id(connection, deed.number)
        return "" if fact is None else f"{fact.contact}: {fact.text}"
    if deed.kind == "contacts-merged":
        contact = views.contact(connection, deed.number)
        return "" if contact is None else contact.name
    if deed.kind == "occasion-dismissed":
        told = told_occasions.by_id(connection, deed.number)
        return "" if told is None else f"{told.contact}: {told.quote}"
    if deed.kind in ("no-answer-needed", "social-closed"):
        message = views.message(connection, deed.number)
        return "" if message is None else f"{message.contact or message.sender}: {message.subject}"
    matter_id = deed.number
    if deed.kind in ("done", "withdrawn", "needless", "snooze", "owe"):
        promise = promises.by_id(connection, deed.number)
        matter_id = 0 if promise is None else promise.matter_id
    matter = views.matter(connection, int(deed.detail.get("into", matter_id)))
    return "" if matter is None else f"{matter.contact or 'nobody on record'}: {matter.subject or '(no subject)'}"


def _ended(place: _Place, deed: Deed) -> None:
    """A promise that was answered, settled or needed no answer is owed again."""
    promise = promises.by_id(place.connection, deed.number)
    if promise is None or promise.duty.state.live:
        raise UserError("that promise is owed as it is")
    if promises.live_of_matter(place.connection, promise.matter_id) is not None:
        raise UserError("an answer is owed in that matter again already")
    mails = views.of_matter(place.connection, promise.matter_id)
    if any(each.direction == "out" and each.received_at >= deed.at for each in mails):
        raise UserError("you have written to them since")
    resumed = promises.resume(place.connection, promise, at=place.now)
    renewal.apologise_again(place.household, place.connection, resumed, dropped_at=deed.at, now=place.now)
    follow_ups.reopen(place.connection, promise.matter_id, ended_at=deed.at)
    matters.set_turn(place.connection, promise.matter_id, "mine")


def _snoozed(place: _Place, deed: Deed) -> None:
    promises.snooze(place.connection, deed.number, to_instant_or_none(deed.detail.get("before")))


def _owed(place: _Place, deed: Deed) -> None:
    """A promise made by hand is owed no more, and counts nowhere."""
    promise = promises.by_id(place.connection, deed.number)
    if promise is None or not promise.duty.state.live:
        raise UserError("that promise has ended")
    promises.happen(place.connection, promise, Entry(Event.NEEDLESS, place.now), how=promises.TAKEN_BACK)
    outbox.cancel_for_matter(place.connection, promise.matter_id, at=place.now, why="no answer is owed after all")
    unowed.reopen(place.connection, matter_id=promise.matter_id, settled_at=deed.at)
    matters.set_turn(place.connection, promise.matter_id, str(deed.detail.get("turn", "nobody")))


def _unneeded(place: _Place, deed: Deed) -> None:
    row = views.message(place.connection, deed.number)
    if row is not None and row.matter_id is not None:
        unowed.reopen(place.connection, matter_id=row.matter_id, settled_at=deed.at)


def _waits_or_over(place: _Place, deed: Deed) -> None:
    """A follow-up date, taken off one, or the end of a matter."""
    if promises.live_of_matter(place.connection, deed.number) is not None:
        raise UserError("an answer is owed in that matter by now")
    if deed.kind == "follow-up":
        follow_ups.end(place.connection, deed.number, "dropped", at=place.now)
    follow_ups.reopen(place.connection, deed.number, ended_at=deed.at)
    unowed.reopen(place.connection, matter_id=deed.number, settled_at=deed.at)
    if "turn" in deed.detail:
        matters.set_turn(place.connection, deed.number, str(deed.detail["turn"]))


def _item(place: _Place, deed: Deed) -> outbox.Item:
    item = outbox.by_id(place.connection, deed.number)
    if item is None:
        raise UserError("that mail is no longer on record")
    return item


def _approved(place: _Place, deed: Deed) -> None:
    item = _item(place, deed)
    if item.state is not OutboxState.QUEUED:
        raise UserError(f"that mail is {item.state} by now")
    outbox.ask_again(place.connection, item, at=place.now)


def _rejected(place: _Place, deed: Deed) -> None:
    """An answer of the owner's own words is laid down once more; what the machine wrote stays dropped."""
    row = views.outbox_item(place.connection, deed.number)
    if row is None or row.template != writing.BY_HAND or row.message_id is None:
        raise UserError("what a machine wrote stays dropped. r on their mail writes an answer of your own")
    writing.lay(place.household, place.connection, row.message_id, Words(row.subject, row.text), now=place.now)


def _written(place: _Place, deed: Deed) -> None:
    item = _item(place, deed)
    if item.state is not OutboxState.AWAITING:
        raise UserError(f"that answer is {item.state} by now")
    outbox.happen(place.connection, item, OutboxEvent.REJECT, at=place.now, reply="taken back by the owner")


def _agreed(place: _Place, deed: Deed) -> None:
    commitments.suggest_again(place.connection, deed.number)


def _entered(place: _Place, deed: Deed) -> None:
    commitments.decide(place.connection, deed.number, commitments.DISMISSED, at=place.now)


def _split(place: _Place, deed: Deed) -> None:
    regroup.join(place.connection, int(deed.detail["into"]), deed.number, now=place.now)


def _merged(place: _Place, deed: Deed) -> None:
    into = int(deed.detail["into"])
    regroup.part(place.household, place.connection, deed.number, into, merged_at=deed.at, now=place.now)


def _one_contact(place: _Place, deed: Deed) -> None:
    merged = int(deed.detail["merged"])
    live = next((each for each in merging.merges(place.connection) if each.merged_id == merged), None)
    if live is None:
        raise UserError("they stand apart by now")
    parting.unmerge(place.connection, live.id, at=place.now)


def _fact_kept(place: _Place, deed: Deed) -> None:
    facts.drop(place.connection, deed.number, now=place.now)


def _fact_dropped(place: _Place, deed: Deed) -> None:
    facts.drop(place.connection, deed.number, now=None)


def _social_closed(place: _Place, deed: Deed) -> None:
    social.close(place.connection, deed.number, now=None)


def _day_dismissed(place: _Place, deed: Deed) -> None:
    told_occasions.reopen(place.connection, deed.number)


_BACK: Mapping[str, tuple[str, Callable[[_Place, Deed], None]]] = MappingProxyType(
    {
        "done": ("Answered in another way", _ended),
        "withdrawn": ("Settled, as they say", _ended),
        "needless": ("No answer needed", _ended),
        "no-answer-needed": ("No answer needed", _unneeded),
        "snooze": ("Snoozed", _snoozed),
        "owe": ("An answer is owed", _owed),
        "follow-up": ("Their turn, until a day", _waits_or_over),
        "follow-up-dropped": ("No word is waited for", _waits_or_over),
        "close": ("The matter is over", _waits_or_over),
        "approve": ("Let a mail go", _approved),
        "reject": ("Dropped a mail", _rejected),
        "answer-written": ("Wrote an answer", _written),
        "commitment-entered": ("Something agreed", _entered),
        "commitment-confirmed": ("Yes, that was agreed", _agreed),
        "fact": ("Kept a fact", _fact_kept),
        "fact-dropped": ("A fact is no longer true", _fact_dropped),
        "social-closed": ("Answered on the social network, or in no need of it", _social_closed),
        "occasion-dismissed": ("No day to keep", _day_dismissed),
        "split": ("Made two matters of one", _split),
        "merge": ("Put two matters together", _merged),
        "contacts-merged": ("Put two contacts together", _one_contact),
    }
)
"""What can be taken back, by the kind of its line in the journal: in words, and how."""

_NEEDED: Mapping[str, str] = MappingProxyType({"split": "into", "merge": "into", "contacts-merged": "merged"})
"""What the journal must still say of a deed, by its kind, for it to be taken back: erasing a person empties it."""

_STAYS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "extend": (
            "A later date",
            "a word once given is not made earlier, nor a date that nobody was told. Extend again, or answer sooner",
        ),
        "reworded": ("A draft's new words", "change them again"),
        "away": ("An absence", "be back instead"),
        "back": ("Being back", "be away again instead"),
        "pause": ("The pause", "resume instead"),
        "resume": ("Automatic mail flows again", "pause instead; what was stale is dropped"),
        "commitment-dismissed": ("No, that was not meant", "t enters what is agreed after all"),
        "commitment-done": ("What was agreed is done", "t enters it once more"),
        "touch": ("What a letter gave or took", "say it again"),
        "fact-kept": ("A fact is still true", "it is asked again in a year"),
        "interaction": ("What was logged", "it happened"),
        "occasion-year": ("The year of a day", "inboxcrm occasions drop takes the day off"),
        "occasion": ("A day to keep", "inboxcrm occasions drop takes it off"),
    }
)
"""What stays, and what to do instead: later deeds are not passed over, for an earlier one may hang on them."""
