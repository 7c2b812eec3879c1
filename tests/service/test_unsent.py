"""A letter that the owner let go and that will not leave is told to them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from inboxcrm.config import Mode
from inboxcrm.ports import Deferred, Rejected, Sent
from inboxcrm.service import actions, outgoing, writing
from inboxcrm.service.deliver import Deliver, Office
from inboxcrm.service.unsent import UNSENT, UNTOLD
from inboxcrm.service.writing import Words
from inboxcrm.store import home
from tests.service.house import ZONE, FakeTransport, House, letter_id, mail

FRIDAY = datetime(2026, 3, 6, 12, tzinfo=ZONE)
ANSWER = Words("Re: Question about the offer", "Until the end of April.")


async def answered(house: House) -> int:
    """An answer written at the desk that the owner let go; the acknowledgement has left."""
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    item = writing.answer(house.household, letter_id(), ANSWER)
    outgoing.approve(house.household, item)
    return item


def told(house: House, kind: str = UNSENT) -> list[str]:
    alarms = house.household.database.reading(home.alarms)
    return [alarm.detail for alarm in alarms if alarm.kind == kind]


async def test_a_letter_that_the_server_refuses(house: House) -> None:
    house.transport.says = [Sent("250 ok"), Rejected("554 5.7.1 spam")]
    item = await answered(house)
    await house.pass_time(minutes=1)

    (detail,) = told(house)
    assert detail == (
        f"item {item} to bob@client.example has not left and will not: 554 5.7.1 spam. See: inboxcrm outbox --all"
    )


@pytest.mark.parametrize("how", ["put off for ever", "nobody there", "in a long lane"])
async def test_a_letter_whose_time_ends_before_it_could_leave(house: House, how: str) -> None:
    house.transport.says = [Sent("250 ok"), Deferred("451 later")]
    await answered(house)
    if how == "put off for ever":
        for _ in range(15):
            await house.pass_time(days=1)
    elif how == "nobody there":
        await house.pass_time(days=15)
    else:
        (lane,) = await house.deliver.look()
        house.clock.advance(timedelta(days=15))
        await house.deliver.send(lane)

    assert house.outbox()[-1].state == "expired"
    assert len(told(house)) == 1


async def test_what_the_machine_wrote_is_no_letter_and_a_draft_was_not_let_go(house: House) -> None:
    house.transport.says = [Rejected("554 5.7.1 spam")]
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    writing.answer(house.household, letter_id(), ANSWER)
    await house.pass_time(days=15)

    assert [row.state for row in house.outbox()] == ["failed", "expired"]
    assert told(house) == []


async def test_an_apology_that_is_not_wanted_any_more_is_not_missed(house: House) -> None:
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    await house.pass_time(days=3)
    await house.sweep()
    outgoing.approve(house.household, house.outbox()[-1].id)
    server = FakeTransport(before=lambda: actions.done(house.household, letter_id(), how="phone"))
    house.deliver = Deliver(house.household, house.ingest, {"main": Office(house.mailbox, server, house.clock)})
    await house.pass_time(minutes=1)

    assert house.outbox()[-1].state == "expired"
    assert server.sent == []
    assert told(house) == []


async def extended(house: House) -> None:
    """The acknowledgement has left, and the promise has moved since."""
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    actions.extend(house.household, "1", until=FRIDAY)


@pytest.mark.parametrize(
    ("mode", "says"),
    [(Mode.AUTO, Rejected("554 no")), (Mode.AUTO, Deferred("451 later")), (Mode.APPROVE, Sent("250 ok"))],
    ids=["refused", "put off for ever", "no key was pressed"],
)
async def test_a_new_date_that_the_client_is_not_told_is_an_alarm(
    house: House, mode: Mode, says: Rejected | Deferred | Sent
) -> None:
    house.transport.says = [Sent("250 ok"), says]
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    house.change(mode=mode)
    actions.extend(house.household, "1", until=FRIDAY)
    for _ in range(30):
        await house.pass_time(hours=1)

    (detail,) = told(house, UNTOLD)
    assert detail.startswith("promise 1: bob@client.example was told the former date and not the new one: ")


async def test_one_that_goes_at_last_is_none(house: House) -> None:
    house.transport.says = [Sent("250 ok"), Deferred("451 later"), Sent("250 ok")]
    await extended(house)
    await house.pass_time(minutes=1)
    await house.pass_time(hours=1)
    await house.pass_time(days=9)

    assert house.promise().told_due_at == FRIDAY
    assert house.alarms() == []


async def test_a_pause_makes_no_new_date_stale_that_is_to_come(house: House) -> None:
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    actions.pause(house.household)
    actions.extend(house.household, "1", until=FRIDAY)
    await house.arrive(mail(2, sender="Eve New <eve@new.example>"))
    await house.pass_time(hours=1)

    dropped = actions.resume(house.household)
    await house.pass_time(minutes=1)

    assert dropped == 1
    assert [(row.template, row.state) for row in house.outbox()] == [
        ("new-sender", "sent"),
        ("extended", "sent"),
        ("new-sender", "cancelled"),
    ]


async def test_the_owners_letter_is_not_automatic_and_no_pause_keeps_it(house: House) -> None:
    await house.arrive(mail())
    actions.pause(house.household)
    item = writing.answer(house.household, letter_id(), ANSWER)
    outgoing.approve(house.household, item)
    await house.pass_time(minutes=20)

    assert [(row.template, row.state) for row in house.outbox()] == [("new-sender", "cancelled"), ("by-hand", "sent")]
