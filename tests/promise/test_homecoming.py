"""The return stack: when it opens, what lies on it, and when it is put away."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from inboxcrm.domain.office_hours import Away
from inboxcrm.service import actions, homecoming
from inboxcrm.service.homecoming import Stack
from tests.service.house import ZONE, House, letter_id, mail

BACK = datetime(2026, 3, 9, 9, tzinfo=ZONE)
WEEK = Away(datetime(2026, 3, 3, tzinfo=ZONE), datetime(2026, 3, 9, tzinfo=ZONE), "holiday", buffer=timedelta(hours=4))
HOURS = Away(datetime(2026, 3, 3, 12, tzinfo=ZONE), datetime(2026, 3, 4, tzinfo=ZONE))
EVE = "Eve <eve@other.example>"


def to(house: House, at: datetime) -> None:
    house.clock.advance(at - house.clock.now())


def stack(house: House) -> Stack | None:
    with house.household.database.read() as connection:
        now = house.clock.now()
        returned = homecoming.pending(house.household, connection, now=now)
        return None if returned is None else homecoming.stack(house.household, connection, returned, now=now)


def news(house: House) -> list[str]:
    found = stack(house)
    assert found is not None
    return [each.what for sheet in found.sheets for each in sheet.news]


async def away_for_a_week(house: House, *raws: bytes) -> None:
    """One mail before the absence, these on its second day, and back."""
    await house.arrive(mail())
    actions.go_away(house.household, WEEK)
    to(house, datetime(2026, 3, 4, 10, tzinfo=ZONE))
    for raw in raws:
        await house.arrive(raw)
    to(house, BACK)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (datetime(2026, 3, 6, 12, tzinfo=ZONE), False),
        (datetime(2026, 3, 9, 8, 59, tzinfo=ZONE), False),
        (BACK, True),
        (datetime(2026, 3, 20, 12, tzinfo=ZONE), True),
        (datetime(2026, 4, 10, 12, tzinfo=ZONE), False),
    ],
    ids=["away", "not open yet", "first minute", "days later", "a month later"],
)
async def test_it_opens_with_the_first_office_minute_and_lapses(house: House, at: datetime, opens: bool) -> None:
    await house.arrive(mail())
    actions.go_away(house.household, WEEK)
    to(house, at)

    assert (stack(house) is not None) is opens


async def test_hours_of_absence_have_no_stack(house: House) -> None:
    actions.go_away(house.household, HOURS)
    to(house, BACK)

    assert stack(house) is None


@pytest.mark.parametrize(
    ("absence", "at", "said"),
    [
        (
            WEEK,
            datetime(2026, 3, 6, 12, tzinfo=ZONE),
            "You are away until 9 00:00; the stack opens 9 09:00. Back already?",
        ),
        (WEEK, datetime(2026, 3, 9, 8, tzinfo=ZONE), "You are back since 9 00:00; the stack opens 9 09:00."),
        (HOURS, datetime(2026, 3, 3, 13, tzinfo=ZONE), None),
        (HOURS, BACK, None),
        (WEEK, datetime(2026, 3, 2, 12, tzinfo=ZONE), None),
    ],
    ids=["away", "not open yet", "away for hours", "back after hours", "away later"],
)
async def test_where_there_is_no_stack_yet_it_is_said_when(
    house: House, absence: Away, at: datetime, said: str | None
) -> None:
    actions.go_away(house.household, absence)
    to(house, at)

    with house.household.database.read() as connection:
        waits = homecoming.not_yet(house.household, connection, now=at)

    told = (
        None
        if waits is None
        else waits.sentence(lambda then: f"{then.astimezone(ZONE):%-d %H:%M}", back="Back already?")
    )
    assert told == said


async def test_each_person_lies_there_with_what_they_were_told(house: House) -> None:
    await away_for_a_week(house, mail(2, sender=EVE, subject="Another thing"))

    found = stack(house)

    assert found is not None
    assert {sheet.owed[0].contact for sheet in found.sheets} == {"Bob Client", "Eve"}
    assert all(row.due_at is not None for sheet in found.sheets for row in sheet.owed)


async def test_a_client_who_asked_again_is_news(house: House) -> None:
    await away_for_a_week(house, mail(2, subject="Re: Question about the offer", answers=letter_id()))

    assert sorted(news(house)) == ["asked again", "wrote"]


async def test_a_colleague_who_wrote_in_the_matter_is_news(house: House) -> None:
    colleague = mail(
        2,
        sender="Carl Colleague <carl@example.org>",
        subject="Re: Question about the offer",
        answers=letter_id(),
        cc="Bob Client <bob@client.example>",
    )
    await away_for_a_week(house, colleague)

    assert "colleague" in news(house)


async def test_what_was_settled_meanwhile_lies_apart(house: House) -> None:
    await house.arrive(mail())
    actions.go_away(house.household, WEEK)
    to(house, datetime(2026, 3, 4, 10, tzinfo=ZONE))
    actions.withdraw(house.household, str(house.promise().message_id))
    to(house, BACK)

    found = stack(house)

    assert found is not None
    assert (found.sheets, [each.how.what for each in found.settled]) == ((), ["withdrawn"])


async def test_it_is_offered_until_it_was_gone_through(house: House) -> None:
    await away_for_a_week(house)

    assert homecoming.done(house.household) == 1
    assert stack(house) is None
    assert homecoming.done(house.household) == 0


async def test_two_absences_in_a_row_are_one_return(house: House) -> None:
    await away_for_a_week(house)
    next_week = Away(BACK, datetime(2026, 3, 16, tzinfo=ZONE))
    actions.go_away(house.household, next_week)
    assert stack(house) is None
    to(house, datetime(2026, 3, 16, 9, tzinfo=ZONE))

    found = stack(house)

    assert found is not None
    assert (found.returned.start_at, len(found.returned.away_ids)) == (WEEK.start_at, 2)
