"""Search and the queue, over messages that a house has taken in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inboxcrm.service import actions
from inboxcrm.store import contacts, folders, views
from tests.service.house import MONDAY, ZONE, House, letter_id, mail

TEXTS = {
    1: "Dear Ann,\n\nthe invoice for the Zürich office is late.\n",
    2: 'Dear Ann,\n\nhe said "to be OR not to be" NEAR the harbour.\n',
    3: "Dear Ann,\n\ninvoices, invoicing, and 50% of it* (as agreed).\n",
}


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[House]:
    """Three mails by three people."""
    house = House(tmp_path)
    await house.arrive(
        *(mail(n, sender=f"Person{n} <p{n}@firm{n}.example>", subject=f"Matter {n}", text=TEXTS[n]) for n in TEXTS)
    )
    yield house
    house.close()


def found(house: House, words: str) -> set[int]:
    return {hit.message.id for hit in house.household.database.reading(lambda c: views.search(c, words))}


@pytest.mark.parametrize(
    ("words", "rows"),
    [
        pytest.param("invoice", {1, 3}, id="a word and its other forms"),
        pytest.param("zurich", {1}, id="without its accents"),
        pytest.param("INVOICE late", {1}, id="all of the words"),
        pytest.param("harb", {2}, id="the beginning of the last word"),
        pytest.param("harb said", set(), id="no beginning of another word"),
        pytest.param("person2", {2}, id="a name"),
        pytest.param("firm3.example", {3}, id="a domain"),
        pytest.param('"to be', {2}, id="a lone quote"),
        pytest.param("not OR invoice", set(), id="OR is a word"),
        pytest.param("be NEAR harbour", {2}, id="NEAR is a word"),
        pytest.param("subject:matter", set(), id="a column is no column"),
        pytest.param("late -zurich", {1}, id="a minus means nothing"),
        pytest.param("50% it*", {3}, id="signs"),
        pytest.param("(as agreed)", {3}, id="brackets"),
        pytest.param("*", set(), id="a star alone"),
        pytest.param('"""', set(), id="quotes alone"),
        pytest.param("a\0b", set(), id="a null"),
        pytest.param("", set(), id="nothing"),
        pytest.param("   ", set(), id="blanks"),
        pytest.param("' OR 1=1 --", set(), id="an injection"),
        pytest.param("late; DROP TABLE messages", set(), id="another one"),
    ],
)
async def test_searching_for(archive: House, words: str, rows: set[int]) -> None:
    assert found(archive, words) == rows


async def test_ten_thousand_words_are_searched_for_without_harm(archive: House) -> None:
    assert found(archive, "invoice " * 10_000) == {1, 3}


async def test_what_was_found_is_marked(archive: House) -> None:
    (hit,) = archive.household.database.reading(lambda c: views.search(c, "harbour", marks=("<<", ">>")))

    assert "<<harbour>>" in hit.snippet


async def test_the_queue_is_broken_then_due_today_then_plan_then_asked_twice_then_oldest(tmp_path: Path) -> None:
    house = House(tmp_path)
    for n, name in enumerate(("old", "twice", "planned", "today", "broken"), start=1):
        await house.arrive(mail(n, sender=f"{name} <{name}@firm{n}.example>", subject=name, text=name))
        house.clock.advance(timedelta(minutes=1))
    await house.arrive(
        mail(9, sender="twice <twice@firm2.example>", subject="Re: twice", answers=letter_id(2, "firm2.example"))
    )
    tomorrow = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
    with house.household.database.write() as connection:
        connection.execute("UPDATE contacts SET plan = 'gold' WHERE name = 'planned'")
        for name, due_at, state in (
            ("old", tomorrow, "open"),
            ("twice", tomorrow, "open"),
            ("planned", tomorrow, "open"),
            ("today", MONDAY + timedelta(hours=6), "open"),
            ("broken", tomorrow, "broken"),
        ):
            connection.execute(
                "UPDATE promises SET due_at = ?, state = ? WHERE contact_id = (SELECT id FROM contacts WHERE name = ?)",
                (due_at.strftime("%Y-%m-%dT%H:%M:%SZ"), state, name),
            )

    with house.household.database.read() as connection:
        rows = views.queue(connection, now=house.clock.now(), zone=ZONE)
        piles = views.piles(connection, now=house.clock.now(), zone=ZONE)

    assert [row.contact for row in rows] == ["broken", "today", "planned", "twice", "old"]
    assert [pile.promise_ids[0] for pile in piles] == [row.promise_id for row in rows]
    house.close()


async def test_a_snoozed_row_comes_back_at_its_time(archive: House) -> None:
    until = archive.clock.now() + timedelta(hours=2)
    actions.snooze(archive.household, "1", until=until)

    def rows(now: datetime) -> list[int]:
        with archive.household.database.read() as connection:
            return sorted(row.message_id for row in views.queue(connection, now=now, zone=ZONE))

    assert rows(archive.clock.now()) == [2, 3]
    assert rows(until) == [1, 2, 3]


async def test_a_contact_is_found_by_signs_that_mean_something_to_sql(archive: House) -> None:
    with archive.household.database.read() as connection:
        assert views.contacts(connection, like="%") == []
        assert views.contacts(connection, like="_") == []
        assert [row.name for row in views.contacts(connection, like="FIRM2")] == ["Person2"]
        assert contacts.card_of_address(connection, "nobody@nowhere.example") == contacts.Card()


async def test_after_a_reset_a_folder_knows_its_mail_by_id(archive: House) -> None:
    size = archive.ask("SELECT size FROM messages WHERE id = 1")[0][0]
    seen = [(40, letter_id(1, "firm1.example"), size), (41, "<unheard@of.example>", 10), (42, "", 10)]

    with archive.household.database.read() as connection:
        assert folders.unknown(connection, "main", "INBOX", seen) == [41, 42]
        assert folders.unknown(connection, "main", "Archive", seen) == [40, 41, 42]


async def test_a_second_mail_under_a_known_id_is_not_the_first_one(archive: House) -> None:
    name = letter_id(1, "firm1.example")
    size = archive.ask("SELECT size FROM messages WHERE id = 1")[0][0]
    second = letter_id(2, "firm2.example"), archive.ask("SELECT size FROM messages WHERE id = 2")[0][0]

    with archive.household.database.read() as connection:
        told_apart = folders.unknown(
            connection, "main", "INBOX", [(40, name, size), (41, *second), (42, name, size + 9)]
        )
        once_more = folders.unknown(connection, "main", "INBOX", [(40, name, size), (41, *second), (42, name, size)])
        alone = folders.unknown(connection, "main", "INBOX", [(41, *second), (42, name, size + 9)])

    assert (told_apart, once_more, alone) == ([42], [40, 42], [42])


async def test_of_mails_with_the_same_id_and_size_none_is_linked_unread(archive: House) -> None:
    name, first, second = "<form@shop.example>", "Order 1 please.", "Order 2 please."
    await archive.arrive(*(mail(7, message_id=name, text=text) for text in (first, second)))
    rows = archive.ask(f"SELECT id, size FROM messages WHERE message_id = '{name}'")
    size = rows[0][1]

    with archive.household.database.read() as connection:
        one_left = folders.unknown(connection, "main", "INBOX", [(40, name, size)])
        both = folders.unknown(connection, "main", "INBOX", [(40, name, size), (41, name, size)])

    assert [size for _, size in rows] == [size, size]
    assert (one_left, both) == ([40], [40, 41])


async def test_copies_of_one_mail_are_linked_wherever_they_lie(archive: House) -> None:
    copy = archive.batch(mail(1, sender="Person1 <p1@firm1.example>", subject="Matter 1", text=TEXTS[1]))
    await archive.ingest.take(copy)
    name, size = letter_id(1, "firm1.example"), archive.ask("SELECT size FROM messages WHERE id = 1")[0][0]

    with archive.household.database.read() as connection:
        assert folders.unknown(connection, "main", "INBOX", [(40, name, size), (41, name, size)]) == []


async def test_where_sizes_are_estimates_the_id_tells_what_a_mail_is(archive: House) -> None:
    seen = [(40 + n, letter_id(n, f"firm{n}.example"), 7777) for n in (1, 2, 3)]

    with archive.household.database.write() as connection:
        unknown = folders.unknown(connection, "main", "INBOX", [*seen, (50, letter_id(1, "firm1.example"), 7777)])
        folders.relink(connection, 1, 9, seen)
        folders.forget_other_epochs(connection, 1, 9)

    assert unknown == [41, 50]
    assert archive.ask("SELECT uid, message_id FROM locations ORDER BY uid") == [(41, 1), (42, 2), (43, 3)]


async def test_an_id_whose_size_is_another_tells_nothing_where_no_other_id_says_the_same(archive: House) -> None:
    with archive.household.database.read() as connection:
        assert folders.unknown(connection, "main", "INBOX", [(41, letter_id(1, "firm1.example"), 7777)]) == [41]


async def test_an_id_that_two_mails_have_tells_nothing_by_itself_though_only_one_lies_in_the_folder(
    archive: House,
) -> None:
    name = "<form@shop.example>"
    await archive.arrive(mail(7, message_id=name, text="Order 1, please."))
    seen = [(41, letter_id(1, "firm1.example"), 7777), (60, name, 7777)]

    with archive.household.database.read() as connection:
        alone = folders.unknown(connection, "main", "INBOX", seen)
    await archive.ingest.take(archive.batch(mail(8, message_id=name, text="Order 2."), folder="Archive"))
    with archive.household.database.read() as connection:
        shared = folders.unknown(connection, "main", "INBOX", seen)

    assert (alone, shared) == ([], [60])


async def test_what_vanished_is_no_longer_in_its_place_but_stays_on_record(archive: House) -> None:
    with archive.household.database.write() as connection:
        found = folders.folder(connection, "main", "INBOX")
        assert found is not None
        folders.vanish(connection, found.id, found.position.uid_validity, [(1, 2)])

    with archive.household.database.read() as connection:
        assert folders.uids(connection, "main", "INBOX") == [3]
        assert views.count_messages(connection) == 3
