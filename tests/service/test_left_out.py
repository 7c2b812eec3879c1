"""A mailbox that was taken out of config.toml, or given another name there: nothing breaks, and nothing looks alive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from inboxcrm.home import HomeLock
from inboxcrm.ports import MailboxState
from inboxcrm.service import left_out, watched, writing
from inboxcrm.service.left_out import LEFT_OUT
from inboxcrm.service.vigil import UNREAD
from inboxcrm.service.writing import Words
from inboxcrm.store import folders, home
from tests.service.house import House, letter_id, mail


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """One in which Bob was told a date from the mailbox main."""
    opened = House(tmp_path, grace=timedelta(0))
    yield opened
    opened.close()


async def told(house: House) -> None:
    await house.know()
    await house.arrive(mail())
    await house.deliver.run_once()


async def rename(house: House, *, read: bool = True) -> None:
    """From now on the mailbox main is called work, and a daemon begins with that."""
    config = house.household.config
    house.household.config = replace(config, mailboxes=(replace(config.mailboxes[0], name="work"),))
    if read:
        with house.household.database.write() as connection:
            folders.enrol(connection, "work", now=house.clock.now())
    await left_out.settle(house.household)


def from_where(house: House) -> list[tuple[str, str]]:
    return house.ask(
        "SELECT template, name FROM outbox JOIN mailboxes ON mailboxes.id = mailbox_id WHERE outbox.state = 'awaiting'"
    )


async def test_a_promise_that_is_broken_then_is_apologised_for_from_the_other_mailbox(house: House) -> None:
    """It ended the daemon, at each start anew."""
    await told(house)
    await rename(house)

    await house.pass_time(days=5)
    await house.sweep()

    assert house.promise().state == "broken"
    assert from_where(house) == [("apology", "work")]


async def test_where_no_mailbox_was_read_yet_the_promise_stands_without_a_letter(house: House) -> None:
    await told(house)
    await rename(house, read=False)

    await house.pass_time(days=5)
    await house.sweep()

    assert house.promise().state == "broken"
    assert from_where(house) == []


async def test_an_answer_leaves_from_a_mailbox_that_there_is(house: House) -> None:
    await told(house)
    await rename(house)

    writing.answer(house.household, letter_id(), Words("Re: Question", "Until Friday.\n"))

    assert [name for _, name in from_where(house)] == ["work"]


async def test_what_was_to_go_from_it_is_told_until_it_can(house: House) -> None:
    await told(house)
    number = writing.answer(house.household, letter_id(), Words("Re: Question", "Until Friday.\n"))
    before = house.household.config
    await rename(house)
    during = [each.detail for each in house.household.database.reading(home.alarms) if each.kind == LEFT_OUT]
    house.household.config = before
    await left_out.settle(house.household)

    assert number
    assert len(during) == 1
    assert during[0].startswith("main: 1 mail of yours cannot go, since config.toml has no mailbox of this name")
    assert LEFT_OUT not in house.alarms()


async def test_it_does_not_look_as_if_it_were_read_and_its_alarms_end(house: House, tmp_path: Path) -> None:
    """As a daemon that was killed left it."""
    await told(house)
    with house.household.database.write() as connection:
        folders.note_check(
            connection, "main", state=MailboxState.WATCHING, cause=None, last_checked_at=house.clock.now(),
            last_mail_at=None, next_attempt_at=None, backlog=700,
        )  # fmt: skip
        home.raise_alarm(connection, UNREAD, "main: not read since Mon 10:00.", now=house.clock.now())

    await rename(house)

    for running in (False, True):
        with house.household.database.read() as connection:
            if running:
                with HomeLock(tmp_path):
                    main, _ = watched.mailboxes(tmp_path, connection)
            else:
                main, _ = watched.mailboxes(tmp_path, connection)
        assert (main.name, main.state, main.cause, main.backlog) == ("main", "offline", folders.LEFT_OUT, 0)
    assert UNREAD not in house.alarms()
