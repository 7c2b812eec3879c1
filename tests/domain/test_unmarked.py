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


def absent(text: str) -> bool:
    return verdict({"subject": "Offer", "text": text}).outcome is Outcome.REVIEW


def test_the_signs_of_an_absence_stand_in_the_first_seven_hundred_characters() -> None:
    begins = "Bob has a sabbatical. "

    assert [absent(f"{begins}{'x' * (length - len(begins) - 6)} until") for length in (700, 701)] == [True, False]


def test_a_letter_to_me_in_person_says_two_things_besides() -> None:
    letter_to_me = "Hi Ann, let me know. I have a sabbatical"

    assert not absent(f"{letter_to_me} until May.")
    assert absent(f"{letter_to_me} until May, Eve is there in urgent cases.")
    assert absent("Hi Ann, I have a sabbatical until May.")


def test_a_request_counts_in_the_first_seven_hundred_characters() -> None:
    begins = "Hi Ann, I have a sabbatical until May. "

    assert not absent(f"{begins}{'x' * (690 - len(begins))} attached")
    assert absent(f"{begins}{'x' * (692 - len(begins))} attached")
