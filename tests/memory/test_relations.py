"""Who has gone quiet, and what was given and taken: measured and proposed beside the mail, shown with evidence."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from inboxcrm.service import quiet
from inboxcrm.service.memory import remember
from inboxcrm.store import rhythms
from inboxcrm.store.rhythms import RhythmRow
from inboxcrm.store.times import to_text
from tests.memory.conftest import Run
from tests.memory.letters import own_with_file
from tests.service.house import MONDAY, House, mail, own

BOB = "bob@client.example"
FORTNIGHT = timedelta(days=14)


async def history(house: House, *, letters: int = 6, last_at: datetime = MONDAY - timedelta(days=70)) -> None:
    """A client who wrote every fortnight until then, from mail that was there before."""
    await house.know()
    for number in range(letters):
        at = last_at - (letters - 1 - number) * FORTNIGHT
        raw = mail(100 + number, at=at, subject=f"Matter {number}")
        await house.arrive(raw, live=False, received_at=at)


async def measured(house: House) -> RhythmRow:
    await quiet.measure(house.household)
    with house.household.database.read() as connection:
        row = rhythms.of_contact(connection, 1)
    assert row is not None
    return row


async def test_a_client_who_wrote_every_fortnight_and_stopped_is_told_with_the_evidence(house: House, run: Run) -> None:
    await history(house)

    await remember(house.household)

    assert "Bob Client: writes about every 14 days; silent 70" in run("queue").output
    (told,) = [json.loads(line) for line in run("quiet", "--json").output.splitlines()]
    assert (told["silence"], told["touches"], told["typical_days"]) == ("gone", 6, 14.0)
    assert "writes about every 14 days; silent 70. Gone? Call them." in run("brief", BOB).output
    assert house.outbox() == []


async def test_one_who_wrote_lately_is_not_told(house: House, run: Run) -> None:
    await history(house, last_at=MONDAY - timedelta(days=16))

    await remember(house.household)

    assert run("quiet").output == "Nobody has gone quiet.\n"


async def test_a_silence_that_may_still_be_chance_is_not_told_and_says_until_when(house: House, run: Run) -> None:
    await history(house, last_at=MONDAY - timedelta(days=20))

    row = await measured(house)

    assert (row.silence, row.spared, row.remarkable) == ("quiet", "may be chance until day 22", False)
    assert run("quiet").output == "Nobody has gone quiet.\n"
    assert "may be chance until day 22" in run("quiet", "--all").output


async def test_somebody_to_whom_an_answer_is_owed_is_never_told(house: House, run: Run) -> None:
    last_at = MONDAY - timedelta(days=70)
    await history(house, last_at=last_at - FORTNIGHT)
    await house.arrive(mail(200, at=last_at, subject="A last question"))
    with house.household.database.write() as connection:
        connection.execute(
            "UPDATE messages SET received_at = ? WHERE subject = 'A last question'", (f"{last_at:%FT%TZ}",)
        )

    row = await measured(house)

    assert (row.silence, row.spared, row.remarkable) == ("gone", "you owe them an answer", False)
    assert run("quiet").output == "Nobody has gone quiet.\n"
    assert "you owe them an answer" in run("quiet", "--all").output


async def test_somebody_who_told_of_leave_is_spared_until_they_are_back(house: House) -> None:
    await history(house)
    with house.household.database.write() as connection:
        connection.execute("UPDATE contacts SET away_until = '2026-03-09T08:00:00Z'")

    assert (await measured(house)).spared == "they are away"

    house.clock.advance(timedelta(days=10))
    row = await measured(house)

    assert (row.spared, row.silence, round(row.silent_days)) == (None, "usual", 3)


async def test_a_promise_broken_before_the_silence_is_told_first(house: House) -> None:
    await history(house)
    at = MONDAY - timedelta(days=70)
    with house.household.database.write() as connection:
        connection.execute(
            """
            INSERT INTO promises (id, matter_id, message_id, contact_id, state, received_at, due_at, counted_from,
                                  target_minutes, walk, ended_at, ended_how)
            SELECT 1, matter_id, id, 1, 'broken', :at, :at, :at, 480, '[]', NULL, NULL FROM messages WHERE id = 2
            """,
            {"at": f"{at:%FT%TZ}"},
        )
        connection.execute(
            "INSERT INTO promise_events (promise_id, at, event, from_state, to_state)"
            " VALUES (1, ?, 'due-passed', 'open', 'broken')",
            (f"{at:%FT%TZ}",),
        )
        connection.execute(
            "UPDATE promises SET state = 'kept_late', ended_at = ?, ended_how = 'mail'", (f"{at:%FT%TZ}",)
        )

    row = await measured(house)

    said = quiet.evidence(row, lambda when: f"{when:%Y-%m-%d}")
    assert said == "a promise to them was broken on 2025-12-22; writes about every 14 days; silent 70"


async def test_a_silence_that_was_seen_is_told_again_only_after_new_word(house: House, run: Run) -> None:
    await history(house)
    await measured(house)

    assert run("quiet", "seen", BOB).output == "Seen: Bob Client.\n"

    assert run("quiet").output == "Nobody has gone quiet.\n"
    assert "seen" in run("quiet", "--all").output
    house.clock.advance(timedelta(days=1))
    await house.arrive(mail(300, at=house.clock.now(), subject="Back again"))
    assert run("done", str(house.messages()[-1].id), "--phoned").exit_code == 0
    house.clock.advance(timedelta(days=120))
    assert (await measured(house)).remarkable


async def test_a_call_breaks_the_silence(house: House, run: Run) -> None:
    await history(house)
    run("log", BOB, "phone", "--at", "2026-02-25")

    assert (await measured(house)).silence == "usual"


async def test_the_owners_own_closure_is_no_silence(house: House) -> None:
    await history(house)
    with house.household.database.write() as connection:
        connection.execute(
            "INSERT INTO away (start_at, end_at, kind, created_at) VALUES (?, ?, 'holiday', ?)",
            ("2025-12-23T00:00:00Z", "2026-02-20T00:00:00Z", "2025-12-20T00:00:00Z"),
        )

    row = await measured(house)

    assert (row.silence, row.silent_days < 15) == ("usual", True)


async def test_contacts_are_measured_once_a_day(house: House) -> None:
    await history(house)

    assert await quiet.measure_daily(house.household) == 1
    assert await quiet.measure_daily(house.household) == 0
    house.clock.advance(timedelta(days=1))
    assert await quiet.measure_daily(house.household) == 1


async def test_nobody_is_quiet_while_a_new_mailbox_is_half_read(house: House) -> None:
    await history(house)
    with house.household.database.write() as connection:
        connection.execute("UPDATE folders SET backfill_below = 1000 WHERE name = 'INBOX'")
        connection.execute("UPDATE mailboxes SET enrolled_at = ?", (to_text(house.clock.now()),))

    assert await quiet.measure_daily(house.household) == 0
    house.clock.advance(quiet.FIRST_READING)
    assert await quiet.measure_daily(house.household) == 1


# -- give and take


async def wrote(house: House, number: int, text: str, *, subject: str = "Hello") -> None:
    raw = own(number, text=text, subject=subject, at=house.clock.now())
    await house.arrive(raw, folder="Sent")
    await remember(house.household)


def account(run: Run) -> list[tuple[str, str]]:
    rows = [json.loads(line) for line in run("touches", "--json").output.splitlines()]
    return [(row["kind"], row["because"]) for row in reversed(rows)]


async def test_letters_are_classed_by_their_words_and_by_what_they_answer(house: House, run: Run) -> None:
    await house.arrive(mail())
    await wrote(house, 1, "Congratulations on the new office!\n")
    await wrote(house, 2, "See you at nine.\n")
    await wrote(house, 3, "Here is our offer for the next phase.\n")

    assert account(run) == [
        ("give", "its words give something"),
        ("neutral", "neither asked nor given"),
        ("take", "its words ask for something"),
    ]


async def test_an_answer_gives_and_an_early_one_says_so(house: House, run: Run) -> None:
    await house.arrive(mail())
    raw = own(1, text="Until the end of April.\n", answers="<letter.1@client.example>", at=house.clock.now())
    await house.arrive(raw, folder="Sent")
    await remember(house.household)

    assert account(run) == [("give", "an answer, earlier than promised")]


async def test_an_invoice_is_neutral_and_is_never_asked_about(house: House, run: Run, tmp_path: Path) -> None:
    await house.arrive(mail())
    to, at = "Bob Client <bob@client.example>", house.clock.now()
    raw = own_with_file(1, "Invoice-4.pdf", to=to, subject="Our offer, deadline, overdue", at=at)
    await house.arrive(raw, folder="Sent")
    await remember(house.household)
    letter = tmp_path / "invoice.eml"
    letter.write_bytes(raw)

    assert account(run) == [("neutral", "an invoice")]
    assert "balance" not in run("check", str(letter)).output


async def test_the_owner_corrects_and_the_balance_halves_in_180_days(house: House, run: Run) -> None:
    await house.arrive(mail())
    await wrote(house, 1, "See you at nine.\n")

    assert run("touch", "2", "--give").output == "Bob Client: give.\n"
    assert "Balance +1.0" in run("touches", "--of", BOB).output
    house.clock.advance(timedelta(days=180))
    assert "Balance +0.5" in run("touches", "--of", BOB).output
    assert run("touch", "2", "--take").output == "Bob Client: take.\n"
    assert "balance     -0.5; last take Mon 2026-03-02 (you said so)" in run("brief", BOB).output


async def test_a_second_take_in_a_row_is_asked_about_once(house: House, run: Run) -> None:
    await house.arrive(mail())
    await wrote(house, 1, "Here is our offer for the next phase.\n")
    asking = ("check", "-", "--to", BOB)
    letter = "Could you leave a review for us?\n"

    first, second = run(*asking, input=letter), run(*asking, input=letter)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "this takes; the balance with them is -1.0" in first.output
    assert "the second take in a row" in first.output
    assert "the second take in a row" not in second.output


async def test_a_give_between_two_takes_leaves_nothing_to_ask(house: House, run: Run) -> None:
    await house.arrive(mail())
    await wrote(house, 1, "Here is our offer for the next phase.\n")
    house.clock.advance(timedelta(hours=1))
    await wrote(house, 2, "Congratulations on the new office!\n")

    assert "second take" not in run("check", "-", "--to", BOB, input="Could you leave a review for us?\n").output


async def test_a_call_logged_as_a_give_counts(house: House, run: Run) -> None:
    await house.arrive(mail())
    run("log", BOB, "phone", "--give")
    run("log", BOB, "phone", "--give", "--from-them")

    assert "Balance +1.0" in run("touches", "--of", BOB).output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["touch", "1", "--give"], "is no letter of yours"), (["touch", "1"], "say what it was")],
    ids=["theirs", "nothing said"],
)
async def test_a_command_says_what_is_wrong(house: House, run: Run, arguments: list[str], said: str) -> None:
    await house.arrive(mail())

    assert said in str(run(*arguments).exception)
