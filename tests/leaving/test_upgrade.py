"""A home that an older version wrote is backed up, and the backup tried, before anything of it is changed."""

from __future__ import annotations

import logging
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inboxcrm.configuration import load
from inboxcrm.errors import SchemaTooNewError, UserError
from inboxcrm.service import backup, upgrade
from inboxcrm.store import copying, migrations
from inboxcrm.store.database import Database
from inboxcrm.testing.clock import FakeClock
from inboxcrm.web import serve
from tests.config.conftest import COMPLETE
from tests.limits import files_end_at
from tests.older import MAILS, OLD, older_home, up_to


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return older_home(tmp_path / "home")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 3, 2, 9, 30, tzinfo=UTC))


def step(place: Path) -> str:
    with closing(sqlite3.connect(place / "inboxcrm.db")) as connection:
        return max(migrations.applied(connection))


def mails(place: Path) -> int:
    with closing(sqlite3.connect(place / "inboxcrm.db")) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM messages").fetchone()[0])


NEW = max(migrations.STEPS)


def test_what_was_before_can_be_restored(home: Path, clock: FakeClock, tmp_path: Path) -> None:
    upgrade.opened(home, clock=clock).close()

    (kept,) = upgrade.backups(home)
    backup.restore(kept, tmp_path / "again")
    assert (step(home), mails(home)) == (NEW, MAILS)
    assert (step(tmp_path / "again"), mails(tmp_path / "again")) == (OLD, MAILS)
    assert (tmp_path / "again" / "config.toml").read_text() == COMPLETE


def test_it_is_told_what_is_done_and_where_it_lies(
    home: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "inboxcrm.upgrade")

    upgrade.opened(home, clock=clock).close()

    told = [str(vars(record)["said"]) for record in caplog.records]
    assert told[0].startswith("An older version wrote this home (40 mails, ")
    assert str(upgrade.backups(home)[0]) in told[-1]


def test_a_long_copy_tells_how_far_it_is(
    home: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.WARNING, "inboxcrm.upgrade")
    monkeypatch.setattr(copying, "AT_ONCE", 64)
    ticks = iter(range(0, 10_000, 4))
    monkeypatch.setattr(clock, "monotonic", lambda: float(next(ticks)))
    monkeypatch.setattr(upgrade, "_RATE", 10_000)

    upgrade.opened(home, clock=clock).close()

    told = [str(vars(record)["said"]) for record in caplog.records]
    assert re.search(r"which takes some \d+ minutes?$", told[0])
    assert any(each.endswith("% copied") for each in told)
    assert "copied; the copy is read again and tried" in told


@pytest.mark.parametrize("kind", ["new", "up to date", "other views"])
def test_where_no_step_is_taken_no_backup_is_made(tmp_path: Path, clock: FakeClock, kind: str) -> None:
    if kind != "new":
        upgrade.opened(tmp_path, clock=clock).close()
    if kind == "other views":
        with closing(sqlite3.connect(tmp_path / "inboxcrm.db")) as connection, connection:
            connection.execute("UPDATE home SET value = 'of another version' WHERE key = 'views'")

    upgrade.opened(tmp_path, clock=clock).close()

    assert upgrade.backups(tmp_path) == []
    assert step(tmp_path) == NEW


def unchanged(home: Path) -> bool:
    return (step(home), mails(home)) == (OLD, MAILS) and not [*home.glob(f"{upgrade.FOLDER}/*")]


def test_a_damaged_home_is_left_as_it_is(home: Path, clock: FakeClock) -> None:
    with (home / "inboxcrm.db").open("r+b") as file:
        file.seek(-20_000, 2)
        file.write(b"\xff" * 10_000)

    with pytest.raises(UserError, match=r"its backup failed: .*(damaged|not a sound)"):
        upgrade.opened(home, clock=clock)

    assert unchanged(home)


def test_a_copy_with_other_mails_in_it_is_no_backup(
    home: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "tried", lambda _: copying.Sound(MAILS - 1, OLD))

    with pytest.raises(UserError, match="holds 39 mails instead of 40"):
        upgrade.opened(home, clock=clock)

    assert unchanged(home)


def test_a_disk_that_is_too_small_stops_it_before_it_begins(
    home: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 5_000_000))

    with pytest.raises(UserError, match=r"has 5 MB free\. Nothing was changed\. .*inboxcrm upgrade --backup-to FOLDER"):
        upgrade.opened(home, clock=clock)

    assert unchanged(home)


def test_a_disk_that_fills_up_meanwhile_stops_it(home: Path, clock: FakeClock) -> None:
    with files_end_at(200_000), pytest.raises(UserError, match=r"its backup failed: .* Nothing was changed\. To have"):
        upgrade.opened(home, clock=clock)

    assert unchanged(home)


def test_beside_a_daemon_of_the_older_version_nothing_is_changed(
    home: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrade, "running_pid", lambda _: 4711)

    with pytest.raises(UserError, match=r"kill 4711\), then type: inboxcrm upgrade"):
        upgrade.opened(home, clock=clock)

    assert unchanged(home)


def test_of_two_who_open_it_at_once_one_makes_the_backup(home: Path) -> None:
    made: list[int] = []
    second = threading.Thread(target=lambda: Database(home / "inboxcrm.db", before_steps=made.append).close())

    def first(mails: int) -> None:
        made.append(mails)
        second.start()

    Database(home / "inboxcrm.db", before_steps=first).close()
    second.join()

    assert made == [MAILS]


def test_the_last_backups_of_two_older_versions_stay(
    home: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def again(of: str) -> None:
        """Go back to the backup of a version, and bring it up to date anew."""
        place = next(each for each in upgrade.backups(home) if backup.step_of(each) == of)
        shutil.copyfile(place / "inboxcrm.db", home / "inboxcrm.db")
        clock.advance(timedelta(hours=1))
        upgrade.opened(home, clock=clock).close()

    for newest in ("m066_listings", "m069_old_mail_taken", NEW):
        with pytest.MonkeyPatch.context() as patch:
            up_to(newest, patch)
            upgrade.opened(home, clock=clock).close()
        clock.advance(timedelta(days=1))
    assert [backup.step_of(each) for each in upgrade.backups(home)] == ["m066_listings", "m069_old_mail_taken"]

    again("m069_old_mail_taken")

    kept = upgrade.backups(home)
    assert [backup.step_of(each) for each in kept] == ["m066_listings", "m069_old_mail_taken"]
    assert kept[-1].name.startswith("inboxcrm-2026-03-05T1030")


def test_a_home_of_a_newer_version_is_told_which_backup_is_of_before(
    home: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade.opened(home, clock=clock).close()
    up_to(OLD, monkeypatch)

    with pytest.raises(SchemaTooNewError, match=f"restore {upgrade.backups(home)[0]}"):
        upgrade.opened(home, clock=clock)


# -- killed

KILLED = """
import os, signal, sys
from pathlib import Path
from inboxcrm.clock import SystemClock
from inboxcrm.service import backup, upgrade
from inboxcrm.store import copying, migrations

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def last(self, book, /, take=migrations._Step.__call__):
    take(self, book)
    if self.__name__ == max(migrations.STEPS):
        die()

match sys.argv[2]:
    case "copied": copying.tried = die
    case "named": backup._settle_names = die
    case "kept": migrations.apply = die
    case "taken": migrations._Step.__call__ = last
upgrade.opened(Path(sys.argv[1]), clock=SystemClock())
"""


@pytest.mark.parametrize("point", ["copied", "named", "kept", "taken"])
def test_a_process_killed_on_the_way_leaves_the_older_home_and_no_half_backup_for_long(
    home: Path, tmp_path: Path, point: str
) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(home), point], check=False, capture_output=True)
    assert done.returncode == -9, done.stderr
    assert (step(home), mails(home)) == (OLD, MAILS)

    upgrade.opened(home, clock=FakeClock(datetime(2099, 1, 1, tzinfo=UTC))).close()

    assert (step(home), mails(home)) == (NEW, MAILS)
    (kept,) = (home / upgrade.FOLDER).iterdir()
    assert backup.restore(kept, tmp_path / "again").mails == MAILS


def test_the_browser_does_it_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(*_: object) -> None:
        raise UserError("the port is taken")

    monkeypatch.setattr(serve, "_listen", taken)

    with pytest.raises(UserError, match="the port is taken"):
        serve.serve(load(home))

    assert len(upgrade.backups(home)) == 1
