"""Row C20: what a machine wrote in the name of somebody whom Reply-To gives."""

from __future__ import annotations

import re
from itertools import pairwise

from inboxcrm.domain.message import Address
from inboxcrm.domain.safety.facts import Facts
from inboxcrm.domain.safety.hit import Hit, ceiling, review
from inboxcrm.domain.safety.machine import auto_submitted, mailing_list, precedence, spam, vendor_auto
from inboxcrm.domain.safety.relays import appliance, sent_by_script, writes_via
from inboxcrm.domain.safety.senders import robot_local, system_address
from inboxcrm.domain.safety.verdict import MailClass, Outcome, Reason

_FORM_LINE = re.compile(r"[\w][^:\n]{1,40}:(?: |\Z)")
_FORM_LABEL = re.compile(r"[^.!?\n]{0,20}(?:mail|correo|courriel|メール)[^.!?\n]{0,20}")


def form_lead(facts: Facts) -> Hit | None:
    """C20: a machine wrote in the name of somebody whom Reply-To gives: web forms, booking services. Before C3.

    A configured form may be answered, and the rows below do not silence it for being one.
    """
    lead = facts.foreign_reply_to
    if lead is None or robot_local(lead.local) or "=" in lead.local:
        return None
    if any(found == "auto-replied" for _, found in facts.tokens("auto-submitted")):
        return None
    if facts.sender and facts.configured_lead and not facts.owns(facts.sender):
        saw = f"form of {facts.sender.spec}; Reply-To: {lead.spec}"
        return ceiling(Reason.FORM_LEAD, Outcome.ACK_MIN, saw, mail_class=MailClass.HUMAN, recipient=lead)
    mark = auto_submitted(facts) or vendor_auto(facts) or system_address(facts)
    saw = mark.saw if mark else _writes_for_others(facts) or _filled_in(facts, lead)
    called_spam = spam(facts)
    if called_spam is not None and called_spam.stops:
        return None
    if not saw or mailing_list(facts) or precedence(facts) or "list-unsubscribe" in facts.headers:
        return None
    return review(Reason.FORM_LEAD, f"{saw}; Reply-To: {lead.spec}", MailClass.HUMAN, lead)


def _writes_for_others(facts: Facts) -> str:
    """What shows a program that writes in somebody's name, where Reply-To is somebody else: a form, a service."""
    for address in facts.message.from_:
        if facts.owns(address):
            return ""  # C4 asks about my own forms
        if appliance(address.local):
            return f"From: {address.spec}"
        if writes_via(address):
            return f"From: {address.name}"
    return sent_by_script(facts)


def _filled_in(facts: Facts, lead: Address) -> str:
    """The line of a form that names the one whom Reply-To gives, where such lines are how the letter begins."""
    lines = facts.opening.split("\n")
    labels = [line for line in lines if _FORM_LINE.match(line)]
    below = next((label for label, line in pairwise(lines) if line == lead.key and _FORM_LABEL.fullmatch(label)), "")
    return below or (next((line for line in labels if lead.key in line), "") if len(labels) > 1 else "")
