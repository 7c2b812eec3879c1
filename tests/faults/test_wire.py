"""What may happen to the octets between a mailbox and the home: nothing is lost, nothing comes twice, nothing spins."""

from __future__ import annotations

import pytest

from inboxcrm.ports import MailboxState
from tests.faults.conftest import Play, Story, around
from tests.faults.world import World
from tests.servers.proxy import End, Plan

pytestmark = pytest.mark.slow

LARGE = 40_000
RENEWED_AND_SEEN = 9.5 / 60
"""Hours: IDLE is renewed every nine minutes."""


def large(world: World) -> bytes:
    return world.letter(text="words words\n" * (LARGE // 12))


def spoilt_in_idle(end: End) -> Story:
    async def fault(world: World) -> None:
        listening = await world.idling()
        told = world.said("imap.reconnect")
        world.main.imap.spoil_all(end)
        raw = world.post(subject="while nobody listened")
        await world.opened_anew(listening, hours=RENEWED_AND_SEEN)
        await world.answered(raw)
        assert world.said("imap.reconnect") == told + 1

    return fault


async def black_hole(world: World) -> None:
    """The router has forgotten us: what we say goes nowhere. It shows when IDLE is renewed."""
    listening = await world.idling()
    world.main.imap.deafen_all()
    await world.opened_anew(listening, hours=RENEWED_AND_SEEN)


def in_the_midst_of_a_mail(plan: Plan) -> Story:
    async def fault(world: World) -> None:
        await world.main.imap.cut_all()
        world.main.imap.plan = plan
        before = world.main.imap.spoilt
        raw = world.post(large(world))
        await world.until(lambda: world.main.imap.spoilt > before, "the fault was not played")
        world.main.imap.plan = Plan()
        await world.answered(raw)

    return fault


def in_pieces(octets: int) -> Story:
    async def fault(world: World) -> None:
        world.main.imap.plan = Plan(piece=octets)
        await world.main.imap.cut_all()
        await world.answered(world.post())

    return fault


async def refused(world: World) -> None:
    """Nobody listens for ten minutes; the last attempts are five minutes apart at most."""
    world.main.imap.refuse = True
    await world.main.imap.cut_all()
    raw = world.post()
    began, before = world.clock.monotonic(), world.main.imap.connections
    await world.until(lambda: world.clock.monotonic() > began + 1200, "time stands still")
    assert world.status() is MailboxState.WAITING
    assert world.main.imap.connections - before < 30
    world.main.imap.refuse = False
    await world.answered(raw)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(spoilt_in_idle(End.RESET), id="1 reset in IDLE"),
        pytest.param(spoilt_in_idle(End.FIN), id="2 the end of the stream in IDLE"),
        pytest.param(spoilt_in_idle(End.STALL), id="5 silence in IDLE"),
        pytest.param(in_the_midst_of_a_mail(Plan(after=20_000, end=End.STALL)), id="6 silence inside a FETCH"),
        pytest.param(black_hole, id="8 what we say goes nowhere"),
        pytest.param(in_the_midst_of_a_mail(Plan(cut_literal=10_000)), id="9 reset inside a literal"),
        pytest.param(in_the_midst_of_a_mail(Plan(after=20_000, end=End.FIN)), id="10 the end inside a literal"),
        pytest.param(in_pieces(1), id="13 segments of one octet"),
        pytest.param(in_pieces(7), id="13 segments of seven octets"),
        pytest.param(refused, id="43 nobody listens"),
    ],
)
def test_a_wire_that_breaks_costs_nothing(play: Play, fault: Story) -> None:
    play(around(fault))
