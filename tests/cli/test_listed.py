"""Mail that is not read yet, as the commands show it and ask for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from inboxcrm.home import HomeLock
from inboxcrm.store import folders, listings
from inboxcrm.store.database import Database
from tests.cli.conftest import Run
from tests.tui.home import opened

NOT_FOUND = 2


@pytest.fixture
def listing(tmp_path: Path) -> Path:
    """A home with one mail that is listed and not read, as UID 7 of INBOX, and one that is on record."""
    with opened(tmp_path) as home:
        home.mail("Ada Asker", "The harbour")
        home.list_mail("Zoe Zebra", "Zebra crossing", uid=7)
        with home.household.database.write() as connection:
            connection.execute("UPDATE mailboxes SET backlog = 20")
    return tmp_path


def wishes(home: Path) -> list[tuple[str, int]]:
    book = Database(home / "inboxcrm.db")
    try:
        return book.reading(lambda connection: listings.wanted(connection, "main"))
    finally:
        book.close()


def test_a_search_shows_it_below_and_marked(run: Run, listing: Path) -> None:
    told = run("--home", listing, "search", "zebra")
    (row,) = run("--home", listing, "search", "zebra", "--json").rows

    assert "n1  Mon 2025-01-27" in told.out
    assert "Zebra crossing  (not read yet)" in told.out
    assert (row["reference"], row["read"], row["folder"]) == ("n1", False, "INBOX")


def test_showing_it_asks_for_it_and_says_so(run: Run, listing: Path) -> None:
    told = run("--home", listing, "show", "n1")

    assert "Zoe Zebra <zoe@client.example>" in told.out
    assert "It is not read yet. It is asked for, and comes first once the daemon runs" in told.out
    assert wishes(listing) == [("INBOX", 7)]


def test_showing_it_waits_for_a_daemon_that_brings_it(run: Run, listing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def bring(_: float) -> None:
        book = Database(listing / "inboxcrm.db")
        with book.write() as connection:
            (folder_id,) = connection.execute("SELECT folder_id FROM listings").fetchone()
            (message,) = connection.execute("SELECT MIN(id) FROM messages WHERE erased_at IS NULL").fetchone()
            folders.locate(connection, folder_id, 1, [(7, message, frozenset())])
        book.close()

    monkeypatch.setattr("inboxcrm.cli.listed.time.sleep", bring)
    with HomeLock(listing):
        (row,) = run("--home", listing, "show", "n1", "--json").rows

    assert row["text"]


def test_a_daemon_that_does_not_bring_it_in_time_is_no_error(run: Run, listing: Path) -> None:
    with HomeLock(listing):
        told = run("--home", listing, "show", "n1", "--wait", "0")

    assert told.code == 0
    assert "is asked for before all others" in told.out


def test_what_cannot_be_done_to_it_yet_is_said(run: Run, listing: Path) -> None:
    gone, explained = run("--home", listing, "show", "n99"), run("--home", listing, "explain", "n1")

    assert (gone.code, explained.code) == (NOT_FOUND, NOT_FOUND)
    assert "n99 is listed no longer" in gone.err
    assert "inboxcrm show n1 has it read before all others" in explained.err


def test_the_status_says_how_far_a_first_reading_is(run: Run, listing: Path) -> None:
    assert "main: 0 of 20 read; the list is whole" in run("--home", listing, "status").out
