"""What an answer of the owner's own words begins with, and whom it reaches."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inboxcrm.errors import UserError
from inboxcrm.service import writing
from inboxcrm.service.writing import Words
from tests.service.house import House, letter_id, mail


async def test_the_signature_stands_between_the_answer_and_the_quoted_letter_and_is_no_answer(house: House) -> None:
    settings = house.household.config
    house.household.config = replace(settings, owner=replace(settings.owner, signature="Ann Example\nEngineer"))
    await house.arrive(mail(text="Until when?\n"))

    begun = writing.answer_to(house.household, letter_id())

    assert begun == Words("Re: Question about the offer", "\n\nAnn Example\nEngineer\n\n> Until when?\n")
    with pytest.raises(UserError, match="no word of yours"):
        writing.answer(house.household, letter_id(), begun)


async def test_an_answer_says_whom_it_does_not_reach(house: House) -> None:
    copied = "Ann Example <ann@example.org>, c@client.example, d@client.example, e@client.example, f@client.example"
    await house.arrive(mail(), mail(2, cc=copied, fields=("Reply-To: desk@client.example",)))

    said = [writing.reaches(house.household, letter_id(number)) for number in (1, 2)]

    everybody = "c@client.example, d@client.example, e@client.example and 1 more, who had the mail too"
    elsewhere = "They ask for answers at desk@client.example. Your mail program reaches them."
    assert said == ["To bob@client.example.", f"To bob@client.example alone. Not to {everybody}. {elsewhere}"]
