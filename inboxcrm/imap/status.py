"""How a mailbox is doing, in words a person can be shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MailboxState(StrEnum):
    """`paused`: the provider wants less of us; `needs_user`: only the owner can help."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    WATCHING = "watching"
    WAITING = "waiting"
    PAUSED = "paused"
    NEEDS_USER = "needs_user"


@dataclass(frozen=True, slots=True)
class MailboxStatus:
    """`last_checked_at`: INBOX was last known to be read to its end; `backlog`: messages a first reading still brings.

    `cause` says why the mailbox is not being watched, or what else went wrong last; it holds no secret.
    """

    state: MailboxState = MailboxState.OFFLINE
    cause: str | None = None
    last_checked_at: datetime | None = None
    last_mail_at: datetime | None = None
    next_attempt_at: datetime | None = None
    backlog: int = 0
