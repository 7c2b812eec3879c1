"""Rings the owner for the urgent mail of a client whose plan allows it: nobody else's, whatever it says of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from inboxcrm.domain.message import Message
from inboxcrm.domain.reply_safety import MailClass, Outcome, Reason, Verdict
from inboxcrm.domain.situation import Situation
from inboxcrm.domain.urgency import mark
from inboxcrm.service import notify
from inboxcrm.service.file import Filing
from inboxcrm.service.household import Household
from inboxcrm.service.notify import Word

ACCESS = ("mail", "phone")
"""What `after_hours` of a plan says where its clients may ring."""

STALE = timedelta(hours=24)
"""Mail that was received longer ago is read as history: nobody is rung for it."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A mail that was marked urgent by a client whose plan speaks of it: by what, and why it rings or does not."""

    mark: str
    rings: bool
    because: str


def has_access(household: Household, plan: str) -> bool:
    """Whether clients of this plan ("" for none) may reach the owner outside office hours."""
    return plan != "" and household.plan(plan).after_hours in ACCESS


def marked(household: Household, plan: str, message: Message) -> str | None:
    """By what a mail is marked as urgent, in words; None where it is not, or the sender's plan gives no access."""
    return mark(message, is_own=household.is_own) if has_access(household, plan) else None


def ring(
    filing: Filing,
    verdict: Verdict,
    situation: Situation,
    *,
    row_id: int,
    promise_id: int | None,
    answered: bool,
    proved: Callable[[], bool],
) -> Rung | None:
    """Enter the notice in the transaction of the mail; None for mail that is not marked, or of no such plan.

    A promise rings once a day, however many mails ask for it. `proved` looks whether the sender is who the mail says;
    it is asked only of mail that would ring.
    """
    household = filing.household
    by = marked(household, situation.plan, filing.message) if situation.urgent else None
    if by is None:
        return None
    refused = _refused(filing, verdict, situation, answered=answered, proved=proved)
    if refused is not None:
        return Rung(by, rings=False, because=refused)
    if not household.config.notify.routes:
        return Rung(by, rings=False, because="[notify] names no way to reach you")
    about = promise_id if promise_id is not None else f"mail {row_id}"
    day = filing.now.astimezone(household.config.owner.timezone).date().isoformat()
    author = filing.message.author
    word = Word(
        key=f"urgent-mail:{about}:{day}",
        kind="urgent-mail",
        title="Urgent mail from a client",
        about=f"{situation.contact} ({author.spec if author else ''}): {filing.message.subject}",
        quote=situation.text,
        urgent=True,
        message_id=row_id,
    )
    entered = notify.tell(household, filing.connection, word, now=filing.now)
    return Rung(by, rings=entered, because="" if entered else "you were told of this matter today")


def _refused(
    filing: Filing, verdict: Verdict, situation: Situation, *, answered: bool, proved: Callable[[], bool]
) -> str | None:
    """Why this sender does not ring; None where they do.

    The reply to an acknowledgement rings, though it gets none itself: the acknowledgement told them how.
    """
    reply_to_ours = verdict.reasons == (Reason.THREAD_ALREADY_ACKED,)
    if verdict.mail_class is MailClass.MACHINE or (verdict.mail_class is MailClass.UNKNOWN and not reply_to_ours):
        return "it is not certain that a person wrote it"
    if verdict.outcome is Outcome.SUPPRESS and not reply_to_ours:
        return "the gate stops such mail"
    if not proved():
        return "the sender is not proved to be who the mail says"
    if not situation.known:
        return "the sender is none you wrote to, imported or confirmed"
    if answered:
        return "you have answered already"
    if filing.now - filing.received_at > STALE:
        return "it came more than a day ago"
    return None
