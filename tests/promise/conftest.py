"""The house of the use cases, and a ledger that has some history."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from inboxcrm.config import PlanConfig
from tests.service.conftest import house, open_house
from tests.service.house import House, letter_id, mail, own

__all__ = ["CAROL", "answers", "house", "open_house", "plans"]

CAROL = "Carol Buyer <carol@buyer.example>"


def plans(house: House, *named: PlanConfig) -> None:
    """The house has these levels of service from now on."""
    house.household.config = replace(house.household.config, plans={plan.name: plan for plan in named})


async def answers(house: House, count: int, *, after: timedelta, sender: str = "", first: int = 100) -> None:
    """One mail on each of `count` days, a day apart without weekends, each answered after this time."""
    how = {"sender": sender} if sender else {}
    domain = (sender or "bob@client.example").rpartition("@")[2].rstrip(">")
    for number in range(first, first + count):
        at = house.clock.now()
        subject = f"Question {number}"
        await house.arrive(mail(number, subject=subject, at=at, **how))
        house.clock.advance(after)
        to = {"to": sender} if sender else {}
        raw = own(number, subject=f"Re: {subject}", at=house.clock.now(), answers=letter_id(number, domain), **to)
        await house.arrive(raw, folder="Sent")
        days = 3 if at.weekday() == 4 else 1
        house.clock.advance(timedelta(days=days) - after)
