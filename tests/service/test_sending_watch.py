"""A submission server that would refuse the next mail is noticed before somebody waits for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from inboxcrm.config import Notify
from inboxcrm.errors import SignInNeededError, TransientError, UserError
from inboxcrm.ports import Deferred, Sent
from inboxcrm.service.deliver import STOPPED, Office
from inboxcrm.service.endings import SENDING_CERTIFICATE
from inboxcrm.service.sending_watch import CANNOT_SEND, SendingWatch
from inboxcrm.store import home
from tests.service.house import MONDAY, FakeMailbox, FakeTransport, House, held_by_another, mail, no_room_for_an_alarm

REFUSED, DOWN = UserError("535 5.7.8 no"), TransientError("smtp.example.org:465: no route to host")


class Desk:
    """A submission server that says what the test says, looked at minute after minute."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.says: datetime | Exception | None = MONDAY + timedelta(days=60)
        self.looks: list[timedelta] = []
        house.household.config = replace(house.household.config, notify=Notify(command=("ring",)))
        office = Office(FakeMailbox(), FakeTransport(), house.clock, submission=self)
        without = Office(FakeMailbox(), FakeTransport(), house.clock)
        self.watch = SendingWatch(house.household, {"main": office, "demo": without}, house.deliver)

    async def look(self) -> datetime | None:
        self.looks.append(self.house.clock.now() - MONDAY)
        if isinstance(self.says, Exception):
            raise self.says
        return self.says

    async def minutes(self, count: int) -> None:
        for _ in range(count):
            self.house.clock.advance(timedelta(minutes=1))
            await self.watch.run_once()

    def alarms(self, kind: str = CANNOT_SEND) -> list[str]:
        return self.house.household.database.reading(
            lambda connection: [one.detail for one in home.alarms(connection) if one.kind == kind]
        )

    def words(self) -> list[str]:
        return [title for (title,) in self.house.ask("SELECT title FROM notices ORDER BY id")]


@pytest.fixture
def desk(house: House) -> Desk:
    return Desk(house)


async def test_a_server_that_lets_us_in_is_looked_at_once_a_day(desk: Desk) -> None:
    await desk.minutes(3)
    desk.house.clock.advance(timedelta(days=1))
    await desk.minutes(3)

    assert len(desk.looks) == 2
    assert desk.words() == []


async def test_a_refused_log_in_is_told_at_the_second_try_and_tried_seldom(desk: Desk) -> None:
    desk.says = REFUSED
    await desk.minutes(3)
    first = desk.alarms()
    await desk.minutes(200)
    told = (desk.alarms(), desk.words(), len(desk.looks))
    desk.says = None
    desk.house.clock.advance(timedelta(hours=6))
    await desk.minutes(1)

    assert first == []
    assert told == (["main: nothing can be sent. 535 5.7.8 no"], ["Mailbox main cannot send"], 2)
    assert desk.alarms() == []
    assert desk.words() == ["Mailbox main cannot send", "Mailbox main can send"]


async def test_a_server_that_is_away_for_an_hour_is_told_and_for_some_minutes_is_not(desk: Desk) -> None:
    desk.says = DOWN
    await desk.minutes(3)
    desk.says = None
    await desk.minutes(10)
    short = (desk.alarms(), desk.words())
    desk.says = DOWN
    desk.house.clock.advance(timedelta(days=1))
    await desk.minutes(70)

    assert short == ([], [])
    assert desk.alarms() == ["main: nothing can be sent. smtp.example.org:465: no route to host"]
    assert desk.words() == ["Mailbox main cannot send"]


async def test_its_certificate_is_spoken_of_two_weeks_before_its_end(desk: Desk) -> None:
    desk.says = MONDAY + timedelta(days=10)
    await desk.minutes(2)
    near = desk.alarms(SENDING_CERTIFICATE)
    desk.says = MONDAY + timedelta(days=90)
    desk.house.clock.advance(timedelta(days=1))
    await desk.minutes(2)

    [told] = near
    assert told.startswith("main: the certificate of its submission server ends on 12 March 2026")
    assert desk.alarms(SENDING_CERTIFICATE) == []
    assert len(desk.words()) == 1


async def test_what_waited_for_a_refused_log_in_leaves_when_it_works_again(desk: Desk, house: House) -> None:
    desk.says = SignInNeededError("Type: inboxcrm sign-in main")
    house.transport.says = [Deferred("Type: inboxcrm sign-in main", pause_all=True), Sent("250 ok")]
    await house.arrive(mail())
    await house.pass_time(minutes=10)
    stopped = (desk.alarms(STOPPED), house.item().state)
    await desk.minutes(30)
    looks = len(desk.looks)

    desk.says = None
    await desk.minutes(1)
    await house.deliver.run_once()

    assert stopped == (["main: Type: inboxcrm sign-in main"], "queued")
    assert looks >= 29
    assert desk.alarms(STOPPED) == []
    assert house.item().state == "sent"


async def test_a_provider_that_wants_less_of_us_is_not_pressed_because_it_lets_us_in(desk: Desk, house: House) -> None:
    house.transport.says = [Deferred("550 5.4.5 daily limit", pause_all=True), Sent("250 ok")]
    await house.arrive(mail())
    await house.pass_time(minutes=10)

    await desk.minutes(40)
    await house.deliver.run_once()

    assert house.item().state == "queued"
    assert len(desk.looks) == 1


async def test_what_could_not_be_put_on_record_is_told_when_it_can_without_another_log_in(
    desk: Desk, house: House
) -> None:
    desk.says = REFUSED
    await desk.minutes(6)
    with held_by_another(house), pytest.raises(TransientError):
        await desk.minutes(1)
    before = (desk.words(), len(desk.looks))

    await desk.minutes(1)

    assert before == ([], 2)
    assert (desk.words(), len(desk.looks)) == (["Mailbox main cannot send"], 2)


async def test_that_a_certificate_ends_is_told_though_it_could_not_be_put_on_record_at_once(
    desk: Desk, house: House
) -> None:
    desk.says = MONDAY + timedelta(days=3)
    with no_room_for_an_alarm(house):
        await desk.minutes(1)
        with pytest.raises(TransientError):
            await desk.minutes(1)
    before = desk.words()

    await desk.minutes(6)

    assert before == []
    assert (len(desk.alarms(SENDING_CERTIFICATE)), len(desk.words())) == (1, 1)
