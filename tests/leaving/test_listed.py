"""Whoever is erased leaves the lists of mail that is not read yet, and whoever asks for their file finds it there."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from inboxcrm.config import Retention
from inboxcrm.service import retention
from inboxcrm.store import views
from tests.leaving.conftest import BOB, DEE, Run
from tests.leaving.test_erasing import erase, row_of, sound, where_it_says
from tests.service.house import House, mail, own
from tests.service.test_listed import arrival, batch, entry, list_mails, subjects
from tests.service.test_listed import sound as sound_list

BOBS = mail(31, subject="Bobs own")
TO_BOB = own(32, to=f"Bob Client <{BOB}>", subject="To him alone")
DEES = mail(33, sender=f"Dee Elsewhere <{DEE}>", subject="Only hers")
TO_BOTH = mail(34, sender=f"Dee Elsewhere <{DEE}>", cc=f"Bob Client <{BOB}>", subject="For both")
NAMING = mail(35, sender=f"Dee Elsewhere <{DEE}>", subject=f"Ask {BOB.upper()}")


async def test_nothing_that_is_listed_names_who_was_erased_and_it_does_not_come_back(house: House) -> None:
    await list_mails(house, BOBS, TO_BOB, DEES, TO_BOTH, NAMING)
    assert len(subjects(house)) == 5

    done = erase(house)

    assert subjects(house) == ["Only hers"]
    assert where_it_says(house, BOB) == []
    assert {(each.table, each.rows) for each in done.counts} >= {("listings", 4)}
    sound(house)
    sound_list(house)

    await list_mails(house, BOBS, TO_BOB, DEES, TO_BOTH, first=60)

    assert subjects(house) == ["Only hers"]
    assert where_it_says(house, BOB) == []

    await house.ingest.take(batch(arrivals=[arrival(60, BOBS), arrival(57, TO_BOTH)]))

    assert where_it_says(house, BOB) == []
    sound(house)


async def test_who_was_erased_may_write_anew_and_is_listed_then(house: House) -> None:
    erase(house)
    later = house.clock.now() + timedelta(hours=1)

    await house.ingest.take(batch(listed=[entry(99, BOBS, at=later)]))

    assert subjects(house) == ["Bobs own"]


async def test_the_words_of_a_list_are_gone_from_the_file_itself(house: House) -> None:
    await list_mails(house, mail(31, subject="Quittenmus"), DEES)
    assert _in_the_file(house, b"quittenmus")

    erase(house)

    assert not _in_the_file(house, b"quittenmus")


def _in_the_file(house: House, word: bytes) -> bool:
    path = house.household.config.database
    return any(
        word in each.read_bytes().lower() for each in (path, path.with_name(f"{path.name}-wal")) if each.exists()
    )


async def test_a_persons_file_names_the_mail_that_is_not_read_yet(house: House, run: Run, tmp_path: Path) -> None:
    await list_mails(house, BOBS, DEES)

    done = run("export-contact", BOB, "--to", tmp_path / "bob")

    told = json.loads((tmp_path / "bob" / "contact.json").read_text())
    assert done.exit_code == 0, done.output
    assert [each["subject"] for each in told["records"]["listed"]] == ["Bobs own"]
    assert "Bobs own" in (tmp_path / "bob" / "index.html").read_text()
    assert "Only hers" not in (tmp_path / "bob" / "contact.json").read_text()


async def test_an_archive_says_how_much_is_not_in_it_yet(house: House, run: Run, tmp_path: Path) -> None:
    await list_mails(house, BOBS, TO_BOTH, DEES)

    done = run("export", "--contact", BOB, "--to", tmp_path / "bob.mbox")

    assert "2 more of theirs are listed and not read yet" in done.output


async def test_clearing_old_mail_away_takes_off_the_list_what_no_class_keeps(house: House) -> None:
    await list_mails(house, BOBS, DEES)
    house.household.config = replace(house.household.config, retention=Retention(people=3, robots=1, lists=1, social=1))
    house.clock.advance(timedelta(days=3650))

    told = retention.look(house.household)[-1]
    done = retention.apply(house.household)[-1]

    assert told == done
    assert (told.kind, told.months, told.mails, told.octets) == ("listed", 3, 2, len(BOBS) + len(DEES))
    assert subjects(house) == []
    assert retention.look(house.household)[-1].kind == "people"
    sound_list(house)


async def test_clearing_old_mail_away_leaves_the_list_where_some_class_is_kept_for_good(house: House) -> None:
    await list_mails(house, BOBS, DEES)
    house.household.config = replace(house.household.config, retention=Retention(people=1, robots=1, lists=1))
    house.clock.advance(timedelta(days=3650))

    retention.apply(house.household)

    assert subjects(house) == ["Bobs own", "Only hers"]
    assert row_of(house) is not None
    assert house.household.database.reading(lambda connection: views.listed_of(connection, row_of(house).id))
    sound_list(house)
