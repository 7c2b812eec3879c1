"""A mail of unknown fate whose copy comes into Sent late, or in a round of the daemon of its own."""

from __future__ import annotations

from inboxcrm.daemon import Daemon
from inboxcrm.fetching import fetch
from inboxcrm.ports import InDoubt
from inboxcrm.service.notify import Notify
from inboxcrm.store import outbox
from tests.service.house import House, mail


async def test_a_mail_in_doubt_is_settled_by_a_copy_that_comes_after_the_last_look(house: House) -> None:
    house.transport.says = [InDoubt("lost")]
    await house.arrive(mail())
    await house.pass_time(minutes=10)
    for _ in range(4):
        await house.deliver.settle_doubtful()
    house.mailbox.found.add(house.mail_id())
    household = house.household
    daemon = Daemon(household, house.ingest, house.deliver, {}, Notify(household, {}), fetch)
    await daemon.run_once()
    asked_in_vain = house.item().state

    item = household.database.reading(lambda connection: outbox.by_id(connection, house.item().id))
    assert item is not None
    await house.ingest.take(house.batch(item.raw, folder="Sent"))
    await daemon.run_once()

    assert (asked_in_vain, house.item().state, house.alarms()) == ("unknown", "sent", [])
    assert house.promise().told_due_at == house.promise().due_at


async def test_a_mail_in_doubt_of_which_no_copy_came_stays_in_doubt(house: House) -> None:
    house.transport.says = [InDoubt("lost")]
    await house.arrive(mail())
    await house.pass_time(minutes=10)
    household = house.household

    await Daemon(household, house.ingest, house.deliver, {}, Notify(household, {}), fetch).run_once()

    assert (house.item().state, house.alarms()) == ("unknown", ["in-doubt"])
