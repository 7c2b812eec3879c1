"""A letter that the owner let go and that will not leave is told to them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inboxcrm.ports import Deferred, Rejected, Sent
from inboxcrm.service import actions, outgoing, writing
from inboxcrm.service.deliver import Deliver, Office
from inboxcrm.service.unsent import UNSENT
from inboxcrm.service.writing import Words
from inboxcrm.store import home
from tests.service.house import FakeTransport, House, letter_id, mail

ANSWER = Words("Re: Question about the offer", "Until the end of April.")


async def answered(house: House) -> int:
    """An answer written at the desk that the owner let go; the acknowledgement has left."""
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    item = writing.answer(house.household, letter_id(), ANSWER)
    outgoing.approve(house.household, item)
    return item


def told(house: House) -> list[str]:
    alarms = house.household.database.reading(home.alarms)
    return [alarm.detail for alarm in alarms if alarm.kind == UNSENT]


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
