"""Mail for tests: the fixtures in tests/mail with what is expected of them, and messages built by hand."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from inboxcrm.domain.reply_safety import Settings, Verdict
from inboxcrm.verdicts import Options, judge_bytes

MAIL = Path(__file__).parent / "mail"
ME = "ann@example.org"
BORDER = "mx.example.org"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Case:
    """One fixture. Its folder is the verdict; `layout` is the product whose mail it is shaped like."""

    path: Path
    layout: str
    reason: str
    mail_class: str
    neighbour: str | None
    options: Options
    settings: Settings

    @property
    def outcome(self) -> str:
        return self.path.parent.name

    @property
    def name(self) -> str:
        return f"{self.outcome}/{self.path.name}"

    def judge(self) -> Verdict:
        return judge_bytes(self.path.read_bytes(), self.options, now=NOW, settings=self.settings)


@cache
def expectations() -> Mapping[str, Mapping[str, Any]]:
    """tests/mail/cases.toml: by path below tests/mail, what is expected and which settings differ."""
    return tomllib.loads((MAIL / "cases.toml").read_text("utf-8"))


def cases() -> Sequence[Case]:
    """Every fixture, in the order of cases.toml."""
    return [case_of(name, expected) for name, expected in expectations().items()]


def case_of(name: str, expected: Mapping[str, Any]) -> Case:
    """One fixture with an expectation of cases.toml."""

    def several(key: str, default: Sequence[str] = ()) -> tuple[str, ...]:
        return tuple(expected.get(key, default))

    me, ids, borders = several("me", [ME]), several("authserv_ids", [BORDER]), several("borders", [BORDER])
    return Case(
        path=MAIL / name,
        layout=expected["product"],
        reason=expected["reason"],
        mail_class=expected["class"],
        neighbour=expected.get("neighbour"),
        options=Options(
            me=me,
            authserv_ids=ids,
            borders=borders,
            known=several("known"),
            sent_ids=several("sent_ids"),
            automatic_ids=several("automatic_ids"),
        ),
        settings=Settings(
            own_addresses=me,
            own_lists=several("own_lists"),
            form_senders=several("form_senders"),
            list_addresses=several("list_addresses"),
            robot_addresses=several("robot_addresses"),
            answer_cc=bool(expected.get("answer_cc")),
            trusted_authserv_ids=() if expected.get("microsoft") else ids,
            border_hosts=borders,
            provider_writes_no_authserv_id=bool(expected.get("microsoft")),
        ),
    )


def letter(
    *fields: str,
    sender: str = "Bob Client <bob@client.example>",
    to: str = f"Ann Example <{ME}>",
    subject: str = "Question about the offer",
    text: str = "Dear Ann,\n\nthe offer looks good to us. Until when does it stand?\n\nBob Client\n",
    results: str = "dkim=pass header.d=client.example; spf=pass smtp.mailfrom=bob@client.example; dmarc=pass",
    return_path: str = "bob@client.example",
) -> bytes:
    """A person's mail as it arrives through our border, authenticated; `fields` are added below its Subject."""
    head = [
        f"Return-Path: <{return_path}>",
        f"Received: from mail.client.example by {BORDER} with ESMTPS id 1; Mon, 2 Mar 2026 09:00:00 +0100",
        f"Authentication-Results: {BORDER}; {results}",
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {subject}",
        *fields,
        "Date: Mon, 2 Mar 2026 09:00:00 +0100",
        "Message-ID: <letter.1@client.example>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
    ]
    return ("\n".join(head) + "\n\n" + text).encode()
