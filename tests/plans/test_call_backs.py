"""A wish to be called, from the mail to the queue, the reminder and the call."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from inboxcrm.errors import UserError
from inboxcrm.service import actions
from inboxcrm.store import call_backs
from inboxcrm.store.call_backs import CallBack
from tests.plans.conftest import Planned
from tests.service.house import MONDAY, letter_id, mail


def calls(house: Planned) -> list[CallBack]:
    return house.household.database.reading(call_backs.live)


async def test_a_time_before_the_answer_is_due_is_shown_and_what_is_promised_stays(house: Planned) -> None:
    await house.know()

    await house.arrive(mail(text="Dear Ann,\n\ncould you call me today at 15:00?\n\nBob\n"))

    (call,) = calls(house)
    assert call.call_at == datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
    assert (call.contact, call.sure) == ("Bob Client", True)
    assert house.promise().due_at == datetime(2026, 3, 3, 16, 30, tzinfo=UTC)
    text = house.outbox()[0].text
    assert "You asked me to call you, and I have noted it: Monday 2 March, 15:00 Zurich." in text
    assert "my call or my answer by the end of Tuesday 3 March, 17:30 Zurich" in text


async def test_a_later_time_moves_what_is_promised_there_and_is_told(house: Planned) -> None:
    await house.know()

    await house.arrive(mail(text="Please call me on Thursday at 10 am about the roof."))

    assert house.promise().due_at == datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
    assert "by Thursday 5 March, 10:30 Zurich" in house.outbox()[0].text


async def test_a_later_day_is_due_when_it_closes(house: Planned) -> None:
    await house.know()

    await house.arrive(mail(text="Please call me on Friday."))

    assert house.promise().due_at == datetime(2026, 3, 6, 16, 30, tzinfo=UTC)
    assert (calls(house)[0].call_on, calls(house)[0].sure) == (date(2026, 3, 6), False)
    assert "noted it: Friday 6 March." in house.outbox()[0].text


@pytest.mark.parametrize("text", ["Please call me on Sunday at 10:00.", "Please call me tomorrow at 23:00."])
async def test_a_time_at_which_nobody_is_there_is_promised_to_nobody(house: Planned, text: str) -> None:
    await house.know()

    await house.arrive(mail(text=text))

    assert (calls(house)[0].call_at, calls(house)[0].call_on) == (None, None)
    assert house.promise().due_at == datetime(2026, 3, 3, 16, 30, tzinfo=UTC)
    assert "I need your number and the hours that suit you" in house.outbox()[0].text


async def test_the_senders_clock_counts(house: Planned) -> None:
    await house.know()
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC).astimezone(tz=datetime.fromisoformat("2026-03-02T04:00-05:00").tzinfo)

    await house.arrive(mail(text="Please call me tomorrow at 10:00.", at=at))

    assert calls(house)[0].call_at == datetime(2026, 3, 3, 15, 0, tzinfo=UTC)


async def test_a_second_wish_takes_the_place_of_the_first(house: Planned) -> None:
    await house.know()
    await house.arrive(mail(text="Please call me."))

    await house.arrive(mail(2, subject="Re: Question", text="Please call me tomorrow at 9:30.", answers=letter_id()))

    (call,) = calls(house)
    assert call.call_at == datetime(2026, 3, 3, 8, 30, tzinfo=UTC)
    assert len(house.promises()) == 1


async def test_the_owner_says_when_and_no_promise_moves(house: Planned) -> None:
    await house.know()
    await house.arrive(mail(text="Please call me some time."))
    due_at = house.promise().due_at

    reference = str(house.messages()[-1].id)
    actions.call_back(house.household, reference, at=MONDAY + timedelta(hours=3))

    assert calls(house)[0].call_at == MONDAY + timedelta(hours=3)
    assert house.promise().due_at == due_at
    with pytest.raises(UserError, match="passed"):
        actions.call_back(house.household, reference, at=MONDAY - timedelta(hours=3))
    actions.call_back(house.household, reference, at=None)
    assert calls(house) == []
    with pytest.raises(UserError, match="no call was asked for"):
        actions.call_back(house.household, reference, at=None)


async def test_the_owner_is_reminded_once_and_a_call_made_is_shown_no_more(house: Planned) -> None:
    await house.know()
    await house.arrive(mail(text="Could you call me today at 15:00?"))
    await house.sweep()
    assert house.rung() == []

    house.clock.advance(timedelta(hours=4, minutes=51))
    await house.sweep()
    await house.sweep()
    assert [notice.title for notice in house.rung()] == ["A call-back at 15:00"]

    actions.done(house.household, str(house.messages()[-1].id), how="phone")
    assert calls(house) == []
    assert house.promise().state == "kept"


async def test_a_call_made_before_is_not_reminded_of(house: Planned) -> None:
    await house.know()
    await house.arrive(mail(text="Could you call me today at 15:00?"))
    actions.done(house.household, str(house.messages()[-1].id), how="phone")

    house.clock.advance(timedelta(hours=4, minutes=51))
    await house.sweep()

    assert house.rung() == []


@pytest.mark.parametrize(
    ("written", "call_at", "call_on"),
    [
        ("2026-03-27T15:00+01:00", datetime(2026, 3, 30, 8, 0, tzinfo=UTC), None),
        ("2026-10-23T15:00+01:00", None, date(2026, 10, 26)),
    ],
    ids=["who lives by the owner's clock", "whose clock may change too"],
)
async def test_the_clocks_change_before_the_hour_that_was_asked_for(
    house: Planned, written: str, call_at: datetime | None, call_on: date | None
) -> None:
    await house.know()
    at = datetime.fromisoformat(written)
    house.clock.advance(at - house.clock.now())

    await house.arrive(mail(at=at, text="Please call me on Monday at 10:00."))

    call = calls(house)[0]
    assert (call.call_at, call.call_on) == (call_at, call_on)
    assert "your time" not in house.outbox()[0].text
