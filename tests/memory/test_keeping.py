"""Facts, occasions, what happens outside mail, and the brief that puts them together."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from inboxcrm.domain.commitments import Kind, Side
from inboxcrm.service import commitments as keeping_commitments
from tests.memory.conftest import Run
from tests.service.house import MONDAY, House, letter_id, mail, own

LETTER = "Dear Ann,\n\nmy daughter starts school in August,\nso I am off until noon.\n\nBob\n"
BOB = "bob@client.example"


async def test_a_fact_keeps_its_lines_their_date_and_the_message(house: House, run: Run) -> None:
    await house.arrive(mail(text=LETTER))

    assert "   3  my daughter starts school in August," in run("fact", "1").output
    kept = json.loads(run("fact", "1", "--lines", "3-4", "--text", "daughter starts school", "--json").output)

    assert kept["text"] == "daughter starts school"
    assert kept["quote"] == "my daughter starts school in August,\nso I am off until noon."
    assert (kept["message_id"], kept["contact"], kept["said_at"]) == (1, "Bob Client", "2026-03-02T09:00:00Z")


async def test_a_fact_without_words_of_ones_own_is_the_line(house: House, run: Run) -> None:
    await house.arrive(mail(text=LETTER))

    assert run("fact", "1", "--lines", "3").output == "Kept as 1, of Bob Client: my daughter starts school in August,\n"


async def test_a_fact_is_asked_after_a_year_kept_or_dropped(house: House, run: Run) -> None:
    await house.arrive(mail(text=LETTER))
    run("fact", "--of", BOB, "--text", "prefers tea")
    assert run("facts", "--stale").output == "Nothing is noted.\n"

    house.clock.advance(timedelta(days=366))

    assert "still true?" in run("facts", "--of", BOB).output
    assert "prefers tea, Mon 2026-03-02 (still true?)" in run("brief", BOB).output
    assert run("facts", "keep", "1").output == "Still true: prefers tea\n"
    assert run("facts", "--stale").output == "Nothing is noted.\n"
    assert run("facts", "drop", "1").output == "Dropped: prefers tea\n"
    assert run("facts").output == "Nothing is noted.\n"


async def test_an_occasion_is_told_on_the_last_open_day_and_greeted_once(house: House, run: Run) -> None:
    await house.arrive(mail())
    assert run("occasions", "add", BOB, "birthday", "1980-03-07").output == "Kept as 1.\n"
    assert "Occasions" not in run("queue").output

    house.clock.advance(timedelta(days=4))

    assert "birthday of Bob Client" in run("queue").output
    assert "birthday (46): Saturday 7 March" in run("brief", BOB).output
    draft = run("occasions", "greet", "1").output
    assert draft.startswith("Subject: Happy birthday\n\nHello Bob Client,\n")
    assert "greet" not in {item.template for item in house.outbox()}
    assert run("occasions", "greeted", "1", "--how", "phone").output == "Greeted: Bob Client.\n"
    assert "Occasions" not in run("queue").output
    assert "once is enough" in str(run("occasions", "greeted", "1").exception)
    assert "once is enough" in str(run("occasions", "greet", "1").exception)

    house.clock.advance(timedelta(days=365))

    assert "birthday of Bob Client" in run("queue").output
    assert run("occasions", "drop", "1").output == "Dropped.\n"
    assert run("occasions").output == "No day returns.\n"


async def test_the_year_of_a_day_that_is_kept_can_be_added_once(house: House, run: Run) -> None:
    await house.know()
    run("occasions", "add", "bob@client.example", "birthday", "05-04")

    added = run("occasions", "add", "bob@client.example", "birthday", "1980-05-04")
    again = run("occasions", "add", "bob@client.example", "birthday", "1981-05-04")
    unborn = run("occasions", "add", "bob@client.example", "birthday", "2031-01-09")

    assert added.exit_code == 0
    assert [str(each.exception) for each in (again, unborn)] == [
        "this occasion is kept already. See: inboxcrm occasions",
        "nobody was born on 2031-01-09 yet",
    ]
    assert house.ask("SELECT kind, month, day, year FROM occasions") == [("birthday", 5, 4, 1980)]


async def test_a_greeting_speaks_the_language_of_the_contact(house: House, run: Run) -> None:
    await house.arrive(mail())
    run("occasions", "add", BOB, "first-job", "03-20")
    with house.household.database.write() as connection:
        connection.execute("UPDATE contacts SET language = 'de'")

    assert "Ein Jahr mehr" in run("occasions", "greet", "1").output


async def test_an_absence_moves_the_reminder_before_it(house: House, run: Run) -> None:
    await house.arrive(mail())
    run("occasions", "add", BOB, "birthday", "03-13")
    with house.household.database.write() as connection:
        connection.execute(
            "INSERT INTO away (start_at, end_at, kind, created_at) VALUES (?, ?, 'holiday', ?)",
            ("2026-03-09T00:00:00Z", "2026-03-16T00:00:00Z", "2026-03-02T09:00:00Z"),
        )

    (told,) = [json.loads(line) for line in run("occasions", "--json").output.splitlines()]

    assert (told["on"], told["remind_on"]) == ("2026-03-13", "2026-03-06")


async def test_a_call_is_the_last_touch_and_a_preference_is_told(house: House, run: Run) -> None:
    await house.arrive(mail())

    told = run("log", BOB, "phone").output
    assert told.startswith("Kept: phone, Bob Client.\nStill owed: ")
    assert "promise is kept" in run(*told.split("inboxcrm ")[1].split()).output
    assert run("log", BOB, "phone", "--note", "likes the plan").output == "Kept: phone, Bob Client.\n"
    assert run("prefer", BOB, "phone", "--note", "not before ten").output == "Bob Client: by phone.\n"

    said = run("brief", BOB).output
    assert "last touch  Mon 2026-03-02 (phone)" in said
    assert "phone Mon 2026-03-02: likes the plan" in said
    assert "reach by    phone, not before ten" in said
    assert "likes the plan" in run("interactions", "--of", BOB).output


async def test_the_brief_has_both_sides_and_the_answer_that_is_owed(house: House, run: Run) -> None:
    await house.know()
    await house.arrive(mail())
    household = house.household
    keeping_commitments.enter(household, 1, "send the keys", side=Side.MINE, kind=Kind.DEED, until=None)
    late = keeping_commitments.enter(household, 1, "pay the rest", side=Side.THEIRS, kind=Kind.PAYMENT, until=None)
    keeping_commitments.move(household, late.id, (MONDAY - timedelta(days=1)).date())

    told = json.loads(run("brief", "2", "--json").output)["lines"]
    lines = [(line["name"], line["text"], line["urgent"]) for line in told]

    assert ("they owe", "pay the rest, by 2026-03-01 (overdue)", True) in lines
    assert ("you owe", "send the keys", False) in lines
    assert any(text.startswith("an answer to Question about the offer, due") for _, text, _ in lines)
    assert lines[0] == ("who", "Bob Client, Client; known since Thu 2025-08-14", False)


async def test_a_matter_that_goes_back_and_forth_proposes_a_call(house: House, run: Run) -> None:
    await house.arrive(mail(1))
    for number in range(2, 5):
        house.clock.advance(timedelta(hours=1))
        at = house.clock.now()
        await house.arrive(own(number, answers=letter_id(number - 1), at=at), folder="Sent")
        assert "phone?" not in run("brief", BOB).output
        await house.arrive(mail(number, answers=f"<own.{number}@example.org>", at=at))
    await house.arrive(own(5, answers=letter_id(4), at=house.clock.now()), folder="Sent")

    assert "this has gone back and forth 4 times" in run("brief", BOB).output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fact"], "give a message"),
        (["fact", "1", "--lines", "x"], "is no span"),
        (["fact", "1", "--lines", "7-9"], "the letter has lines 1 to 6"),
        (["fact", "--of", BOB], "needs words"),
        (["facts", "keep", "7"], "no fact 7"),
        (["occasions", "add", BOB, "birthday", "02-30"], "is no day"),
        (["occasions", "add", BOB, "birthday", "soon"], "is no day"),
        (["occasions", "greet", "7"], "no occasion 7"),
        (["log", BOB, "phone", "--at", "2030-01-01"], "lies in the future"),
        (["brief", "nobody at all"], "no contact answers"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else None,
)
async def test_a_command_says_what_is_wrong(house: House, run: Run, arguments: list[str], said: str) -> None:
    await house.arrive(mail(text=LETTER))

    assert said in str(run(*arguments).exception)
