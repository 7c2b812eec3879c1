"""Turns the notices of social networks into one interaction each, with a short target of the owner's own.

The gate is not asked and not touched: such mail is a machine's and is never acknowledged.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import timedelta

from inboxcrm.domain import social as networks
from inboxcrm.domain.message import Message
from inboxcrm.domain.mime import headers_end, parse
from inboxcrm.domain.reply_safety import Circumstances, History, sender_is_proved
from inboxcrm.errors import UserError
from inboxcrm.service import meant, reading_along
from inboxcrm.service.household import Household
from inboxcrm.store import home, interactions, messages, social
from inboxcrm.store.social import MachineMail, SocialRow

CURSOR = "social_read_to"
TARGET = timedelta(hours=4)
"""Open time in which a public word should be answered; nobody is told."""

AT_ONCE = 20


async def notice_new(household: Household) -> int:
    """Look through machine mail that came since the last time; answers how many notices it held."""
    found = 0
    while mails := await household.run(_take, household):
        found += await household.jot(_keep, household, mails)
    return found


def _take(household: Household) -> list[MachineMail]:
    return reading_along.unread(
        household, CURSOR, lambda connection, after: social.candidates(connection, after=after, limit=AT_ONCE)
    )


def _keep(connection: sqlite3.Connection, household: Household, mails: Sequence[MachineMail]) -> int:
    found = sum(_notice(connection, household, mail) for mail in mails)
    reading_along.move(connection, CURSOR, mails[-1].id)
    return found


def _notice(connection: sqlite3.Connection, household: Household, mail: MachineMail) -> bool:
    raw = messages.raw(connection, mail.id) or b""
    head = parse(raw[: headers_end(raw)])
    notice = networks.recognise(
        sender=mail.sender_key,
        list_id=(head.first("list-id") or "").rpartition(" ")[2],
        subject=mail.subject,
        text=mail.text,
    )
    if notice is None or not _proved(household, mail, head):
        return False
    due_at = household.calendar(connection, mail.at, None).add_open(mail.at, TARGET)
    if not social.add(connection, mail.id, notice, at=mail.at, due_at=due_at):
        return False
    contact_id = _whose(connection, notice)
    if contact_id is not None:
        _link(connection, household, mail.id, contact_id)
    return True


def _proved(household: Household, mail: MachineMail, head: Message) -> bool:
    """Whether the mailbox's own server vouches for the sender: row D1 of the gate, which is not asked of machines."""
    mailbox = next((each for each in household.config.mailboxes if each.name == mail.mailbox), None)
    if mailbox is None:
        return False
    return sender_is_proved(
        head,
        history=History(),
        settings=household.settings(mailbox),
        now=household.clock.now(),
        circumstances=Circumstances(received_at=mail.at),
    )


def _whose(connection: sqlite3.Connection, notice: networks.Notice) -> int | None:
    """The contact whose page it is, or the only known one of that name; the owner is asked about every other."""
    owner = social.owner_of(connection, notice.profile) if notice.profile else None
    if owner is not None:
        return owner
    named = social.called(connection, notice.who)
    return named[0] if len(named) == 1 else None


def _link(connection: sqlite3.Connection, household: Household, message_id: int, contact_id: int) -> None:
    row = social.by_message(connection, message_id)
    if row is None or row.contact_id is not None:
        return
    now = household.clock.now()
    made = interactions.add(
        connection,
        contact_id,
        channel="post",
        from_owner=False,
        at=row.at,
        note=f"{row.what} on {row.network}",
        now=now,
        message_id=message_id,
    )
    social.link(connection, message_id, contact_id, made)


def say_who(household: Household, reference: str, contact_id: int) -> SocialRow:
    """The owner says who that is; their page is remembered. Raises UserError where that is known already."""
    now = household.clock.now()
    row_id = meant.message_of(household, reference)
    with household.database.write() as connection:
        row = _open(connection, row_id, reference)
        if row.contact_id is not None:
            raise UserError(f"{reference} is linked to {row.contact} already")
        if row.profile:
            social.own(connection, row.profile, contact_id, now=now)
        _link(connection, household, row_id, contact_id)
        home.journal(connection, "social-linked", f"message {row_id}", {"contact": contact_id}, now=now)
        return _open(connection, row_id, reference)


def close(household: Household, reference: str) -> None:
    """It was answered on the network, or needs no answer."""
    now = household.clock.now()
    row_id = meant.message_of(household, reference)
    with household.database.write() as connection:
        _open(connection, row_id, reference)
        social.close(connection, row_id, now=now)
        home.journal(connection, "social-closed", f"message {row_id}", {}, now=now)


def _open(connection: sqlite3.Connection, row_id: int, reference: str) -> SocialRow:
    row = social.by_message(connection, row_id)
    if row is None:
        raise UserError(f"{reference} is no open notice of a social network. See: inboxcrm social")
    return row
