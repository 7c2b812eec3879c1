"""What each mode lets out: shadow shows the very bytes, a pause is final, a rule holds its own mail alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from inboxcrm.cli.desk import outbox as outbox_command
from inboxcrm.cli.root import Place
from inboxcrm.config import Mode
from inboxcrm.domain.outbox import AutoReply, Draft
from inboxcrm.errors import UserError
from inboxcrm.ports import Deferred, Sent
from inboxcrm.render import compose
from inboxcrm.service import acknowledge, actions
from inboxcrm.store import outbox
from tests.config.conftest import COMPLETE
from tests.service.house import House, mail


class Houses:
    """Opens homes, each in its own folder, and closes them all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.opened: list[House] = []

    def __call__(self, **settings: Any) -> House:
        folder = self._folder / str(len(self.opened))
        folder.mkdir(mode=0o700)
        self.opened.append(House(folder, **settings))
        return self.opened[-1]


@pytest.fixture
def houses(tmp_path: Path) -> Iterator[Houses]:
    made = Houses(tmp_path)
    yield made
    for each in made.opened:
        each.close()


def raw_of(house: House) -> bytes:
    return actions.outgoing(house.household, house.item().id).raw


async def test_shadow_keeps_the_very_bytes_that_were_composed(houses: Houses, monkeypatch: pytest.MonkeyPatch) -> None:
    composed: list[Draft] = []

    def noted(reply: AutoReply, **how: Any) -> Draft:
        composed.append(compose(reply, **how))
        return composed[-1]

    monkeypatch.setattr(acknowledge, "compose", noted)
    house = houses(mode=Mode.SHADOW)

    await house.arrive(mail())
    await house.pass_time(minutes=11)

    assert house.item().state == "shadow"
    assert [draft.raw for draft in composed] == [raw_of(house)]
    assert house.transport.sent == []


async def test_what_shadow_shows_is_what_auto_sends(houses: Houses) -> None:
    shown, sending = houses(mode=Mode.SHADOW), houses(mode=Mode.AUTO)
    sending.household.secret = shown.household.secret

    for house in (shown, sending):
        await house.arrive(mail())
        await house.pass_time(minutes=11)

    (sent,) = sending.transport.sent
    assert sent.raw == raw_of(shown)
    assert (sent.envelope_from, sent.recipient) == ("", "bob@client.example")


async def test_a_shown_mail_never_goes_whatever_the_mode_becomes(houses: Houses) -> None:
    house = houses(mode=Mode.SHADOW)
    await house.arrive(mail())
    await house.pass_time(minutes=11)

    house.change(mode=Mode.AUTO)
    await house.pass_time(minutes=11)

    assert house.transport.sent == []
    with pytest.raises(UserError, match="cannot be decided"):
        actions.approve(house.household, house.item().id)


@pytest.mark.parametrize("paused_after", [0, 5, 9.99], ids=["at once", "in the middle", "at the last moment"])
async def test_a_pause_within_the_grace_time_is_final(houses: Houses, paused_after: float) -> None:
    house = houses()
    await house.arrive(mail())
    await house.pass_time(minutes=paused_after)

    actions.pause(house.household)
    await house.pass_time(minutes=30)
    assert actions.resume(house.household) == 1
    await house.pass_time(hours=1)
    await house.restart()
    await house.pass_time(hours=1)

    assert house.transport.sent == []
    assert house.item().state == "cancelled"
    assert house.promise().told_due_at is None


async def test_a_pause_while_the_mail_is_at_the_door_stops_it_there(houses: Houses) -> None:
    house = houses()
    await house.arrive(mail())
    item = house.household.database.reading(lambda connection: outbox.by_id(connection, house.item().id))
    assert item is not None
    house.clock.advance(timedelta(minutes=11))
    house.mailbox.broken = None
    asked = house.mailbox.refresh_sent

    def paused_meanwhile(known: Any) -> Any:
        actions.pause(house.household)
        return asked(known)

    house.mailbox.refresh_sent = paused_meanwhile  # type: ignore[method-assign]  # the owner's key at that moment
    await house.deliver.run_once()

    assert house.transport.sent == []
    assert house.item().state == "queued"


async def test_a_rule_that_holds_asks_for_its_own_mail_alone(houses: Houses) -> None:
    house = houses()
    (house.folder / "rules").mkdir(exist_ok=True)
    (house.folder / "rules" / "10-hold.toml").write_text(
        '[[rule]]\nname = "offers"\nwhen = "matches(message.subject, \'offer\')"\nthen = { hold = true }\n'
    )
    await house.arrive(mail(1, subject="Question about the offer"))
    await house.arrive(mail(2, sender="Eve <eve@other.example>", subject="Good morning", text="May I ask something?\n"))

    await house.pass_time(minutes=11)

    assert {row.recipient: row.state for row in house.outbox()} == {
        "bob@client.example": "awaiting",
        "eve@other.example": "sent",
    }


async def test_the_owner_can_see_the_bytes(houses: Houses) -> None:
    house = houses(mode=Mode.SHADOW)
    (house.folder / "config.toml").write_text(COMPLETE)
    await house.arrive(mail())
    raw = raw_of(house)

    shown = CliRunner().invoke(outbox_command, ["--raw", str(house.item().id)], obj=Place(house.folder))

    assert shown.stdout_bytes == raw
    assert "MAIL FROM:<>  RCPT TO:<bob@client.example>" in shown.stderr
    assert message_from_bytes(shown.stdout_bytes)["Auto-Submitted"] == "auto-replied"


async def test_bytes_of_no_mail_are_refused(houses: Houses) -> None:
    house = houses()

    with pytest.raises(UserError, match="no item 7"):
        actions.outgoing(house.household, 7)


async def test_what_was_let_go_before_stays_here_once_the_home_is_in_shadow(houses: Houses) -> None:
    house = houses()
    house.transport.says = [Deferred("451 later"), Sent("250 ok")]
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    assert house.item().state == "queued"

    house.change(mode=Mode.SHADOW)
    await house.restart()
    await house.pass_time(minutes=11)

    assert house.transport.sent == []
    assert (house.item().state, house.item().reply) == ("cancelled", "the home was put into shadow")
