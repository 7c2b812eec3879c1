"""What a row answers when it matches."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from inboxcrm.domain.message import Address
from inboxcrm.domain.safety.facts import Facts
from inboxcrm.domain.safety.verdict import MailClass, Outcome, Reason


class Hit(NamedTuple):
    """A row's answer. `mail_class` None leaves the class to the rows below; `recipient` replaces From as the target."""

    reason: Reason
    outcome: Outcome
    mail_class: MailClass | None
    saw: str
    stops: bool = True
    recipient: Address | None = None


Row = Callable[[Facts], Hit | None]


def suppress(reason: Reason, saw: str, mail_class: MailClass | None = MailClass.MACHINE) -> Hit:
    """Stop: send nothing."""
    return Hit(reason, Outcome.SUPPRESS, mail_class, saw[:200])


def review(
    reason: Reason, saw: str, mail_class: MailClass | None = MailClass.UNKNOWN, recipient: Address | None = None
) -> Hit:
    """Stop: send nothing, and show it with one key to acknowledge."""
    return Hit(reason, Outcome.REVIEW, mail_class, saw[:200], recipient=recipient)


def ceiling(
    reason: Reason,
    outcome: Outcome,
    saw: str,
    *,
    mail_class: MailClass | None = None,
    recipient: Address | None = None,
) -> Hit:
    """Go on, but nothing louder than this."""
    return Hit(reason, outcome, mail_class, saw[:200], stops=False, recipient=recipient)
