"""What was sent and finds no place in Sent: the owner is told, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from inboxcrm.config import Notify
from inboxcrm.errors import InboxcrmError, MailboxFullError, TransientError
from inboxcrm.service import unfiled
from inboxcrm.service.unfiled import TRIES
from inboxcrm.store import home, notices
from tests.service.house import House, mail


@pytest.mark.parametrize(
    ("error", "at_once", "kind"),
    [
        (MailboxFullError("NO [OVERQUOTA] full"), ["mailbox-full"], "mailbox-full"),
        (TransientError("gone"), [], "copy-not-filed"),
    ],
    ids=["full", "lost"],
)
async def test_a_copy_that_finds_no_place_is_one_alarm(
    house: House, error: InboxcrmError, at_once: list[str], kind: str
) -> None:
    house.transport.before = lambda: setattr(house.mailbox, "broken", error)
    await house.arrive(mail())
    await house.pass_time(minutes=10)
    first = house.alarms()

    for _ in range(TRIES + 1):
        await house.deliver.settle_doubtful()
    last = house.alarms()
    with house.household.database.write() as connection:
        home.clear_alarms(connection, kind, now=house.clock.now())
    await unfiled.tell(house.household, "main", error, given_up=True)
    seen = house.alarms()
    house.clock.advance(unfiled.AGAIN + timedelta(minutes=1))
    await unfiled.tell(house.household, "main", error, given_up=True)

    assert (first, last, seen, house.alarms()) == (at_once, [kind], [], [kind])


async def test_an_alarm_of_a_full_mailbox_ends_once_a_copy_finds_room_again(house: House) -> None:
    house.household.config = replace(house.household.config, notify=Notify(command=("ring",)))
    house.transport.before = lambda: setattr(house.mailbox, "broken", MailboxFullError("NO [OVERQUOTA] full"))
    await house.arrive(mail())
    await house.pass_time(minutes=10)
    sent_at = house.clock.now()
    await house.deliver.settle_doubtful()
    while_full = house.alarms()

    house.mailbox.broken = None
    house.clock.advance(unfiled.AGAIN_WHILE_FULL)
    await house.deliver.settle_doubtful()

    assert (while_full, house.alarms()) == (["mailbox-full"], [])
    assert (house.mailbox.filed, house.mailbox.filed_at) == ([house.transport.sent[0].raw], [sent_at])
    titles = [each.title for each in house.household.database.reading(notices.listed)]
    assert titles == ["Mailbox main has room again", "Mailbox main is full"]


async def test_a_copy_that_finds_no_room_for_a_day_is_given_up(house: House) -> None:
    house.transport.before = lambda: setattr(house.mailbox, "broken", MailboxFullError("NO [OVERQUOTA] full"))
    await house.arrive(mail())
    await house.pass_time(minutes=10)
    for _ in range(unfiled.TRIES_WHILE_FULL):
        house.clock.advance(unfiled.AGAIN_WHILE_FULL)
        await house.deliver.settle_doubtful()

    house.mailbox.broken = None
    house.clock.advance(unfiled.AGAIN_WHILE_FULL)
    await house.deliver.settle_doubtful()

    assert (house.mailbox.filed, house.alarms()) == ([], ["mailbox-full"])
