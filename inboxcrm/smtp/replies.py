"""What an SMTP reply means for the mail it answers (RFC 5321 section 4.2, RFC 3463, and the providers' ways)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from inboxcrm.domain.outbox import Step
from inboxcrm.domain.refusals import sent_too_much
from inboxcrm.domain.text import plain
from inboxcrm.ports import Deferred, Delivery, InDoubt, Rejected, Sent

LONGEST_SHOWN = 300

_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_AGAIN = re.compile(r"\n(?:[245]\.\d{1,3}\.\d{1,3}[ \t])?")
_TOO_MANY = re.compile(r"\b(?:rate|quota|limits?|exceeded|too many|throttl\w*)\b", re.IGNORECASE)
_ABOUT_SENDER = re.compile(r"<>|\b(?:sender|mail from|from address|return.path|envelope|send ?as\w*)\b", re.IGNORECASE)
_SENDER_STATUS = frozenset(("5.1.7", "5.1.8", "5.7.60", "5.2.252"))


@dataclass(frozen=True, slots=True)
class Reply:
    """One complete reply; `code` is what the first three octets said, -1 when they said nothing sensible."""

    code: int
    text: str

    @property
    def positive(self) -> bool:
        """2yz: done."""
        return 200 <= self.code <= 299

    @property
    def permanent(self) -> bool:
        """5yz: will not do."""
        return 500 <= self.code <= 599

    @property
    def status(self) -> str:
        """The enhanced status code of RFC 3463, or ""."""
        match = _ENHANCED.search(self.text[:200])
        return match[1] if match else ""

    def shown(self) -> str:
        """The reply as one clean line of bounded length, for the outbox row and the screen."""
        return plain(f"{self.code} {self.text}", LONGEST_SHOWN)


def outcome(step: Step, reply: Reply) -> Delivery:
    """What a reply that does not let the transaction go on, or ends it, makes of the mail.

    Only a reply to the body can be in doubt, and only one that is neither yes nor no. What concerns the account or its
    quota and not this mail defers it and pauses the whole outbox of the account.
    """
    if reply.permanent:
        if step is Step.CONNECT or _concerns_account(reply):
            return Deferred(reply.shown(), pause_all=True)
        return Rejected(reply.shown())
    if 400 <= reply.code <= 499:
        slower = reply.code == 432 or reply.status == "4.3.2" or sent_too_much(_said(reply))
        return Deferred(reply.shown(), pause_all=slower)
    if step is Step.BODY:
        return Sent(reply.shown()) if reply.positive else InDoubt(reply.shown())
    return Deferred(reply.shown())


def _concerns_account(reply: Reply) -> bool:
    """Log-in or TLS asked for after all (530, 534, 535, 538), Microsoft's word for spam, a limit of sending."""
    if reply.code in (530, 534, 535, 538):
        return True
    if (reply.code, reply.status) == (554, "5.2.0") or sent_too_much(_said(reply)):
        return True
    return reply.code == 550 and reply.status.startswith("5.7.") and _TOO_MANY.search(reply.text) is not None


def _said(reply: Reply) -> str:
    """The reply in one line: where a server broke it up, a sentence goes on in the next (Gmail repeats the status)."""
    return f"{reply.code} {_AGAIN.sub(' ', reply.text)}"


def refuses_null_sender(reply: Reply) -> bool:
    """Whether a refusal under the null reverse-path is about the sender and not about the recipient or the text.

    Postfix says it at RCPT (`smtpd_delay_reject`), Microsoft 365 after the body; each is a definite refusal, so the
    same bytes may go out again from an address. A wrong guess costs one more refusal.
    """
    return reply.permanent and (reply.status in _SENDER_STATUS or _ABOUT_SENDER.search(reply.text) is not None)
