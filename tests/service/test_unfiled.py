"""What was sent and finds no place in Sent: the owner is told, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inboxcrm.errors import InboxcrmError, MailboxFullError, TransientError
from inboxcrm.service import unfiled
from inboxcrm.service.deliver import TRIES_TO_FILE
from inboxcrm.store import home
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

    for _ in range(TRIES_TO_FILE + 1):
        await house.deliver.settle_doubtful()
    last = house.alarms()
    with house.household.database.write() as connection:
        home.clear_alarms(connection, kind, now=house.clock.now())
    await unfiled.tell(house.household, "main", error, given_up=True)
    seen = house.alarms()
    house.clock.advance(unfiled.AGAIN + timedelta(minutes=1))
    await unfiled.tell(house.household, "main", error, given_up=True)

    assert (first, last, seen, house.alarms()) == (at_once, [kind], [], [kind])
