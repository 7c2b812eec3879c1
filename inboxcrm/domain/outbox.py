"""What becomes of a mail that is to go out: its kinds, its states, its moves, and when to try again.

The table is read as a page: a state's row holds everything that may happen to it. Nothing but `SENDING` touches the
network, and nothing leaves `SENDING` for `QUEUED` unless it is certain that no server took the mail (at most once:
a lost acknowledgement is harmless, a double one is not).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from inboxcrm.domain.message import Address
from inboxcrm.errors import InternalError


class OutboxState(StrEnum):
    """Where a mail stands."""

    HELD = "held"
    AWAITING = "awaiting"
    SHADOW = "shadow"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"

    @property
    def ended(self) -> bool:
        """Whether nothing can happen to it any more."""
        return not TRANSITIONS[self]


class OutboxEvent(StrEnum):
    """What can happen to a mail."""

    RELEASE = "release"
    """The grace time is over and the mode is `auto`."""
    SHOW = "show"
    """The grace time is over and the mode is `shadow`: shown, never sent."""
    ASK = "ask"
    """The mode is `approve`, or a brake holds it: a person decides."""
    RENEW = "renew"
    """What it is to say has changed, and so have its words: it waits anew for what lets it go."""
    APPROVE = "approve"
    """A person lets it go."""
    REJECT = "reject"
    """A person says no."""
    CANCEL = "cancel"
    """The owner answered first, or the matter ended."""
    EXPIRE = "expire"
    """Too late to be of use."""
    CLAIM = "claim"
    """Taken for sending; committed before the network is touched."""
    ACCEPT = "accept"
    """The server took responsibility."""
    DEFER = "defer"
    """Certainly not sent; to be tried again."""
    REFUSE = "refuse"
    """The server refused it for good."""
    DOUBT = "doubt"
    """The connection ended after the body had begun."""
    FIND = "find"
    """Found in Sent by its Message-ID."""
    SEND_AGAIN = "send-again"
    """A person, asked about a mail of their own writing, wants the same bytes sent once more."""
    DISMISS = "dismiss"
    """A person leaves a mail of unknown fate alone."""


TRANSITIONS: Mapping[OutboxState, Mapping[OutboxEvent, OutboxState]] = MappingProxyType(
    {
        OutboxState.HELD: {
            OutboxEvent.RELEASE: OutboxState.QUEUED,
            OutboxEvent.SHOW: OutboxState.SHADOW,
            OutboxEvent.ASK: OutboxState.AWAITING,
            OutboxEvent.RENEW: OutboxState.HELD,
            OutboxEvent.APPROVE: OutboxState.QUEUED,
            OutboxEvent.REJECT: OutboxState.CANCELLED,
            OutboxEvent.CANCEL: OutboxState.CANCELLED,
            OutboxEvent.EXPIRE: OutboxState.EXPIRED,
        },
        OutboxState.AWAITING: {
            OutboxEvent.RENEW: OutboxState.HELD,
            OutboxEvent.APPROVE: OutboxState.QUEUED,
            OutboxEvent.REJECT: OutboxState.CANCELLED,
            OutboxEvent.CANCEL: OutboxState.CANCELLED,
            OutboxEvent.EXPIRE: OutboxState.EXPIRED,
        },
        OutboxState.QUEUED: {
            OutboxEvent.CLAIM: OutboxState.SENDING,
            OutboxEvent.ASK: OutboxState.AWAITING,
            OutboxEvent.RENEW: OutboxState.HELD,
            OutboxEvent.REJECT: OutboxState.CANCELLED,
            OutboxEvent.CANCEL: OutboxState.CANCELLED,
            OutboxEvent.EXPIRE: OutboxState.EXPIRED,
        },
        OutboxState.SENDING: {
            OutboxEvent.ACCEPT: OutboxState.SENT,
            OutboxEvent.DEFER: OutboxState.QUEUED,
            OutboxEvent.EXPIRE: OutboxState.EXPIRED,
            OutboxEvent.REFUSE: OutboxState.FAILED,
            OutboxEvent.DOUBT: OutboxState.UNKNOWN,
        },
        OutboxState.UNKNOWN: {
            OutboxEvent.FIND: OutboxState.SENT,
            OutboxEvent.SEND_AGAIN: OutboxState.QUEUED,
            OutboxEvent.DISMISS: OutboxState.FAILED,
        },
        OutboxState.SHADOW: {},
        OutboxState.SENT: {},
        OutboxState.FAILED: {},
        OutboxState.CANCELLED: {},
        OutboxState.EXPIRED: {},
    }
)


class IllegalMoveError(InternalError):
    """An event was applied to a mail whose state does not know it."""

    def __init__(self, state: OutboxState, event: OutboxEvent) -> None:
        super().__init__(f"an outgoing mail that is {state} cannot meet {event}")
        self.state = state
        self.event = event


def move(state: OutboxState, event: OutboxEvent) -> OutboxState:
    """The state after `event`; `IllegalMoveError` where the table has no such move."""
    try:
        return TRANSITIONS[state][event]
    except KeyError:
        raise IllegalMoveError(state, event) from None


class Step(StrEnum):
    """The part of an SMTP transaction that is about to begin, made durable beforehand.

    `DATA` is the command alone, up to the server's 354: until then no octet of the mail has left (RFC 5321 section
    3.3). `BODY` begins with the first octet of the mail and ends with the server's reply to the final dot.
    """

    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"


def recover(state: OutboxState, step: Step | None) -> OutboxState:
    """Where a mail stands after the process died: only one whose body had begun is in doubt.

    `step` is the last one recorded for the present attempt, None when the mail was claimed and nothing more.
    """
    if state is not OutboxState.SENDING:
        return state
    return move(state, OutboxEvent.DOUBT if step is Step.BODY else OutboxEvent.DEFER)


PAUSES: tuple[timedelta, ...] = (
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=2),
    timedelta(minutes=5),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
)
"""How long to wait after the first, second, ... failed attempt; the last one repeats."""

SPREAD = 0.2
"""How far jitter moves a pause either way, as a share of it."""


def retry_at(attempts: int, now: datetime, expires_at: datetime, jitter: float) -> datetime | None:
    """When to try again after `attempts` attempts that failed; None when that would be at or past `expires_at`.

    `jitter` is drawn by the caller from -1 to 1, so that many mails deferred together do not come back together.
    """
    if attempts < 1:
        raise ValueError(f"a retry follows at least one attempt, not {attempts}")
    pause = PAUSES[min(attempts, len(PAUSES)) - 1]
    at = now + pause * (1 + SPREAD * max(-1.0, min(1.0, jitter)))
    return at if at < expires_at else None


def not_beyond_longest_pause(planned_at: datetime, now: datetime) -> datetime:
    """A planned attempt, brought nearer where the wall clock was set back after it had been planned."""
    return min(planned_at, now + PAUSES[-1] * (1 + SPREAD))


TemplateValue = str | None
"""What a template may be given: finished words of one line, or None for what does not apply."""


@dataclass(frozen=True, slots=True)
class AutoReply:
    """A mail the program writes by itself, because the gate allowed it.

    `to` is the author of the acknowledged mail and the only recipient; `alias` the owner's address that was written
    to. `in_reply_to` is the Message-ID of that mail and `references` its own References, oldest first.
    `original_subject` None gives the template's fixed subject and a recipient without a display name: nothing the
    sender wrote goes back (strangers, encrypted mail, the minimal text). `dedupe_key` makes the Message-ID.
    """

    to: Address
    alias: str
    template: str
    language: str
    values: Mapping[str, TemplateValue]
    in_reply_to: str | None
    references: tuple[str, ...]
    original_subject: str | None
    dedupe_key: str


@dataclass(frozen=True, slots=True)
class OwnerMail:
    """A mail a person wrote, or read and sent with a key. One recipient; a mail to several is several of these.

    `language` is a BCP 47 tag of the text; None where it is not known.
    """

    to: Address
    alias: str
    subject: str
    text: str
    in_reply_to: str | None
    references: tuple[str, ...]
    dedupe_key: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A finished mail: its bytes, which every attempt sends unchanged, and its envelope.

    `envelope_from` is "" for the null reverse-path. `message_id` has its angle brackets. `subject` and `text` are what
    the reader will see, for display.
    """

    raw: bytes
    envelope_from: str
    recipient: str
    message_id: str
    subject: str
    text: str
