"""A mail that is only listed is shown, and is no evidence of anything: it goes when it comes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from inboxcrm.ports import Arrival, Batch, FolderRole, Listed, Position
from inboxcrm.service import listed
from inboxcrm.service.ingest import Known
from inboxcrm.store import folders, listings, views
from inboxcrm.store.views import ListedRow
from tests.service.house import MONDAY, ZONE, House, mail, own

LAST_YEAR = MONDAY - timedelta(days=300)
TOP, LOW = 1000, 500
"""Where the first reading began, and how far it came."""

AT = Position(7, TOP, backfill_below=LOW, baseline=TOP, listed_below=1)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    opened = House(tmp_path)
    yield opened
    opened.close()


def head(raw: bytes) -> bytes:
    """The fields of a mail that a list asks for."""
    wanted = (b"from:", b"to:", b"cc:", b"subject:", b"date:", b"message-id:")
    lines = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    return b"".join(line + b"\r\n" for line in lines if line.lower().startswith(wanted)) + b"\r\n"


def entry(uid: int, raw: bytes, *, at: datetime = LAST_YEAR) -> Listed:
    return Listed(uid, at, frozenset({"\\Seen"}), len(raw), head(raw))


def batch(folder: str = "INBOX", position: Position = AT, **what: Any) -> Batch:
    role = FolderRole.INBOX if folder == "INBOX" else FolderRole.ARCHIVE
    return Batch("main", folder, role, position, remaining=10, **what)


async def list_mails(house: House, *raws: bytes, folder: str = "INBOX", first: int = 100) -> None:
    """The newest first, as a list comes."""
    entries = [entry(first - each, raw, at=LAST_YEAR - timedelta(days=each)) for each, raw in enumerate(raws)]
    await house.ingest.take(batch(folder, listed=entries))


def found(house: House, words: str, **how: Any) -> list[ListedRow]:
    return house.household.database.reading(lambda connection: views.listed(connection, words, zone=ZONE, **how))


def subjects(house: House, words: str = "since:2000") -> list[str]:
    return [row.subject for row in found(house, words)]


def sound(house: House) -> None:
    """The index of the list agrees with the list, and nobody is in it without a mail."""
    with house.household.database.write() as connection:
        connection.execute("INSERT INTO listing_search (listing_search, rank) VALUES ('integrity-check', 1)")
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert house.ask("SELECT 1 FROM listed_people WHERE listing_id NOT IN (SELECT id FROM listings)") == []


def arrival(uid: int, raw: bytes) -> Arrival:
    return Arrival(uid, LAST_YEAR, frozenset(), raw)


def rows_of_every_table(house: House) -> dict[str, int]:
    names = [name for (name,) in house.ask("SELECT name FROM pragma_table_list WHERE type = 'table'")]
    return {name: house.ask(f'SELECT COUNT(*) FROM "{name}"')[0][0] for name in names}


async def test_a_listed_mail_is_nothing_on_record(house: House) -> None:
    await house.know()
    await house.ingest.take(batch())
    before = rows_of_every_table(house)

    await list_mails(house, mail(1), own(2), mail(3, sender="Eve New <eve@new.example>"))

    after = rows_of_every_table(house)
    assert {name for name, rows in after.items() if rows != before[name]} == {
        "listings",
        "listed_people",
        "sqlite_sequence",
    }
    assert house.outbox() == []
    assert house.promises() == []


async def test_who_is_only_listed_stays_a_stranger_and_is_answered_as_one(house: House, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = House(tmp_path / "other")
    try:
        await list_mails(house, own(2), *(mail(number) for number in range(10, 40)))
        for each in (house, other):
            await each.arrive(mail(1))

        told, plain = house.story(house.messages()[0].id), other.story(other.messages()[0].id)
        assert told["gate"] == plain["gate"]
        assert told["speech"] == plain["speech"]
        assert house.contacts() == other.contacts()
        assert [row.known_since for row in house.household.database.reading(views.contacts)] == [None]
    finally:
        other.close()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("roof", ["The new roof", "Roofs again"]),
        ("new roof", ["The new roof"]),
        ('"new roof"', ["The new roof"]),
        ("from:cy", ["Roofs again"]),
        ("to:ann roof", ["The new roof", "Roofs again"]),
        ("from:bob@client.example", ["The new roof", "Cellar"]),
        ("cella", ["Cellar"]),
        ("since:2025-05-06 until:2025-05-06", ["The new roof"]),
        ("until:2024", []),
        ("offer", []),
        ('NEAR( "', []),
        ("   ", []),
    ],
)
async def test_a_listed_mail_is_found_by_subject_people_and_days(house: House, words: str, expected: list[str]) -> None:
    await list_mails(
        house,
        mail(1, subject="The new roof"),
        mail(2, sender="Cy Client <cy@client.example>", subject="Roofs again"),
        mail(3, subject="Cellar"),
    )

    assert subjects(house, words) == expected


async def test_the_list_is_read_as_every_mail_is(house: House) -> None:
    await list_mails(
        house,
        b"From: =?utf-8?q?Bj=C3=B6rn?= <Bjorn@Client.example>\r\nTo: ann@example.org\r\n"
        b"Subject: =?utf-8?q?=C3=9Cbergabe?= =?utf-8?q?_am_Montag?=\r\nMessage-ID: <x@client.example>\r\n\r\n",
        b"\xff\xfe\x00 nothing of a mail \r\r\n\x00",
        b"From: " + b"x" * 9000 + b"\r\nSubject: \x1b[31mred\r\n\r\n",
    )

    first = found(house, "ubergabe from:bjorn")[0]
    assert (first.subject, first.sender) == ("Übergabe am Montag", "Björn <Bjorn@Client.example>")
    assert first.size > 0
    assert len(subjects(house)) == 3
    assert not any("\x1b" in subject or "\x00" in subject for subject in subjects(house))
    sound(house)


async def test_a_mail_leaves_the_list_when_it_comes(house: House) -> None:
    await list_mails(house, mail(1, subject="One"), mail(2, subject="Two"))

    await house.ingest.take(batch(arrivals=[arrival(100, mail(1, subject="One"))]))

    assert subjects(house) == ["Two"]
    assert [row.subject for row in house.messages()] == ["One"]
    sound(house)


BELOW = replace(AT, backfill_below=100)
PENDING = replace(AT, backfill_below=100, pending=(100,))


@pytest.mark.parametrize(
    ("step", "left"),
    [
        pytest.param({"vanished": [(100, 100)]}, ["Two", "Three"], id="gone from the server"),
        pytest.param({"vanished": [(1, 99)]}, ["One"], id="a range gone"),
        pytest.param({"quarantined": [(99, "poisoned")]}, ["One", "Three"], id="put aside"),
        pytest.param({"located": [(98, "g7", frozenset())]}, ["One", "Two"], id="on record elsewhere"),
        pytest.param({"position": BELOW}, ["Two", "Three"], id="passed and not there"),
        pytest.param({"position": PENDING}, ["One", "Two", "Three"], id="asked for again later"),
        pytest.param({"flags": [(100, frozenset())]}, ["One", "Two", "Three"], id="flags"),
        pytest.param(
            {"position": Position(8, TOP, baseline=TOP), "reset": True, "unlisted": True}, [], id="renumbered"
        ),
        pytest.param({"position": Position(7, TOP, baseline=TOP), "unlisted": True}, [], id="read to the end"),
        pytest.param({"folder": "Elsewhere", "renamed_from": "INBOX"}, ["One", "Two", "Three"], id="renamed"),
    ],
)
async def test_a_list_follows_its_folder(house: House, step: dict[str, Any], left: list[str]) -> None:
    await list_mails(house, mail(1, subject="One"), mail(2, subject="Two"), mail(3, subject="Three"))

    await house.ingest.take(batch(**step))

    assert subjects(house) == left
    sound(house)


async def test_a_list_of_one_folder_outlives_the_end_of_another(house: House) -> None:
    await list_mails(house, mail(1, subject="One"))
    await list_mails(house, mail(2, subject="Two"), folder="Archive")

    await house.ingest.take(batch(position=Position(7, TOP, baseline=TOP), unlisted=True))

    assert subjects(house) == ["Two"]
    assert subjects(house, "two") == ["Two"]
    sound(house)


async def test_a_mail_that_lies_in_two_folders_is_shown_once(house: House) -> None:
    await list_mails(house, mail(1, subject="One"))
    await list_mails(house, mail(1, subject="One"), folder="Archive")
    assert subjects(house) == ["One"]

    await house.ingest.take(batch(arrivals=[arrival(100, mail(1, subject="One"))]))

    assert subjects(house) == []
    assert house.ask("SELECT COUNT(*) FROM listings") == [(1,)]


async def test_a_mail_that_moves_while_it_is_listed_is_history_where_it_comes(house: House) -> None:
    await list_mails(house, mail(1, subject="One"))

    await house.ingest.take(batch(vanished=[(100, 100)]))
    await house.ingest.take(batch("Archive", Position(7, 6, baseline=5), arrivals=[arrival(5, mail(1, subject="One"))]))

    assert subjects(house) == []
    assert [(row.subject, row.direction) for row in house.messages()] == [("One", "in")]
    assert house.promises() == []
    assert house.outbox() == []


async def test_what_was_listed_before_a_kill_is_not_listed_twice(house: House) -> None:
    await list_mails(house, mail(1, subject="One"), mail(2, subject="Two"))
    await house.restart()
    await list_mails(house, mail(1, subject="One"), mail(2, subject="Two"))

    position = await house.position()
    assert position is not None
    assert position.listed_below == 1
    assert subjects(house) == ["One", "Two"]
    sound(house)


async def test_a_wish_is_told_to_the_mailbox_until_the_mail_is_there(house: House) -> None:
    await list_mails(house, mail(1, subject="One"), mail(2, subject="Two"))
    one, two = found(house, "since:2000")
    known = Known(house.household)
    assert await known.wanted("main") == []

    where = listed.ask_for(house.household, two.id)
    house.clock.advance(timedelta(seconds=1))
    listed.ask_for(house.household, one.id)
    listed.ask_for(house.household, two.id)

    assert where is not None
    assert await known.wanted("main") == [("INBOX", 99), ("INBOX", 100)]
    assert await known.wanted("other") == []
    assert listed.arrived(house.household, where) is None

    await house.ingest.take(batch(arrivals=[arrival(99, mail(2, subject="Two"))]))

    assert await known.wanted("main") == [("INBOX", 100)]
    assert listed.arrived(house.household, where) == house.messages()[0].id
    assert listed.ask_for(house.household, two.id) is None


async def test_a_contact_is_told_how_many_are_still_to_be_read(house: House) -> None:
    await house.know()
    (bob,) = house.household.database.reading(views.contacts)
    await list_mails(house, mail(1), mail(2), own(3), mail(4, sender="Cy <cy@client.example>", cc=None))
    await list_mails(house, mail(1), folder="Archive")

    with house.household.database.read() as connection:
        count, rows = views.count_listed(connection, bob.id), views.listed_of(connection, bob.id)

    assert count == 3
    assert len(rows) == 3
    assert not any("cy@" in row.sender for row in rows)


async def test_what_is_listed_stands_among_what_is_read_by_its_date_on_every_page(house: House) -> None:
    await list_mails(house, *(mail(each) for each in range(1, 8)))
    await house.ingest.take(batch(arrivals=[arrival(98, mail(3))]))
    late = Arrival(40, LAST_YEAR - timedelta(days=4, hours=1), frozenset(), mail(20))
    await house.ingest.take(batch("Archive", arrivals=[late]))

    with house.household.database.read() as connection:
        whole = views.newest_of_all(connection)
        pages = [views.newest_of_all(connection, limit=3, offset=at) for at in (0, 3, 6, 9)]

    assert [row.received_at for row in whole] == sorted((row.received_at for row in whole), reverse=True)
    assert [row for page in pages for row in page] == whole
    assert [isinstance(row, ListedRow) for row in whole].count(True) == 6
    assert len({row.message_id for row in whole}) == len(whole) == 8


async def test_a_folder_that_nobody_watches_any_more_is_not_listed(house: House) -> None:
    await list_mails(house, mail(1, subject="One"))
    await list_mails(house, mail(2, subject="Two"), folder="Archive")

    with house.household.database.write() as connection:
        listings.forget_others(connection, "main", ["INBOX", "Sent"])

    position = await house.position("Archive")
    assert subjects(house) == ["One"]
    assert position is not None
    assert position.listed_below is None
    sound(house)


@pytest.mark.parametrize(
    ("reference", "number"),
    [("n412", 412), ("N412", 412), (" n7 ", 7), ("412", None), ("n", None), ("nn1", None), ("<n1@a.example>", None),
     ("n" + "9" * 40, None), ("n²", None)],
)  # fmt: skip
def test_a_listed_mail_has_a_number_of_its_own(reference: str, number: int | None) -> None:
    assert views.number_of(reference) == number


async def test_how_far_a_first_reading_is_can_be_said(house: House) -> None:
    def said(remaining: int) -> str:
        with house.household.database.write() as connection:
            folders.note_check(
                connection, "main", state="watching", cause=None, last_checked_at=None, last_mail_at=None,
                next_attempt_at=None, backlog=remaining,
            )  # fmt: skip
            (box,) = views.mailboxes(connection)
        return listed.how_far(box, ZONE)

    await house.ingest.take(batch(position=replace(AT, listed_below=None), arrivals=[arrival(LOW, mail(9))]))
    unlisted = said(1999)
    await house.ingest.take(batch(position=replace(AT, listed_below=90), listed=[entry(100, mail(1))]))
    partly = said(1999)
    await list_mails(house, mail(2), first=80)

    assert unlisted == "1 of 2,000 read, back to May 2025"
    assert partly == "1 of 2,000 read, back to May 2025; 1 of the rest are listed"
    assert said(1999) == "1 of 2,000 read, back to May 2025; the list is whole"
    assert said(0) == ""
