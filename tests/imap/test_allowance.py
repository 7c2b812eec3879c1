"""Of a provider that locks out who takes too much in a day, old mail is read as far as that goes, and then tomorrow."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from inboxcrm import providers
from inboxcrm.imap.allowance import Allowance
from inboxcrm.testing.clock import FakeClock
from inboxcrm.testing.imap_server import Account
from tests.imap.conftest import NOON, MakeMailbox
from tests.imap.record import Record, letter
from tests.imap.test_sync import YESTERDAY


def test_what_was_read_counts_for_a_day() -> None:
    allowance = Allowance(100)

    allowance.spend(60, 1000.0)
    assert allowance.wait(1000.0) == 0
    allowance.spend(60, 4600.0)
    assert allowance.wait(4600.0) == 82_800
    assert allowance.wait(87_400.0) == 0
    allowance.spend(60, 87_400.0)
    assert allowance.wait(87_400.0) == 0


def test_where_nothing_is_known_all_of_it_is_read() -> None:
    allowance = Allowance()
    allowance.spend(1 << 40, 0.0)

    assert allowance.wait(0.0) == 0


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

    clock.advance(timedelta(days=1))
    await record.keep(mailbox.catch_up(record))

    assert record.agrees_with(inbox)
