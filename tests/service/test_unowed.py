"""Mail that a rule takes for needing no answer is not lost sight of."""

from __future__ import annotations

import pytest

from inboxcrm.errors import UserError
from inboxcrm.service import actions
from inboxcrm.store import unowed
from tests.service.house import House, mail

THANKS = "Thank you very much!\n\nBob\n"


async def thanked(house: House) -> str:
    """A known contact says thanks; answers the mail's row id."""
    await house.know()
    await house.arrive(mail(subject="Re: Your offer", text=THANKS, answers="<offer@example.org>"))
    (pending,) = house.household.database.reading(unowed.pending)
    return str(pending.message.id)


async def test_thanks_promise_nothing_and_are_listed_for_one_key(house: House) -> None:
    await thanked(house)

    (pending,) = house.household.database.reading(unowed.pending)
    assert pending.because
    assert house.promises() == []
    assert house.outbox() == []


async def test_the_owner_agrees_and_it_is_off_the_list(house: House) -> None:
    reference = await thanked(house)

    actions.not_needed(house.household, reference)

    assert house.household.database.reading(unowed.pending) == []
    assert house.promises() == []


async def test_the_owner_may_say_that_an_answer_is_owed(house: House) -> None:
    reference = await thanked(house)

    due_at = actions.owe(house.household, reference)

    assert house.household.database.reading(unowed.pending) == []
    assert house.promise().state == "open"
    assert house.promise().due_at == due_at
    assert house.outbox() == []


async def test_an_answer_is_owed_once(house: House) -> None:
    reference = await thanked(house)
    actions.owe(house.household, reference)

    with pytest.raises(UserError, match=r"owed .* already"):
        actions.owe(house.household, reference)
