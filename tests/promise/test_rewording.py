"""An acknowledgement that has not left says what is true when it leaves: the date, and why it takes until then."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from inboxcrm.config import Mode
from inboxcrm.domain.office_hours import Away
from inboxcrm.service import actions, outgoing
from inboxcrm.store import outbox, views
from tests.promise.test_away_calendars import Server, read
from tests.service.house import ZONE, House, mail

TUESDAY = datetime(2026, 3, 3, tzinfo=ZONE)
NEXT_WEEK = datetime(2026, 3, 10, tzinfo=ZONE)
ILLNESS = Away(TUESDAY, NEXT_WEEK, "illness")


def text(house: House) -> str:
    with house.household.database.read() as connection:
        item = views.outbox_item(connection, house.item().id)
    assert item is not None
    return item.text


def go_and_extend(house: House) -> str:
    """Away over the promise, with --extend; what the owner is told of it."""
    _, inside = actions.go_away(house.household, ILLNESS)
    ((row, renewed),) = actions.extend_inside(house.household, inside)
    return renewed.sentence(row.contact)


async def test_a_date_that_is_extended_over_an_absence_is_told_by_the_acknowledgement_that_waits(house: House) -> None:
    await house.know()
    await house.arrive(mail())
    mail_id = house.mail_id()

    assert go_and_extend(house) == "The acknowledgement, which has not left yet, tells it."

    promise, item = house.promise(), house.item()
    assert (item.state, item.due_at) == ("held", promise.due_at)
    assert promise.due_at is not None
    assert promise.due_at > NEXT_WEEK
    assert "10 March" in text(house)
    assert "away" in text(house)
    await house.pass_time(minutes=11)
    (sent,) = house.transport.sent
    assert mail_id.encode() in sent.raw
    assert house.promise().told_due_at == promise.due_at


async def test_where_the_mode_asks_it_waits_for_the_key_again(house: House) -> None:
    house.change(mode=Mode.APPROVE)
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    assert house.item().state == "awaiting"

    go_and_extend(house)
    await house.pass_time(minutes=1)

    assert house.item().state == "awaiting"
    assert house.transport.sent == []
    outgoing.approve(house.household, house.item().id)
    await house.pass_time(minutes=1)
    assert len(house.transport.sent) == 1


async def test_one_that_was_approved_with_other_words_asks_again(house: House) -> None:
    house.change(mode=Mode.APPROVE)
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    outgoing.approve(house.household, house.item().id)

    go_and_extend(house)
    await house.pass_time(minutes=1)

    assert house.item().state == "awaiting"
    assert house.transport.sent == []


async def test_a_promise_that_moves_by_hand_is_told_too_and_once(house: House) -> None:
    await house.arrive(mail())
    until = datetime(2026, 3, 6, 12, tzinfo=ZONE)

    actions.extend(house.household, "1", until=until)
    await house.pass_time(minutes=11)
    await house.pass_time(hours=1)

    assert (house.item().state, house.promise().told_due_at) == ("sent", until)
    assert len(house.transport.sent) == 1


@pytest.mark.parametrize("stranger", [False, True], ids=["a known sender", "a stranger"])
async def test_who_is_back_early_is_not_said_to_be_away(house: House, stranger: bool) -> None:
    if not stranger:
        await house.know()
    house.clock.advance(timedelta(hours=1))
    actions.go_away(house.household, Away(house.clock.now() - timedelta(minutes=5), NEXT_WEEK))
    await house.arrive(mail(), received_at=house.clock.now())
    assert house.item().template == "away"
    due, mail_id = house.item().due_at, house.mail_id()

    back = actions.come_back(house.household)
    await house.pass_time(minutes=11)

    assert (back.ended, back.reworded) == (1, (house.item().id,))
    assert (house.item().state, house.item().template) == ("sent", "new-sender" if stranger else "acknowledge")
    assert (house.item().due_at, house.mail_id()) == (due, mail_id)
    assert "away" not in text(house)
    assert "back" not in text(house)


async def test_what_speaks_of_another_absence_is_left_as_it_is(house: House) -> None:
    now = house.clock.now()
    actions.go_away(house.household, Away(now - timedelta(minutes=5), NEXT_WEEK))
    actions.go_away(house.household, Away(NEXT_WEEK + timedelta(days=30), NEXT_WEEK + timedelta(days=40)))
    await house.arrive(mail())
    before = text(house)

    assert actions.come_back(house.household, 2).reworded == ()
    assert text(house) == before


async def test_an_absence_that_its_calendar_takes_back_is_not_spoken_of_either(house: House) -> None:
    server = Server("UID:a|SUMMARY:Away|DTSTART;VALUE=DATE:20260302|DTEND;VALUE=DATE:20260307")
    await read(house, server)
    await house.arrive(mail(), received_at=house.clock.now())
    assert house.item().template == "away"

    await read(house, Server())

    assert house.item().template == "new-sender"


async def test_what_was_put_into_a_lane_leaves_with_the_words_it_has_when_its_turn_comes(house: House) -> None:
    await house.arrive(mail())
    house.clock.advance(timedelta(minutes=11))
    (lane,) = await house.deliver.look()
    assert lane.items[0][1] is None
    until = datetime(2026, 3, 6, 12, tzinfo=ZONE)

    actions.extend(house.household, "1", until=until)
    with house.household.database.write() as connection:
        connection.execute("UPDATE outbox SET state = 'queued'")
    await house.deliver.send(lane)

    (sent,) = house.transport.sent
    assert b"6 March" in sent.raw


async def test_what_became_too_late_while_its_lane_was_under_way_does_not_leave(house: House) -> None:
    await house.arrive(mail())
    house.clock.advance(timedelta(minutes=11))
    (lane,) = await house.deliver.look()

    house.clock.advance(timedelta(days=2))
    await house.deliver.send(lane)

    assert house.transport.sent == []
    assert house.item().state == "expired"
    with house.household.database.read() as connection:
        assert outbox.waiting_acknowledgements(connection) == []
