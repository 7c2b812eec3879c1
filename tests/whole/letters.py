"""Mail as people and machines write it, before any server has touched it."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import format_datetime

from inboxcrm.clock import SystemClock
from tests.whole.daemon import BORDER

OWNER = "Ann Example <ann@inbox.example>"
BODY = "until when does the offer stand? This sentence must never be read in a log."


def letter(
    key: str,
    *,
    sender: str,
    to: str = OWNER,
    subject: str | None = None,
    text: str = BODY,
    fields: Sequence[str] = (),
    content_type: str = "text/plain; charset=utf-8",
) -> bytes:
    """A mail whose Message-ID is `<key@...>` at the sender's domain."""
    domain = sender.rpartition("@")[2].rstrip(">")
    head = [
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {subject if subject is not None else f'Question {key}'}",
        f"Date: {format_datetime(SystemClock().now())}",
        f"Message-ID: <{key}@{domain}>",
        *fields,
        "MIME-Version: 1.0",
        f"Content-Type: {content_type}",
        "Content-Transfer-Encoding: 8bit",
    ]
    return "\r\n".join([*head, "", *text.splitlines(), ""]).encode()


def delivered(raw: bytes, *, sender: str) -> bytes:
    """The same with what our border writes above it, authenticated."""
    domain = sender.rpartition("@")[2]
    stamp = format_datetime(SystemClock().now())
    head = [
        f"Return-Path: <{sender}>",
        f"Authentication-Results: {BORDER}; spf=pass smtp.mailfrom={domain}; dmarc=pass header.from={domain}",
        f"Received: from mail.{domain} by {BORDER} with ESMTPS id 1; {stamp}",
    ]
    return "\r\n".join([*head, ""]).encode() + raw
