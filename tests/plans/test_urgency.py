"""By what a mail is marked as urgent, and its neighbours that only look like it."""

from __future__ import annotations

import pytest

from inboxcrm.domain.mime import parse
from inboxcrm.domain.urgency import mark


def marked(subject: str = "Roof", *fields: str, to: str = "ann@example.org") -> str | None:
    head = [f"From: bob@client.example\r\nTo: {to}\r\nSubject: {subject}", *fields]
    raw = ("\r\n".join(head) + "\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhello\r\n").encode()
    return mark(parse(raw), is_own=lambda key: key.endswith("@example.org"))


@pytest.mark.parametrize(
    "subject",
    [
        "URGENT: the server is down",
        "Re: Auto: urgent",
        "Dringend!",
        "dringende Anfrage",
        "es eilt",
        "Urgente - fattura",
        "sito giù, URGENTISSIMO",
        "SPOED: kassa",
        "【至急】サーバー停止",
        "緊急のお願い",
        "Notfall",
    ],
)
def test_a_word_in_the_subject(subject: str) -> None:
    assert marked(subject) is not None


@pytest.mark.parametrize(
    "subject",
    [
        "Not urgent: the roof",
        "non-urgent",
        "nicht dringend",
        "nicht so dringend",
        "keine dringende Sache",
        "pas urgent",
        "non urgente",
        "no es urgente",
        "não urgente",
        "niet dringend",
        "急ぎませんが",
        "緊急ではないのですが",
        "The insurgents",
        "detergent delivery",
        "Resurgent markets",
        "Surgentech AG",
    ],
)
def test_a_word_that_says_the_opposite_or_another_word(subject: str) -> None:
    assert marked(subject) is None


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("X-Priority: 1 (Highest)", "the header X-Priority"),
        ("X-Priority: 3 (Normal)", None),
        ("X-Priority: 5", None),
        ("Importance: High", "the header Importance"),
        ("Importance: normal", None),
        ("Priority: urgent", "the header Priority"),
        ("Priority: non-urgent", None),
        ("X-MSMail-Priority: High", "the header X-Msmail-Priority"),
    ],
)
def test_a_header_of_the_program(field: str, expected: str | None) -> None:
    assert marked("Roof", field) == expected


def test_a_tag_on_the_owners_address_and_on_nobody_elses() -> None:
    assert marked(to="Ann <ann+urgent@example.org>") == "the address ann+urgent@example.org"
    assert marked(to="bob+urgent@example.net") is None
    assert marked(to="ann+urgently@example.org") is None


def test_an_endless_subject_is_read_in_no_time() -> None:
    assert marked("not " * 20_000 + "urgent") is None
