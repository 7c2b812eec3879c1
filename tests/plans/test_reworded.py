"""An acknowledgement that is worded anew before it leaves tells of the plan and the call what it told before."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from inboxcrm.domain.office_hours import Away
from inboxcrm.service import actions
from tests.plans.conftest import PHONE, PLANS, Planned
from tests.service.house import MONDAY, ZONE, mail

NEXT_WEEK = datetime(2026, 3, 10, tzinfo=ZONE)
FRIDAY = datetime(2026, 3, 6, 12, tzinfo=ZONE)
NOTE = "As agreed, I look at your mail every day."


async def come_back_early(house: Planned) -> None:
    actions.go_away(house.household, Away(MONDAY - timedelta(minutes=5), NEXT_WEEK))
    await house.arrive(mail())
    assert house.item().template == "away"
    actions.come_back(house.household)
    assert house.item().template == "acknowledge"


async def extend(house: Planned) -> None:
    await house.arrive(mail())
    actions.extend(house.household, str(house.promise().message_id), until=FRIDAY)
    assert house.item().due_at == FRIDAY


@pytest.mark.parametrize("because", [come_back_early, extend], ids=["back early", "another date"])
@pytest.mark.parametrize(
    ("plan", "told"), [("platinum", PHONE), ("gold", "the word URGENT"), ("bronze", NOTE), (None, "")]
)
async def test_what_the_plan_grants_is_told_in_the_new_words_too(
    house: Planned, because: object, plan: str | None, told: str
) -> None:
    assert callable(because)
    house.arrange(plans={**PLANS, "bronze": replace(PLANS["bronze"], wording={"en": NOTE})})
    await house.client(plan)

    await because(house)

    granted = [each for each in (PHONE, "the word URGENT", NOTE) if each in house.item().text]
    assert granted == ([told] if told else [])


async def test_nobody_who_is_not_proved_learns_the_number_by_another_date(house: Planned) -> None:
    await house.client("platinum")
    unproved = mail().replace(b"dkim=pass", b"dkim=none").replace(b"spf=pass", b"spf=none").replace(b"dmarc=pass", b"")

    await house.arrive(unproved)
    actions.extend(house.household, str(house.promise().message_id), until=FRIDAY)

    assert (house.item().template, house.item().due_at) == ("minimal", FRIDAY)
    assert PHONE not in house.item().text


async def test_the_call_that_was_asked_for_is_told_in_the_new_words_too(house: Planned) -> None:
    await house.know()
    await house.arrive(mail(text="Dear Ann,\n\ncould you call me on Thursday at 10 am?\n\nBob\n"))

    actions.extend(house.household, str(house.promise().message_id), until=FRIDAY)

    assert "I have noted it: Thursday 5 March, 10:00 Zurich." in house.item().text
