"""May a machine answer this mail, and with what: `ack`, `ack-min`, `review` or `suppress`. The only gate."""

from __future__ import annotations

from datetime import datetime

from inboxcrm.domain.message import Message
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

__all__ = ["Circumstances", "Finding", "History", "MailClass", "Outcome", "Reason", "Settings", "Verdict", "judge"]


def judge(
    message: Message, *, history: History, settings: Settings, now: datetime, circumstances: Circumstances | None
) -> Verdict:
    """Ask every row in order: what stops decides, else the lowest ceiling stands.

    Without `circumstances` the rows of state are passed over (`inboxcrm verdict` judges files).
    """
    raise NotImplementedError
