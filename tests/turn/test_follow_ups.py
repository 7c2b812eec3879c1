"""Their turn: a follow-up date survives "ok, thanks" and machines, and a real answer takes it off."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from inboxcrm.config import FollowUps, FollowUpStart
from inboxcrm.errors import UserError
from inboxcrm.service import actions, turns
from inboxcrm.store import unowed, views
from inboxcrm.store.views import FollowUpRow
from tests.service.house import MONDAY, House, letter_id, mail, own

ASKING = "Dear Bob,\n\nwhich of the two dates suits you?\n\nAnn\n"
OWN = "<own.1@example.org>"
IN_FIVE_DAYS = datetime(2026, 3, 9, 8, tzinfo=UTC)
THANKS = "Ok, thank you very much!\n\nBob\n"
ABSENCE = ("Auto-Submitted: auto-replied",)


def waiting(house: House, *, due: bool = False) -> list[FollowUpRow]:
    by = house.clock.now() if due else None
    return house.household.database.reading(lambda connection: views.follow_ups(connection, due_by=by))


def turn(house: House) -> str:
    ((found,),) = house.ask("SELECT turn FROM matters WHERE subject_key = 'question about the offer'")
    return str(found)


async def asked(house: House, text: str = ASKING) -> None:
    """Bob asked, and the owner answered with these words."""
    await house.know()
    await house.arrive(mail())
    await house.pass_time(hours=1)
    await house.arrive(own(answers=letter_id(), text=text), folder="Sent")


def answer(text: str, *fields: str) -> bytes:
    return mail(2, text=text, subject="Re: Question about the offer", answers=OWN, fields=fields)


async def test_a_question_of_the_owner_starts_a_date(house: House) -> None:
    await asked(house)

    (row,) = waiting(house)
    assert (row.due_at, row.because, row.by_hand) == (IN_FIVE_DAYS, "5 open days without a word", False)
    assert row.contact == "Bob Client"
    assert turn(house) == "theirs"


async def test_it_comes_to_the_queue_on_its_day(house: House) -> None:
    await asked(house)
    house.clock.advance(IN_FIVE_DAYS - house.clock.now() - timedelta(seconds=1))
    before = waiting(house, due=True)

    house.clock.advance(timedelta(seconds=1))

    assert before == []
    assert [row.contact for row in waiting(house, due=True)] == ["Bob Client"]


@pytest.mark.parametrize(
    ("start", "text", "started"),
    [
        pytest.param(FollowUpStart.ASKED, "Here it is.\n\nAnn\n", False, id="a statement starts none"),
        pytest.param(FollowUpStart.ALWAYS, "Here it is.\n\nAnn\n", True, id="unless it always does"),
        pytest.param(FollowUpStart.NEVER, ASKING, False, id="or never"),
        pytest.param(FollowUpStart.ASKED, "Done.\n\nAnn\n\n> which date?\n", False, id="their question is not ours"),
    ],
)
async def test_the_setting_says_which_mail_starts_one(
    house: House, start: FollowUpStart, text: str, started: bool
) -> None:
    house.household.config = replace(house.household.config, follow_up=FollowUps(start=start))

    await asked(house, text)

    assert bool(waiting(house)) is started
    assert turn(house) == "theirs"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(answer(THANKS), id="ok, thanks"),
        pytest.param(answer("I am away until Friday.\n", *ABSENCE), id="an absence note"),
    ],
)
async def test_thanks_and_machines_change_neither_the_turn_nor_the_date(house: House, raw: bytes) -> None:
    await asked(house)
    before = waiting(house)

    await house.pass_time(hours=2)
    await house.arrive(raw)

    assert turn(house) == "theirs"
    assert [(row.due_at, row.since_at) for row in waiting(house)] == [(row.due_at, row.since_at) for row in before]


async def test_the_machines_own_acknowledgement_changes_no_turn(house: House) -> None:
    await house.arrive(mail())
    await house.pass_time(minutes=15)
    await house.arrive(house.mailbox.filed[0] if house.mailbox.filed else house.transport.sent[0].raw, folder="Sent")

    assert [row.direction for row in house.messages()] == ["in", "auto"]
    assert turn(house) == "mine"


async def test_a_real_answer_takes_it_off(house: House) -> None:
    await asked(house)
    await house.pass_time(hours=2)

    await house.arrive(answer("Tuesday is better. Could you send the papers before?\n\nBob\n"))

    assert waiting(house) == []
    assert turn(house) == "mine"
    assert house.ask("SELECT ended_how FROM follow_ups") == [("answered",)]


async def test_a_further_mail_of_the_owner_begins_it_anew(house: House) -> None:
    await asked(house)
    await house.pass_time(days=1)

    await house.arrive(
        own(2, answers=letter_id(), text="Did you get my question?\n", at=house.clock.now()), folder="Sent"
    )

    (row,) = waiting(house)
    assert row.due_at == IN_FIVE_DAYS + timedelta(days=1)


async def test_a_day_set_by_hand_stays_when_the_owner_writes_again(house: House) -> None:
    await asked(house)
    chosen = MONDAY + timedelta(days=20)
    turns.follow_up_on(house.household, letter_id(), at=chosen)
    await house.pass_time(days=1)

    await house.arrive(
        own(2, answers=letter_id(), text="Did you get my question?\n", at=house.clock.now()), folder="Sent"
    )

    (row,) = waiting(house)
    assert (row.due_at, row.by_hand) == (chosen, True)


async def test_the_day_is_proposed_by_how_long_they_take(house: House) -> None:
    await house.know()
    for number in range(10, 14):
        at = house.clock.now()
        subject = f"Question {number}"
        await house.arrive(own(number, subject=subject, text="Which one?\n", at=at), folder="Sent")
        await house.pass_time(days=1)
        reply = mail(number, subject=f"Re: {subject}", answers=f"<own.{number}@example.org>", at=house.clock.now())
        await house.arrive(reply)
        await house.arrive(
            own(number + 50, subject=f"Re: {subject}", text="Fine.\n", answers=letter_id(number)), folder="Sent"
        )

    await house.arrive(own(99, subject="Another one", text="Which one?\n", at=house.clock.now()), folder="Sent")

    (row,) = waiting(house)
    assert row.because == "they usually answer within 1 day"
    assert row.due_at == datetime(2026, 3, 9, 8, tzinfo=UTC), "Friday's question: the next open day is Monday"


async def test_by_hand_where_nothing_was_asked(house: House) -> None:
    await asked(house, "Here it is.\n\nAnn\n")

    row = turns.follow_up_on(house.household, letter_id())

    assert row.due_at == IN_FIVE_DAYS
    turns.drop(house.household, letter_id())
    assert waiting(house) == []
    with pytest.raises(UserError, match="no follow-up date"):
        turns.drop(house.household, letter_id())


async def test_no_date_while_the_owner_owes_the_word(house: House) -> None:
    await house.arrive(mail())

    with pytest.raises(UserError, match="your turn"):
        turns.follow_up_on(house.household, letter_id())


async def test_a_past_day_is_refused(house: House) -> None:
    await asked(house)

    with pytest.raises(UserError, match="not in the future"):
        turns.follow_up_on(house.household, letter_id(), at=house.clock.now())


async def test_mail_from_before_the_mailbox_was_added_starts_none(house: House) -> None:
    await house.arrive(own(text=ASKING, at=MONDAY - timedelta(days=60)), folder="Sent", live=False)

    assert waiting(house) == []


async def test_thanks_may_close_the_matter(house: House) -> None:
    await asked(house)
    await house.pass_time(hours=2)
    await house.arrive(answer(THANKS))
    (pending,) = house.household.database.reading(unowed.pending)

    turns.close(house.household, str(pending.message.id))

    assert turn(house) == "nobody"
    assert waiting(house) == []
    assert house.household.database.reading(unowed.pending) == []


async def test_what_is_owed_is_not_closed(house: House) -> None:
    await house.arrive(mail())

    with pytest.raises(UserError, match="withdraw"):
        turns.close(house.household, letter_id())


async def test_a_snoozed_promise_stays_out_of_sight_when_they_only_say_ok(house: House) -> None:
    await house.know()
    await house.arrive(mail())
    until = MONDAY + timedelta(days=3)
    actions.snooze(house.household, letter_id(), until=until)

    await house.arrive(mail(2, text=THANKS, subject="Re: Question about the offer", answers=letter_id()))
    kept = house.household.database.reading(views.all_owed)
    await house.arrive(mail(3, subject="Re: Question about the offer", answers=letter_id()))
    asked_again = house.household.database.reading(views.all_owed)

    assert [(row.snoozed_until, row.asked) for row in kept] == [(until, 1)]
    assert [(row.snoozed_until, row.asked) for row in asked_again] == [(None, 2)]
