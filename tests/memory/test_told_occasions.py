"""Days of their own that people mention: what the patterns find is what their examples say."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from inboxcrm.domain.occasions import Kind
from inboxcrm.domain.told_occasions import Told, languages, told
from inboxcrm.errors import UserError
from inboxcrm.service import actions
from inboxcrm.service.memory import remember
from tests.memory.conftest import Run
from tests.service.house import MONDAY as NOW
from tests.service.house import House, mail, own

MONDAY = date(2026, 3, 2)


def written(each: Told) -> str:
    """As the examples of the data file say it."""
    day = f"{each.month:02}-{each.day or 0:02}"
    return day if each.year is None else f"{each.year}-{day}"


@pytest.mark.parametrize("language", languages())
def test_every_phrase_finds_its_examples_and_leaves_its_counterexamples(language: str) -> None:
    wrong: list[tuple[str, str, list[tuple[Kind, str]]]] = []
    for phrase in languages()[language].phrases:
        for example in phrase.examples:
            sentence, _, expected = example.partition(" -> ")
            found = [(each.kind, written(each)) for each in told(sentence, (language,), said_on=MONDAY)]
            if found != [(phrase.kind, expected)]:
                wrong.append((sentence, expected, found))
        for text in phrase.counterexamples:
            heard = [(each.kind, written(each)) for each in told(text, (language,), said_on=MONDAY)]
            wrong += [(text, "", heard)] if heard else []

    assert wrong == []


def test_every_language_knows_every_kind_that_people_tell() -> None:
    kinds = {language: {phrase.kind for phrase in spoken.phrases} for language, spoken in languages().items()}

    assert set(kinds) == {"en", "de", "fr", "es", "it", "pt", "nl", "ja"}
    assert set(map(frozenset, kinds.values())) == {frozenset({Kind.BIRTHDAY, Kind.WEDDING, Kind.ANNIVERSARY})}


@pytest.mark.parametrize(
    ("words", "american", "expected"),
    [
        ("My birthday is 3/9.", False, "09-03"),
        ("My birthday is 3/9.", True, "03-09"),
        ("My birthday is on 31/4.", False, None),
        ("Is my birthday on 3 May?", False, None),
        ("My birthday is soon.", False, None),
        ("My birthday is 29 February 1988.", False, "1988-02-29"),
        ("My birthday is on 31 December.", False, "12-31"),
    ],
    ids=["day first", "month first", "no such day", "a question", "no day", "leap day", "the last day"],
)
def test_a_day_is_read_as_its_writer_wrote_it(words: str, american: bool, expected: str | None) -> None:
    found = told(words, ("en",), said_on=MONDAY, american=american)

    assert [written(each) for each in found] == ([] if expected is None else [expected])


def test_a_return_ahead_is_meant_across_new_year_too() -> None:
    (found,) = told("We celebrate ten years on 3 January.", ("en",), said_on=date(2026, 12, 20))

    assert written(found) == "2017-01-03"


def test_one_day_of_a_kind_is_told_and_no_language_but_ours() -> None:
    text = "My birthday is on 3 May. My birthday is on 4 May."

    assert [written(each) for each in told(text, ("en",), said_on=MONDAY)] == ["05-03"]
    assert told(text, ("sv",), said_on=MONDAY) == []


async def came(house: House, text: str, *, number: int = 1) -> None:
    """Bob, who is known, writes this, and it is read for what it says."""
    await house.arrive(mail(number, text=text, subject=f"Letter {number}", at=house.clock.now()))
    await remember(house.household)


async def test_a_day_that_is_mentioned_is_suggested_with_the_sentence_and_kept_by_one_command(
    house: House, run: Run
) -> None:
    await house.know()
    await came(house, "Dear Ann,\n\nthe plan is fine. By the way, my birthday is on 3 September.\n\nBob\n")

    (row,) = [json.loads(line) for line in run("occasions", "suggested", "--json").output.splitlines()]
    assert (row["kind"], row["month"], row["day"], row["year"]) == ("birthday", 9, 3, None)
    assert row["quote"] == "By the way, my birthday is on 3 September."
    assert run("occasions", "--json").output == ""
    assert "1 more told in letters" in run("occasions").output
    assert run("occasions", "confirm", "1").output == "Kept as 1: birthday of Bob Client, 09-03.\n"
    (kept,) = [json.loads(line) for line in run("occasions", "--json").output.splitlines()]
    assert (kept["kind"], kept["on"]) == ("birthday", "2026-09-03")
    assert [item.kind for item in house.outbox()] == ["auto"]


async def test_what_was_dismissed_or_kept_is_not_suggested_again(house: House, run: Run) -> None:
    await house.know()
    await came(house, "My birthday is on 3 September.\n")
    assert run("occasions", "dismiss", "1").output == "Dismissed: birthday of Bob Client.\n"
    await came(house, "As I said, my birthday is on 3 September.\n", number=2)
    run("occasions", "add", "bob@client.example", "wedding", "06-05")
    await came(house, "We are getting married on 5 June.\n", number=3)

    assert run("occasions", "suggested").output == "Nobody mentioned a day.\n"
    with pytest.raises(UserError, match="no suggestion 1"):
        raise run("occasions", "dismiss", "1").exception or AssertionError


async def test_a_month_alone_asks_for_the_day(house: House, run: Run) -> None:
    await house.know()
    await came(house, "In passing: we celebrate 10 years in May.\n")

    assert "2016-05-??" in run("occasions", "suggested").output
    assert "only the month was told" in str(run("occasions", "confirm", "1").exception)
    assert "is no day" in str(run("occasions", "confirm", "1", "--on", "05-32").exception)
    assert run("occasions", "confirm", "1", "--on", "2016-05-04").output.endswith("Bob Client, 05-04.\n")


async def test_tomorrow_is_the_writers_tomorrow(house: House, run: Run) -> None:
    await house.know()
    actions.set_contact(house.household, "Bob Client", {"timezone": "Pacific/Auckland"})
    house.clock.advance(timedelta(hours=4))
    await came(house, "Tomorrow is my birthday.\n")

    assert NOW.date() == date(2026, 3, 2)
    (row,) = [json.loads(line) for line in run("occasions", "suggested", "--json").output.splitlines()]
    assert (row["month"], row["day"]) == (3, 4)


async def test_neither_the_owners_birthday_nor_a_quoted_one_is_suggested(house: House, run: Run) -> None:
    await house.know()
    raw = own(30, text="My birthday is on 3 May.\n\nAnn\n", at=house.clock.now())
    await house.arrive(raw, folder="Sent")
    await came(house, "All fine.\n\nOn 2 March Ann Example wrote:\n> My birthday is on 3 May.\n")

    assert run("occasions", "suggested").output == "Nobody mentioned a day.\n"


async def test_what_they_will_do_on_their_birthday_is_no_commitment(house: House, run: Run) -> None:
    await house.know()
    await came(house, "My birthday is on 3 May, we will call everybody that day.\n")

    assert "will call" not in run("commitments").output
