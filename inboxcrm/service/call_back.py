"""Remembers who asked to be called and when, and reminds the owner when the time comes."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from inboxcrm.domain import wording
from inboxcrm.domain.asked_call import AskedCall, asked_call
from inboxcrm.domain.situation import Situation
from inboxcrm.service import notify
from inboxcrm.service.acknowledge import zone_of_sender
from inboxcrm.service.file import Filing
from inboxcrm.service.household import Household
from inboxcrm.service.notify import Word
from inboxcrm.store import call_backs
from inboxcrm.store.contacts import Card

AHEAD = timedelta(minutes=10)
"""How long before the time that was asked for the owner is reminded."""


def wish(filing: Filing, card: Card, situation: Situation) -> AskedCall:
    """What a mail that asks for a call says of its time, by the clock of whoever asks.

    Of an hour by a clock that may have changed until then the day is kept.
    """
    zone = zone_of_sender(filing, card)
    asked = asked_call(
        situation.text,
        wording.spoken(situation.language) or "en",
        received_at=filing.received_at,
        zone=zone or filing.household.config.owner.timezone,
    )
    if zone is not None and asked.at is not None and zone_of_sender(filing, card, at=asked.at) is None:
        return AskedCall(asked.phrase, on=asked.at.date())
    return asked


def note(filing: Filing, promise_id: int, message_id: int, asked: AskedCall) -> None:
    """Keep the wish with what is owed; of several in one matter the last."""
    call_backs.keep(
        filing.connection,
        promise_id,
        message_id=message_id,
        phrase=asked.phrase,
        call_at=asked.at,
        call_on=asked.on,
        sure=asked.at is not None,
    )


def remind(household: Household, connection: sqlite3.Connection, now: datetime) -> None:
    """Give word of the calls whose time has come; each once."""
    for row in call_backs.due(connection, after=now - AHEAD, before=now + AHEAD):
        local = row.call_at.astimezone(household.config.owner.timezone) if row.call_at is not None else now
        word = Word(
            key=f"call-back:{row.promise_id}:{local.isoformat()}",
            kind="call-back",
            title=f"A call-back at {local:%H:%M}",
            about=f"{row.contact}: {row.phrase}",
            message_id=row.message_id,
        )
        notify.tell(household, connection, word, now=now, good_for=timedelta(hours=2))
