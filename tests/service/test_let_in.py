"""A mended log-in and changed settings, beside a daemon that runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from inboxcrm.home import CONFIG_FILE, HomeLock
from inboxcrm.ports import MailboxState, MailboxStatus
from inboxcrm.service import let_in
from inboxcrm.store import folders
from tests.service.house import FakeMailbox, House

SETTINGS = '[acknowledge]\nmode = "auto"\ngrace = "5m"\n'


@dataclass
class Tried(FakeMailbox):
    """Keeps when it was said that the owner was let in."""

    told: list[datetime] = field(default_factory=list)

    def try_again(self, *, let_in_at: datetime) -> None:
        self.told.append(let_in_at)


@pytest.mark.parametrize(
    ("now", "other"),
    [
        (SETTINGS, False),
        (SETTINGS.replace("auto", "shadow"), False),
        ("# a remark\n" + SETTINGS, False),
        (SETTINGS.replace("5m", "9m"), True),
        ("[acknowledge", False),
    ],
    ids=["the same", "another mode", "a remark", "another time", "not to be read"],
)
async def test_a_daemon_that_began_with_other_settings_is_known(house: House, now: str, other: bool) -> None:
    file = house.household.config.home / CONFIG_FILE
    file.write_text(SETTINGS)
    await let_in.begin(house.household)
    file.write_text(now)

    with HomeLock(file.parent) as lock, house.household.database.read() as connection:
        assert let_in.outdated(house.household, connection) == (lock.pid if other else None)
        assert bool(let_in.check(house.household, ())) is other
    with house.household.database.read() as connection:
        assert let_in.outdated(house.household, connection) is None


async def test_where_the_owner_was_let_in_the_daemon_tries_the_mailbox_that_waits_for_them(house: House) -> None:
    needs = MailboxStatus(MailboxState.NEEDS_USER, cause="the password is refused")
    mailboxes = {"main": Tried(), "well": Tried(), "shut": Tried()}
    fares = {"main": needs, "well": MailboxStatus(MailboxState.WATCHING), "shut": needs}
    await let_in.heed(house.household, mailboxes, fares)
    nobody = [list(one.told) for one in mailboxes.values()]

    let_in.check(house.household, ("main", "well"))
    house.clock.advance(timedelta(minutes=5))
    await let_in.heed(house.household, mailboxes, fares)

    assert nobody == [[], [], []]
    assert mailboxes["main"].told == [house.clock.now() - timedelta(minutes=5)]
    assert [*mailboxes["well"].told, *mailboxes["shut"].told] == []


def test_the_doctor_says_which_mailbox_is_tried_again(house: House) -> None:
    with house.household.database.write() as connection:
        for name, state in (("main", MailboxState.NEEDS_USER), ("well", MailboxState.WATCHING)):
            folders.enrol(connection, name, now=house.clock.now())
            folders.note_check(
                connection, name, state=state, cause=None, last_checked_at=None, last_mail_at=None,
                next_attempt_at=None, backlog=0, taken=None,
            )  # fmt: skip
    alone = let_in.check(house.household, ("main", "well"))
    with HomeLock(house.household.config.home):
        told = let_in.check(house.household, ("main", "well"))

    assert alone == []
    assert [check.detail for check in told] == ["main was waiting for you, and is tried again now"]
