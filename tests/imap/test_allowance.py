"""Of a provider that locks out who takes too much in a day, old mail is read as far as that goes, and then tomorrow."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from inboxcrm import providers
from inboxcrm.imap.allowance import Allowance
from inboxcrm.ports import Taken
from inboxcrm.testing.clock import FakeClock
from inboxcrm.testing.imap_server import Account
from tests.imap.conftest import NOON, MakeMailbox
from tests.imap.record import Record, letter
from tests.imap.test_sync import YESTERDAY

DAY, HOUR, AT_ONCE = timedelta(days=1), timedelta(hours=1), timedelta(0)


def test_what_was_read_counts_for_a_day() -> None:
    allowance = Allowance(100)

    allowance.spend(60, NOON)
    assert allowance.wait(NOON) == AT_ONCE
    allowance.spend(60, NOON + HOUR)
    assert allowance.wait(NOON + HOUR) == timedelta(hours=23)
    assert allowance.wait(NOON + DAY) == AT_ONCE
    allowance.spend(60, NOON + DAY)
    assert allowance.wait(NOON + DAY) == AT_ONCE


def test_a_clock_that_was_set_back_keeps_nobody_waiting_for_longer_than_a_day() -> None:
    allowance = Allowance(100, Taken(100, NOON + 3 * DAY))

    assert allowance.wait(NOON) == AT_ONCE


def test_where_nothing_is_known_all_of_it_is_read() -> None:
    allowance = Allowance()
    allowance.spend(1 << 40, NOON)

    assert allowance.wait(NOON) == AT_ONCE
    assert allowance.taken is None


async def test_old_mail_waits_for_tomorrow_and_new_mail_does_not(
    ann: Account, make_mailbox: MakeMailbox, record: Record, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    little = replace(providers.GMAIL, old_mail_per_day=300_000)
    monkeypatch.setattr(providers, "for_host", lambda *_: little)
    inbox = ann.folder("INBOX")
    for number in range(100):
        inbox.append(letter(number, octets=9_000), received_at=YESTERDAY)
    mailbox = make_mailbox()

    await record.keep(mailbox.catch_up(record))
    first = len(record.held["INBOX"])
    inbox.append(letter(100), received_at=NOON)
    await record.keep(mailbox.catch_up(record))
    assert (len(record.held["INBOX"]), record.live) == (first + 1, [letter(100)])
    assert first < 100

    clock.advance(HOUR)
    anew = make_mailbox(taken=mailbox.status.taken)
    await record.keep(anew.catch_up(record))
    assert len(record.held["INBOX"]) == first + 1

    for _ in range(2):
        clock.advance(DAY)
        await record.keep(anew.catch_up(record))

    assert record.agrees_with(inbox)
