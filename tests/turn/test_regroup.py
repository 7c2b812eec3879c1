"""Splitting and merging by hand: what was promised moves along, later mail finds its way, nothing is forgotten."""

from __future__ import annotations

import json
import sqlite3
from datetime import timedelta

import pytest

from inboxcrm.errors import UserError
from inboxcrm.service import regroup
from inboxcrm.store import views
from tests.service.house import MONDAY, House, letter_id, mail, own

HISTORY = {"matter_changes", "matters"}
"""Tables that go on naming a matter that was merged."""


async def test_nothing_points_at_a_merged_matter_any_more(house: House) -> None:
    await two_matters(house)
    old = matter_of(house, 2)
    house.ask(
        "INSERT INTO follow_ups (matter_id, due_at, because, by_hand, since_at) VALUES (?, '2027', '', 0, '')", old
    )
    house.ask("CREATE TABLE later_notes (matter_id INTEGER REFERENCES matters, note TEXT)")
    house.ask("INSERT INTO later_notes VALUES (?, 'a table of the future')", old)

    regroup.merge(house.household, letter_id(2), letter_id(1))

    names = [str(row[0]) for row in house.ask("SELECT name FROM sqlite_master WHERE type = 'table'")]
    pointing = [
        (name, str(row[3]))
        for name in names
        for row in house.ask(f"PRAGMA foreign_key_list({name})")
        if row[2] == "matters" and name not in HISTORY
    ]
    assert ("later_notes", "matter_id") in pointing
    assert [each for each in pointing if house.ask(f"SELECT 1 FROM {each[0]} WHERE {each[1]} = ?", old)] == []


async def two_questions_in_one(house: House) -> None:
    """Bob asks, and asks something else in the same thread an hour later: a chaser, as far as a machine can see."""
    await house.know()
    await house.arrive(mail())
    await house.pass_time(hours=1)
    at = house.clock.now()
    await house.arrive(
        mail(2, subject="Re: Question about the offer", text="And the parking?\n", answers=letter_id(), at=at)
    )


def matter_of(house: House, number: int) -> int:
    ((found,),) = house.ask("SELECT matter_id FROM messages WHERE message_id = ?", letter_id(number))
    return int(found)


async def test_a_split_gives_a_chaser_a_promise_of_its_own(house: House) -> None:
    await two_questions_in_one(house)

    found = regroup.split(house.household, letter_id(2))

    assert found.moved == 1
    assert matter_of(house, 1) != matter_of(house, 2) == found.matter_id
    assert [(row.state, row.matter_id) for row in house.promises()] == [
        ("open", matter_of(house, 1)),
        ("open", found.matter_id),
    ]
    assert house.promises()[1].due_at == found.due_at
    assert len(house.outbox()) == 1, "nothing is said by itself"


async def test_a_chaser_that_stays_alone_is_owed_an_answer_of_its_own(house: House) -> None:
    await two_questions_in_one(house)

    found = regroup.split(house.household, letter_id(1), only=True)

    assert sorted((row.state, row.matter_id) for row in house.promises()) == sorted(
        [("open", found.matter_id), ("open", matter_of(house, 2))]
    )


async def test_who_only_seemed_to_ask_again_has_asked_once_less(house: House) -> None:
    await two_questions_in_one(house)
    await house.arrive(mail(3, subject="Re: Question about the offer", answers=letter_id(2), at=house.clock.now()))
    before = [row.asked for row in house.household.database.reading(views.all_owed)]

    regroup.split(house.household, letter_id(2))

    asked = {row.message_id: row.asked for row in house.household.database.reading(views.all_owed)}
    ids = {row.message_id: row.id for row in house.messages()}
    assert before == [3]
    assert asked == {ids[letter_id(1)]: 1, ids[letter_id(2)]: 2}


async def test_an_answer_to_what_was_split_off_keeps_its_promise_and_no_other(house: House) -> None:
    await two_questions_in_one(house)
    regroup.split(house.household, letter_id(2))

    await house.arrive(own(answers=letter_id(2), at=house.clock.now()), folder="Sent")

    assert [row.state for row in house.promises()] == ["open", "kept"]


async def test_a_split_takes_the_later_mails_along_unless_told_otherwise(house: House) -> None:
    await two_questions_in_one(house)
    await house.arrive(mail(3, subject="Re: Question about the offer", answers=letter_id(2), at=house.clock.now()))

    regroup.split(house.household, letter_id(2), only=True)

    assert matter_of(house, 3) == matter_of(house, 1) != matter_of(house, 2)


async def test_a_promise_goes_where_its_mail_goes(house: House) -> None:
    await house.know()
    await house.arrive(own(text="Welcome!\n", subject="Question about the offer"), folder="Sent", received_at=MONDAY)
    await house.arrive(mail(answers="<own.1@example.org>"), received_at=MONDAY + timedelta(minutes=1))
    await house.pass_time(minutes=1)
    old = matter_of(house, 1)

    found = regroup.split(house.household, letter_id())

    assert old != found.matter_id == house.promise().matter_id
    assert house.item().matter_id == found.matter_id
    assert house.ask("SELECT id, turn FROM matters WHERE id IN (?, ?) ORDER BY id", old, found.matter_id) == [
        (old, "theirs"),
        (found.matter_id, "mine"),
    ]


async def test_the_first_mail_of_a_matter_is_not_split_from_nothing(house: House) -> None:
    await house.arrive(mail())

    with pytest.raises(UserError, match="left empty"):
        regroup.split(house.household, letter_id())


async def two_matters(house: House) -> None:
    await house.know()
    await house.arrive(mail())
    await house.pass_time(hours=1)
    await house.arrive(mail(2, subject="Parking", at=house.clock.now()))


async def test_a_merge_keeps_the_promise_due_first_and_counts_the_other_as_asking_again(house: House) -> None:
    await two_matters(house)
    first = house.promises()[0]

    found = regroup.merge(house.household, letter_id(2), letter_id(1))

    assert found.matter_id == first.matter_id == matter_of(house, 2)
    assert [(row.state, row.asked) for row in house.promises()] == [("open", 2), ("moot", 1)]
    assert house.promises()[0].due_at == first.due_at
    assert [row.state for row in house.outbox()] == ["sent", "cancelled"], "the second time is not told any more"


async def test_later_mail_finds_the_merged_matter_by_thread_and_by_subject(house: House) -> None:
    await two_matters(house)
    regroup.merge(house.household, letter_id(2), letter_id(1))

    await house.arrive(mail(3, subject="Re: Parking", answers=letter_id(2)))
    await house.arrive(mail(4, subject="Parking"))

    assert matter_of(house, 3) == matter_of(house, 4) == matter_of(house, 1)


async def test_the_old_number_of_a_merged_matter_still_leads_to_it(house: House) -> None:
    await two_matters(house)
    old = matter_of(house, 2)
    regroup.merge(house.household, letter_id(2), letter_id(1))

    found = house.household.database.reading(lambda connection: views.matter(connection, old))

    assert found is not None
    assert (found.id, found.messages) == (matter_of(house, 1), 2)


async def test_the_history_is_kept_and_cannot_be_edited(house: House) -> None:
    await two_matters(house)
    old, new = matter_of(house, 2), matter_of(house, 1)
    regroup.merge(house.household, letter_id(2), letter_id(1))
    parted = regroup.split(house.household, letter_id(2))

    changes = house.ask("SELECT kind, from_matter, to_matter, messages FROM matter_changes ORDER BY id")

    moved = [row[0] for row in house.ask("SELECT id FROM messages WHERE message_id = ?", letter_id(2))]
    assert [(*row[:3], json.loads(row[3])) for row in changes] == [
        ("merge", old, new, moved),
        ("split", new, parted.matter_id, moved),
    ]
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        house.ask("UPDATE matter_changes SET kind = 'split'")


async def test_one_matter_is_not_merged_with_itself(house: House) -> None:
    await two_questions_in_one(house)

    with pytest.raises(UserError, match="one matter already"):
        regroup.merge(house.household, letter_id(2), letter_id(1))
