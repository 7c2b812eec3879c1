"""Who was erased does not come back with a backup that is older than that."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from inboxcrm import bootstrap
from inboxcrm.cli import backups as _backups
from inboxcrm.cli.root import cli
from inboxcrm.configuration import load
from inboxcrm.errors import UserError
from inboxcrm.home import ERASED
from inboxcrm.service import actions, erased_since
from inboxcrm.service.backup import make, restore
from inboxcrm.store import home, tombstones
from inboxcrm.testing.clock import FakeClock
from inboxcrm.web.serve import serve
from tests.config.conftest import COMPLETE
from tests.leaving.conftest import BOB, CY, DEE, furnish
from tests.leaving.test_erasing import erase, sound, where_it_says
from tests.service.house import MONDAY, House, letter_id, mail

COMMANDS = (_backups,)
"""Importing it enters the commands."""

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def backed_up(house: House, *, days: int = 0) -> Path:
    return make(house.folder, house.folder.parent / "backups", at=AT + timedelta(days=days)).place


@contextmanager
def opened(place: Path) -> Iterator[House]:
    """A home, as every command and the daemon open it, a month later."""
    house = House(place, FakeClock(MONDAY + timedelta(days=30)))
    try:
        erased_since.heed(house.household)
        yield house
    finally:
        house.close()


async def test_who_was_erased_since_a_backup_is_not_in_the_home_that_it_restores(house: House, tmp_path: Path) -> None:
    before = backed_up(house)
    erase(house)

    restore(before, tmp_path / "new", former=house.folder)
    with opened(tmp_path / "new") as new:
        assert where_it_says(new, "bob@client") == []
        assert where_it_says(new, "until when does the offer") == []
        assert new.contacts() == ["Cy Client", "Dee Elsewhere"]
        sound(new)


async def test_a_database_that_is_put_back_by_hand_knows_it_by_the_file_beside_it(house: House) -> None:
    before = backed_up(house)
    erase(house)
    place = house.folder
    house.close()
    for old in place.glob("inboxcrm.db*"):
        old.unlink()
    shutil.copy(before / "inboxcrm.db", place / "inboxcrm.db")

    with opened(place) as again:
        assert where_it_says(again, "bob@client") == []
        assert again.contacts() == ["Cy Client", "Dee Elsewhere"]


async def test_a_later_backup_beside_it_tells_who_was_erased(house: House, tmp_path: Path) -> None:
    before = backed_up(house)
    erase(house)
    backed_up(house, days=1)

    restore(before, tmp_path / "new")
    with opened(tmp_path / "new") as new:
        assert where_it_says(new, "bob@client") == []


async def test_the_home_that_was_put_aside_beside_the_new_one_tells_it_unasked(house: House, tmp_path: Path) -> None:
    before = backed_up(house)
    erase(house)
    house.close()
    house.folder.rename(tmp_path / "put-aside")

    restore(before, tmp_path / "new")
    with opened(tmp_path / "new") as new:
        assert where_it_says(new, "bob@client") == []


async def test_that_nothing_tells_who_was_erased_since_is_said_before_anything_is_written(
    house: House, tmp_path: Path
) -> None:
    before = backed_up(house)
    target = tmp_path / "elsewhere" / "new"
    was_there: list[bool] = []
    restore(before, target, say=lambda later: was_there.append(target.exists() or later.places != ()))
    assert was_there == [False]

    said = CliRunner().invoke(cli, ["--home", str(tmp_path / "third"), "restore", str(before)])

    assert "Whom you erased since 2026-03-02 09:30 UTC is in this home again: nothing here tells who" in said.stderr
    assert "--erased-in OLD-HOME" in said.stderr


async def test_a_later_backup_tells_only_of_its_own_time(house: House, tmp_path: Path) -> None:
    before = backed_up(house)
    erase(house)
    later = backed_up(house, days=1)
    house.close()
    shutil.rmtree(house.folder)

    said = CliRunner().invoke(cli, ["--home", str(tmp_path / "new"), "restore", str(before)])

    assert f"known from {later}" in said.stderr
    assert "since 2026-03-03 09:30 UTC is in this home again where that does not tell" in said.stderr


async def test_a_home_put_aside_that_is_another_is_refused_and_nothing_is_written(house: House, tmp_path: Path) -> None:
    """Its file says nothing about the people of this one, and whoever names it by mistake would not learn that."""
    before = backed_up(house)
    (tmp_path / "other").mkdir()
    other = House(tmp_path / "other")
    await furnish(other)
    erase(other)
    other.close()

    with pytest.raises(UserError, match="is not of the home"):
        restore(before, tmp_path / "new", former=other.folder)
    assert not (tmp_path / "new").exists()


async def test_the_window_shows_nobody_who_was_erased_since(house: House, tmp_path: Path) -> None:
    before = backed_up(house)
    erase(house)
    restore(before, tmp_path / "new", former=house.folder)
    (tmp_path / "new" / "config.toml").write_text(COMPLETE)

    with pytest.raises(UserError, match="--port"):  # which is looked at once the home was opened
        serve(load(tmp_path / "new"), port=99_999)

    with closing(sqlite3.connect(tmp_path / "new" / "inboxcrm.db")) as file:
        assert file.execute("SELECT name FROM contacts ORDER BY name").fetchall() == [
            ("Cy Client",),
            ("Dee Elsewhere",),
        ]


async def test_what_was_owed_to_them_then_is_owed_no_longer(house: House, tmp_path: Path) -> None:
    await house.arrive(mail(41, subject="Gutter", text="Dear Ann,\n\nand the gutter?\n\nBob\n"))
    before = backed_up(house)
    actions.done(house.household, letter_id(41), how="phone")
    erase(house)

    restore(before, tmp_path / "new", former=house.folder)
    with opened(tmp_path / "new") as new:
        assert new.ask("SELECT COUNT(*) FROM promises WHERE state IN ('open', 'extended', 'broken')") == [(0,)]
        await new.sweep()
        await new.deliver.run_once()
        assert new.transport.sent == []


async def test_what_they_wrote_after_that_is_read_again_as_a_strangers(house: House, tmp_path: Path) -> None:
    """The time at which they were erased stays what it was: no letter that came later is taken for theirs of then."""
    before = backed_up(house)
    erase(house)
    house.clock.advance(timedelta(days=10))
    anew = mail(51, subject="A new roof", text="Dear Ann,\n\nwe met long ago.\n\nBob\n", at=house.clock.now())

    restore(before, tmp_path / "new", former=house.folder)
    with opened(tmp_path / "new") as new:
        await new.arrive(anew, live=False, received_at=house.clock.now())
        await new.arrive(mail(1, text="until when does the offer for the roof stand?\n\nBob\n"), live=False,
                         received_at=MONDAY)  # fmt: skip

        read = [row.subject for row in new.messages()]
        assert "A new roof" in read
        assert "Question about the offer" not in read


async def test_whose_other_addresses_were_not_erased_is_left_to_the_owner(house: House, tmp_path: Path) -> None:
    """Two were one contact when the backup was made, and were parted before one of them was erased."""
    both = "UPDATE addresses SET contact_id = (SELECT contact_id FROM addresses WHERE key = ?) WHERE key = ?"
    with house.household.database.write() as connection:
        connection.execute(both, (BOB, CY))
    before = backed_up(house)
    with house.household.database.write() as connection:
        tombstones.lay(connection, house.household.secret, "address", [BOB], at=house.clock.now())
    erased_since.heed(house.household)

    restore(before, tmp_path / "new", former=house.folder)
    with opened(tmp_path / "new") as new:
        (alarm,) = [each for each in new.household.database.reading(home.alarms) if each.kind == "erased-came-back"]
        assert "others were not" in alarm.detail
        assert "Bob Client" in new.contacts()


def test_a_home_in_which_nobody_was_erased_has_no_such_file(house: House, tmp_path: Path) -> None:
    before = backed_up(house)
    erased_since.heed(house.household)

    assert not (house.folder / ERASED).exists()
    with pytest.raises(UserError, match="nobody was erased there"):
        restore(before, tmp_path / "new", former=house.folder)


async def test_the_file_of_another_home_says_nothing_about_this_one(house: House, tmp_path: Path) -> None:
    erase(house)
    (tmp_path / "other").mkdir()
    shutil.copy(house.folder / ERASED, tmp_path / "other" / ERASED)
    other = House(tmp_path / "other")
    await furnish(other)

    erased_since.heed(other.household)

    assert "Bob Client" in other.contacts()
    assert not other.household.database.reading(tombstones.any_laid)
    other.close()


async def test_who_is_erased_and_writes_anew_stays_when_the_home_is_opened(house: House) -> None:
    erase(house)
    house.clock.advance(timedelta(days=10))
    await house.arrive(mail(51, subject="A new roof", at=house.clock.now()))

    (house.folder / ERASED).touch()
    erased_since.heed(house.household)

    assert "Bob Client" in house.contacts()


async def test_a_file_that_could_not_be_written_is_written_when_the_home_is_opened(
    house: House, tmp_path: Path
) -> None:
    before = backed_up(house)
    erase(house, DEE)
    erased_since.heed(house.household)
    in_its_way = house.folder / f".{ERASED}.new"
    in_its_way.mkdir()
    erase(house)
    erased_since.heed(house.household)
    in_its_way.rmdir()

    erased_since.heed(house.household)

    restore(before, tmp_path / "new", former=house.folder)
    with opened(tmp_path / "new") as new:
        assert new.contacts() == ["Cy Client"]


async def test_every_command_heeds_it(house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    before = backed_up(house)
    erase(house)
    erase(house, DEE)

    said = CliRunner().invoke(
        cli, ["--home", str(tmp_path / "new"), "restore", str(before), "--erased-in", str(house.folder)]
    )
    assert said.exit_code == 0, said.output
    (tmp_path / "new" / "config.toml").write_text(COMPLETE)
    with caplog.at_level(logging.WARNING), bootstrap.household(tmp_path / "new") as new:
        assert new.database.reading(tombstones.any_laid)

    assert [one.__dict__["contacts"] for one in caplog.records if one.message == "erased_since.erased_again"] == [2]
