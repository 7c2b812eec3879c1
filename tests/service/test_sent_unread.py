"""Mail that waits because Sent cannot be read: the owner is told that, and when it is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inboxcrm.errors import TransientError
from inboxcrm.service import outgoing, sent_unread
from inboxcrm.service.sent_unread import PATIENCE, SentUnread
from inboxcrm.store import home
from tests.service.house import House, mail

MINUTE = timedelta(minutes=1)


def details(house: House) -> list[str]:
    return [each.detail for each in house.household.database.reading(home.alarms)]


async def wait_for_sent(house: House, time: timedelta) -> None:
    """The daemon looks at the outbox each minute of it, in vain."""
    house.mailbox.broken = TransientError("NO [UNAVAILABLE] throttled")
    for _ in range(time // MINUTE):
        await house.pass_time(minutes=1)


async def let_a_letter_go_and_restart(house: House) -> None:
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    house.clock.advance(timedelta(days=2))
    await house.sweep()
    outgoing.approve(house.household, house.outbox()[-1].id)
    house.clock.advance(timedelta(seconds=10))
    await house.restart()


async def test_the_owners_letter_that_waits_for_sent_is_an_alarm_until_it_goes(house: House) -> None:
    await let_a_letter_go_and_restart(house)
    before = len(house.transport.sent)

    await wait_for_sent(house, PATIENCE)
    short = details(house)
    await wait_for_sent(house, 3 * MINUTE)
    long, found = details(house), sent_unread.check(house.household)
    house.mailbox.broken = None
    await house.pass_time(minutes=1)

    assert short == []
    assert long == ["main: what is to go waits, since its Sent cannot be read: NO [UNAVAILABLE] throttled"]
    assert [(each.ok, each.detail) for each in found] == [(False, long[0])]
    assert (details(house), sent_unread.check(house.household)) == ([], [])
    assert len(house.transport.sent) == before + 1


@pytest.mark.parametrize("restarted", [False, True], ids=["by the same daemon", "by the next one"])
async def test_an_outage_is_one_alarm_and_ends_with_it(house: House, *, restarted: bool) -> None:
    await house.arrive(mail())
    house.clock.advance(timedelta(minutes=10))
    await wait_for_sent(house, PATIENCE + 2 * MINUTE)
    assert house.alarms() == ["sent-not-read"]

    if restarted:
        await house.restart()
    await wait_for_sent(house, PATIENCE + 2 * MINUTE)
    again = house.alarms()
    house.mailbox.broken = None
    await house.pass_time(minutes=1)

    assert (again, house.alarms(), house.item().state) == (["sent-not-read"], [], "sent")


async def test_an_outage_that_is_seen_is_not_told_again_before_it_ends(house: House) -> None:
    await house.arrive(mail())
    house.clock.advance(timedelta(minutes=10))
    await wait_for_sent(house, PATIENCE + 2 * MINUTE)
    with house.household.database.write() as connection:
        home.clear_alarms(connection, sent_unread.UNREAD, now=house.clock.now())

    await wait_for_sent(house, 2 * PATIENCE)

    assert house.alarms() == []


async def test_what_could_not_be_put_on_record_is_told_when_it_can(house: House) -> None:
    household, unread, error = house.household, SentUnread(house.household), TransientError("NO [UNAVAILABLE]")

    def look(*, disk_fails: bool = False) -> None:
        with household.database.write() as connection:
            unread.failed(connection, "main", error)
            if disk_fails:
                raise TransientError("the disk is full")

    look()
    house.clock.advance(PATIENCE)
    with pytest.raises(TransientError, match="disk"):
        look(disk_fails=True)
    before = house.alarms()

    look()

    assert (before, house.alarms()) == ([], ["sent-not-read"])


async def test_an_alarm_ends_when_nothing_waits_any_more(house: House) -> None:
    await let_a_letter_go_and_restart(house)
    await wait_for_sent(house, PATIENCE + 3 * MINUTE)
    long = details(house)
    await house.deliver.settle_doubtful()
    stands = details(house)

    outgoing.reject(house.household, house.outbox()[-1].id)
    await house.deliver.settle_doubtful()

    assert (len(long), stands) == (1, long)
    assert details(house) == []
