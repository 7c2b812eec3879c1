"""What machines report reaches the contact and nothing else: bounces, forged bounces, absences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from inboxcrm.store import views
from tests.service.house import ZONE, House, mail


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def contact(house: House) -> views.ContactRow:
    """The client."""
    (row,) = house.household.database.reading(lambda connection: views.contacts(connection, like="bob"))
    return row


def bounce(about: str, *, recipient: str = "bob@client.example", status: str = "5.1.1", number: int = 1) -> bytes:
    """The report of a server that did not take a mail."""
    return (
        "Return-Path: <>\r\nReceived: from mx.client.example by mx.example.org; Mon, 2 Mar 2026 09:30:00 +0000\r\n"
        "From: Mail Delivery System <MAILER-DAEMON@mx.client.example>\r\nTo: ann@example.org\r\n"
        f"Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: <bounce.{number}@mx.client.example>\r\n"
        "Date: Mon, 2 Mar 2026 09:30:00 +0000\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n'
        "--B\r\n\r\nIt could not be delivered.\r\n--B\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.client.example\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\n"
        f"Action: failed\r\nStatus: {status}\r\n\r\n--B\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {about}\r\n\r\n--B--\r\n"
    ).encode()


async def acknowledged(house: House) -> str:
    """The client was acknowledged; answers our Message-ID."""
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    assert len(house.transport.sent) == 1
    return house.mail_id()


async def test_a_bounce_of_our_acknowledgement_marks_the_address_and_says_no_more(house: House) -> None:
    mail_id = await acknowledged(house)
    matter = house.messages()[0].matter_id

    await house.arrive(bounce(mail_id))
    await house.pass_time(hours=2)

    assert contact(house).undeliverable_at is not None
    assert house.messages()[-1].matter_id == matter
    assert house.promise().state == "open"
    assert len(house.transport.sent) == 1
    assert house.ask("SELECT turn FROM matters WHERE id = ?", matter) == [("mine",)]


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(bounce("<somebody.elses@example.org>"), id="quotes no mail of ours"),
        pytest.param(bounce("<letter.1@client.example>"), id="quotes the client's own mail"),
    ],
)
async def test_a_forged_bounce_only_shows(house: House, forged: bytes) -> None:
    await acknowledged(house)

    await house.arrive(forged)

    assert contact(house).undeliverable_at is None
    assert house.messages()[-1].outcome == "suppress"
    assert house.promise().state == "open"


async def test_a_bounce_cannot_mark_somebody_we_did_not_write_to(house: House) -> None:
    mail_id = await acknowledged(house)
    await house.know("Carol <carol@other.example>")

    await house.arrive(bounce(mail_id, recipient="carol@other.example"))

    assert all(
        row.undeliverable_at is None for row in house.household.database.reading(lambda c: views.contacts(c, like=""))
    )


async def test_a_mailbox_that_is_full_today_marks_nobody(house: House) -> None:
    mail_id = await acknowledged(house)

    await house.arrive(bounce(mail_id, status="4.2.2"))

    assert contact(house).undeliverable_at is None


async def test_a_bounce_of_a_bounce_is_silence(house: House) -> None:
    mail_id = await acknowledged(house)

    for number in range(5):
        await house.arrive(bounce(mail_id, number=number).replace(b"Return-Path: <>", b"Return-Path: <x@y.example>"))
        await house.pass_time(hours=1)

    assert len(house.transport.sent) == 1


async def test_an_absence_with_a_date_is_shown_on_the_contact_and_flips_nothing(house: House) -> None:
    mail_id = await acknowledged(house)
    text = "I am out of the office until 13 March 2026. For urgent matters call my colleague.\n"

    absence = mail(
        2,
        subject="Automatic reply: We received your mail",
        text=text,
        answers=mail_id,
        fields=("Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All"),
    )
    await house.arrive(absence)
    await house.pass_time(hours=1)

    until = contact(house).away_until
    assert until is not None
    assert until.astimezone(ZONE).date() == datetime(2026, 3, 13, tzinfo=ZONE).date()
    assert house.promise().state == "open"
    assert house.ask("SELECT chasers FROM promises") == [(0,)]
    assert len(house.transport.sent) == 1


async def test_an_absence_without_any_mark_is_known_by_its_words_and_answered_by_nobody(house: House) -> None:
    mail_id = await acknowledged(house)

    await house.arrive(mail(2, subject="Out of office: back soon", text="I am away.\n", answers=mail_id))
    await house.pass_time(hours=1)

    assert len(house.transport.sent) == 1
