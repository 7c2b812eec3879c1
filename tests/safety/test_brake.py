"""The brake, as its owner meets it: pulled by too much mail, told once, shown until it is lifted, and lifted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from inboxcrm.cli.absence import resume as resume_command
from inboxcrm.cli.desk import queue as queue_command
from inboxcrm.cli.outgoing import outbox as outbox_command
from inboxcrm.cli.root import Place
from inboxcrm.config import Mode
from inboxcrm.domain.safety import limits
from inboxcrm.service import actions
from inboxcrm.store import home as memory
from tests.config.conftest import COMPLETE
from tests.service.house import House, mail


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(limits, "Caps", lambda: _SMALL)
    (tmp_path / "config.toml").write_text(COMPLETE.replace('mode = "shadow"', 'mode = "auto"'))
    made = House(tmp_path)
    yield made
    made.close()


_SMALL = limits.Caps(total_hour=2)


def say(house: House, command: Any, *arguments: str) -> Result:
    """A command on this home, beside the daemon."""
    said = CliRunner().invoke(command, arguments, obj=Place(house.folder))
    assert said.exit_code == 0, said.output
    return said


async def flood(house: House, letters: int) -> None:
    for number in range(1, letters + 1):
        await house.arrive(mail(number, sender=f"Bob {number} <bob@client{number}.example>", text=f"Hello {number}.\n"))
    house.clock.advance(timedelta(minutes=11))
    await house.deliver.run_once()


async def test_too_much_mail_pulls_the_brake_and_is_told_once(house: House) -> None:
    await flood(house, 5)

    assert len(house.transport.sent) == 2
    assert [row.state for row in house.outbox()].count("awaiting") == 3
    assert house.alarms() == ["brake"]


async def test_an_alarm_that_was_seen_leaves_the_brake_on_and_shown(house: House) -> None:
    await flood(house, 4)

    actions.clear_alarms(house.household, "brake")
    shown = say(house, queue_command).output

    assert "BRAKE on since" in shown
    assert "inboxcrm resume" in shown
    await house.arrive(mail(9, sender="Late <late@client9.example>", text="And me?\n"))
    await house.pass_time(hours=2)
    assert len(house.transport.sent) == 2


async def test_the_owner_lifts_it_and_what_it_held_still_waits(house: House) -> None:
    await flood(house, 5)

    lifted = say(house, resume_command).output
    await house.pass_time(minutes=1)

    assert "The brake is lifted. 3 mails wait for your approval" in lifted
    assert "BRAKE" not in say(house, queue_command).output
    assert house.alarms() == []
    assert len(house.transport.sent) == 2
    assert say(house, outbox_command, "--json").output.count('"awaiting"') == 3


async def test_a_lifted_brake_survives_nothing_but_the_limits(house: House) -> None:
    await flood(house, 4)
    actions.resume(house.household)

    await house.pass_time(hours=2)
    await house.arrive(mail(9, sender="Late <late@client9.example>", text="And me?\n"))
    await house.pass_time(minutes=11)

    assert len(house.transport.sent) == 3
    assert house.household.database.reading(memory.braked_at) is None


async def test_the_brake_is_on_after_a_restart(house: House) -> None:
    await flood(house, 4)
    await house.restart()

    await house.arrive(mail(9, sender="Late <late@client9.example>", text="And me?\n"))
    await house.pass_time(hours=2)

    assert len(house.transport.sent) == 2
    assert house.household.config.acknowledge.mode is Mode.AUTO


async def test_the_brake_and_its_entry_are_one_transaction(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk went away")

    await flood(house, 2)
    monkeypatch.setattr("inboxcrm.store.ledger_keys.keep", broken)

    with pytest.raises(RuntimeError):
        await house.arrive(mail(9, sender="Late <late@client9.example>", text="And me?\n"))

    assert house.household.database.reading(memory.braked_at) is None
    assert len(house.outbox()) == 2
    assert house.alarms() == []
