"""A mail that a filter took for spam and that the owner puts into the inbox: nobody's mail is lost there in silence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from tests.service.house import MONDAY, House, mail

HOUR = timedelta(hours=1)
TAGGED = ("X-Spam-Flag: YES",)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


async def found(house: House, *, received: timedelta, fields: Sequence[str] = ()) -> None:
    """It was received so long ago, lay elsewhere, and comes into an inbox that is read all the time."""
    await house.arrive(live=False)
    house.clock.advance(timedelta(minutes=1))
    at = MONDAY - received
    await house.arrive(mail(fields=fields, at=at), received_at=at)


async def test_what_no_header_calls_spam_is_answered_within_its_day(house: House) -> None:
    await found(house, received=3 * HOUR)

    assert house.promise().state == "open"
    assert house.item().state == "held"


@pytest.mark.parametrize("fields", [(), TAGGED], ids=["plain", "tagged"])
async def test_what_is_found_later_is_owed_and_answered_by_nobody(house: House, fields: Sequence[str]) -> None:
    await found(house, received=48 * HOUR, fields=fields)

    assert house.messages()[0].reasons == ("stale",)
    assert house.promise().state == "open"
    assert house.outbox() == []


async def test_what_the_server_called_spam_is_owed_and_waits_for_a_key(house: House) -> None:
    await found(house, received=3 * HOUR, fields=TAGGED)

    (message,) = house.messages()
    assert (message.outcome, message.mail_class) == ("review", "human")
    assert "spam" in message.reasons
    assert house.promise().state == "open"
    assert house.outbox() == []


async def test_what_the_server_called_spam_and_put_into_the_inbox_itself_is_owed_nothing(house: House) -> None:
    await found(house, received=timedelta(0), fields=TAGGED)

    assert (house.messages()[0].outcome, house.messages()[0].mail_class) == ("suppress", "machine")
    assert house.promises() == []


async def test_a_newsletter_that_was_found_among_junk_is_one(house: House) -> None:
    await found(house, received=3 * HOUR, fields=(*TAGGED, "List-Id: <news.client.example>"))

    assert house.messages()[0].mail_class == "machine"
    assert house.promises() == []
