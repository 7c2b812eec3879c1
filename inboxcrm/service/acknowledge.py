"""Writes the acknowledgement that was decided: words, bytes and the outbox row, inside the deciding transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from inboxcrm.domain import sender_clock, wording
from inboxcrm.domain.address import base_key, organisational_domain
from inboxcrm.domain.dedupe import identity_key
from inboxcrm.domain.expectation import Expectation
from inboxcrm.domain.message import Message
from inboxcrm.domain.modes import strictest
from inboxcrm.domain.outbox import AutoReply, Draft, OutboxState, TemplateValue
from inboxcrm.domain.plan import MINIMAL, Acknowledge, Plan, Silence
from inboxcrm.domain.quoting import normalised_subject
from inboxcrm.domain.rules import Situation
from inboxcrm.domain.salutation import Form
from inboxcrm.domain.wording import Precision
from inboxcrm.errors import TemplateError
from inboxcrm.render import UndeliverableError, UnsafeMailError, compose
from inboxcrm.service import brakes, urgent
from inboxcrm.service.file import Filing
from inboxcrm.service.household import Household
from inboxcrm.service.salutation import form_of, salute
from inboxcrm.store import home, outbox, outbox_counts
from inboxcrm.store.contacts import Card

PHONE = "phone"
URGENT_WORD = "URGENT"
NO_MAIL_FOR = timedelta(days=30)
"""How long a domain of which the server said that it takes no mail is not tried again."""


@dataclass(frozen=True, slots=True)
class Speech:
    """An acknowledgement that was decided, and the rows it belongs to."""

    decided: Acknowledge
    plan: Plan
    card: Card
    situation: Situation
    message_row: int
    matter_id: int | None
    promise_id: int | None
    mailbox_id: int


def write(filing: Filing, speech: Speech) -> Acknowledge | Silence:
    """Compose and enter the acknowledgement; a text that cannot be made, or must not leave, is silence and an alarm."""
    household, expectation = filing.household, speech.plan.expectation
    recipient = speech.plan.verdict.recipient
    if recipient is None or expectation is None:
        return Silence("there is nobody to write to")
    reply = AutoReply(
        to=recipient,
        alias=addressed_alias(household, filing.message),
        template=speech.decided.template,
        language=speech.situation.language,
        values=values(filing, speech, expectation),
        in_reply_to=filing.message.message_id,
        references=filing.message.references,
        original_subject=_may_repeat_subject(speech, filing.message),
        dedupe_key=f"acknowledgement:{identity_key(filing.message)}",
    )
    refused = outbox_counts.refusal_of_domain(filing.connection, recipient.domain, since=filing.now - NO_MAIL_FOR)
    if refused is not None:
        return Silence(f"{recipient.domain} takes no mail: {refused}")
    try:
        draft = composed(filing, reply)
    except UndeliverableError as error:
        return Silence(f"the address cannot be written to: {error}")
    except (TemplateError, UnsafeMailError) as error:
        home.raise_alarm(filing.connection, "acknowledgement-failed", str(error), now=filing.now)
        return Silence(f"the text could not be made: {error}")
    entry = outbox.Entry(
        kind="auto",
        mailbox_id=speech.mailbox_id,
        message_id=speech.message_row,
        matter_id=speech.matter_id,
        promise_id=speech.promise_id,
        template=speech.decided.template,
        state=OutboxState.HELD,
        hold=speech.decided.hold,
        mode=strictest(speech.decided.mode, household.config.acknowledge.mode),
        dedupe_key=reply.dedupe_key,
        recipient_base=base_key(recipient.key),
        recipient_domain=organisational_domain(recipient.domain),
        subject_key=normalised_subject(filing.message.subject),
        stranger=not speech.situation.known,
        form_lead=speech.plan.verdict.form_lead,
        due_at=expectation.due_at,
        send_after=speech.decided.send_after,
        expires_at=speech.decided.expires_at,
    )
    allowed = brakes.check(filing, entry)
    if isinstance(allowed, Silence):
        return allowed
    outbox.add(filing.connection, allowed, draft, now=filing.now)
    return replace(speech.decided, hold=allowed.hold, mode=allowed.mode)


def composed(filing: Filing, reply: AutoReply) -> Draft:
    """The mail as it would leave, in the owner's name and as the server of this mailbox takes it.

    Raises UndeliverableError, TemplateError and UnsafeMailError.
    """
    household, mailbox = filing.household, filing.household.mailbox(filing.mailbox)
    return compose(
        reply,
        templates=household.templates,
        owner=household.config.owner,
        secret=household.secret,
        now=filing.now,
        null_sender=mailbox.null_sender,
        smtputf8=mailbox.smtputf8,
    )


def addressed_alias(household: Household, message: Message) -> str:
    """The owner's address that was written to, as configured; the default one where it is none of them."""
    configured = {base_key(address.lower()): address for address in household.config.owner.addresses}
    for recipient in message.recipients:
        found = configured.get(base_key(recipient.key))
        if found is not None:
            return found
    return household.config.owner.addresses[0]


def _may_repeat_subject(speech: Speech, message: Message) -> str | None:
    """Only a known contact, certainly the author, gets the subject back: reflected words advertise for a spammer."""
    if speech.decided.template == MINIMAL or not speech.situation.known:
        return None
    return message.subject or None


def values(filing: Filing, speech: Speech, expectation: Expectation) -> Mapping[str, TemplateValue]:
    """What the template is told; the minimal one learns the time and nothing else."""
    owner = filing.household.config.owner
    language = wording.spoken(speech.situation.language) or wording.spoken(owner.language) or "en"
    card = speech.card
    sender_zone = zone_of_sender(filing, card, at=expectation.due_at)
    minimal = speech.decided.template == MINIMAL
    trusted = speech.situation.known and speech.plan.verdict.private_details_allowed and not minimal
    proved = speech.situation.known and speech.plan.verdict.authenticated and not minimal
    form = form_of(card, proved=proved)
    return {
        "due": due(expectation, language, owner_zone=owner.timezone, sender_zone=sender_zone, form=form),
        "previous_due": None,
        "reason": None if minimal else reason(expectation, language, filing.household),
        **salute(card, _sender_name(filing) if proved else "", proved=proved),
        "owner_name": owner.name,
        **terms_of_plan(filing.household, speech.situation.plan, language, trusted=trusted),
        "call_at": _call_at(speech, filing, language, expectation, form),
    }


def terms_of_plan(household: Household, plan: str, language: str, *, trusted: bool) -> Mapping[str, TemplateValue]:
    """What a plan ("" for none) grants beside the time: a number, the word that rings, and the plan's own sentence.

    Only to somebody `trusted`: a known contact, whom the gate proved to be the author.
    """
    level, granted = household.plan(plan or None), trusted and plan != ""
    rings = bool(household.config.notify.routes) and level.after_hours in urgent.ACCESS
    return {
        "phone": household.config.owner.phone if granted and level.after_hours == PHONE else None,
        "urgent_word": URGENT_WORD if granted and rings else None,
        "plan_note": level.wording.get(language) if granted else None,
    }


def _call_at(speech: Speech, filing: Filing, language: str, expectation: Expectation, form: Form) -> TemplateValue:
    """When a call was asked for, as it was understood; None where it was not."""
    wish = speech.plan.wish
    if wish is None:
        return None
    return call_phrase(
        filing, speech.card, language, at=wish.at, on=wish.on, said_at=expectation.received_at, form=form
    )


def call_phrase(
    filing: Filing,
    card: Card,
    language: str,
    *,
    at: datetime | None,
    on: date | None,
    said_at: datetime,
    form: Form = Form.FORMAL,
) -> TemplateValue:
    """When a call is to be, in words said at `said_at`: the instant, else the day; None where neither is known."""
    owner_zone = filing.household.config.owner.timezone
    if at is not None:
        sender_zone = zone_of_sender(filing, card, at=at)
        return wording.moment_phrase(
            at, language, owner_zone=owner_zone, sender_zone=sender_zone, said_at=said_at, form=form
        )
    return None if on is None else wording.date_phrase(on, language, said_on=said_at.astimezone(owner_zone).date())


def due(
    expectation: Expectation,
    language: str,
    *,
    owner_zone: ZoneInfo,
    sender_zone: tzinfo | None,
    form: Form = Form.FORMAL,
) -> TemplateValue:
    """The due time in words that follow "my answer"; None when there is no date."""
    if expectation.due_at is None:
        return None
    return wording.due_phrase(
        expectation.due_at,
        language,
        owner_zone=owner_zone,
        sender_zone=sender_zone,
        precision=Precision.DAY if expectation.by_end_of_day else Precision.HOUR,
        said_at=expectation.received_at,
        form=form,
    )


def reason(expectation: Expectation, language: str, household: Household) -> TemplateValue:
    """Why it takes until then, in words; None where nothing but the workload explains it."""
    owner = household.config.owner
    said = wording.reason_phrase(
        expectation,
        language,
        owner_zone=owner.timezone,
        owner_language=owner.language,
        holiday_names=household.holiday_names(expectation.received_at, language),
    )
    return said or None


def _sender_name(filing: Filing) -> str:
    author = filing.message.author
    return author.name if author is not None else ""


def zone_of_sender(filing: Filing, card: Card, *, at: datetime | None = None) -> tzinfo | None:
    """Where the sender's clock stands: set on the contact, else by the offset of the Date field.

    None where that is not known, or not for the instant `at`: the clocks may have changed between.
    """
    if card.timezone:
        return ZoneInfo(card.timezone)
    date = filing.message.date
    zone = None if date is None else sender_clock.zone_of(date, home=filing.household.config.owner.timezone)
    if date is None or zone is None or (at is not None and not sender_clock.holds(zone, since=date, at=at)):
        return None
    return zone
