"""One thing that was tried, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from inboxcrm.config import MailboxConfig, Proxy
from inboxcrm.domain.hosts import is_loopback
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


def by(proxy: Proxy | None, *, url: str | None = None) -> str:
    """Words for the way something is reached, to stand behind what it is; a `url` on this machine needs no proxy."""
    if proxy is None or (url is not None and is_loopback(urlsplit(url).hostname or "")):
        return ""
    return f" through the proxy {proxy}"
