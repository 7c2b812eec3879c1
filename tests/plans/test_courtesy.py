"""One courtesy: help while the office is closed is followed by a letter for the owner's hand, once for a contact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from inboxcrm.store import views
from tests.plans.conftest import PLANS, Planned
from tests.service.house import letter_id, mail, own

SUNDAY = datetime(2026, 3, 1, 19, 0, tzinfo=UTC)
FRIDAY_BY_DAY = datetime(2026, 2, 27, 10, 0, tzinfo=UTC)


def letters(house: Planned) -> list[views.OutboxRow]:
    return [row for row in house.outbox() if row.template == "after-hours-policy"]


async def helped(
    house: Planned, *, at: datetime = SUNDAY, after: timedelta = timedelta(minutes=30), n: int = 1
) -> None:
    """A mail comes at this instant and is answered by hand so much later."""
    house.clock.jump(at - house.clock.now())
    await house.arrive(mail(n, at=at, subject=f"Matter {n}"))
    house.clock.advance(after)
    await house.arrive(
        own(n, at=at + after, subject=f"Re: Matter {n}", answers=letter_id(n)), folder="Sent", received_at=at + after
    )


async def test_the_letter_is_drafted_on_the_next_open_day_and_never_sent_by_itself(house: Planned) -> None:
    await house.client(None)
    await helped(house)
    await house.sweep()
    assert letters(house) == [], "the office is closed still"

    house.clock.advance(timedelta(hours=14))
    await house.sweep()
    await house.sweep()
    await house.pass_time(hours=4)

    (letter,) = letters(house)
    assert letter.state == "awaiting"
    assert "I answered your message of Sunday 1 March outside my office hours" in letter.text


async def test_a_contact_is_drafted_one_letter_only(house: Planned) -> None:
    await house.client(None)
    await helped(house)
    house.clock.advance(timedelta(hours=14))
    await house.sweep()

    await helped(house, at=datetime(2026, 3, 2, 20, 0, tzinfo=UTC), n=2)
    house.clock.advance(timedelta(hours=14))
    await house.sweep()

    assert len(letters(house)) == 1


@pytest.mark.parametrize(
    ("plan", "at", "after"),
    [
        pytest.param("gold", SUNDAY, timedelta(minutes=30), id="who has access"),
        pytest.param(None, FRIDAY_BY_DAY, timedelta(hours=1), id="help by day"),
        pytest.param(None, FRIDAY_BY_DAY, timedelta(hours=10), id="an answer in the evening to a mail of the day"),
        pytest.param(None, SUNDAY, timedelta(hours=14), id="an answer when the office was open again"),
    ],
)
async def test_nobody_else_is_drafted_a_letter(
    house: Planned, plan: str | None, at: datetime, after: timedelta
) -> None:
    await house.client(plan)
    await helped(house, at=at, after=after)

    house.clock.jump(datetime(2026, 3, 2, 10, 0, tzinfo=UTC) - house.clock.now())
    await house.sweep()

    assert letters(house) == []


async def test_without_a_plan_to_invite_to_there_is_no_letter(house: Planned) -> None:
    house.arrange(plans={"standard": PLANS["standard"]})
    await house.client(None)
    await helped(house)

    house.clock.advance(timedelta(hours=14))
    await house.sweep()

    assert letters(house) == []
