"""What the present settings would have promised to the stored mail."""

from __future__ import annotations

from datetime import timedelta

from inboxcrm.config import PlanConfig
from inboxcrm.service.simulate import Fate, Simulated, simulate
from tests.promise.conftest import answers, plans
from tests.service.house import MONDAY, House, letter_id, mail, own

HOUR = timedelta(hours=1)


def simulated(house: House) -> list[Simulated]:
    with house.household.database.read() as connection:
        now = house.clock.now()
        return list(simulate(house.household, connection, since=now - timedelta(days=90), now=now))


async def test_the_stored_mail_is_promised_what_it_was_promised_when_nothing_changed(house: House) -> None:
    await answers(house, 3, after=2 * HOUR)

    found = simulated(house)

    assert [each.fate for each in found] == [Fate.KEPT] * 3
    assert [each.due_at for each in found] == [promise.due_at for promise in house.promises()]


async def test_a_shorter_target_shows_what_would_have_been_late(house: House) -> None:
    await answers(house, 3, after=5 * HOUR)
    plans(house, PlanConfig("standard", 1 * HOUR))

    assert [each.fate for each in simulated(house)] == [Fate.LATE] * 3


async def test_what_nobody_answered_is_open_and_then_unanswered(house: House) -> None:
    await house.arrive(mail())
    first = simulated(house)[0].fate
    house.clock.advance(timedelta(days=9))

    assert (first, simulated(house)[0].fate) == (Fate.OPEN, Fate.UNANSWERED)


async def test_a_second_mail_in_a_matter_makes_no_second_promise(house: House) -> None:
    await house.arrive(mail())
    house.clock.advance(HOUR)
    await house.arrive(mail(2, subject="Re: Question about the offer", answers=letter_id()))

    assert len(simulated(house)) == 1


async def test_mail_from_before_the_home_is_simulated_too(house: House) -> None:
    before = MONDAY - timedelta(days=20)
    await house.arrive(mail(1, at=before), live=False, received_at=before)
    await house.arrive(mail(2, at=before + HOUR, answers=letter_id()), live=False, received_at=before + HOUR)
    raw = own(at=before + 3 * HOUR, answers=letter_id())
    await house.arrive(raw, folder="Sent", live=False, received_at=before + 3 * HOUR)

    (found,) = simulated(house)

    assert (found.fate, found.answered_at) == (Fate.KEPT, before + 3 * HOUR)
    assert house.promises() == []


async def test_a_simulation_writes_nothing(house: House) -> None:
    await answers(house, 2, after=2 * HOUR)
    before = house.ask("SELECT total_changes()")

    simulated(house)

    assert house.ask("SELECT total_changes()") == before
