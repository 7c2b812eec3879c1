"""One person of two contacts, and two again: by hand, undone at any time, with everything in its place."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from inboxcrm.domain.occasions import Kind, Occasion
from inboxcrm.errors import UserError
from inboxcrm.service import actions, erasing, keeping, meant, merging
from inboxcrm.service.memory import remember
from inboxcrm.store import contacts, views
from tests.memory.conftest import Run
from tests.service.house import House, letter_id, mail, own

BOB = "Bob Client <bob@client.example>"
HOME = "bob.home@mail.example"
BOB_AT_HOME = f"Bob <{HOME}>"


async def two_bobs(house: House) -> tuple[int, int]:
    """Bob writes from his office and from home; one mail each."""
    await house.arrive(mail(1, sender=BOB))
    await house.arrive(mail(2, sender=BOB_AT_HOME, subject="Parking"))
    return contact_of(house, "bob@client.example"), contact_of(house, HOME)


def contact_of(house: House, key: str) -> int:
    ((found,),) = house.ask("SELECT contact_id FROM addresses WHERE key = ?", key)
    return int(found)


def whose(house: House, table: str, number: int) -> int:
    ((found,),) = house.ask(f"SELECT contact_id FROM {table} WHERE id = ?", number)
    return int(found)


def everything(house: House) -> list[object]:
    """All rows of all tables that people stand in, but the history of merging."""
    tables = [row[0] for row in house.ask("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    left_out = ("contact_merges", "events", "sqlite_sequence")
    return [
        (each, house.ask(f'SELECT * FROM "{each}"')) for each in tables if not each.startswith((*left_out, "search"))
    ]


async def test_later_mail_of_both_reaches_the_one_contact(house: House) -> None:
    kept, merged = await two_bobs(house)

    merging.merge(house.household, kept, merged)
    await house.arrive(mail(3, sender=BOB_AT_HOME, subject="Later"))

    assert house.ask("SELECT DISTINCT contact_id FROM messages") == [(kept,)]
    assert house.ask("SELECT DISTINCT contact_id FROM promises") == [(kept,)]
    assert [row.id for row in house.household.database.reading(views.contacts)] == [kept]


async def test_a_merged_contact_is_found_under_its_old_number(house: House) -> None:
    kept, merged = await two_bobs(house)

    merging.merge(house.household, kept, merged)

    with house.household.database.read() as connection:
        assert meant.contact_of(connection, str(merged)).id == kept


async def test_merging_and_parting_at_once_leaves_everything_as_it_was(house: House) -> None:
    kept, merged = await two_bobs(house)
    actions.set_contact(house.household, str(merged), {"language": "de", "policy": "never"})
    for contact_id in (kept, merged):
        keeping.prefer(house.household, contact_id, "phone", f"note of {contact_id}")
        keeping.note_of(house.household, contact_id, "plays the bassoon")
    before = everything(house)

    merging.merge(house.household, kept, merged)
    assert everything(house) != before
    merging.unmerge(house.household, merged)

    assert everything(house) == before


async def test_what_came_for_an_address_goes_back_with_it(house: House) -> None:
    kept, merged = await two_bobs(house)
    merging.merge(house.household, kept, merged)
    house.clock.advance(timedelta(days=30))
    await house.arrive(mail(3, sender=BOB_AT_HOME, subject="Later"), mail(4, sender=BOB, subject="Also later"))
    await house.arrive(own(5, to=BOB_AT_HOME, subject="Our word"), folder="Sent")
    fact = keeping.note(house.household, letter_id(3, "mail.example"), text="moved to Bern")
    heard = keeping.note_of(house.household, kept, "likes tea")

    merging.unmerge(house.household, merged)

    assert [whose(house, "messages", row) for row in (3, 4, 5)] == [merged, kept, merged]
    assert [whose(house, "facts", row.id) for row in (fact, heard)] == [merged, kept]
    assert house.ask("SELECT COUNT(*) FROM promises JOIN messages ON messages.id = promises.message_id "
                     "WHERE promises.contact_id <> messages.contact_id") == [(0,)]  # fmt: skip


async def test_the_one_that_stays_takes_what_it_has_not_and_keeps_what_it_has(house: House, run: Run) -> None:
    kept, merged = await two_bobs(house)
    actions.set_contact(house.household, str(kept), {"language": "en"})
    actions.set_contact(house.household, str(merged), {"language": "de", "timezone": "Europe/Rome", "policy": "never"})

    said = run("contacts", "merge", f"c{kept}", f"c{merged}", "--dry-run").output

    assert "language: stays en, not de" in said
    assert "timezone: – → Europe/Rome" in said
    assert "policy: – → never" in said
    with house.household.database.read() as connection:
        assert contacts.card(connection, kept).timezone == "", "a dry run changes nothing"


async def test_merging_makes_the_machine_no_louder(house: House) -> None:
    kept, merged = await two_bobs(house)
    actions.set_contact(house.household, str(kept), {"policy": "never"})
    actions.set_contact(house.household, str(merged), {"policy": "always"})

    merging.merge(house.household, kept, merged)

    with house.household.database.read() as connection:
        assert contacts.card(connection, kept).policy == "never"


async def test_what_was_set_after_the_merge_stays_set(house: House) -> None:
    kept, merged = await two_bobs(house)
    actions.set_contact(house.household, str(merged), {"language": "de", "timezone": "Europe/Rome"})
    merging.merge(house.household, kept, merged)
    actions.set_contact(house.household, str(kept), {"language": "fr"})

    merging.unmerge(house.household, merged)

    with house.household.database.read() as connection:
        assert contacts.card(connection, kept).language == "fr"
        assert contacts.card(connection, kept).timezone == ""
        assert contacts.card(connection, merged).language == "de"


async def test_a_contact_is_not_merged_with_itself(house: House) -> None:
    kept, merged = await two_bobs(house)
    merging.merge(house.household, kept, merged)

    with pytest.raises(UserError, match="one contact already"):
        merging.merge(house.household, kept, merged)


async def test_who_was_never_merged_cannot_be_parted(house: House) -> None:
    kept, _ = await two_bobs(house)

    with pytest.raises(UserError, match="was not merged"):
        merging.unmerge(house.household, kept)


async def test_one_contact_that_is_two_people_becomes_two(house: House, run: Run) -> None:
    kept, merged = await two_bobs(house)
    merging.merge(house.household, kept, merged)
    await house.arrive(mail(3, sender=BOB_AT_HOME, subject="Later"))

    said = run("contacts", "split", f"c{kept}", "--address", HOME, "--name", "Robert Client", "--json")

    new = json.loads(said.output)["new"]
    assert new["name"] == "Robert Client"
    assert house.ask("SELECT id FROM messages WHERE contact_id = ? ORDER BY id", new["id"]) == [(2,), (3,)]
    merging.unmerge(house.household, merged)
    assert contact_of(house, HOME) == new["id"], "the later word of the owner stands"


async def test_a_contact_is_not_left_without_an_address(house: House) -> None:
    kept, _ = await two_bobs(house)

    with pytest.raises(UserError, match="without an address"):
        merging.split(house.household, kept, ["bob@client.example"])


async def test_merges_are_listed_and_undone_by_command(house: House, run: Run) -> None:
    kept, merged = await two_bobs(house)
    assert run("contacts", "merge", "bob@client.example", HOME).exit_code == 0

    assert f"c{merged}" in run("contacts", "merges").output
    assert run("contacts", "unmerge", f"c{kept}").exit_code == 0
    assert run("contacts", "merges").output == "Nobody was put together.\n"
    assert {row[0] for row in house.ask("SELECT kind FROM events")} >= {"contacts-merged", "contacts-unmerged"}


async def test_words_after_contacts_narrow_the_list(house: House, run: Run) -> None:
    await two_bobs(house)

    rows = [json.loads(line) for line in run("contacts", "mail.example", "--json").output.splitlines()]

    assert [row["addresses"] for row in rows] == [HOME]


async def three_bobs(house: House) -> tuple[int, int, int]:
    """The third from yet another address. The first is in the second, and both are in the third, at the end."""
    first, second = await two_bobs(house)
    await house.arrive(mail(3, sender="Bob <bob@third.example>", subject="From the third"))
    return first, second, contact_of(house, "bob@third.example")


async def test_a_wish_that_came_along_twice_goes_back_to_its_person_only(house: House) -> None:
    first, second, third = await three_bobs(house)
    keeping.prefer(house.household, first, "phone", "not before ten")
    keeping.prefer(house.household, third, "letter", "")
    merging.merge(house.household, second, first)
    merging.merge(house.household, third, second)

    merging.unmerge(house.household, first)
    merging.unmerge(house.household, second)

    assert house.ask("SELECT contact_id, note FROM preferences ORDER BY 1") == [(first, "not before ten"), (third, "")]


async def test_a_birthday_of_two_is_kept_once_and_each_has_it_again_when_parted(house: House) -> None:
    first, second, third = await three_bobs(house)
    birthday = Occasion(Kind.BIRTHDAY, 3, 7)
    mine = keeping.enter_occasion(house.household, first, birthday)
    keeping.enter_occasion(house.household, third, birthday)
    keeping.greeted(house.household, mine.id, how="card")
    merging.merge(house.household, second, first)
    merging.merge(house.household, third, second)
    with house.household.database.read() as connection:
        (row,) = keeping.coming(house.household, connection)
        assert (row.row.contact_id, row.greeted) == (third, True), "nobody is greeted twice"

    merging.unmerge(house.household, first)

    assert house.ask("SELECT contact_id FROM occasions WHERE dropped_at IS NULL ORDER BY 1") == [(first,), (third,)]


async def test_what_was_noted_for_a_merged_contact_too_late_is_handed_on(house: House) -> None:
    kept, merged = await two_bobs(house)
    merging.merge(house.household, kept, merged)
    keeping.note_of(house.household, merged, "read before the merge, written after it")

    await remember(house.household)

    assert house.ask("SELECT contact_id FROM facts") == [(kept,)]


async def test_a_letter_to_both_stays_with_the_one_that_stood(house: House) -> None:
    kept, merged = await two_bobs(house)
    merging.merge(house.household, kept, merged)
    await house.arrive(own(5, to=f"{BOB}, {BOB_AT_HOME}", subject="To both"), folder="Sent")

    merging.unmerge(house.household, merged)

    assert whose(house, "messages", 3) == kept


async def test_erasing_a_contact_leaves_nobody_of_those_who_were_merged_into_it(house: House) -> None:
    first, second, third = await three_bobs(house)
    merging.merge(house.household, second, first)
    merging.merge(house.household, third, second)
    keeping.note_of(house.household, third, "plays the bassoon")
    for number, domain in ((1, "client.example"), (2, "mail.example"), (3, "third.example")):
        actions.not_needed(house.household, letter_id(number, domain))
    with house.household.database.read() as connection:
        contact = meant.contact_of(connection, str(first))

    erasing.erase(house.household, contact)

    for table in ("contacts", "contact_merges", "addresses", "facts"):
        assert house.ask(f"SELECT * FROM {table}") == []
    assert house.ask("PRAGMA foreign_key_check") == []


async def test_a_merge_of_somebody_else_outlives_an_erasure(house: House) -> None:
    first, second, third = await three_bobs(house)
    merging.merge(house.household, second, first)
    actions.not_needed(house.household, letter_id(3, "third.example"))
    with house.household.database.read() as connection:
        contact = meant.contact_of(connection, str(third))

    erasing.erase(house.household, contact)
    merging.unmerge(house.household, first)

    assert contact_of(house, "bob@client.example") == first


async def test_what_a_form_wrote_for_somebody_goes_back_with_them(house: House) -> None:
    kept, _ = await two_bobs(house)
    form = Path(__file__).parent.parent / "mail" / "review" / "form-lead-wix.eml"
    await house.arrive(form.read_bytes())
    ((carla, key),) = house.ask("SELECT contact_id, key FROM addresses WHERE name = 'Carla Nova'")
    merging.merge(house.household, kept, carla)
    again = form.read_bytes().replace(b"Message-ID: <", b"Message-ID: <again-").replace(b"\nDate: Mon", b"\nDate: Tue")
    await house.arrive(again)
    assert house.ask("SELECT sender_key = ?, contact_id FROM messages WHERE id = 4", key) == [(0, kept)]

    merging.unmerge(house.household, carla)

    assert [whose(house, "messages", row) for row in (1, 3, 4)] == [kept, carla, carla]


async def test_a_wish_that_has_gone_back_is_not_given_to_others_on_its_way(house: House) -> None:
    first, second, third = await three_bobs(house)
    await house.arrive(mail(4, sender="Bob <bob@fourth.example>", subject="From the fourth"))
    fourth = contact_of(house, "bob@fourth.example")
    keeping.prefer(house.household, first, "phone", "not before ten")
    keeping.prefer(house.household, fourth, "letter", "")
    for merged, kept in ((first, second), (second, third), (third, fourth)):
        merging.merge(house.household, kept, merged)

    merging.unmerge(house.household, first)
    merging.unmerge(house.household, second)

    assert house.ask("SELECT contact_id FROM preferences ORDER BY 1") == [(first,), (fourth,)]
