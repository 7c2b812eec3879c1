"""A home is backed up while it is written to, and a backup brings it back or says why it does not."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from inboxcrm.errors import UserError
from inboxcrm.service import backup, erased_file, upgrade
from inboxcrm.service.backup import MANIFEST, Backup, make, restore
from inboxcrm.testing.clock import FakeClock
from tests.limits import files_end_at
from tests.service.house import MONDAY, House, mail

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
async def home(tmp_path: Path) -> Path:
    """A home with two letters, a rule and a token, whose database is still open and whose log holds the second."""
    place = tmp_path / "home"
    place.mkdir(mode=0o700)
    house = House(place)
    for number in (1, 2):
        await house.arrive(mail(number, sender=f"Bob <bob{number}@client.example>", text="Hello.\n", at=MONDAY))
    for name, text in {
        "rules/mine.toml": "# mine\n",
        "tokens/main.json": "{}\n",
        "config.toml": "# settings\n",
    }.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text(text)
    return place


def subjects(place: Path) -> list[tuple[str]]:
    with closing(sqlite3.connect(place / "inboxcrm.db")) as connection:
        return connection.execute("SELECT message_id, subject FROM messages ORDER BY id").fetchall()


def backed_up(home: Path, tmp_path: Path) -> Backup:
    return make(home, tmp_path / "elsewhere", at=AT)


def test_a_backup_brings_back_the_mail_the_settings_and_the_tokens(home: Path, tmp_path: Path) -> None:
    made = backed_up(home, tmp_path)
    restored = restore(made.place, tmp_path / "new")

    assert (made.mails, restored.mails) == (2, 2)
    assert subjects(restored.place) == subjects(home)
    for name in ("config.toml", "rules/mine.toml", "tokens/main.json"):
        assert (restored.place / name).read_bytes() == (home / name).read_bytes()


def test_a_home_on_a_disk_that_takes_no_writing_is_backed_up_with_what_its_log_holds(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite opens no database there that has a log; and it is where a copy is wanted most."""
    lying = tmp_path / "lying"
    shutil.copytree(home, lying)
    opened: Callable[..., sqlite3.Connection] = sqlite3.connect

    def connect(name: object, **options: Any) -> sqlite3.Connection:
        if str(lying) in str(name):
            raise sqlite3.OperationalError("unable to open database file")
        return opened(name, **options)

    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))
    monkeypatch.setattr(sqlite3, "connect", connect)
    made = backed_up(lying, tmp_path)
    monkeypatch.undo()

    assert made.mails == 2
    assert subjects(made.place) == subjects(home)
    assert sorted(each.name for each in made.place.iterdir() if each.name.startswith("inboxcrm")) == ["inboxcrm.db"]


def test_a_backup_is_for_its_owner_alone_and_leaves_nothing_half_made(home: Path, tmp_path: Path) -> None:
    place = backed_up(home, tmp_path).place

    assert place.name == "inboxcrm-2026-03-02T093000"
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    assert {stat.S_IMODE(path.stat().st_mode) for path in place.rglob("*") if path.is_file()} == {0o600}
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["inboxcrm.db", "config.toml", "rules/mine.toml"])
def test_a_backup_that_is_not_as_it_was_made_is_not_restored(home: Path, tmp_path: Path, name: str) -> None:
    place = backed_up(home, tmp_path).place
    with (place / name).open("ab") as file:
        file.write(b"#")

    with pytest.raises(UserError, match=Path(name).name):
        restore(place, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_damaged_database_is_no_backup(home: Path, tmp_path: Path) -> None:
    file = home / "inboxcrm.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'messages'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    with file.open("r+b") as octets:
        octets.seek((root - 1) * size)
        octets.write(b"\xff" * size)

    with pytest.raises(UserError, match=r"damaged|not a sound"):
        backed_up(home, tmp_path)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_no_home_is_overwritten(home: Path, tmp_path: Path) -> None:
    place = backed_up(home, tmp_path).place
    with pytest.raises(UserError, match="is not empty"):
        restore(place, home)


def test_a_manifest_that_names_what_lies_outside_is_refused(home: Path, tmp_path: Path) -> None:
    place = backed_up(home, tmp_path).place
    told = json.loads((place / MANIFEST).read_text())
    told["files"]["../../outside"] = "0" * 64
    (place / MANIFEST).write_text(json.dumps(told))

    with pytest.raises(UserError, match="not what inboxcrm wrote"):
        restore(place, tmp_path / "new")


def test_what_is_no_backup_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is not a backup"):
        restore(tmp_path, tmp_path / "new")
    with pytest.raises(UserError, match="nothing to back up"):
        make(tmp_path, tmp_path / "elsewhere", at=AT)


def test_a_disk_that_fills_up_leaves_the_new_home_empty_for_another_try(home: Path, tmp_path: Path) -> None:
    place = backed_up(home, tmp_path).place

    with files_end_at(50_000), pytest.raises(UserError, match="cannot be written: File too large"):
        restore(place, tmp_path / "new")

    assert list((tmp_path / "new").iterdir()) == []
    assert restore(place, tmp_path / "new").mails == 2


def test_a_restoring_that_the_power_cut_is_no_home_and_no_new_one(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command would make a database that knows of no promise beside the settings that are there already."""
    place = backed_up(home, tmp_path).place
    monkeypatch.setattr(backup, "_empty", lambda _: None)
    monkeypatch.setattr(erased_file, "bring_over", _cut)

    with pytest.raises(KeyboardInterrupt):
        restore(place, tmp_path / "new")

    assert (tmp_path / "new" / "config.toml").exists()
    with pytest.raises(UserError, match="is gone"):
        upgrade.opened(tmp_path / "new", clock=FakeClock(AT))


def _cut(*_: object) -> None:
    raise KeyboardInterrupt
