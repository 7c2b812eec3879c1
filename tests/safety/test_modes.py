"""What each mode lets out: shadow shows the very bytes, a pause is final, a rule holds its own mail alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from inboxcrm.cli.outgoing import outbox as outbox_command
from inboxcrm.cli.root import Place
from inboxcrm.config import Mode
from inboxcrm.domain.outbox import AutoReply, Draft
from inboxcrm.errors import TransientError, UserError
from inboxcrm.ports import Deferred, Sent
from inboxcrm.render import compose
from inboxcrm.service import acknowledge, actions, outgoing
from inboxcrm.service.switch import ModeInFile
from inboxcrm.store import outbox
from tests.config.conftest import COMPLETE
from tests.service.house import House, held_by_another, mail


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
    return outgoing.item(house.household, house.item().id).raw


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
        outgoing.approve(house.household, house.item().id)


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
        outgoing.item(house.household, 7)


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


STRICTNESS = [Mode.AUTO, Mode.APPROVE, Mode.SHADOW]
ENDS = {Mode.AUTO: "sent", Mode.APPROVE: "awaiting", Mode.SHADOW: "shadow"}


@pytest.mark.parametrize("restarted", [False, True], ids=["running on", "restarted between"])
@pytest.mark.parametrize("later", STRICTNESS, ids=lambda mode: f"then {mode}")
@pytest.mark.parametrize("earlier", STRICTNESS, ids=lambda mode: f"first {mode}")
async def test_the_stricter_of_the_mode_then_and_the_mode_now_counts(
    houses: Houses, earlier: Mode, later: Mode, *, restarted: bool
) -> None:
    house = houses(mode=earlier)
    await house.arrive(mail())

    house.change(mode=later)
    if restarted:
        await house.restart()
    await house.pass_time(minutes=11)

    stricter = max(earlier, later, key=STRICTNESS.index)
    assert house.item().state == ENDS[stricter]
    assert len(house.transport.sent) == (stricter is Mode.AUTO)


@pytest.mark.parametrize("restarted", [False, True], ids=["running on", "restarted between"])
@pytest.mark.parametrize(
    ("switch", "state"), [(Mode.APPROVE, "awaiting"), (Mode.SHADOW, "cancelled")], ids=["to approve", "to shadow"]
)
async def test_what_the_server_deferred_does_not_go_after_the_switch(
    houses: Houses, switch: Mode, state: str, *, restarted: bool
) -> None:
    house = houses()
    house.transport.says = [Deferred("451 later"), Sent("250 ok")]
    await house.arrive(mail())
    await house.pass_time(minutes=11)

    house.change(mode=switch)
    if restarted:
        await house.restart()
    await house.pass_time(minutes=11)

    assert house.transport.sent == []
    assert house.item().state == state


async def test_a_switch_while_the_mail_is_at_the_door_stops_it_there(houses: Houses) -> None:
    house = houses()
    await house.arrive(mail())
    asked = house.mailbox.refresh_sent

    def switched_meanwhile(known: Any) -> Any:
        house.change(mode=Mode.APPROVE)
        return asked(known)

    house.mailbox.refresh_sent = switched_meanwhile  # type: ignore[method-assign]  # the owner's edit at that moment
    await house.pass_time(minutes=11)

    assert house.transport.sent == []
    assert house.item().state == "awaiting"


async def test_a_mail_that_the_owner_approved_is_not_asked_about_again(houses: Houses) -> None:
    house = houses(mode=Mode.APPROVE)
    house.transport.says = [Deferred("451 later"), Sent("250 ok")]
    await house.arrive(mail())
    await house.pass_time(minutes=11)

    outgoing.approve(house.household, house.item().id)
    await house.pass_time(minutes=0)
    await house.restart()
    await house.pass_time(minutes=11)

    assert house.item().state == "sent"


async def test_an_approved_mail_does_not_go_once_the_home_is_in_shadow(houses: Houses) -> None:
    house = houses(mode=Mode.APPROVE)
    house.transport.says = [Deferred("451 later"), Sent("250 ok")]
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    outgoing.approve(house.household, house.item().id)
    await house.pass_time(minutes=0)

    house.change(mode=Mode.SHADOW)
    await house.pass_time(minutes=11)

    assert house.transport.sent == []


@pytest.mark.parametrize("by_rule", [None, *STRICTNESS], ids=lambda mode: f"rule {mode}")
@pytest.mark.parametrize("by_home", STRICTNESS, ids=lambda mode: f"home {mode}")
async def test_a_rule_makes_its_mail_quieter_and_never_louder(
    houses: Houses, by_home: Mode, by_rule: Mode | None
) -> None:
    house = houses(mode=by_home)
    if by_rule is not None:
        say(house, f'then = {{ mode = "{by_rule}" }}')

    await house.arrive(mail())
    await house.pass_time(minutes=11)

    stricter = max(by_home, by_rule or Mode.AUTO, key=STRICTNESS.index)
    assert house.item().state == ENDS[stricter]
    assert house.story(house.messages()[-1].id)["speech"]["mode"] == stricter


async def test_of_several_rules_the_strictest_mode_stands(houses: Houses) -> None:
    house = houses()
    say(house, 'then = { mode = "shadow" }', 'then = { mode = "auto" }', 'then = { mode = "approve" }')

    await house.arrive(mail())
    await house.pass_time(minutes=11)

    assert house.item().state == "shadow"


async def test_what_a_rule_keeps_in_shadow_cannot_be_approved(houses: Houses) -> None:
    house = houses()
    say(house, 'then = { mode = "shadow" }')
    await house.arrive(mail())

    with pytest.raises(UserError, match="only shown"):
        outgoing.approve(house.household, house.item().id)


async def test_a_rule_that_cannot_be_worked_out_leaves_its_mail_to_a_person(houses: Houses) -> None:
    house = houses()
    say(house, 'then = { mode = "shadow" }', when="1 / (message.words - message.words) > 1")

    await house.arrive(mail())
    await house.pass_time(minutes=11)

    assert house.item().state == "awaiting"


def say(house: House, *actions_of_rules: str, when: str = "true") -> None:
    """Give the house a rule for each of these lines."""
    (house.folder / "rules").mkdir(exist_ok=True)
    rules = [
        f'[[rule]]\nname = "rule {number}"\nwhen = "{when}"\n{then}\n' for number, then in enumerate(actions_of_rules)
    ]
    (house.folder / "rules" / "10-modes.toml").write_text("\n".join(rules))


@pytest.mark.parametrize("restarted", [False, True], ids=["running on", "restarted between"])
async def test_what_became_stale_while_paused_is_never_sent_whatever_switch_follows(
    houses: Houses, *, restarted: bool
) -> None:
    house = houses(mode=Mode.APPROVE)
    house.transport.says = [Deferred("451 later"), Sent("250 ok")]
    await house.arrive(mail())
    await house.pass_time(minutes=11)

    actions.pause(house.household)
    outgoing.approve(house.household, house.item().id)
    await house.pass_time(hours=2)
    if restarted:
        await house.restart()
    house.change(mode=Mode.AUTO)
    actions.resume(house.household)
    await house.pass_time(hours=2)

    assert house.transport.sent == []
    assert (house.item().state, house.item().reply) == ("cancelled", "became stale while paused")


async def test_an_edit_of_the_settings_is_obeyed_without_a_restart(houses: Houses) -> None:
    house = houses()
    settings = house.folder / "config.toml"
    await house.arrive(mail())

    settings.write_text(COMPLETE.replace('mode = "shadow"', 'mode = "approve"'))
    await house.pass_time(minutes=11)

    assert house.household.config.acknowledge.mode is Mode.APPROVE
    assert (house.item().state, house.transport.sent) == ("awaiting", [])


async def test_an_edit_is_obeyed_though_the_database_was_busy_when_it_was_seen(houses: Houses) -> None:
    house = houses(mode=Mode.AUTO)
    await house.arrive(mail())
    house.clock.advance(timedelta(minutes=11))

    (house.folder / "config.toml").write_text(COMPLETE)  # in shadow
    with held_by_another(house), pytest.raises(TransientError):
        await house.deliver.run_once()
    await house.deliver.run_once()

    assert house.household.config.acknowledge.mode is Mode.SHADOW
    assert house.transport.sent == []


async def test_settings_that_cannot_be_read_leave_the_mode_and_are_told(houses: Houses) -> None:
    house = houses(mode=Mode.APPROVE)
    settings = house.folder / "config.toml"

    settings.write_text(COMPLETE.replace("mode =", "moed ="))
    await house.pass_time(minutes=1)
    told = house.alarms()
    settings.write_text(COMPLETE)
    await house.pass_time(minutes=1)

    assert told == ["config-fault"]
    assert house.alarms() == []


async def test_a_window_beside_the_daemon_learns_the_mode_from_the_file(houses: Houses) -> None:
    house = houses()
    settings = house.folder / "config.toml"
    mode = ModeInFile(house.household.config)

    before = mode()
    settings.write_text(COMPLETE.replace('mode = "shadow"', 'mode = "approve"'))
    changed = mode()
    settings.write_text(COMPLETE.replace("mode =", "moed ="))

    assert (before, changed, mode()) == (Mode.AUTO, Mode.APPROVE, Mode.APPROVE)


async def test_a_retry_planned_by_a_clock_that_was_ahead_comes_within_the_longest_pause(houses: Houses) -> None:
    house = houses(max_delay=timedelta(hours=72))
    house.transport.says = [Deferred("451 later"), Sent("250 ok")]
    await house.arrive(mail())
    await house.pass_time(minutes=11)
    assert house.item().state == "queued"

    house.clock.jump(timedelta(days=-1))
    await house.pass_time(minutes=1)
    await house.pass_time(hours=5)

    assert house.item().state == "sent"
