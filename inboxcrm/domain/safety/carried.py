"""Row C21: a reaction of one tap, and Italian certified mail with a letter inside."""

from __future__ import annotations

from inboxcrm.domain.safety import machine
from inboxcrm.domain.safety.facts import Facts
from inboxcrm.domain.safety.hit import Hit, Row, review, suppress
from inboxcrm.domain.safety.letter import automatic_letter, calendar
from inboxcrm.domain.safety.reports import report
from inboxcrm.domain.safety.senders import bounce_like, system_address
from inboxcrm.domain.safety.verdict import MailClass, Reason


def reaction_or_pec(facts: Facts) -> Hit | None:
    """C21: a reaction of one tap, and Italian certified mail: receipts of machines, and envelopes round a letter."""
    if any(part.content_type == "text/vnd.google.email-reaction+json" for part in facts.message.parts):
        return suppress(Reason.REACTION, "text/vnd.google.email-reaction+json")
    if "x-ricevuta" in facts.headers:
        return suppress(Reason.PEC_RECEIPT, f"X-Ricevuta: {facts.headers['x-ricevuta'][0]}")
    return _certified(facts) if "x-trasporto" in facts.headers else None


def _certified(facts: Facts) -> Hit:
    """The letter in the envelope is asked what any letter is asked; what would pass stands in the queue, no more."""
    message = facts.message
    saw = f"X-Trasporto: {facts.headers['x-trasporto'][0]}"
    if message.carried is None:
        writer = next((address for address in message.reply_to if not facts.owns(address)), None)
        return review(Reason.PEC_TRANSPORT, saw, MailClass.HUMAN, writer)
    inside = Facts(message.carried, facts.history, facts.settings, facts.now, None)
    for ask in _OF_A_LETTER:
        hit = ask(inside)
        if hit is not None and hit.stops:
            return hit._replace(saw=f"in the certified letter: {hit.saw}"[:200])
    return review(Reason.PEC_TRANSPORT, saw, MailClass.HUMAN, message.author)


_OF_A_LETTER: tuple[Row, ...] = (
    report, machine.auto_submitted, machine.own, machine.own_kind, machine.thread_already_acked, machine.mailing_list,
    machine.precedence, machine.auto_response_suppress, machine.vendor_auto, system_address, bounce_like, calendar,
    machine.spam, automatic_letter,
)  # fmt: skip
"""What is asked of the letter in a certified mail: all of C that does not ask about the envelope."""
