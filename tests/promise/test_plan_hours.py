"""A plan with hours of its own: the promise to its contact is walked in them, from the told time to what is learned."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from inboxcrm.config import Office, PlanConfig
from inboxcrm.domain.office_hours import Away
from inboxcrm.service import actions, learned
from tests.promise.conftest import answers, plans
from tests.service.house import MONDAY, ZONE, House, mail

STANDARD = PlanConfig("standard", timedelta(hours=8))
EVENINGS = PlanConfig(
    "evenings", timedelta(hours=1), hours=dict.fromkeys(range(7), ((time(7), time(22)),)), holidays=False
)
SATURDAY_NIGHT = datetime(2026, 3, 7, 21, 30, tzinfo=ZONE)
EASTER_MONDAY = datetime(2026, 4, 6, 10, tzinfo=ZONE)


def local(at: datetime | None) -> str:
    assert at is not None
    return f"{at.astimezone(ZONE):%a %d %H:%M}"


async def enrolled(house: House, *named: PlanConfig) -> None:
    """Bob is known and has the first of these plans."""
    plans(house, STANDARD, *named)
    await house.know()
    actions.set_contact(house.household, "bob@client.example", {"plan": named[0].name})


def at(house: House, moment: datetime) -> None:
    house.clock.advance(moment - house.clock.now())


async def test_a_promise_to_its_contact_is_walked_in_the_plan_s_hours(house: House) -> None:
    await enrolled(house, EVENINGS)
    at(house, SATURDAY_NIGHT)

    await house.arrive(mail(at=SATURDAY_NIGHT))
    await house.arrive(mail(2, sender="Eve <eve@other.example>", at=SATURDAY_NIGHT))

    assert [local(promise.due_at) for promise in house.promises()] == ["Sun 08 07:30", "Mon 09 17:30"]


async def test_the_warning_is_counted_in_the_plan_s_hours(house: House) -> None:
    await enrolled(house, EVENINGS)
    at(house, SATURDAY_NIGHT)

    await house.arrive(mail(at=SATURDAY_NIGHT))

    # Three quarters of an hour: half an hour on Saturday, a quarter on Sunday.
    assert house.ask("SELECT warn_at FROM promises") == [("2026-03-08T06:15:00Z",)]


async def test_mail_inside_the_plan_s_hours_is_not_told_that_the_office_is_closed(house: House) -> None:
    await enrolled(house, EVENINGS)
    at(house, SATURDAY_NIGHT)

    await house.arrive(mail(at=SATURDAY_NIGHT))

    assert house.item().template == "acknowledge"


@pytest.mark.parametrize(
    ("holidays", "due"),
    [(True, "Tue 07 08:00"), (False, "Mon 06 11:00"), ("IN", "Mon 06 11:00"), ("DE-BY", "Tue 07 08:00")],
    ids=["the office's", "none", "a region without Easter", "a region with Easter"],
)
async def test_a_plan_says_whose_holidays_close_it(house: House, holidays: bool | str, due: str) -> None:
    settings = house.household.config
    house.household.config = replace(settings, office=replace(settings.office, holidays="CH-ZH"))
    await enrolled(house, replace(EVENINGS, holidays=holidays))
    at(house, EASTER_MONDAY)

    await house.arrive(mail(at=EASTER_MONDAY))

    assert local(house.promise().due_at) == due


async def test_a_plan_without_holidays_keeps_the_office_s_hours(house: House) -> None:
    settings = house.household.config
    house.household.config = replace(settings, office=replace(settings.office, holidays="CH-ZH"))
    await enrolled(house, PlanConfig("feast", timedelta(hours=1), holidays=False))
    at(house, EASTER_MONDAY)

    await house.arrive(mail(at=EASTER_MONDAY))

    assert local(house.promise().due_at) == "Mon 06 11:00"


async def test_absence_and_closed_days_hold_for_every_plan_and_mail_hours_do_not(house: House) -> None:
    settings = house.household.config
    office = Office(settings.office.hours, {datetime(2026, 3, 3, tzinfo=ZONE).date(): ()}, mail_hours=(time(16),))
    house.household.config = replace(settings, office=office)
    await enrolled(house, EVENINGS)
    away = Away(datetime(2026, 3, 4, tzinfo=ZONE), datetime(2026, 3, 5, tzinfo=ZONE))
    actions.go_away(house.household, away)
    at(house, datetime(2026, 3, 2, 21, 30, tzinfo=ZONE))

    await house.arrive(mail(at=house.clock.now()))

    assert local(house.promise().due_at) == "Thu 05 07:30"


async def test_what_is_learned_for_a_plan_is_measured_in_its_hours(house: House) -> None:
    whole_day = dict.fromkeys(range(7), ((time(0), time(0)),))
    plans(house, STANDARD, PlanConfig("always", timedelta(hours=8), hours=whole_day))
    await answers(house, 10, after=timedelta(hours=10))

    with house.household.database.read() as connection:
        now = house.clock.now()
        by_plan = {
            plan: learned.target(house.household, connection, contact_id=1, plan=plan, now=now).learned
            for plan in ("standard", "always")
        }

    # From ten in the morning to eight in the evening: the office closes at half past five.
    assert by_plan == {"standard": timedelta(hours=7, minutes=30), "always": timedelta(hours=10)}


async def test_an_extension_is_counted_in_the_plan_s_hours(house: House) -> None:
    await enrolled(house, EVENINGS)
    await house.arrive(mail(at=MONDAY))
    at(house, datetime(2026, 3, 2, 21, 15, tzinfo=ZONE))

    extended = actions.extend(house.household, str(house.promise().message_id))

    assert local(extended) == "Tue 03 07:30"


async def test_the_settings_may_change_while_the_house_stands(house: House) -> None:
    await enrolled(house, EVENINGS)
    with house.household.database.read() as connection:
        before = house.household.calendar(connection, MONDAY, "evenings")
        assert house.household.calendar(connection, MONDAY, "evenings") is before
        plans(house, STANDARD, replace(EVENINGS, hours=dict.fromkeys(range(5), ((time(9), time(10)),))))
        after = house.household.calendar(connection, MONDAY, "evenings")

    assert before.is_open(datetime(2026, 3, 2, 20, 0, tzinfo=UTC))
    assert not after.is_open(datetime(2026, 3, 2, 20, 0, tzinfo=UTC))
