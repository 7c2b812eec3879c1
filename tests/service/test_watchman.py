"""A daemon that hangs is seen from outside, says so, and ends itself; one that was stopped for a while does not."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from inboxcrm.config import Notify
from inboxcrm.home import LOCK_FILE, HomeLock
from inboxcrm.ports import Notice
from inboxcrm.service import watched
from inboxcrm.service.watchman import FAILED, LOOK, LOOKS, STILL, Watchman
from inboxcrm.store import folders
from tests.service.house import MONDAY, House


class Bell:
    """A way to the owner."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    async def tell(self, notice: Notice) -> None:
        self.rung.append(notice.title)


class Stood:
    """A watchman whose minutes the test lets pass."""

    def __init__(self, house: House) -> None:
        self.bell, self.ended, self._now = Bell(), list[int](), 0.0
        self.watchman = Watchman(
            house.household, {"bell": self.bell}, monotonic=lambda: self._now, end=self.ended.append
        )

    def minutes(self, count: int, *, beating: bool = False) -> None:
        for _ in range(count):
            self._now += LOOK.total_seconds()
            if beating:
                self.watchman.beat()
            self.watchman.look()


@pytest.fixture
def stood(house: House) -> Stood:
    return Stood(house)


STILL_MINUTES = int(STILL / LOOK)


def test_a_daemon_that_moves_is_left_alone(stood: Stood) -> None:
    stood.minutes(3 * STILL_MINUTES, beating=True)
    stood.minutes(STILL_MINUTES - 1)

    assert (stood.ended, stood.bell.rung) == ([], [])


def test_one_that_stands_still_says_so_and_ends_for_the_system_to_start_it_anew(
    stood: Stood, caplog: pytest.LogCaptureFixture
) -> None:
    stood.minutes(STILL_MINUTES + LOOKS - 1)

    assert stood.ended == [FAILED]
    assert stood.bell.rung == ["inboxcrm stood still and ended itself"]
    assert [one.message for one in caplog.records if one.levelno == logging.CRITICAL] == ["daemon.stands_still"]


def test_one_that_was_stopped_and_goes_on_gets_a_moment(stood: Stood) -> None:
    stood._now += timedelta(hours=2).total_seconds()
    stood.watchman.look()
    stood.minutes(5, beating=True)

    assert stood.ended == []


def test_in_quiet_hours_it_ends_without_a_word(house: House, stood: Stood) -> None:
    now = house.clock.now().astimezone(house.household.config.owner.timezone)
    quiet = ((now - timedelta(hours=1)).time(), (now + timedelta(hours=1)).time())
    calm = replace(Notify(command=("ring",)), quiet_hours=quiet, urgent_in_quiet_hours=False)
    house.household.config = replace(house.household.config, notify=calm)

    stood.minutes(STILL_MINUTES + LOOKS - 1)

    assert (stood.ended, stood.bell.rung) == ([FAILED], [])


# -- what others see of it


def states(house: House) -> list[tuple[str, str | None]]:
    with house.household.database.write() as connection:
        folders.enrol(connection, "main", now=MONDAY)
        folders.note_check(
            connection, "main", state="watching", cause=None, last_checked_at=MONDAY, last_mail_at=None,
            next_attempt_at=None, backlog=0,
        )  # fmt: skip
        return [(row.state, row.cause) for row in watched.mailboxes(house.household.config.home, connection)]


def long_ago(lock: Path) -> None:
    os.utime(lock, (lock.stat().st_atime, lock.stat().st_mtime - 3600))


def test_what_was_noted_last_is_believed_only_while_the_daemon_gives_signs_of_life(house: House) -> None:
    home = house.household.config.home
    killed = states(house)
    with HomeLock(home):
        alive = (states(house), watched.daemon(home))
        long_ago(home / LOCK_FILE)
        hangs = (states(house), watched.daemon(home))
        Stood(house).watchman.beat()
        again = states(house)

    assert killed == [("offline", "no daemon runs (inboxcrm run)")]
    assert alive == ([("watching", None)], watched.Running(os.getpid()))
    ((state, cause),), running = hangs
    assert state == "offline"
    assert f"pid {os.getpid()}, gives no sign of life; if it stays so: kill -9" in str(cause)
    assert running is not None
    assert running.silent_since is not None
    assert again == [("watching", None)]
