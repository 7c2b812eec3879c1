"""An acknowledgement addresses a contact as the owner does, and nobody who only says that they are that contact."""

from __future__ import annotations

import pytest

from inboxcrm.service import actions
from tests.service.house import House, mail


@pytest.mark.parametrize(
    ("language", "form", "greeting", "told"),
    [
        ("de", "familiar", "Hallo Bob,", "Meine Antwort bekommst du "),
        ("de", "formal", "Guten Tag Bob Client,", "Meine Antwort erhalten Sie "),
        ("fr", "familiar", "Bonjour Bob,", "Tu recevras ma réponse "),
        ("ja", "familiar", "Bobさん", "送ります。"),
    ],
)
async def test_an_acknowledgement_has_the_form_of_address_of_the_contact(
    house: House, language: str, form: str, greeting: str, told: str
) -> None:
    await house.know()
    actions.set_contact(house.household, "Bob Client", {"form": form, "language": language})

    await house.arrive(mail())

    text = house.item().text
    assert text.startswith(greeting)
    assert told in text


async def test_a_sender_who_is_not_proved_is_addressed_as_everybody(house: House) -> None:
    await house.know()
    actions.set_contact(house.household, "Bob Client", {"form": "familiar", "language": "de"})
    forged = mail().replace(b"dkim=pass", b"dkim=none").replace(b"spf=pass", b"spf=none").replace(b"dmarc=pass", b"x=1")

    await house.arrive(forged)

    assert house.item().text.startswith("Guten Tag,\n\nIhre Nachricht ist angekommen.")


async def test_the_mail_about_a_later_date_keeps_the_form(house: House) -> None:
    await house.know()
    actions.set_contact(house.household, "Bob Client", {"form": "familiar", "language": "de"})
    await house.arrive(mail())
    await house.pass_time(hours=1)

    actions.extend_and_tell(house.household, str(house.messages()[-1].id), until=None)

    text = house.outbox()[-1].text
    assert text.startswith("Hallo Bob,\n\nich hatte dir meine Antwort ")
    assert "Meine Antwort bekommst du nun " in text
