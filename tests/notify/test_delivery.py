"""A notice is entered with what it is about, goes out once by each way, and is tried again until it is a day old."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from inboxcrm.config import Notify as Settings
from inboxcrm.config import Shown
from inboxcrm.errors import InboxcrmError, TransientError, UserError
from inboxcrm.ports import Notice
from inboxcrm.render import UndeliverableError, UnsafeMailError
from inboxcrm.service import notify
from inboxcrm.service.notify import ALARM, Notify, Word
from inboxcrm.store import home, notices
from tests.service.house import House

WORD = Word("k", "urgent-mail", "Urgent mail", "Bob: no \x1b[31mserver\u202e", "It burns", urgent=True)


@dataclass
class Fake:
    """A way to the owner that fails as it is told."""

    told: list[Notice] = field(default_factory=list)
    broken: Exception | None = None

    async def tell(self, notice: Notice) -> None:
        if self.broken is not None:
            raise self.broken
        self.told.append(notice)


class Rung:
    """A house with one way to the owner."""

    def __init__(self, house: House, **settings: Any) -> None:
        self.house = house
        self.way = Fake()
        self.set(**settings)
        self.service = Notify(house.household, {"command": self.way})

    def set(self, **settings: Any) -> None:
        config = self.house.household.config
        self.house.household.config = replace(config, notify=Settings(command=("ring",), **settings))

    def tell(self, word: Word = WORD) -> bool:
        with self.house.household.database.write() as connection:
            return notify.tell(self.house.household, connection, word, now=self.house.clock.now())

    async def later(self, **by: float) -> None:
        self.house.clock.advance(timedelta(**by))
        await self.service.run_once()

    def row(self) -> notices.NoticeRow:
        return self.house.household.database.reading(notices.listed)[0]

    def alarms(self) -> list[str]:
        standing = self.house.household.database.reading(home.alarms)
        return [each.detail for each in standing if each.kind == ALARM]


@pytest.fixture
def rung(tmp_path: Path) -> Iterator[Rung]:
    house = House(tmp_path)
    yield Rung(house)
    house.close()


async def test_a_notice_goes_out_once(rung: Rung) -> None:
    assert rung.tell()
    assert not rung.tell(), "the same key is the same word"

    await rung.later(seconds=2)
    await rung.later(seconds=2)

    (notice,) = rung.way.told
    assert notice.title == "Urgent mail"
    assert rung.row().state == "delivered"


async def test_what_strangers_wrote_can_hide_nothing_and_a_body_stays_at_home(rung: Rung) -> None:
    rung.tell()

    await rung.later(seconds=2)

    assert rung.way.told[0].text == "Bob: no ␛[31mserver"


@pytest.mark.parametrize(
    ("show", "text"),
    [(Shown.NOTHING, "Urgent mail"), (Shown.SUBJECT, "Bob: x"), (Shown.TEXT, "Bob: x\n\nIt burns")],
)
def test_the_owner_says_how_much_of_a_mail_leaves_the_house(show: Shown, text: str) -> None:
    assert notify.written(replace(WORD, about="Bob: x"), show).text == text


def test_without_a_way_nothing_is_kept(rung: Rung) -> None:
    config = rung.house.household.config
    rung.house.household.config = replace(config, notify=Settings())

    assert not rung.tell()
    assert rung.house.household.database.reading(notices.listed) == []


def test_an_owner_who_wants_urgent_word_only(rung: Rung) -> None:
    rung.set(urgent_only=True)

    assert not rung.tell(replace(WORD, key="a", urgent=False))
    assert rung.tell(replace(WORD, key="b"))


async def test_what_did_not_arrive_is_tried_again(rung: Rung) -> None:
    rung.way.broken = TransientError("nobody there")
    rung.tell()

    await rung.later(seconds=2)
    assert (rung.row().state, rung.row().cause, rung.row().attempts) == ("waiting", "nobody there", 1)
    rung.way.broken = None
    await rung.later(seconds=1)
    assert rung.way.told == [], "not before its time"
    await rung.later(minutes=1)

    assert len(rung.way.told) == 1
    assert rung.row().attempts == 2


async def test_a_server_that_asks_for_a_pause_gets_it(rung: Rung) -> None:
    rung.way.broken = TransientError("busy", retry_after=timedelta(minutes=30))
    rung.tell()

    await rung.later(seconds=2)

    next_at = rung.row().next_at
    assert next_at is not None
    assert next_at >= rung.house.clock.now() + timedelta(minutes=30)


async def test_what_could_not_be_delivered_in_a_day_is_an_alarm_until_the_way_works_again(rung: Rung) -> None:
    rung.way.broken = TransientError("nobody there")
    rung.tell()

    for _ in range(40):
        await rung.later(hours=1)
    assert rung.row().state in ("expired", "failed")
    assert rung.alarms() != []

    rung.way.broken = None
    rung.tell(replace(WORD, key="again"))
    await rung.later(seconds=2)
    assert rung.alarms() == []


@pytest.mark.parametrize("error", [UserError, UndeliverableError, UnsafeMailError])
async def test_what_time_does_not_mend_is_an_alarm_at_once(rung: Rung, error: type[InboxcrmError]) -> None:
    rung.way.broken = error("mend it")
    rung.tell()

    await rung.later(seconds=2)

    assert rung.row().state == "failed"
    (said,) = rung.alarms()
    assert said.startswith("command: ")
    assert said.endswith("mend it. See: inboxcrm notify")


async def test_quiet_hours_put_off_and_the_morning_brings_it(rung: Rung) -> None:
    rung.set(quiet_hours=(time(9), time(12)))
    rung.tell(replace(WORD, urgent=False))

    await rung.later(seconds=2)
    assert (rung.way.told, rung.row().cause) == ([], "quiet hours")
    await rung.later(hours=2)

    assert len(rung.way.told) == 1


async def test_the_hours_cap_puts_off_the_rest_and_a_retry_is_not_counted_twice(rung: Rung) -> None:
    rung.set(per_hour=1)
    rung.way.broken = TransientError("nobody there")
    rung.tell()
    rung.tell(replace(WORD, key="second"))
    await rung.later(seconds=2)
    rung.way.broken = None

    await rung.later(minutes=1)
    assert [each.key for each in rung.way.told] == ["k"]
    await rung.later(hours=1)

    assert [each.key for each in rung.way.told] == ["k", "second"]


async def test_a_process_that_died_while_ringing_rings_again(rung: Rung) -> None:
    rung.tell()
    with rung.house.household.database.write() as connection:
        (delivery,) = notices.due(connection, rung.house.clock.now())
        notices.claim(connection, delivery, now=rung.house.clock.now())

    await rung.service.recover()
    await rung.later(seconds=2)

    assert len(rung.way.told) == 1


async def test_a_way_that_is_gone_from_the_settings_ends_what_waited_for_it(rung: Rung) -> None:
    rung.tell()

    await Notify(rung.house.household, {}).run_once()

    assert rung.row().state == "failed"
