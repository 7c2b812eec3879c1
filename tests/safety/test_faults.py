"""A gate that fails is heard of once, in words a person can read."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from inboxcrm.domain import reply_safety
from inboxcrm.domain.safety.facts import Facts
from inboxcrm.store import home
from tests.service.house import House, mail


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


async def test_one_fault_is_one_short_alarm_however_many_mails_meet_it(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(facts: object) -> None:
        raise KeyError(f"secret words of {id(facts)}")

    monkeypatch.setattr(reply_safety, "ROWS", (("C1", broken), *reply_safety.ROWS))

    with caplog.at_level(logging.ERROR, logger="inboxcrm.gate"):
        for number in range(5):
            await house.arrive(mail(number, subject=f"Matter {number}", text=f"{number}\n"))

    (alarm,) = house.household.database.reading(home.alarms)
    assert alarm.kind == "gate-failed"
    assert alarm.detail == "row C1 failed (KeyError); such mail is left unanswered. The log says where"
    assert len(caplog.records) == 5
    assert "test_faults.py" in str(caplog.records[0].__dict__["where"])
    assert "secret words" not in str(caplog.records[0].__dict__)
    assert house.outbox() == []
    assert len(house.promises()) == 5


async def test_two_rows_that_fail_are_two_alarms(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(facts: Facts) -> None:
        if "first" in facts.message.subject:
            raise ValueError

    def broken_too(_: object) -> None:
        raise ValueError

    monkeypatch.setattr(reply_safety, "ROWS", (("C1", broken), ("C2", broken_too)))

    await house.arrive(mail(1, subject="first"))
    await house.arrive(mail(2, subject="second", text="Other.\n"))

    assert house.alarms() == ["gate-failed", "gate-failed"]
