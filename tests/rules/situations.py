"""Situations for rules: an ordinary mail of a known client in office hours, and whatever differs from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from inboxcrm.configuration.rulereader import Names
from inboxcrm.domain.mime import parse
from inboxcrm.domain.quoting import new_text
from inboxcrm.domain.rules import Situation, Word
from inboxcrm.rulebook import RuleBook

TEMPLATES = Names(
    acknowledgements=frozenset(
        {"acknowledge", "after-hours", "away", "new-sender", "minimal", "three-questions", "call-back"}
    ),
    drafts=frozenset({"check-in", "offer-follow-up", "birthday", "years-together", "congratulation"}),
    plans=frozenset({"standard", "gold"}),
)
TUESDAY_AT_TEN = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)


def situation(
    text: str = "When can we meet?",
    *,
    subject: str = "Next week",
    reply: bool = False,
    attached: str | None = None,
    **differs: Any,
) -> Situation:
    """A mail from bob@client.example; `attached` is the name of a file, `differs` are fields of `Situation`."""
    lines = ["From: Bob Client <bob@client.example>", "To: ann@example.org", f"Subject: {subject}", "MIME-Version: 1.0"]
    if reply:
        lines.append("In-Reply-To: <earlier@example.org>")
    if attached is None:
        body = f"Content-Type: text/plain; charset=utf-8\n\n{text}\n"
    else:
        body = (
            "Content-Type: multipart/mixed; boundary=b\n\n"
            f"--b\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
            f'--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename="{attached}"\n\nx\n--b--\n'
        )
    message = parse(("\n".join(lines) + "\n" + body).encode())
    ordinary = Situation(
        message=message,
        text=new_text(message.text),
        language="en",
        outcome="ack",
        mail_class="human",
        authenticated=True,
        contact="Bob Client",
        known=True,
        organisation="Client Ltd",
        plan="",
        asked=1,
        open=True,
        holiday="",
        away=False,
        received_at=TUESDAY_AT_TEN,
    )
    return replace(ordinary, **differs)


@cache
def starter() -> RuleBook:
    """The shipped rules."""
    return RuleBook.load(names=TEMPLATES)


def met(asked: Situation) -> list[str]:
    """The shipped rules that meet a mail."""
    return [match.rule for match in starter().speak(asked).matches]


def word(asked: Situation) -> Word:
    """What the shipped rules say of a mail."""
    return starter().speak(asked)
