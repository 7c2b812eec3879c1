"""May a machine answer this mail, and with what: `ack`, `ack-min`, `review` or `suppress`. The only gate.

`ROWS` is asked from top to bottom. A row that stops decides; ceilings are collected and the lowest stands; whatever
matches nothing is bounded by identity (D) and the envelope. A row that fails says `suppress`, `error` and why.
"""

from __future__ import annotations

import traceback
from datetime import datetime

from inboxcrm.domain.message import Message
from inboxcrm.domain.safety import carried, forms, identity, letter, machine, reports, senders, services, state
from inboxcrm.domain.safety.facts import Facts
from inboxcrm.domain.safety.hit import Hit, Row
from inboxcrm.domain.safety.verdict import (
    Circumstances,
    Finding,
    History,
    MailClass,
    Outcome,
    Reason,
    Settings,
    Verdict,
)

__all__ = [
    "ROWS", "Circumstances", "Finding", "History", "MailClass", "Outcome", "Reason", "Settings", "Verdict", "judge",
]  # fmt: skip

ROWS: tuple[tuple[str, Row], ...] = (
    # A. state, passed over for files
    ("A1", state.unsafe),
    ("A2", state.first_sync),
    ("A3", state.rebaseline),
    ("A4", state.answered),
    ("A5", state.stale),
    ("A6", state.folder),
    ("A7", state.duplicate),
    # B. shape
    ("B1", state.unparsable),
    ("B2", state.no_usable_sender),
    ("B2 name", state.guessed_sender),
    # C. never answer
    ("C1", machine.null_return_path),
    ("C2", reports.report),
    ("C21", carried.reaction_or_pec),
    ("C20", forms.form_lead),
    ("C3", machine.auto_submitted),
    ("C4", machine.own),
    ("C4 resent", machine.redirected),
    ("C5", machine.own_kind),
    ("C6", machine.thread_already_acked),
    ("C7", machine.mailing_list),
    ("C8", machine.precedence),
    ("C9", machine.auto_response_suppress),
    ("C10", machine.vendor_auto),
    ("C11", senders.system_address),
    ("C11b", senders.bounce_like),
    ("C2 wrapped", reports.wrapped_report),
    ("C12", letter.calendar),
    ("C13", machine.spam),
    ("C14", letter.automatic_letter),
    ("C15", letter.not_addressed),
    ("C16", letter.cc_only),
    ("C17", letter.mass_recipients),
    ("C18", letter.bulk_hint),
    ("C19", services.transactional),
    # D. who is it really, and where would our mail go
    ("D1-D4", identity.who_is_it),
    ("D5", identity.reply_to_elsewhere),
    ("RCPT", identity.reverse_path),
)

_NOBODY = (Reason.NO_USABLE_SENDER, Reason.UNPARSABLE, Reason.UNDELIVERABLE, Reason.ERROR)
"""Stops that leave nobody to write to."""

_LOUDNESS = (Outcome.ACK, Outcome.ACK_MIN, Outcome.REVIEW, Outcome.SUPPRESS)
_PASSED = {row: Finding(row) for row, _ in ROWS}
_BEFORE_HEADERS = 10
"""How many rows ask about state and shape; the class of what they stop is found by asking on below them."""


def judge(
    message: Message, *, history: History, settings: Settings, now: datetime, circumstances: Circumstances | None
) -> Verdict:
    """Ask every row in order: what stops decides, else the lowest ceiling stands.

    Without `circumstances` the rows of state are passed over (`inboxcrm verdict` judges files).
    """
    facts = Facts(message, history, settings, now, circumstances)
    asked: list[Finding] = []
    ceilings: list[Hit] = []
    for row, ask in ROWS:
        if circumstances is None and row[0] == "A":
            continue
        try:
            hit = ask(facts)
        except Exception as error:
            asked.append(_failure(row, error))
            return _stopped(facts, Outcome.SUPPRESS, MailClass.UNKNOWN, Reason.ERROR, asked, ceilings)
        if hit is None:
            asked.append(_PASSED[row])
            continue
        asked.append(Finding(row, hit.reason, hit.outcome, hit.mail_class, hit.saw, hit.stops))
        ceilings.append(hit)
        if hit.stops:
            mail_class = hit.mail_class or _class_of(facts)
            return _stopped(facts, hit.outcome, mail_class, hit.reason, asked, ceilings)
    return _bounded(facts, asked, ceilings)


def sender_is_proved(
    message: Message, *, history: History, settings: Settings, now: datetime, circumstances: Circumstances
) -> bool:
    """Whether row D1 holds for a mail, asked for itself: a row that stops a mail leaves it unasked.

    It answers who wrote, never whether a machine may answer.
    """
    found = identity.who_is_it(Facts(message, history, settings, now, circumstances))
    return found.reason is Reason.AUTHENTICATED


def _bounded(facts: Facts, asked: list[Finding], ceilings: list[Hit]) -> Verdict:
    """Nothing stopped: the lowest ceiling stands (D always gives one)."""
    outcome = max((hit.outcome for hit in ceilings), key=_LOUDNESS.index)
    mail_class = next((hit.mail_class for hit in ceilings if hit.mail_class), MailClass.HUMAN)
    authenticated = _authenticated(ceilings)
    lead = next((hit.recipient for hit in ceilings if hit.recipient), None)
    if lead is not None and not authenticated:
        outcome = Outcome.REVIEW  # a form is trusted only from my own authenticated server
    return Verdict(
        outcome=outcome,
        mail_class=mail_class,
        reasons=tuple(dict.fromkeys(hit.reason.value for hit in ceilings)),
        asked=tuple(asked),
        recipient=lead or facts.sender,
        authenticated=authenticated,
        private_details_allowed=authenticated and outcome is Outcome.ACK,
        form_lead=lead is not None,
    )


def _stopped(
    facts: Facts,
    outcome: Outcome,
    mail_class: MailClass,
    reason: Reason,
    asked: list[Finding],
    hits: list[Hit],
) -> Verdict:
    lead = next((hit.recipient for hit in hits if hit.recipient), None)
    return Verdict(
        outcome=outcome,
        mail_class=mail_class,
        reasons=(reason.value,),
        asked=tuple(asked),
        recipient=lead or (None if reason in _NOBODY else facts.sender),
        authenticated=False,
        private_details_allowed=False,
        form_lead=lead is not None,
    )


def _class_of(facts: Facts) -> MailClass:
    """What the mail is, where the row that stopped it said nothing: the rows about the mail itself are asked on."""
    for _, ask in ROWS[_BEFORE_HEADERS:]:
        try:
            hit = ask(facts)
        except Exception:
            return MailClass.UNKNOWN
        if hit is not None and hit.mail_class is not None:
            return hit.mail_class
    return MailClass.HUMAN


def _authenticated(ceilings: list[Hit]) -> bool:
    return any(hit.reason is Reason.AUTHENTICATED for hit in ceilings)


def _failure(row: str, error: Exception) -> Finding:
    return Finding(
        row,
        Reason.ERROR,
        Outcome.SUPPRESS,
        MailClass.UNKNOWN,
        saw=type(error).__name__,
        stops=True,
        traceback="".join(traceback.format_exception(error)),
    )
