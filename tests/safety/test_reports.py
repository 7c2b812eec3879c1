"""What machines report reaches the contact and nothing else: bounces, forged bounces, absences."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from inboxcrm.store import views
from tests.safety.bounces import FOR_GOOD, NOT_FOR_GOOD
from tests.service.house import MONDAY, ZONE, House, mail, own


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


def other_sender(house: House) -> list[tuple[object, ...]]:
    """Everything of the ledger that no report may touch."""
    return house.ask("SELECT state, chasers, extensions, told_due_at FROM promises") + house.ask(
        "SELECT turn, subject FROM matters"
    )


@pytest.mark.parametrize("product", FOR_GOOD)
async def test_a_bounce_of(house: House, product: str) -> None:
    mail_id = await acknowledged(house)
    matter, before = house.messages()[0].matter_id, other_sender(house)

    await house.arrive(FOR_GOOD[product](mail_id))
    await house.pass_time(hours=2)

    report = house.messages()[-1]
    assert (report.mail_class, report.outcome) == ("machine", "suppress")
    assert report.matter_id == matter
    assert contact(house).undeliverable_at is not None
    assert other_sender(house) == before
    assert len(house.transport.sent) == 1


@pytest.mark.parametrize("product", FOR_GOOD)
async def test_a_bounce_that_quotes_no_mail_of_ours_only_shows(house: House, product: str) -> None:
    await acknowledged(house)

    await house.arrive(FOR_GOOD[product]("<guessed.1@example.org>"))
    await house.pass_time(hours=2)

    assert contact(house).undeliverable_at is None
    assert house.messages()[-1].outcome == "suppress"
    assert len(house.transport.sent) == 1


@pytest.mark.parametrize("product", NOT_FOR_GOOD)
async def test_what_is_not_for_good_marks_nobody(house: House, product: str) -> None:
    mail_id = await acknowledged(house)

    await house.arrive(NOT_FOR_GOOD[product](mail_id))
    await house.pass_time(hours=2)

    assert contact(house).undeliverable_at is None
    assert house.messages()[-1].matter_id == house.messages()[0].matter_id
    assert len(house.transport.sent) == 1


async def test_a_client_with_a_telephone_and_an_absence_is_not_dead(house: House) -> None:
    mail_id = await acknowledged(house)
    text = "I am out of the office.\nBob Client, bob@client.example, telephone 044 550 12 34\n"

    absence = mail(2, sender="Bob <bob.client@client.example>", text=text, answers=mail_id)
    await house.arrive(absence.replace(b"Return-Path: <bob.client@client.example>", b"Return-Path: <>"))

    assert contact(house).undeliverable_at is None


async def test_a_person_who_writes_about_a_bounce_marks_nobody(house: House) -> None:
    mail_id = await acknowledged(house)
    text = f"Dear Ann,\n\nwhat is this? 550 5.1.1 user unknown: bob@client.example\n\nMessage-ID: {mail_id}\n"

    await house.arrive(mail(2, text=text))

    assert contact(house).undeliverable_at is None
    assert house.messages()[-1].mail_class == "human"


ABSENCES = {
    "English": ("Automatic reply: Your mail", "I am out of the office until 13 March 2026.", 13),
    "German": ("Automatische Antwort: Ihre Mail", "Ich bin bis zum 13.03.2026 nicht im Büro.", 13),
    "French": ("Réponse automatique : votre message", "Je suis absent jusqu'au 13 mars 2026.", 13),
    "Spanish": ("Respuesta automática: su mensaje", "Estoy fuera de la oficina hasta el 13 de marzo de 2026.", 13),
    "Italian": ("Risposta automatica: il suo messaggio", "Sono assente fino al 13 marzo 2026.", 13),
    "Portuguese": ("Resposta automática: a sua mensagem", "Estou ausente até 13 de março de 2026.", 13),
    "Dutch": ("Automatisch antwoord: uw bericht", "Ik ben afwezig tot en met 13 maart 2026.", 13),
    "Japanese": ("自動返信: メール", "3月13日まで休暇をいただいております。", 13),
    "back on": ("Automatic reply: Your mail", "I will be back on Monday, March 16th.", 16),
    "wieder ab": ("Abwesend: Ihre Mail", "Ab Montag, 16. März bin ich wieder erreichbar.", 16),
    "de retour": ("Absence : votre message", "Je serai de retour le lundi 16 mars.", 16),
    "de vuelta": ("Fuera de la oficina: su mensaje", "Vuelvo el lunes 16 de marzo.", 16),
    "di ritorno": ("Fuori ufficio: il suo messaggio", "Rientrerò lunedì 16 marzo.", 16),
    "de volta": ("Ausência do escritório: a sua mensagem", "Regresso na segunda-feira, 16 de março.", 16),
    "weer terug": ("Afwezig: uw bericht", "Maandag 16 maart ben ik weer terug.", 16),
    "戻ります": ("不在通知: メール", "3月16日に戻ります。", 16),
}


@pytest.mark.parametrize("language", ABSENCES)
@pytest.mark.parametrize("marked", [True, False], ids=["marked by the product", "without any mark"])
async def test_an_absence_shows_its_date_and_moves_nothing(house: House, language: str, *, marked: bool) -> None:
    subject, text, day = ABSENCES[language]
    mail_id = await acknowledged(house)
    before = other_sender(house)

    fields = ("Auto-Submitted: auto-replied", "X-Auto-Response-Suppress: All") if marked else ()
    await house.arrive(mail(2, subject=subject, text=f"{text}\n", answers=mail_id, fields=fields))
    await house.pass_time(hours=1)

    until = contact(house).away_until
    assert until is not None
    assert until.astimezone(ZONE).day == day
    assert other_sender(house) == before
    assert len(house.transport.sent) == 1


async def test_an_absence_that_answers_the_owner_keeps_no_promise_and_leaves_the_turn(house: House) -> None:
    await house.know()
    await house.arrive(own(1, subject="A question of mine", at=MONDAY), folder="Sent")
    turn = house.ask("SELECT turn FROM matters ORDER BY id DESC LIMIT 1")

    fields = ("Auto-Submitted: auto-replied",)
    text = "I am away until 13 March 2026.\n"
    await house.arrive(
        mail(2, subject="Automatic reply: A question", text=text, answers="<own.1@example.org>", fields=fields)
    )

    assert house.ask("SELECT turn FROM matters ORDER BY id DESC LIMIT 1") == turn
    assert house.promises() == []
    assert contact(house).away_until is not None
