"""Drafts a mail from a template for the owner's hand: it waits in the outbox, and no mode lets it go by itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from inboxcrm.domain import wording
from inboxcrm.domain.address import base_key, organisational_domain
from inboxcrm.domain.message import Address, Message
from inboxcrm.domain.mime import parse
from inboxcrm.domain.outbox import Draft, OutboxState, OwnerMail, TemplateValue
from inboxcrm.domain.plan import Silence
from inboxcrm.domain.quoting import normalised_subject
from inboxcrm.errors import TemplateError
from inboxcrm.render import Intent, Rendered, UndeliverableError, UnsafeMailError, compose_owner_mail
from inboxcrm.service import second_look
from inboxcrm.service.acknowledge import addressed_alias
from inboxcrm.service.household import Household
from inboxcrm.service.salutation import salute
from inboxcrm.store import contacts, messages, outbox, workflows
from inboxcrm.store.contacts import Card

GOOD_FOR = timedelta(days=14)
"""How long a draft waits before it is too late to be of use."""


@dataclass(frozen=True, slots=True)
class About:
    """The mail that a draft is about, and the one person it goes to.

    `theirs`: they wrote the mail, else the owner did. `trusted`: they are known, and surely wrote it if they did.
    """

    message: Message
    to: Address
    alias: str
    card: Card
    language: str
    theirs: bool
    trusted: bool
    known: bool
    mailbox_id: int | None
    matter_id: int | None
    message_id: int
    at: datetime


def about(household: Household, connection: sqlite3.Connection, message_id: int) -> About | Silence:
    """What a draft about this mail is made from, or why there is none to write."""
    raw = messages.raw(connection, message_id)
    if raw is None:
        return Silence("the mail is gone")
    stored = workflows.source(connection, message_id, watched=household.mailbox_names)
    if stored.mail_class == "machine":
        return Silence("a machine wrote the mail")
    message = parse(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    theirs = stored.direction == "in"
    others = [each for each in message.recipients if not household.is_own(each.key)]
    to = message.author if theirs else next(iter(others), None)
    if to is None or household.is_own(to.key):
        return Silence("there is nobody to write to")
    entry = contacts.entry(connection, to.key)
    card = contacts.card_of_address(connection, to.key)
    known = entry is not None and entry.known
    owner = household.config.owner
    own = message.author.spec if message.author is not None and household.is_own(message.author.key) else None
    return About(
        message=message,
        to=to,
        alias=addressed_alias(household, message) if theirs else _alias(household, own),
        card=card,
        language=card.language or stored.language or owner.language,
        theirs=theirs,
        trusted=known and (not theirs or stored.outcome == "ack"),
        known=known,
        mailbox_id=stored.mailbox_id,
        matter_id=stored.matter_id,
        message_id=message_id,
        at=stored.received_at,
    )


def _alias(household: Household, own: str | None) -> str:
    """The configured address under which the owner wrote; the default one where it is none of them."""
    addresses = household.config.owner.addresses
    return next((each for each in addresses if own is not None and each.lower() == own.lower()), addresses[0])


def draft(
    household: Household,
    connection: sqlite3.Connection,
    told: About,
    *,
    template: str,
    dedupe_key: str,
    now: datetime,
    good_until: datetime | None = None,
) -> int | Silence:
    """Enter a draft that awaits the owner; answers its item, or why it should not be written.

    A greeting begins a new conversation, and belongs to no matter; a letter answers. A payment reminder is stopped
    where no invoice was sent. `good_until` is when the draft is too late, `GOOD_FOR` from now where none is given.
    """
    found = household.templates.find(template, told.language) if template in household.templates.names() else None
    if found is None:
        return Silence(f'there is no template "{template}" any more')
    if told.mailbox_id is None:
        return Silence("there is no mailbox to write from")
    try:
        rendered = household.templates.render(template, told.language, values(household, told, now))
        stopped = _stopped(household, connection, told, rendered, now)
        if stopped is not None:
            return stopped
        answers = rendered.intent is not Intent.GREET
        mail = OwnerMail(
            to=told.to,
            alias=told.alias,
            subject=_subject(told.message.subject, rendered.subject) if answers else rendered.subject,
            text=rendered.text,
            in_reply_to=told.message.message_id if answers else None,
            references=told.message.references if answers else (),
            dedupe_key=dedupe_key,
            language=rendered.language,
        )
        return enter(
            household,
            connection,
            told,
            mail,
            template=template,
            matter_id=told.matter_id if answers else None,
            now=now,
            expires_at=good_until or now + GOOD_FOR,
        )
    except (UndeliverableError, TemplateError, UnsafeMailError) as error:
        return Silence(f"the draft could not be made: {error}")


def enter(
    household: Household,
    connection: sqlite3.Connection,
    told: About,
    mail: OwnerMail,
    *,
    template: str,
    matter_id: int | None,
    now: datetime,
    expires_at: datetime,
) -> int:
    """Enter a mail of the owner's into the outbox, where it waits for their key in every mode; answers its item.

    Raises UndeliverableError or UnsafeMailError where it cannot be sent as it is. `told` is in a mailbox.
    """
    assert told.mailbox_id is not None
    entry = outbox.Entry(
        kind="owner",
        mailbox_id=told.mailbox_id,
        message_id=told.message_id,
        matter_id=matter_id,
        promise_id=None,
        template=template,
        state=OutboxState.AWAITING,
        hold=True,
        mode=household.config.acknowledge.mode,
        dedupe_key=mail.dedupe_key,
        recipient_base=base_key(told.to.key),
        recipient_domain=organisational_domain(told.to.domain),
        subject_key=normalised_subject(mail.subject),
        stranger=not told.known,
        form_lead=False,
        due_at=None,
        send_after=now,
        expires_at=expires_at,
    )
    return outbox.add(connection, entry, composed(household, mail, now=now), now=now)


def composed(household: Household, mail: OwnerMail, *, now: datetime) -> Draft:
    """The bytes of a mail of the owner's. Raises as `enter`."""
    return compose_owner_mail(
        mail,
        owner=household.config.owner,
        secret=household.secret,
        now=now,
        smtputf8=any(each.smtputf8 for each in household.config.mailboxes),  # the transport knows its own server
    )


def _stopped(
    household: Household, connection: sqlite3.Connection, told: About, rendered: Rendered, now: datetime
) -> Silence | None:
    """What the second look finds that should keep this letter from being written: the dunning guard."""
    entry = contacts.entry(connection, told.to.key)
    if entry is None or entry.contact_id is None:
        return None
    letter = second_look.Letter(entry.contact_id, rendered.subject, rendered.text, rendered.language)
    found = second_look.look(household, connection, letter, now=now)
    return next((Silence(each.sentence) for each in found if each.stops), None)


def _subject(theirs: str, ours: str) -> str:
    if not theirs:
        return ours
    return theirs if theirs.lower().startswith("re:") else f"Re: {theirs}"


def values(household: Household, told: About, now: datetime) -> Mapping[str, TemplateValue]:
    """What the text of a draft is given: who, and the day of the mail it is about."""
    owner = household.config.owner
    language = wording.spoken(told.language) or wording.spoken(owner.language) or "en"
    day, today = (at.astimezone(owner.timezone).date() for at in (told.at, now))
    return {
        "due": None,
        "previous_due": None,
        "reason": None,
        **salute(told.card, (told.card.name or told.to.name) if told.trusted else ""),
        "owner_name": owner.name,
        "phone": None,
        "urgent_word": None,
        "plan_note": None,
        "call_at": None,
        "day": wording.date_phrase(day, language, said_on=today),
    }
