"""Mail of programs that leave no mark, in many languages, and the persons who write of the same things."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from inboxcrm.domain.reply_safety import Outcome, Verdict
from inboxcrm.verdicts import Options, judge_bytes
from tests.mail_builders import BORDER, MAIL, ME, NOW, letter

OPTIONS = Options(me=(ME,), authserv_ids=(BORDER,), borders=(BORDER,))
TABLE: Mapping[str, list[Mapping[str, Any]]] = tomllib.loads((MAIL / "unmarked.toml").read_text("utf-8"))


def verdict(mail: Mapping[str, Any]) -> Verdict:
    sender = mail.get("from", "Bob Client <bob@client.example>")
    spec = sender.rpartition("<")[2].rstrip(">")
    domain = spec.rpartition("@")[2]
    raw = letter(
        *mail.get("fields", ()),
        sender=sender,
        subject=mail["subject"],
        text=mail["text"],
        return_path=mail.get("return_path", spec),
        results=f"dkim=pass header.d={domain}; dmarc=pass header.from={domain}",
    )
    content_type = mail.get("type", "text/plain; charset=utf-8")
    return judge_bytes(raw.replace(b"text/plain; charset=utf-8", content_type.encode()), OPTIONS, now=NOW)


def test_no_program_without_a_mark_is_answered() -> None:
    answered = [
        (mail["subject"], mail["text"][:60])
        for mail in TABLE["machine"]
        if verdict(mail).outcome in (Outcome.ACK, Outcome.ACK_MIN)
    ]

    assert len(TABLE["machine"]) > 150
    assert answered == []


def test_no_person_who_writes_of_the_same_things_is_missed() -> None:
    missed = [
        (mail["subject"], found.asked[-1].saw)
        for mail in TABLE["person"]
        if (found := verdict(mail)).outcome is not Outcome.ACK
    ]

    assert len(TABLE["person"]) > 100
    assert missed == []
