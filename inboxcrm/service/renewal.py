"""A new date for a promise: which one is honest, and the mail that tells it.

Only a client who was told a date is told a new one; the silent promise moves silently. While the promise stands the
mail is automatic and goes the way of the mode, under the same limits as every other; once the promise is broken it is
an apology, which waits for the owner's hand in every mode.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from inboxcrm.config import Mode
from inboxcrm.domain import wording
from inboxcrm.domain.address import address, base_key, identity, organisational_domain
from inboxcrm.domain.expectation import Expectation, OutsideHours, expect
from inboxcrm.domain.message import Address
from inboxcrm.domain.mime import parse
from inboxcrm.domain.office_hours import OfficeCalendar
from inboxcrm.domain.outbox import AutoReply, Draft, OutboxState, OwnerMail, TemplateValue
from inboxcrm.domain.plan import Silence
from inboxcrm.domain.promise import Entry, Event, NoSuchMoveError, State, allows, move, warn_at
from inboxcrm.domain.quoting import normalised_subject
from inboxcrm.domain.wording import Precision
from inboxcrm.errors import TemplateError, UserError
from inboxcrm.parsing import Parsed
from inboxcrm.render import UndeliverableError, UnsafeMailError, compose, compose_owner_mail
from inboxcrm.service import brakes, learned
from inboxcrm.service.acknowledge import addressed_alias, reason, zone_of_sender
from inboxcrm.service.file import Filing, Person
from inboxcrm.service.household import Household
from inboxcrm.service.salutation import form_of, salute
from inboxcrm.store import contacts, home, messages, outbox, promises, prospects, views
from inboxcrm.store.promises import Promise
from inboxcrm.store.register import Register
from inboxcrm.store.times import to_text

EXTENDED = "extended"
MOVED = "moved"
APOLOGY = "apology"
ALARM = "new-date-not-written"
_STATE = {Mode.SHADOW: OutboxState.SHADOW, Mode.APPROVE: OutboxState.AWAITING, Mode.AUTO: OutboxState.QUEUED}
_SAID = {
    OutboxState.SHADOW: "The mail that would say so is shown in the outbox; in shadow it is not sent.",
    OutboxState.AWAITING: "The mail that says so waits in the outbox for your key.",
    OutboxState.QUEUED: "The mail that says so goes out now.",
}


class NoHonestDateError(UserError):
    """The calendar has no open time in which an answer could be given; the owner has to name a date."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """The new date, and the outbox item that tells it; without one, `silent` says why the client is not told."""

    due_at: datetime
    item_id: int | None
    state: OutboxState | None
    silent: str = ""

    def sentence(self, who: str) -> str:
        """What a person is to know of it."""
        if self.state is None:
            return f"{who} does not know it yet" + (f": {self.silent}." if self.silent else ".")
        return _SAID[self.state]


@dataclass(frozen=True, slots=True)
class _Letter:
    """What a mail about a promise is made from. `trusted`: the gate believed the sender's identity."""

    filing: Filing
    promise: Promise
    carrier: outbox.Carrier
    previous_due_at: datetime
    language: str
    trusted: bool
    known: bool
    subject: str


def renew(
    household: Household,
    connection: sqlite3.Connection,
    promise: Promise,
    *,
    until: datetime | None,
    now: datetime,
    because_away: bool = False,
) -> Renewed:
    """Extend a promise, to `until` or to what is honest, and write the mail that tells it.

    Raises NoHonestDateError when there is no such date, UserError when it is no later than the one that stands.
    """
    calendar = _calendar(household, connection, promise, now)
    expectation = None if until is not None else honest(household, connection, promise, now, because_away=because_away)
    due_at = until or (expectation.due_at if expectation is not None else None)
    if due_at is None:
        raise NoHonestDateError("there is no open time within 60 days; give a date with --until")
    was_broken = promise.duty.state is State.BROKEN
    _extend(connection, promise, due_at, calendar, now)
    outbox.cancel_for_matter(connection, promise.matter_id, at=now, why="the date has moved")
    home.journal(connection, "extend", f"promise {promise.id}", {"due_at": to_text(due_at)}, now=now)
    letter = _letter(household, connection, promise, now)
    if isinstance(letter, Silence):
        return Renewed(due_at, None, None, letter.because)
    if was_broken:
        return _drafted(due_at, _apology(letter, due_at, expectation, calendar))
    return _drafted(due_at, _notice(letter, due_at, expectation, calendar, MOVED if because_away else EXTENDED))


def propose(household: Household, connection: sqlite3.Connection, promise: Promise, now: datetime) -> None:
    """Write the mail that tells a later date to a client whose told one will not hold, once for each promise.

    It will not hold when today's knowledge (what was learned since, absences, hours) would have told a later time. The
    promise moves when the mail has gone, and not before: until then it breaks at the time that was told.
    """
    if promise.duty.due_at is None or not allows(promise.duty, Event.EXTENDED, automatic=True):
        return
    calendar = _calendar(household, connection, promise, now)
    target = _target(household, connection, promise, now)
    told_today = expect(promise.duty.counted_from, target=target, calendar=calendar).due_at
    if told_today is not None and told_today <= promise.duty.due_at:
        return
    letter = _letter(household, connection, promise, now)
    expectation = honest(household, connection, promise, now)
    if isinstance(letter, Silence) or expectation.due_at is None:
        return
    made = _notice(letter, expectation.due_at, expectation, calendar, EXTENDED, proposed=True)
    detail = {"due_at": to_text(expectation.due_at), "silent": made.because if isinstance(made, Silence) else None}
    home.journal(connection, "extension-proposed", f"promise {promise.id}", detail, now=now)


def apologise(household: Household, connection: sqlite3.Connection, promise: Promise, now: datetime) -> None:
    """Draft the apology for a promise that has just been broken, with a new honest date; the promise does not move."""
    letter = _letter(household, connection, promise, now)
    if isinstance(letter, Silence):
        return
    expectation = honest(household, connection, promise, now)
    if expectation.due_at is None:
        return
    _apology(letter, expectation.due_at, expectation, _calendar(household, connection, promise, now))


def went_out(household: Household, connection: sqlite3.Connection, item: outbox.Item, now: datetime) -> None:
    """A mail that tells a date has left: the client knows it, and where it is a later one the promise stands there.

    Only the owner's own mail, and the extension that the machine proposed, move a promise.
    """
    promise = promises.by_id(connection, item.promise_id) if item.promise_id is not None else None
    if promise is None:
        return
    automatic, stands = item.kind == "auto", promise.duty.due_at
    moves = (not automatic or item.template == EXTENDED) and allows(promise.duty, Event.EXTENDED, automatic=automatic)
    if moves and item.due_at is not None and (stands is None or item.due_at > max(now, stands)):
        calendar = _calendar(household, connection, promise, now)
        _extend(connection, promise, item.due_at, calendar, now, automatic=automatic)
    if automatic or (item.due_at is not None and promise.duty.state.live):
        promises.tell(connection, promise.id, item.due_at, at=now)


def honest(
    household: Household,
    connection: sqlite3.Connection,
    promise: Promise,
    now: datetime,
    *,
    because_away: bool = False,
) -> Expectation:
    """The first time after now and after the present date by which an answer can be expected.

    It counts the promise's own target, or what was learned since if that is longer. `because_away` first asks what
    would have been told, had the absence been known when the promise was made.
    """
    calendar = _calendar(household, connection, promise, now)
    floor = max(now, promise.duty.due_at or now)
    if because_away:
        known_then = expect(promise.duty.counted_from, target=promise.target, calendar=calendar)
        if known_then.due_at is not None and known_then.due_at > floor:
            return known_then
    target = _target(household, connection, promise, now)
    expectation = expect(now, target=target, calendar=calendar)
    if expectation.due_at is not None and expectation.due_at <= floor:
        return expect(floor, target=target, calendar=calendar)
    return expectation


def _calendar(household: Household, connection: sqlite3.Connection, promise: Promise, now: datetime) -> OfficeCalendar:
    return household.calendar(connection, now, contacts.card(connection, promise.contact_id).plan)


def _target(household: Household, connection: sqlite3.Connection, promise: Promise, now: datetime) -> timedelta:
    """The promise's own target, or what was learned since if that is longer."""
    plan = contacts.terms(connection, promise.contact_id).plan if promise.contact_id is not None else None
    return max(
        promise.target,
        learned.target(household, connection, contact_id=promise.contact_id, plan=plan, now=now).open_time,
    )


def _extend(
    connection: sqlite3.Connection,
    promise: Promise,
    due_at: datetime,
    calendar: OfficeCalendar,
    now: datetime,
    *,
    automatic: bool = False,
) -> None:
    entry = Entry(Event.EXTENDED, now, due_at=due_at, automatic=automatic)
    if not allows(promise.duty, Event.EXTENDED):
        raise UserError(f"the promise is {promise.duty.state} and cannot be extended")
    try:
        moved = move(promise.duty, entry)
    except NoSuchMoveError as error:
        raise UserError(f"{error}: the promise stands at {promise.duty.due_at}; give a later --until") from error
    promises.happen(connection, promise, entry, warn_at=warn_at(moved, calendar))
    prospects.extended(connection, promise.id, calendar.open_between(now, due_at))


def _letter(household: Household, connection: sqlite3.Connection, promise: Promise, now: datetime) -> _Letter | Silence:
    """What the mail is made from, or why there is none to write."""
    carrier = outbox.carrier(connection, promise.id)
    row, raw = views.message(connection, promise.message_id), messages.raw(connection, promise.message_id)
    if carrier is None or row is None or raw is None:
        return Silence("no date was ever told")
    previous = promise.told_due_at
    if previous is None and carrier.state is OutboxState.SHADOW and household.config.acknowledge.mode is Mode.SHADOW:
        previous = carrier.due_at
    if previous is None:
        return Silence("no date was ever told")
    head = parse(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
    card = contacts.card(connection, promise.contact_id)
    filing = Filing(
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
    return _Letter(
        filing=filing,
        promise=promise,
        carrier=carrier,
        previous_due_at=previous,
        language=card.language or messages.language(connection, promise.message_id) or household.config.owner.language,
        trusted=row.outcome == "ack",
        known=not carrier.stranger,
        subject=row.subject,
    )


def _to(letter: _Letter) -> Address:
    """The recipient of the acknowledgement: the gate allowed no other."""
    author = letter.filing.message.author
    same = author is not None and author.key == identity(letter.carrier.recipient)
    return address(author.name if same and author is not None else "", letter.carrier.recipient)


def _values(
    letter: _Letter, due_at: datetime, expectation: Expectation | None, calendar: OfficeCalendar
) -> dict[str, TemplateValue]:
    household = letter.filing.household
    owner = household.config.owner
    language = wording.spoken(letter.language) or wording.spoken(owner.language) or "en"
    theirs = zone_of_sender(letter.filing, Person(letter.promise.contact_id, None))
    card = contacts.card(letter.filing.connection, letter.promise.contact_id)
    proved = letter.known and letter.trusted

    def told(at: datetime) -> str:
        open_then = calendar.open_on(calendar.day_of(at))
        closes = bool(open_then) and open_then[-1].end == at
        return wording.due_phrase(
            at,
            language,
            owner_zone=owner.timezone,
            sender_zone=theirs,
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
        "due": told(due_at),
        "previous_due": told(letter.previous_due_at),
        "reason": explained,
        **salute(card, name if proved else "", proved=proved),
        "owner_name": owner.name,
        "phone": None,
        "urgent_word": None,
        "plan_note": None,
        "call_at": None,
    }


def _notice(
    letter: _Letter,
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
    message = filing.message
    reply = AutoReply(
        to=_to(letter),
        alias=addressed_alias(household, message),
        template=template,
        language=letter.language,
        values=_values(letter, due_at, expectation, calendar),
        in_reply_to=message.message_id,
        references=message.references,
        original_subject=letter.subject or None if letter.known and letter.trusted else None,
        dedupe_key=f"{template}{':proposed' if proposed else ''}:{letter.promise.id}:{to_text(due_at)}",
    )
    entry = _entry(letter, "auto", template, due_at, reply.dedupe_key, hold=not letter.trusted)
    allowed = brakes.check(filing, entry)
    if isinstance(allowed, Silence):
        return allowed
    mode = household.config.acknowledge.mode
    state = OutboxState.AWAITING if allowed.hold and mode is Mode.AUTO else _STATE[mode]
    try:
        draft = compose(
            reply,
            templates=household.templates,
            owner=household.config.owner,
            secret=household.secret,
            now=filing.now,
            null_sender=household.mailbox(filing.mailbox).null_sender,
            smtputf8=household.mailbox(filing.mailbox).smtputf8,
        )
    except (UndeliverableError, TemplateError, UnsafeMailError) as error:
        return _failed(letter, error)
    return outbox.add(filing.connection, replace(allowed, state=state), draft, now=filing.now), state


def _apology(
    letter: _Letter, due_at: datetime, expectation: Expectation | None, calendar: OfficeCalendar
) -> tuple[int, OutboxState] | Silence:
    """The owner's own mail, which waits for the owner's key whatever the mode."""
    filing, household = letter.filing, letter.filing.household
    dedupe_key = f"{APOLOGY}:{letter.promise.id}:{to_text(due_at)}:{to_text(filing.now)}"
    try:
        rendered = household.templates.render(APOLOGY, letter.language, _values(letter, due_at, expectation, calendar))
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
    entry = _entry(letter, "owner", APOLOGY, due_at, dedupe_key, hold=True)
    return outbox.add(filing.connection, entry, draft, now=filing.now), OutboxState.AWAITING


def _entry(letter: _Letter, kind: str, template: str, due_at: datetime, dedupe_key: str, *, hold: bool) -> outbox.Entry:
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


def _failed(letter: _Letter, error: Exception) -> Silence:
    detail = f"promise {letter.promise.id}: {error}"
    home.raise_alarm(letter.filing.connection, ALARM, detail, now=letter.filing.now)
    return Silence(f"the text could not be made: {error}")


def _drafted(due_at: datetime, made: tuple[int, OutboxState] | Silence) -> Renewed:
    if isinstance(made, Silence):
        return Renewed(due_at, None, None, made.because)
    return Renewed(due_at, made[0], made[1])
