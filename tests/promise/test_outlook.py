"""A calendar that is edited under open promises moves none of them: those it leaves no time for are marked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from inboxcrm.config import Office, PlanConfig
from inboxcrm.domain.office_hours import Away
from inboxcrm.service import actions, holidays, outlook
from inboxcrm.store import views
from tests.promise.conftest import plans
from tests.service.house import ZONE, House, mail

TUESDAY = datetime(2026, 3, 3, tzinfo=ZONE)
WEDNESDAY = datetime(2026, 3, 4, tzinfo=ZONE)
EVE = "Eve <eve@other.example>"


def unlikely(house: House) -> list[str | None]:
    outlook.refresh(house.household)
    with house.household.database.read() as connection:
        return [row.unlikely for row in views.unlikely(connection, now=house.clock.now())]


def office(house: House, **changes: Any) -> None:
    settings = house.household.config
    house.household.config = replace(settings, office=replace(settings.office, **changes))


async def test_nothing_is_unlikely_while_nothing_has_changed(house: House) -> None:
    await house.arrive(mail())

    assert unlikely(house) == []


async def test_a_day_that_is_closed_later_marks_the_promise_and_moves_nothing(house: House) -> None:
    await house.arrive(mail())
    due = house.promise().due_at
    office(house, exceptions={TUESDAY.date(): ()})

    assert unlikely(house) == ["30m of its 8h of open time are gone"]
    assert house.promise().due_at == due


async def test_the_daemon_sees_it_by_itself(house: House) -> None:
    await house.arrive(mail())
    office(house, hours={})
    await house.sweep()

    assert house.ask("SELECT unlikely IS NULL FROM promises") == [(0,)]


async def test_an_edit_that_leaves_time_enough_marks_nothing(house: House) -> None:
    await house.arrive(mail())
    office(house, exceptions={WEDNESDAY.date(): ()})

    assert unlikely(house) == []


async def test_an_edit_that_is_taken_back_takes_the_mark_back(house: House) -> None:
    await house.arrive(mail())
    office(house, exceptions={TUESDAY.date(): ()})
    marked = unlikely(house)
    office(house, exceptions={})

    assert (len(marked), unlikely(house)) == (1, [])


async def test_an_absence_marks_what_falls_due_inside_it_snoozed_or_not(house: House) -> None:
    await house.arrive(mail())
    actions.snooze(house.household, str(house.promise().message_id), until=TUESDAY)

    _, inside = actions.go_away(house.household, Away(TUESDAY, WEDNESDAY, "illness"))

    assert len(inside) == 1
    assert unlikely(house) == ["you are away then (illness)"]


async def test_coming_back_takes_the_mark_back(house: House) -> None:
    await house.arrive(mail())
    actions.go_away(house.household, Away(TUESDAY, WEDNESDAY))

    actions.come_back(house.household)

    assert unlikely(house) == []


async def test_a_holiday_that_is_adopted_marks_it(house: House) -> None:
    office(house, holidays="CH-SO")
    at = datetime(2026, 4, 30, 10, tzinfo=ZONE)
    house.clock.advance(at - house.clock.now())
    await house.arrive(mail(at=at))
    before = unlikely(house)

    holidays.decide(house.household, ["Labor Day"], adopt=True)

    # Adopted, 1 May ends at noon: half an hour of it was needed, and is there.
    assert (before, unlikely(house)) == ([], [])
    office(house, half_day_ends=time(9, 15))
    assert unlikely(house) == ["15m of its 8h of open time are gone"]


async def test_only_the_plan_s_promises_are_marked_when_the_plan_s_hours_change(house: House) -> None:
    evenings = PlanConfig("evenings", timedelta(hours=8), hours=dict.fromkeys(range(7), ((time(7), time(22)),)))
    plans(house, PlanConfig("standard", timedelta(hours=8)), evenings)
    await house.know()
    actions.set_contact(house.household, "bob@client.example", {"plan": "evenings"})
    await house.arrive(mail())
    await house.arrive(mail(2, sender=EVE))
    unlikely(house)
    plans(house, PlanConfig("standard", timedelta(hours=8)), replace(evenings, hours={0: ((time(9), time(12)),)}))

    assert unlikely(house) == ["6h of its 8h of open time are gone"]


async def test_an_acknowledgement_in_its_grace_time_does_not_tell_a_time_inside_a_sudden_absence(house: House) -> None:
    await house.arrive(mail(1))
    now = house.clock.now()
    await house.arrive(mail(2, sender="Eve New <eve@new.example>"), received_at=now - timedelta(hours=23))

    actions.go_away(house.household, Away(now + timedelta(days=1), now + timedelta(days=8), "illness"))
    await house.pass_time(minutes=11)

    assert {item.recipient: item.state for item in house.outbox()} == {
        "bob@client.example": "awaiting",
        "eve@new.example": "sent",
    }


async def test_extending_them_gives_each_an_honest_date_and_takes_the_mark_away(house: House) -> None:
    await house.arrive(mail())
    await house.arrive(mail(2, sender=EVE))
    office(house, exceptions={TUESDAY.date(): ()})
    outlook.refresh(house.household)
    with house.household.database.read() as connection:
        rows = views.unlikely(connection, now=house.clock.now())

    extended = actions.extend_inside(house.household, rows)

    assert {renewed.due_at for _, renewed in extended} == {datetime(2026, 3, 4, 17, 30, tzinfo=ZONE)}
    assert unlikely(house) == []


async def test_one_without_an_honest_date_is_left_and_stays_marked(house: House) -> None:
    await house.arrive(mail())
    office(house, hours={})
    outlook.refresh(house.household)
    with house.household.database.read() as connection:
        rows = views.unlikely(connection, now=house.clock.now())

    assert actions.extend_inside(house.household, rows) == []
    assert unlikely(house) == ["8h of its 8h of open time are gone"]


async def test_a_date_the_owner_chose_is_measured_by_what_it_counted_on(house: House) -> None:
    await house.arrive(mail())
    friday = datetime(2026, 3, 6, 12, tzinfo=ZONE)
    house.clock.advance(timedelta(days=3, hours=6))
    actions.extend(house.household, str(house.promise().message_id), until=friday)
    office(house, exceptions={TUESDAY.date(): ()})
    before = unlikely(house)
    office(house, exceptions={friday.date(): (((time(11), time(12)),))})

    assert before == []
    assert unlikely(house) == ["2h of its 4h 30m of open time are gone"]


async def test_what_is_broken_or_answered_is_no_longer_unlikely(house: House) -> None:
    await house.arrive(mail())
    office(house, exceptions={TUESDAY.date(): ()})
    marked = unlikely(house)
    house.clock.advance(timedelta(days=5))
    await house.sweep()

    assert (len(marked), unlikely(house)) == (1, [])


@pytest.mark.parametrize("hours", [{}, {0: ((time(9), time(17)),)}], ids=["none", "Mondays"])
async def test_looking_twice_writes_nothing_the_second_time(house: House, hours: Any) -> None:
    await house.arrive(mail())
    house.household.config = replace(house.household.config, office=Office(hours))
    outlook.refresh(house.household)
    before = house.ask("SELECT total_changes()")

    outlook.refresh(house.household)

    assert house.ask("SELECT total_changes()") == before
