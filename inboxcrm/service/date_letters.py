"""Writes the mails that tell a client a new date: the automatic notice, and the apology for the owner's hand."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from inboxcrm.config import Mode
from inboxcrm.domain import wording
from inboxcrm.domain.address import address, base_key, identity, organisational_domain
from inboxcrm.domain.expectation import Expectation, OutsideHours
from inboxcrm.domain.message import Address
from inboxcrm.domain.mime import parse
from inboxcrm.domain.office_hours import OfficeCalendar
from inboxcrm.domain.outbox import AutoReply, Draft, OutboxState, OwnerMail, TemplateValue
from inboxcrm.domain.plan import MINIMAL, Silence
from inboxcrm.domain.policies import Policy
from inboxcrm.domain.quoting import normalised_subject
from inboxcrm.domain.wording import Precision
from inboxcrm.errors import TemplateError
from inboxcrm.parsing import Parsed
from inboxcrm.render import UndeliverableError, UnsafeMailError, compose_owner_mail
from inboxcrm.service import brakes, drafting
from inboxcrm.service.acknowledge import (
    addressed_alias,
    call_phrase,
    composed,
    reason,
    terms_of_plan,
    zone_of_sender,
)
from inboxcrm.service.file import Filing
from inboxcrm.service.household import Household
from inboxcrm.service.salutation import form_of, salute
from inboxcrm.store import call_backs, contacts, folders, home, messages, outbox, outbox_questions, views, workflows
from inboxcrm.store.promises import Promise
from inboxcrm.store.register import Register
from inboxcrm.store.times import to_text

APOLOGY = "apology"
LATE = "late-answer"
"""The apology to a client who was told no date."""
ALARM = "new-date-not-written"
_STATE = {Mode.SHADOW: OutboxState.SHADOW, Mode.APPROVE: OutboxState.AWAITING, Mode.AUTO: OutboxState.QUEUED}


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail about a promise is made from. `trusted`: the gate believed the sender's identity.

    `previous_due_at` is the date they were told, None where they were told none.
    """

    filing: Filing
    promise: Promise
    carrier: outbox_questions.Carrier
    previous_due_at: datetime | None
    language: str
    trusted: bool
    known: bool
    subject: str


def told(household: Household, connection: sqlite3.Connection, promise: Promise, now: datetime) -> Letter | Silence:
    """What the mail is made from, or why there is none to write."""
    carrier = outbox_questions.carrier(connection, promise.id)
    row, raw = views.message(connection, promise.message_id), messages.raw(connection, promise.message_id)
    if carrier is None or row is None or raw is None:
        return Silence("no date was ever told")
    carrier = _from_where_it_can(household, connection, promise, carrier)
    if carrier is None:
        return Silence("there is no mailbox to write from")
    previous = promise.told_due_at
    if previous is None and carrier.state is OutboxState.SHADOW and household.config.acknowledge.mode is Mode.SHADOW:
        previous = carrier.due_at
    if previous is None:
        return Silence("no date was ever told")
    return _letter(household, connection, promise, carrier, row, raw, previous_due_at=previous, now=now)


def _from_where_it_can(
    household: Household, connection: sqlite3.Connection, promise: Promise, carrier: outbox_questions.Carrier
) -> outbox_questions.Carrier | None:
    """With the mailbox the last mail about a promise left from; where the settings have it no more, with one in which
    the client's mail lies, else any.
    """
    if carrier.mailbox in household.mailbox_names:
        return carrier
    mailbox_id = workflows.source(connection, promise.message_id, watched=household.mailbox_names).mailbox_id
    name = None if mailbox_id is None else folders.mailbox_name(connection, mailbox_id)
    return None if mailbox_id is None or name is None else replace(carrier, mailbox_id=mailbox_id, mailbox=name)


def _letter(
    household: Household,
    connection: sqlite3.Connection,
    promise: Promise,
    carrier: outbox_questions.Carrier,
    row: views.MessageRow,
    raw: bytes,
    *,
    previous_due_at: datetime | None,
    now: datetime,
) -> Letter:
    card = contacts.card(connection, promise.contact_id)
    return Letter(
        filing=_filing(household, connection, promise, carrier, raw, now),
        promise=promise,
        carrier=carrier,
        previous_due_at=previous_due_at,
        language=card.language or messages.language(connection, promise.message_id) or household.config.owner.language,
        trusted=row.outcome == "ack",
        known=not carrier.stranger,
        subject=row.subject,
    )


def untold(household: Household, connection: sqlite3.Connection, promise: Promise, now: datetime) -> Letter | Silence:
    """The same for a client who was told no date; strangers, and mail that no person wrote for certain, get none."""
    about = drafting.about(household, connection, promise.message_id)
    if isinstance(about, Silence):
        return about
    row, raw = views.message(connection, promise.message_id), messages.raw(connection, promise.message_id)
    mailbox = None if about.mailbox_id is None else folders.mailbox_name(connection, about.mailbox_id)
    if row is None or raw is None or about.mailbox_id is None or mailbox is None:
        return Silence("there is no mailbox to write from")
    if not about.known or row.mail_class != "human":
        return Silence("they were told no date, and are none you know")
    carrier = outbox_questions.Carrier(
        about.mailbox_id, mailbox, about.to.spec, False, False, OutboxState.AWAITING, None
    )
    return Letter(
        filing=_filing(household, connection, promise, carrier, raw, now),
        promise=promise,
        carrier=carrier,
        previous_due_at=None,
        language=about.language,
        trusted=row.outcome == "ack",
        known=True,
        subject=row.subject,
    )


def _filing(
    household: Household,
    connection: sqlite3.Connection,
    promise: Promise,
    carrier: outbox_questions.Carrier,
    raw: bytes,
    now: datetime,
) -> Filing:
    head = parse(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    return Filing(
        household=household,
        register=Register(connection),
        raw=raw,
        fingerprint=b"",
        parsed=Parsed(head, "", None),
        mailbox=carrier.mailbox,
        received_at=promise.duty.received_at,
        origin="live",
        now=now,
    )


def _to(letter: Letter) -> Address:
    """The recipient of the acknowledgement: the gate allowed no other."""
    author = letter.filing.message.author
    same = author is not None and author.key == identity(letter.carrier.recipient)
    return address(author.name if same and author is not None else "", letter.carrier.recipient)


def _language(letter: Letter) -> str:
    """The language the letter is written in."""
    return wording.spoken(letter.language) or wording.spoken(letter.filing.household.config.owner.language) or "en"


def _values(
    letter: Letter, due_at: datetime | None, expectation: Expectation | None, calendar: OfficeCalendar
) -> dict[str, TemplateValue]:
    household = letter.filing.household
    owner = household.config.owner
    language = _language(letter)
    card = contacts.card(letter.filing.connection, letter.promise.contact_id)
    proved = letter.known and letter.trusted
    day = letter.filing.received_at.astimezone(owner.timezone).date()

    def phrase(at: datetime) -> str:
        open_then = calendar.open_on(calendar.day_of(at))
        closes = bool(open_then) and open_then[-1].end == at
        return wording.due_phrase(
            at,
            language,
            owner_zone=owner.timezone,
            sender_zone=zone_of_sender(letter.filing, card, at=at),
            precision=Precision.DAY if closes else Precision.HOUR,
            said_at=letter.filing.now,
            form=form_of(card, proved=proved),
        )

    name = letter.filing.message.author.name if letter.filing.message.author is not None else ""
    explained = None
    if expectation is not None and letter.trusted:
        because = tuple(each for each in expectation.because if not isinstance(each, OutsideHours))
        explained = reason(replace(expectation, because=because), language, household)
    return {
        "due": None if due_at is None else phrase(due_at),
        "previous_due": None if letter.previous_due_at is None else phrase(letter.previous_due_at),
        "reason": explained,
        **salute(card, name if proved else "", proved=proved),
        "owner_name": owner.name,
        "phone": None,
        "urgent_word": None,
        "plan_note": None,
        "call_at": None,
        "day": wording.date_phrase(day, language, said_on=letter.filing.now.astimezone(owner.timezone).date()),
    }


def notice(
    letter: Letter,
    due_at: datetime,
    expectation: Expectation | None,
    calendar: OfficeCalendar,
    template: str,
    *,
    proposed: bool = False,
) -> tuple[int, OutboxState] | Silence:
    """The automatic mail, by mode and within the limits; to a sender nobody vouched for only with the owner's key.

    `proposed`: it is not told yet that the promise moves; the same date may be told again later, by hand.
    """
    filing, household = letter.filing, letter.filing.household
    if contacts.card(filing.connection, letter.promise.contact_id).policy == Policy.NEVER:
        return Silence("the policy for this sender is never")
    key = f"{template}{':proposed' if proposed else ''}:{letter.promise.id}:{to_text(due_at)}"
    reply = _automatic(letter, template, key, _values(letter, due_at, expectation, calendar))
    entry = _entry(letter, "auto", template, due_at, reply.dedupe_key, hold=not letter.trusted)
    allowed = brakes.check(filing, entry)
    if isinstance(allowed, Silence):
        return allowed
    mode = household.config.acknowledge.mode
    state = OutboxState.AWAITING if allowed.hold and mode is Mode.AUTO else _STATE[mode]
    try:
        draft = composed(filing, reply)
    except (UndeliverableError, TemplateError, UnsafeMailError) as error:
        return _failed(letter, error)
    return outbox.add(filing.connection, replace(allowed, state=state), draft, now=filing.now), state


def _automatic(letter: Letter, template: str, dedupe_key: str, values: Mapping[str, TemplateValue]) -> AutoReply:
    message = letter.filing.message
    return AutoReply(
        to=_to(letter),
        alias=addressed_alias(letter.filing.household, message),
        template=template,
        language=letter.language,
        values=values,
        in_reply_to=message.message_id,
        references=message.references,
        original_subject=letter.subject or None if letter.known and letter.trusted else None,
        dedupe_key=dedupe_key,
    )


def waiting(household: Household, connection: sqlite3.Connection, promise: Promise, now: datetime) -> Letter | None:
    """What an acknowledgement that still waits is made anew from; None where it cannot be."""
    carrier = outbox_questions.carrier(connection, promise.id)
    row, raw = views.message(connection, promise.message_id), messages.raw(connection, promise.message_id)
    if carrier is None or row is None or raw is None or carrier.mailbox not in household.mailbox_names:
        return None
    return _letter(household, connection, promise, carrier, row, raw, previous_due_at=None, now=now)


def renewed(
    letter: Letter,
    item: outbox.Item,
    due_at: datetime | None,
    expectation: Expectation | None,
    calendar: OfficeCalendar,
    template: str,
) -> Silence | None:
    """Put other words into the acknowledgement that waits; Silence where they cannot be made."""
    connection, received_at = letter.filing.connection, letter.promise.duty.received_at
    values = _values(letter, due_at, expectation, calendar) | _of_acknowledgement(letter, template)
    try:
        draft = composed(letter.filing, _automatic(letter, template, outbox.dedupe_key(connection, item.id), values))
    except (UndeliverableError, TemplateError, UnsafeMailError) as error:
        return _failed(letter, error)
    latest = received_at + letter.filing.household.config.acknowledge.max_delay
    expires_at = latest if due_at is None else min(latest, due_at)
    outbox.renew(connection, item, draft, template=template, due_at=due_at, expires_at=expires_at)
    return None


def _of_acknowledgement(letter: Letter, template: str) -> dict[str, TemplateValue]:
    """What an acknowledgement tells and no other letter about a date: what the plan grants, and the call asked for."""
    filing, household = letter.filing, letter.filing.household
    language = _language(letter)
    card = contacts.card(filing.connection, letter.promise.contact_id)
    proved = letter.known and letter.trusted and template != MINIMAL
    call = call_backs.of_promise(filing.connection, letter.promise.id)
    told_call = None
    if call is not None and template != MINIMAL:
        form = form_of(card, proved=proved)
        told_call = call_phrase(filing, card, language, at=call.call_at, on=call.call_on, said_at=filing.now, form=form)
    return {**terms_of_plan(household, card.plan, language, trusted=proved), "call_at": told_call}


def apology(
    letter: Letter, due_at: datetime, expectation: Expectation | None, calendar: OfficeCalendar
) -> tuple[int, OutboxState] | Silence:
    """The owner's own mail, which waits for the owner's key whatever the mode."""
    filing, household = letter.filing, letter.filing.household
    template = LATE if letter.previous_due_at is None else APOLOGY
    number = outbox_questions.count_for_promise(
        filing.connection, letter.promise.id
    )  # two may be drafted within one second
    dedupe_key = f"{template}:{letter.promise.id}:{to_text(due_at)}:{to_text(filing.now)}:{number}"
    try:
        rendered = household.templates.render(template, letter.language, _values(letter, due_at, expectation, calendar))
        answering = f"Re: {letter.subject}" if letter.subject else rendered.subject
        mail = OwnerMail(
            to=_to(letter),
            alias=addressed_alias(household, filing.message),
            subject=letter.subject if letter.subject.lower().startswith("re:") else answering,
            text=rendered.text,
            in_reply_to=filing.message.message_id,
            references=filing.message.references,
            dedupe_key=dedupe_key,
            language=rendered.language,
        )
        draft: Draft = compose_owner_mail(
            mail,
            owner=household.config.owner,
            secret=household.secret,
            now=filing.now,
            smtputf8=household.mailbox(filing.mailbox).smtputf8,
        )
    except (UndeliverableError, TemplateError, UnsafeMailError) as error:
        return _failed(letter, error)
    entry = _entry(letter, "owner", template, due_at, dedupe_key, hold=True)
    return outbox.add(filing.connection, entry, draft, now=filing.now), OutboxState.AWAITING


def _entry(letter: Letter, kind: str, template: str, due_at: datetime, dedupe_key: str, *, hold: bool) -> outbox.Entry:
    filing, to = letter.filing, _to(letter)
    latest = filing.now + filing.household.config.acknowledge.max_delay
    return outbox.Entry(
        kind=kind,
        mailbox_id=letter.carrier.mailbox_id,
        message_id=letter.promise.message_id,
        matter_id=letter.promise.matter_id,
        promise_id=letter.promise.id,
        template=template,
        state=OutboxState.AWAITING,
        hold=hold,
        mode=filing.household.config.acknowledge.mode,
        dedupe_key=dedupe_key,
        recipient_base=base_key(to.key),
        recipient_domain=organisational_domain(to.domain),
        subject_key=normalised_subject(letter.subject),
        stranger=letter.carrier.stranger,
        form_lead=letter.carrier.form_lead,
        due_at=due_at,
        send_after=filing.now,
        expires_at=due_at if kind == "owner" else min(latest, due_at),
    )


def _failed(letter: Letter, error: Exception) -> Silence:
    detail = f"promise {letter.promise.id}: {error}"
    home.raise_alarm(letter.filing.connection, ALARM, detail, now=letter.filing.now)
    return Silence(f"the text could not be made: {error}")
