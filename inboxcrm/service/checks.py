"""One thing that was tried, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from inboxcrm.config import MailboxConfig
from inboxcrm.errors import InboxcrmError


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried. `hint` is what to type or do next; empty where all is well.

    `ok` with a hint is worth a look and stops nothing.
    """

    name: str
    ok: bool
    detail: str
    hint: str = ""


def well(mailbox: MailboxConfig, what: str, detail: str, hint: str = "") -> Check:
    """It works."""
    return Check(f"{mailbox.name}: {what}", ok=True, detail=detail, hint=hint)


def failed(mailbox: MailboxConfig, what: str, error: InboxcrmError, hint: str) -> Check:
    """It does not, and this error says why."""
    return Check(f"{mailbox.name}: {what}", ok=False, detail=str(error), hint=hint)
