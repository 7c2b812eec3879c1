"""The time that is promised is learned from the owner's own answers, and the stored reasons say from which."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest

from inboxcrm.config import PlanConfig
from inboxcrm.domain.learning import Source, Target
from inboxcrm.domain.office_hours import Away
from inboxcrm.service import learned
from inboxcrm.store import home
from tests.promise.conftest import CAROL, answers, plans
from tests.service.house import MONDAY, House, mail

HOUR = timedelta(hours=1)
STANDARD = PlanConfig("standard", 8 * HOUR)


def target(house: House, *, contact: int | None = None, plan: str | None = None, at: Any = None) -> Target:
    with house.household.database.read() as connection:
        now = at or house.clock.now()
        return learned.target(house.household, connection, contact_id=contact, plan=plan, now=now)


def contact_id(house: House, name: str) -> int:
    ((found,),) = house.ask("SELECT id FROM contacts WHERE name = ?", name)
    return int(found)


async def test_too_few_answers_leave_the_plan_s_own_target(house: House) -> None:
    await answers(house, 7, after=2 * HOUR)

    assert target(house, contact=contact_id(house, "Bob Client")) == Target(8 * HOUR, Source.DEFAULT)


async def test_eight_answers_to_a_contact_are_enough_to_learn_from(house: House) -> None:
    await answers(house, 8, after=2 * HOUR)

    found = target(house, contact=contact_id(house, "Bob Client"))

    assert (found.source, found.learned, found.answers) == (Source.CONTACT, 2 * HOUR, 8)
    assert found.open_time == 2 * HOUR * 1.15


async def test_a_stranger_is_promised_what_everybody_gets_after_twenty_answers(house: House) -> None:
    await answers(house, 20, after=3 * HOUR)

    found = target(house)

    assert (found.source, found.learned, found.answers) == (Source.EVERYONE, 3 * HOUR, 20)


async def test_a_plan_with_twenty_answers_has_its_own_time(house: House) -> None:
    plans(house, STANDARD, PlanConfig("gold", 4 * HOUR))
    await house.arrive(mail(1, sender=CAROL, subject="First"))
    house.ask("UPDATE contacts SET plan = 'gold' WHERE name = 'Carol Buyer'")
    await answers(house, 21, after=1 * HOUR, sender=CAROL)
    await answers(house, 20, after=5 * HOUR, first=200)

    gold, standard = target(house, plan="gold"), target(house)

    assert (gold.source, gold.learned, gold.answers) == (Source.PLAN, 1 * HOUR, 21)
    assert (standard.source, standard.learned, standard.answers) == (Source.PLAN, 5 * HOUR, 20)


async def test_closed_time_is_not_counted(house: House) -> None:
    """Monday ten in the morning to Tuesday ten: seven and a half hours of Monday and one of Tuesday."""
    await answers(house, 8, after=24 * HOUR)

    found = target(house, contact=contact_id(house, "Bob Client"))

    assert found.learned == 8.5 * HOUR


async def test_time_away_is_not_counted(house: House) -> None:
    await answers(house, 8, after=5 * HOUR)
    with house.household.database.write() as connection:
        for day in range(14):
            start = MONDAY + timedelta(days=day, hours=1)
            home.add_away(connection, Away(start, start + 2 * HOUR), now=house.clock.now())

    assert target(house, contact=contact_id(house, "Bob Client")).learned == 3 * HOUR


async def test_what_is_open_still_says_longer_than_this(house: House) -> None:
    await answers(house, 8, after=2 * HOUR)
    for number in range(4):
        await house.arrive(mail(number, subject=f"Waiting {number}", at=house.clock.now()))
    house.clock.advance(timedelta(days=7))

    found = target(house, contact=contact_id(house, "Bob Client"))

    assert found.learned is not None
    assert found.learned > 30 * HOUR


async def test_what_is_never_answered_makes_no_promise_longer(house: House) -> None:
    await answers(house, 8, after=2 * HOUR)
    for number in range(4):
        await house.arrive(mail(number, subject=f"An offer {number}", at=house.clock.now()))
        house.clock.advance(timedelta(days=7))
    bob = contact_id(house, "Bob Client")
    waiting = target(house, contact=bob).learned
    house.clock.advance(timedelta(days=60))
    await answers(house, 4, after=2 * HOUR, first=200)

    assert (waiting, target(house, contact=bob).learned) == (2 * HOUR, 2 * HOUR)


async def test_floor_and_ceiling_of_the_plan_hold(house: House) -> None:
    await answers(house, 8, after=2 * HOUR)
    bob = contact_id(house, "Bob Client")
    plans(house, PlanConfig("standard", 8 * HOUR, floor=4 * HOUR, ceiling=16 * HOUR))
    floored = target(house, contact=bob)
    plans(house, PlanConfig("standard", 1 * HOUR, ceiling=1 * HOUR))
    capped = target(house, contact=bob)

    assert (floored.open_time, floored.unrealistic) == (4 * HOUR, False)
    assert (capped.open_time, capped.unrealistic) == (1 * HOUR, True)


async def test_a_replay_learns_no_more_than_the_past_knew(house: House) -> None:
    await answers(house, 8, after=2 * HOUR)
    bob = contact_id(house, "Bob Client")

    assert target(house, contact=bob, at=MONDAY + timedelta(days=3)).source is Source.DEFAULT
    assert target(house, contact=bob).source is Source.CONTACT


async def test_the_learned_time_is_promised_and_the_reasons_name_its_source(house: House) -> None:
    await answers(house, 8, after=2 * HOUR)

    await house.arrive(mail(1, subject="The next one", at=house.clock.now()))

    promise = house.promises()[-1]
    assert house.story(promise.message_id)["target"] == {
        "source": "contact",
        "answers": 8,
        "learned_minutes": 120,
        "promised_minutes": 138,
        "unrealistic": False,
    }
    assert house.ask("SELECT target_minutes FROM promises WHERE id = ?", promise.id) == [(138,)]


async def test_an_unrealistic_ceiling_warns_the_owner_once_a_week(house: House) -> None:
    await answers(house, 8, after=6 * HOUR)
    plans(house, PlanConfig("standard", 2 * HOUR, ceiling=2 * HOUR))
    cleared = []
    for number in range(10):
        await house.arrive(mail(number, subject=f"Later {number}", at=house.clock.now()))
        with house.household.database.write() as connection:
            cleared.append(home.clear_alarms(connection, learned.ALARM, now=house.clock.now()))
        house.clock.advance(timedelta(days=1))

    assert cleared == [1, 0, 0, 0, 0, 0, 0, 1, 0, 0]


@pytest.mark.parametrize("known", [True, False], ids=["of the contact", "of everybody"])
async def test_learning_from_ten_thousand_promises_costs_a_live_mail_a_few_milliseconds(
    house: House, known: bool
) -> None:
    await answers(house, 1, after=HOUR)
    bob = contact_id(house, "Bob Client")
    house.ask(
        """
        WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 10000)
        INSERT INTO promises (matter_id, message_id, contact_id, state, received_at, counted_from, target_minutes,
                              walk, ended_at)
        SELECT matter_id, message_id, CASE WHEN n % 3 THEN contact_id END, 'kept',
               strftime('%Y-%m-%dT%H:%M:%SZ', received_at, '-' || (n * 37) || ' minutes'), counted_from, 480, '[]',
               strftime('%Y-%m-%dT%H:%M:%SZ', received_at, '-' || (n * 37 - 120) || ' minutes')
        FROM promises, number
        """
    )
    contact = bob if known else None
    target(house, contact=contact)

    best = min(_seconds(house, contact) for _ in range(7))

    assert best < 2, f"{best * 1000:.1f} ms"


def _seconds(house: House, contact: int | None) -> float:
    began = time.process_time()
    target(house, contact=contact)
    return time.process_time() - began
