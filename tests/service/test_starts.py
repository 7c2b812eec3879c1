"""A daemon that falls over again and again tells its owner, also where no start lasts long enough for anything else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from inboxcrm.config import Notify as Settings
from inboxcrm.daemon import Daemon
from inboxcrm.errors import RuleError, TransientError
from inboxcrm.fetching import fetch
from inboxcrm.ports import Notice
from inboxcrm.service.notify import Notify
from inboxcrm.service.starts import FALLEN, FALLS, LASTED, WITHIN, Starts
from inboxcrm.store import home
from tests.config.conftest import COMPLETE
from tests.service.house import House
from tests.service.test_watchman import Bell
from tests.whole.program import inboxcrm, rows

SOON = timedelta(minutes=2)
"""From one start to the next: what the vigil has no time for."""


class Deaf(Bell):
    """A way that cannot be gone."""

    async def tell(self, notice: Notice) -> None:
        await super().tell(notice)
        raise TransientError("no route to host")


class Fallen:
    """A home whose daemons begin and are gone."""

    def __init__(self, house: House, bell: Bell | None = None) -> None:
        self.house, self.bell = house, bell or Bell()
        house.household.config = replace(house.household.config, notify=Settings(command=("ring",)))

    @property
    def notify(self) -> Notify:
        return Notify(self.house.household, {"command": self.bell})

    async def begin(self, times: int = 1, *, every: timedelta = SOON) -> Starts:
        for _ in range(times):
            self.house.clock.advance(every)
            starts = Starts(self.house.household, self.notify)
            await starts.begin()
        return starts

    def alarms(self) -> list[str]:
        with self.house.household.database.read() as connection:
            return [each.detail for each in home.alarms(connection) if each.kind == FALLS]


@pytest.fixture
def fallen(house: House) -> Fallen:
    return Fallen(house)


async def test_starts_of_which_none_lasts_are_told_once_and_before_anything_else(fallen: Fallen) -> None:
    await fallen.begin(FALLEN)
    before = list(fallen.bell.rung)
    await fallen.begin(20)

    assert before == []
    assert fallen.bell.rung == ["inboxcrm ends again and again"]
    assert fallen.alarms() == [
        "the daemon was started 4 times within an hour, and ended each time. What ended it stands in its log"
    ]


async def test_one_that_lasts_takes_it_back(fallen: Fallen, house: House) -> None:
    starts = await fallen.begin(FALLEN + 1)
    house.clock.advance(LASTED)
    await starts.lasted()
    await fallen.notify.run_once()
    await fallen.begin(FALLEN)

    assert fallen.alarms() == []
    assert fallen.bell.rung == ["inboxcrm ends again and again", "inboxcrm runs again"]


async def test_a_person_who_stops_and_starts_it_is_told_nothing(fallen: Fallen) -> None:
    for _ in range(3 * FALLEN):
        await (await fallen.begin()).ended(None)

    assert (fallen.alarms(), fallen.bell.rung) == ([], [])


async def test_ends_that_lie_far_apart_are_nothing_to_tell(fallen: Fallen) -> None:
    await fallen.begin(10, every=WITHIN / 2)

    assert (fallen.alarms(), fallen.bell.rung) == ([], [])


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            RuleError('rules/mine.toml: unknown key "whem".'),
            'The last was ended by rules/mine.toml: unknown key "whem"',
        ),
        (ExceptionGroup("", [KeyError("Dear Ann, my password is")]), "The last was ended by KeyError"),
    ],
    ids=["ours says what to mend", "another is named and quotes nobody"],
)
async def test_what_ended_it_is_told(fallen: Fallen, error: Exception, said: str) -> None:
    for _ in range(FALLEN):
        await (await fallen.begin()).ended(error)
    await fallen.begin()

    (alarm,) = fallen.alarms()
    assert alarm.endswith(f"each time. {said}")


async def test_a_way_that_cannot_be_gone_stops_no_start_and_is_tried_again(house: House) -> None:
    fallen = Fallen(house, Deaf())
    await fallen.begin(FALLEN + 1)
    house.clock.advance(timedelta(hours=1))
    await fallen.notify.run_once()

    assert fallen.bell.rung == ["inboxcrm ends again and again"] * 2


async def test_the_daemon_counts_its_falls_and_not_its_stops(tmp_path: Path) -> None:
    house = House(tmp_path)
    fallen = Fallen(house)

    def daemon() -> Daemon:
        return Daemon(house.household, house.ingest, house.deliver, {}, fallen.notify, fetch)

    async def broken() -> None:
        raise KeyError

    for _ in range(FALLEN):
        one = daemon()
        one._make_ready = broken  # type: ignore[method-assign]
        with pytest.raises(ExceptionGroup):
            await one.run()
    last = daemon()
    running = asyncio.create_task(last.run())
    while not fallen.bell.rung:
        await asyncio.sleep(0.01)
    last.stop()
    await running

    assert fallen.alarms() == [
        "the daemon was started 4 times within an hour, and ended each time. The last was ended by KeyError"
    ]
    assert house.household.database.reading(home.starts) == []
    house.close()


def test_a_start_for_which_a_password_is_missing_counts(tmp_path: Path) -> None:
    """As after a reboot, where the system starts the daemon each minute, and it ends before it is one."""
    ring = f'command = ["sh", "-c", "echo \\"$INBOXCRM_TITLE\\" >> {tmp_path}/rung"]'
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "config.toml").write_text(f"{COMPLETE}\n[notify]\n{ring}\n")

    rows(tmp_path / "home", "status")  # there is a home by then

    done = [inboxcrm("--home", tmp_path / "home", "run", env={"ANN_PASSWORD": ""}) for _ in range(FALLEN + 2)]

    assert {(each.returncode, "ANN_PASSWORD" in each.stderr) for each in done} == {(2, True)}
    assert (tmp_path / "rung").read_text() == "inboxcrm ends again and again\n"
    (alarm,) = rows(tmp_path / "home", "status")[0]["alarms"]
    assert "ANN_PASSWORD" in alarm["detail"]
